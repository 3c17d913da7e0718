"""The use cases of perceive: look at observations, draw evidence, answer pictures of gas at home."""

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
    "review_indoor",
    "screen",
    "screened",
    "take_indoor",
]
