"""The policy of labelling, how people stand, what is drawn for them, and when answers settle."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from label_bench import FILE, NOW, policy

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.labels import Choice, Said, Shape, ShapeKind, Standing
from pipewarden.market.rules.labels_drawing import Candidate, draw, gold_due
from pipewarden.market.rules.labels_policy import policy_at, read_labelling
from pipewarden.market.rules.labels_settling import agrees, middle, questions, weigh, why_not
from pipewarden.market.rules.labels_standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
RULES = policy()
LISTED = ("pipe_load", "hose_old", "hose_long")
ME, OTHER, THIRD = (UUID(int=n) for n in (1, 2, 3))
ITEMS = [UUID(int=100 + n) for n in range(80)]


def box(left: float, right: float, label: str = "hose_old") -> Shape:
    return Shape(ShapeKind.BOX, label, ((left, 0.1), (right, 0.5)))


def test_the_shipped_policy_is_read() -> None:
    assert RULES.overlap == 3
    assert RULES.hold == timedelta(days=3)
    assert RULES.gold_least >= 0.05


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda one: one.update(overlap_most=2), "overlap_most"),
        (lambda one: one.update(gold=0.01), "gold"),
        (lambda one: one.update(gold_least=0.02), "gold_least"),
        (lambda one: one["trial"].update(bad=0.8), "trial"),
        (lambda one: one.update(hold="-PT1H"), "hold"),
        (lambda one: one.update(draw_within="PT0S"), "hold"),
        (lambda one: one.update(extra=1), "extra"),
        (lambda one: one.pop("sure"), "sure"),
    ],
)
def test_a_wrong_number_is_named(change: Callable[[dict[str, Any]], object], named: str) -> None:
    said = deepcopy(SHIPPED)
    change(said["editions"][0])
    with pytest.raises(InputError, match=named):
        read_labelling(said, "CN.yaml")


def test_the_edition_of_a_moment_is_the_last_that_had_begun() -> None:
    said = deepcopy(SHIPPED)
    said["editions"].append(said["editions"][0] | {"version": "CN@2", "since": "2027-01-01", "overlap": 5})
    editions = read_labelling(said, "CN.yaml")
    assert policy_at(editions, NOW).overlap == 3
    assert policy_at(editions, datetime(2026, 12, 31, 16, tzinfo=UTC)).overlap == 5  # midnight in Shanghai
    with pytest.raises(InputError, match="begun"):
        policy_at(editions, datetime(2020, 1, 1, tzinfo=UTC))
    said["editions"][1]["since"] = said["editions"][0]["since"]
    with pytest.raises(InputError, match="one day"):
        read_labelling(said, "CN.yaml")


@pytest.mark.parametrize(
    ("gold", "stands"),
    [
        ([], Standing.TRIAL),
        ([True] * 9, Standing.TRIAL),
        ([True] * 10, Standing.GOOD),
        ([False] * 7, Standing.TRIAL),
        ([False] * 8, Standing.STOPPED),
        ([True] * 10 + [False] * 5, Standing.GOOD),
        ([True] * 10 + [False] * 6, Standing.TRIAL),
        ([True] * 500 + [False] * 13, Standing.STOPPED),
        ([False] * 8 + [True] * 100, Standing.STOPPED),
    ],
)
def test_gold_says_how_somebody_stands(gold: list[bool], stands: Standing) -> None:
    assert standing(gold, RULES.trial) is stands


def test_the_risks_are_kept() -> None:
    """Of 2,000 good people over 100 gold items few are stopped; of as many guessers hardly one stands good."""
    dice = np.random.default_rng(3)
    good = [standing((dice.random(100) < 0.8).tolist(), RULES.trial) for _ in range(2000)]
    bad = [standing((dice.random(100) < 0.5).tolist(), RULES.trial) for _ in range(2000)]
    assert sum(one is Standing.STOPPED for one in good) <= 2000 * RULES.trial.stop_risk * 5
    assert sum(one is Standing.GOOD for one in bad) <= 2000 * RULES.trial.pass_risk
    assert sum(one is Standing.STOPPED for one in bad) >= 1800


@given(st.lists(st.booleans(), max_size=80))
def test_one_more_wrong_answer_makes_nobody_stand_better(gold: list[bool]) -> None:
    order = [Standing.GOOD, Standing.TRIAL, Standing.STOPPED]
    assert order.index(standing([*gold, False], RULES.trial)) >= order.index(standing(gold, RULES.trial))


def test_gold_never_falls_below_its_least_share() -> None:
    gold = 0
    for drawn in range(400):
        gold += gold_due(drawn, gold, Standing.GOOD, RULES, chance=0.999)
        assert gold >= int(0.05 * (drawn + 1))
    assert gold == 20


def test_who_is_on_trial_gets_more_gold() -> None:
    assert gold_due(1, 1, Standing.TRIAL, RULES, chance=0.2)
    assert not gold_due(1, 1, Standing.GOOD, RULES, chance=0.2)


def drawn_of(candidates: list[Candidate], *, gold: bool = False, hands: dict[UUID, UUID] | None = None) -> set[UUID]:
    """Everything that 300 draws give."""
    dice = np.random.default_rng(1)
    found = [draw(candidates, ME, gold=gold, overlap=3, worn=30, hands=hands or {}, dice=dice) for _ in range(300)]
    return {one.item_id for one in found if one is not None}


def test_every_item_can_be_drawn_and_none_twice_by_one_person() -> None:
    had = Candidate(ITEMS[0], asked=frozenset({ME}))
    rest = [Candidate(one) for one in ITEMS[1:5]]
    assert drawn_of([had, *rest]) == set(ITEMS[1:5])


def test_ones_own_work_and_full_items_are_never_drawn() -> None:
    own = Candidate(ITEMS[0], authors=frozenset({ME}))
    full = Candidate(ITEMS[1], asked=frozenset(UUID(int=n) for n in (7, 8, 9)))
    assert drawn_of([own, full, Candidate(ITEMS[2])]) == {ITEMS[2]}


def test_what_the_same_hand_had_or_made_is_never_drawn() -> None:
    hands = {ME: ME, OTHER: ME}
    had, made = Candidate(ITEMS[0], asked=frozenset({OTHER})), Candidate(ITEMS[1], authors=frozenset({OTHER}))
    assert drawn_of([had, made, Candidate(ITEMS[2], asked=frozenset({THIRD}))], hands=hands) == {ITEMS[2]}
    assert drawn_of([had, made]) == {ITEMS[0], ITEMS[1]}


def test_gold_is_drawn_when_it_is_due_until_it_is_worn() -> None:
    fresh, worn, plain = Candidate(ITEMS[0], gold=True), Candidate(ITEMS[1], gold=True, shown=30), Candidate(ITEMS[2])
    assert drawn_of([fresh, worn, plain], gold=True) == {ITEMS[0]}
    assert drawn_of([worn, plain], gold=True) == {ITEMS[2]}
    assert drawn_of([fresh, worn, plain]) == {ITEMS[2]}
    assert drawn_of([fresh]) == set()


def test_the_least_sure_come_first_and_nobody_knows_which() -> None:
    sure = [Candidate(one, score=0.5 + n / 200) for n, one in enumerate(ITEMS)]
    assert drawn_of(sure) == set(ITEMS[:50])
    assert ITEMS[79] in drawn_of([*sure[:-1], replace(sure[-1], score=None)])


def test_a_picture_that_does_not_match_is_asked_no_further() -> None:
    assert questions(Said(matches=False), LISTED) == {("scene", ""): "no"}
    assert len(questions(Said(matches=True, hazards=("hose_old",)), LISTED)) == 4
    assert questions(Said(matches=True, choice=Choice.UPHELD), LISTED)["choice", ""] == "upheld"


def given_by(*said: Said) -> dict[str, Said]:
    return {f"p{n}": one for n, one in enumerate(said)}


def test_answers_that_agree_settle_on_what_they_say() -> None:
    one = Said(matches=True, hazards=("hose_old",), shapes=(box(0.1, 0.5),), price=5000)
    near = replace(one, shapes=(box(0.12, 0.5),), price=6000)
    rest = {f"i{n}": given_by(*[Said(matches=bool(n % 2))] * 3) for n in range(12)}
    found = weigh({"it": given_by(one, near, one), **rest}, {}, LISTED, RULES).items["it"]
    assert found.said == one
    assert found.sure >= RULES.sure
    assert found.parts == 4


def test_answers_that_differ_are_not_sure() -> None:
    yes, no = Said(matches=True, hazards=("hose_old",)), Said(matches=True)
    rest = {f"i{n}": given_by(*[yes if n % 2 else no] * 4) for n in range(12)}
    found = weigh({"it": given_by(yes, yes, no, no), **rest}, {}, LISTED, RULES).items["it"]
    assert found.sure < RULES.sure


def test_who_fails_on_gold_is_not_believed() -> None:
    yes, no = Said(matches=True, hazards=("hose_old",)), Said(matches=True)
    known = {f"g{n}": yes if n % 2 else no for n in range(20)}
    answers = {item: {"looks": said, "lazy": no, "lazier": no} for item, said in known.items()}
    answers["it"] = {"looks": yes, "lazy": no, "lazier": no}
    found = weigh(answers, known, LISTED, RULES)
    assert found.right["looks"] > found.right["lazy"]
    assert found.items["it"].said.hazards == ("hose_old",)
    assert found.items["it"].sure <= 0.5, "one against two is for another person to decide"


def test_gold_that_nobody_saw_is_weighed_though_nobody_named_a_hazard() -> None:
    blind, truth = Said(matches=False), Said(matches=True, hazards=(LISTED[0],))
    answers = {f"gold {n}": {"ann": blind} for n in range(8)}
    found = weigh(answers, dict.fromkeys(answers, truth), LISTED, RULES)
    assert found.right["ann"] < 0.1
    assert not any(one.sure > 0.5 for one in found.items.values())


def test_a_dispute_settles_on_a_choice() -> None:
    rest = {f"i{n}": given_by(*[Said(matches=True, choice=list(Choice)[n % 3])] * 3) for n in range(9)}
    found = weigh({**rest}, {}, LISTED, RULES)
    assert found.items["i1"].said == Said(matches=True, choice=Choice.CHANGED)


def test_shapes_of_hazards_that_are_not_seen_fall_away() -> None:
    marked = Said(matches=True, hazards=("hose_old",), shapes=(box(0.1, 0.5), box(0.6, 0.9, "tap")))
    plain = Said(matches=True, shapes=(box(0.6, 0.9, "tap"),))
    rest = {f"i{n}": given_by(*[plain] * 3) for n in range(6)}
    assert weigh({"it": given_by(marked, plain, plain), **rest}, {}, LISTED, RULES).items["it"].said == plain


@pytest.mark.parametrize(
    ("said", "settled", "why"),
    [
        (Said(matches=True), Said(matches=True), ""),
        (Said(matches=False, comment="?"), Said(matches=False), ""),
        (Said(matches=False), Said(matches=True), "匹配"),
        (Said(matches=True), Said(matches=False), "不匹配"),
        (Said(matches=True, hazards=("hose_old", "pipe_load")), Said(matches=True, hazards=("hose_old",)), ""),
        (Said(matches=True), Said(matches=True, hazards=("hose_old",)), "hose_old"),
        (Said(matches=True, hazards=("hose_old",)), Said(matches=True), "无"),
        (Said(matches=True, price=4000), Said(matches=True, price=5000), ""),
        (Said(matches=True, price=3000), Said(matches=True, price=5000), "0.50"),
        (Said(matches=True), Said(matches=True, price=5000), "0.50"),
        (Said(matches=True, choice=Choice.UPHELD), Said(matches=True, choice=Choice.CHANGED), "changed"),
        (
            Said(matches=True, hazards=("hose_old",), shapes=(box(0.6, 0.9),)),
            Said(matches=True, hazards=("hose_old",), shapes=(box(0.1, 0.5),)),
            "标注位置",
        ),
    ],
)
def test_an_answer_is_held_against_what_was_settled(said: Said, settled: Said, why: str) -> None:
    assert agrees(said, settled, RULES) is (not why)
    found = why_not(said, settled, RULES)
    assert why in found
    assert bool(found) is bool(why)


def test_the_middle_of_prices_is_weighed() -> None:
    assert middle([]) is None
    assert middle([(5000, 1.0), (6000, 1.0), (90_000, 1.0)]) == 6000
    assert middle([(5000, 0.9), (90_000, 0.3), (90_000, 0.3)]) == 5000


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0.01, 1.0)), min_size=1, max_size=9))
def test_the_middle_is_one_of_the_prices(prices: list[tuple[int, float]]) -> None:
    assert middle(prices) in {price for price, _ in prices}
