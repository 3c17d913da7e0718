"""Figures and the cases that they are counted from: a figure is never anything but a sum over its cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta  # noqa: TC003  as facts are read elsewhere
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  as above

if TYPE_CHECKING:
    from collections.abc import Mapping


class FigureKey(StrEnum):
    """What is counted; ``policy/insight/words.yaml`` says of each what is in it, what is left out, and why."""

    DISCOVERED_BY_SOURCE = "discovered_by_source"
    UNFILED = "unfiled"
    TIME_TO_OWNER = "time_to_owner"
    TIME_TO_SITE = "time_to_site"
    TIME_TO_CLOSE = "time_to_close"
    STANDBY_CHECKS = "standby_checks"
    STANDBY_ATTENDED = "standby_attended"
    BRIEFED_BEFORE_MACHINE = "briefed_before_machine"
    VIOLATIONS_BY_CONTRACTOR = "violations_by_contractor"
    DAMAGES_PER_1000_FILINGS = "damages_per_1000_filings"
    DAMAGES_PER_100_KM = "damages_per_100_km"
    PATROL_COVERAGE = "patrol_coverage"
    SITES_BY_AREA = "sites_by_area"
    HOT_SPOTS = "hot_spots"


class Shape(StrEnum):
    """How a figure is read."""

    SHARE = "share"  # counted / (counted + rest), with its 95 % interval
    TIME = "time"  # P50 and P90, seconds; the rest still waits
    RATE = "rate"  # counted for so many of something else
    GROUPS = "groups"  # shares of the counted by group
    LENGTH = "length"  # metres of metres: no draw of anything, so no interval


SHAPES: Mapping[FigureKey, Shape] = {
    FigureKey.DISCOVERED_BY_SOURCE: Shape.GROUPS,
    FigureKey.UNFILED: Shape.SHARE,
    FigureKey.TIME_TO_OWNER: Shape.TIME,
    FigureKey.TIME_TO_SITE: Shape.TIME,
    FigureKey.TIME_TO_CLOSE: Shape.TIME,
    FigureKey.STANDBY_CHECKS: Shape.SHARE,
    FigureKey.STANDBY_ATTENDED: Shape.SHARE,
    FigureKey.BRIEFED_BEFORE_MACHINE: Shape.SHARE,
    FigureKey.VIOLATIONS_BY_CONTRACTOR: Shape.GROUPS,
    FigureKey.DAMAGES_PER_1000_FILINGS: Shape.RATE,
    FigureKey.DAMAGES_PER_100_KM: Shape.RATE,
    FigureKey.PATROL_COVERAGE: Shape.LENGTH,
    FigureKey.SITES_BY_AREA: Shape.GROUPS,
    FigureKey.HOT_SPOTS: Shape.GROUPS,
}


class Part(StrEnum):
    """Where a case stands in its figure."""

    COUNTED = "counted"  # in the numerator, and so in the denominator
    REST = "rest"  # in the denominator alone
    LEFT_OUT = "left_out"  # in neither, for a reason that is told


class CaseKind(StrEnum):
    """What a case is, and so what its id names."""

    SITE = "site"
    VIOLATION = "violation"  # the event that opened it
    CHECK = "check"  # of a shift of standing by
    STRIKE = "strike"
    FILING = "filing"
    STRETCH = "stretch"  # pipe id, from and to in metres


@dataclass(frozen=True, slots=True)
class Span:
    """A time: from ``since`` until before ``until``, UTC."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """Return how long it is."""
        return self.until - self.since

    @property
    def before(self) -> Span:
        """Return the time of the same length that ends where this one begins."""
        return Span(self.since - self.length, self.since)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a figure.

    Attributes:
        why: code of the reason where it is left out; empty elsewhere.
        group: what it is counted under (a source, a contractor, an area, a cell), with ``name`` for people; empty
            where nobody knows.
        value: seconds or metres, where the figure has such.
        lon: degrees WGS-84; None where its place is unknown or not the reader's to see, as ``lat``.
        site_id: None of what belongs to no site.
    """

    id: str
    kind: CaseKind
    tenant_id: UUID
    at: datetime
    part: Part = Part.COUNTED
    why: str = ""
    group: str = ""
    name: str = ""
    value: float | None = None
    site_id: UUID | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a figure: its part of the counted, with the 95 % interval."""

    key: str
    name: str
    hits: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a time.

    Attributes:
        counted: the numerator; metres for a length.
        of: the denominator: counted + rest; filings, kilometres or metres where those are what is divided by.
        value: the share, rate or part; None where there is nothing to divide by, and of times and groups.
        low: ends of the 95 % interval (E. B. Wilson 1927), of shares alone; None elsewhere, as ``high``.
        p50: seconds; None where none is there, or where half of the cases still wait; ``p90`` likewise.
        few: too few damages to compare (``casework``'s own word for it).
        left_out: by reason, how many.
        groups: the largest first.
    """

    key: FigureKey
    shape: Shape
    counted: float
    of: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p50: float | None = None
    p90: float | None = None
    few: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure beside the same of another time.

    Attributes:
        apart: the two intervals do not overlap; False also where one of them has none.
    """

    now: Figure
    before: Figure
    apart: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a time beside those of another; ``made_at`` says as of when."""

    span: Span
    before: Span
    made_at: datetime
    figures: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class HotSpot:
    """One H3 cell: how many cases of each kind lie in it; ``ring`` is its outline, closed, (lon, lat) WGS-84."""

    cell: str
    lon: float
    lat: float
    ring: tuple[tuple[float, float], ...]
    sites: int
    violations: int
    damages: int


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area of the ranking: what was opened, ended, broken and hit in it.

    Attributes:
        area_id: None of what lies in no area.
        unfiled: unfiled of ``known``, works that ended and of which somebody knows.
        p50_site_s: seconds until somebody was on site; None as in ``Figure.p50``.
    """

    area_id: UUID | None
    name: str
    sites: int
    works: int
    unfiled: int
    known: int
    violations: int
    damages: int
    p50_site_s: float | None


@dataclass(frozen=True, slots=True)
class MonthReport:
    """The report of one month as it was printed then; a later one stands beside it and changes nothing.

    Attributes:
        month: its first day, as the house counts days (``rules.months``).
        version: 1 for the first report of the month, one more for each that was made again.
        made_by: whose doing it was: ``system:…`` or ``person:…``, with the name in ``made_by_name``.
        sha256: of the PDF, which lies apart from other files.
        size: of the PDF, bytes.
    """

    id: UUID
    tenant_id: UUID
    month: date
    version: int
    made_at: datetime
    made_by: str
    made_by_name: str
    sha256: str
    size: int
