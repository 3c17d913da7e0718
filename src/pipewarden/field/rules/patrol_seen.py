"""What of the pipes one track saw, and each time it came by one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.field.facts.patrols import Pass, Seen
from pipewarden.field.rules import patrol_pipes as pipes
from pipewarden.field.rules.patrol_coverage import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipewarden.field.facts.patrols import PatrolPolicy
    from pipewarden.field.rules.patrol_pipes import Mains, Near
    from pipewarden.field.rules.patrol_track import Legs
    from pipewarden.kit.geo import LocalFrame

    Floats = NDArray[np.float64]

PACKED = np.dtype([("line", "<u8"), ("low", "<f8"), ("high", "<f8"), ("at", "<f8")])


@dataclass(frozen=True, slots=True)
class SeenPipes:
    """What one track saw: stretches, each metre once; and the passes in the order of time."""

    stretches: tuple[Seen, ...]
    passes: tuple[Pass, ...]

    @property
    def metres(self) -> float:
        """Return the metres of pipe."""
        return sum(one.to_m - one.from_m for one in self.stretches)


NOTHING = SeenPipes((), ())


def seen_by(mains: Mains | None, frame: LocalFrame, legs: Legs, policy: PatrolPolicy) -> SeenPipes:
    """Return what legs, in metres of ``frame``, saw of the pipes."""
    if mains is None or not len(legs.t0):
        return NOTHING
    a, b = (mains.frame.to_metres(frame.to_lonlat(side)) for side in (legs.a, legs.b))
    found = pipes.near(mains, a, b, pipes.reach_of(legs, policy.paces), policy.track.leave_m)
    return SeenPipes(_stretches(mains, found, legs.t0), _passes(mains, found, legs, (a, b), policy.track.leave_legs))


def _stretches(mains: Mains, found: Near, t: Floats) -> tuple[Seen, ...]:
    real = np.flatnonzero(found.high > found.low)
    line = mains.line[found.segment[real]]
    low, high, at, line = pipes.union(found.low[real], found.high[real], t[found.leg[real]], line)
    return tuple(
        Seen(
            line=int(mains.keys[place]),
            pipe_id=mains.pipes[place],
            from_m=float(low[one] - mains.start[place]),
            to_m=float(high[one] - mains.start[place]),
            at=datetime.fromtimestamp(float(at[one]), UTC),
        )
        for one, place in enumerate(line.tolist())
    )


def _passes(mains: Mains, found: Near, legs: Legs, ways: tuple[Floats, Floats], patience: int) -> tuple[Pass, ...]:
    """Join legs near one pipe to passes: one begins within the seeing distance and ends beyond the band around it."""
    if not len(found.leg):
        return ()
    names = {name: place for place, name in enumerate(sorted(set(mains.pipes)))}
    by_line = np.array([names[name] for name in mains.pipes])
    pipe = by_line[mains.line[found.segment]]
    order = np.lexsort((found.leg, pipe))
    pipe, leg, segment = pipe[order], found.leg[order], found.segment[order]
    inside = found.high[order] >= found.low[order]
    way = shapely.linestrings(np.stack([ways[0][leg], ways[1][leg]], axis=1))
    crosses = shapely.intersects(way, mains.tree.geometries[segment])
    fresh = np.concatenate([[True], (pipe[1:] != pipe[:-1]) | (leg[1:] > leg[:-1] + patience)])
    first = np.flatnonzero(fresh)
    entered, left = np.minimum.reduceat(legs.t0[leg], first), np.maximum.reduceat(legs.t1[leg], first)
    met, crossed = np.logical_or.reduceat(inside, first), np.logical_or.reduceat(crosses, first)
    name_of = list(names)
    made = [
        Pass(
            name_of[int(pipe[first[one]])],
            datetime.fromtimestamp(float(entered[one]), UTC),
            datetime.fromtimestamp(float(left[one]), UTC),
            bool(crossed[one]),
        )
        for one in np.flatnonzero(met).tolist()
    ]
    return tuple(sorted(made, key=lambda one: (one.entered_at, one.pipe_id)))


def pack(stretches: Sequence[Seen]) -> bytes:
    """Return stretches as they are kept: line, from, to, seconds of the epoch."""
    rows = [(one.line, one.from_m, one.to_m, one.at.timestamp()) for one in stretches]
    return np.array(rows, dtype=PACKED).tobytes()


def unpack(mains: Mains, packed: Sequence[bytes]) -> Rows:
    """Return the stretches of many patrols that lie on lines of a network, as columns."""
    rows = np.frombuffer(b"".join(packed), dtype=PACKED)
    place = mains.places(rows["line"])
    here = place >= 0
    return Rows(place[here], rows["low"][here], rows["high"][here], rows["at"][here])
