"""The match measured against who is known to be best, in seeded worlds that it knows nothing of (docs/experts.md)."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

import pytest
from expert_world import mean_ndcg, ndcg, world

from pipewarden.market.rules.matching import matched
from pipewarden.market.store.expert_policy import shipped_experts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from expert_world import Case

POLICY = shipped_experts()[-1]
LEAST = 0.9  # the issue's


def whole(case: Case) -> list[UUID]:
    return [one.person_id for one in matched(POLICY, case.wanted, case.candidates) if not one.against]


def by_tags(case: Case) -> Sequence[UUID]:
    """Rank by shared tags alone, those with fewer other tags first: the best that tags can do."""
    experts = [one.expert for one in case.candidates]
    wanted = case.wanted.tags
    ranked = sorted(experts, key=lambda one: (-len(one.tags & wanted), len(one.tags - wanted), one.person_id))
    return [one.person_id for one in ranked]


def by_words(case: Case) -> list[UUID]:
    """Rank by what the match says of words alone."""
    found = matched(POLICY, case.wanted, case.candidates)
    value = {one.person_id: next(each.value for each in one.reasons if each.part == "words") for one in found}
    return sorted(value, key=lambda person: (-value[person], person))


def test_it_finds_who_is_known_to_be_best() -> None:
    cases = [case for seed in (0, 1) for case in world(seed, commissions=12)]
    found, tags, words = mean_ndcg(cases, whole), mean_ndcg(cases, by_tags), mean_ndcg(cases, by_words)
    assert found >= LEAST
    assert found > tags + 0.2, "tags alone do much worse"
    assert found > words + 0.2, "and so do words alone"


@pytest.mark.release
def test_over_twenty_seeds_it_finds_who_is_known_to_be_best() -> None:
    worlds = [world(seed) for seed in range(20)]
    each = [mean_ndcg(one, whole) for one in worlds]
    tags = [mean_ndcg(one, by_tags) for one in worlds]
    assert mean(each) >= LEAST
    assert all(ours > theirs for ours, theirs in zip(each, tags, strict=True))


@pytest.mark.release
def test_where_little_was_proved_it_does_worse_and_still_beats_tags() -> None:
    worlds = [world(seed, met=0.67, most=60) for seed in range(20)]
    each = mean(mean_ndcg(one, whole) for one in worlds)
    tags = mean(mean_ndcg(one, by_tags) for one in worlds)
    assert each > tags + 0.2


def test_nobody_who_must_not_work_is_found() -> None:
    cases = world(3, commissions=12)
    bound = 0
    for case in cases:
        barred = {one.expert.person_id for one in case.candidates if one.expert.employer in case.wanted.clients}
        bound += len(barred)
        assert barred.isdisjoint(whole(case))
    assert bound > 0


def test_a_world_is_its_seed() -> None:
    assert world(5, commissions=2) == world(5, commissions=2)
    assert world(5, commissions=2) != world(6, commissions=2)


def test_gain_is_discounted_by_place() -> None:
    a, b, c = (case.candidates[0].expert.person_id for case in world(0, commissions=3))
    people = [one.expert.person_id for one in world(0, commissions=1)[0].candidates[:3]]
    worth = dict(zip(people, (1.0, 0.5, 0.0), strict=True))
    best = ndcg(worth, people)
    assert best == 1.0
    assert ndcg(worth, people[::-1]) < ndcg(worth, [people[1], people[0], people[2]]) < best
    assert ndcg(dict.fromkeys(people, 0.0), people) == 1.0
    assert a == b == c, "the same experts stand in every commission"
