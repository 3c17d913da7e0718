"""Any order of pictures, answers, failures and silences of the house: in range, no model ever quiets an alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipewarden.judge import jobs, service
from pipewarden.judge.facts import JudgePolicy, Opinion, OpinionKind, Rule, Source, Verdict
from pipewarden.judge.service import Bench
from pipewarden.network.facts import Zone

POLICY = JudgePolicy()
MOVES = (
    st.sampled_from(["yes", "no", "unsure", "failed", "instruction", "late no", "late yes", "raise", "nonsense"]),
    st.sampled_from(["frame", "frame elsewhere", "drain twice", "clock", "an hour", "a day", "asks are down"]),
)
ONCE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(word: str) -> object:
    if word == "raise":
        return ZeroDivisionError()
    if word == "nonsense":
        return {"verdict": "nothing"}
    kind = "no" if word == "instruction" else word.removeprefix("late ")
    return Opinion(OpinionKind(kind), judge="m", model="m", instruction_like_text=word == "instruction")


class Play:
    """One alarm, and everything that may happen to it."""

    def __init__(self, street: Any, scripted: Any, zone: Zone) -> None:
        self.street, self.judge = street, scripted([answer("no")])
        street.bench, street.zone = Bench(second=self.judge), zone
        self.camera = street.camera("cam-a", calibrated=zone is not Zone.UNKNOWN)
        service.set_rules(street.work, street.root(), self.camera, list(Rule), "")  # no rule speaks, only models
        self.alarm, self.said_yes = street.seen(), False

    def move(self, word: str) -> None:
        street = self.street
        before = street.case(self.alarm)
        if word in {"frame", "frame elsewhere"}:
            street.frame((600.0, 400.0, 120.0, 80.0) if word == "frame" else (100.0, 300.0, 60.0, 40.0))
            street.judge()
        elif word == "drain twice":
            street.judge()
            street.judge()
        elif word == "clock":
            jobs.sweep(street.begin, street.bench)
        elif word in {"an hour", "a day"}:
            street.clock.advance(timedelta(hours=1 if word == "an hour" else 24))
        elif word.startswith("late "):
            ask_id = before.ask_id or street.work.ids.new()
            self.said_yes |= word == "late yes" and before.ask_id is not None
            service.hear(street.work, street.bench, ask_id, self.alarm, answer(word))
        elif word != "asks are down":
            self.judge.says = [answer(word)]
            self.said_yes |= word == "yes"
            jobs.ask_waiting(street.begin, street.bench, hands=1)

    def check(self) -> None:
        case, now = self.street.case(self.alarm), self.street.clock.now()
        assert case.verdict is not Verdict.REJECTED
        if case.verdict is Verdict.CONFIRMED:
            assert self.said_yes
            return
        assert case.due_at is not None
        latest = timedelta(seconds=self.judge.patience_s + POLICY.dwell_s) + POLICY.grace
        assert case.due_at <= now + latest
        self.street.clock.advance(latest)
        assert self.alarm in self.street.queue()
        self.street.clock.advance(-latest)


@ONCE
@given(st.sampled_from([Zone.PROTECTION, Zone.UNKNOWN]), st.lists(st.one_of(*MOVES), min_size=3, max_size=9))
def test_no_sequence_of_a_models_answers_closes_or_silences_in_range(
    street: Any, scripted: Any, zone: Zone, words: list[str]
):
    with street.work.session.begin_nested() as whole:
        at, known = street.clock.moment, dict(street.cameras)
        play = Play(street, scripted, zone)
        for word in words:
            play.move(word)
            play.check()
        whole.rollback()
    street.clock.moment, street.cameras = at, known
    street.work.take_facts()


@ONCE
@given(st.lists(st.one_of(*MOVES), min_size=3, max_size=9))
def test_a_model_in_front_of_rules_never_silences_longer_than_a_day_and_never_without_them(
    street: Any, scripted: Any, words: list[str]
):
    """Outside every range a no has the place as its second voice; each silence names it and ends."""
    with street.work.session.begin_nested() as whole:
        at, known = street.clock.moment, dict(street.cameras)
        play = Play(street, scripted, Zone.OUTSIDE)
        for word in words:
            play.move(word)
            case = street.case(play.alarm)
            if case.verdict is Verdict.REJECTED:
                assert {one.source for one in case.reasons} & {Source.RULE, Source.PLACE}
                assert case.until is not None
                assert case.since is not None
                assert case.until - case.since <= POLICY.silence
            elif case.verdict is Verdict.PERSON:
                assert case.due_at is not None
        whole.rollback()
    street.clock.moment, street.cameras = at, known
    street.work.take_facts()


@pytest.mark.parametrize(("zone", "verdict"), [(Zone.PROTECTION, Verdict.PERSON), (Zone.OUTSIDE, Verdict.REJECTED)])
def test_the_sequences_really_come_to_silences(street: Any, scripted: Any, zone: Zone, verdict: Verdict):
    """The properties above would hold of a house that does nothing."""
    play = Play(street, scripted, zone)
    play.move("no")
    assert street.case(play.alarm).verdict is verdict
    assert len(play.judge.cases) == 1
