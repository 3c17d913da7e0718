"""Considering: every change of an alarm is looked at, a verdict drawn from all voices, questions put and heard.

Everything here ends in one of three ways: the alarm is silent for a stated reason and time, it is confirmed, or it
stands in a person's queue. A case is made standing there, so that whatever breaks later leaves it there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.dedupe import service as dedupe
from pipewarden.inference.facts import ModelName
from pipewarden.judge import store
from pipewarden.judge.facts import (
    Answered,
    Asked,
    AuditDrawn,
    Basis,
    Case,
    Code,
    Confirmed,
    Failed,
    JudgeCase,
    Merged,
    Opinion,
    OpinionKind,
    Parted,
    Queued,
    Reason,
    Ruled,
    Silenced,
    SilenceEnded,
    Source,
    Verdict,
)
from pipewarden.judge.rules import Act, Docket, Step, changed, ends, look, out_of_range, rule, sound, voice
from pipewarden.judge.service.bench import Bench, Docketed
from pipewarden.judge.service.gathering import Seen, gather, scene, span, timed
from pipewarden.judge.service.settings import questions
from pipewarden.kit.errors import UnavailableError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.judge.ports import SecondJudge
    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)
_LOOKS = 6  # newest looks of each stream that a second judge is given
LOCAL, VERIFIER = "local", f"model:{ModelName.VERIFIER}"  # off: what no rule decides goes to people
PASSING = (OperationalError, UnavailableError)  # the batch may be tried again
# a person is asked for these whatever a rule says later; the others a rule may still answer before anybody looks
_STICKY = frozenset({Code.WORDS, Code.GAS_LEAK, Code.INSTRUCTION, Code.PRESENT_AGAIN, Code.DISAGREE})


def consider(work: Work, bench: Bench, alarm_ids: Sequence[UUID]) -> None:
    """Look at alarms that changed; done twice it changes nothing.

    An alarm that cannot be judged goes to a person and holds up no other.

    Raises:
        OperationalError, UnavailableError: the database or a stage is down; the batch may be tried again.
    """
    for alarm_id in dict.fromkeys(alarm_ids):
        try:
            with work.session.begin_nested():
                _follow(work, bench, alarm_id)
        except PASSING:
            raise
        except Exception as error:  # whatever breaks here, a person looks
            log.exception("alarm could not be judged", alarm_id=str(alarm_id))
            _break(work, alarm_id, type(error).__name__)


def _break(work: Work, alarm_id: UUID, problem: str) -> None:
    """Leave the alarm in a person's queue; a verdict that stands is not touched by a fault of the house."""
    test = alarm_id in dedupe.tests(work, [alarm_id])
    docketed = Docketed(work, store.cases.lock(work, [alarm_id], test=test)[alarm_id])
    case = docketed.case
    if case.merged_into is None and case.verdict is Verdict.PERSON:
        basis = case.basis or Basis(zone=Zone.UNKNOWN, seen_s=0.0, frames=0, observation_id=None, finding_id=None)
        _queue(docketed, (Reason(Code.BROKEN, Source.HOUSE, problem),), basis)
    docketed.close()


def _follow(work: Work, bench: Bench, alarm_id: UUID) -> None:
    """Consider an alarm, or follow its merge into another, or its return."""
    alarm = dedupe.alarm(work, alarm_id)
    cases = store.cases.lock(work, {alarm_id, alarm.id}, test=alarm.test)  # a test merges with tests only
    docketed = Docketed(work, cases[alarm.id])
    if docketed.case.merged_into is not None:
        docketed.add(Parted())
    if alarm.id != alarm_id:
        _merge(work, Docketed(work, cases[alarm_id]), docketed)
    seen = gather(work, alarm, docketed.case)
    moved = store.cases.write_head(work, alarm.id, seen.head)
    if docketed.case.verdict is not Verdict.CONFIRMED:
        _judge(work, bench, docketed, seen)
    case = docketed.close(moved=moved)
    if alarm.test and case.look_at is None and case.ask_id is None:
        store.synthetics.arrive(work, alarm.streams, case.verdict)


def _merge(work: Work, gone: Docketed, kept: Docketed) -> None:
    """Follow a merge; the graver of two verdicts holds: what a person saw, or was to see, the other never silences."""
    if gone.case.merged_into == kept.case.alarm_id:
        return
    if gone.case.merged_into is not None:
        gone.add(Parted())
    told = gone.case
    if kept.case.verdict is Verdict.REJECTED and told.verdict is not Verdict.REJECTED and told.since is not None:
        kept.add(SilenceEnded(Code.CHANGED))
    if kept.case.verdict is Verdict.PERSON and told.basis is not None:
        if told.verdict is Verdict.CONFIRMED:
            _drop_ask(work, kept.case)
            kept.add(Confirmed(told.reasons, told.basis))
        elif told.verdict is Verdict.PERSON and _sticky(told):
            _drop_ask(work, kept.case)
            _queue(kept, told.reasons, told.basis)
    _drop_ask(work, told)
    gone.add(Merged(kept.case.alarm_id))
    gone.close()


