"""What is owed, by when, and who is called when it is not done: the shape of ``policy/duties`` and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.casework.facts.duty import Urgency  # noqa: TC001  as above

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts.site import Severity, SiteState
    from pipewarden.network.facts import Zone


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year's public holidays and the weekend days that are worked instead, local days.

    Attributes:
        confidence: H where the notice itself was read, M where it was written down from what is generally quoted.
    """

    year: int
    free: frozenset[date]
    worked: frozenset[date]
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years that are known; in any other one only weekends are free, and somebody is told."""

    years: Mapping[int, CalendarYear]
    opens: time
    shuts: time


class Count(StrEnum):
    """How a deadline's time passes."""

    RUNNING = "running"
    WORKING = "working"  # whole days: working days; below a day: working hours


class Who(StrEnum):
    """Whom a step of a ladder calls; roles are fixed when the chain begins, persons are found when the step is due."""

    OWNER = "owner"
    DEPUTY = "deputy"
    DISPATCHER = "dispatcher"
    LEAD = "lead"
    SAFETY_MANAGER = "safety_manager"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: whom, how long after the chain began, how loudly."""

    who: Who
    after: timedelta
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs in order, and what comes after the last.

    Attributes:
        again: from the last step to the next round.
        rounds: at that pace; later ones come once a day, as long as the duty runs.
        proof: after somebody acknowledged, the duty must be done by then, or the chain begins again.
    """

    key: str
    steps: tuple[Step, ...]
    again: timedelta
    rounds: int
    proof: timedelta


@dataclass(frozen=True, slots=True)
class When:
    """What an event must be like; what is None or empty does not narrow it.

    Attributes:
        event: the event's kind.
        entered: the site came into one of these states by it.
        states: the site is in one of these after it.
        true_works: of a verification: whether there are works.
    """

    event: str | None = None
    entered: frozenset[SiteState] = frozenset()
    states: frozenset[SiteState] = frozenset()
    true_works: bool | None = None


@dataclass(frozen=True, slots=True)
class DueIn:
    """How long there is, where the site or the event is like this."""

    time: timedelta
    count: Count = Count.RUNNING
    zones: frozenset[Zone] = frozenset()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class DutyRule:
    """One kind of duty.

    Attributes:
        role: whose it is: ``owner`` of the site, or a role that is looked up on the rosters.
        about: the field of an event that names the violation, stop or report; None for the site itself.
        while_in: in any other state the duty is dropped; empty for every state.
        ladder: None takes ``danger`` or ``usual`` by the place.
        at_once: whether the chain begins when the duty opens, not only when its time has passed.
        pauses: reasons that stop its time.
    """

    kind: str
    zh: str
    en: str
    role: str
    clause: str
    opens: tuple[When, ...]
    closes: tuple[When, ...]
    due: tuple[DueIn, ...]
    ladder: str | None
    at_once: bool
    about: str | None = None
    while_in: frozenset[SiteState] = frozenset()
    pauses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DutyPolicy:
    """Every duty, the ladders they climb, and the calendar their time is counted in."""

    version: str
    duties: Mapping[str, DutyRule]
    ladders: Mapping[str, Ladder]
    calendar: Calendar
    pause_most: timedelta


@dataclass(frozen=True, slots=True)
class FloodPolicy:
    """How many annunciations one person can take in (ISA-18.2 / EEMUA 191: a flood is 10 in 10 minutes).

    Attributes:
        most: per person and ``window``; never exceeded.
        reserve: of these, only for the call that names what found nobody with room.
        calm: up to so many, a call goes out at once and speaks of one site; then they are gathered.
        gather: between two calls to one person that speak of many sites.
        urgent: the same where one of the sites is critical: with the sweep's own seconds, a minute at most.
        stale: after so long a call that is not critical goes to the next person who has room.
    """

    most: int = 10
    window: timedelta = timedelta(minutes=10)
    reserve: int = 2
    calm: int = 5
    gather: timedelta = timedelta(seconds=60)
    urgent: timedelta = timedelta(seconds=55)
    stale: timedelta = timedelta(minutes=3)
