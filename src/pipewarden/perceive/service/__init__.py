"""The use cases of perceive: look at observations once, tell what was seen, and whether the camera sees at all."""

from pipewarden.perceive.ports import Corridor, PictureDecoder
from pipewarden.perceive.service.screening import (
    FULL,
    WANTED,
    Eye,
    draw_evidence,
    likeness,
    nowhere,
    redraw,
    screen,
    screened,
)
from pipewarden.perceive.service.seeing import reference_versions, seeing, set_reference, told_of

__all__ = [
    "FULL",
    "WANTED",
    "Corridor",
    "Eye",
    "PictureDecoder",
    "draw_evidence",
    "likeness",
    "nowhere",
    "redraw",
    "reference_versions",
    "screen",
    "screened",
    "seeing",
    "set_reference",
    "told_of",
]
