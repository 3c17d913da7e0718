"""A track made usable: in order, without jumps, as legs between points whose way is known; and where somebody stood.

Everything is worked out anew from all points of the patrol, so that a point which comes days late changes the answer to
what it would have been, and never makes anybody enter and leave a place again (traccar/traccar#4417).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.field.facts.patrols import PatrolPoint, TrackLimits
    from pipewarden.kit.geo import LocalFrame

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

_PIECE = 256
_SLACK_M = 30.0  # two positions of one place differ by so much in a street canyon
_LATEST_S = 40 * 86_400.0  # nobody keeps points unsent for longer: then it is the clock, and not the net


@dataclass(frozen=True, slots=True)
class Track:
    """Every point of a patrol in its order, as columns.

    Attributes:
        n: the phone's numbers.
        said: the phone's times, seconds of the epoch.
        received: the server's.
        t: the time that counts: the phone's, put right by ``skew_s``, never later than ``received``.
        xy: (n, 2) metres in ``frame``; ``lonlat`` degrees WGS-84.
        skew_s: server minus phone.
    """

    frame: LocalFrame
    n: Longs
    said: Floats
    received: Floats
    t: Floats
    xy: Floats
    lonlat: Floats
    accuracy: Floats
    mock: NDArray[np.bool_]
    skew_s: float

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.n)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What of a track is believed to be a way.

    Attributes:
        kept: positions of points in the track that are no jump.
        starts: for each of ``kept``: whether a new piece begins there, after a jump.
        standing: for each of ``kept``: whether somebody stands there.
        jumps: points left out as jumps; ``vague`` those left out for their accuracy.
        far_m: all ways together that were jumped and stayed there, metres.
    """

    kept: Longs
    starts: NDArray[np.bool_]
    standing: NDArray[np.bool_]
    jumps: int
    vague: int
    far_m: float


@dataclass(frozen=True, slots=True)
class Legs:
    """Ways between two points: (m, 2) metres from ``a`` to ``b``, at the times ``t0`` to ``t1``."""

    a: Floats
    b: Floats
    t0: Floats
    t1: Floats
    standing: NDArray[np.bool_]

    @property
    def metres(self) -> Floats:
        """Return the length of each."""
        return np.asarray(np.hypot(*(self.b - self.a).T))

    @property
    def speed(self) -> Floats:
        """Return metres a second of each."""
        return np.asarray(self.metres / np.maximum(self.t1 - self.t0, 1e-3))


def track_of(points: Sequence[PatrolPoint], clocks: Sequence[tuple[float, float]] = ()) -> Track:
    """Return the points by number and then time, as columns.

    Args:
        points: at least one.
        clocks: (phone's time when it sent, server's time) in seconds of the epoch, where the phone said it.
    """
    order = sorted(points, key=lambda one: (one.n, one.at))
    said = np.array([one.at.timestamp() for one in order])
    received = np.array([one.received_at.timestamp() for one in order])
    skew = skew_of(said, received, clocks)
    lonlat = np.array([(one.lon, one.lat) for one in order])
    frame = near_frame(*(float(one) for one in np.median(lonlat, axis=0)))
    return Track(
        frame=frame,
        n=np.array([one.n for one in order], dtype=np.int64),
        said=said,
        received=received,
        t=np.minimum(said + skew, received),
        xy=frame.to_metres(lonlat),
        lonlat=lonlat,
        accuracy=np.array([one.accuracy_m for one in order]),
        mock=np.array([bool(one.mock) for one in order]),
        skew_s=skew,
    )


def skew_of(said: Floats, received: Floats, clocks: Sequence[tuple[float, float]]) -> float:
    """Return server minus phone, in seconds, as far as anybody can know.

    A phone that says its time while it sends gives it away. Else a point that came before it was made shows a clock
    that is ahead, and one that came 40 days late a clock that is behind; between, late points are late and no more.
    """
    if clocks:
        return float(np.median([there - here for here, there in clocks]))
    least = float((received - said).min())
    return 0.0 if 0 <= least < _LATEST_S else least


def clean(track: Track, limits: TrackLimits) -> Cleaned:
    """Leave out what is vague and what jumps; a jump that others confirm is a new start, with no way to it."""
    good = np.flatnonzero(track.accuracy <= limits.accuracy_m)
    kept: list[int] = []
    starts: list[bool] = []
    waiting: list[int] = []
    jumps, far = 0, 0.0
    x, y, t = track.xy[:, 0], track.xy[:, 1], track.t

    def near(i: int, j: int) -> bool:
        apart = float(np.hypot(x[j] - x[i], y[j] - y[i]))
        slack = min(float(track.accuracy[i] + track.accuracy[j]), _SLACK_M)
        return apart <= limits.jump_mps * abs(float(t[j] - t[i])) + slack

    for one in good.tolist():
        if not kept or near(kept[-1], one):
            jumps += len(waiting)
            waiting.clear()
            starts.append(not kept)
            kept.append(one)
            continue
        if waiting and not near(waiting[-1], one):
            jumps += len(waiting)
            waiting.clear()
        waiting.append(one)
        if len(waiting) >= limits.agree:
            far += float(np.hypot(*(track.xy[waiting[0]] - track.xy[kept[-1]])))
            starts += [True] + [False] * (len(waiting) - 1)
            kept += waiting
            waiting.clear()
    held = np.array(kept, dtype=np.int64)
    return Cleaned(
        kept=held,
        starts=np.array(starts, dtype=np.bool_),
        standing=_standing(track.xy[held], track.t[held], limits),
        jumps=jumps + len(waiting),
        vague=len(track) - len(good),
        far_m=far,
    )


def _standing(xy: Floats, t: Floats, limits: TrackLimits) -> NDArray[np.bool_]:
    found = np.zeros(len(t), dtype=np.bool_)
    grown = np.maximum.accumulate(t)  # a phone's clock may be set back on the way
    first = 0
    while first < len(t):
        end = int(np.searchsorted(grown, grown[first] + limits.stand_s))
        if end >= len(t):
            end = len(t) - 1
            if grown[end] - grown[first] < limits.stand_s:
                break
        if _away(xy[first : end + 1], xy[first], limits.stand_m) is not None:
            first += 1
            continue
        while end < len(t):  # in pieces, so that a day of standing is not measured once for each of its points
            piece = _away(xy[end : end + _PIECE], xy[first], limits.stand_m)
            end = min(end + _PIECE, len(t)) if piece is None else end + piece
            if piece is not None:
                break
        found[first:end] = True
        first = end
    return found


def _away(xy: Floats, from_xy: Floats, metres: float) -> int | None:
    away = np.hypot(*(xy - from_xy).T) > metres
    return int(away.argmax()) if away.any() else None


def legs_of(track: Track, cleaned: Cleaned, limits: TrackLimits) -> Legs:
    """Return the ways between neighbours that are near enough in time and place to know the way between them."""
    xy, t = track.xy[cleaned.kept], track.t[cleaned.kept]
    if len(t) < 2:  # noqa: PLR2004  a leg has two ends
        nothing = np.empty((0, 2))
        return Legs(nothing, nothing, np.empty(0), np.empty(0), np.empty(0, dtype=np.bool_))
    took, way = t[1:] - t[:-1], np.hypot(*(xy[1:] - xy[:-1]).T)
    good = ~cleaned.starts[1:] & (took >= 0) & (took <= limits.gap_s) & (way <= limits.gap_m)
    standing = cleaned.standing[1:] & cleaned.standing[:-1]
    return Legs(xy[:-1][good], xy[1:][good], t[:-1][good], t[1:][good], standing[good])
