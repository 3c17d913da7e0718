"""The shipped words of figures, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).resolve().parents[2] / "policy" / "insight" / "words.yaml"


@cache
def shipped_words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return ``policy/insight/words.yaml``: by group and key, each by its language or by part and language."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {group: {str(key): dict(said) for key, said in keys.items()} for group, keys in found.items()}
