"""The law as properties: no model alone silences anything, however often it speaks; every failure ends at people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge.facts import Code, JudgePolicy, Opinion, OpinionKind, Reason, Source, Told
from pipewarden.judge.rules import Act, Docket, rule, sound, voice
from pipewarden.judge.rules.law import PAPERS, STANDING
from pipewarden.network.facts import INSIDE, Zone

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POLICY = JudgePolicy()
SCENE = (
    Code.FILED,
    Code.OPEN_SITE,
    Code.YARD,
    Code.OUTSIDE_CORRIDOR,
    Code.BACKGROUND,
    Code.PASSING,
    Code.NOT_STATIONARY,
    Code.PARKED,
    Code.UNCHANGED,
)

opinions = st.builds(
    Opinion,
    kind=st.sampled_from(OpinionKind),
    judge=st.just("openai"),
    model=st.sampled_from(["vl-1", None]),
    reasons=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    cost=st.integers(0, 9999),
    instruction_like_text=st.booleans(),
)
reasons = st.builds(
    Reason,
    code=st.sampled_from(SCENE),
    source=st.just(Source.RULE),
    closes=st.booleans(),
    until=st.none() | st.integers(1, 90_000).map(lambda s: NOW + timedelta(seconds=s)),
)
papers = reasons.map(lambda one: replace(one, closes=True) if one.code in PAPERS else one)
dockets = st.builds(
    Docket,
    zone=st.sampled_from(Zone),
    scene=st.lists(papers, max_size=4).map(tuple),
    words=st.booleans(),
    opinion=st.none() | opinions,
    can_ask=st.booleans(),
    again=st.booleans(),
    wait_until=st.none() | st.integers(-100, 100).map(lambda s: NOW + timedelta(seconds=s)),
)


@given(dockets)
def test_a_rejection_always_has_a_voice_that_is_no_models(docket: Docket):
    step = rule(docket, NOW, POLICY)
    if step.act is Act.REJECT:
        others = [one for one in step.reasons if one.source in {Source.RULE, Source.PLACE}]
        assert others
        assert all(one.closes for one in others) or any(one.code is Code.MODEL_NO for one in step.reasons)
        assert step.until is not None
        assert NOW < step.until <= NOW + timedelta(hours=24)
    else:
        assert step.until is None


@given(dockets.filter(lambda one: not one.scene and one.zone is not Zone.OUTSIDE))
def test_without_a_rule_and_in_range_or_unknown_nothing_is_ever_rejected(docket: Docket):
    assert rule(docket, NOW, POLICY).act is not Act.REJECT


@given(dockets)
def test_words_of_people_and_instructions_go_to_people(docket: Docket):
    step = rule(docket, NOW, POLICY)
    if docket.words or (docket.opinion is not None and docket.opinion.instruction_like_text):
        assert step.act is Act.PERSON


@given(dockets, st.sampled_from([OpinionKind.FAILED, OpinionKind.UNSURE]))
def test_no_answer_or_an_unsure_one_goes_to_people_unless_a_rule_closes(docket: Docket, kind: OpinionKind):
    asked = replace(docket, opinion=Opinion(kind, judge="openai", model="vl-1"))
    step = rule(asked, NOW, POLICY)
    closing = any(one.closes for one in docket.scene)
    assert step.act is (Act.REJECT if step.act is Act.REJECT and closing else Act.PERSON)


@given(dockets)
def test_only_a_models_yes_without_anything_against_it_confirms(docket: Docket):
    step = rule(docket, NOW, POLICY)
    if step.act is Act.CONFIRM:
        assert docket.opinion is not None
        assert docket.opinion.kind is OpinionKind.YES
        assert docket.scene == ()
        assert not docket.words


@given(dockets)
def test_what_stands_there_again_in_the_protection_range_goes_to_people(docket: Docket):
    again = replace(docket, again=True, zone=Zone.UNKNOWN)
    step = rule(again, NOW, POLICY)
    covered = {one.code for one in again.scene if one.closes} & STANDING
    assert step.act is Act.PERSON or covered


@given(dockets)
def test_waiting_and_asking_come_only_before_an_opinion_and_never_for_ever(docket: Docket):
    step = rule(docket, NOW, POLICY)
    if step.act in {Act.WAIT, Act.ASK}:
        assert docket.opinion is None
        assert not any(one.closes for one in docket.scene)
    if step.act is Act.WAIT:
        assert docket.wait_until is not None
        assert docket.wait_until > NOW
    asked = replace(docket, opinion=None, can_ask=False, wait_until=None)
    assert rule(asked, NOW, POLICY).act in {Act.PERSON, Act.REJECT}


@given(dockets)
def test_more_suspicion_never_makes_an_alarm_quieter(docket: Docket):
    """A graver zone, a report or another failure may only move towards people."""
    before = rule(docket, NOW, POLICY).act
    for more in (replace(docket, words=True), replace(docket, again=True, zone=Zone.PROTECTION)):
        after = rule(more, NOW, POLICY).act
        if before is not Act.REJECT:
            assert after is not Act.REJECT or {one.code for one in docket.scene if one.closes} & STANDING
    if docket.zone is Zone.OUTSIDE and before is not Act.REJECT:
        assert rule(replace(docket, zone=Zone.PROTECTION), NOW, POLICY).act is not Act.REJECT


def test_unknown_counts_as_inside():
    assert {Zone.PROTECTION, Zone.UNKNOWN} == INSIDE


@pytest.mark.parametrize("zone", list(Zone))
def test_a_models_no_alone_silences_only_what_is_known_to_lie_outside_every_range(zone: Zone):
    step = rule(Docket(zone=zone, opinion=Opinion(OpinionKind.NO, judge="openai", model="m")), NOW, POLICY)
    if zone is Zone.OUTSIDE:
        assert (step.act, [one.code for one in step.reasons]) == (Act.REJECT, [Code.MODEL_NO, Code.OUT_OF_RANGE])
    else:
        assert (step.act, step.reasons[0].code) == (Act.PERSON, Code.ONE_VOICE)


def test_a_silence_ends_with_the_hours_of_its_paper():
    ends = NOW + timedelta(hours=3)
    filed = Reason(Code.FILED, Source.RULE, closes=True, until=ends)
    assert rule(Docket(zone=Zone.PROTECTION, scene=(filed,)), NOW, POLICY).until == ends


def test_filed_works_that_a_model_sees_are_watched_and_not_alarmed():
    filed = Reason(Code.FILED, Source.RULE, closes=True)
    yes = Opinion(OpinionKind.YES, judge="openai", model="m")
    assert rule(Docket(zone=Zone.PROTECTION, scene=(filed,), opinion=yes), NOW, POLICY).act is Act.REJECT


def test_a_yes_against_a_rule_is_a_persons_to_settle():
    parked = Reason(Code.PARKED, Source.RULE)
    step = rule(
        Docket(zone=Zone.CONTROL, scene=(parked,), opinion=Opinion(OpinionKind.YES, judge="o", model="m")), NOW, POLICY
    )
    assert (step.act, step.reasons[0].code) == (Act.PERSON, Code.DISAGREE)


def test_a_judge_without_a_model_that_is_unsure_is_no_voice():
    assert voice(Opinion(OpinionKind.UNSURE, judge="local")) == ()
    assert voice(None) == ()
    [said] = voice(Opinion(OpinionKind.FAILED, judge="openai", problem="timeout: did not answer"))
    assert (said.code, said.words) == (Code.MODEL_FAILED, "openai: timeout: did not answer")


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "no",
        {"kind": "no"},
        Opinion("maybe", judge="x"),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", cost=-1),
        Opinion(OpinionKind.NO, judge="x", cost=10**12),
        Opinion(OpinionKind.NO, judge="x", cost=True),
        Opinion(OpinionKind.NO, judge="x", cost=float("nan")),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", reasons=None),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", reasons=(3,)),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", answers=("yes",)),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", answers=(Told("machine", "maybe"),)),  # type: ignore[arg-type]
        Opinion(OpinionKind.NO, judge="x", answers=(Told("machine", "yes"),) * 41),
        Opinion(OpinionKind.NO, judge="x", call_id="a call"),  # type: ignore[arg-type]
    ],
)
def test_nonsense_is_a_failure(nonsense: object):
    said = sound(nonsense, "x")
    assert said.kind is OpinionKind.FAILED
    assert said.problem


def test_nonsense_is_still_paid_for_recorded_and_flagged():
    paid = Opinion("maybe", judge="x", cost=7, call_id=UUID(int=3), instruction_like_text=True)  # type: ignore[arg-type]
    said = sound(paid, "openai")
    assert (said.kind, said.cost, said.call_id) == (OpinionKind.FAILED, 7, UUID(int=3))
    assert said.instruction_like_text
    dear = sound(replace(paid, cost=10**12), "openai")
    assert (dear.kind, dear.cost, dear.call_id) == (OpinionKind.FAILED, 0, UUID(int=3))
    lost = sound(replace(paid, kind=OpinionKind.NO, call_id="3"), "openai")  # type: ignore[arg-type]
    assert (lost.kind, lost.cost, lost.call_id) == (OpinionKind.FAILED, 7, None)


def test_a_sound_opinion_keeps_its_meaning_and_loses_what_no_page_can_show():
    answers = (Told("is\ud800 it", "no"),)
    given = Opinion(
        OpinionKind.NO, judge="liar", model="m\x00", reasons=("a\ud800b\x07" + "c" * 900,), answers=answers, cost=3
    )
    said = sound(given, "openai")
    assert (said.kind, said.judge, said.cost, said.model) == (OpinionKind.NO, "openai", 3, "m ")
    [words] = said.reasons
    assert len(words) == 500
    assert words.startswith("a?b c")
    assert said.answers == (Told("is? it", "no"),)
    assert sound(replace(given, problem="x"), "openai").problem is None


@given(dockets)
def test_gas_in_the_air_goes_to_people_at_once(docket: Docket):
    step = rule(replace(docket, leak=True), NOW, POLICY)
    assert step.act is Act.PERSON
    assert step.reasons[0].code is (Code.WORDS if docket.words else Code.GAS_LEAK)


@given(dockets)
def test_a_device_alone_is_never_confirmed_and_never_rejected_but_by_papers(docket: Docket):
    step = rule(replace(docket, device=True, sighted=False), NOW, POLICY)
    if step.act is not Act.PERSON:
        assert step.act is Act.REJECT
        assert {one.code for one in step.reasons} & PAPERS


@given(dockets)
def test_beside_a_device_no_model_and_no_picture_rule_silences_what_our_own_eye_sees(docket: Docket):
    step = rule(replace(docket, device=True, sighted=True), NOW, POLICY)
    if step.act is Act.REJECT:
        assert {one.code for one in step.reasons} & PAPERS
