"""What the map shows, in the map's own words, so that the page depends on no slice and ``main`` does the gathering.

Places are (lon, lat) in degrees WGS-84; lengths are metres on the ground; a None is a thing nobody knows and is
shown as unknown, never as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

Place = tuple[float, float]
Ring = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class MapPipe:
    """One part of a pipe, or one station.

    Attributes:
        kind: ``pipe`` or ``station``.
        pressure_class: ``low``, ``medium``, ``sub_high``, ``high``; anything else is drawn as unknown.
        regime: ``city_gas`` or ``long_distance``.
        coords: the line; of a station its outline, or one single point.
        protect_m: protection range from the outer edge (city gas) or the centre line (long distance); None if no law.
        control_m: control range from the same edge.
        radius_m: from the drawn line to that edge; 0 where the line is the edge or the centre line counts.
        label: the source's own words for it, shown in the tip; may be empty.
    """

    id: str
    kind: str
    pressure_class: str
    regime: str
    coords: Ring
    protect_m: float | None
    control_m: float | None
    radius_m: float
    label: str


@dataclass(frozen=True, slots=True)
class MapStreet:
    """A street's axis under the pipes, in grey, with its name along it."""

    name: str
    coords: Ring


@dataclass(frozen=True, slots=True)
class MapCamera:
    """A camera and the ground it really sees.

    Attributes:
        seen: outline of the seen ground; empty when it is not calibrated.
        alarms: alarms it had a part in.
        frames: pictures that came from it in this run; 0 means that it is blind.
    """

    key: str
    name: str
    lon: float | None
    lat: float | None
    seen: Ring
    alarms: int
    frames: int


@dataclass(frozen=True, slots=True)
class MapAlarm:
    """One alarm as its card tells it.

    Attributes:
        zone: ``protection``, ``control``, ``outside`` or ``unknown``.
        cls: ``machine``, ``person`` or ``cone``; ``type`` of a machine.
        score: 0-1, of the best finding.
        lon: None without a calibrated camera; then the alarm stands in the list only.
        lat: the same.
        covariance: east-east, east-north, north-north in square metres.
        distance_m: to ``pipe_id``, whose class is ``pipe_class``.
        clause: of the rule that gives the zone.
        p_protection: probability, 0-1, of standing in a protection range; ``p_control`` in that or a control range.
        first_seen: RFC 3339, or the seconds from the first frame in words where the source tells no time.
        last_seen: the same.
        cameras: keys of the cameras, or streams, that saw it.
        work_area: hull of the works; empty when unknown.
        reasons: why its members are one alarm, one sentence each.
        picture: JPEG of the best finding with its box drawn in, at most 480 px wide.
    """

    id: str
    zone: str
    cls: str
    type: str | None
    score: float
    lon: float | None
    lat: float | None
    covariance: tuple[float, float, float] | None
    distance_m: float | None
    pipe_id: str | None
    pipe_class: str | None
    clause: str | None
    p_protection: float | None
    p_control: float | None
    first_seen: str | None
    last_seen: str | None
    frames: int
    cameras: tuple[str, ...]
    work_area: Ring
    reasons: tuple[str, ...]
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class MapData:
    """All that one page shows.

    Attributes:
        made_at: with a zone; every time on the page is shown in that zone.
        rendered: the pictures are rendered, not photographs; the page then says so at its top.
    """

    title: str
    made_at: datetime
    rendered: bool
    pipes: tuple[MapPipe, ...]
    cameras: tuple[MapCamera, ...]
    alarms: tuple[MapAlarm, ...]
    streets: tuple[MapStreet, ...] = ()