def _judge(work: Work, bench: Bench, docketed: Docketed, seen: Seen) -> None:
    """Draw the verdict from all voices as they are now."""
    case, now = docketed.case, work.now()
    if case.verdict is Verdict.PERSON and (_held(case, bench, now) or _sticky(case)):
        return
    outcomes = look(scene(work, seen))
    against = tuple(one.reason for one in outcomes if one.reason is not None)
    again = False
    if case.verdict is Verdict.REJECTED:
        why = ends(
            case,
            now,
            bench.policy,
            seen.basis,
            words=Code.WORDS if seen.words else Code.GAS_LEAK if seen.leak else None,
            against=(*against, *out_of_range(seen.basis.zone)),
            changed=changed(seen.basis_sight, seen.views, seen.basis.zone),
        )
        if why is None:
            return
        docketed.add(SilenceEnded(why))
        again = why is Code.PRESENT_AGAIN
    if outcomes != docketed.case.scene:
        docketed.add(Ruled(outcomes, seen.basis.zone, seen.basis.frames))
    docket = Docket(
        zone=seen.basis.zone,
        scene=against,
        words=seen.words,
        leak=seen.leak,
        device=seen.device,
        sighted=bool(seen.views),
        opinion=docketed.case.opinion,
        can_ask=_can_ask(bench, docketed.case, seen) and not _off(work, bench),
        again=again,
        wait_until=_may_drive_on(bench, seen, now),
    )
    _take(work, bench, docketed, seen, rule(docket, now, bench.policy))


def _held(case: Case, bench: Bench, now: datetime) -> bool:
    """Tell whether a person is looking at it right now."""
    return case.taken_at is not None and now < case.taken_at + bench.policy.hold


def _sticky(case: Case) -> bool:
    return bool({one.code for one in case.reasons} & _STICKY)


def _can_ask(bench: Bench, case: Case, seen: Seen) -> bool:
    if seen.alarm.test and bench.second is not None and bench.second.patience_s > 0:
        return False  # a test costs nobody anything: an endpoint has a budget, and an alarm of its own when it is down
    return bench.second is not None and bool(seen.alarm.evidence) and (not case.episode_ask or case.ask_id is not None)


def _off(work: Work, bench: Bench) -> bool:
    """Return whether the house's own verifier is switched off; an endpoint's switches are asked at its door."""
    local = bench.second is not None and bench.second.name == LOCAL
    return local and people.Switchboard(work).off(VERIFIER) is not None


def _may_drive_on(bench: Bench, seen: Seen, now: datetime) -> datetime | None:
    """Return until when a machine just seen first may drive on; None, too, where its camera's clock runs ahead."""
    if not timed(seen.alarm) or not seen.views:
        return None
    first_s, last_s = span(seen.alarm)
    if last_s - first_s >= bench.policy.dwell_s:
        return None
    until = datetime.fromtimestamp(first_s, UTC) + timedelta(seconds=bench.policy.dwell_s)
    return until if until <= now + timedelta(seconds=2 * bench.policy.dwell_s) else None


def _take(work: Work, bench: Bench, docketed: Docketed, seen: Seen, step: Step) -> None:
    """Let a step happen to the case."""
    now, policy = work.now(), bench.policy
    patience = timedelta(seconds=0.0 if bench.second is None else bench.second.patience_s)
    if step.act is Act.PERSON:
        _drop_ask(work, docketed.case)
        _queue(docketed, step.reasons, seen.basis)
    elif step.act is Act.WAIT:
        until = _may_drive_on(bench, seen, now) or now
        if docketed.case.look_at != until:
            docketed.add(Queued(step.reasons, until + patience + policy.grace, until, seen.basis))
    elif step.act is Act.ASK:
        _ask(work, bench, docketed, seen, step)
    elif step.act is Act.CONFIRM:
        _drop_ask(work, docketed.case)
        docketed.add(Confirmed(step.reasons, seen.basis))
    elif step.until is not None:
        _drop_ask(work, docketed.case)
        docketed.add(Silenced(step.reasons, step.until, seen.basis))
        if not docketed.case.audit and not seen.alarm.test and work.chance() < policy.audit_share:
            docketed.add(AuditDrawn(now))


def _queue(docketed: Docketed, reasons: tuple[Reason, ...], basis: Basis) -> None:
    """Ask for a person now; what stands in the queue already keeps its place, and the same is not said twice."""
    case, now = docketed.case, docketed.work.now()
    waits = case.since is not None and case.look_at is None and case.ask_id is None and case.due_at is not None
    if not waits or [one.code for one in case.reasons] != [one.code for one in reasons]:
        docketed.add(Queued(reasons, now if case.due_at is None else min(now, case.due_at), None, basis))


