"""Signs of answering together, and the simulation M5: what rings earn, and whom the rules wrong."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_bench import Town, work_through

from pipewarden.market.facts.labels import Standing
from pipewarden.market.rules.agreement import Vote
from pipewarden.market.rules.collusion import hands, pairs_together, people_together, tail, ties

SEEDS = range(20)


def crowd(seed: int, *, people: int, items: int, ring: int = 0) -> tuple[list[Vote], dict[str, str]]:
    """Five answers to each item; the honest are right four times in five, a ring gives one agreed wrong answer."""
    dice = np.random.default_rng(seed)
    truth = {f"{n}": f"{dice.integers(5)}" for n in range(items)}
    votes = []
    for item, true in truth.items():
        for who in dice.choice(people, 5, replace=False):
            honest = true if dice.random() < 0.8 else f"{dice.integers(5)}"
            label = f"{(int(true) + 1) % 5}" if who < ring else honest
            votes.append(Vote(item, f"p{who:02d}", label))
    return votes, truth


def test_two_who_are_wrong_together_are_named_and_nobody_else() -> None:
    votes, truth = crowd(5, people=20, items=400, ring=2)
    named = [one for one in pairs_together(votes, truth) if one.named]
    assert [one.who for one in named] == [("p00", "p01")]
    assert named[0].same == named[0].of
    assert named[0].expected < named[0].same / 2


def test_a_ring_that_seldom_meets_is_named_by_its_people() -> None:
    votes, truth = crowd(6, people=60, items=600, ring=12)
    named = {one.who[0] for one in people_together(votes, truth) if one.named}
    assert len(named & {f"p{n:02d}" for n in range(12)}) >= 10
    assert not named - {f"p{n:02d}" for n in range(12)}


@pytest.mark.parametrize("seed", range(5))
def test_honest_people_are_not_named(seed: int) -> None:
    votes, truth = crowd(seed, people=40, items=800)
    assert not [one for one in people_together(votes, truth) if one.named]
    assert not [one for one in pairs_together(votes, truth) if one.named]


def test_a_picture_that_misleads_everybody_accuses_nobody() -> None:
    truth = {f"{n}": "hose" for n in range(30)}
    votes = [Vote(item, f"p{who}", "pipe") for item in truth for who in range(6)]
    assert not [one for one in pairs_together(votes, truth) if one.named]


def test_right_answers_and_items_without_a_truth_accuse_nobody() -> None:
    votes = [Vote(f"{n}", who, "x") for n in range(50) for who in "ab"]
    assert pairs_together(votes, {f"{n}": "x" for n in range(50)}) == []
    assert pairs_together(votes, {}) == []


def test_a_few_wrong_answers_prove_nothing() -> None:
    votes = [Vote(f"{n}", who, "y") for n in range(3) for who in "ab"]
    assert pairs_together(votes, {f"{n}": "x" for n in range(3)}) == []


def test_the_tail_of_ten_throws() -> None:
    assert tail(8, 10, 0.5) == pytest.approx(56 / 1024)
    assert tail(0, 10, 0.5) == 1.0
    assert tail(1, 10, 0.0) == 0.0
    assert tail(10, 10, 1.0) == 1.0


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_a_tail_falls_with_what_is_asked(of: int, chance: float) -> None:
    found = [tail(n, of, chance) for n in range(of + 1)]
    assert found[0] == 1.0
    assert all(left >= right - 1e-12 for left, right in pairwise(found))


def test_what_accounts_have_in_common_is_told_by_kind() -> None:
    known = [
        ("a", "browser", "d1"),
        ("b", "browser", "d1"),
        ("b", "browser", "d1"),
        ("c", "browser", "d2"),
        ("c", "payee", "p"),
        ("a", "payee", "p"),
        ("b", "payee", ""),
        ("d", "payee", ""),
    ]
    assert [(one.kind, one.who) for one in ties(known)] == [("browser", ("a", "b")), ("payee", ("a", "c"))]


def test_who_hangs_together_by_others_is_one_hand() -> None:
    assert hands([("b", "c"), ("d", "e"), ("a", "c")]) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
    assert hands([]) == {}


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=12))
def test_hands_do_not_depend_on_the_order_of_links(links: list[tuple[str, str]]) -> None:
    found = hands(links)
    assert found == hands(links[::-1])
    assert all(found[left] == found[right] for left, right in links)


@pytest.mark.parametrize("how", ["same", "pool"])
def test_a_small_ring_earns_next_to_nothing(how: str) -> None:
    """M5, small: six seeds of a town a tenth as large; of its 72 honest people one is more than a hundredth."""
    ends = [work_through(Town(people=80, ring=8, how=how), seed) for seed in range(1, 7)]
    assert all(one.met > 0 for one in ends), "a ring never met: nothing was tried"
    assert max(one.share for one in ends) <= 0.10
    assert sum(one.false_flags for one in ends) / len(ends) <= 0.01
    assert all(one.gold / one.drawn >= 0.05 for one in ends)
    assert all(one.right > 0.9 for one in ends)
    stood = [each for one in ends for each in one.stands[:8]]
    assert stood.count(Standing.GOOD) <= 1, "of 48 in rings; who is on trial is not paid either"
    assert stood.count(Standing.STOPPED) >= 40


def test_a_leak_of_all_gold_leaves_a_ring_what_chance_pays() -> None:
    """With every gold in hand nobody is stopped; agreement alone then pays, and the signs must name the ring."""
    ended = work_through(Town(people=80, ring=8, how="leak"), seed=1)
    assert not any(one is Standing.STOPPED for one in ended.stands[:8])
    assert ended.share <= 0.35
    assert len(ended.flagged & set(range(8))) >= 6
    assert ended.false_flags <= 0.02


@pytest.mark.release
@pytest.mark.parametrize("ring", [5, 20, 50])
def test_rings_earn_a_tenth_at_most_over_twenty_seeds(ring: int) -> None:
    """M5, whole: 1,000 reviewers, 14 days, the ring shares every gold that one of it was told of."""
    for seed in SEEDS:
        ended = work_through(Town(ring=ring, how=("same", "hash", "pool")[seed % 3]), seed)
        print(f"ring {ring} seed {seed}: {ended.share:.4f} of honest income, {ended.false_flags:.4f} false")  # noqa: T201
        assert ended.share <= 0.10, f"seed {seed}"
        assert ended.false_flags <= 0.01, f"seed {seed}"
