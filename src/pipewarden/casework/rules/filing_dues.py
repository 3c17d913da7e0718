"""Which moments of a filing are still to come, and when somebody begins to be told: pure, by dated data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import Chain, FilingState
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.casework.facts import Filing, FilingDue, Ladder

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


class _Dues(_Strict):
    version: str
    unanswered: Annotated[timedelta, Field(gt=timedelta(0))]
    dues: list[_Due]


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
    """The rules by kind; ``unanswered`` is how long an answer may take where no pack says so."""

    unanswered: timedelta
    kinds: Mapping[str, DueRule]


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
    if unknown := [one.ladder for one in given.dues if one.ladder not in ladders]:
        raise _wrong("ladder", f"there is no ladder {unknown[0]!r}")
    return DueRules(
        unanswered=given.unanswered,
        kinds={
            one.kind: DueRule(
                kind=one.kind,
                zh=one.zh,
                en=one.en,
                role=one.role,
                ladder=ladders[one.ladder],
                ahead=None if one.ahead == "opened" else one.ahead,
                clause=one.clause,
            )
            for one in given.dues
        },
    )


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
