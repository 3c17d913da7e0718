"""The shipped supervision rules: a file of the package, read once. ``service.ruling`` says what rules for a tenant."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.casework.rules.supervision_file import read_supervision
from pipewarden.casework.store.policy import violations

if TYPE_CHECKING:
    from pipewarden.casework.rules.supervision_file import Supervision

SUPERVISION_FILE = Path(__file__).resolve().parents[2] / "policy" / "supervision" / "CN.yaml"


@cache
def shipped_supervision() -> Supervision:
    """Return policy/supervision/CN.yaml; InputError names line, path and fix of what is wrong."""
    return read_supervision(SUPERVISION_FILE.read_text(encoding="utf-8"), SUPERVISION_FILE.name, violations())
