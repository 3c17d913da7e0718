"""The shipped numbers of the foundry, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.market.rules.foundry_file import read_foundry

if TYPE_CHECKING:
    from pipewarden.market.rules.foundry_file import FoundryPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "foundry" / "CN.yaml"


@cache
def shipped_foundry() -> FoundryPolicy:
    """Return policy/foundry/CN.yaml; InputError names the key that is wrong."""
    return read_foundry(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
