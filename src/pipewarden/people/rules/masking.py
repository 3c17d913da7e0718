"""What of the record may name somebody: left out for those who may not read persons, and for who is outside.

Nothing is looked for in words: what is not plainly an id, a number, a moment or a word of the program's own goes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

MASK: Final = "***"
_PLAIN = re.compile(
    r"[0-9a-f]{64}"  # a hash
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|[a-z][a-z_.:]{0,60}"  # a state, a kind, a role
    r"|\d{4}-\d\d-\d\d[T0-9:.+Z-]*"  # a moment
)
_NAMING = frozenset(  # whatever these hold: names, and what people wrote
    {
        "address", "agent", "login", "name", "names", "note", "number", "person_name", "phone", "problem", "reason",
        "source", "why", "words",
    }
)  # fmt: skip


def masked(details: str) -> str:
    """Return an entry's details with what could name somebody replaced; the same text where nothing could."""
    before: Any = json.loads(details)
    after = _plain(before)
    if after == before:
        return details
    return json.dumps(after, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain_word(word: str) -> str:
    """Return a word of the program's own, an id, a hash or a moment as it is, anything else as a mask."""
    return word if not word or _PLAIN.fullmatch(word) else MASK


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, key) for inner in value]
    if isinstance(value, str):
        return MASK if key in _NAMING and value else plain_word(value)
    return MASK if key in _NAMING and value is not None and not isinstance(value, bool) else value
