"""Geofence: the compiled kernel against shapely's STRtree in one run, and how many zones differ (none may).

Prints one JSON line. Everything is synthetic: a perturbed street grid over 40 x 40 km (class per street 80 % low, 15 %
sub-high, 5 % high pressure), points half near a pipe (30 m sigma), half anywhere, in random order. Both sides work on
the same metres and do the same: nearest pipe, its distance, and the highest zone over all pipes in reach. The unit is
the CPU second of this process, because the cores are shared; both sides use one thread.

    python bench/geofence.py [--small] [--points N] [--segments N] [--checked N]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pipewarden.kit.geo import LocalFrame
from pipewarden.network import store
from pipewarden.network.facts import Datum, Kind, Pipe, PressureClass, Regime
from pipewarden.network.rules import index, kernel, packs, zones

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIDE_M = 40_000.0
CENTRE = (116.7, 39.5)
SEED = 20261122
ROUNDS = 3
CHUNK = 100_000


@dataclass(frozen=True)
class Truth:
    """The same network for shapely: lines in metres, radius and ranges per segment."""

    lines: NDArray[np.object_]
    radius: Floats
    r1: Floats
    r2: Floats


def streets(count: int, rng: np.random.Generator) -> list[Pipe]:
    """Return about ``count`` pipes of one segment each along a perturbed street grid."""
    n = round((1 + math.sqrt(1 + 2 * count)) / 2)
    axis = np.linspace(-SIDE_M / 2, SIDE_M / 2, n)
    nodes = np.stack(np.meshgrid(axis, axis), axis=-1) + rng.normal(0, SIDE_M / n / 8, (n, n, 2))
    lonlat = LocalFrame(*CENTRE).to_lonlat(nodes.reshape(-1, 2)).reshape(n, n, 2)
    classes = np.array([PressureClass.LOW, PressureClass.SUB_HIGH, PressureClass.HIGH], dtype=object)
    ends = []
    for turned in (lonlat, lonlat.transpose(1, 0, 2)):
        street = rng.choice(3, n, p=[0.80, 0.15, 0.05])
        ends += [(turned[i, j], turned[i, j + 1], classes[street[i]]) for i in range(n) for j in range(n - 1)]
    lines = shapely.to_wkb(shapely.linestrings([(a, b) for a, b, _ in ends]))
    size = {PressureClass.LOW: 200.0, PressureClass.SUB_HIGH: 500.0, PressureClass.HIGH: 1000.0}
    return [
        Pipe(row, str(row), Kind.PIPE, Datum.CENTRE_LINE, cls, None, size[cls], None, None, None, 1.0, wkb, {})
        for row, ((_, _, cls), wkb) in enumerate(zip(ends, lines, strict=True), start=1)
    ]


def points_of(seg: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return points in metres, half of them near a pipe, in random order."""
    near = seg[rng.integers(0, seg.shape[0], count // 2)]
    along = near[:, :2] + rng.random((near.shape[0], 1)) * near[:, 2:4] + rng.normal(0, 30.0, (near.shape[0], 2))
    anywhere = rng.uniform(-SIDE_M / 2, SIDE_M / 2, (count - near.shape[0], 2))
    made = np.vstack([along, anywhere])
    rng.shuffle(made)
    return np.ascontiguousarray(made)


def timed(job: Callable[[], object]) -> tuple[float, float, object]:
    """Return CPU seconds, wall seconds and result."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = job()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def by_shapely(truth: Truth, tree: shapely.STRtree, points: Floats, reach: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return nearest edge distance and zone code by STRtree: nearest, then all pairs in reach."""
    edge, zone = np.empty(points.shape[0]), np.zeros(points.shape[0], dtype=np.int64)
    for start in range(0, points.shape[0], CHUNK):
        dots = shapely.points(points[start : start + CHUNK])
        (asks, hits), distance = tree.query_nearest(dots, all_matches=False, return_distance=True)
        edge[start + asks] = distance - truth.radius[hits]
        asks, hits = tree.query(dots, predicate="dwithin", distance=reach)
        own = shapely.distance(dots[asks], truth.lines[hits])
        np.minimum.at(edge, start + asks, own - truth.radius[hits])
        code = np.where(own <= truth.r1[hits], 2, np.where(own <= truth.r2[hits], 1, 0))
        np.maximum.at(zone, start + asks, code)
    return np.maximum(edge, 0.0), zone


def main() -> None:
    """Run and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="CI size: 20k segments, 100k points")
    parser.add_argument("--points", type=int)
    parser.add_argument("--segments", type=int)
    parser.add_argument("--checked", type=int, help="points whose zone is compared (all that shapely answers)")
    options = parser.parse_args()
    count = options.points or (100_000 if options.small else 1_000_000)
    rng = np.random.default_rng(SEED)
    pipes = streets(options.segments or (20_000 if options.small else 200_000), rng)
    ranges = packs.resolve(
        store.shipped_packs(), store.shipped_assumptions(), jurisdiction="CN-HE-langfang", regime=Regime.CITY_GAS,
        at=datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip
    if ranges is None:
        raise SystemExit("no rule pack is in force")
    cold_cpu, cold_wall, network = timed(lambda: index.build(pipes))
    build_cpu, _, network = timed(lambda: index.build(pipes))
    table = zones.tabulate(network, ranges, store.shipped_assumptions().city_gas)
    frame, seg = network.frames[0], table.packed[0]
    points = points_of(seg, count, rng)
    lists_cpu, _, (reach, start, items) = timed(lambda: zones.candidates(table, 0))

    def sweep() -> tuple[Floats, ...]:
        return kernel.sweep(
            seg, frame.cells, frame.shape, frame.start, frame.items, start, items, points, reach - table.widest,
            table.widest, zones.RINGS,
        )  # fmt: skip

    sweep_cold, _, _ = timed(sweep)
    runs = [timed(sweep) for _ in range(ROUNDS)]
    edge, _, zone, _ = runs[-1][2]
    a = seg[:, :2]
    lines = shapely.linestrings(np.stack([a, a + seg[:, 2:4]], axis=1))
    truth = Truth(lines=lines, radius=seg[:, 5], r1=seg[:, 6], r2=seg[:, 7])
    tree_cpu, _, tree = timed(lambda: _warm_tree(lines))
    checked = min(options.checked or count, count)
    slow_cpu, slow_wall, (true_edge, true_zone) = timed(lambda: by_shapely(truth, tree, points[:checked], table.reach))
    whole_cpu, _, _ = timed(lambda: zones.answer(table, frame.local.to_lonlat(points), None))
    fast_cpu = statistics.median(run[0] for run in runs)
    result = {
        "bench": "geofence",
        "segments": int(seg.shape[0]),
        "points": count,
        "checked": checked,
        "ratio": round((slow_cpu / checked) / (fast_cpu / count), 1),
        "kernel_cpu_s": round(fast_cpu, 3),
        "kernel_wall_s": round(statistics.median(run[1] for run in runs), 3),
        "shapely_cpu_s": round(slow_cpu * count / checked, 3),
        "shapely_wall_s": round(slow_wall * count / checked, 3),
        "kernel_points_per_cpu_s": round(count / fast_cpu),
        "zone_differences": int((zone[:checked] != true_zone).sum()),
        "worst_distance_difference_m": _worst(np.maximum(edge[:checked], 0.0), true_edge, table.reach - table.widest),
        "zones": np.bincount(zone, minlength=3).tolist(),
        "first_build_cpu_s": round(cold_cpu, 3),
        "first_build_wall_s": round(cold_wall, 3),
        "build_cpu_s": round(build_cpu, 3),
        "candidates_cpu_s": round(lists_cpu, 3),
        "candidates_mb": round((start.nbytes + items.nbytes) / 1e6, 1),
        "first_sweep_cpu_s": round(sweep_cold, 3),
        "strtree_build_cpu_s": round(tree_cpu, 3),
        "with_projection_cpu_s": round(whole_cpu, 3),
    }
    print(json.dumps(result))
    if result["zone_differences"]:
        raise SystemExit("zones differ from shapely's")


def _worst(edge: Floats, true_edge: Floats, sure: float) -> float:
    """Return the largest difference where shapely's answer is the nearest edge: within reach it saw all pairs.

    Farther out it saw only the nearest centre line, and a thicker pipe a little behind it may have the nearer edge.
    """
    seen = true_edge <= sure
    return float(np.abs(edge[seen] - true_edge[seen]).max(initial=0.0))


def _warm_tree(lines: NDArray[np.object_]) -> shapely.STRtree:
    """Return a tree that is really built: GEOS builds it on the first query."""
    tree = shapely.STRtree(lines)
    tree.query(shapely.points(0.0, 0.0))
    return tree


if __name__ == "__main__":
    main()
