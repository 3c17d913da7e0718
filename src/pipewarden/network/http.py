"""The network over HTTP: its versions, where a point lies, and the map's squares, clipped to the reader's ground."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import numpy as np
from fastapi import Depends, Header, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, WorkHere, actor_of, router
from pipewarden.network import service
from pipewarden.network.facts import Regime, Zone
from pipewarden.network.rules.tiles import DEEPEST, MEDIA, Square
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


def _square(
    z: Annotated[int, Path(ge=0, le=DEEPEST, description="Zoom.")],
    x: Annotated[int, Path(ge=0, description="Column from the west, below 2^z.")],
    y: Annotated[int, Path(ge=0, description="Row from the north, below 2^z.")],
) -> Square:
    return Square(z, x, y)


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
    204: {"description": "Nothing is there."},
    304: {"description": "The reader's copy (If-None-Match) is right."},
}


@routes.get("/tiles/network/{z}/{x}/{y}", response_class=Response, responses=_ANSWERS)
def get_network_tile(
    work: WorkHere,
    actor: ActorHere,
    square: Annotated[Square, Depends(_square)],
    if_none_match: Annotated[str | None, Header(max_length=1000, description="Entity tags that you hold.")] = None,
) -> Response:
    """Return a square of the web map with the network in it, no more than your area reaches.

    Mapbox Vector Tile 2.1, web mercator XYZ, extent 4096. `pipes` (lines from zoom 9: pipe_id, label, pressure_class,
    regime, assumed), `stations` (points from 11, the same), `control` and `protection` (from 13, one polygon for each
    pressure_class and regime). `assumed`: the class is unknown and taken as the strictest. Where very many pipes meet
    in one square they are joined by class, without pipe_id and label.
    """
    known = [word.strip().removeprefix("W/").strip('"') for word in (if_none_match or "").split(",")]
    found = service.tile(work, actor, square, at=work.now(), known=known)
    headers = {"ETag": f'"{found.tag}"', "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if found.body is None:
        return Response(status_code=304, headers=headers)
    if not found.body:
        return Response(status_code=204, headers=headers)
    return Response(found.body, headers=headers, media_type=MEDIA)


def _in_reach(work: Work, actor: Actor, lon: float, lat: float) -> None:
    (there,) = people.areas_at(work, np.array([[lon, lat]]))
    areas = () if there.area is None else (AreaRef(there.area.tenant_id, there.area.path),)
    people.require_row(actor, "network:read", ScopedRow(tenant_id=work.tenant_id, areas=areas), "place")
