"""Which moments of a filing are still to come, and when somebody begins to be told: pure, by dated data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import Chain, FilingState
from pipewarden.casework.rules.filing_days import day_of, midnight
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import Filing, FilingDue, Ladder

DAY = "day"  # of a moment that no filing has by itself: works are seen, and nobody has declared them
_REPLY = "operator_reply"
_PAPERS = "file_after_emergency"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Due(_Strict):
    kind: Literal["reply", "emergency", "ending"]
    zh: str
    en: str
    role: Role
    ladder: str
    ahead: timedelta | Literal["opened"]
    clause: Annotated[str, Field(min_length=5)]


class _Day(_Strict):
    zh: str
    en: str
    role: Role
    ladder: str
    by: time
    grace: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=12))]
    clause: Annotated[str, Field(min_length=5)]


class _Dues(_Strict):
    version: str
    unanswered: Annotated[timedelta, Field(gt=timedelta(0))]
    dues: list[_Due]
    day: _Day


@dataclass(frozen=True, slots=True)
class DueRule:
    """How one kind of moment is told; ``ahead`` None begins at once."""

    kind: str
    zh: str
    en: str
    role: Role
    ladder: Ladder
    ahead: timedelta | None
    clause: str


@dataclass(frozen=True, slots=True)
class DueRules:
    """The rules by kind.

    Attributes:
        unanswered: how long an answer may take where no pack says so.
        by: until when a day is to be declared where its filing names no hours, local to the place.
        grace: so long after that somebody is told.
    """

    unanswered: timedelta
    kinds: Mapping[str, DueRule]
    by: time
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a filing that is to come, or has passed with nobody having acted; it is told from ``first_at``."""

    rule: DueRule
    due_at: datetime
    first_at: datetime


def read_due_rules(body: object, ladders: Mapping[str, Ladder]) -> DueRules:
    """Return the rules of a parsed document.

    Raises:
        InputError: a key is wrong, a kind is missing or stands twice, a ladder is unknown.
    """
    given = checked(_Dues, body, "filing_dues")
    kinds = [one.kind for one in given.dues]
    if sorted(kinds) != ["emergency", "ending", "reply"]:
        raise _wrong("dues", "must say reply, emergency and ending, each once")
    if unknown := [one for one in (*(each.ladder for each in given.dues), given.day.ladder) if one not in ladders]:
        raise _wrong("ladder", f"there is no ladder {unknown[0]!r}")
    rules = [_rule(one.kind, one, ladders, None if one.ahead == "opened" else one.ahead) for one in given.dues]
    rules.append(_rule(DAY, given.day, ladders, None))
    return DueRules(given.unanswered, {one.kind: one for one in rules}, given.day.by, given.day.grace)


def _rule(kind: str, one: _Due | _Day, ladders: Mapping[str, Ladder], ahead: timedelta | None) -> DueRule:
    return DueRule(kind, one.zh, one.en, one.role, ladders[one.ladder], ahead, one.clause)


def _wrong(part: str, problem: str) -> InputError:
    return InputError(field=f"filing_dues: {part}", problem=problem, fix="Correct policy/filing_dues.")


def moments(rules: DueRules, filing: Filing, at: datetime) -> tuple[Moment, ...]:
    """Return what somebody must do about a filing as it stands; nothing where another tenant answers it."""
    state = state_at(filing, at)
    if filing.handed is not None or state in {FilingState.CANCELLED, FilingState.EXPIRED}:
        return ()
    if state is FilingState.FILED:
        rule = rules.kinds["emergency" if filing.works.urgent else "reply"]
        due_at = _answer_by(rules, filing)
        first = at if rule.ahead is None else max(at, due_at - rule.ahead)
        return (Moment(rule, due_at, first),)
    rule, works = rules.kinds["ending"], filing.works
    ahead = min(rule.ahead or timedelta(0), (works.valid_until - works.valid_from) / 4)  # a day's works: not at once
    return (Moment(rule, works.valid_until, max(at, works.valid_until - ahead)),)


def day_missing(rules: DueRules, filing: Filing, at: datetime, seen_at: datetime, zone: ZoneInfo) -> Moment | None:
    """Return by when the local day of a moment should have been declared, where that is not done and works are seen.

    Args:
        rules: see there.
        filing: the site's.
        at: the moment.
        seen_at: when works were seen at the site last; before they open it is another rule's business.
        zone: of the place.
    """
    if not day_owed(filing, at, zone):
        return None
    today, hours = day_of(at, zone), filing.works.hours
    by = datetime.combine(today, rules.by if hours is None else hours.opens, zone).astimezone(UTC)
    since = midnight(today, zone) if hours is None else by
    if seen_at < since or at < by + rules.grace:
        return None
    return Moment(rules.kinds[DAY], by, at)


def day_owed(filing: Filing, at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a filing whose approved period runs still owes the declaration of a moment's local day."""
    declared = any(one.said.day == day_of(at, zone) for one in filing.days)
    return filing.handed is None and state_at(filing, at) is FilingState.VALID and not declared


def _answer_by(rules: DueRules, filing: Filing) -> datetime:
    """Return the first moment by which its packs want the operator's answer; of an emergency, its papers too.

    Papers that were due before the filing came are late for good: nobody can answer by then.
    """
    wanted = {_REPLY, _PAPERS} if filing.works.urgent else {_REPLY}
    lines = () if filing.decision is None else filing.decision.required
    found = [one.due_at for one in lines if one.kind in wanted and one.due_at is not None]
    return min((due_at for due_at in found if due_at > filing.filed_at), default=filing.filed_at + rules.unanswered)


def chain_of(chain_id: UUID, due: FilingDue, ladder: Ladder, first_at: datetime) -> Chain:
    """Return the chain that tells a moment; in the places of site and duty it names the filing and its moment."""
    return Chain(
        id=chain_id,
        tenant_id=due.tenant_id,
        site_id=due.filing_id,
        duty_id=due.id,
        ladder=ladder,
        round_at=first_at,
        due_at=first_at,
    )
