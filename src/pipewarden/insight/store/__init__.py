"""What insight keeps: nothing but the words that ship with it. It has no table (docs/adr/0044)."""

from pipewarden.insight.store.words import shipped_words

__all__ = ["shipped_words"]
