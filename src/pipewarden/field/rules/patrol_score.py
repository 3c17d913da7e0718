"""Whether a track is believed: named doubts with numbers, from the track alone and from what else the house knows.

Any doubt makes a patrol unverified: it counts nothing, pays nothing and closes nothing, and is kept (safety.md T11).
Limits are set so that noise of a street canyon passes: docs/patrols.md has the measured rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.field.facts.patrols import Doubt, Reason
from pipewarden.field.rules.patrol_replay import played_again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.field.facts.patrols import TrackLimits
    from pipewarden.field.rules.patrol_replay import Shape
    from pipewarden.field.rules.patrol_track import Cleaned, Track

    Floats = NDArray[np.float64]

FAST_SHARE = 0.1  # of points no patrol could have reached: a multipath spike is one of a hundred
TELEPORT_M = 2000.0  # together; a receiver that wakes after a tunnel has jumped 1.5 km and was honest (GeoLife)
IDENTICAL_S = 600.0  # safety.md T11
_IDENTICAL_POINTS = 5
VAGUE_SHARE = 0.3
LINE_M, LINE_SHARE = 1.0, 0.5  # a map's pipe and a walker's way are never one line: receivers are 3 m off at best
_MOVING_POINTS = 20
SMOOTH_SHARE = 0.5
_SMOOTH_PART, _ROUNDING_M = 0.01, 0.12  # of a step; six decimals are 0.11 m
CLOCK_S = 600.0
FUTURE_S = 120.0
SHARED_S = 60.0
APART_M = 300.0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the house knows beside the track itself.

    Attributes:
        line_m: by kept point, metres to the nearest pipe's line; inf where none is within some metres; None without
            a map.
        earlier: tracks that were sent before, of anybody.
        clocks: (phone's time, server's time) of each sending that said it, seconds of the epoch.
        shared_s: seconds in which the same phone was on another person's patrol.
        apart_m: metres to where the same person was at the same time with another phone.
    """

    line_m: Floats | None = None
    earlier: Sequence[Shape] = ()
    clocks: Sequence[tuple[float, float]] = ()
    shared_s: float = 0.0
    apart_m: float = 0.0


def score(track: Track, cleaned: Cleaned, limits: TrackLimits, known: Circumstances) -> tuple[Reason, ...]:
    """Return every doubt about a track; none is how an honest one looks."""
    count = len(track)
    found = [
        _if(Doubt.SPEED, _share(cleaned.jumps, count), FAST_SHARE, f"of points over {limits.jump_mps * 3.6:.0f} km/h"),
        _if(Doubt.TELEPORT, cleaned.far_m, TELEPORT_M, "metres in all from place to place without a way"),
        _if(Doubt.IDENTICAL, _identical_s(track), IDENTICAL_S, "seconds with the same coordinates to six decimals"),
        _if(Doubt.MOCK, _share(int(track.mock.sum()), count), 0.0, "of points that another app made up"),
        _if(Doubt.ACCURACY, _share(cleaned.vague, count), VAGUE_SHARE, f"of points over {limits.accuracy_m:.0f} m"),
        _if(Doubt.ON_LINE, _on_line(cleaned, known.line_m), LINE_SHARE, f"of points {LINE_M:g} m from a pipe's line"),
        _if(Doubt.SMOOTH, _smooth(track, cleaned), SMOOTH_SHARE, "of points without a receiver's noise"),
        played_again(track, cleaned, known.earlier),
        _if(Doubt.CLOCK, _clock_s(track, known.clocks), CLOCK_S, "seconds that the phone's clock is off or moved"),
        _if(Doubt.FUTURE, _ahead_s(track), FUTURE_S, "seconds that a point came before it was made"),
        _if(Doubt.SHARED_PHONE, known.shared_s, SHARED_S, "seconds with the phone on another's patrol"),
        _if(Doubt.TWO_PLACES, known.apart_m, APART_M, "metres to where the same person was at the same time"),
    ]  # fmt: skip
    return tuple(one for one in found if one is not None)


def _if(doubt: Doubt, value: float, limit: float, words: str) -> Reason | None:
    return Reason(doubt, round(float(value), 3), limit, words) if value > limit else None


def _share(part: int, count: int) -> float:
    return part / count if count else 0.0


def _identical_s(track: Track) -> float:
    """Return the longest time, by the phone, in which at least five points had the same six decimals."""
    rounded = np.round(track.lonlat, 6)
    fresh = np.concatenate([[True], (rounded[1:] != rounded[:-1]).any(axis=1)])
    first = np.flatnonzero(fresh)
    last = np.concatenate([first[1:] - 1, [len(rounded) - 1]])
    long = last - first + 1 >= _IDENTICAL_POINTS
    return float(np.max(track.said[last[long]] - track.said[first[long]], initial=0.0))


def _on_line(cleaned: Cleaned, line_m: Floats | None) -> float:
    if line_m is None:
        return 0.0
    moving = ~cleaned.standing
    count = int(moving.sum())
    return 0.0 if count < _MOVING_POINTS else float((line_m[moving] <= LINE_M).sum()) / count


def _smooth(track: Track, cleaned: Cleaned) -> float:
    """Return the share of moving points that lie where the two beside them say, to a hundredth of a step.

    Steps and their noise are compared by speed, so that uneven intervals do not look like noise.
    """
    xy, t = track.xy[cleaned.kept], track.t[cleaned.kept]
    if len(t) < _MOVING_POINTS:
        return 0.0
    took = np.maximum(t[1:] - t[:-1], 1e-3)[:, None]
    pace = (xy[1:] - xy[:-1]) / took
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    bend = np.hypot(*(pace[1:] - pace[:-1]).T) * took[1:, 0]
    moving = (step[1:] > 1.0) & (step[:-1] > 1.0) & ~cleaned.starts[2:] & ~cleaned.starts[1:-1]
    if int(moving.sum()) < _MOVING_POINTS:
        return 0.0
    return float((bend[moving] <= np.maximum(_SMOOTH_PART * step[1:][moving], _ROUNDING_M)).mean())


def _clock_s(track: Track, clocks: Sequence[tuple[float, float]]) -> float:
    """Return by how much the phone's clock is off, or was moved between two points or two sendings."""
    back = float(np.max(track.said[:-1] - track.said[1:], initial=0.0))
    off = [there - here for here, there in clocks]
    return max(abs(track.skew_s), back, max(off) - min(off) if off else 0.0)


def _ahead_s(track: Track) -> float:
    return float(np.max(track.said + track.skew_s - track.received, initial=0.0))
