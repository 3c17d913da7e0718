"""What a city's answer to an update means: it has it, it never will, or it is told again later."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

_GOOD = range(200, 300)
_CONFLICT = 409
_AGAIN = frozenset({408, 425, 429})
_REFUSED = range(400, 500)
_KNOWN = re.compile(rb"duplicate|already", re.IGNORECASE)  # servers answer repetitions with 400 (node-open311's wiki)
_MOST_TRIES = 20
_LONGEST = timedelta(hours=6)


class Fate(StrEnum):
    """What became of telling it."""

    TOLD = "told"
    LATER = "later"
    GIVEN_UP = "given_up"


def fate_of(status: int | None, body: bytes, tries: int) -> tuple[Fate, str, timedelta]:
    """Return what becomes of an update, why, and after how long it is told again.

    Args:
        status: of HTTP; None where no answer came.
        body: of the answer, or why none came.
        tries: how often it was told before.
    """
    pause = min(timedelta(minutes=2 ** min(tries, 10)), _LONGEST)
    if status is not None and (status in _GOOD or status == _CONFLICT):
        return Fate.TOLD, "", pause
    if status is not None and status in _REFUSED and status not in _AGAIN:
        if _KNOWN.search(body[:2000]):
            return Fate.TOLD, "", pause
        return Fate.GIVEN_UP, f"answers {status}", pause
    problem = f"answers {status}" if status is not None else body.decode("utf-8", "replace")[:200]
    return (Fate.GIVEN_UP if tries + 1 >= _MOST_TRIES else Fate.LATER), problem, pause
