"""The shipped policy of strikes: files of the package, read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipewarden.casework.rules.strike_file import StrikePolicy, read_strike_policy

_FOLDER = Path(__file__).resolve().parents[2] / "policy" / "strike"


@cache
def strike_policies() -> tuple[StrikePolicy, ...]:
    """Return policy/strike/*.yaml; InputError names the file and the key that is wrong."""
    files = sorted(_FOLDER.glob("*.yaml"))
    return tuple(read_strike_policy(yaml.safe_load(path.read_text(encoding="utf-8")), path.name) for path in files)
