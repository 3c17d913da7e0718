"""What a patrol adds up to, worked out anew from all its points: the way, the pipes it saw, whether it is believed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from pipewarden.field.rules import patrol_pipes, patrol_replay, patrol_score, patrol_track
from pipewarden.field.rules.patrol_replay import shape_from, shape_of
from pipewarden.field.rules.patrol_seen import pack, seen_by
from pipewarden.field.store import patrols as store
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.kit.geo import near_frame
from pipewarden.network import service as network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.field.facts.patrols import Pass, PatrolPoint, Seen
    from pipewarden.field.rules.patrol_pipes import Mains
    from pipewarden.field.rules.patrol_track import Cleaned, Legs, Track
    from pipewarden.field.store.patrols import PatrolRow
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion

    Floats = NDArray[np.float64]

_MOST_COMPARED = 400
_NEAR_LINE_M = 5.0  # farther off it does not matter whether a point lies on the line


@dataclass(slots=True)
class _Layouts:
    """Networks by metres, the last ones asked for; a version never changes."""

    held: OrderedDict[UUID, Mains | None] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    most: int = 8

    def get(self, work: Work, version: NetworkVersion) -> Mains | None:
        with self.lock:
            if version.id in self.held:
                self.held.move_to_end(version.id)
                return self.held[version.id]
        made = patrol_pipes.lay_out(network.pipes(work, version.id))
        with self.lock:
            self.held[version.id] = made
            while len(self.held) > self.most:
                self.held.popitem(last=False)
        return made


_LAYOUTS = _Layouts()


def mains_of(work: Work) -> list[tuple[NetworkVersion, Mains]]:
    """Return the tenant's active networks that have pipes, by metres."""
    found = [(one, _LAYOUTS.get(work, one)) for one in network.versions(work) if one.active]
    return [(version, mains) for version, mains in found if mains is not None]


def saw(work: Work, track: Track, legs: Legs) -> tuple[list[Seen], list[Pass]]:
    """Return what a track saw of the tenant's active networks."""
    stretches: list[Seen] = []
    passes: list[Pass] = []
    for _, mains in mains_of(work):
        found = seen_by(mains, track.frame, legs, patrol_policy())
        stretches += found.stretches
        passes += found.passes
    return stretches, sorted(passes, key=lambda one: (one.entered_at, one.pipe_id))


def reckon(work: Work, row: PatrolRow) -> None:
    """Work a patrol out from all points that came so far, and keep the answer; nothing where there are none."""
    points = store.points(work, row.id)
    if not points:
        return
    policy = patrol_policy()
    track = patrol_track.track_of(points, _clocks(row))
    cleaned = patrol_track.clean(track, policy.track)
    legs = patrol_track.legs_of(track, cleaned, policy.track)
    first, last = (datetime.fromtimestamp(float(one), UTC) for one in (track.t.min(), track.t.max()))
    row.first_at, row.last_at, row.skew_s = first, last, track.skew_s
    row.west, row.south = (float(one) for one in track.lonlat.min(axis=0))
    row.east, row.north = (float(one) for one in track.lonlat.max(axis=0))
    work.session.flush()
    stretches, _ = saw(work, track, legs)
    known = patrol_score.Circumstances(
        line_m=_line_m(work, track, cleaned),
        earlier=_earlier(work, row, last - policy.compared),
        clocks=_clocks(row),
        **_elsewhere(work, row, points),
    )
    doubts = patrol_score.score(track, cleaned, policy.track, known)
    row.verified, row.reasons = not doubts, [asdict(one) | {"doubt": one.doubt.value} for one in doubts]
    row.walked_m = float(legs.metres[~legs.standing].sum())
    row.stood_s = float((legs.t1 - legs.t0)[legs.standing].sum())
    row.seen_m = sum(one.to_m - one.from_m for one in stretches)
    row.dropped = cleaned.jumps + cleaned.vague
    row.shape = shape_of(track, cleaned)
    work.session.flush()
    store.put_seen(work, row.id, pack(stretches))


def legs_of(points: Sequence[PatrolPoint], clocks: Sequence[tuple[float, float]]) -> tuple[Track, Legs]:
    """Return points as a track with the legs that are known."""
    limits = patrol_policy().track
    track = patrol_track.track_of(points, clocks)
    return track, patrol_track.legs_of(track, patrol_track.clean(track, limits), limits)


def _clocks(row: PatrolRow) -> list[tuple[float, float]]:
    return [(float(here), float(there)) for here, there in cast("list[list[float]]", row.clocks)]


def _line_m(work: Work, track: Track, cleaned: Cleaned) -> Floats | None:
    """Return by kept point how far the nearest drawn pipe is; inf beyond five metres, None without a map."""
    held = mains_of(work)
    if not held:
        return None
    best = np.full(len(cleaned.kept), np.inf)
    for _, mains in held:
        at = shapely.points(mains.frame.to_metres(track.lonlat[cleaned.kept]))
        found, away = mains.tree.query_nearest(at, max_distance=_NEAR_LINE_M, return_distance=True, all_matches=False)
        np.minimum.at(best, found[0], away)
    return best


def _earlier(work: Work, row: PatrolRow, since: datetime) -> list[patrol_replay.Shape]:
    assert row.west is not None and row.south is not None  # noqa: S101, PT018  just reckoned
    assert row.east is not None and row.north is not None  # noqa: S101, PT018
    box = (row.west, row.south, row.east, row.north)
    return [shape_from(str(one), packed) for one, packed in store.shapes(work, row, since, box, _MOST_COMPARED)]


def _elsewhere(work: Work, row: PatrolRow, points: Sequence[PatrolPoint]) -> dict[str, float]:
    """Return for how long the phone was on another's patrol, and how far off the person was with another phone."""
    shared, apart = 0.0, 0.0
    assert row.first_at is not None and row.last_at is not None  # noqa: S101, PT018  just reckoned
    for other in store.others(work, row, row.first_at, row.last_at):
        if other.first_at is None or other.last_at is None:
            continue
        both = min(row.last_at, other.last_at) - max(row.first_at, other.first_at)
        if other.person_id != row.person_id:
            shared = max(shared, both.total_seconds())
        elif both > timedelta(0):
            apart = max(apart, _apart_m(points, store.points(work, other.id)))
    return {"shared_s": shared, "apart_m": apart}


def _apart_m(one: Sequence[PatrolPoint], other: Sequence[PatrolPoint]) -> float:
    """Return the middle of the distances between two tracks at the same moments, metres."""
    if not other:
        return 0.0
    frame = near_frame(one[0].lon, one[0].lat)
    at, there = (np.array([point.at.timestamp() for point in track]) for track in (one, other))
    xy, order = frame.to_metres(np.array([(point.lon, point.lat) for point in one])), np.argsort(there)
    away = frame.to_metres(np.array([(point.lon, point.lat) for point in other]))[order]
    same = (at >= there.min()) & (at <= there.max())
    if not same.any():
        return 0.0
    where = np.column_stack([np.interp(at[same], there[order], away[:, side]) for side in (0, 1)])
    return float(np.median(np.hypot(*(xy[same] - where).T)))
