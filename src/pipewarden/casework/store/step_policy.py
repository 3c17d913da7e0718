"""The shipped evidence of the steps: a file of the package, read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.casework.rules.step_file import read_steps

if TYPE_CHECKING:
    from pipewarden.casework.rules.step_file import StepPolicy

STEPS_FILE = Path(__file__).resolve().parents[2] / "policy" / "steps" / "CN.yaml"


@cache
def shipped_steps() -> StepPolicy:
    """Return policy/steps/CN.yaml; InputError names line, path and fix of what is wrong."""
    return read_steps(STEPS_FILE.read_text(encoding="utf-8"), STEPS_FILE.name)
