"""The network over HTTP: which versions are loaded, where a point lies. Pipe geometry does not leave by this door."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import numpy as np
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, WorkHere, actor_of, router
from pipewarden.network import service
from pipewarden.network.facts import Regime, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, AreaRef, ScopedRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

routes = router(tags=["network"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class VersionOut(BaseModel):
    """One imported state of a network."""

    id: UUID
    number: int
    regime: Regime
    jurisdiction: str
    source: str
    accepted: int
    length_km: float
    imported_at: datetime
    active: bool


class VersionPage(BaseModel):
    """Every version, newest first."""

    items: list[VersionOut]


class PointQuery(Asked):
    """Which point is asked about."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
    lat: Annotated[float, Field(ge=-90, le=90, description="Degrees WGS-84.")]
    at: Annotated[Moment | None, Field(description="Under the rules of this moment; now when left out.")] = None


class ZoneOut(BaseModel):
    """Where a point lies against the active network."""

    zone: Zone
    pipe_id: str | None
    distance_m: float | None
    clause: str | None
    jurisdiction: str | None
    network_version_id: UUID | None


@routes.get("/networks")
def list_networks(work: WorkHere, actor: ActorHere) -> VersionPage:
    """List the tenant's network versions."""
    people.require(actor, "network:read")
    items = [
        VersionOut(
            id=one.id,
            number=one.number,
            regime=one.regime,
            jurisdiction=one.jurisdiction,
            source=one.source,
            accepted=one.accepted,
            length_km=one.length_km,
            imported_at=one.imported_at,
            active=one.active,
        )
        for one in service.versions(work)
    ]
    return VersionPage(items=sorted(items, key=lambda one: one.imported_at, reverse=True))


@routes.get("/zone")
def get_zone(work: WorkHere, actor: ActorHere, asked: Annotated[PointQuery, Query()]) -> ZoneOut:
    """Say which zone a point lies in, by which clause and which pipe; the point must lie in your area."""
    _in_reach(work, actor, asked.lon, asked.lat)
    found = service.answer(work, asked.lon, asked.lat, covariance=None, at=asked.at or work.now())
    return ZoneOut(
        zone=found.zone,
        pipe_id=found.pipe_id,
        distance_m=found.distance_m,
        clause=found.clause,
        jurisdiction=found.jurisdiction,
        network_version_id=found.network_version_id,
    )


def _in_reach(work: Work, actor: Actor, lon: float, lat: float) -> None:
    (there,) = people.areas_at(work, np.array([[lon, lat]]))
    areas = () if there.area is None else (AreaRef(there.area.tenant_id, there.area.path),)
    people.require_row(actor, "network:read", ScopedRow(tenant_id=work.tenant_id, areas=areas), "place")
