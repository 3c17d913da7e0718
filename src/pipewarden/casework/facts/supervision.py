"""The closed vocabulary that supervision rules speak of a site in, and what comes out when they are asked.

Three values: what is not known is unknown, and unknown is never compliant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  pydantic reads the types of answers

from pipewarden.casework.facts.filing import MACHINES, Method
from pipewarden.casework.facts.site import Severity, SiteState
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from datetime import date

TOLD_APART = tuple(one for one in MACHINES if one != "other")  # the type head's "other": it does not know


class Result(StrEnum):
    """What a rule says of a site."""

    COMPLIANT = "compliant"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class FactType(StrEnum):
    """What a fact's value is."""

    FLAG = "flag"
    NUMBER = "number"
    WORD = "word"
    WORDS = "words"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class FactKind:
    """One fact that a rule may ask for.

    Attributes:
        unit: of a number; empty for what has none.
        words: what a word, or each of several words, may be.
        source: where it comes from.
        marks: the kinds of events that say it (``Site.marks``), for the evidence.
    """

    name: str
    type: FactType
    source: str
    unit: str = ""
    words: frozenset[str] = frozenset()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in the unit of its fact; the true value lies within ``off`` of it (95 %)."""

    value: float
    off: float = 0.0


Value = bool | Amount | str | frozenset[str] | datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a fact that is known.

    Attributes:
        value: None where it is known that there is none, for instance of the time of a stop order that nobody gave.
        events: the events of the site that say it.
    """

    value: Value | None
    events: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that was seen at a site.

    Attributes:
        type: as the type head names it; None where it does not know.
        distance_m: to the nearest pipe, with its error; None without a place on the ground.
        place: lon, lat in degrees WGS-84; ``off_m`` is its error (95 %).
    """

    seen_at: datetime
    type: str | None = None
    distance_m: Amount | None = None
    place: tuple[float, float] | None = None
    off_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Permitted:
    """What a filing or permit allows; what it does not say is None, and unknown to the rules.

    Attributes:
        area: WKB of a polygon or multipolygon, lon/lat in degrees WGS-84.
        hours: local, from (included) to (excluded); one that ends before it begins runs over midnight.
        zone: IANA name of the place's time zone.
        valid_from: aware; included.
        valid_until: aware; excluded.
        filing_id: the filing that says it.
    """

    zone: str
    area: bytes | None = None
    method: str | None = None
    machines: frozenset[str] | None = None
    hours: tuple[tuple[time, time], ...] | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    filing_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FactSaid:
    """A fact that a rule read; ``value`` in words, None where it is not known."""

    name: str
    type: FactType
    unit: str
    source: str
    value: str | None
    events: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What one rule says of a site, with every fact that it read.

    Attributes:
        since: the day from which the rule is in force, in the place's own zone.
        who: whose it is to put right; ``by`` how long there is.
        fresh: it is violated by something newer than the last time that it was put right.
    """

    code: str
    result: Result
    zh: str
    en: str
    clause: str
    severity: Severity
    since: date
    who: str
    by: timedelta
    remedy_zh: str
    remedy_en: str
    facts: tuple[FactSaid, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class ExampleSaid:
    """One example of a rule: the facts that it knows, and what the rule says of them."""

    result: Result
    facts: tuple[FactSaid, ...]


@dataclass(frozen=True, slots=True)
class RuleWritten:
    """One rule in force as people read it; see ``RuleSaid``.

    Attributes:
        reads: the facts of the vocabulary that it asks.
    """

    code: str
    zh: str
    en: str
    clause: str
    severity: Severity
    since: date
    until: date | None
    who: str
    by: timedelta
    remedy_zh: str
    remedy_en: str
    reads: tuple[str, ...]
    examples: tuple[ExampleSaid, ...]


def _kinds(*kinds: FactKind) -> dict[str, FactKind]:
    return {one.name: one for one in kinds}


_FLAG, _NUMBER, _WORD, _WORDS, _MOMENT = FactType
_SITE = "the site's events"
_SEEN = "the picture or report that the site's alarm takes now; of what was seen before nothing is known at an event"
_FILING = "the filing or permit of the works"
_STATE = ("advanced", "works_changed", "reopened", "owner_given", "discovered")

VOCABULARY = _kinds(
    FactKind("site.state", _WORD, _SITE, words=frozenset(SiteState), marks=_STATE),
    FactKind("site.since", _MOMENT, "when the site came to its state", marks=_STATE),
    FactKind("site.zone", _WORD, _SITE, words=frozenset(Zone) - {Zone.UNKNOWN}, marks=("replaced", "discovered")),
    FactKind("site.stopped", _FLAG, _SITE, marks=("stop_ordered", "resumed")),
    FactKind("stop.ordered_at", _MOMENT, "the stop order that holds; none where none does", marks=("stop_ordered",)),
    FactKind("works.confirmed", _FLAG, "who looked on the spot", marks=("verified",)),
    FactKind(
        "works.as_of",
        _MOMENT,
        "the last event that changed what is asked of confirmed works: the confirmation, a change, a lifted stop order",
        marks=("verified", "works_changed", "resumed"),
    ),
    FactKind(
        "works.moved_m",
        _NUMBER,
        "the site's place now and when the plan was signed",
        unit="m",
        marks=("advanced.plan_signed", "replaced"),
    ),
    FactKind("works.method", _WORD, _FILING, words=frozenset(Method)),
    FactKind("papers.filing", _FLAG, _SITE, marks=("advanced.filed",)),
    FactKind("papers.briefing", _FLAG, _SITE, marks=("advanced.briefed", "works_changed")),
    FactKind("papers.plan", _FLAG, _SITE, marks=("advanced.plan_signed", "works_changed")),
    FactKind("repair.declared_at", _MOMENT, _SITE, marks=("repair_declared",)),
    FactKind("repair.papers", _FLAG, _SITE, marks=("repair_papers", "repair_declared")),
    FactKind("standby.checked_at", _MOMENT, _SITE, marks=("standby_checked", "advanced.under_standby")),
    FactKind(
        "standby.hours", _NUMBER, "shifts that were written down, each hour once", unit="h", marks=("standby_checked",)
    ),
    FactKind(
        "briefing.everyone",
        _FLAG,
        "every machine operator whom a record names was briefed; unknown while no record names one",
        marks=("advanced.briefed", "standby_checked", "step_recorded"),
    ),
    FactKind("duties.overdue", _WORDS, "the site's duties whose time has passed, by kind"),
    FactKind("machine.seen_at", _MOMENT, _SEEN),
    FactKind(
        "machine.works_at",
        _MOMENT,
        "when it was seen last, and the time since, up to `works_on` of the rules: so long it is taken for at work "
        "while no picture is new",
    ),
    FactKind("machine.type", _WORD, _SEEN, words=frozenset(TOLD_APART)),
    FactKind("machine.distance_m", _NUMBER, f"{_SEEN}, to the nearest pipe", unit="m"),
    FactKind(
        "machine.in_hand_dig",
        _FLAG,
        "the machine's distance, and what briefing and plan agreed to dig by hand; false where they agreed on none",
        marks=("advanced.briefed", "advanced.plan_signed"),
    ),
    FactKind("permit.in_area", _FLAG, f"{_FILING}, and where the machine was seen"),
    FactKind("permit.in_period", _FLAG, f"{_FILING}, and when the machine was seen"),
    FactKind("permit.in_hours", _FLAG, f"{_FILING}, and when the machine was seen, in local time"),
    FactKind("permit.machines", _WORDS, _FILING, words=frozenset(TOLD_APART)),
)

CLOCK_FACTS = frozenset({"machine.works_at", "duties.overdue"})  # change though nothing happens
FILING_FACTS = frozenset(one.name for one in VOCABULARY.values() if one.source.startswith(_FILING))
