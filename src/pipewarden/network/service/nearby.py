"""The pipe that matters at a point, as papers name it: what the map says of it, how wide the law draws its ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.network import store
from pipewarden.network.facts import PipeHere, Regime
from pipewarden.network.service.answers import answer, rules_of

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion, Pipe, ZoneAnswer
    from pipewarden.network.rules.packs import Value


def pipe_here(work: Work, lon: float, lat: float, *, at: datetime) -> PipeHere | None:
    """Return the pipe that gives a point its zone, else the nearest; None where no map answers.

    Args:
        work: whose network; the caller has asked whether the reader may read it there.
        lon: degrees WGS-84.
        lat: the same.
        at: chooses the rule packs.
    """
    found = answer(work, lon, lat, covariance=None, at=at)
    pipe_id = found.zone_pipe_id or found.pipe_id
    if pipe_id is None:
        return None
    active = store.active_versions(work.session, work.tenant_id)
    for version in sorted(active, key=lambda one: one.id != found.network_version_id):
        parts = store.pipes_of(work.session, work.tenant_id, version.id, pipe_id=pipe_id)
        if parts:
            return _told(version, parts, found, at)
    return None


def _told(version: NetworkVersion, parts: list[Pipe], found: ZoneAnswer, at: datetime) -> PipeHere:
    pipe, covers = parts[0], [one.depth_m for one in parts if one.depth_m is not None]
    rules = rules_of(version.jurisdiction, version.regime, at)
    ranges = None if rules is None else rules.table[pipe.kind, pipe.pressure_class]
    protect_m, protect_clause = _said(None if ranges is None else ranges.protect)
    control_m, control_clause = _said(None if ranges is None else ranges.control)
    return PipeHere(
        pipe=pipe,
        regime=Regime(version.regime),
        zone=found.zone,
        depth_m=(min(covers), max(covers)) if covers else None,
        distance_m=found.distance_m if found.pipe_id == pipe.pipe_id else None,
        protect_m=protect_m,
        protect_clause=protect_clause,
        control_m=control_m,
        control_clause=control_clause,
        assumed=found.assumed,
    )


def _said(value: Value | None) -> tuple[float | None, str | None]:
    return (None, None) if value is None else (value.value, value.clause)
