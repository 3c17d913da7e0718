"""Answers that come, or were paid, before or after their item settled: each is judged by what it settled on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from label_town import NO, YES, LabelTown

from pipewarden.market.facts.commissions import Commission, EngagementState
from pipewarden.market.facts.labels import Answer, AnswerState, Verdict
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.service import engagements, labelling, labelling_gold, labelling_items, labelling_settling
from pipewarden.market.store import labels as store

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Engagement
    from pipewarden.market.facts.labels import Item
    from pipewarden.people.facts import Actor

HOLD = timedelta(days=3)


@pytest.fixture
def town(work: Work, clock: SetClock) -> LabelTown:
    return LabelTown(work, clock)


def proven(town: LabelTown, commission: Commission) -> tuple[Actor, Engagement]:
    """Return somebody whose ten right answers to gold are paid."""
    who, part = town.labeller(commission, volume=30)
    for gold in town.items(commission, 10, gold=YES):
        turn = labelling._drawn(town.work, who, part, Candidate(gold.id, gold=True))
        labelling.answer(town.work, who, turn.answer.id, YES)
        store.change_item(town.work, replace(gold, told=True))
    town.clock.advance(HOLD)
    assert labelling_settling.charge_due(town.work) == 10
    return who, part


def read(town: LabelTown, one: Answer) -> Answer:
    found = store.answer(town.work, store.of_tenant(town.work), one.id)
    assert found is not None
    return found


def held_while_settled(town: LabelTown, commission: Commission) -> tuple[Actor, Engagement, Item, Answer]:
    """Let somebody draw an item that its client then settles on YES."""
    (item,) = town.items(commission, 1)
    who, part = proven(town, commission)
    turn = labelling.next_turn(town.work, who, part.id)
    assert turn is not None
    labelling_items.review(town.work, town.manager, item.id, Verdict.FIX, said=YES)
    return who, part, item, turn.answer


def test_a_late_answer_that_is_right_is_told_and_paid_like_any_other(town: LabelTown) -> None:
    who, _, _, drawn = held_while_settled(town, town.kept(overlap=3))
    given = labelling.answer(town.work, who, drawn.id, YES)
    assert given.state is AnswerState.GIVEN, "that it was right is told when it is charged"
    assert read(town, given).state is AnswerState.RIGHT
    assert store.commissions_working(town.work) == []
    town.clock.advance(HOLD)
    assert labelling_settling.charge_due(town.work) == 1


def test_a_late_answer_that_is_wrong_says_why_and_is_not_paid(town: LabelTown) -> None:
    who, part, _, drawn = held_while_settled(town, town.kept(overlap=3))
    given = labelling.answer(town.work, who, drawn.id, NO)
    assert given.state is AnswerState.WRONG
    assert "hose_old" in given.reason
    assert labelling.used(town.work, part.id) == 10, "what was wrong makes room for another"
    assert store.commissions_working(town.work) == []
    town.clock.advance(HOLD)
    assert labelling_settling.charge_due(town.work) == 0


def test_an_answer_sent_back_is_judged_when_its_item_settled_meanwhile(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    town.items(commission, 1)
    who, part = town.labeller(commission)
    given = town.does(who, part, NO)
    assert given is not None
    review = (town.work, town.manager, given.item_id)
    labelling_items.review(*review, Verdict.REJECT, answer_id=given.id, reason="look at the hose")
    labelling_items.review(*review, Verdict.FIX, said=YES)
    labelling.answer(town.work, who, given.id, YES)
    assert read(town, given).state is AnswerState.RIGHT


def test_gold_whose_truth_a_late_answer_is_told_measures_nobody_any_more(town: LabelTown) -> None:
    who, _, item, drawn = held_while_settled(town, town.kept(overlap=3))
    labelling_gold.make_gold(town.work, town.manager, item.id, None, "")
    given = labelling.answer(town.work, who, drawn.id, NO)
    found = store.item(town.work, item.id)
    assert found is not None
    assert (given.state, given.measures, given.right_first) == (AnswerState.WRONG, False, None)
    assert found.told


@pytest.mark.parametrize(("said", "state"), [(YES, AnswerState.RIGHT), (NO, AnswerState.WRONG)])
def test_what_was_paid_before_its_item_settled_is_judged_and_stays_paid(
    town: LabelTown, said: labelling.Said, state: AnswerState
) -> None:
    commission = town.kept(overlap=3)
    who, part = proven(town, commission)
    (item,) = town.items(commission, 1)
    given = town.does(who, part, said)
    assert given is not None
    town.clock.advance(HOLD)
    assert labelling_settling.charge_due(town.work) == 1
    assert store.commissions_working(town.work) == [commission.id], "others may yet agree"
    labelling_items.review(town.work, town.manager, item.id, Verdict.FIX, said=YES)
    found = read(town, given)
    assert (found.state, found.charged_at) == (state, town.clock.now())
    assert labelling.used(town.work, part.id) == 11, "its part's volume is spent, whatever was said"
    assert store.commissions_working(town.work) == []
    assert labelling_settling.charge_due(town.work) == 0


def test_no_round_comes_for_what_can_neither_be_answered_nor_paid(town: LabelTown) -> None:
    commission = town.kept(overlap=3)
    town.items(commission, 2)
    who, part = town.labeller(commission)
    given = town.does(who, part, YES)
    assert given is not None
    assert labelling.next_turn(town.work, who, part.id) is not None
    assert store.commissions_working(town.work) == [commission.id]
    assert engagements.finish(town.work, town.manager, part.id).state is EngagementState.DONE
    assert town.settle() == 1
    assert read(town, given).charged_at is None
    assert store.commissions_working(town.work) == []
    assert labelling_settling.tenants_working(town.work) == []


def test_a_round_gives_back_what_was_drawn_where_nobody_answered(town: LabelTown) -> None:
    commission = town.kept()
    town.items(commission, 1)
    who, part = town.labeller(commission, volume=3)
    assert labelling.next_turn(town.work, who, part.id) is not None
    town.clock.advance(timedelta(minutes=31))
    assert labelling_settling.round_of(town.work) == 1
    other, its = town.labeller(commission, volume=3)
    assert town.does(other, its, YES) is not None
