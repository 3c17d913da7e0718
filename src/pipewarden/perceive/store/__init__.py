"""The tables of perceive and every query on them."""

from pipewarden.perceive.store import indoor
from pipewarden.perceive.store.findings import FindingRow, ScreenedRow, add, known, models_of, read
from pipewarden.perceive.store.hazards import shipped_hazards
from pipewarden.perceive.store.sights import (
    NAMES,
    Kept,
    ReferenceRow,
    SightEventRow,
    SightRow,
    add_reference,
    add_sight_event,
    kept_sights,
    put_sights,
    references,
    sight_cameras,
    sights,
    versions,
)

__all__ = [
    "NAMES",
    "FindingRow",
    "Kept",
    "ReferenceRow",
    "ScreenedRow",
    "SightEventRow",
    "SightRow",
    "add",
    "add_reference",
    "add_sight_event",
    "indoor",
    "kept_sights",
    "known",
    "models_of",
    "put_sights",
    "read",
    "references",
    "shipped_hazards",
    "sight_cameras",
    "sights",
    "versions",
]
