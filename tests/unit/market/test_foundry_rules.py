"""The foundry's pure decisions: a version's life, who reviews, which version answers, how a price is shared."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import Act, Contract, Life, Version, VersionEvent
from pipewarden.market.rules import foundry as rules
from pipewarden.market.rules.foundry_file import CanaryPolicy, read_foundry
from pipewarden.market.store.foundry_policy import _FILE, shipped_foundry

NOW = datetime(2026, 11, 27, tzinfo=UTC)
LINE, TENANT = UUID(int=1), UUID(int=2)
ANNA, BO, CLEO = (UUID(int=number) for number in (11, 12, 13))
WAY = [Act.MADE, Act.EVALUATED, Act.ACCEPTED, Act.ACCEPTED, Act.REVIEWED, Act.PRICED, Act.CANARY, Act.LIVE]


def event(seq: int, act: Act, who: UUID | None = None) -> VersionEvent:
    return VersionEvent(UUID(int=seq + 100), TENANT, LINE, seq, NOW, who, act, {})


def version(number: int, state: Life, percent: int = 0) -> Version:
    return Version(UUID(int=number), TENANT, LINE, number, {}, state, NOW, percent=percent)


def contract(expert: int, house: int, reviewers: int, since: datetime = NOW) -> Contract:
    return Contract(LINE, TENANT, since, expert, house, reviewers)


def test_a_version_lives_step_by_step() -> None:
    states = [rules.state_of([event(n, act) for n, act in enumerate(WAY[: end + 1])]) for end in range(len(WAY))]
    assert [one.value for one in states] == [
        "draft",
        "evaluated",
        "evaluated",
        "evaluated",
        "reviewed",
        "priced",
        "canary",
        "live",
    ]
    assert rules.step(Life.LIVE, Act.ROLLED_BACK) is Life.ROLLED_BACK
    assert rules.step(rules.step(Life.LIVE, Act.REPLACED), Act.RESTORED) is Life.LIVE


def test_no_step_is_left_out() -> None:
    """From each state every act that is not its own is refused, and the fix says what comes first."""
    allowed = {(a, b) for a, b in pairwise(WAY[1:])}
    assert (Act.PRICED, Act.LIVE) not in allowed
    for state, act in (
        (Life.DRAFT, Act.ACCEPTED),
        (Life.DRAFT, Act.PRICED),
        (Life.EVALUATED, Act.PRICED),
        (Life.REVIEWED, Act.CANARY),
        (Life.PRICED, Act.LIVE),
        (Life.REVIEWED, Act.EVALUATED),
        (Life.LIVE, Act.EVALUATED),
        (Life.LIVE, Act.PRICED),
        (Life.REFUSED, Act.ACCEPTED),
        (Life.ROLLED_BACK, Act.RESTORED),
        (Life.DRAFT, Act.MADE),
    ):
        with pytest.raises(RefusedError, match=f"is {state.value}") as caught:
            rules.step(state, act)
        assert caught.value.fix


@given(st.lists(st.sampled_from(list(Act)), max_size=12))
def test_nothing_sells_without_evaluation_review_and_price(acts: list[Act]) -> None:
    try:
        state = rules.state_of([event(n, act) for n, act in enumerate(acts)])
    except RefusedError:
        return
    if state in {Life.CANARY, Life.LIVE, Life.REPLACED, Life.ROLLED_BACK}:
        there = [act for act in acts if act in {Act.EVALUATED, Act.REVIEWED, Act.PRICED, Act.CANARY}]
        first = {act: there.index(act) for act in there}
        assert first[Act.EVALUATED] < first[Act.REVIEWED] < first[Act.PRICED] < first[Act.CANARY]


def test_who_accepted_counts_once_and_since_the_last_figures() -> None:
    acts = [(Act.EVALUATED, ANNA), (Act.ACCEPTED, BO), (Act.ACCEPTED, BO), (Act.ACCEPTED, CLEO)]
    assert rules.accepted_by([event(n, act, who) for n, (act, who) in enumerate(acts)]) == (BO, CLEO)
    acts += [(Act.EVALUATED, ANNA), (Act.ACCEPTED, CLEO)]
    assert rules.accepted_by([event(n, act, who) for n, (act, who) in enumerate(acts)]) == (CLEO,)


def test_a_review_is_asked_for_anew_after_new_figures() -> None:
    acts = [Act.MADE, Act.EVALUATED]
    assert not rules.asked_for([event(n, act) for n, act in enumerate(acts)])
    assert rules.asked_for([event(n, act) for n, act in enumerate([*acts, Act.ASKED, Act.ACCEPTED])])
    assert not rules.asked_for([event(n, act) for n, act in enumerate([*acts, Act.ASKED, Act.EVALUATED])])
    assert rules.step(Life.EVALUATED, Act.ASKED) is Life.EVALUATED
    with pytest.raises(RefusedError, match="is draft"):
        rules.step(Life.DRAFT, Act.ASKED)


def test_a_canary_answers_its_share_and_a_retry_meets_the_same_version() -> None:
    both = [version(1, Life.LIVE), version(2, Life.CANARY, percent=20)]
    ids = [f"request-{number}" for number in range(5000)]
    found = Counter(rules.answering(both, one).number for one in ids)
    assert found[2] == pytest.approx(1000, abs=120), "twenty of a hundred, by chance of the ids"
    assert [rules.answering(both, one).number for one in ids] == [rules.answering(both, one).number for one in ids]
    more = [version(1, Life.LIVE), version(2, Life.CANARY, percent=40)]
    was = {one for one in ids if rules.answering(both, one).number == 2}
    assert was < {one for one in ids if rules.answering(more, one).number == 2}, "a larger share keeps who had it"


def test_without_a_live_version_the_canary_answers_all_and_nothing_else_sells() -> None:
    assert rules.answering([version(1, Life.CANARY, percent=1)], "any").number == 1
    for state in set(Life) - {Life.LIVE, Life.CANARY}:
        with pytest.raises(RefusedError, match="no live version"):
            rules.answering([version(1, state)], "any")


def test_a_canary_is_ripe_after_enough_calls_that_worked() -> None:
    policy = CanaryPolicy(most_percent=50, least_calls=20, most_failed=0.05)
    rules.ripe(policy, 20, 1)
    with pytest.raises(RefusedError, match="19 calls of 20"):
        rules.ripe(policy, 19, 0)
    with pytest.raises(RefusedError, match="failed 2 of 22"):
        rules.ripe(policy, 20, 2)


def test_a_contract_holds_from_its_moment() -> None:
    early, late = contract(7000, 2000, 1000), contract(6000, 3000, 1000, NOW + timedelta(days=9))
    assert rules.contract_at([early, late], NOW - timedelta(seconds=1)) is None
    assert rules.contract_at([late, early], NOW) is early
    assert rules.contract_at([early, late], NOW + timedelta(days=9)) is late


def test_an_experts_part_shrinks_only_with_notice() -> None:
    policy = shipped_foundry().contract
    before = contract(7000, 2000, 1000)
    rules.check_contract(contract(6999, 2001, 1000, NOW + timedelta(days=7)), before, NOW, policy)
    rules.check_contract(contract(8000, 1000, 1000), before, NOW, policy)
    with pytest.raises(InputError, match="sooner than 7 days"):
        rules.check_contract(contract(6999, 2001, 1000, NOW + timedelta(days=6, hours=23)), before, NOW, policy)
    with pytest.raises(InputError, match="lies in the past"):
        rules.check_contract(contract(8000, 1000, 1000, NOW - timedelta(seconds=1)), before, NOW, policy)
    for parts in ((7000, 2000, 999), (11_000, -1000, 0)):
        with pytest.raises(InputError, match="sum to"):
            rules.check_contract(contract(*parts), before, NOW, policy)


def test_the_decks_price_is_shared_to_the_last_unit() -> None:
    parts = rules.shared(1300, contract(7000, 2000, 1000), 2)
    assert (parts.expert, parts.house, parts.review, parts.rounding) == (910, 260, 130, 0)
    odd = rules.shared(1310, contract(7000, 2000, 1000), 2)
    assert (odd.expert, odd.house, odd.review, odd.rounding) == (917, 262, 130, 1), "131 do not divide by two"
    alone = rules.shared(1300, contract(7000, 2000, 1000), 0)
    assert (alone.expert, alone.house, alone.review, alone.rounding) == (910, 390, 0, 0)


@given(st.integers(1, 10**9), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 5))
def test_the_parts_of_any_price_sum_to_it(units: int, one: int, other: int, reviewers: int) -> None:
    low, high = sorted((one, other))
    found = rules.shared(units, contract(low, high - low, 10_000 - high), reviewers)
    parts = (found.expert, found.house, found.review, found.rounding)
    assert sum(parts) == units
    assert min(parts) >= 0
    assert found.rounding <= 2 + reviewers
    assert found.review % (reviewers or 1) == 0
    assert reviewers or found.review == 0


def test_a_frozen_set_is_its_pairs_in_any_order() -> None:
    one = rules.frozen_set([("a", "x"), ("b", "y")])
    assert one == rules.frozen_set([("b", "y"), ("a", "x")])
    assert one != rules.frozen_set([("a", "y"), ("b", "x")])
    assert rules.frozen_set([("ab", "c")]) != rules.frozen_set([("a", "bc")])


def test_the_shipped_numbers_are_read() -> None:
    found = shipped_foundry()
    assert (found.review.accepts, found.contract.expert, found.examples.folds) == (2, 7000, 5)
    body: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for name, value, what in (
        ("contract", {"expert": 7000, "house": 2000, "reviewers": 999, "notice_days": 7}, "must sum"),
        ("review", {"accepts": 0}, "greater than"),
        ("canary", {"most_percent": 50, "least_calls": 20}, "required"),
        ("unknown", 1, "not permitted"),
    ):
        with pytest.raises(InputError, match=what) as caught:
            read_foundry(body | {name: value}, "x.yaml")
        assert name in caught.value.field
