"""Reports of months over HTTP: which there are, one made again, one taken out."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.insight import service
from pipewarden.kit.web import Asked, CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.insight.facts import MonthReport

routes = router(tags=["insight"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_LIST = "insight-reports"
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class MonthIn(Asked):
    """Which month."""

    month: Annotated[str, Field(min_length=7, max_length=7, description="One that is over, as `2026-10`.")]


class MonthReportOut(BaseModel):
    """One report of a month, as it was printed."""

    id: UUID
    month: Annotated[str, Field(description="As `2026-10`, of the house's own calendar.")]
    version: Annotated[int, Field(description="1, and one more for each that was made again.")]
    made_at: datetime
    made_by_name: str
    sha256: Annotated[str, Field(description="Of the PDF.")]
    size: Annotated[int, Field(description="Of the PDF, bytes.")]


class MonthReportPage(BaseModel):
    """A page of reports, the last month first."""

    items: list[MonthReportOut]
    next: str | None
    makes: Annotated[bool, Field(description="Whether you read the whole tenant, and so its reports.")]
    last_month: Annotated[str, Field(description="The last month that is over.")]


@routes.get("/insight/reports")
def list_month_reports(work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Paged) -> MonthReportPage:
    """List the reports of months that are kept; none for who reads a part of the tenant only."""
    place = cursors.read(_LIST, query.cursor)
    after = None if place is None else (date.fromisoformat(place[0]), int(place[1]))
    rows = service.month_reports(work, actor, limit=query.limit + 1, after=after)
    shown = rows[: query.limit]
    more = cursors.write(_LIST, [shown[-1].month.isoformat(), shown[-1].version]) if len(rows) > len(shown) else None
    return MonthReportPage(
        items=[_out(one) for one in shown],
        next=more,
        makes=service.reads_whole(work, actor),
        last_month=service.month_name(service.last_month(work.now())),
    )


@routes.post("/insight/reports", status_code=201)
def make_month_report(work: WorkHere, actor: ActorHere, request: Request, wanted: MonthIn) -> MonthReportOut:
    """Print the report of a month that is over, once more where there is one; the earlier ones stay."""
    month = service.month_of(wanted.month, work.now())
    state = request.app.state
    made = service.make_month(work, state.blobs, state.press, actor, month)
    if made is None:
        raise AssertionError(month)  # it is made in any case
    return _out(made)


@routes.get("/insight/reports/{report_id}/pdf", response_class=Response, responses=_PDF)
def export_month_report(work: WorkHere, actor: ActorHere, request: Request, report_id: UUID) -> Response:
    """Take a report of a month out, as it was printed."""
    made, body = service.month_pdf(work, actor, request.app.state.blobs, report_id)
    name = f"insight-{service.month_name(made.month)}-v{made.version}.pdf"
    return Response(body, media_type="application/pdf", headers={"Content-Disposition": f"attachment; filename={name}"})


def _out(made: MonthReport) -> MonthReportOut:
    plain = {name: getattr(made, name) for name in MonthReportOut.model_fields if name != "month"}
    return MonthReportOut(**plain, month=service.month_name(made.month))
