"""What a city's server says, read as real ones say it: numbers as words, times without a zone, ``null`` for an id.

Nothing that is odd costs the request; what is without an id cannot be known again and is left out, and counted.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipewarden.exchange.facts.open311 import Heard, HeardUpdate
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.exchange.facts.open311 import Posted

_NOTHING = frozenset({"", "null", "none", "nil", "n/a"})
_AHEAD = timedelta(minutes=5)
_LONGEST = 4000  # GeoReport v2: of a description
_LONGEST_NAME = 300
_HALF_TURN, _POLE = 180.0, 90.0
EVERY = "*"


def text(row: Mapping[str, Any], *names: str, longest: int = _LONGEST_NAME) -> str:
    """Return the first of several fields that says something, without signs that no list can hold."""
    for name in names:
        value = row.get(name)
        said = "" if value is None or isinstance(value, dict | list) else str(value).strip()
        if said.casefold() not in _NOTHING:
            clean = said.encode("utf-8", "ignore").decode()
            return "".join(ch for ch in clean if ch >= " " or ch in "\t\n")[:longest]
    return ""


def number(row: Mapping[str, Any], *names: str) -> float | None:
    """Return the first of several fields that is a number, also where it is written as words."""
    for name in names:
        try:
            found = float(text(row, name))
        except ValueError:
            continue
        if math.isfinite(found):
            return found
    return None


def moment(words: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment of RFC 3339, also where its zone is missing; None where it is none."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    try:
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        InputError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        fix = "Write it as Asia/Shanghai or America/Chicago."
        raise InputError(field="--zone", problem=f"{name[:40]!r} is no time zone", fix=fix) from error


def request_of(row: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> Heard | None:
    """Return one request of a city's list; None where it has no id."""
    found_id = text(row, "service_request_id", longest=150)
    if not found_id:
        return None
    odd = []
    lon, lat = number(row, "long", "lon", "lng"), number(row, "lat")
    if lon is None or lat is None:
        lon = lat = None
    elif abs(lon) > _HALF_TURN or abs(lat) > _POLE or (lon, lat) == (0.0, 0.0):
        odd.append(f"its place {lat}, {lon} is none")
        lon = lat = None
    said = text(row, "requested_datetime")
    at = moment(said, zone)
    if said and at is None:
        odd.append(f"its time {said[:40]!r} is none")
    if at is not None and at > now + _AHEAD:
        odd.append("its time lies ahead; the time of receipt counts")
        at = None
    return Heard(
        id=found_id,
        status=text(row, "status").casefold(),
        code=text(row, "service_code", longest=100),
        description=text(row, "description", "service_name", longest=_LONGEST),
        address=text(row, "address", "address_string"),
        lon=lon,
        lat=lat,
        requested_at=at,
        media_url=text(row, "media_url", longest=1000),
        odd=tuple(odd),
    )


def update_of(row: Mapping[str, Any], zone: ZoneInfo) -> HeardUpdate | None:
    """Return one update of a city's list; None where it does not say what it is about."""
    about = text(row, "service_request_id", longest=150)
    at = moment(text(row, "updated_datetime"), zone)
    words = text(row, "description", longest=1000)
    status = text(row, "status").casefold()
    update_id = text(row, "update_id", longest=150) or ("" if at is None else f"{about} {at.isoformat()} {status}")
    return HeardUpdate(update_id, about, status, words, at) if about and update_id else None


def kind_of(code: str, codes: Mapping[str, str]) -> str | None:
    """Return which kind of report a city's service code means; None where it means no works."""
    return codes.get(code, codes.get(EVERY))


def repeat_of(posted: Posted) -> bytes:
    """Return the hash by which the same words about the same place are known again, place to about a metre."""
    place = None if posted.lon is None or posted.lat is None else [round(posted.lon, 5), round(posted.lat, 5)]
    said = [posted.code, " ".join(posted.description.split()), place, " ".join(posted.address.split()), posted.voice]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).digest()
