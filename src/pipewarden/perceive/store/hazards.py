"""The shipped list of hazards: a file of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.perceive.rules.hazards import read_hazards

if TYPE_CHECKING:
    from pipewarden.perceive.facts import HazardList

_FILE = Path(__file__).resolve().parents[2] / "policy" / "indoor" / "hazards.yaml"


@cache
def shipped_hazards() -> HazardList:
    """Return policy/indoor/hazards.yaml; InputError names the key that is wrong."""
    return read_hazards(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
