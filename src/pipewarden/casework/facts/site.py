"""A site: casework's file on one piece of works, and the objects that hang on its main path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types when a site is stored
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.record import Substep  # noqa: TC001  as above
from pipewarden.network.facts import Zone  # noqa: TC001  as above

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANGED = "casework.changed"  # fact_id = SiteEvent.id, partition = work.own(site id)


class SiteState(StrEnum):
    """The main path of domain.md 4.3; what hangs on it (violations, stops, reports, repair, strike) are objects."""

    DISCOVERED = "discovered"
    VERIFYING = "verifying"
    NOTIFIED = "notified"
    FILED = "filed"
    LOCATED = "located"
    BRIEFED = "briefed"
    PLAN_SIGNED = "plan_signed"
    READY = "ready"
    UNDER_STANDBY = "under_standby"
    COMPLETED = "completed"
    CLOSED = "closed"
    EXEMPT = "exempt"  # outside every range, or no digging: kept under watch for a time
    FALSE = "false"  # a person has looked and there are no works


class ClueState(StrEnum):
    """Where the clue of a site stands (domain.md 4.2); derived from the judge's verdict and the site."""

    NEW = "new"
    AI_REJECTED = "ai_rejected"
    AI_CONFIRMED = "ai_confirmed"
    DUPLICATE = "duplicate"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    VERIFIED_TRUE = "verified_true"
    VERIFIED_FALSE = "verified_false"
    CLOSED = "closed"
    ESCALATED = "escalated"  # its deadline has passed


class Severity(StrEnum):
    """How grave a violation is: minor is put right, major stops the works."""

    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken on a site.

    Attributes:
        code: for instance ``V-UNBRIEFED``; the list is data in ``policy/violations``.
        clause: what it breaks, as people read it.
        fixed_at: when a person confirmed that it is put right.
    """

    id: UUID
    code: str
    severity: Severity
    clause: str
    reason: str
    opened_at: datetime
    due_at: datetime | None = None
    fixed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop order; only the operator's confirmation that the danger is gone lets works go on.

    Attributes:
        refused_at: when the works refused to stop; the report to the authority is due then.
        resumed_at: when the operator confirmed.
    """

    id: UUID
    reason: str
    ordered_at: datetime
    refused_at: datetime | None = None
    resumed_at: datetime | None = None


