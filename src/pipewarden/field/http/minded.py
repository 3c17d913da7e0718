"""Reports that wait for a person, over HTTP: for who places messages; words are text, contacts opened one by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.field import service
from pipewarden.field.facts.reports import Fresh, ReportState, Spot
from pipewarden.field.http.report_shapes import desk_of
from pipewarden.field.http.reports import JPEG, jpeg
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    CursorsHere,
    PageQuery,
    ReasonHere,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import Work

routes = router(tags=["reports"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_LONGEST_H = 24 * 90


class MindedOut(BaseModel):
    """One report as who places reports sees it."""

    id: UUID
    state: ReportState
    kind: str
    danger: bool
    why: str
    words: Annotated[str, Field(description="As they were sent: text, never markup.")]
    added: Annotated[list[str], Field(description="What the reporter added later.")]
    place_words: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    at: datetime
    received_at: datetime
    signed_in: bool
    contact: Annotated[bool, Field(description="They may be called back; ask for the contact with a reason.")]
    fresh: Annotated[Fresh, Field(description="Whether the picture was surely taken then.")]
    notes: list[str]
    pictures: int
    copy_of: UUID | None
    phone: Annotated[UUID, Field(description="The same for every report of one phone.")]
    phone_aside_until: datetime | None
    alarm_id: Annotated[UUID | None, Field(description="The alarm that holds it.")]
    site_id: Annotated[UUID | None, Field(description="The site that has that alarm in hand, or had.")]
    unclaimed: Annotated[bool, Field(description="It lies on no operator's ground: who places it has it.")]


class MindedPage(BaseModel):
    """A page of reports, in the order that was asked for."""

    items: list[MindedOut]
    next: str | None
    total: Annotated[int | None, Field(description="How many there are, 1,000 at most: first page by `grave`.")] = None


class MindedQuery(PageQuery):
    """Which reports."""

    state: ReportState | None = None
    order: Annotated[
        Literal["newest", "grave"],
        Field(description="`grave`: word of danger first, then what has waited longest; asks for a state."),
    ] = "newest"


class SpotIn(Asked):
    """Where a report is about, as a person says."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
    lat: Annotated[float, Field(ge=-90, le=90, description="Degrees WGS-84.")]
    accuracy_m: Annotated[float, Field(ge=1, le=20_000, description="Radius of 95 of 100 cases, metres.")] = 50.0


class AsideReport(Asked):
    """Why a report is none of ours."""

    reason: Sentence


class AsidePhone(Asked):
    """For how long a phone's reports wait for a person, and why."""

    hours: Annotated[int | None, Field(ge=1, le=_LONGEST_H, description="Empty: no more.")]
    reason: Sentence


class ReporterContactOut(BaseModel):
    """How a reporter may be called back."""

    contact: str
    person_id: UUID | None


@routes.get("/reports")
def list_reports(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[MindedQuery, Query()]
) -> MindedPage:
    """List what people reported; `state=waiting` are those that a person must place or set aside."""
    if asked.order == "grave":
        return _gravest(work, actor, cursors, asked)
    before = cursors.read("reports", asked.cursor)
    seen = None if before is None else UUID(before)
    found = service.listed(work, actor, asked.state, limit=asked.limit + 1, before=seen)
    rows = found[: asked.limit]
    more = cursors.write("reports", str(rows[-1].report.id)) if len(found) > asked.limit else None
    return MindedPage(items=[_out(work, one) for one in rows], next=more)


def _gravest(work: Work, actor: Actor, cursors: Cursors, asked: MindedQuery) -> MindedPage:
    if asked.state is None:
        raise InputError(field="state", problem="is missing", fix="Name the state whose reports are wanted.")
    order = f"reports-grave-{asked.state.value}"
    place = cursors.read(order, asked.cursor)
    after = None if place is None else (bool(place[0]), UUID(place[1]))
    found = service.gravest(work, actor, asked.state, limit=asked.limit + 1, after=after)
    rows = found[: asked.limit]
    last = rows[-1].report if len(found) > asked.limit else None
    return MindedPage(
        items=[_out(work, one) for one in rows],
        next=None if last is None else cursors.write(order, [last.danger, str(last.id)]),
        total=service.how_many(work, actor, asked.state) if place is None else None,
    )


@routes.post("/reports/{report_id}/place")
def place_report(work: WorkHere, actor: ActorHere, request: Request, report_id: UUID, asked: SpotIn) -> MindedOut:
    """Say where a report is about; it is in the river from now on."""
    spot = Spot(asked.lon, asked.lat, asked.accuracy_m, "wgs84", "map")
    return _out(work, service.place(work, desk_of(request), actor, report_id, spot))


@routes.post("/reports/{report_id}/aside")
def set_report_aside(work: WorkHere, actor: ActorHere, report_id: UUID, asked: AsideReport) -> MindedOut:
    """Say that a report is none of ours; it stays on record with your reason."""
    return _out(work, service.set_aside(work, actor, report_id, asked.reason))


@routes.post("/reports/{report_id}/phone")
def set_phone_aside(work: WorkHere, actor: ActorHere, report_id: UUID, asked: AsidePhone) -> MindedOut:
    """Let what comes from the phone of a report wait for a person for some hours; nothing of it is thrown away."""
    span = None if asked.hours is None else timedelta(hours=asked.hours)
    return _out(work, service.set_phone_aside(work, actor, report_id, span, asked.reason))


@routes.get("/reports/{report_id}/pictures/{number}", response_class=Response, responses=JPEG)
def get_minded_picture(
    *,
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    request: Request,
    report_id: UUID,
    number: Annotated[int, Path(ge=1, le=3)],
) -> Response:
    """Return a picture of a report, drawn anew with faces and plates painted over: who places it must see it."""
    report, sha256 = service.shown(work, actor, report_id, number)
    if sha256 is not None:
        return jpeg(request, blobs.get, sha256)
    return jpeg(request, desk_of(request).waiting.get, report.pictures[number - 1])


@routes.get("/reports/{report_id}/contact")
def get_report_contact(work: WorkHere, actor: ActorHere, report_id: UUID, reason: ReasonHere) -> ReporterContactOut:
    """Return how a reporter may be called back; say why, and the look is on record."""
    found, person_id = service.contact(work, actor, report_id, reason)
    return ReporterContactOut(contact=found, person_id=person_id)


def _out(work: Work, one: service.Minded) -> MindedOut:
    report = one.report
    return MindedOut(
        id=report.id,
        state=report.state,
        kind=report.kind,
        danger=report.danger,
        why=report.why,
        words=report.words,
        added=list(one.added),
        place_words=report.place_words,
        lon=report.lon,
        lat=report.lat,
        accuracy_m=report.accuracy_m,
        at=report.at,
        received_at=report.received_at,
        signed_in=report.person_id is not None,
        contact=bool(report.contact) or report.person_id is not None,
        fresh=report.fresh,
        notes=list(report.notes),
        pictures=one.pictures,
        copy_of=report.copy_of,
        phone=report.reporter_id,
        phone_aside_until=service.phone_aside_until(one, work.now()),
        alarm_id=one.alarm_id,
        site_id=one.site_id,
        unclaimed=report.tenant_id.int == 0,
    )
