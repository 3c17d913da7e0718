"""Figures over HTTP: all of a time, the cases behind each, cells, streets, and files to take out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from pipewarden.insight import service
from pipewarden.insight.facts import FigureKey
from pipewarden.insight.http import reports
from pipewarden.insight.http.shapes import (
    CaseFileQuery,
    CaseFilter,
    CasePage,
    CaseQuery,
    FileQuery,
    HotSpotsOut,
    InsightOut,
    RankingOut,
    ReportQuery,
    SpanQuery,
    SpotQuery,
    StreetOut,
    case_out,
    group_out,
    insight_out,
    said_of,
    spot_out,
)
from pipewarden.kit.web import CursorsHere, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.insight.facts import Case, Report
    from pipewarden.insight.ports import Press
    from pipewarden.kit.work import Work

_figures = router(tags=["insight"])
ActorHere = Annotated[Actor, Depends(actor_of)]
FigureHere = Annotated[FigureKey, Path(description="As `figure` in the answer to `/v1/insight`, or `hot_spots`.")]
_CSV, _PDF = "text/csv; charset=utf-8", "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _binary(media: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}}}}


def _file(body: bytes | str, media: str, name: str) -> Response:
    return Response(body, media_type=media, headers={"Content-Disposition": f"attachment; filename={name}"})


@_figures.get("/insight")
def get_insight(work: WorkHere, actor: ActorHere, query: Annotated[ReportQuery, Query()]) -> InsightOut:
    """Return every figure of a time beside those of another, each with its denominator and what is left out."""
    return insight_out(_report(work, actor, query))


@_figures.get("/insight/areas")
def rank_areas(work: WorkHere, actor: ActorHere, query: Annotated[SpanQuery, Query()]) -> RankingOut:
    """Rank streets by what happened in them: damages, then violations, then sites."""
    rows = service.ranking(work, actor, query.span(), query.area_id)
    return RankingOut(items=[StreetOut.model_validate(one, from_attributes=True) for one in rows])


@_figures.get("/insight/hotspots")
def list_hot_spots(work: WorkHere, actor: ActorHere, query: Annotated[SpotQuery, Query()]) -> HotSpotsOut:
    """Return H3 cells by the sites, violations and damages in them, the worst first."""
    found = service.hot_spots(work, actor, query.span(), resolution=query.resolution, area_id=query.area_id)
    return HotSpotsOut(items=[spot_out(one) for one in found[: query.limit]], total=len(found))


@_figures.get("/insight/report.csv", response_class=Response, responses=_binary(_CSV))
def export_report_csv(work: WorkHere, actor: ActorHere, query: Annotated[FileQuery, Query()]) -> Response:
    """Take the figures out as CSV; no cell of it runs as a formula."""
    made = _report(work, actor, query)
    return _file(service.report_csv(work, actor, made, query.language), _CSV, "insight.csv")


@_figures.get("/insight/report.xlsx", response_class=Response, responses=_binary(_XLSX))
def export_report_xlsx(work: WorkHere, actor: ActorHere, query: Annotated[FileQuery, Query()]) -> Response:
    """Take the figures, the ranking and the cases of every figure out as XLSX; no cell of it runs as a formula."""
    made = _report(work, actor, query)
    body = service.report_workbook(work, actor, made, query.language, query.area_id)
    return _file(body, _XLSX, "insight.xlsx")


@_figures.get("/insight/report.pdf", response_class=Response, responses=_binary(_PDF))
def export_report_pdf(
    work: WorkHere, actor: ActorHere, request: Request, query: Annotated[ReportQuery, Query()]
) -> Response:
    """Take the report out as PDF/A, as it is printed: figures, groups, streets, hot spots and what is counted."""
    press: Press = request.app.state.press
    body = service.report_pdf(work, actor, press, _report(work, actor, query), query.area_id)
    return _file(body, _PDF, "insight.pdf")


@_figures.get("/insight/{figure}/cases")
def list_insight_cases(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, figure: FigureHere, query: Annotated[CaseQuery, Query()]
) -> CasePage:
    """List exactly the cases that a figure counts, divides by or leaves out, the last first."""
    place = cursors.read(f"insight-{figure.value}", query.cursor)
    found = _cases(work, actor, figure, query)
    if place is not None:
        after = (datetime.fromisoformat(place[0]), str(place[1]))
        rest = [one for one in found if (one.at, one.id) < after]
    else:
        rest = found
    rows = rest[: query.limit]
    more = None
    if len(rest) > len(rows):
        more = cursors.write(f"insight-{figure.value}", [rows[-1].at.isoformat(), rows[-1].id])
    named = next((one.name for one in found if one.group == query.group), "")
    return CasePage(
        items=[case_out(figure, one) for one in rows],
        total=len(found),
        next=more,
        title=said_of(figure, "title"),
        meaning=said_of(figure, "counted"),
        group=None if query.group is None else group_out(query.group, named),
    )


@_figures.get("/insight/{figure}/cases.csv", response_class=Response, responses=_binary(_CSV))
def export_insight_cases_csv(
    work: WorkHere, actor: ActorHere, figure: FigureHere, query: Annotated[CaseFileQuery, Query()]
) -> Response:
    """Take a figure's cases out as CSV; no cell of it runs as a formula."""
    found = _cases(work, actor, figure, query)
    body = service.case_csv(work, actor, figure, query.span(), found, language=query.language)
    return _file(body, _CSV, f"{figure.value}.csv")


@_figures.get("/insight/{figure}/cases.xlsx", response_class=Response, responses=_binary(_XLSX))
def export_insight_cases_xlsx(
    work: WorkHere, actor: ActorHere, figure: FigureHere, query: Annotated[CaseFileQuery, Query()]
) -> Response:
    """Take a figure's cases out as XLSX; no cell of it runs as a formula."""
    found = _cases(work, actor, figure, query)
    body = service.case_workbook(work, actor, figure, query.span(), found, language=query.language)
    return _file(body, _XLSX, f"{figure.value}.xlsx")


def _report(work: Work, actor: Actor, query: ReportQuery) -> Report:
    people.require(actor, service.READ)
    return service.report(work, actor, query.span(), query.before(), query.area_id)


def _cases(work: Work, actor: Actor, figure: FigureHere, query: CaseFilter) -> list[Case]:
    people.require(actor, service.READ)
    where = service.Where(query.area_id, query.street, query.cell)
    found = service.cases(work, actor, figure, query.span(), where=where, group=query.group)
    return service.group_cases(found, query.part, query.group)


routes = APIRouter()
for _part in (reports.routes, _figures):
    routes.include_router(_part)
