"""The shipped weights of risk: files of the package, read once. ``service.ruling`` says what rules for a tenant."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.casework.rules.risk_file import read_risk_policies

if TYPE_CHECKING:
    from pipewarden.casework.facts import RiskPolicy

RISK_FILE = Path(__file__).resolve().parents[2] / "policy" / "risk" / "CN.yaml"


@cache
def shipped_risk() -> tuple[RiskPolicy, ...]:
    """Return policy/risk/*.yaml; InputError names file, line, path and fix of what is wrong."""
    files = sorted(RISK_FILE.parent.glob("*.yaml"))
    return read_risk_policies([(path.name, path.read_text(encoding="utf-8")) for path in files])
