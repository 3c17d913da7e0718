"""Whether a track is an earlier one played again: own or another's, at another time, cut, shaken a little.

Two walks along the same street differ in when they are where: pace, stops and lights. A replay keeps the lag between
the two tracks the same from end to end, even when each place is shaken a little: each sample of the earlier track votes
for the lag to the new points near it. One that runs faster, slower or backwards has the same coordinates to the last
digit, which two walks have nowhere. Not found: shaken and run at another speed at once, or shaken and under five
minutes long.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.field.facts.patrols import Doubt, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.field.rules.patrol_track import Cleaned, Track

    Floats = NDArray[np.float64]

SAMPLES = 256
VOTE_SHARE = 0.5
_NEAR_M = 4.5
_LAG_S = 1.5
_TOGETHER_S = 60.0  # two people side by side are no replay
_LEAST = 24
_PACKED = struct.Struct("<ddd")
_PART = 1 / 3  # of the new track's time; less in common proves nothing
_SPREAD_M = 60.0  # who stood around in one place can not be told from somebody else who did
_HELD_S = 300.0  # two who walk a street at nearly one pace keep their lag for some minutes, and hundreds are compared


@dataclass(frozen=True, slots=True)
class Shape:
    """An earlier track in few points.

    Attributes:
        patrol: names it, for the words.
        t: seconds of the epoch, growing.
        lonlat: degrees WGS-84.
    """

    patrol: str
    t: Floats
    lonlat: Floats


def shape_of(track: Track, cleaned: Cleaned) -> bytes:
    """Return a track as samples of its moving points, packed: time, lon, lat."""
    moving = cleaned.kept[~cleaned.standing]
    pick = moving[np.unique(np.linspace(0, len(moving) - 1, SAMPLES).astype(int))] if len(moving) else moving
    rows = np.column_stack([track.t[pick], track.lonlat[pick]])
    return np.ascontiguousarray(rows, dtype="<f8").tobytes()


def shape_from(patrol: str, packed: bytes) -> Shape:
    """Return what ``shape_of`` packed."""
    rows = np.frombuffer(packed[: len(packed) // _PACKED.size * _PACKED.size], dtype="<f8").reshape(-1, 3)
    return Shape(patrol, rows[:, 0], rows[:, 1:])


def played_again(track: Track, cleaned: Cleaned, earlier: Sequence[Shape]) -> Reason | None:
    """Return the doubt that a track is one of the earlier ones, with the greatest share that fits one of them."""
    moving = cleaned.kept[~cleaned.standing]
    if len(moving) < _LEAST or not earlier:
        return None
    xy, t = track.xy[moving], track.t[moving]
    tree, exact = shapely.STRtree(shapely.points(xy)), _digits(track.lonlat[moving])
    best, of, how = 0.0, "", ""
    for one in earlier:
        if len(one.t) < _LEAST:
            continue
        found = (
            (float(np.isin(_digits(one.lonlat), exact).mean()), "with the same coordinates to six decimals as"),
            (_share(tree, t, track.frame.to_metres(one.lonlat), one.t), "at one and the same lag behind"),
        )
        share, words = max(found)
        if share > best:
            best, of, how = share, one.patrol, words
    return (
        Reason(Doubt.REPLAY, round(best, 3), VOTE_SHARE, f"of the way {how} patrol {of}") if best > VOTE_SHARE else None
    )


def _digits(lonlat: Floats) -> NDArray[np.int64]:
    """Return places as whole numbers of six decimals, one number each."""
    whole = np.round(lonlat * 1e6).astype(np.int64)
    return np.asarray(whole[:, 0] * 1_000_000_000 + whole[:, 1])


def _share(tree: shapely.STRtree, t: Floats, xy: Floats, there: Floats) -> float:
    """Return the greatest share of samples with one lag, of those that the new track's time holds by that lag."""
    sample, point = tree.query(shapely.points(xy), predicate="dwithin", distance=_NEAR_M)
    lag = t[point] - there[sample]
    apart = np.abs(lag) > _TOGETHER_S
    sample, lag = sample[apart], lag[apart]
    if len(lag) < _LEAST:
        return 0.0
    order = np.argsort(lag, kind="stable")
    lag, sample = lag[order], sample[order]
    after = np.searchsorted(lag, lag + 2 * _LAG_S, side="right")
    first = int((after - np.arange(len(lag))).argmax())
    same = np.unique(sample[first : after[first]])
    if len(same) < _LEAST or float(np.hypot(*np.ptp(xy[same], axis=0))) < _SPREAD_M or np.ptp(there[same]) < _HELD_S:
        return 0.0
    middle = float(np.median(lag[first : after[first]]))
    held = (there + middle >= t[0] - _LAG_S) & (there + middle <= t[-1] + _LAG_S)
    span = np.ptp(there[held])
    return len(same) / int(held.sum()) if span >= _PART * (t[-1] - t[0]) else 0.0
