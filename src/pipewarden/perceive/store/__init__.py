"""The tables of perceive and every query on them."""

from pipewarden.perceive.store.screened import FindingRow, ScreenedRow, add, known, read
from pipewarden.perceive.store.sights import (
    Kept,
    ReferenceRow,
    SightEventRow,
    SightRow,
    add_reference,
    add_sight_event,
    kept_sight,
    put_sight,
    references,
    sight_cameras,
    sights,
    versions,
)

__all__ = [
    "FindingRow",
    "Kept",
    "ReferenceRow",
    "ScreenedRow",
    "SightEventRow",
    "SightRow",
    "add",
    "add_reference",
    "add_sight_event",
    "kept_sight",
    "known",
    "put_sight",
    "read",
    "references",
    "sight_cameras",
    "sights",
    "versions",
]
