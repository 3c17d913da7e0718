"""To which filing a site belongs, and why: unfiled works are those discovered less those filed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  pydantic reads the types of answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts.filing import Filing, Method


class PartName(StrEnum):
    """What a score is made of."""

    PRIOR = "prior"
    SPACE = "space"
    TIME = "time"
    METHOD = "method"


@dataclass(frozen=True, slots=True)
class MatchWeights:
    """How a score is counted, while it is in force; every weight is a ratio of likelihoods, filed over unfiled.

    Attributes:
        version: of the file, with the day from which these hold.
        zone: whose days ``since`` and ``until`` are; ``until`` is the first day they no longer hold.
        threshold: the least probability that makes a match.
        tie: two filings whose probabilities differ by less are a tie.
        usual: the share of works near pipes that are filed, before anything is compared.
        compound: the same, of works inside a compound.
        inside: well inside the works' area; ``outside``: well outside it.
        edge_m: one sigma of how far works stray over the line that was drawn of them.
        unknown_off_m: the error (95 %) of a site's place where nobody has told it.
        reach_m: works seen farther from an area, beyond their own error, never belong to it.
        in_hours: within period and hours; ``off_hours``: within the period, outside the hours.
        early: before the period, by ``early_most`` at most.
        named: the machine is of a type that the filing names; ``unnamed``: the filing names others.
        fits: the filing names none, and its method takes such a machine; ``fits_not``: it does not.
        suits: the types of machines that each method takes.
    """

    version: str
    zone: ZoneInfo
    since: date
    until: date | None
    threshold: float
    tie: float
    usual: float
    compound: float
    inside: float
    outside: float
    edge_m: float
    unknown_off_m: float
    reach_m: float
    in_hours: float
    off_hours: float
    early: float
    early_most: timedelta
    named: float
    unnamed: float
    fits: float
    fits_not: float
    suits: Mapping[Method, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Discovery:
    """Works that were seen.

    Attributes:
        place: lon, lat in degrees WGS-84.
        off_m: its error (95 %); None where nobody has told it.
        seen_at: aware.
        machine: its type, as perceive names it; None where it is not known.
        compound: whether they are inside a compound (小区); None where it is not known.
    """

    place: tuple[float, float]
    off_m: float | None
    seen_at: datetime
    machine: str | None = None
    compound: bool | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A filing that a site may belong to, with its place's own time zone."""

    filing: Filing
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score.

    Attributes:
        weight: times which it makes the odds; of the prior, the odds before anything is compared.
    """

    name: PartName
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Match:
    """To which filing a site belongs.

    Attributes:
        filing_id: None: the works are unfiled.
        reason: in one sentence.
        version: of the weights.
        nearest_id: the filing that ``score`` and ``parts`` speak of, matched or not; None where none was compared.
        score: its probability, 0 to 1.
        tied: other filings that fit as well.
    """

    filing_id: UUID | None
    reason: str
    version: str
    threshold: float
    nearest_id: UUID | None = None
    score: float | None = None
    parts: tuple[Part, ...] = ()
    tied: tuple[UUID, ...] = ()
