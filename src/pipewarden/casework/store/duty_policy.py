"""The shipped duties, ladders and calendars: files of the package, read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.casework.rules.calendar import read_year
from pipewarden.casework.rules.duty_file import read_policy

if TYPE_CHECKING:
    from pipewarden.casework.facts import DutyPolicy

_POLICY = Path(__file__).resolve().parents[2] / "policy"


@cache
def shipped_duties() -> DutyPolicy:
    """Return policy/duties/CN.yaml with its ladders and calendars; InputError names the key that is wrong."""
    years = [read_year(_read(path), path.name) for path in sorted((_POLICY / "calendar").glob("CN-*.yaml"))]
    return read_policy(_read(_POLICY / "duties" / "CN.yaml"), _read(_POLICY / "escalation" / "CN.yaml"), years)


def _read(path: Path) -> object:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
