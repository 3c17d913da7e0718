"""The words by which features are asked for: ``bbox`` and ``datetime`` of OGC 17-069r4, 7.15.3 and 7.15.4."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from pipewarden.kit.errors import InputError

_FLAT, _WITH_HEIGHT = 4, 6
_OPEN = frozenset({"", ".."})
_YEARS = (1900, 2200)


def box_asked(words: str | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees WGS-84; of six numbers the heights are not used.

    Raises:
        InputError: it is no box on the globe; a box across the antimeridian is none here (our ground does not lie
            there).
    """
    if words is None:
        return None
    try:
        sides = [float(part) for part in words.split(",")]
    except ValueError:
        sides = []
    if len(sides) == _WITH_HEIGHT:
        sides = [sides[0], sides[1], sides[3], sides[4]]
    if len(sides) != _FLAT or not all(math.isfinite(one) for one in sides):
        raise _wrong_box("is not four or six numbers")
    west, south, east, north = sides
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  degrees
        raise _wrong_box("is no box in degrees, west before east and south before north")
    return west, south, east, north


def _wrong_box(problem: str) -> InputError:
    return InputError(field="bbox", problem=problem, fix="Write west,south,east,north in degrees WGS-84 (CRS84).")


def moment_asked(words: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last moment of an RFC 3339 instant or interval in UTC; None on a side is open.

    Raises:
        InputError: it is neither.
    """
    if words is None:
        return None, None
    parts = words.split("/")
    if len(parts) == 1:
        at = _at(words)
        return at, at
    begin, end = (None if one in _OPEN else _at(one) for one in (parts if len(parts) == 2 else ("?", "?")))  # noqa: PLR2004
    if begin is not None and end is not None and begin > end:
        raise _wrong_time("ends before it begins")
    return begin, end


def _at(word: str) -> datetime:
    try:
        at = datetime.fromisoformat(word)
    except ValueError as error:
        raise _wrong_time("is no RFC 3339 time or interval") from error
    if at.tzinfo is None or not _YEARS[0] <= at.year < _YEARS[1]:
        raise _wrong_time("has no time zone, or a year that cannot be")
    return at.astimezone(UTC)


def _wrong_time(problem: str) -> InputError:
    fix = "Write 2026-11-01T00:00:00Z, or 2026-11-01T00:00:00Z/.. for all since then."
    return InputError(field="datetime", problem=problem, fix=fix)
