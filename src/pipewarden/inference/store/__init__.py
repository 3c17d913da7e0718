"""The tables of inference and every query on them; importing this module declares all of them."""

from pipewarden.inference.store.registry import AliasRow, CallRow, ModelRow
from pipewarden.inference.store.vision import GateRow, SpendingRow, VisionCallRow, VisionPolicyRow
from pipewarden.inference.store.words import shipped_profiles, shipped_words

__all__ = [
    "AliasRow",
    "CallRow",
    "GateRow",
    "ModelRow",
    "SpendingRow",
    "VisionCallRow",
    "VisionPolicyRow",
    "shipped_profiles",
    "shipped_words",
]
