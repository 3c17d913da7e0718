"""The use cases of perceive: look at observations, say whether a camera sees, answer pictures of gas at home."""

from pipewarden.perceive.ports import Corridor, PictureDecoder
from pipewarden.perceive.service.indoor import (
    IndoorEye,
    IndoorTaken,
    hazards,
    indoor_check,
    indoor_checks,
    indoor_figures,
    indoor_picture,
    look_indoors,
    review_indoor,
    take_indoor,
)
from pipewarden.perceive.service.screening import (
    FULL,
    WANTED,
    Eye,
    crop_and_frame,
    draw_evidence,
    likeness,
    models_of,
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
    "IndoorEye",
    "IndoorTaken",
    "PictureDecoder",
    "crop_and_frame",
    "draw_evidence",
    "hazards",
    "indoor_check",
    "indoor_checks",
    "indoor_figures",
    "indoor_picture",
    "likeness",
    "look_indoors",
    "models_of",
    "nowhere",
    "redraw",
    "reference_versions",
    "review_indoor",
    "screen",
    "screened",
    "seeing",
    "set_reference",
    "take_indoor",
    "told_of",
]
