"""What a message means beside those before it: begun, gone on, moved, ended, or an echo of what is over.

One alarm is active for each (originator, kind) at one place: a fibre of 40 km is one originator and digs at many
places, a parked lorry is reported each second by one camera (ecosystem.md 1.1 and 1.2 name whom each mistake hurt).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from shapely.geometry import Polygon

from pipewarden.kit.geo import distance_m
from pipewarden.sense.facts import DeviceAlarm, DeviceKind, Ended
from pipewarden.sense.rules.devices.said import DeviceSaid, Phase, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.sense.facts import Device

# after so long without a word it is over, where the sender never says so; longer than any pause of a living sender,
# because what begins anew asks a person anew (Hikvision repeats each second, ioBroker's server clears after 5 s)
SILENCE_S = {"hikvision": 60.0, "frigate": 600.0, "onvif": 3600.0}
OTHER_SILENCE_S = 900.0
REMEMBERED = timedelta(days=1)  # so long an ended alarm still tells an echo from news
TOLD_AGAIN = timedelta(hours=4)  # what goes on is told again, so that a person's no does not hold for ever
_OLDEST = {DeviceKind.GROUND_CHANGE: timedelta(days=60)}  # satellites are slow; every other older clock is wrong
_OLD = timedelta(days=1)
_AHEAD = timedelta(minutes=5)
_SPOT_M = (60.0, 300.0)  # apart by more, it is another place, however unsure both are
_DRIVES_KMH = 5.0  # an excavator on its own tracks does not reach it, one on a low loader does
_MUTE = frozenset({DeviceKind.STATE, DeviceKind.TAMPER})  # about the device, not about the ground
_MOST_THREADS = 50
_LINE_M = 30.0  # a chainage read between two markers, fibre slack included
_MOST_EXTRA = 16 << 10


@dataclass(frozen=True, slots=True)
class Where:
    """A place; ``area`` is the closed ring of a polygon that was sent, empty else."""

    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    area: tuple[tuple[float, float], ...] = ()


class Act(StrEnum):
    """What a message does."""

    BEGIN = "begin"
    GO_ON = "go_on"
    END = "end"
    ECHO = "echo"  # speaks of something that is over, or that nobody knows


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one message.

    Attributes:
        alarm: as it is from now on; None where nothing is known of what ended.
        tells: whether an observation is made of it.
    """

    act: Act
    alarm: DeviceAlarm | None
    tells: bool = False


def where(said: DeviceSaid, device: Device) -> Where:
    """Return the place: the polygon's, the one it names, the chainage on the device's line, else the device's own.

    Raises:
        InputError: the chainage lies off the line.
    """
    if said.area:
        return _middle(said.area)
    if said.lon is not None and said.lat is not None:
        return Where(said.lon, said.lat, said.accuracy_m)
    if said.chainage_m is not None and device.line:
        return replace(_along(device.line, said.chainage_m), accuracy_m=said.accuracy_m or device.accuracy_m or _LINE_M)
    return Where(device.lon, device.lat, device.accuracy_m)


def _middle(ring: tuple[tuple[float, float], ...]) -> Where:
    drawn = Polygon(ring)
    if not drawn.is_valid or drawn.area == 0:
        drawn = drawn.convex_hull  # a ring that crosses itself still says where
    centre = drawn.centroid
    reach = max(distance_m((centre.x, centre.y), corner) for corner in ring)
    closed = ring if ring[0] == ring[-1] else (*ring, ring[0])
    return Where(centre.x, centre.y, reach, closed)


