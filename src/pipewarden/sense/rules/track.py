"""A recorded track: where a vehicle was at a moment, which way it went, and when nobody can say.

A position between two points is interpolated only where they are close in time: in ten seconds a bus turns a corner.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame
from pipewarden.sense.facts import Fix, FixSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

LONGEST_GAP_S = 10.0
FASTEST_MPS = 150 / 3.6  # safety.md T11
ACCURACY_M = 10.0  # of a receiver that does not say, 95 of 100 cases in a street
_HDOP_M = 2.4477 * 3.0  # 95 of 100 cases at a dilution of one: a receiver's own error of 3 m, one sigma
_SWERVE_MPS2 = 2.0  # what a vehicle may do between two points without a passenger falling
_CHORD_M = 8.0  # a course is read over so much of the way on either side
_CHORD_S = 30.0
_RELATIVE_M = 1.0  # of one point against the next, one sigma: the slow part of the error is common to both
_MOST_BYTES = 64 << 20
_MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """One recorded position, degrees WGS-84; ``accuracy_m`` holds it in 95 of 100 cases."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Track:
    """Positions in the order of their times, each time once."""

    points: tuple[Point, ...]


def read_gpx(content: bytes, name: str) -> Track:
    """Return the track of a GPX 1.0 or 1.1 file: all its segments, in the order of time.

    Raises:
        InputError: it is no XML, defines entities, or holds no timed points.
    """
    if len(content) > _MOST_BYTES:
        raise InputError(field=name, problem="is larger than 64 MB", fix="Split the track.")
    reader = _Reader(name)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype  # entities unfold without end, and GPX needs none
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(content, True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        raise InputError(field=name, problem=f"is not XML ({error})", fix="Export the track as GPX.") from error
    found = {one.at: one for one in reader.points}
    if not found:
        raise InputError(field=name, problem="holds no points with a time", fix="Export a track, not a route.")
    return Track(tuple(found[at] for at in sorted(found)))


class _Reader:
    """What expat tells, turned into points."""

    def __init__(self, name: str) -> None:
        self.name, self.points = name, list[Point]()
        self.place: tuple[float, float] | None = None
        self.words: dict[str, str] = {}
        self.inside = ""

    def doctype(self, *_: object) -> None:
        raise InputError(field=self.name, problem="declares a document type", fix="Export the track as plain GPX.")

    def start(self, tag: str, told: dict[str, str]) -> None:
        self.inside = tag.rpartition(":")[2]
        if self.inside == "trkpt":
            self.place, self.words = self._place(told), {}

    def text(self, words: str) -> None:
        if self.inside in {"time", "hdop"} and self.place is not None:
            self.words[self.inside] = self.words.get(self.inside, "") + words

    def end(self, tag: str) -> None:
        self.inside = ""
        if tag.rpartition(":")[2] != "trkpt" or self.place is None:
            return
        at = self._time(self.words.get("time", ""))
        if at is not None:
            self.points.append(Point(at, *self.place, self._accuracy(self.words.get("hdop", ""))))
        if len(self.points) > _MOST_POINTS:
            raise InputError(field=self.name, problem="has more than a million points", fix="Split the track.")
        self.place = None

    def _place(self, told: dict[str, str]) -> tuple[float, float]:
        try:
            lon, lat = float(told["lon"]), float(told["lat"])
        except (KeyError, ValueError) as error:
            raise self._wrong("a point without lon and lat") from error
        if not (abs(lon) <= 180 and abs(lat) <= 85):  # noqa: PLR2004  degrees
            raise self._wrong(f"a point at {lon}, {lat}")
        return lon, lat

    def _time(self, words: str) -> datetime | None:
        if not words.strip():
            return None
        try:
            at = datetime.fromisoformat(words.strip())
        except ValueError as error:
            raise self._wrong(f"the time {words.strip()[:40]!r}") from error
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)  # GPX 1.1: times are UTC

    @staticmethod
    def _accuracy(words: str) -> float:
        try:
            return max(float(words) * _HDOP_M, 0.0)
        except ValueError:
            return ACCURACY_M

    def _wrong(self, what: str) -> InputError:
        return InputError(field=self.name, problem=f"holds {what}", fix="Export the track as GPX with times in UTC.")


