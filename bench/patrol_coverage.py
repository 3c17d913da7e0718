"""Coverage of a large network by a month of patrols: one JSON line. Network and tracks are made up, and seeded.

1,200 km of pipe on a street grid 30 km wide, of three classes; on each of 30 days 40 patrols of three hours on foot
along the streets, a point each five seconds, with a receiver's noise. Measured: laying the network out by metres, what
one patrol saw (cleaning, legs × pipes), the figures and the list of overdue stretches from all patrols, and memory.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pipewarden.field.facts.patrols import PatrolPoint
from pipewarden.field.rules import patrol_coverage, patrol_pipes, patrol_track
from pipewarden.field.rules.patrol_file import due_of
from pipewarden.field.rules.patrol_seen import pack, seen_by, unpack
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Datum, Kind, Pipe, PressureClass

SEED = 20261126
SIDE_M, KM, DAYS, PATROLS, HOURS = 30_000.0, 1200, 30, 40, 3.0
FRAME = LocalFrame(116.7, 39.5)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
CLASSES = ("medium", "medium", "low", "high")


def network(chance: np.random.Generator) -> tuple[list[Pipe], float]:
    """Return pipes along a square grid of streets, crossing by crossing, and the grid's width in metres."""
    block = 2 * SIDE_M**2 / (KM * 1000)
    count = int(SIDE_M / block)
    corner = np.stack(np.meshgrid(*[np.arange(count + 1) * block] * 2, indexing="ij"), axis=-1)
    corner = corner + chance.normal(0, block / 50, corner.shape) - SIDE_M / 2
    along = np.stack([corner[:-1], corner[1:]], -2).reshape(-1, 2, 2)
    across = np.stack([corner[:, :-1], corner[:, 1:]], -2).reshape(-1, 2, 2)
    lines = np.concatenate([along, across])
    lonlat = FRAME.to_lonlat(lines.reshape(-1, 2)).reshape(-1, 2, 2)
    shapes = shapely.to_wkb(shapely.linestrings(lonlat))
    nothing = (None, 200.0, None, None, None, None)
    return [
        Pipe(n, f"p{n}", Kind.PIPE, Datum.CENTRE_LINE, PressureClass(CLASSES[n % 4]), *nothing, shape, {})
        for n, shape in enumerate(shapes)
    ], block


def track(chance: np.random.Generator, block: float, began: datetime) -> list[PatrolPoint]:
    """Return a walk from crossing to crossing along the streets, eight metres beside their middle."""
    t = np.arange(0, HOURS * 3600, 5.0)
    turns = math.ceil(1.4 * t[-1] / block) + 1
    steps = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])[chance.integers(0, 4, turns)] * block
    start = np.round(chance.uniform(-SIDE_M / 2 + 9000, SIDE_M / 2 - 9000, 2) / block) * block + SIDE_M / 2 % block
    corners = start + np.concatenate([[(0, 0)], np.cumsum(steps, axis=0)]) + chance.uniform(-8, 8, 2)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    xy = np.column_stack([np.interp(1.4 * t, way, corners[:, side]) for side in (0, 1)]) + chance.normal(
        0, 3, (len(t), 2)
    )
    lonlat = FRAME.to_lonlat(xy)
    received = began + timedelta(hours=HOURS)
    return [
        PatrolPoint(n, began + timedelta(seconds=float(at)), received, float(lon), float(lat), 8.0)
        for n, (at, (lon, lat)) in enumerate(zip(t, lonlat, strict=True))
    ]


def main() -> None:
    """Measure and print."""
    chance, policy = np.random.default_rng(SEED), patrol_policy()
    pipes, block = network(chance)
    begun = time.perf_counter()
    mains = patrol_pipes.lay_out(pipes)
    laid_s = time.perf_counter() - begun
    if mains is None:
        raise SystemExit("the network has no pipes")
    packed, each_s, points, stretches = [], [], 0, 0
    for day in range(DAYS):
        for _ in range(PATROLS):
            sent = track(chance, block, NOW - timedelta(days=DAYS - day, hours=-float(chance.uniform(0, 8))))
            begun = time.perf_counter()
            one = patrol_track.track_of(sent)
            legs = patrol_track.legs_of(one, patrol_track.clean(one, policy.track), policy.track)
            found = seen_by(mains, one.frame, legs, policy)
            packed.append(pack(found.stretches))
            each_s.append(time.perf_counter() - begun)
            points, stretches = points + len(sent), stretches + len(found.stretches)
    due = {cls: due_of(policy, "CN", cls) for cls in PressureClass}
    begun = time.perf_counter()
    profile = patrol_coverage.profile(mains, unpack(mains, packed))
    figures = patrol_coverage.figures(mains, profile, due, NOW)
    figures_s = time.perf_counter() - begun
    begun = time.perf_counter()
    low, _, _, _ = patrol_coverage.missed(mains, profile, due, NOW)
    missed_s = time.perf_counter() - begun
    told = {
        "bench": "patrol_coverage",
        "synthetic": True,
        "seed": SEED,
        "network_km": round(mains.metres / 1000, 1),
        "lines": len(mains.pipes),
        "patrols": len(packed),
        "points": points,
        "stretches": stretches,
        "lay_out_s": round(laid_s, 3),
        "one_patrol_ms_median": round(float(np.median(each_s)) * 1000, 1),
        "one_patrol_ms_p99": round(float(np.quantile(each_s, 0.99)) * 1000, 1),
        "figures_s": round(figures_s, 3),
        "missed_s": round(missed_s, 3),
        "missed": len(low),
        "packed_mb": round(sum(map(len, packed)) / 1e6, 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "covered_share": {one.pressure_class.value: round(one.covered_m / one.metres, 4) for one in figures},
        "never_share": {one.pressure_class.value: round(one.never_m / one.metres, 4) for one in figures},
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