def _ask(work: Work, bench: Bench, docketed: Docketed, seen: Seen, step: Step) -> None:
    """Put the question to the second judge, or hear one that answers at once."""
    case, second, now = docketed.case, bench.second, work.now()
    if case.ask_id is not None or second is None:
        return
    ask_id = work.ids.new()
    due_at = over_at = now + timedelta(seconds=second.patience_s) + bench.policy.grace
    if case.since is not None and case.since < now and case.due_at is not None:
        due_at = min(due_at, case.due_at)  # what people see already does not vanish from their queue
    docketed.add(Queued(step.reasons, due_at, None, seen.basis))
    docketed.add(Asked(ask_id, second.name, due_at))
    if second.patience_s > 0:
        store.asks.add(work, ask_id, case.alarm_id, over_at)
        return
    docketed.add(_said(ask_id, opinion_of(second, _case(work, ask_id, seen))))
    _judge(work, bench, docketed, seen)


def opinion_of(second: SecondJudge, case: JudgeCase) -> Opinion:
    """Return what a second judge says, a failure where it breaks or makes no sense; never raises."""
    try:
        return sound(second.judge(case), second.name)
    except Exception as error:  # whatever a judge throws is one failed question
        log.exception("second judge raised", judge=second.name)
        return Opinion(OpinionKind.FAILED, judge=second.name, problem=f"broke ({type(error).__name__})")


def _said(ask_id: UUID, opinion: Opinion) -> Answered | Failed:
    return Failed(ask_id, opinion) if opinion.kind is OpinionKind.FAILED else Answered(ask_id, opinion)


def _drop_ask(work: Work, case: Case) -> None:
    if case.ask_id is not None:
        store.asks.drop(work, case.ask_id)


def _case(work: Work, ask_id: UUID, seen: Seen) -> JudgeCase:
    alarm = seen.alarm
    looks = [one.features for view in seen.views for one in view.sights[-_LOOKS:] if one.features]
    return JudgeCase(
        ask_id=ask_id,
        tenant_id=alarm.tenant_id,
        alarm_id=alarm.id,
        what=alarm.cls if alarm.type is None else alarm.type,
        score=alarm.score,
        picture=alarm.evidence,
        box=alarm.evidence_box,
        zone=alarm.answer.zone,
        distance_m=alarm.answer.distance_m,
        camera=seen.camera,
        note=seen.note,
        looks=tuple(one for one in looks if len(one) == len(looks[-1])),
        questions=questions(work),
    )


def put(work: Work, ask_id: UUID, alarm_id: UUID) -> JudgeCase | None:
    """Return the case behind a question as it is now; None when nobody needs the answer any more."""
    case, alarm = store.cases.read(work, [alarm_id]).get(alarm_id), dedupe.alarm(work, alarm_id)
    if case is None or case.ask_id != ask_id or case.merged_into is not None or alarm.id != alarm_id:
        store.asks.drop(work, ask_id)
        return None
    return _case(work, ask_id, gather(work, alarm, case))


def hear(work: Work, bench: Bench, ask_id: UUID, alarm_id: UUID, opinion: Opinion) -> None:
    """Take the second judge's opinion; one that comes late, or after a verdict, may only add suspicion."""
    store.asks.drop(work, ask_id)
    docketed = Docketed(work, store.cases.lock(work, [alarm_id])[alarm_id])
    awaited = docketed.case.ask_id == ask_id
    docketed.add(_said(ask_id, opinion))
    case = docketed.case
    suspects = opinion.kind is OpinionKind.YES or opinion.instruction_like_text
    silent = case.merged_into is None and case.verdict is Verdict.REJECTED and case.by is not Source.PERSON
    if suspects and silent and case.basis is not None:
        docketed.add(SilenceEnded(Code.DISAGREE))
        why = Code.INSTRUCTION if opinion.instruction_like_text else Code.DISAGREE
        _queue(docketed, (Reason(why, Source.HOUSE), *voice(opinion)), case.basis)
    docketed.close()
    if awaited and case.verdict is Verdict.PERSON:
        consider(work, bench, [alarm_id])


def give_up(work: Work, bench: Bench, *, limit: int = 100) -> int:
    """Put an end to questions whose time is over and return how many; their alarms stand before people already."""
    found = store.asks.late(work, limit)
    for ask_id, alarm_id in found:
        name = "" if bench.second is None else bench.second.name
        opinion = Opinion(OpinionKind.FAILED, judge=name or "second", problem="no answer in its time")
        hear(work, bench, ask_id, alarm_id, opinion)
    return len(found)


def look_again(work: Work, bench: Bench, *, limit: int = 100) -> int:
    """Consider the alarms that the clock wants looked at and return how many."""
    found = store.cases.to_look_at(work, work.now(), limit)
    consider(work, bench, found)
    return len(found)
