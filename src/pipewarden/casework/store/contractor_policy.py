"""The shipped rules of contractors' records: files of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.casework.rules.contractor_file import read_contractor_policies
from pipewarden.casework.store.policy import violations

if TYPE_CHECKING:
    from pipewarden.casework.facts import ContractorPolicy

CONTRACTOR_FILE = Path(__file__).resolve().parents[2] / "policy" / "contractors" / "CN.yaml"


@cache
def shipped_contractors() -> tuple[ContractorPolicy, ...]:
    """Return policy/contractors/*.yaml; InputError names file, line, path and fix of what is wrong."""
    files = sorted(CONTRACTOR_FILE.parent.glob("*.yaml"))
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in files]
    return read_contractor_policies(texts, violations().keys())
