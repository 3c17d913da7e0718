"""Gold out of work that is done: by the client's word, and by itself; and that it never runs dry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from label_town import NO, YES, LabelTown

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.labels import AnswerState, ItemState, Said, Standing, Verdict
from pipewarden.market.rules.labels_drawing import Candidate
from pipewarden.market.service import labelling, labelling_gold, labelling_items, labelling_settling
from pipewarden.market.store import labels as store
from pipewarden.people.facts import ForbiddenError

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.market.facts.labels import Item
    from pipewarden.people.facts import Actor


@pytest.fixture
def town(work: Work, clock: SetClock) -> LabelTown:
    return LabelTown(work, clock)


def proven(town: LabelTown, commission: Commission, count: int) -> list[tuple[Actor, Engagement]]:
    """Return people who passed their trial; the gold that they passed it by is told, and measures nobody any more."""
    made = [town.labeller(commission, volume=40) for _ in range(count)]
    for gold in town.items(commission, 10, gold=YES):
        for who, part in made:
            answered(town, who, part, gold, YES)
        found = store.item(town.work, gold.id)
        assert found is not None
        store.change_item(town.work, replace(found, told=True))
    assert {labelling.stands(town.work, who.id) for who, _ in made} == {Standing.GOOD}
    return made


def answered(town: LabelTown, who: Actor, part: Engagement, item: Item, said: Said) -> None:
    assert store.take(town.work, item.id, gold=item.gold is not None)
    turn = labelling._drawn(town.work, who, part, Candidate(item.id, gold=item.gold is not None))
    labelling.answer(town.work, who, turn.answer.id, said)


def agreed(town: LabelTown, commission: Commission, people: list[tuple[Actor, Engagement]], count: int) -> list[Item]:
    """Return items that settled because everybody said the same."""
    made = town.items(commission, count)
    for n, item in enumerate(made):
        for who, part in people:
            answered(town, who, part, item, YES if n % 2 else NO)
    labelling_settling.settle(town.work, commission.id)
    found = [store.item(town.work, one.id) for one in made]
    assert all(one is not None and one.state is ItemState.SETTLED for one in found)
    return [one for one in found if one is not None]


def test_settled_items_become_gold_for_who_never_had_them(town: LabelTown) -> None:
    commission = town.kept(overlap=3, volume=400, budget=52 * 10_000)
    people = proven(town, commission, 3)
    made = agreed(town, commission, people, 8)
    assert labelling_gold.refill(town.work, commission.id) == 0, "everybody who works here had them"
    newcomer, part = town.labeller(commission, volume=40)
    count = labelling_gold.refill(town.work, commission.id)
    assert count == 4, "8 % of 40, rounded up"
    assert labelling_gold.refill(town.work, commission.id) == 0, "no more than is lacked"
    gold = [one for one in store.items(town.work, commission.id, gold=True, limit=99) if not one.told]
    assert {one.id for one in gold} < {one.id for one in made}
    assert {one.gold == one.settled for one in gold} == {True}
    assert [one.kind for one in store.events(town.work, gold[0].id)][-1] == "made gold"
    first = gold[0]
    turn = labelling._drawn(town.work, newcomer, part, Candidate(first.id, gold=True))
    assert (turn.item.state, turn.item.settled) == (ItemState.OPEN, None), "it looks like the others"
    wrong = Said(matches=False)
    back = labelling.answer(town.work, newcomer, turn.answer.id, wrong)
    assert (back.state, "several people" in back.reason) == (AnswerState.RETURNED, True)


def test_an_item_that_somebody_got_wrong_or_one_alone_answered_is_no_gold(town: LabelTown) -> None:
    commission = town.kept(overlap=3, volume=400, budget=52 * 10_000)
    people = proven(town, commission, 3)
    agreed(town, commission, people, 3)
    (split,) = town.items(commission, 1)
    for n, (who, part) in enumerate(people):
        answered(town, who, part, split, YES if n else NO)
    labelling_settling.settle(town.work, commission.id)
    who, part = town.labeller(commission, volume=40)
    lonely = town.kept(volume=400, budget=52 * 10_000)
    assert labelling_gold.refill(town.work, commission.id) == 3
    found = store.item(town.work, split.id)
    assert found is not None
    assert found.gold is None
    (one,) = town.items(lonely, 1)
    alone, own = town.labeller(lonely, volume=40)
    answered(town, alone, own, one, YES)
    labelling_settling.settle_on(town.work, one, YES, by=None)
    town.labeller(lonely, volume=40)
    assert labelling_gold.refill(town.work, lonely.id) == 0


def test_gold_whose_picture_is_gone_is_none(town: LabelTown) -> None:
    commission = town.kept(overlap=3, volume=400, budget=52 * 10_000)
    people = proven(town, commission, 3)
    made = agreed(town, commission, people, 8)
    town.labeller(commission, volume=40)
    assert labelling_gold.refill(town.work, commission.id) == 4
    gold = [one for one in store.items(town.work, commission.id, gold=True, limit=99) if not one.told]
    spare = next(one for one in made if one.id not in {each.id for each in gold})
    for one in (gold[0], spare):
        found = store.item(town.work, one.id)
        assert found is not None
        store.change_item(town.work, replace(found, picture=None))
    assert store.fresh_gold(town.work, commission.id, 30) == 3
    assert labelling_gold.refill(town.work, commission.id) == 1, "another one instead, and none without a picture"
    assert store.fresh_gold(town.work, commission.id, 30) == 4


def test_people_on_trial_make_no_gold(town: LabelTown) -> None:
    commission = town.kept(overlap=3, volume=400, budget=52 * 10_000)
    people = [town.labeller(commission, volume=40) for _ in range(3)]
    agreed(town, commission, people, 6)
    town.labeller(commission, volume=40)
    assert labelling_gold.refill(town.work, commission.id) == 0


def test_gold_does_not_run_dry_while_a_crowd_works(town: LabelTown) -> None:
    commission = town.kept(overlap=2, volume=2000, budget=260 * 10_000)
    people = proven(town, commission, 5)
    truths = {one.id: YES if n % 2 else NO for n, one in enumerate(town.items(commission, 70))}
    drawn: dict[bool, int] = {True: 0, False: 0}
    for _ in range(28):
        for n, (who, part) in enumerate(people):
            turn = labelling.next_turn(town.work, who, part.id)
            if turn is None:
                continue
            item = store.item(town.work, turn.item.id)
            assert item is not None
            drawn[item.gold is not None] += 1
            slip = n == 0 and drawn[True] % 3 == 0 and item.gold is not None
            said = Said(matches=False) if slip else truths[item.id]
            labelling.answer(town.work, who, turn.answer.id, said)
        labelling_settling.settle(town.work, commission.id)
        labelling_gold.refill(town.work, commission.id)
    assert sum(drawn.values()) > 100
    for who, _ in people:  # chance gives more or less; the least of each person's own is never fallen below
        mine = store.of_person(who.id)
        assert store.count(town.work, mine, store.measuring()) >= int(0.05 * store.count(town.work, mine)), drawn


def test_a_client_makes_gold_of_what_settled_and_of_what_nobody_had(town: LabelTown) -> None:
    commission = town.kept()
    settled, fresh, asked = town.items(commission, 3)
    labelling_items.review(town.work, town.manager, settled.id, Verdict.FIX, said=YES)
    made = labelling_gold.make_gold(town.work, town.manager, settled.id, None, "管身开裂")
    assert (made.gold, made.reason, made.state) == (YES, "管身开裂", ItemState.SETTLED)
    with pytest.raises(RefusedError, match="is gold"):
        labelling_gold.make_gold(town.work, town.manager, settled.id, None, "")
    with pytest.raises(InputError, match="said"):
        labelling_gold.make_gold(town.work, town.manager, fresh.id, None, "")
    with pytest.raises(InputError, match="list"):
        labelling_gold.make_gold(town.work, town.manager, fresh.id, Said(matches=True, hazards=("volcano",)), "")
    assert labelling_gold.make_gold(town.work, town.manager, fresh.id, NO, "").gold == NO
    who, part = town.labeller(commission)
    answered(town, who, part, asked, NO)
    with pytest.raises(RefusedError, match="being answered"):
        labelling_gold.make_gold(town.work, town.manager, asked.id, YES, "")
    labelling_items.review(town.work, town.manager, asked.id, Verdict.FIX, said=YES)
    with pytest.raises(RefusedError, match="told"):
        labelling_gold.make_gold(town.work, town.manager, asked.id, None, "")
    with pytest.raises(ForbiddenError):
        labelling_gold.make_gold(town.work, who, fresh.id, NO, "")