class Measure(StrEnum):
    """What an authority did about what it was told."""

    NONE = "none"  # it looked, and saw no reason
    WARNING = "warning"
    ORDER = "order"  # to put right, or to stop
    FINE = "fine"
    TRANSFERRED = "transferred"  # to another authority, the police among them


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What an authority decided, as its own document says it.

    Attributes:
        amount_fen: of a fine, in 分; 0 of any other measure.
        document: number of its document, for instance 〔2026〕12号; empty where none was given.
        clause: on which it rests; empty where none was given.
    """

    measure: Measure
    amount_fen: int = 0
    document: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class GovernmentReport:
    """A report to an authority and what came back.

    Attributes:
        acknowledged_at: when the authority itself said that it has it; None where only the company wrote down its
            answer.
        outcome: what it decided; None while it has not, or where its answer is words only.
    """

    id: UUID
    to: str
    reason: str
    reported_at: datetime
    answered_at: datetime | None = None
    answer: str = ""
    acknowledged_at: datetime | None = None
    outcome: Enforcement | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A protection plan on which the parties do not agree; experts look at it (上海市燃气管理条例 第四十一条).

    Attributes:
        by: who does not agree.
        upheld: what the experts say of the plan: it stands, or must be made anew. None until they have.
    """

    id: UUID
    by: str
    reason: str
    opened_at: datetime
    reviewed_at: datetime | None = None
    upheld: bool | None = None
    experts: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """Emergency repair by any utility: digs first, papers within the law's time (城市道路管理条例 第三十四条)."""

    declared_at: datetime
    utility: str
    papers_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Strike:
    """A pipe was hit.

    Attributes:
        reported_at: when the statutory report went out.
        recorded_at: when the damage record was completed.
    """

    at: datetime
    words: str
    reported_at: datetime | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """The last event of one kind, so that what is said of a site can name what says it.

    Attributes:
        what: the event's kind; of a step of the main path also ``advanced.<state>``.
        lon: where the site was then, degrees WGS-84; None while its place was unknown.
        lat: the same.
    """

    what: str
    event_id: UUID
    at: datetime
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class MapError:
    """Where a measured pipe contradicts the map that the zones rest on; ``off_m`` is None of one that it has not."""

    pipe_id: str
    off_m: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What the records of an episode say that later steps and rules ask for.

    Attributes:
        operators: machine operators whom any record names, in order of their names.
        briefed: those of them who were briefed; None while no record of a briefing is there.
        done: substeps that were recorded.
        agreed_until: the end of the agreement that was recorded last.
        hand_dig_m: agreed: within so much of the pipe no machine digs; the wider of briefing and plan.
        standby_h: hours of shifts written down, each hour once; up to ``standby_to``.
        map_error: the gravest contradiction between a measurement and the map.
    """

    operators: tuple[str, ...] = ()
    briefed: tuple[str, ...] | None = None
    done: tuple[Substep, ...] = ()
    agreed_until: datetime | None = None
    hand_dig_m: float | None = None
    standby_h: float = 0.0
    standby_to: datetime | None = None
    map_error: MapError | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The sum of one site's events.

    Attributes:
        alarm_id: 1:1; None where it was filed first and nothing was seen yet.
        state: on the main path, since ``since``.
        lon: degrees WGS-84; None while its place is unknown.
        lat: the same.
        zone: severest of its alarm or filing.
        level: 1 (danger) to 4, as the alarm lists rank it.
        owner_id: the named person who has it in hand now; None only until the first duty finds one.
        accepted_at: when the owner said yes; None after each change of owner.
        arrived_at: when somebody was proved on site since the last dispatch.
        verified: what the last person who looked on the spot said of this episode; None while nobody has.
        standby_at: the standby supervisor's last check-in; ``missed_at`` when one was missed since.
        gas_at: when somebody read too much gas; None once the operator has confirmed that the danger is gone.
        watched_until: of an exempt one, its end: until then it is watched and reopens when seen again.
        passed: papers that were done, kept when a change of the works puts the path back.
        merged_into: the site that has taken its clues over.
        filing_id: the filing that it belongs to; None while it is unfiled, or nobody knows where it is.
        contractor_id: who does the works, as somebody on the spot said; None: as its filing says, else unknown.
        marks: the last event of each kind that supervision rules read; of this episode only.
        kept: of this episode's records, what later steps and rules ask for.
        version: events so far; a command names the one it has seen (409 when another came between).
    """

    id: UUID
    tenant_id: UUID
    alarm_id: UUID | None
    state: SiteState
    since: datetime
    zone: Zone
    level: int
    lon: float | None = None
    lat: float | None = None
    owner_id: UUID | None = None
    owned_since: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    verified: bool | None = None
    standby_at: datetime | None = None
    missed_at: datetime | None = None
    gas_at: datetime | None = None
    watched_until: datetime | None = None
    passed: frozenset[SiteState] = frozenset()
    violations: tuple[Violation, ...] = ()
    stops: tuple[Stop, ...] = ()
    reports: tuple[GovernmentReport, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    repair: Repair | None = None
    strike: Strike | None = None
    merged_into: UUID | None = None
    filing_id: UUID | None = None
    contractor_id: UUID | None = None
    marks: tuple[Mark, ...] = ()
    kept: Kept = Kept()
    version: int = 0

    @property
    def open(self) -> bool:
        """Whether it still needs somebody."""
        return self.merged_into is None and self.state not in (SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE)

    @property
    def stopped(self) -> bool:
        """Whether a stop order holds."""
        return any(stop.resumed_at is None for stop in self.stops)


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """What the reports to authorities of a time add up to.

    Attributes:
        open: reported and not answered yet.
        median_answer_h: hours from report to answer, of those that were answered; None where none was.
        measures: how often each was decided.
        fines_fen: their sum, in 分.
        strikes_in_time: accidents reported within the hour of the law.
        strikes_late: reported later, or not at all although the hour is over.
    """

    reports: int
    acknowledged: int
    answered: int
    open: int
    median_answer_h: float | None
    measures: Mapping[Measure, int]
    fines_fen: int
    strikes: int
    strikes_in_time: int
    strikes_late: int
