"""What people and later slices tell the judge about places: corridors, papers, open sites, yards, empty scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, time
    from uuid import UUID

    from pipewarden.judge.facts.reasons import Rule

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Corridor:
    """What of a camera's picture matters, drawn by a person.

    Attributes:
        ring: (x, y) corners as parts of the picture's width and height, 0-1, not closed.
        ground: the same as (lon, lat), WGS-84, closed; None where the camera cannot tell.
    """

    camera_id: UUID
    ring: Ring
    ground: Ring | None


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """How one camera is judged.

    Attributes:
        off: rules that are switched off.
        note: what the camera looks at, for the second judge; people's words, never an instruction.
        corridor: None where nobody has drawn one.
        remembered: boxes of its empty scene.
        pictured_at: when its newest picture was taken, or came where it tells no time; None where none came.
    """

    camera_id: UUID
    off: frozenset[Rule] = frozenset()
    note: str = ""
    corridor: Corridor | None = None
    remembered: int = 0
    pictured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permitted:
    """Works that may go on: filed, briefed, agreed; pushed by the slice that knows the papers.

    Attributes:
        key: the pusher's own name of it.
        ring: (lon, lat) corners of the permitted area, WGS-84, closed.
        starts_at: from this moment on; ``ends_at`` excluded.
        daily: local hours from, to (to excluded; past midnight when to is not later); None for all day.
        zone: name of the time zone of ``daily`` (IANA).
        machines: types that may work there; None for any. One whose type is not known is none of them.
    """

    key: str
    ring: Ring
    starts_at: datetime
    ends_at: datetime
    daily: tuple[time, time] | None = None
    zone: str = "Asia/Shanghai"
    machines: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A site that somebody is in charge of already.

    Attributes:
        key: the pusher's own name of the site.
        ring: (lon, lat) corners, WGS-84, closed.
        alarm_id: the alarm it was opened for, which it must not silence.
    """

    key: str
    ring: Ring
    alarm_id: UUID | None


@dataclass(frozen=True, slots=True)
class Yard:
    """A place that a reviewer called a permanent yard, for a time.

    Attributes:
        stream: whose picture ``box`` is a part of: x, y, w, h, 0-1.
        lon: middle of the place, degrees WGS-84; None where the camera cannot tell.
        lat: the same.
        radius_m: how far it reaches.
    """

    alarm_id: UUID
    stream: str
    box: tuple[float, float, float, float]
    lon: float | None
    lat: float | None
    radius_m: float
    until: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """A box that recurred at one place while the scene was known empty.

    Attributes:
        box: x, y, w, h as parts of the picture, 0-1.
        features: how it looked, of unit length; empty where no look was kept.
        count: pictures that showed it.
    """

    box: tuple[float, float, float, float]
    features: tuple[float, ...]
    count: int
