"""The law of this slice: a no needs two voices, one of them no model's; everything that is unsure goes to a person.

Pure, so that no order of answers, failures and pictures can be left untried (tests/unit/judge/test_judge_law.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.judge.facts import PAPERS, Code, Opinion, OpinionKind, Reason, Source
from pipewarden.network.facts import INSIDE, Zone

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.judge.facts import JudgePolicy

STANDING = PAPERS | {Code.YARD}  # rest on a person's own word, so standing there again is no news


class Act(StrEnum):
    """What follows."""

    PERSON = "person"
    REJECT = "reject"
    CONFIRM = "confirm"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Docket:
    """Everything the law looks at.

    Attributes:
        scene: reasons of the rules that fired.
        words: somebody reported it: a person's words never have to pass a rule or a model.
        leak: gas was measured in the air there.
        device: a device says so; ``sighted``: and our own eye sees a machine there.
        opinion: of the second judge, None while it has none.
        can_ask: there is a second judge, and it was not asked in this episode.
        again: it stood there again, over the rounds of the policy, after it was rejected.
        wait_until: until then the machine may still drive on; None where time tells nothing.
    """

    zone: Zone
    scene: tuple[Reason, ...] = ()
    words: bool = False
    leak: bool = False
    device: bool = False
    sighted: bool = True
    opinion: Opinion | None = None
    can_ask: bool = False
    again: bool = False
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows, and why; ``until`` is set exactly for a rejection."""

    act: Act
    reasons: tuple[Reason, ...]
    until: datetime | None = None


def rule(docket: Docket, now: datetime, policy: JudgePolicy) -> Step:
    """Return what follows for one alarm: the first article that speaks decides, and the last one always does."""
    steps = (article(docket, now, policy) for article in ARTICLES)
    return next(step for step in steps if step is not None)


def reported(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """A person's report goes to a person."""
    return _person(Code.WORDS, docket) if docket.words else None


def leaking(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """Gas in the air goes to a person at once: no paper, no picture and no model speaks of it."""
    return _person(Code.GAS_LEAK, docket) if docket.leak else None


def instructed(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """Words that read like an instruction to a model go to a person, whatever the model made of them."""
    flagged = docket.opinion is not None and docket.opinion.instruction_like_text
    return _person(Code.INSTRUCTION, docket) if flagged else None


def papered(docket: Docket, now: datetime, policy: JudgePolicy) -> Step | None:
    """Works that are filed for this hour, or a site that somebody is in charge of, are watched and not alarmed."""
    return _reject(tuple(one for one in docket.scene if one.code in PAPERS), now, policy)


def present_again(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """What stands in the protection range again and again goes to a person, unless a person's own word covers it."""
    standing = any(one.closes and one.code in STANDING for one in docket.scene)
    if docket.again and docket.zone in INSIDE and not standing:
        return _person(Code.PRESENT_AGAIN, docket)
    return None


def sensed(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """A device's word alone goes to a person; beside a sighting it may be confirmed, never silenced."""
    if not docket.device:
        return None
    if not docket.sighted:
        return _person(Code.DEVICE, docket)
    against = docket.scene or (docket.opinion is not None and docket.opinion.kind is OpinionKind.NO)
    return _person(Code.DISAGREE, docket) if against else None


def affirmed(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step | None:
    """A model's yes confirms where nothing speaks against it."""
    if docket.opinion is None or docket.opinion.kind is not OpinionKind.YES:
        return None
    return _person(Code.DISAGREE, docket) if docket.scene else Step(Act.CONFIRM, voice(docket.opinion))


def closed(docket: Docket, now: datetime, policy: JudgePolicy) -> Step | None:
    """A scene rule that may close alone does, before any model is asked."""
    return _reject(tuple(one for one in docket.scene if one.closes), now, policy)


def unspoken(docket: Docket, now: datetime, _policy: JudgePolicy) -> Step | None:
    """Before the second judge has spoken: wait for the next look, then ask, and where nobody can be asked, a person."""
    if docket.opinion is not None:
        return None
    if docket.wait_until is not None and now < docket.wait_until:
        return Step(Act.WAIT, (Reason(Code.WAITING, Source.HOUSE), *docket.scene))
    if docket.can_ask:
        return Step(Act.ASK, (Reason(Code.ASKED, Source.HOUSE), *docket.scene))
    return _person(Code.UNDECIDED, docket)


def seconded(docket: Docket, now: datetime, policy: JudgePolicy) -> Step | None:
    """A model's no silences a place where a voice that is no model's says so too."""
    if docket.opinion is None or docket.opinion.kind is not OpinionKind.NO:
        return None
    seconds = (*docket.scene, *out_of_range(docket.zone))
    if not seconds:
        return _person(Code.ONE_VOICE, docket)
    return _reject((*voice(docket.opinion), *seconds), now, policy)


def unsure(docket: Docket, _now: datetime, _policy: JudgePolicy) -> Step:
    """Everything else goes to a person: a judge that is unsure, down, slow, over budget, or talks nonsense."""
    return _person(Code.UNDECIDED, docket)


ARTICLES = (reported, leaking, instructed, papered, present_again, sensed, affirmed, closed, unspoken, seconded, unsure)


def out_of_range(zone: Zone) -> tuple[Reason, ...]:
    """Return the place as a voice against an alarm, where it is known to lie outside every range."""
    return (Reason(Code.OUT_OF_RANGE, Source.PLACE),) if zone is Zone.OUTSIDE else ()


def _person(why: Code, docket: Docket) -> Step:
    return Step(Act.PERSON, (Reason(why, Source.HOUSE), *voice(docket.opinion), *docket.scene))


def _reject(reasons: tuple[Reason, ...], now: datetime, policy: JudgePolicy) -> Step | None:
    if not reasons:
        return None
    ends = [one.until for one in reasons if one.until is not None]
    return Step(Act.REJECT, reasons, min([now + policy.silence, *ends]))


def voice(opinion: Opinion | None) -> tuple[Reason, ...]:
    """Return an opinion as a reason; nothing where no model has one."""
    if opinion is None or (opinion.model is None and opinion.kind is OpinionKind.UNSURE):
        return ()
    code = {
        OpinionKind.YES: Code.MODEL_YES,
        OpinionKind.NO: Code.MODEL_NO,
        OpinionKind.UNSURE: Code.MODEL_UNSURE,
        OpinionKind.FAILED: Code.MODEL_FAILED,
    }[opinion.kind]
    who = opinion.judge if opinion.model is None else f"{opinion.judge} {opinion.model}"
    words = f"{who}: {opinion.problem or '; '.join(opinion.reasons) or opinion.kind}"
    return (Reason(code, Source.MODEL, words),)
