"""Turns at labelling: drawn blind, gold among them, returned with a reason, settled, charged once; review; rounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from label_town import NO, YES, LabelTown

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import EngagementState, Tool
from pipewarden.market.facts.labels import AnswerState, Choice, ItemState, LabelKind, Said, Standing, Verdict
from pipewarden.market.facts.metering import DemandState
from pipewarden.market.service import (
    booking,
    engagements,
    engaging,
    experts,
    experts_home,
    labelling,
    labelling_adding,
    labelling_figures,
    labelling_items,
    labelling_progress,
    labelling_settling,
)
from pipewarden.market.store import commissions as commission_store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import labels as store
from pipewarden.market.store import metering as meter_store
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.market.facts.labels import Answer
    from pipewarden.people.facts import Actor

DAY = timedelta(days=1)


@pytest.fixture
def town(work: Work, clock: SetClock) -> Iterator[LabelTown]:
    made = LabelTown(work, clock)
    yield made
    assert made.whole()
    found = booking.check_meters(work)
    assert (found.difference, found.problems) == (0, ())


def three(town: LabelTown, commission: Commission) -> list[tuple[Actor, Engagement]]:
    return [town.labeller(commission, volume=30) for _ in range(3)]


def proven(town: LabelTown, who: Actor, part: Engagement, commission: Commission) -> None:
    """Let somebody pass the trial: ten gold items, all right."""
    own = set(town.items(commission, 10, gold=YES))
    for gold in own:
        turn = labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(gold.id, gold=True))
        labelling.answer(town.work, who, turn.answer.id, YES)
        store.change_item(town.work, replace(gold, told=True))
    assert labelling.stands(town.work, who.id) is Standing.GOOD


def answer_of(town: LabelTown, answer_id: UUID) -> Answer:
    found = store.answer(town.work, store.of_tenant(town.work), answer_id)
    assert found is not None
    return found


def test_three_answer_an_item_and_a_fourth_finds_nothing(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    (item,) = town.items(commission, 1)
    people_there = three(town, commission)
    for who, part in people_there:
        assert town.does(who, part, YES)
    fourth, part = town.labeller(commission)
    assert labelling.next_turn(town.work, fourth, part.id) is None
    who, part = people_there[0]
    assert labelling.next_turn(town.work, who, part.id) is None, "nobody is asked twice"
    found = store.item(town.work, item.id)
    assert found is not None
    assert found.asked == 3


def test_what_was_drawn_is_shown_again_until_it_is_answered(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 5)
    who, part = town.labeller(commission)
    first = labelling.next_turn(town.work, who, part.id)
    again = labelling.next_turn(town.work, who, part.id)
    assert first is not None
    assert again == first


def test_a_turn_tells_nothing_that_its_person_must_not_know(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    town.items(commission, 1, authors=(town.expert().person_id,))
    (first, part), (second, other), _ = three(town, commission)
    town.does(first, part, YES)
    turn = labelling.next_turn(town.work, second, other.id)
    assert turn is not None
    hidden = turn.item
    assert (hidden.gold, hidden.reason, hidden.source, hidden.authors, hidden.asked) == (None, "", "", (), 0)
    assert (turn.answer.measures, turn.answer.right_first) == (False, None)


def test_gold_and_plain_turns_look_alike(town: LabelTown) -> None:
    commission = town.kept()
    (gold,) = town.items(commission, 1, gold=YES, reason="管身开裂")
    (plain,) = town.items(commission, 1)
    who, part = town.labeller(commission)
    turns = [
        labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(one.id, gold=one.gold is not None))
        for one in (gold, plain)
    ]
    given = [labelling.answer(town.work, who, turn.answer.id, YES) for turn in turns]
    seen = labelling.turns(town.work, who, limit=10)
    assert [one.state for one in given] == [AnswerState.GIVEN, AnswerState.GIVEN]
    assert {one.item.state for one in seen} == {ItemState.OPEN}
    assert {(one.item.settled, one.answer.reason, one.item.reason) for one in seen} == {(None, "", "")}


def test_that_an_answer_was_right_is_told_when_it_is_charged(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept()
    who, part = town.labeller(commission, volume=30)
    proven(town, who, part, commission)
    town.items(commission, 1)
    given = town.does(who, part, YES)
    assert given is not None
    labelling_items.review(town.work, town.manager, given.item_id, Verdict.ACCEPT, answer_id=given.id)
    assert answer_of(town, given.id).state is AnswerState.RIGHT
    seen = labelling.turns(town.work, who, limit=20)
    assert {one.answer.state for one in seen} == {AnswerState.GIVEN}, "else what stays as given is gold"
    assert {(one.item.state, one.item.settled) for one in seen} == {(ItemState.OPEN, None)}
    mine = labelling_progress.part(town.work, who, part.id)
    assert (mine.given, mine.right) == (11, 0)
    clock.advance(3 * DAY)
    assert labelling_settling.charge_due(town.work) == 11
    assert {one.answer.state for one in labelling.turns(town.work, who, limit=20)} == {AnswerState.RIGHT}
    mine = labelling_progress.part(town.work, who, part.id)
    assert (mine.given, mine.right) == (0, 11)


def test_a_wrong_gold_comes_back_once_with_its_reason_and_measures_nobody_any_more(town: LabelTown) -> None:
    commission = town.kept()
    (gold,) = town.items(commission, 1, gold=YES, reason="管身开裂")
    who, part = town.labeller(commission)
    turn = labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(gold.id, gold=True))
    back = labelling.answer(town.work, who, turn.answer.id, NO)
    assert back.state is AnswerState.RETURNED
    assert "hose_old" in back.reason
    assert "管身开裂" in back.reason
    first = labelling.next_turn(town.work, who, part.id)
    assert first is not None
    assert first.answer.id == back.id, "what came back comes first, to the same person"
    assert labelling.answer(town.work, who, back.id, YES).state is AnswerState.WRONG
    assert store.gold_of(town.work, [who.id])[who.id] == [False], "only the first try measures"
    told = store.item(town.work, gold.id)
    assert told is not None
    assert told.told
    assert not store.candidates(town.work, commission.id, town.expert().person_id, worn=30, limit=9)
    with pytest.raises(RefusedError, match="wrong"):
        labelling.answer(town.work, who, back.id, YES)


def test_gold_proves_skill_by_topic_from_the_next_day_on(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept()
    who, part = town.labeller(commission)
    proven(town, who, part, commission)
    assert experts_home.home(town.work, who).skills == [], "at once it would say which items were gold"
    clock.advance(DAY)
    found = {one.topic: (one.right, one.wrong) for one in experts.skills(town.work, [who.id])[who.id]}
    assert found == {"hose_old": (10, 0), "labelling": (10, 0)}


def test_who_fails_on_gold_is_stopped_until_somebody_looked(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept()
    who, part = town.labeller(commission)
    for gold in town.items(commission, 8, gold=YES):
        turn = labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(gold.id, gold=True))
        labelling.answer(town.work, who, turn.answer.id, NO)
        labelling.answer(town.work, who, turn.answer.id, YES)
    assert labelling.stands(town.work, who.id) is Standing.STOPPED
    town.items(commission, 1)
    with pytest.raises(RefusedError, match="too often wrong"):
        labelling.next_turn(town.work, who, part.id)
    root = people.operator()
    with pytest.raises(ForbiddenError):
        labelling.look_at(town.work, who, who.id, "I am good")
    clock.advance(timedelta(minutes=1))
    assert labelling.look_at(town.work, root, who.id, "题目过难") is Standing.TRIAL
    assert labelling.next_turn(town.work, who, part.id) is not None, "and goes on"
    assert [one.kind for one in expert_store.events(town.work, who.id)][-1] == "looked"


def test_a_twentieth_of_what_is_drawn_is_gold(town: LabelTown) -> None:
    commission = town.kept(volume=200, budget=26 * 10_000)
    town.items(commission, 120)
    town.items(commission, 40, gold=YES)
    who, part = town.labeller(commission, volume=200)
    for _ in range(60):
        town.does(who, part, YES)
    measured = len(store.gold_of(town.work, [who.id])[who.id])
    assert measured >= 3
    assert measured <= 30


def test_ones_own_picture_is_never_drawn(town: LabelTown) -> None:
    commission = town.kept()
    who, part = town.labeller(commission)
    town.items(commission, 3, authors=(who.id,))
    assert labelling.next_turn(town.work, who, part.id) is None


def test_two_accounts_with_one_payee_never_meet_at_an_item(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    town.items(commission, 1)
    (first, part), (second, other), (third, last) = three(town, commission)
    for one in (first, second):
        town.payee(one.id, "same")
    town.payee(third.id, "another")
    assert town.does(first, part, YES)
    assert labelling.next_turn(town.work, second, other.id) is None
    assert labelling.next_turn(town.work, third, last.id) is not None


def test_an_item_handed_back_goes_to_somebody_else(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 1)
    (first, part), (second, other), _ = three(town, commission)
    turn = labelling.next_turn(town.work, first, part.id)
    assert turn is not None
    labelling.hand_back(town.work, first, turn.answer.id)
    assert labelling.next_turn(town.work, first, part.id) is None
    assert labelling.next_turn(town.work, second, other.id) is not None


def test_an_item_that_nobody_answers_in_time_goes_to_somebody_else(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept()
    town.items(commission, 1)
    (first, part), (second, other), _ = three(town, commission)
    turn = labelling.next_turn(town.work, first, part.id)
    assert turn is not None
    assert labelling.next_turn(town.work, second, other.id) is None
    clock.advance(timedelta(minutes=31))
    with pytest.raises(RefusedError, match="late"):
        labelling.answer(town.work, first, turn.answer.id, YES)
    assert labelling.next_turn(town.work, second, other.id) is not None


def test_a_part_draws_no_more_than_its_volume(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 5)
    who, part = town.labeller(commission, volume=2)
    assert town.does(who, part, YES)
    assert town.does(who, part, YES)
    with pytest.raises(RefusedError, match="all the answers"):
        labelling.next_turn(town.work, who, part.id)


def test_a_part_that_does_not_run_draws_nothing(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 1)
    who, part = town.labeller(commission)
    commission_store.change_engagement(town.work, replace(part, state=EngagementState.DONE))
    with pytest.raises(RefusedError, match="done"):
        labelling.next_turn(town.work, who, part.id)


def test_another_ones_part_and_turn_are_not_found(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 1)
    (first, part), (second, _), _ = three(town, commission)
    turn = labelling.next_turn(town.work, first, part.id)
    assert turn is not None
    with pytest.raises(NotFoundError):
        labelling.next_turn(town.work, second, part.id)
    with pytest.raises(NotFoundError):
        labelling.answer(town.work, second, turn.answer.id, YES)


@pytest.mark.parametrize(
    ("kind", "said", "named"),
    [
        (LabelKind.HAZARDS, Said(matches=True, hazards=("volcano",)), "list"),
        (LabelKind.HAZARDS, Said(matches=False, hazards=("hose_old",)), "matches"),
        (LabelKind.HAZARDS, Said(matches=True, price=5), "price"),
        (LabelKind.PRICE, Said(matches=True), "price"),
        (LabelKind.DISPUTE, Said(matches=True), "choice"),
        (LabelKind.HAZARDS, Said(matches=True, choice=Choice.UPHELD), "choice"),
    ],
)
def test_an_answer_says_what_is_asked_and_nothing_else(
    town: LabelTown, kind: LabelKind, said: Said, named: str
) -> None:
    commission = town.kept()
    town.items(commission, 1, kind=kind)
    who, part = town.labeller(commission)
    with pytest.raises(InputError, match=named):
        town.does(who, part, said)


def test_what_three_agree_on_settles_and_is_charged_once_after_the_hold(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept(overlap=3)
    workers = three(town, commission)
    for who, part in workers:
        proven(town, who, part, commission)
    items = town.items(commission, 6)
    for n, item in enumerate(items):
        for who, part in workers:
            turn = labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(item.id))
            labelling.answer(town.work, who, turn.answer.id, YES if n % 2 else NO)
    assert labelling_settling.settle(town.work, commission.id) == 6
    found = [store.item(town.work, one.id) for one in items]
    assert [one.settled.hazards for one in found if one and one.settled] == [(), ("hose_old",)] * 3
    assert labelling_settling.charge_due(town.work) == 0, "pay is held"
    clock.advance(3 * DAY)
    assert labelling_settling.charge_due(town.work) == 3 * (6 + 10)
    assert labelling_settling.charge_due(town.work) == 0
    calls = engaging.calls_of(town.work, [part for _, part in workers])
    assert set(calls.values()) == {16}


def test_who_was_outvoted_is_told_and_not_paid(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept(overlap=3)
    workers = three(town, commission)
    for who, part in workers:
        proven(town, who, part, commission)
    for n in range(8):
        (item,) = town.items(commission, 1)
        for place, (who, part) in enumerate(workers):
            turn = labelling._drawn(town.work, who, part, labelling.labels_drawing.Candidate(item.id))
            wrong = n == 7 and place == 2
            labelling.answer(town.work, who, turn.answer.id, (YES if wrong else NO) if n % 2 else YES)
    labelling_settling.settle(town.work, commission.id)
    loser = store.answers(town.work, store.at_item(item.id), store.of_person(workers[2][0].id), limit=1)[0]
    assert loser.state is AnswerState.WRONG
    assert "无" in loser.reason
    clock.advance(3 * DAY)
    labelling_settling.charge_due(town.work)
    assert answer_of(town, loser.id).charged_at is None


def test_on_trial_pay_waits_and_nothing_is_lost(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept()
    town.items(commission, 1)
    who, part = town.labeller(commission)
    assert town.does(who, part, YES)
    clock.advance(4 * DAY)
    assert labelling_settling.charge_due(town.work) == 0
    proven(town, who, part, commission)
    assert labelling_settling.charge_due(town.work) == 1


def test_a_part_is_charged_before_its_money_goes_back(town: LabelTown) -> None:
    commission = town.kept()
    who, part = town.labeller(commission, volume=30)
    proven(town, who, part, commission)
    engagements.finish(town.work, town.manager, part.id)
    assert town.settle() == 1
    assert engaging.calls_of(town.work, [part]) == {str(part.id): 10}
    assert meter_store.demand(town.work, part.demand_id or part.id).state is DemandState.CLOSED  # type: ignore[union-attr]
    assert labelling_settling.charge_due(town.work) == 0


def test_what_was_never_proved_is_not_paid_and_breaks_no_round(town: LabelTown) -> None:
    commission, other = town.kept(), town.kept()
    expert = town.expert()
    who, part = town.acting(expert.person_id), town.begun(commission, expert, volume=30)
    town.items(commission, 1)
    given = town.does(who, part, YES)
    assert given is not None
    engagements.finish(town.work, town.manager, part.id)
    assert town.settle() == 1
    proven(town, who, town.begun(other, expert), other)
    assert labelling_settling.round_of(town.work) >= 0, "its demand is closed"
    assert answer_of(town, given.id).charged_at is None
    town.clock.advance(4 * DAY)
    assert labelling_settling.charge_due(town.work) == 10, "the others are paid"
    assert labelling_settling.tenants_working(town.work) == []


def test_nobody_waits_behind_who_is_on_trial(town: LabelTown, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    commission = town.kept()
    who, part = town.labeller(commission, volume=30)
    proven(town, who, part, commission)
    novice, other = town.labeller(commission, volume=30)
    town.items(commission, 3)
    for _ in range(3):
        assert town.does(novice, other, YES)
    clock.advance(4 * DAY)
    monkeypatch.setattr(labelling_settling, "_BATCH", 2)
    assert [labelling_settling.charge_due(town.work) for _ in range(6)] == [2, 2, 2, 2, 2, 0]


def test_where_people_differ_one_more_is_asked_and_then_a_reviewer(
    town: LabelTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    commission = town.kept(overlap=2)
    (item,) = town.items(commission, 1)
    for said in (YES, Said(matches=False)):
        who, part = town.labeller(commission, volume=3)
        assert town.does(who, part, said)
    labelling_settling.settle(town.work, commission.id)
    found = store.item(town.work, item.id)
    assert found is not None
    assert (found.state, found.wanted) == (ItemState.OPEN, 3)
    least = replace(labelling.policy(town.work), overlap_most=2)
    monkeypatch.setattr(labelling, "policy", lambda _: least)
    store.change_item(town.work, replace(found, wanted=2))
    labelling_settling.settle(town.work, commission.id)
    found = store.item(town.work, item.id)
    assert found is not None
    assert found.state is ItemState.REVIEW
    kinds = [one.kind for one in store.events(town.work, item.id)]
    assert kinds[-2:] == ["one more asked", "review wanted"]


def reviewed(town: LabelTown) -> tuple[Commission, Answer]:
    commission = town.kept()
    town.items(commission, 1)
    who, part = town.labeller(commission)
    given = town.does(who, part, NO)
    assert given is not None
    return commission, given


def test_a_rejected_answer_goes_back_to_the_same_person(town: LabelTown) -> None:
    _, given = reviewed(town)
    with pytest.raises(InputError, match="reason"):
        labelling_items.review(town.work, town.manager, given.item_id, Verdict.REJECT, answer_id=given.id)
    reason = "看软管接头"
    labelling_items.review(town.work, town.manager, given.item_id, Verdict.REJECT, answer_id=given.id, reason=reason)
    who = town.acting(given.person_id)
    turn = labelling.next_turn(town.work, who, given.engagement_id)
    assert turn is not None
    assert (turn.answer.id, turn.answer.state, turn.answer.reason) == (given.id, AnswerState.RETURNED, reason)
    again = labelling.answer(town.work, who, given.id, YES)
    assert (again.state, again.tries) == (AnswerState.GIVEN, 2)


def test_what_was_paid_is_not_sent_back(town: LabelTown, clock: SetClock) -> None:
    commission = town.kept(overlap=2)
    who, part = town.labeller(commission, volume=30)
    proven(town, who, part, commission)
    (item,) = town.items(commission, 1)
    given = town.does(who, part, NO)
    assert given is not None
    clock.advance(3 * DAY)
    assert labelling_settling.charge_due(town.work) == 11
    with pytest.raises(RefusedError, match="paid"):
        labelling_items.review(
            town.work, town.manager, item.id, Verdict.REJECT, answer_id=given.id, reason="look at the hose"
        )
    assert labelling.used(town.work, part.id) == 11, "sent back and never mended it would make room for an unpaid one"


def test_a_reviewer_accepts_or_fixes(town: LabelTown) -> None:
    _, given = reviewed(town)
    labelling_items.review(town.work, town.manager, given.item_id, Verdict.ACCEPT, answer_id=given.id)
    assert answer_of(town, given.id).state is AnswerState.RIGHT
    with pytest.raises(RefusedError, match="settled"):
        labelling_items.review(town.work, town.manager, given.item_id, Verdict.FIX, said=YES)
    _, other = reviewed(town)
    with pytest.raises(InputError, match="said"):
        labelling_items.review(town.work, town.manager, other.item_id, Verdict.FIX)
    done = labelling_items.review(town.work, town.manager, other.item_id, Verdict.FIX, said=YES)
    assert (done.state, done.settled) == (ItemState.SETTLED, YES)
    assert answer_of(town, other.id).state is AnswerState.WRONG


def test_who_did_what_is_never_lost(town: LabelTown) -> None:
    _, given = reviewed(town)
    labelling_items.review(town.work, town.manager, given.item_id, Verdict.ACCEPT, answer_id=given.id)
    seen = labelling_items.item(town.work, town.manager, given.item_id)
    assert [one.kind for one in seen.events] == ["drawn", "answered", "settled"]
    assert [one.id for one in seen.answers] == [given.id]


def test_an_expert_is_no_client(town: LabelTown) -> None:
    commission, given = reviewed(town)
    who = town.acting(given.person_id)
    for ask in (
        lambda: labelling_items.items(town.work, who, commission.id, limit=5),
        lambda: labelling_items.review(town.work, who, given.item_id, Verdict.ACCEPT, answer_id=given.id),
        lambda: labelling_figures.figures(town.work, who, commission.id),
    ):
        with pytest.raises((ForbiddenError, NotFoundError)):
            ask()


def test_a_dispute_is_put_in_words(town: LabelTown) -> None:
    commission = town.kept(tool=Tool.PLAN_REVIEW)
    new = labelling_adding.NewItem(source="plan-7", words="施工方认为 5 m 外可机械开挖；管理方要求人工探沟。")
    made = labelling_adding.add_dispute(town.work, town.manager, commission.id, new)
    assert made.kind is LabelKind.DISPUTE
    assert labelling_adding.add_dispute(town.work, town.manager, commission.id, new).id == made.id
    who, part = town.labeller(commission)
    given = town.does(who, part, Said(matches=True, choice=Choice.CHANGED))
    assert given is not None
    with pytest.raises(InputError, match="words"):
        labelling_adding.add_dispute(town.work, town.manager, commission.id, replace(new, words=" ", source="x"))
    pictures = town.kept()
    with pytest.raises(RefusedError, match="pictures"):
        labelling_adding.add_dispute(town.work, town.manager, pictures.id, new)


def test_a_round_twice_over_changes_nothing_more(town: LabelTown, clock: SetClock) -> None:
    commission, given = reviewed(town)
    assert labelling_settling.round_of(town.work) > 0
    before = answer_of(town, given.id)
    assert labelling_settling.round_of(town.work) == 0
    assert answer_of(town, given.id) == before
    clock.advance(DAY)
    assert labelling_progress.whole(town.work, town.manager, commission.id).gold == 0
