"""The shipped privacy policy: a file of the package, read once. A tenant's own days are rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.people.rules.privacy_file import read_privacy

if TYPE_CHECKING:
    from pipewarden.people.facts.privacy import PrivacyPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "privacy" / "CN.yaml"


@cache
def privacy_policy() -> PrivacyPolicy:
    """Return policy/privacy/CN.yaml; InputError names the key that is wrong."""
    return read_privacy(_FILE.read_text(encoding="utf-8"), _FILE.name)
