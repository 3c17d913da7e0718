"""The shipped policy of notices: read once. A tenant's own will be versioned rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.casework.rules.notice import read_notices

if TYPE_CHECKING:
    from pipewarden.casework.facts.notice import NoticePolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "notices" / "CN.yaml"


@cache
def shipped_notices() -> NoticePolicy:
    """Return policy/notices/CN.yaml; InputError names the key that is wrong."""
    return read_notices(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
