"""What to shut when a pipe is hit, and who is without gas then, from the active maps of both regimes."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import structlog

from pipewarden.network import store
from pipewarden.network.facts import Kind
from pipewarden.network.facts.isolation import Basis, Broken, Closing, Isolation
from pipewarden.network.rules import connect, isolate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion, Pipe, Regime
    from pipewarden.network.rules.connect import Joined
    from pipewarden.network.rules.isolate import Hit

log = structlog.get_logger(__name__)
_MOST_NETWORKS = 4
_WITHIN_M = 100.0  # a pipe farther than this from the place that was told is not taken to be the one that was hit
_NEAREST = 3
_SPARE_DEGREES = 0.01  # about a kilometre
_MOST_LINES = 2000
_PATIENCE_S = 5.0  # a report of a strike waits no longer for a map to be joined, nor for the answer from it
_HELD: OrderedDict[UUID, Future[Joined]] = OrderedDict()  # versions never change, so nothing here goes stale
_LOCK = threading.Lock()
_POOL = ThreadPoolExecutor(4, thread_name_prefix="isolate")


def isolation(work: Work, lonlat: tuple[float, float], pipe_id: str | None = None) -> Isolation:
    """Return how a break at a place is cut off; that nothing is known where that fails or takes too long.

    Nobody is told of a strike before this returns, so it does return: what goes on behind it is there when asked next.

    Args:
        work: whose network.
        lonlat: where the pipe was hit, degrees WGS-84.
        pipe_id: the pipe that a person names; None takes the nearest within 100 m.
    """
    held = [(version, _hold(work, version)) for version in store.active_versions(work.session, work.tenant_id)]
    try:
        maps = [(version, one.result(_PATIENCE_S)) for version, one in held]
        return _POOL.submit(_worked_out, maps, lonlat, pipe_id).result(_PATIENCE_S)
    except Exception:  # whatever a map brings about, the report of a strike is taken
        log.exception("isolation was not worked out", tenant=str(work.tenant_id))
        return Isolation(Basis.NONE, None, remarks=("not_worked_out",))


def _worked_out(
    maps: Sequence[tuple[NetworkVersion, Joined]], lonlat: tuple[float, float], pipe_id: str | None
) -> Isolation:
    found: list[tuple[Hit, Joined, NetworkVersion]] = []
    for version, joined in maps:
        found += [(hit, joined, version) for hit in isolate.nearest(joined, lonlat, _WITHIN_M)]
    found.sort(key=lambda one: one[0].distance_m)
    named = [one for one in found if pipe_id is not None and _pipe_of(one[1], one[0]).pipe_id == pipe_id]
    if not found:
        remark = "no_map" if not maps else "no_pipe_near"
        return Isolation(Basis.NONE, None, remarks=(remark,))
    hit, joined, version = (named or found)[0]
    others = tuple(_pipe_of(its, one).pipe_id for one, its, _ in found if one is not hit)
    rivals = () if named else tuple(_broken(its, one, told.regime) for one, its, told in found if one is not hit)
    found_out = answer(joined, hit, lonlat, version.regime, others=others, version_id=version.id)
    return replace(found_out, rivals=rivals)


def operators_at(work: Work, place: tuple[float, float]) -> list[UUID]:
    """Return the tenants whose active maps reach a place (lon, lat in degrees WGS-84), the smallest map first."""
    return store.operators_at(work.session, place, _SPARE_DEGREES)


def answer(
    joined: Joined,
    hit: Hit,
    lonlat: tuple[float, float],
    regime: Regime,
    *,
    others: Sequence[str] = (),
    version_id: UUID | None = None,
) -> Isolation:
    """Return how one network is shut around a hit, with what the map cannot say."""
    cut = isolate.cut(joined, hit.piece)
    remarks = ["several_pipes"] if others else []
    if not joined.points:
        remarks.append("no_valves")
    elif not any(joined.pipes[place].kind is Kind.VALVE for place in joined.points):
        remarks.append("stations_only")
    if cut.branch_valves:
        remarks.append("branch_valves")
    places, basis = list(cut.close), Basis.ISOLATED if cut.sourced else Basis.SECTION
    if not places:
        basis = Basis.NEAREST if joined.points else Basis.NONE
        places = isolate.near_facilities(joined, lonlat, _NEAREST)
        remarks += ["not_joined", "dry_by_joints"] if joined.points else ["dry_by_joints"]
    elif not cut.sourced:
        remarks.append("no_source")
    dry = [joined.pieces[number] for number in cut.dry]
    return Isolation(
        basis=basis,
        broken=_broken(joined, hit, regime),
        others=tuple(dict.fromkeys(others)),
        close=_closings(joined, places, lonlat),
        pipes=tuple(dict.fromkeys(joined.pipes[piece.pipe].pipe_id for piece in dry)),
        metres=sum(piece.end - piece.begin for piece in dry),
        stations=tuple(joined.pipes[place].pipe_id for place in cut.dry_stations),
        ends=cut.ends,
        lines=tuple(tuple(one) for one in isolate.lines_of(joined, cut.dry[:_MOST_LINES])),
        remarks=tuple(remarks),
        network_version_id=version_id,
    )


def _hold(work: Work, version: NetworkVersion) -> Future[Joined]:
    with _LOCK:
        if version.id not in _HELD:
            pipes = store.pipes_of(work.session, work.tenant_id, version.id)
            _HELD[version.id] = _POOL.submit(connect.join, pipes)
        _HELD.move_to_end(version.id)
        while len(_HELD) > _MOST_NETWORKS:
            _HELD.popitem(last=False)
        return _HELD[version.id]


def _pipe_of(joined: Joined, hit: Hit) -> Pipe:
    return joined.pipes[joined.pieces[hit.piece].pipe]


def _broken(joined: Joined, hit: Hit, regime: Regime) -> Broken:
    pipe = _pipe_of(joined, hit)
    return Broken(
        pipe_id=pipe.pipe_id,
        regime=regime,
        pressure_class=pipe.pressure_class,
        pressure=pipe.pressure,
        diameter_mm=pipe.diameter_mm,
        depth_m=pipe.depth_m,
        material=pipe.material,
        year=pipe.year,
        distance_m=hit.distance_m,
    )


def _closings(joined: Joined, places: Sequence[int], lonlat: tuple[float, float]) -> tuple[Closing, ...]:
    if not places:
        return ()
    here = joined.frame.to_metres(np.array([lonlat], dtype=np.float64))[0]
    spots = joined.frame.to_lonlat(np.array([joined.points[place] for place in places], dtype=np.float64))
    found = [
        Closing(
            pipe_id=joined.pipes[place].pipe_id,
            kind=joined.pipes[place].kind,
            lon=float(lon),
            lat=float(lat),
            distance_m=math.dist(joined.points[place], (float(here[0]), float(here[1]))),
        )
        for place, (lon, lat) in zip(places, spots.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: one.distance_m))
