"""Measured pipes over HTTP: listed on the reader's ground, and decided."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import shapely
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, CursorsHere, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.network import service
from pipewarden.network.facts.proposal import ProposalKind, ProposalState
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.network.facts.proposal import Proposal

routes = router(tags=["network"])
ActorHere = Annotated[Actor, Depends(actor_of)]


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
