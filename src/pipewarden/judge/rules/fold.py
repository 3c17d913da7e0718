"""The state of a case is the sum of its events; an event that the state does not allow is refused, not stored."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from pipewarden.judge.facts import (
    Answered,
    Asked,
    AuditDrawn,
    Case,
    Code,
    Confirmed,
    Decided,
    Failed,
    JudgeEvent,
    Merged,
    Parted,
    Queued,
    Reason,
    Released,
    Ruled,
    Silenced,
    SilenceEnded,
    Source,
    Taken,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pipewarden.judge.facts import Basis


class IllegalEventError(ValueError):
    """An event that cannot follow: a mistake in the program, never a person's."""


def fold(case: Case, events: Iterable[JudgeEvent]) -> Case:
    """Return the case after the events."""
    return reduce(apply, events, case)


def apply(case: Case, event: JudgeEvent) -> Case:
    """Return the case after one event.

    Raises:
        IllegalEventError: it cannot follow on what was.
    """
    if event.alarm_id != case.alarm_id:
        raise IllegalEventError(f"an event of {event.alarm_id} cannot change {case.alarm_id}")
    if case.merged_into is not None and not isinstance(event.body, Parted | Answered | Failed):
        raise IllegalEventError(f"{event.body.kind} cannot follow: the alarm was merged into {case.merged_into}")
    return _APPLY[type(event.body)](case, event, event.body)


def _needs(allowed: bool, event: JudgeEvent, why: str) -> None:  # noqa: FBT001  a condition reads best in place
    if not allowed:
        raise IllegalEventError(f"{event.body.kind} cannot follow: {why}")


def _ruled(case: Case, _event: JudgeEvent, body: Ruled) -> Case:
    return replace(case, scene=body.scene)


def _asked(case: Case, event: JudgeEvent, body: Asked) -> Case:
    _needs(case.verdict is Verdict.PERSON, event, "the alarm is judged already")
    return replace(case, ask_id=body.ask_id, episode_ask=True, due_at=body.due_at, look_at=None)


def _answered(case: Case, _event: JudgeEvent, body: Answered | Failed) -> Case:
    """A late answer, to a question that is not under way any more, only adds its cost."""
    said = body.opinion
    cost, calls = case.cost + said.cost, case.calls + int(said.call_id is not None)
    if body.ask_id != case.ask_id:
        return replace(case, cost=cost, calls=calls)
    return replace(case, ask_id=None, opinion=said, cost=cost, calls=calls)


def _queued(case: Case, event: JudgeEvent, body: Queued) -> Case:
    _needs(case.verdict is Verdict.PERSON, event, "the alarm is judged already")
    return replace(
        case,
        verdict=Verdict.PERSON,
        by=Source.HOUSE,
        reasons=body.reasons,
        since=case.since or event.at,
        due_at=body.due_at,
        look_at=body.look_at,
        basis=body.basis,
    )


def _confirmed(case: Case, event: JudgeEvent, body: Confirmed) -> Case:
    _needs(case.verdict is Verdict.PERSON, event, "the alarm is judged already")
    people = any(one.source is Source.PERSON for one in body.reasons)  # of an alarm that was merged into this one
    by = Source.PERSON if people else Source.MODEL
    return _settled(case, event, Verdict.CONFIRMED, by=by, reasons=body.reasons, basis=body.basis)


def _silenced(case: Case, event: JudgeEvent, body: Silenced) -> Case:
    _needs(case.verdict is Verdict.PERSON, event, "the alarm is judged already")
    others = {one.source for one in body.reasons} - {Source.MODEL, Source.HOUSE}
    _needs(bool(others), event, "a model alone silences nothing")
    _needs(body.until > event.at, event, "a silence ends after it began")
    by = Source.MODEL if any(one.source is Source.MODEL for one in body.reasons) else Source.RULE
    silent = _settled(case, event, Verdict.REJECTED, by=by, reasons=body.reasons, basis=body.basis)
    return replace(silent, until=body.until, silenced_by=(*case.silenced_by, *body.reasons))


def _settled(
    case: Case, event: JudgeEvent, verdict: Verdict, *, by: Source, reasons: tuple[Reason, ...], basis: Basis
) -> Case:
    return replace(
        case,
        verdict=verdict,
        by=by,
        reasons=reasons,
        since=event.at,
        until=None,
        due_at=event.at if case.audit else None,
        look_at=None,
        ask_id=None,
        basis=basis,
        taken_by=None,
        taken_at=None,
    )


def _silence_ended(case: Case, event: JudgeEvent, body: SilenceEnded) -> Case:
    """The next episode begins: its alarm waits for a person until somebody has judged it."""
    _needs(case.verdict is Verdict.REJECTED, event, "it is not silent")
    return replace(
        case,
        verdict=Verdict.PERSON,
        by=Source.HOUSE,
        reasons=(Reason(body.why, Source.HOUSE),),
        since=event.at,
        until=None,
        due_at=event.at,
        opinion=None,
        episode_ask=False,
    )


def _audit_drawn(case: Case, event: JudgeEvent, body: AuditDrawn) -> Case:
    _needs(case.verdict is Verdict.REJECTED, event, "only rejections are audited")
    return replace(case, audit=True, due_at=body.due_at)


def _taken(case: Case, event: JudgeEvent, body: Taken) -> Case:
    _needs(case.open, event, "nobody needs to look")
    return replace(case, taken_by=body.by, taken_at=event.at)


def _released(case: Case, event: JudgeEvent, _body: Released) -> Case:
    _needs(case.taken_by is not None, event, "nobody has it")
    return replace(case, taken_by=None, taken_at=None)


def _decided(case: Case, event: JudgeEvent, body: Decided) -> Case:
    _needs(body.true == (body.until is None), event, "exactly a false one is silent for a time")
    _needs(body.until is None or body.until > event.at, event, "a silence ends after it began")
    verdict = Verdict.CONFIRMED if body.true else Verdict.REJECTED
    reasons = (Reason(Code.PERSON, Source.PERSON, f"{body.code}: {body.words}" if body.words else str(body.code)),)
    settled = _settled(case, event, verdict, by=Source.PERSON, reasons=reasons, basis=body.basis)
    audited = case.audited or case.audit
    return replace(
        settled, until=body.until, due_at=None, decided=body, decided_at=event.at, audit=False, audited=audited
    )


def _merged(case: Case, _event: JudgeEvent, body: Merged) -> Case:
    """Its own question has no use any more; what it costs is still counted."""
    return replace(case, merged_into=body.into, ask_id=None)


def _parted(case: Case, event: JudgeEvent, _body: Parted) -> Case:
    _needs(case.merged_into is not None, event, "it stands for itself")
    return replace(case, merged_into=None)


_APPLY: dict[type, Callable[[Case, JudgeEvent, Any], Case]] = {
    Ruled: _ruled,
    Asked: _asked,
    Answered: _answered,
    Failed: _answered,
    Queued: _queued,
    Confirmed: _confirmed,
    Silenced: _silenced,
    SilenceEnded: _silence_ended,
    AuditDrawn: _audit_drawn,
    Taken: _taken,
    Released: _released,
    Decided: _decided,
    Merged: _merged,
    Parted: _parted,
}
