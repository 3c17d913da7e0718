"""The tables of locate and every query on them."""

from pipewarden.locate.store.placements import PlacedRow, PlacementRow, add, placed, read
from pipewarden.locate.store.views import ViewRow, add_views, views

__all__ = ["PlacedRow", "PlacementRow", "ViewRow", "add", "add_views", "placed", "read", "views"]
