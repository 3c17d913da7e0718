"""What insight keeps: the words that ship with it, and reports of months as they were printed (docs/adr/0044, 0047)."""

from pipewarden.insight.store import reports
from pipewarden.insight.store.words import shipped_words

__all__ = ["reports", "shipped_words"]
