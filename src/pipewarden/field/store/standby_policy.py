"""The shipped policy of standing by: read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.casework import service as casework
from pipewarden.field.rules.standby_file import read_standby

if TYPE_CHECKING:
    from pipewarden.field.facts.standby import StandbyPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "standby" / "CN.yaml"


@cache
def shipped_standby() -> tuple[StandbyPolicy, ...]:
    """Return the editions of policy/standby/CN.yaml; InputError names the key that is wrong."""
    body = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read_standby(body, _FILE.name, casework.violation_kinds())
