"""Pure decisions of perceive: findings, crops, likeness, and what a picture of gas at home is looked at for."""

from pipewarden.perceive.rules.crops import close_up, square_crop
from pipewarden.perceive.rules.devices import weigh
from pipewarden.perceive.rules.evidence import draw
from pipewarden.perceive.rules.findings import Seen, findings_of, pixel_box
from pipewarden.perceive.rules.hazards import hazard_instructions, nearest, read_hazards, scored, told
from pipewarden.perceive.rules.likeness import dhash, distance, unit

__all__ = [
    "Seen",
    "close_up",
    "dhash",
    "distance",
    "draw",
    "findings_of",
    "hazard_instructions",
    "nearest",
    "pixel_box",
    "read_hazards",
    "scored",
    "square_crop",
    "told",
    "unit",
    "weigh",
]
