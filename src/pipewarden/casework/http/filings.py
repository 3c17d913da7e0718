"""Filings over HTTP: file works and be answered at once, follow them, and answer them as the operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import shapely
from fastapi import Depends, Query
from pydantic import Field

from pipewarden.casework import service
from pipewarden.casework.facts import FilingState, Method  # noqa: TC001  pydantic reads them
from pipewarden.casework.http.filing_asked import FilingActIn, FilingIn, filing_body_of, said_of
from pipewarden.casework.http.filing_told import (
    CrossedOut,
    DecisionOut,
    FilingEventOut,
    FilingEventPage,
    FilingOut,
    FilingPage,
    HandedOut,
    HoursOut,
    PartyOut,
    day_out,
)
from pipewarden.kit.web import (
    Box,
    Clean,
    CursorsHere,
    Moment,
    Paged,
    PageQuery,
    ReasonHere,
    WorkHere,
    actor_of,
    box_of,
    router,
)
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, Viewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipewarden.casework.facts import FilingEvent, Hours, PartyRole
    from pipewarden.casework.service import Elsewhere, KeptFiling
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Crossed

routes = router(tags=["filings"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class FilingQuery(PageQuery):
    """How the list of filings is asked."""

    state: Annotated[FilingState | None, Field(description="As it stands now.")] = None
    method: Method | None = None
    urgent: bool | None = None
    mine: Annotated[bool, Field(description="Only those that you filed.")] = False
    area: Annotated[UUID | None, Field(description="Inside this area's outline.")] = None
    bbox: Box | None = None
    place: Annotated[str | None, Field(max_length=60, description="A jurisdiction, with all below it."), Clean] = None
    q: Annotated[str | None, Field(max_length=100, description="In words, parties' names or list ids."), Clean] = None
    since: Annotated[Moment | None, Field(description="The works' period ends after it.")] = None
    until: Annotated[Moment | None, Field(description="The works' period begins before it.")] = None
    late: Annotated[bool | None, Field(description="Filed later than the law there allows, and still running.")] = None
    late_first: Annotated[bool, Field(description="Those that are late before the others.")] = False


@routes.post("/filings", status_code=201)
def file_works(work: WorkHere, actor: ActorHere, asked: FilingIn) -> FilingOut:
    """File works; the answer says at once which pipes are in reach and what is required by when. No permission to dig.

    An emergency repair (`urgent`) may dig first and is filed within 24 h.
    """
    people.require(actor, service.FILE)
    works = service.works_here(work, asked.area, said_of(asked), asked.place)
    made = service.file_works(work, actor, works)
    return _one(work, actor, made)


@routes.get("/filings")
def list_filings(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[FilingQuery, Query()]
) -> FilingPage:
    """List filings as far as your role and area reach, newest first.

    The pipes by name and how the parties are reached are in each one's own answer, which leaves a look on record.
    """
    people.require(actor, service.READ_FILINGS)
    order = "filings-late" if query.late_first else "filings-newest"
    place = cursors.read(order, query.cursor)
    wanted = service.FilingFilter(
        at=work.now(),
        state=query.state,
        method=None if query.method is None else query.method.value,
        urgent=query.urgent,
        filed_by=actor.id if query.mine else None,
        bbox=None if query.bbox is None else box_of(query.bbox),
        place=query.place,
        text=query.q,
        since=query.since,
        until=query.until,
        late=query.late,
    )
    area = None if query.area is None else people.area(work, query.area)
    after = None if place is None else (bool(place[0]), UUID(place[1]))
    found = service.filings(
        work, actor, wanted, limit=query.limit + 1, area=area, after=after, late_first=query.late_first
    )
    rows, more = found[: query.limit], None
    if len(found) > query.limit:
        more = cursors.write(order, [service.filing_late(rows[-1].filing, work.now()), str(rows[-1].filing.id)])
    handed = _handed(work, rows)
    shown = [(one.filing.tenant_id, f"filing:{one.filing.id}") for one in rows if one.filed_by != actor.id]
    people.listed(work, actor, "filings", query.model_dump(exclude={"cursor"}), shown)
    known = service.known_as(work, actor)
    items = [
        _listed(_out(work, one, handed.get(one.filing.id), None, service.part_of(work, actor, one, known)))
        for one in rows
    ]
    return FilingPage(items=items, next=more)


def _listed(one: FilingOut) -> FilingOut:
    return one.model_copy(update={"parties": [party.model_copy(update={"contact": ""}) for party in one.parties]})


@routes.get("/filings/{filing_id}")
def get_filing(work: WorkHere, actor: ActorHere, filing_id: UUID, reason: ReasonHere) -> FilingOut:
    """Return one filing; the pipes by name only to those who read the network there. Who filed it sees that you did."""
    found = service.filing(work, actor, filing_id)
    whose, there = found.filed_by, found.filing.tenant_id
    people.viewed(work, actor, Viewed.REPORTER, ("filing", filing_id), reason, about=whose, tenant_id=there)
    return _one(work, actor, found)


@routes.get("/filings/{filing_id}/handover")
def get_handover(work: WorkHere, actor: ActorHere, filing_id: UUID) -> dict[str, Any]:
    """Return the file to send to an operator that works with no tenant here: the works, nothing of any network.

    It imports it with `pipewarden permits import FILE --mapping handover --place …`.
    """
    found = service.filing(work, actor, filing_id, service.ANSWER_FILINGS).filing
    return service.handover(work, found)


@routes.get("/filings/{filing_id}/events")
def list_filing_events(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, filing_id: UUID
) -> FilingEventPage:
    """Return everything that happened to a filing, oldest first."""
    after = cursors.read("filing-events", page.cursor) or 0
    found = service.filing_history(work, actor, filing_id, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = cursors.write("filing-events", rows[-1].version) if len(found) > page.limit else None
    return FilingEventPage(items=_events(work, rows), next=more)


@routes.post("/filings/{filing_id}/events")
def act_on_filing(work: WorkHere, actor: ActorHere, filing_id: UUID, asked: FilingActIn) -> FilingOut:
    """Do one thing to a filing: revise, renew, cancel, answer, hand over. What it does not allow is refused (409)."""
    present = service.filing(work, actor, filing_id).filing
    body = filing_body_of(asked.act, work, present)
    made = service.act_on_filing(work, actor, filing_id, asked.version, body)
    return _one(work, actor, made)


def _events(work: Work, rows: Sequence[FilingEvent]) -> list[FilingEventOut]:
    names = people.names(work, {one.actor for one in rows if one.actor is not None})
    return [
        FilingEventOut(
            id=one.id,
            version=one.version,
            kind=one.body.kind,
            at=one.at,
            actor=None if one.actor is None else names.get(one.actor),
            reason=getattr(one.body, "reason", None) or getattr(one.body, "words", None),
        )
        for one in rows
    ]


def _ground(wkb: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shapely.from_wkb(wkb)))
    return found


def _hours(hours: Hours) -> HoursOut:
    return HoursOut(opens=f"{hours.opens:%H:%M}", shuts=f"{hours.shuts:%H:%M}")


def _handed(work: Work, rows: Iterable[KeptFiling]) -> Mapping[UUID, Elsewhere]:
    return service.where_handed(work, [one.filing for one in rows if one.filing.tenant_id == work.tenant_id])


def _one(work: Work, actor: Actor, kept: KeptFiling) -> FilingOut:
    part, pipes = service.part_of(work, actor, kept), service.pipes_of_filing(work, actor, kept)
    told = _out(work, kept, _handed(work, [kept]).get(kept.filing.id), pipes, part)
    return told if part is None else _listed(told)


def _out(
    work: Work,
    kept: KeptFiling,
    handed: Elsewhere | None,
    pipes: tuple[Crossed, ...] | None,
    part: PartyRole | None,
) -> FilingOut:
    filing, works = kept.filing, kept.filing.works
    return FilingOut(
        id=filing.id,
        tenant_id=filing.tenant_id,
        version=filing.version,
        state=service.filing_state(filing, work.now()),
        place=works.place,
        time_zone=service.filing_zone(works.place, filing.filed_at).key,
        area=_ground(works.area),
        has_area=service.covers_ground(works.area),
        method=works.method,
        machines=list(works.machines),
        depth_m=works.depth_m,
        valid_from=works.valid_from,
        valid_until=works.valid_until,
        hours=None if works.hours is None else _hours(works.hours),
        parties=[PartyOut.model_validate(one, from_attributes=True) for one in works.parties],
        urgent=works.urgent,
        words=works.words,
        source=works.source,
        source_id=works.source_id,
        filed_at=filing.filed_at,
        filed_by=kept.filed_by,
        answered_at=filing.answered_at,
        cancelled_at=filing.cancelled_at,
        handed=None if handed is None else HandedOut.model_validate(handed, from_attributes=True),
        decision=None if filing.decision is None else DecisionOut.model_validate(filing.decision, from_attributes=True),
        days=[day_out(one, late=service.day_late(filing, one)) for one in reversed(filing.days)],
        pipes=None if pipes is None else [CrossedOut.model_validate(one, from_attributes=True) for one in pipes],
        part=part,
    )