def _along(line: Sequence[tuple[float, float, float]], chainage_m: float) -> Where:
    for (begin, *a), (end, *b) in pairwise(line):
        if begin <= chainage_m <= end:
            part = (chainage_m - begin) / (end - begin)
            return Where(a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
    span = f"{line[0][0]:g} to {line[-1][0]:g} m"
    raise refused("chainage_m", f"{chainage_m:g} m lies off the device's line of {span}", "Register the whole line.")


def when(said: DeviceSaid, now: datetime) -> datetime:
    """Return when it was: by the device's clock where it can be right, else now; an alarm is never lost to a clock."""
    if said.at is None or not now - _OLDEST.get(said.kind, _OLD) <= said.at <= now + _AHEAD:
        return now
    return min(said.at, now)


def join(
    known: Sequence[DeviceAlarm], said: DeviceSaid, place: Where, device: Device, *, now: datetime, new_id: UUID
) -> Step:
    """Return what a message does to what is known of its (device, originator, kind).

    Args:
        known: active ones, and those that ended not longer ago than ``REMEMBERED``.
        said: the message.
        place: where it is.
        device: who says it.
        now: the present.
        new_id: of the alarm, should one begin.
    """
    at = when(said, now)
    active = [one for one in known if one.ended_at is None]
    mine = _match(active, said, place)
    if mine is None:
        over = [one for one in known if one.ended_at is not None and said.at is not None and at <= one.last_at]
        echo = _match(over, said, place) if over else None
        if echo is not None or said.phase is Phase.ENDED:
            return Step(Act.ECHO, echo)
        fresh = _begun(said, place, device, now, new_id)
        return Step(Act.BEGIN, fresh, tells=_worth(said))
    if said.phase is Phase.ENDED:
        return _ended(mine, said, at, now)
    late = at < mine.last_at
    moved = said.kind is DeviceKind.MACHINERY_AT and not _same_spot(mine, place)
    again = now - (mine.told_at or now) >= TOLD_AGAIN
    tells = not late and _worth(said) and (mine.told == 0 or moved or again)
    newest = replace(
        mine,
        threads=_threads(mine.threads, said.thread),
        last_at=max(at, mine.last_at),
        silent_at=now + timedelta(seconds=device.silence_s),
        count=mine.count + 1,
        **({} if late else _newest(said)),
    )
    if tells and moved:
        newest = replace(newest, lon=place.lon, lat=place.lat, accuracy_m=place.accuracy_m)
    return Step(Act.GO_ON, newest, tells=tells)


def _begun(said: DeviceSaid, place: Where, device: Device, now: datetime, new_id: UUID) -> DeviceAlarm:
    at = when(said, now)
    return DeviceAlarm(
        id=new_id,
        tenant_id=device.tenant_id,
        device_id=device.id,
        originator=said.originator,
        kind=said.kind,
        threads=_threads((), said.thread),
        lon=place.lon,
        lat=place.lat,
        accuracy_m=place.accuracy_m,
        first_at=at,
        last_at=at,
        silent_at=now + timedelta(seconds=device.silence_s),
        **_newest(said),
    )


def _ended(mine: DeviceAlarm, said: DeviceSaid, at: datetime, now: datetime) -> Step:
    """An end takes its own thread away; it ends the whole when none is left and nothing newer was heard."""
    left = tuple(one for one in mine.threads if one != said.thread)
    newest = replace(mine, threads=left, count=mine.count + 1, last_at=max(at, mine.last_at))
    newer = said.thread is None and at < mine.last_at
    if left or newer:
        return Step(Act.GO_ON, newest)
    return Step(Act.END, replace(newest, ended_at=now, ended_by=Ended.SAID))


def _newest(said: DeviceSaid) -> dict[str, Any]:
    return {
        "label": said.label,
        "score": said.score,
        "value": said.value,
        "unit": said.unit,
        "words": said.words,
        "extra": bounded(said.extra),
    }


def _threads(known: tuple[str, ...], thread: str | None) -> tuple[str, ...]:
    return known if thread is None or thread in known else (*known, thread)[-_MOST_THREADS:]


def _match(alarms: Sequence[DeviceAlarm], said: DeviceSaid, place: Where) -> DeviceAlarm | None:
    """Return the newest of them that the message speaks of: its thread, else its place; a machine is in one place."""
    named = [one for one in alarms if said.thread is not None and said.thread in one.threads]
    here = [one for one in alarms if said.kind is DeviceKind.MACHINERY_AT or _same_spot(one, place)]
    return max(named or here, key=lambda one: (one.last_at, one.id), default=None)


def _same_spot(one: DeviceAlarm, place: Where) -> bool:
    if one.lon is None or one.lat is None or place.lon is None or place.lat is None:
        return one.lon is None and place.lon is None
    least, most = _SPOT_M
    reach = min(max(least, one.accuracy_m or 0.0, place.accuracy_m or 0.0), most)
    return distance_m((one.lon, one.lat), (place.lon, place.lat)) <= reach


def _worth(said: DeviceSaid) -> bool:
    """Tell whether it says something of the ground: not a disk, not a machine that is driven past."""
    drives = said.kind is DeviceKind.MACHINERY_AT and (said.value or 0.0) > _DRIVES_KMH
    return said.kind not in _MUTE and not drives


def sentence(said: DeviceSaid) -> str:
    """Return in one line what the device said, for people."""
    parts = [f"{said.kind.value}: {said.label}"]
    if said.score is not None:
        parts.append(f"score {said.score:.2f}")
    if said.value is not None:
        parts.append(f"{said.value:g} {said.unit or ''}".strip())
    if said.words:
        parts.append(said.words)
    return ", ".join(parts)[:2000]


def bounded(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they came, without those past 16 kB; what was left out is named."""
    kept: dict[str, Any] = {}
    left: list[str] = []
    room = _MOST_EXTRA
    for name, value in extra.items():
        room -= len(name) + len(repr(value))
        if room >= 0:
            kept[name] = value
        else:
            left.append(name[:40])
    return kept | ({"left_out": left[:50]} if left else {})
