"""The tables of locate and every query on them."""

from pipewarden.locate.store.commissionings import CommissioningRow, add_commissioning, commissionings
from pipewarden.locate.store.eyes import EyeNowRow, EyeRow, add_eyes, blind, events, eyes, hold_eyes, not_online
from pipewarden.locate.store.eyes import counts as eye_counts
from pipewarden.locate.store.placements import PlacedRow, PlacementRow, add, placed, read
from pipewarden.locate.store.views import ViewRow, add_views, views

__all__ = [
    "CommissioningRow",
    "EyeNowRow",
    "EyeRow",
    "PlacedRow",
    "PlacementRow",
    "ViewRow",
    "add",
    "add_commissioning",
    "add_eyes",
    "add_views",
    "blind",
    "commissionings",
    "events",
    "eye_counts",
    "eyes",
    "hold_eyes",
    "not_online",
    "placed",
    "read",
    "views",
]
