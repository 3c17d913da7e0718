"""The shipped rules of patrols: a file of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.field.rules.patrol_file import read_patrol

if TYPE_CHECKING:
    from pipewarden.field.facts.patrols import PatrolPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "patrol" / "CN.yaml"


@cache
def patrol_policy() -> PatrolPolicy:
    """Return policy/patrol/CN.yaml; InputError names the key that is wrong."""
    return read_patrol(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
