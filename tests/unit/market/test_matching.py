"""Matching: a score is the sum of its reasons, proof outweighs words, and who is bound to the client comes last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from expert_world import NOW
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.market.facts.experts import Expert, Grade, Skill
from pipewarden.market.rules.likeness import likeness, shared, terms
from pipewarden.market.rules.matching import Candidate, Wanted, folded, matched
from pipewarden.market.store.expert_policy import shipped_experts

if TYPE_CHECKING:
    from pipewarden.market.facts.commissions import Match, Reason

POLICY = shipped_experts()[0]
HOSE = Wanted(frozenset({"软管老化"}), "标注户内软管老化和龟裂的图片", 1300, frozenset({"t1", "新奥燃气"}))


def person(number: int) -> UUID:
    return UUID(int=number)


def expert(number: int = 1, **more: Any) -> Expert:
    made = Expert(
        person(number), UUID(int=0), Grade.C, "设计院", "工程师", frozenset(), "", available=True, price_floor=None,
        conflicts=frozenset(), stars=0, ratings=0, since=NOW,
    )  # fmt: skip
    return replace(made, **more)


def one(
    who: Expert, *skills: Skill, wanted: Wanted = HOSE, load: int = 0, bound: frozenset[str] = frozenset()
) -> Match:
    (found,) = matched(POLICY, wanted, [Candidate(who, skills, load, bound)])
    return found


def reason(found: Match, part: str) -> Reason:
    return next(each for each in (*found.reasons, *found.against) if each.part == part)


def test_every_part_is_told_with_its_facts() -> None:
    who = expert(
        tags=frozenset({"软管老化"}), words="检查软管八年", stars=9, ratings=2, grade=Grade.B, price_floor=1800
    )
    found = one(who, Skill(who.person_id, "软管老化", 18, 2), load=2)
    said = {each.part: each.zh for each in found.reasons}
    assert said["tags"] == "标签相符 1/1（软管老化）"
    assert said["skill"] == "同类标准题 18/20 正确"
    assert said["load"] == "在手 2 项"
    assert said["price"] == "期望 0.1800 元/次"
    assert said["rating"] == "共创评价 4.5 星（2 次）"
    assert said["grade"] == "B级专家"
    assert "软管" in said["words"]
    assert all(each.en.isascii() for each in found.reasons)


def test_the_score_is_the_sum_of_its_reasons() -> None:
    who = expert(tags=frozenset({"软管老化"}), price_floor=1800)
    found = one(who, Skill(who.person_id, "软管老化", 18, 2), load=3)
    assert found.score == pytest.approx(sum(each.points for each in found.reasons), abs=5e-4)
    assert reason(found, "load").points < 0
    assert reason(found, "price").points < 0


def test_proof_outweighs_what_somebody_says() -> None:
    boaster = expert(1, tags=frozenset({"软管老化"}), words="软管老化专家，精通软管老化和龟裂")
    proved = expert(2)
    silent = expert(3)
    ranked = matched(
        POLICY,
        HOSE,
        [
            Candidate(boaster, [Skill(person(1), "软管老化", 12, 28)], 0),
            Candidate(silent, [], 0),
            Candidate(proved, [Skill(person(2), "软管老化", 38, 2)], 0),
        ],
    )
    assert ranked[0].person_id == person(2)
    assert reason(ranked[[each.person_id for each in ranked].index(person(1))], "skill").points < 0


def test_more_of_the_same_proof_counts_more() -> None:
    few, many = (one(expert(), Skill(person(1), "软管老化", 9 * count, count)) for count in (1, 10))
    assert many.score > few.score


def test_proof_of_a_topic_that_reads_alike_counts_in_part() -> None:
    same = one(expert(), Skill(person(1), "软管老化", 30, 0))
    near = one(expert(), Skill(person(1), "软管老化龟裂", 30, 0))
    far = one(expert(), Skill(person(1), "开挖沟槽", 30, 0))
    assert same.score > near.score > far.score
    assert reason(far, "skill").zh == "同类标准题尚无记录"


@pytest.mark.parametrize(
    ("who", "bound", "part"),
    [
        ({"conflicts": frozenset({"t1"})}, frozenset(), "conflict"),
        ({"employer": "新奥 燃气"}, frozenset(), "conflict"),
        ({}, frozenset({"t1"}), "conflict"),
        ({"available": False}, frozenset(), "away"),
    ],
)
def test_what_stands_against_somebody_outweighs_everything(
    who: dict[str, Any], bound: frozenset[str], part: str
) -> None:
    best = expert(1, tags=frozenset({"软管老化"}), grade=Grade.A, **who)
    ranked = matched(
        POLICY,
        HOSE,
        [
            Candidate(best, [Skill(person(1), "软管老化", 200, 0)], 0, bound),
            Candidate(expert(2), [Skill(person(2), "软管老化", 0, 9)], 5),
        ],
    )
    assert [each.person_id for each in ranked] == [person(2), person(1)]
    assert (ranked[1].score, reason(ranked[1], part).points) == (0.0, 0)


def test_nobody_works_for_what_is_their_own() -> None:
    assert reason(one(expert(), wanted=replace(HOSE, barred=frozenset({person(1)}))), "own").zh == "本人的需求或图片"


def test_more_work_and_a_higher_price_rank_lower() -> None:
    skill = Skill(person(1), "软管老化", 30, 0)
    scores = [one(expert(), skill, load=load).score for load in (0, 1, 3, 5, 9)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == scores[-2] > 0, "a full load still leaves something"
    prices = [one(expert(price_floor=floor), skill).score for floor in (None, 900, 1300, 1400, 2600, 9000)]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] == prices[2]


def test_what_asks_for_no_price_and_names_no_tag_is_matched_by_its_words() -> None:
    wanted = Wanted(frozenset(), "软管老化", None, frozenset())
    near, far = one(expert(words="专看软管老化"), wanted=wanted), one(expert(words="开挖沟槽"), wanted=wanted)
    assert near.score > far.score
    assert reason(near, "price").value == 1.0
    proved = one(expert(), Skill(person(1), "软管老化", 20, 0), wanted=wanted)
    assert proved.score > near.score


@given(st.permutations(list(range(1, 8))))
def test_the_order_of_asking_changes_nothing(order: list[int]) -> None:
    who = {number: Candidate(expert(number), [Skill(person(number), "软管老化", number % 3, 2)], 0) for number in order}
    assert matched(POLICY, HOSE, [who[number] for number in order]) == matched(
        POLICY, HOSE, [who[n] for n in sorted(who)]
    )


@given(
    right=st.integers(0, 500),
    wrong=st.integers(0, 500),
    load=st.integers(0, 50),
    floor=st.none() | st.integers(1, 10**6),
    ratings=st.integers(0, 50),
)
def test_a_score_lies_between_0_and_1(right: int, wrong: int, load: int, floor: int | None, ratings: int) -> None:
    who = expert(price_floor=floor, ratings=ratings, stars=5 * ratings, grade=Grade.A, tags=frozenset({"软管老化"}))
    found = one(who, Skill(who.person_id, "软管老化", right, wrong), load=load)
    assert 0 <= found.score <= 1
    assert found.score == pytest.approx(sum(each.points for each in found.reasons), abs=5e-4)


def test_companies_are_compared_whatever_their_spaces() -> None:
    assert folded(" ENN 能源\u3000有限 ") == "enn能源有限"


def test_terms_are_pairs_and_words() -> None:
    assert dict(terms("软管 PE-80 管")) == {"软管": 1, "pe": 1, "80": 1, "管": 1}
    assert not terms("，。 ")


def test_likeness_is_a_cosine() -> None:
    one_, other = terms("软管老化"), terms("软管老化")
    assert likeness(one_, other) == pytest.approx(1.0)
    assert likeness(one_, terms("开挖沟槽")) == 0.0
    assert likeness(terms(""), one_) == 0.0
    half = likeness(one_, terms("软管漏气"))
    assert 0 < half < 1
    assert likeness(terms("软管漏气"), one_) == pytest.approx(half)


def test_shared_words_are_shown_the_longest_first() -> None:
    assert shared(terms("excavator 软管老化"), terms("老化 excavator 围挡"), 2) == ["excavator", "老化"]
