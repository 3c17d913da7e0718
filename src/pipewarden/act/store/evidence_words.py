"""The shipped words of an evidence pack's page, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).resolve().parents[2] / "policy" / "evidence" / "words.yaml"

Pair = dict[str, str]


@cache
def shipped_evidence_words() -> Mapping[str, Mapping[str, Pair]]:
    """Return ``policy/evidence/words.yaml``: by group and key, each in Chinese (``zh``) and English (``en``)."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {group: {str(key): dict(pair) for key, pair in said.items()} for group, said in found.items()}
