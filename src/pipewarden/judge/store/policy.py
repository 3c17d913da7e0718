"""The shipped question list: a file of the package, read once; a tenant's own is a row."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.judge.rules.questions import read_questions

if TYPE_CHECKING:
    from pipewarden.judge.facts import QuestionList

_FILE = Path(__file__).resolve().parents[2] / "policy" / "verifier" / "site-check.yaml"


@cache
def shipped_questions() -> QuestionList:
    """Return policy/verifier/site-check.yaml; InputError names the key that is wrong."""
    return read_questions(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
