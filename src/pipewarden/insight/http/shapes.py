"""What is asked of figures over HTTP, and what is answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.insight import service
from pipewarden.insight.facts import CaseKind, FigureKey, Part, Shape
from pipewarden.insight.rules.ground import COARSEST, FINEST, USUAL
from pipewarden.insight.rules.tables import case_words, group_name
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, Clean, Corner, Moment, PageQuery, corners

if TYPE_CHECKING:
    from pipewarden.insight.facts import Case, Compared, Figure, HotSpot, Report, Span

AreaId = Annotated[UUID | None, Field(description="Only what lies in this area, and within your reach.")]
GroupName = Annotated[
    str | None, Field(min_length=1, max_length=120, description="Key of one of the figure's groups."), Clean
]


class SpanQuery(Asked):
    """Which time is asked for, of whose."""

    since: Annotated[Moment, Field(description="From then on.")]
    until: Annotated[Moment, Field(description="Until before then; at most 366 days later.")]
    area_id: AreaId = None

    def span(self) -> Span:
        """Return the time; see ``service.span_of``."""
        return service.span_of(self.since, self.until)


class ReportQuery(SpanQuery):
    """The same, with what it is compared with: the time of the same length before it, where nothing is named."""

    compare_since: Annotated[Moment | None, Field(description="Beginning of what to compare with.")] = None
    compare_until: Annotated[Moment | None, Field(description="Its end, excluded.")] = None

    def before(self) -> Span | None:
        """Return what to compare with.

        Raises:
            InputError: only one end is named, or the time is none.
        """
        if self.compare_since is None and self.compare_until is None:
            return None
        if self.compare_since is None or self.compare_until is None:
            raise InputError(field="compare_until", problem="needs both ends", fix="Name compare_since, too.")
        return service.span_of(self.compare_since, self.compare_until, "compare_until")


class FileQuery(ReportQuery):
    """The same as a file, in a language."""

    language: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"


class CaseFilter(SpanQuery):
    """Which cases of a figure."""

    part: Annotated[Part | None, Field(description="Counted, the rest of the denominator, or left out.")] = None
    group: GroupName = None
    street: Annotated[UUID | None, Field(description="Only what lies in this area of `/v1/insight/areas`.")] = None
    cell: Annotated[
        str | None, Field(min_length=15, max_length=15, description="Only what lies in this H3 cell."), Clean
    ] = None


class CaseQuery(CaseFilter, PageQuery):
    """A page of them."""


class CaseFileQuery(CaseFilter):
    """All of them as a file, in a language."""

    language: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"


class SpotQuery(SpanQuery):
    """Which cells."""

    resolution: Annotated[int, Field(ge=COARSEST, le=FINEST, description="Of H3: 8 is about 0.74 km².")] = USUAL
    limit: Annotated[int, Field(ge=1, le=1000, description="Cells at most, the worst first.")] = 200


class WordsOut(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class LeftOutOut(BaseModel):
    """So many are in neither part, and why."""

    why: str
    words: WordsOut
    count: int


class GroupOut(BaseModel):
    """One group: its part of the counted."""

    key: str
    name: WordsOut
    hits: int
    value: float
    low: float
    high: float


class FigureOut(BaseModel):
    """One figure of one time."""

    value: Annotated[float | None, Field(description="Share, rate or part; null where nothing is to be divided by.")]
    low: Annotated[float | None, Field(description="Of the 95 % interval of a share (Wilson).")]
    high: float | None
    p50: Annotated[float | None, Field(description="Seconds; null where half of the cases still wait.")]
    p90: float | None
    counted: Annotated[float, Field(description="The numerator.")]
    of: Annotated[float, Field(description="The denominator.")]
    few: Annotated[bool, Field(description="Too few to compare.")]
    left_out: list[LeftOutOut]
    groups: list[GroupOut]


class ComparedOut(BaseModel):
    """One figure beside the same of another time."""

    figure: FigureKey
    shape: Shape
    title: WordsOut
    meaning: Annotated[WordsOut, Field(description="What is counted, and what it is divided by.")]
    hit: Annotated[WordsOut, Field(description="What a case of the numerator is.")]
    rest: Annotated[WordsOut, Field(description="What a case of the denominator alone is; empty where there is none.")]
    now: FigureOut
    before: FigureOut
    apart: Annotated[bool, Field(description="The 95 % intervals of the two do not overlap.")]


class InsightOut(BaseModel):
    """Every figure of a time."""

    since: datetime
    until: datetime
    compare_since: datetime
    compare_until: datetime
    made_at: datetime
    figures: list[ComparedOut]


class CaseOut(BaseModel):
    """One case of a figure."""

    id: Annotated[str, Field(description="Of what `kind` says.")]
    kind: CaseKind
    tenant_id: UUID
    site_id: UUID | None
    at: datetime
    part: Part
    why: Annotated[str, Field(description="Code of the reason where it is left out.")]
    group: str
    value: Annotated[float | None, Field(description="Seconds or metres, where the figure has such.")]
    lon: float | None
    lat: float | None
    words: WordsOut


class CasePage(BaseModel):
    """A page of cases, the last first; `total` is how many there are on all pages."""

    items: list[CaseOut]
    total: int
    next: str | None
    title: Annotated[WordsOut, Field(description="Of the figure.")]
    meaning: Annotated[WordsOut, Field(description="What it counts, and what it is divided by.")]
    group: Annotated[WordsOut | None, Field(description="Name of the group that was asked for.")]


class HotSpotOut(BaseModel):
    """One H3 cell."""

    cell: Annotated[str, Field(description="Take it as `group` of `hot_spots` to see its sites.")]
    lon: float
    lat: float
    ring: list[Corner]
    sites: int
    violations: int
    damages: int


class HotSpotsOut(BaseModel):
    """Cells, the worst first; `total` is how many there are."""

    items: list[HotSpotOut]
    total: int


class StreetOut(BaseModel):
    """One street of the ranking."""

    area_id: Annotated[UUID | None, Field(description="Null of what lies in no area.")]
    name: str
    sites: Annotated[int, Field(description="Opened in the time.")]
    works: Annotated[int, Field(description="Ended in the time, and real.")]
    unfiled: Annotated[int, Field(description="Of `known`.")]
    known: Annotated[int, Field(description="Works of which it is known whether they were filed.")]
    violations: int
    damages: int
    p50_site_s: Annotated[float | None, Field(description="Half were reached within so many seconds.")]


class RankingOut(BaseModel):
    """Streets, the worst first: damages, then violations, then sites."""

    items: list[StreetOut]


def insight_out(made: Report) -> InsightOut:
    """Return the report as it is answered."""
    return InsightOut(
        since=made.span.since,
        until=made.span.until,
        compare_since=made.before.since,
        compare_until=made.before.until,
        made_at=made.made_at,
        figures=[_compared(one) for one in made.figures],
    )


def said_of(key: FigureKey, what: str) -> WordsOut:
    """Return what is said of a figure: its ``title``, what is ``counted``, what a ``hit`` and what the ``rest`` is."""
    said = service.shipped_words()["figures"][key]
    return WordsOut(zh=said[f"{what}_zh"], en=said[f"{what}_en"])


def group_out(key: str, name: str) -> WordsOut:
    """Return what a group is called in both languages."""
    words = service.shipped_words()
    return WordsOut(zh=group_name(key, name, words, "zh"), en=group_name(key, name, words, "en"))


def _compared(one: Compared) -> ComparedOut:
    key = one.now.key
    return ComparedOut(
        figure=key,
        shape=one.now.shape,
        title=said_of(key, "title"),
        meaning=said_of(key, "counted"),
        hit=said_of(key, "hit"),
        rest=said_of(key, "rest"),
        now=_figure(one.now),
        before=_figure(one.before),
        apart=one.apart,
    )


def _figure(one: Figure) -> FigureOut:
    words = service.shipped_words()
    out = [LeftOutOut(why=why, words=WordsOut(**words["why"][why]), count=many) for why, many in one.left_out.items()]
    groups = [
        GroupOut(
            key=group.key,
            name=group_out(group.key, group.name),
            hits=group.hits,
            value=group.value,
            low=group.low,
            high=group.high,
        )
        for group in one.groups
    ]
    plain = {name: getattr(one, name) for name in ("value", "low", "high", "p50", "p90", "counted", "of", "few")}
    return FigureOut(**plain, left_out=out, groups=groups)


def case_out(key: FigureKey, one: Case) -> CaseOut:
    """Return one case as it is answered."""
    plain = {name: getattr(one, name) for name in CaseOut.model_fields if name != "words"}
    return CaseOut(**plain, words=WordsOut(**case_words(key, one, service.shipped_words())))


def spot_out(one: HotSpot) -> HotSpotOut:
    """Return one cell as it is answered."""
    plain = {name: getattr(one, name) for name in HotSpotOut.model_fields if name != "ring"}
    return HotSpotOut(**plain, ring=corners(one.ring))
