"""Reports to authorities over HTTP: the list, what the authority does with one, and what a time adds up to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import Measure, ReportAcknowledged, ReportAnswered
from pipewarden.casework.http.asked import OutcomeIn  # noqa: TC001  pydantic reads the types of bodies and answers
from pipewarden.casework.http.told import ReportOut
from pipewarden.kit.web import Asked, CursorsHere, Moment, Paged, Sentence, WorkHere, actor_of, router
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.service import Filed, ReportFound

routes = router(tags=["government"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ReportedOut(BaseModel):
    """One report, and where it belongs."""

    site_id: UUID
    tenant_id: UUID
    tenant_name: Annotated[str, Field(description="Of the company that reported.")]
    site_version: int
    zone: Zone
    level: int
    headline: str
    lon: float | None
    lat: float | None
    report: ReportOut


class ReportedPage(BaseModel):
    """A page of reports, newest first."""

    items: list[ReportedOut]
    next: str | None


class ReportAnswerIn(Asked):
    """What the authority answers."""

    answer: Sentence
    outcome: OutcomeIn | None = None


class FiguresQuery(Asked):
    """Which time is asked for; 366 days at most."""

    since: Annotated[Moment, Field(description="From then on.")]
    until: Annotated[Moment, Field(description="Until before then.")]


class CountOut(BaseModel):
    """How often one kind of event happened at a tenant's sites."""

    tenant_id: UUID
    tenant_name: str
    kind: str
    count: int


class GovernmentFiguresOut(BaseModel):
    """What a time adds up to within your reach."""

    reports: int
    acknowledged: int
    answered: int
    open: Annotated[int, Field(description="Reported and not answered yet.")]
    median_answer_h: Annotated[float | None, Field(description="Hours, of those that were answered.")]
    measures: dict[Measure, int]
    fines_fen: Annotated[int, Field(description="Sum of the fines, in 分.")]
    strikes: int
    strikes_in_time: Annotated[int, Field(description="Accidents reported within the hour of the law.")]
    strikes_late: int
    counts: list[CountOut]
    whole: Annotated[bool, Field(description="False: there were too many sites; ask for a shorter time.")]


@routes.get("/government/reports")
def list_reports_to_authorities(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ReportedPage:
    """List what companies reported to authorities, as far as your role and area reach, newest first."""
    place = cursors.read("government-reports", page.cursor)
    after = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    found = service.reports(work, actor, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = None
    if len(found) > page.limit:
        last = rows[-1]
        more = cursors.write("government-reports", [last.report.reported_at.isoformat(), str(last.event_id)])
    names = people.tenant_names(work, (one.filed.site.tenant_id for one in rows))
    return ReportedPage(items=[_reported(one, names) for one in rows], next=more)


@routes.post("/government/reports/{site_id}/{report_id}/acknowledge")
def acknowledge_report(work: WorkHere, actor: ActorHere, site_id: UUID, report_id: UUID) -> ReportOut:
    """Say for the authority that a report is in hand."""
    return _of(service.answer_report(work, actor, site_id, ReportAcknowledged(report_id)), report_id)


@routes.post("/government/reports/{site_id}/{report_id}/answer")
def answer_report(work: WorkHere, actor: ActorHere, site_id: UUID, report_id: UUID, asked: ReportAnswerIn) -> ReportOut:
    """Answer a report for the authority, with what it decided."""
    outcome = None if asked.outcome is None else asked.outcome.fact()
    body = ReportAnswered(report_id, asked.answer, outcome)
    return _of(service.answer_report(work, actor, site_id, body), report_id)


@routes.get("/government/figures")
def get_government_figures(
    work: WorkHere, actor: ActorHere, asked: Annotated[FiguresQuery, Query()]
) -> GovernmentFiguresOut:
    """Return how many reports, answers, measures, fines and accidents a time holds, and what else happened."""
    found = service.government_figures(work, actor, asked.since, asked.until)
    told = found.figures
    names = people.tenant_names(work, (tenant_id for tenant_id, _ in found.counts))
    return GovernmentFiguresOut(
        reports=told.reports,
        acknowledged=told.acknowledged,
        answered=told.answered,
        open=told.open,
        median_answer_h=told.median_answer_h,
        measures=dict(told.measures),
        fines_fen=told.fines_fen,
        strikes=told.strikes,
        strikes_in_time=told.strikes_in_time,
        strikes_late=told.strikes_late,
        counts=[
            CountOut(tenant_id=tenant_id, tenant_name=names[tenant_id], kind=kind, count=count)
            for (tenant_id, kind), count in sorted(found.counts.items())
        ],
        whole=found.whole,
    )


def _reported(found: ReportFound, names: Mapping[UUID, str]) -> ReportedOut:
    site = found.filed.site
    return ReportedOut(
        site_id=site.id,
        tenant_id=site.tenant_id,
        tenant_name=names[site.tenant_id],
        site_version=site.version,
        zone=site.zone,
        level=site.level,
        headline=found.filed.headline,
        lon=site.lon,
        lat=site.lat,
        report=ReportOut.model_validate(found.report, from_attributes=True),
    )


def _of(filed: Filed, report_id: UUID) -> ReportOut:
    mine = next(one for one in filed.site.reports if one.id == report_id)
    return ReportOut.model_validate(mine, from_attributes=True)
