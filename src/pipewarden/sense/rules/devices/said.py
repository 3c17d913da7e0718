"""What any device says, in one shape, and how its parts are read: strict where it matters, kept where it does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import DeviceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

CHINA = ZoneInfo("Asia/Shanghai")  # GB/T 28181 times carry no zone: they are the platform's local time
_YEARS = (2000, 2100)
_MILLIS = 1e11  # seconds since 1970 reach this in the year 5138, milliseconds did in 1973
_LONGEST = 200

__all__ = ["CHINA", "DeviceKind", "DeviceSaid", "Phase", "moment", "number", "place", "refused", "rest", "word"]


class Phase(StrEnum):
    """Where in one thing's life a message stands."""

    BEGAN = "began"
    GOES_ON = "goes_on"
    ENDED = "ended"
    ONCE = "once"  # says that it is so now; whether it goes on, only silence tells


@dataclass(frozen=True, slots=True)
class DeviceSaid:
    """One message of a device.

    Attributes:
        originator: the device's own id; with ``kind`` and ``thread`` it names one alarm.
        label: the device's own word for it.
        thread: the sender's id of the thing that goes on; None where it has none.
        at: when, by the device's clock; None when it does not say.
        score: how sure it says it is, 0-1; never compared with our own eye's.
        lon: degrees WGS-84; None when not said.
        lat: the same.
        accuracy_m: radius of 95 of 100 cases.
        area: ring of (lon, lat) where a polygon was sent.
        box: left, top, width, height as parts of the picture, 0-1.
        chainage_m: along the device's line, metres.
        camera: the device's name of the camera that saw it.
        picture: JPEG or PNG bytes that came with it; empty without one.
        words: a sentence, if it sent one.
        value: a measured number with ``unit``.
        extra: every field that we did not use, as it came.
    """

    originator: str
    kind: DeviceKind
    label: str
    phase: Phase
    thread: str | None = None
    at: datetime | None = None
    score: float | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    area: tuple[tuple[float, float], ...] | None = None
    box: tuple[float, float, float, float] | None = None
    chainage_m: float | None = None
    camera: str | None = None
    picture: bytes = b""
    words: str | None = None
    value: float | None = None
    unit: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def refused(name: str, problem: str, fix: str = "Send it as its maker documents it.") -> InputError:
    """Return the error of a message that cannot be read; ``name`` is its field."""
    return InputError(field=name, problem=problem, fix=fix)


def word(value: object, name: str) -> str:
    """Return a short text.

    Raises:
        InputError: it is missing, empty, too long or holds control characters.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise refused(name, "is missing" if value is None else "is no text")
    text = str(value).strip()
    if not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise refused(name, "is empty, longer than 200 characters or not printable")
    return text


def number(value: object, name: str, low: float, high: float) -> float | None:
    """Return a number between ``low`` and ``high``; None for None or an empty text.

    Raises:
        InputError: it is no finite number, or lies outside.
    """
    if value is None or value == "":
        return None
    try:
        found = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not low <= found <= high:
        raise refused(name, f"{str(value)[:40]!r} is no number from {low:g} to {high:g}")
    return found


def place(lon: object, lat: object) -> tuple[float | None, float | None]:
    """Return degrees; (None, None) where both are missing or both are zero, which no device of ours stands at.

    Raises:
        InputError: one is missing, or they are no place.
    """
    east, north = number(lon, "longitude", -180, 180), number(lat, "latitude", -90, 90)
    if (east is None) is not (north is None):
        raise refused("longitude, latitude", "one of the two is missing")
    return (None, None) if not (east or north) else (east, north)


def moment(value: object, name: str, *, local: ZoneInfo | None = None) -> datetime | None:
    """Return a time: RFC 3339 text, or seconds or milliseconds since 1970; None for None or an empty text.

    Args:
        value: as it came.
        name: its field.
        local: the zone of a text without one; refused without it.

    Raises:
        InputError: it is no time, or lies outside the years 2000 to 2099.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            found = datetime.fromtimestamp(value / 1000 if value > _MILLIS else value, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise refused(name, f"{str(value)[:40]!r} is no time") from error
    else:
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise refused(name, f"{str(value)[:40]!r} is no time") from error
        if found.tzinfo is None:
            if local is None:
                raise refused(name, "has no time zone", "Send RFC 3339 with its offset.")
            found = found.replace(tzinfo=local)
    if not _YEARS[0] <= found.year < _YEARS[1]:
        raise refused(name, f"lies in the year {found.year}", "Set the device's clock.")
    return found.astimezone(UTC)


def rest(told: Mapping[str, Any], *used: str) -> dict[str, Any]:
    """Return the fields that were not used, as they came."""
    return {name: value for name, value in told.items() if name not in used}
