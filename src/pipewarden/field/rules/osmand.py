"""The OsmAnd protocol as phones speak it: a query, a form, or Traccar Client's JSON, each one position.

https://www.traccar.org/osmand/: id, lat, lon, timestamp, accuracy, speed (knots), bearing, altitude, batt, hdop, mock.
Other keys of a query (rpm, fuel, ignition, cell, wifi) are the apps' own and are passed over. A message without a
position says only that the phone is there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipewarden.field.facts.patrols import PatrolPoint
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOT_MPS = 1852 / 3600
_HDOP_M = 5.0  # metres of error of a receiver in the open, for each unit of dilution
_ACCURACY_M = 15.0  # where the app says nothing
_MILLISECONDS = 10_000_000_000
_YEARS = (2000, 2100)
_TRUE = {"true", "1", "yes"}


def device_of(told: Mapping[str, Any]) -> str:
    """Return the word by which a phone names itself; empty where it names none."""
    word = told.get("id") or told.get("deviceid") or told.get("device_id") or ""
    return str(word)


def point_of(told: Mapping[str, Any], received_at: datetime) -> PatrolPoint | None:
    """Return the position of a message; None where it has none.

    Raises:
        InputError: a number is none, or lies off the globe.
    """
    flat = _flat(told) if isinstance(told.get("location"), dict) else dict(told)
    if _none(flat.get("lat")) and flat.get("location"):
        flat["lat"], _, flat["lon"] = str(flat["location"]).partition(",")
    if _none(flat.get("lat")) or _none(flat.get("lon")):
        return None
    at = _time(flat.get("timestamp"), received_at)
    course = _number(flat, "bearing" if "bearing" in flat else "heading")
    speed = _number(flat, "speed")
    metric = isinstance(told.get("location"), dict)
    return PatrolPoint(
        n=round(at.timestamp() * 1000),  # the protocol has no numbers: a moment is one
        at=at,
        received_at=received_at,
        lon=_degrees(flat, "lon", 180),
        lat=_degrees(flat, "lat", 85),
        accuracy_m=_accuracy(flat),
        speed_mps=None if speed is None or speed < 0 else speed * (1 if metric else KNOT_MPS),
        course_deg=course % 360 if course is not None and course >= 0 else None,
        mock=str(flat["mock"]).lower() in _TRUE if "mock" in flat else None,
        activity="".join(filter(str.isprintable, str(flat.get("activity") or "")))[:40] or None,
    )


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return Traccar Client's JSON (speed in metres a second, -1 for nothing) by the words of the query."""
    location = told["location"]
    coords = location.get("coords")
    coords = coords if isinstance(coords, dict) else {}
    activity = location.get("activity")
    flat = {
        "lat": coords.get("latitude"),
        "lon": coords.get("longitude"),
        "timestamp": location.get("timestamp"),
        "accuracy": coords.get("accuracy"),
        "speed": coords.get("speed"),
        "bearing": coords.get("heading"),
        "activity": activity.get("type") if isinstance(activity, dict) else None,
    }
    return flat | ({"mock": location["mock"]} if "mock" in location else {})


def _accuracy(flat: Mapping[str, Any]) -> float:
    said, hdop = _number(flat, "accuracy"), _number(flat, "hdop")
    if said is not None and said >= 0:
        return min(said, 20_000.0)
    return _ACCURACY_M if hdop is None or hdop < 0 else min(hdop * _HDOP_M, 20_000.0)


def _time(word: object, received_at: datetime) -> datetime:
    """Return the time of a message: seconds or milliseconds of the epoch, or ISO 8601 (UTC where it names no zone)."""
    if _none(word):
        return received_at
    text = str(word).strip()
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        if number is None:
            at = datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        else:
            at = datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _wrong("timestamp", text) from error
    if not _YEARS[0] <= at.year < _YEARS[1]:
        raise _wrong("timestamp", text)
    return at


def _degrees(flat: Mapping[str, Any], name: str, most: float) -> float:
    number = _number(flat, name)
    if number is None or abs(number) > most:
        raise _wrong(name, str(flat.get(name)))
    return number


def _number(flat: Mapping[str, Any], name: str) -> float | None:
    word = flat.get(name)
    if word is None or _none(word):
        return None
    try:
        number = float(word)
    except (TypeError, ValueError) as error:
        raise _wrong(name, str(word)) from error
    if number != number or abs(number) == float("inf"):  # noqa: PLR0124  NaN is unlike itself
        raise _wrong(name, str(word))
    return number


def _none(word: object) -> bool:
    return word is None or word == ""


def _wrong(name: str, word: str) -> InputError:
    return InputError(
        field=name, problem=f"cannot be {word[:40]!r}", fix="Send degrees WGS-84, metres, and seconds of the epoch."
    )
