"""The shipped rules of grades and matches, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.market.rules.experts_file import read_experts

if TYPE_CHECKING:
    from pipewarden.market.facts.experts import ExpertPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "experts" / "CN.yaml"


@cache
def shipped_experts() -> tuple[ExpertPolicy, ...]:
    """Return the editions of policy/experts/CN.yaml; InputError names the key that is wrong."""
    return read_experts(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
