"""The shipped packs of filings: files of the package, read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.casework.rules.filing_file import read_filing_packs

if TYPE_CHECKING:
    from pipewarden.casework.facts import FilingPack

_FOLDER = Path(__file__).resolve().parents[2] / "policy" / "filing"


@cache
def filing_packs() -> tuple[FilingPack, ...]:
    """Return policy/filing/*.yaml; InputError names the file and the key that is wrong."""
    files = sorted(_FOLDER.glob("*.yaml"))
    return read_filing_packs([(path.name, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in files])
