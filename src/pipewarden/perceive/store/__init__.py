"""The tables of perceive and every query on them."""

from pipewarden.perceive.store import indoor
from pipewarden.perceive.store.findings import FindingRow, ScreenedRow, add, known, models_of, read
from pipewarden.perceive.store.hazards import shipped_hazards

__all__ = ["FindingRow", "ScreenedRow", "add", "indoor", "known", "models_of", "read", "shipped_hazards"]
