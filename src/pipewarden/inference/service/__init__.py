"""The use cases of inference: what is shipped and active, what a call cost, and questions with pictures."""

from pipewarden.inference.ports import Detector, LookNet, TypeHead, Verifier, VisionEndpoint
from pipewarden.inference.service.asking import SWITCH, Door, ask, instructions_in, replay
from pipewarden.inference.service.lessons import lesson
from pipewarden.inference.service.permission import (
    set_vision_policy,
    vision_calls,
    vision_policy,
    vision_spending,
    vision_state,
    vision_totals,
    vision_usage,
)
from pipewarden.inference.service.publishing import (
    active_weights,
    challenge,
    challenger,
    challengers,
    publish,
    rollback,
)
from pipewarden.inference.service.registry import (
    WEIGHTS,
    active,
    champions,
    detect,
    entries,
    history,
    models,
    promote,
    read_manifest,
    record_call,
    register_shipped,
    shipped_cards,
)
from pipewarden.inference.service.standing import models_standing

__all__ = [
    "SWITCH",
    "WEIGHTS",
    "Detector",
    "Door",
    "LookNet",
    "TypeHead",
    "Verifier",
    "VisionEndpoint",
    "active",
    "active_weights",
    "ask",
    "challenge",
    "challenger",
    "challengers",
    "champions",
    "detect",
    "entries",
    "history",
    "instructions_in",
    "lesson",
    "models",
    "models_standing",
    "promote",
    "publish",
    "read_manifest",
    "record_call",
    "register_shipped",
    "replay",
    "rollback",
    "set_vision_policy",
    "shipped_cards",
    "vision_calls",
    "vision_policy",
    "vision_spending",
    "vision_state",
    "vision_totals",
    "vision_usage",
]