def fix_at(track: Track, at: datetime) -> Fix | str:
    """Return where the vehicle was, or why nobody can say.

    The error grows by what the vehicle may have swerved between the two points; the course is that of the way around
    the moment, and its error half of what it turned there.
    """
    points = track.points
    after = bisect_left(points, at, key=lambda one: one.at)
    if after < len(points) and points[after].at == at:
        before = after
    elif after in {0, len(points)}:
        return f"the track covers {points[0].at:%H:%M:%S} to {points[-1].at:%H:%M:%S} UTC only"
    else:
        before = after - 1
    a, b = points[before], points[after]
    gap = (b.at - a.at).total_seconds()
    if gap > LONGEST_GAP_S:
        return f"the track has a gap of {gap:.0f} s here"
    part = (at - a.at).total_seconds() / gap if gap else 0.0
    lon, lat = a.lon + part * (b.lon - a.lon), a.lat + part * (b.lat - a.lat)
    course = _course(points, before, after, (lon, lat))
    speed = _speed(points, before, after)
    fast = speed is not None and speed > FASTEST_MPS
    return Fix(
        lon=lon,
        lat=lat,
        accuracy_m=math.hypot(max(a.accuracy_m, b.accuracy_m), _SWERVE_MPS2 * gap**2 / 8),
        source=FixSource.TRACK,
        course_deg=None if course is None else course[0],
        sigma_deg=None if course is None else course[1],
        speed_mps=speed,
        flags=(f"{(speed or 0) * 3.6:.0f} km/h, more than any road allows",) if fast else (),
    )


def _speed(points: Sequence[Point], before: int, after: int) -> float | None:
    """Return metres a second between the two points, of one point between its neighbours."""
    first, last = (before, after) if before != after else (max(before - 1, 0), min(after + 1, len(points) - 1))
    took = (points[last].at - points[first].at).total_seconds()
    if took <= 0 or took > 2 * LONGEST_GAP_S:
        return None
    frame = near_frame(points[first].lon, points[first].lat)
    ends = frame.to_metres(np.array([(points[one].lon, points[one].lat) for one in (first, last)]))
    return float(np.hypot(*(ends[1] - ends[0]))) / took


def _course(points: Sequence[Point], before: int, after: int, here: tuple[float, float]) -> tuple[float, float] | None:
    """Return the direction of the way in degrees and its one-sigma error; None while it stands or the track breaks."""
    frame = near_frame(*here)
    place = frame.to_metres(np.array([here]))[0]
    legs = [_leg(points, start, step, frame.to_metres, place) for start, step in ((before, -1), (after, 1))]
    back, ahead = (None if leg is None else leg for leg in legs)
    if back is None and ahead is None:
        return None
    ways = [one for one in (None if back is None else -back, ahead) if one is not None]
    whole = np.sum(ways, axis=0)
    length = float(np.hypot(*whole))
    if length < _CHORD_M:
        return None  # there and back again
    turn = 0.0
    if len(ways) == 2:  # noqa: PLR2004  both legs
        cosine = float(ways[0] @ ways[1] / (np.hypot(*ways[0]) * np.hypot(*ways[1])))
        turn = math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
    noise = math.degrees(math.sqrt(2) * _RELATIVE_M / length)
    return math.degrees(math.atan2(whole[0], whole[1])) % 360, math.hypot(noise, turn / 2)


def _leg(points: Sequence[Point], start: int, step: int, to_metres: object, place: object) -> np.ndarray | None:
    """Return the step in metres to the first point at least 8 m away in one direction of time."""
    last = points[start].at
    n = start
    while 0 <= n < len(points):
        one = points[n]
        if abs((one.at - last).total_seconds()) > LONGEST_GAP_S:
            return None
        if abs((one.at - points[start].at).total_seconds()) > _CHORD_S:
            return None
        away: np.ndarray = to_metres(np.array([(one.lon, one.lat)]))[0] - place  # type: ignore[operator]
        if float(np.hypot(*away)) >= _CHORD_M:
            return away
        last, n = one.at, n + step
    return None


def own_digest(trip_id: UUID | str, sha256: str) -> str:
    """Return how a trip's sender is told which pictures are here: bound to the trip, so it names nothing elsewhere.

    Args:
        trip_id: as JSON has it, 36 characters.
        sha256: of the picture's bytes, 64 hex characters.
    """
    return hashlib.sha256(f"{trip_id}{sha256}".encode()).hexdigest()
