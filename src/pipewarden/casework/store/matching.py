"""The shipped weights of matching: a file of the package, read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.casework.rules.matching_file import read_matching

if TYPE_CHECKING:
    from pipewarden.casework.facts import MatchWeights

MATCHING_FILE = Path(__file__).resolve().parents[2] / "policy" / "matching" / "CN.yaml"


@cache
def shipped_matching() -> tuple[MatchWeights, ...]:
    """Return policy/matching/CN.yaml; InputError names the file and the key that is wrong."""
    return read_matching(yaml.safe_load(MATCHING_FILE.read_text(encoding="utf-8")), MATCHING_FILE.name)
