"""Reading ``policy/duties`` and ``policy/escalation``: what does not fit together is refused before it is believed."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import (
    Body,
    Calendar,
    Count,
    DueIn,
    DutyPolicy,
    DutyRule,
    Ladder,
    Severity,
    SiteState,
    Step,
    Urgency,
    When,
    Who,
)
from pipewarden.casework.rules.calendar import countable
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.casework.facts import CalendarYear

OWNER = "owner"
DANGER, USUAL = "danger", "usual"
_BY_PLACE = "danger_here"
_KINDS = {str(one.__dataclass_fields__["kind"].default): frozenset(one.__dataclass_fields__) for one in get_args(Body)}
_Word = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Step(_Strict):
    who: Who
    after: timedelta
    urgency: Urgency


class _Ladder(_Strict):
    steps: Annotated[list[_Step], Field(min_length=1, max_length=9)]
    again: Annotated[timedelta, Field(ge=timedelta(minutes=5))]
    rounds: Annotated[int, Field(ge=1, le=100)]
    proof: Annotated[timedelta, Field(gt=timedelta(0))]


class _Ladders(_Strict):
    version: str
    source: str
    ladders: dict[_Word, _Ladder]


class _When(_Strict):
    event: str | None = None
    entered: list[SiteState] = []
    states: list[SiteState] = []
    true_works: bool | None = None


class _Due(_Strict):
    time: Annotated[timedelta, Field(alias="in", gt=timedelta(0))]
    count: Count = Count.RUNNING
    zones: list[Zone] = []
    severity: Severity | None = None


class _Duty(_Strict):
    kind: _Word
    zh: str
    en: str
    role: str
    about: Literal["violation_id", "stop_id", "report_id", "missed_id"] | None = None
    opens: list[_When]
    closes: Annotated[list[_When], Field(min_length=1)]
    while_in: Annotated[list[SiteState], Field(alias="while")] = []
    due: Annotated[list[_Due], Field(min_length=1)]
    ladder: str
    starts: Literal["opened", "due"]
    pauses: list[_Word] = []
    clause: Annotated[str, Field(min_length=5)]


class _Hours(_Strict):
    opens: Annotated[time, Field(alias="from")]
    shuts: Annotated[time, Field(alias="to")]


class _Duties(_Strict):
    version: str
    source: str
    hours: _Hours
    pause_most: Annotated[timedelta, Field(gt=timedelta(0))]
    duties: Annotated[list[_Duty], Field(min_length=1)]


def read_policy(duties: object, ladders: object, years: Sequence[CalendarYear]) -> DutyPolicy:
    """Return the policy that the two parsed documents and the years make.

    Raises:
        InputError: a key is wrong, or the documents do not fit together: an unknown ladder, event or role, a kind
            that stands twice, a ladder that does not climb.
    """
    rungs = checked(_Ladders, ladders, "escalation")
    given = checked(_Duties, duties, "duties")
    known = {key: _ladder(key, one) for key, one in rungs.ladders.items()}
    rules: dict[str, DutyRule] = {}
    for one in given.duties:
        if one.kind in rules:
            raise _wrong(one.kind, "stands twice")
        rules[one.kind] = _rule(one, known)
    if given.hours.opens >= given.hours.shuts:
        raise InputError(field="duties: hours", problem="ends before it begins", fix="Give the hours of business.")
    if {DANGER, USUAL} - set(known):
        raise InputError(field="escalation: ladders", problem="danger or usual is missing", fix="Give both.")
    calendar = Calendar({one.year: one for one in years}, given.hours.opens, given.hours.shuts)
    return DutyPolicy(given.version, rules, known, calendar, given.pause_most)


def _ladder(key: str, one: _Ladder) -> Ladder:
    if any(later.after <= earlier.after for earlier, later in pairwise(one.steps)) or one.steps[0].after:
        raise InputError(
            field=f"escalation: ladders.{key}", problem="does not climb from zero", fix="Order its steps by `after`."
        )
    steps = tuple(Step(step.who, step.after, step.urgency) for step in one.steps)
    return Ladder(key, steps, one.again, one.rounds, one.proof)


def _rule(one: _Duty, ladders: Mapping[str, Ladder]) -> DutyRule:
    if one.ladder != _BY_PLACE and one.ladder not in ladders:
        raise _wrong(one.kind, f"names a ladder {one.ladder!r} that there is not")
    if one.role != OWNER and one.role not in set(Role):
        raise _wrong(one.kind, f"names a role {one.role!r} that there is not")
    if unknown := {when.event for when in (*one.opens, *one.closes) if when.event} - _KINDS.keys():
        raise _wrong(one.kind, f"names an event {min(unknown)!r} that there is not")
    if one.due[-1].zones or one.due[-1].severity:
        raise _wrong(one.kind, "has no time that fits everywhere as its last one")
    if any(due.count is Count.WORKING and not countable(due.time) for due in one.due):
        raise _wrong(one.kind, "has a working time that is neither whole days nor less than one")
    if one.about is not None and not all(one.about in _KINDS.get(when.event or "", ()) for when in one.opens):
        raise _wrong(one.kind, f"is opened by what names no {one.about}")
    if one.starts == "opened" and one.pauses:
        raise _wrong(one.kind, "calls at once, so that no pause can hold it")
    return DutyRule(
        kind=one.kind,
        zh=one.zh,
        en=one.en,
        role=one.role,
        clause=one.clause,
        opens=tuple(_when(when) for when in one.opens),
        closes=tuple(_when(when) for when in one.closes),
        due=tuple(DueIn(due.time, due.count, frozenset(due.zones), due.severity) for due in one.due),
        ladder=None if one.ladder == _BY_PLACE else one.ladder,
        at_once=one.starts == "opened",
        about=one.about,
        while_in=frozenset(one.while_in),
        pauses=frozenset(one.pauses),
    )


def _when(one: _When) -> When:
    return When(one.event, frozenset(one.entered), frozenset(one.states), one.true_works)


def _wrong(kind: str, problem: str) -> InputError:
    return InputError(field=f"duties: {kind}", problem=problem, fix="Correct it.")
