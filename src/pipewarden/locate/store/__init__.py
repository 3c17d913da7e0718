"""The tables of locate and every query on them."""

from pipewarden.locate.store.calibrations import (
    CalibrationRow,
    DraftRow,
    add_calibration,
    calibration_draft,
    calibrations,
    drop_calibration_draft,
    put_calibration_draft,
)
from pipewarden.locate.store.commissionings import CommissioningRow, add_commissioning, commissionings
from pipewarden.locate.store.eyes import EyeNowRow, EyeRow, add_eyes, blind, events, eyes, hold_eyes, not_online
from pipewarden.locate.store.eyes import counts as eye_counts
from pipewarden.locate.store.placements import PlacedRow, PlacementRow, add, placed, read
from pipewarden.locate.store.views import ViewRow, add_views, views

__all__ = [
    "CalibrationRow",
    "CommissioningRow",
    "DraftRow",
    "EyeNowRow",
    "EyeRow",
    "PlacedRow",
    "PlacementRow",
    "ViewRow",
    "add",
    "add_calibration",
    "add_commissioning",
    "add_eyes",
    "add_views",
    "blind",
    "calibration_draft",
    "calibrations",
    "commissionings",
    "drop_calibration_draft",
    "events",
    "eye_counts",
    "eyes",
    "hold_eyes",
    "not_online",
    "placed",
    "put_calibration_draft",
    "read",
    "views",
]
