"""The network over HTTP: its versions, where a point lies, and the map's squares, clipped to the reader's ground."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import numpy as np
import shapely
from fastapi import Depends, Header, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, CursorsHere, Moment, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.network import service
from pipewarden.network.facts import ProposalKind, ProposalState, Regime, Zone
from pipewarden.network.rules.tiles import DEEPEST, MEDIA, Square
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, AreaRef, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Proposal

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


class ProposalQuery(PageQuery):
    """How the list of proposals is asked."""

    state: ProposalState | None = None
    kind: ProposalKind | None = None
    pipe: Annotated[str | None, Field(max_length=200, description="As the map names it."), Clean] = None
    map_error: Annotated[bool | None, Field(description="Whether the errors do not explain how far off it is.")] = None
    site: Annotated[UUID | None, Field(description="Measured at this site.")] = None


class ProposalOut(BaseModel):
    """What was measured of a pipe, beside the map that it was held against."""

    id: UUID
    kind: ProposalKind
    state: ProposalState
    pipe_id: Annotated[str, Field(description="Empty: the map has no such pipe.")]
    version_id: UUID | None
    shape: Annotated[dict[str, Any], Field(description="GeoJSON point or line, WGS-84.")]
    depth_m: float | None
    sigma_m: Annotated[float, Field(description="Of place and depth, one sigma.")]
    map_m: Annotated[float | None, Field(description="The map's depth.")]
    off_m: Annotated[float | None, Field(description="From the map's pipe; of a depth, measured less the map's.")]
    within_m: Annotated[float | None, Field(description="What the errors explain (95 %).")]
    map_error: bool
    measured_by: str | None
    site_id: UUID
    event_id: UUID
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    why: str
    settled_by: Annotated[UUID | None, Field(description="The version that agrees.")]


class ProposalPage(BaseModel):
    """A page of proposals, newest first."""

    items: list[ProposalOut]
    next: str | None


class DecisionIn(Asked):
    """What becomes of a proposal; accepting one asks the map's source for the change and makes none here."""

    accept: bool
    why: Sentence


@routes.get("/network/proposals")
def list_proposals(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[ProposalQuery, Query()]
) -> ProposalPage:
    """List what was measured of pipes on your ground, newest first."""
    people.require(actor, service.READ)
    place = cursors.read("proposals", query.cursor)
    after = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    wanted = service.ProposalFilter(query.state, query.kind, query.pipe, query.map_error, query.site)
    found = service.proposals(work, actor, wanted, limit=query.limit + 1, after=after)
    rows, more = found[: query.limit], None
    if len(found) > query.limit:
        more = cursors.write("proposals", [rows[-1].at.isoformat(), str(rows[-1].id)])
    return ProposalPage(items=_proposals(work, rows), next=more)


@routes.post("/network/proposals/{proposal_id}/decision")
def decide_proposal(work: WorkHere, actor: ActorHere, proposal_id: UUID, asked: DecisionIn) -> ProposalOut:
    """Accept or reject an open proposal; the map stays as its source has it until an import agrees (settled)."""
    return _proposals(work, [service.decide(work, actor, proposal_id, accept=asked.accept, why=asked.why)])[0]


def _proposals(work: Work, found: Sequence[Proposal]) -> list[ProposalOut]:
    actors = {one.measured.by for one in found} | {one.decided_by for one in found if one.decided_by is not None}
    names = people.names(work, actors)
    return [
        ProposalOut(
            id=one.id,
            kind=one.measured.kind,
            state=one.state,
            pipe_id=one.measured.pipe_id,
            version_id=one.version_id,
            shape=json.loads(shapely.to_geojson(shapely.from_wkb(one.measured.shape))),
            depth_m=one.measured.depth_m,
            sigma_m=one.measured.sigma_m,
            map_m=one.map_m,
            off_m=one.off_m,
            within_m=one.within_m,
            map_error=one.map_error,
            measured_by=names.get(one.measured.by),
            site_id=one.measured.site_id,
            event_id=one.measured.event_id,
            at=one.at,
            decided_by=None if one.decided_by is None else names.get(one.decided_by),
            decided_at=one.decided_at,
            why=one.why,
            settled_by=one.settled_by,
        )
        for one in found
    ]


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
