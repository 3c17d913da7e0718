"""Text from strangers, made fit for print: what the font cannot draw is shown as such, nothing runs off the page."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

STAND_IN = "〓"  # the printers' geta: a character stood here that the font does not have
_BREAK = "\u200b"
_RUN = re.compile(rf"[^\s{_BREAK}\u2e80-\uffef]+")  # what a line is not broken in: no space, no Chinese
_KEPT = frozenset("\n")
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Me", "Mn"})  # controls, direction marks, joiners, half characters


def clean(text: str) -> str:
    """Return text without what can only disturb: controls, direction overrides, joiners, strange spaces."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    kept = (
        ch if ch in _KEPT else " " if unicodedata.category(ch) in _SPACES else ch
        for ch in lines
        if ch in _KEPT or unicodedata.category(ch) not in _HIDDEN
    )
    return "\n".join(" ".join(line.split(" ")) for line in "".join(kept).split("\n")).strip()


def drawable(text: str, known: Container[int], longest: int = 16) -> str:
    """Return cleaned text as a font can draw it, with places where long words may break.

    Args:
        text: anything.
        known: code points that the font has.
        longest: characters of a word that fit the narrowest place it may stand in.
    """
    shown = "".join(ch if ch in "\n " or ord(ch) in known else STAND_IN for ch in clean(text))
    return _RUN.sub(lambda found: _BREAK.join(found[0]) if len(found[0]) >= longest else found[0], shown)
