"""The use cases of inference: what is shipped and active, what a call cost, and questions with pictures."""

from pipewarden.inference.ports import Detector, LookNet, TypeHead, VisionEndpoint
from pipewarden.inference.service.registry import (
    WEIGHTS,
    active,
    history,
    promote,
    read_manifest,
    record_call,
    register_shipped,
)

__all__ = [
    "WEIGHTS",
    "Detector",
    "LookNet",
    "TypeHead",
    "VisionEndpoint",
    "active",
    "history",
    "promote",
    "read_manifest",
    "record_call",
    "register_shipped",
]
