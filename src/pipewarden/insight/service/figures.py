"""Figures as one reader may see them: of a time, beside another, with the cases, the cells and the streets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

from pipewarden.insight.facts import AreaRow, FigureKey, Part, Report, Span
from pipewarden.insight.rules import counting as rules
from pipewarden.insight.rules import ground
from pipewarden.insight.service.gathering import READ, Gathered
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.insight.facts import Case, Figure, HotSpot
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area

MOST_DAYS = 366
OVERVIEW = tuple(one for one in FigureKey if one is not FigureKey.HOT_SPOTS)
_RATES = (FigureKey.DAMAGES_PER_1000_FILINGS, FigureKey.DAMAGES_PER_100_KM)


def span_of(since: datetime, until: datetime, field: str = "until") -> Span:
    """Return a time.

    Raises:
        InputError: it is empty, or longer than ``MOST_DAYS``.
    """
    if not timedelta() < until - since <= timedelta(days=MOST_DAYS):
        fix = "Ask for a shorter time."
        raise InputError(field=field, problem=f"is not within {MOST_DAYS} days after its beginning", fix=fix)
    return Span(since, until)


def gathered(
    work: Work, actor: Actor, span: Span, area_id: UUID | None = None, cell_size: int = ground.USUAL
) -> Gathered:
    """Return the view of a time, narrowed to an area where one is named.

    Raises:
        ForbiddenError: the actor reads no figures.
        NotFoundError: the tenant sees no such area.
    """
    people.require(actor, READ)
    if area_id is None:
        return Gathered(work, actor, span, cell_size)
    there = ground.narrowed(actor, READ, people.area(work, area_id))
    if not there.grants_for(READ):
        raise InputError(
            field="area_id", problem="lies outside your reach", fix="Take an area that lies in yours, or none."
        )
    return Gathered(work, there, span, cell_size)


def figure(view: Gathered, key: FigureKey) -> Figure:
    """Return one figure; raises as ``Gathered.cases``."""
    if key is FigureKey.PATROL_COVERAGE:
        people.require(view.actor, READ)
        return rules.length_of(key, view.coverage)
    cases = view.cases(key)
    if key not in _RATES:
        return rules.figure_of(key, cases)
    rates = view.damage_rates
    if key is FigureKey.DAMAGES_PER_100_KM:
        return rules.rate_of(key, cases, rates.km, rates.per_100_km, few=rates.few)
    return rules.rate_of(key, cases, rates.filings, rates.per_1000_filings, few=rates.few)


def report(work: Work, actor: Actor, span: Span, before: Span | None = None, area_id: UUID | None = None) -> Report:
    """Return every figure of a time beside those of another, the one before it where none is named.

    Raises:
        ForbiddenError, NotFoundError, InputError: as ``gathered`` and ``Gathered.cases``.
    """
    then = span.before if before is None else before
    now_, then_ = gathered(work, actor, span, area_id), gathered(work, actor, then, area_id)
    made = tuple(rules.compared(figure(now_, key), figure(then_, key)) for key in OVERVIEW)
    return Report(span, then, work.now(), made)


def group_cases(found: Sequence[Case], part: Part | None, group: str | None) -> list[Case]:
    """Return the cases of one part and one group, in their order."""
    return [one for one in found if part in {None, one.part} and group in {None, one.group}]


@dataclass(frozen=True, slots=True)
class Where:
    """Which ground cases are asked of; everything in reach where nothing is named.

    Attributes:
        area_id: only what lies in this area: the reader's reach is narrowed to it.
        street: only what the ranking counts under this area.
        cell: only what lies in this H3 cell.
    """

    area_id: UUID | None = None
    street: UUID | None = None
    cell: str | None = None


def cases(
    work: Work, actor: Actor, key: FigureKey, span: Span, *, where: Where | None = None, group: str | None = None
) -> list[Case]:
    """Return the cases of a figure, the last first: exactly those that the figure counts; raises as ``report``.

    Where:
        group: a cell of hot spots says of itself how large it is.
    """
    asked = Where() if where is None else where
    for field, cell in (("group", group if key is FigureKey.HOT_SPOTS else None), ("cell", asked.cell)):
        if cell is not None and not ground.is_cell(cell):
            fix = f"Take one that hot spots tell, of resolution {ground.COARSEST} to {ground.FINEST}."
            raise InputError(field=field, problem="is no H3 cell", fix=fix)
    size = ground.resolution_of(group) if key is FigureKey.HOT_SPOTS and group is not None else ground.USUAL
    view = gathered(work, actor, span, asked.area_id, size)
    found = view.cases(key)
    if asked.street is not None:
        found = [one for one, area in zip(found, view.streets(found), strict=True) if _is(area, asked.street)]
    return found if asked.cell is None else ground.within(found, asked.cell)


def _is(area: Area | None, street: UUID) -> bool:
    return area is not None and area.id == street


def hot_spots(
    work: Work, actor: Actor, span: Span, *, resolution: int = ground.USUAL, area_id: UUID | None = None
) -> list[HotSpot]:
    """Return H3 cells by what lies in them, worst first; raises as ``report``."""
    return spotted(gathered(work, actor, span, area_id, resolution))


def spotted(view: Gathered) -> list[HotSpot]:
    """Return the same of a view, cells as large as it says."""
    return ground.hot_spots(
        view.cases(FigureKey.HOT_SPOTS),
        view.cases(FigureKey.VIOLATIONS_BY_CONTRACTOR),
        view.cases(FigureKey.DAMAGES_PER_100_KM),
        view.cell_size,
    )


def ranking(work: Work, actor: Actor, span: Span, area_id: UUID | None = None) -> list[AreaRow]:
    """Return streets by what happened in them: damages, then violations, then sites; raises as ``report``.

    A number of a row is the number of cases of its figure that lie there, by the same rule for all.
    """
    return ranked(gathered(work, actor, span, area_id))


def ranked(view: Gathered) -> list[AreaRow]:
    """Return the same of a view."""
    keys = (
        FigureKey.SITES_BY_AREA,
        FigureKey.UNFILED,
        FigureKey.VIOLATIONS_BY_CONTRACTOR,
        FigureKey.DAMAGES_PER_100_KM,
        FigureKey.TIME_TO_SITE,
        FigureKey.DISCOVERED_BY_SOURCE,
    )
    found = [
        (key, one) for key in keys for one in view.cases(key) if one.part is not Part.LEFT_OUT or one.why == "no_area"
    ]
    names: dict[UUID | None, str] = {}
    by: dict[FigureKey, dict[UUID | None, list[Case]]] = {key: defaultdict(list) for key in keys}
    for (key, one), area in zip(found, view.streets([one for _, one in found]), strict=True):
        place = None if area is None else area.id
        names[place] = "" if area is None else area.name
        by[key][place].append(one)
    rows = [_row(place, name, by) for place, name in names.items()]
    return sorted(rows, key=lambda one: (-one.damages, -one.violations, -one.sites, one.name, str(one.area_id)))


def _row(place: UUID | None, name: str, by: dict[FigureKey, dict[UUID | None, list[Case]]]) -> AreaRow:
    papers = by[FigureKey.UNFILED].get(place, [])
    took = [
        inf if one.part is Part.REST or one.value is None else one.value
        for one in by[FigureKey.TIME_TO_SITE].get(place, [])
    ]
    return AreaRow(
        area_id=place,
        name=name,
        sites=len(by[FigureKey.SITES_BY_AREA].get(place, [])),
        works=len(by[FigureKey.DISCOVERED_BY_SOURCE].get(place, [])),
        unfiled=sum(one.part is Part.COUNTED for one in papers),
        known=len(papers),
        violations=len(by[FigureKey.VIOLATIONS_BY_CONTRACTOR].get(place, [])),
        damages=len(by[FigureKey.DAMAGES_PER_100_KM].get(place, [])),
        p50_site_s=rules.rank(took, 0.5),
    )
