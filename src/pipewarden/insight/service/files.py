"""Figures and cases as files to take out; that somebody took one is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.insight.rules import paper, tables
from pipewarden.insight.service import figures
from pipewarden.insight.store import shipped_words
from pipewarden.kit.table import written
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.insight.facts import Case, FigureKey, Report, Span
    from pipewarden.insight.ports import Press
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def report_csv(work: Work, actor: Actor, made: Report, language: str) -> str:
    """Return the figures as CSV."""
    rows = tables.figure_rows(made, shipped_words(), language)
    _taken(work, actor, "report.csv", made.span, len(rows))
    return written(tables.FIGURES, rows)


def case_csv(work: Work, actor: Actor, key: FigureKey, span: Span, found: list[Case], *, language: str) -> str:
    """Return cases as CSV."""
    _taken(work, actor, f"{key.value}.csv", span, len(found))
    return written(tables.CASES, tables.case_rows(key, found, shipped_words(), language))


def case_workbook(work: Work, actor: Actor, key: FigureKey, span: Span, found: list[Case], *, language: str) -> bytes:
    """Return cases as XLSX."""
    _taken(work, actor, f"{key.value}.xlsx", span, len(found))
    rows = tables.case_rows(key, found, shipped_words(), language)
    return tables.workbook([(key.value, tables.CASES, rows)], work.now())


def report_workbook(work: Work, actor: Actor, made: Report, language: str, area_id: UUID | None = None) -> bytes:
    """Return the figures, the ranking and a sheet of cases for each figure as XLSX."""
    words = shipped_words()
    view = figures.gathered(work, actor, made.span, area_id)
    areas = figures.ranked(view)
    sheets: list[tuple[str, tuple[str, ...], list[list[object]]]] = [
        ("figures", tables.FIGURES, tables.figure_rows(made, words, language)),
        ("areas", tables.AREAS, tables.area_rows(areas)),
    ]
    sheets += [
        (key.value, tables.CASES, tables.case_rows(key, view.cases(key), words, language)) for key in figures.OVERVIEW
    ]
    _taken(work, actor, "report.xlsx", made.span, sum(len(rows) for _, _, rows in sheets))
    return tables.workbook(sheets, work.now())


def report_pdf(work: Work, actor: Actor, press: Press, made: Report, area_id: UUID | None = None) -> bytes:
    """Return the report as PDF/A-2b; raises as ``pressed``."""
    body = pressed(work, actor, press, made, area_id)
    _taken(work, actor, "report.pdf", made.span, len(made.figures))
    return body


def pressed(work: Work, actor: Actor, press: Press, made: Report, area_id: UUID | None = None) -> bytes:
    """Return the same, with nothing on record: who prints says what for.

    Raises:
        InputError, UnavailableError: as ``Press.pdf``.
    """
    view = figures.gathered(work, actor, made.span, area_id)
    areas, spots = figures.ranked(view), figures.spotted(view)
    sheet = paper.sheet_of(
        made,
        areas,
        spots,
        shipped_words(),
        issuer=people.tenant_names(work, [work.tenant_id]).get(work.tenant_id, ""),
        by=actor.name,
        about="" if area_id is None else people.area(work, area_id).name,
    )
    return press.pdf(sheet, {}, made.made_at)


def _taken(work: Work, actor: Actor, name: str, span: Span, rows: int) -> None:
    details = {"file": name, "since": span.since.isoformat(), "until": span.until.isoformat(), "rows": rows}
    people.record(work, actor, "insight.exported", ("tenant", work.tenant_id), details)
