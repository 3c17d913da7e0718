"""What versions are made of: read strictly, decided without surprise, and cards that say what they cannot."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from foundry_town import EXAMPLE, KNOWLEDGE, MODEL, QUESTIONS, RULE
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.kit.shares import wilson
from pipewarden.market.facts.foundry import Kind, Line
from pipewarden.market.rules import foundry_cards
from pipewarden.market.rules.cards import (
    KnowledgeContent,
    QuestionsContent,
    RuleContent,
    cases_of,
    cite,
    content_of,
    decide,
    matched,
    read_content,
    read_wanted,
    tried_knowledge,
    tried_rules,
)

ALL = {
    Kind.RULE: RULE,
    Kind.KNOWLEDGE: KNOWLEDGE,
    Kind.EXAMPLE: EXAMPLE,
    Kind.QUESTIONS: QUESTIONS,
    Kind.MODEL: MODEL,
}


def rule(**more: Any) -> RuleContent:
    return content_of(RuleContent, read_content(Kind.RULE, RULE | more))


def at(where: str, value: object, of: dict[str, Any] = RULE) -> dict[str, Any]:
    """Return a content with one thing changed; ``where`` is like ``rules.0.when``."""
    made = deepcopy(of)
    *way, last = where.split(".")
    inner: Any = made
    for one in way:
        inner = inner[int(one)] if one.isdigit() else inner[one]
    inner[int(last) if last.isdigit() else last] = value
    return made


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_read_is_read_again_the_same(kind: Kind) -> None:
    once = read_content(kind, ALL[kind])
    assert read_content(kind, once) == once


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        (Kind.RULE, at("rules.0.when.0.field", "depth"), "depth, which is no field"),
        (Kind.RULE, at("rules.0.when.0.than", "near"), "distance must be a number"),
        (Kind.RULE, at("rules.0.when.1.than", 1), "digging must be a truth"),
        (Kind.RULE, at("rules.0.when.1.is", "<"), "compare it by = or !="),
        (Kind.RULE, at("cases.0.given", {"distance": 1}), "digging is missing"),
        (Kind.RULE, at("cases.0.given.ground", "ice"), "ground must be a word of its list"),
        (Kind.RULE, at("fields.1.id", "distance"), "distance stands twice"),
        (Kind.RULE, RULE | {"cases": []}, "at least 1"),
        (Kind.KNOWLEDGE, at("cases.0.clauses", ["never"], KNOWLEDGE), "never, which is no clause"),
        (Kind.KNOWLEDGE, at("clauses.0.since", "2022", KNOWLEDGE), "pattern"),
        (Kind.KNOWLEDGE, at("clauses.1.id", "range", KNOWLEDGE), "range stands twice"),
        (Kind.EXAMPLE, at("labels.1.id", "machine", EXAMPLE), "machine stands twice"),
        (Kind.EXAMPLE, at("labels.1.id", "Ma Chine", EXAMPLE), "pattern"),
        (Kind.QUESTIONS, at("questions.0.id", "reason", QUESTIONS), "no free name"),
        (Kind.QUESTIONS, at("questions.0.id", "model_x", QUESTIONS), "no free name"),
        (Kind.QUESTIONS, at("questions.1.id", "rust", QUESTIONS), "rust stands twice"),
        (Kind.QUESTIONS, QUESTIONS | {"task": "short"}, "at least 10"),
        (Kind.MODEL, {"model": "mine"}, "screen"),
    ],
)
def test_a_slip_is_named(kind: Kind, content: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_content(kind, content)
    assert says in caught.value.problem
    assert caught.value.field.startswith("content")


def test_the_first_rule_that_holds_decides() -> None:
    content = rule()
    for distance, digging, then, number in ((0.49, True, "stop", 1), (0.5, True, "plan", 2), (5, False, "plan", 2)):
        said = decide(content, {"distance": distance, "digging": digging, "ground": "soil"})
        assert (said.answer["then"], said.answer["rule"]) == (then, number)
    said = decide(content, {"distance": 5.01, "digging": True, "ground": "soil"})
    assert (said.answer["then"], said.answer["rule"], said.by) == ("nothing", None, "otherwise")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "digging is missing"),
        ({"distance": 1, "digging": True, "ground": "soil", "depth": 2}, "depth is no field"),
        ({"distance": True, "digging": True, "ground": "soil"}, "distance must be a number"),
        ({"distance": "1", "digging": True, "ground": "soil"}, "distance must be a number"),
        ({"distance": 1, "digging": 1, "ground": "soil"}, "digging must be a truth"),
        ({"distance": 1, "digging": True, "ground": "sand"}, "ground must be a word of its list"),
        ({"distance": 1, "digging": True, "ground": None}, "ground must be a word"),
        ({"distance": [1], "digging": True, "ground": "soil"}, "distance must be a number"),
    ],
)
def test_what_is_given_must_be_whole(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        decide(rule(), given)
    assert (caught.value.field, caught.value.problem.startswith(says)) == ("given", True)


@given(st.floats(0, 100), st.booleans(), st.sampled_from(["asphalt", "soil"]))
def test_a_rule_card_says_what_its_words_say(distance: float, digging: bool, ground: str) -> None:
    wanted = "stop" if distance < 0.5 and digging else "plan" if distance <= 5 else "nothing"
    given = {"distance": distance, "digging": digging, "ground": ground}
    assert decide(rule(), given).answer["then"] == wanted


def test_every_comparison_compares() -> None:
    for sign, holds in (("<", [1]), ("<=", [1, 2]), ("=", [2]), ("!=", [1, 3]), (">=", [2, 3]), (">", [3])):
        content = rule(
            rules=[
                {"when": [{"field": "distance", "is": sign, "than": 2}], "then": "yes", "zh": "是", "en": "yes"},
            ],
            cases=[{"given": {"distance": 2, "digging": True, "ground": "soil"}, "then": "yes"}],
        )
        found = [
            one
            for one in (1, 2, 3)
            if decide(content, {"distance": one, "digging": True, "ground": "soil"}).answer["then"] == "yes"
        ]
        assert found == holds, sign


def test_cases_that_come_out_otherwise_are_named() -> None:
    right, wrong = tried_rules(rule(otherwise="fine"))
    assert (right, wrong) == (2, ["case 3: fine instead of nothing"])


def test_a_knowledge_card_cites_the_nearest_clause_first_and_leaves_none_out() -> None:
    content = content_of(KnowledgeContent, read_content(Kind.KNOWLEDGE, KNOWLEDGE))
    for question, first in (("保护范围几米", "range"), ("书面通知谁", "notice"), ("GB 55009", "range")):
        said = cite(content, question).answer
        clauses = said["clauses"]
        assert isinstance(clauses, list)
        assert (clauses[0]["id"], len(clauses), said["text"]) == (first, 2, KNOWLEDGE["text"])
    assert tried_knowledge(content) == (2, [])
    other = at("cases.0.clauses", ["notice"], KNOWLEDGE)
    content = content_of(KnowledgeContent, read_content(Kind.KNOWLEDGE, other))
    assert tried_knowledge(content) == (1, ["case 1: range come first"])


def test_answers_to_questions_are_compared_by_question() -> None:
    content = content_of(QuestionsContent, read_content(Kind.QUESTIONS, QUESTIONS))
    assert read_wanted(content, "rust=yes, cover=no") == {"rust": "yes", "cover": "no"}
    found = matched(content, "rust=yes,cover=no", {"answers": {"rust": "yes", "cover": "unclear"}})
    assert (found.right, found.of, found.wrong) == (1, 2, "cover: unclear instead of no")
    assert matched(content, "rust=yes", {}).wrong == "rust: nothing instead of yes"
    assert matched(content, "rust=no", {"answers": {"rust": "no"}}).wrong == ""


def test_a_frozen_set_of_cases_is_what_must_come_out() -> None:
    pairs = cases_of(Kind.RULE, read_content(Kind.RULE, RULE))
    assert [wanted for _, wanted in pairs] == ["stop", "plan", "nothing"]
    assert cases_of(Kind.KNOWLEDGE, read_content(Kind.KNOWLEDGE, KNOWLEDGE))[0] == ("保护范围是几米？", "range")
    assert cases_of(Kind.EXAMPLE, read_content(Kind.EXAMPLE, EXAMPLE)) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_says_what_it_cannot_in_both_languages(kind: Kind) -> None:
    line = Line(UUID(int=1), UUID(int=2), "a-card", kind, "卡", UUID(int=3), datetime(2026, 11, 27, tzinfo=UTC))
    card = foundry_cards.card(line, 3, {"pictures": 60}, "f" * 64)
    assert (card["name"], card["kind"], card["data"]) == ("a-card@3", kind.value, {"pictures": 60})
    cannot = card["cannot"]
    assert isinstance(cannot, dict)
    assert cannot["zh"]
    assert cannot["en"]


def test_figures_carry_their_intervals() -> None:
    found = foundry_cards.counted_figures(wilson(9, 10), ["case 4: wrong"] * 30, wilson(10, 12))
    frozen, wrong = found["frozen"], found["wrong"]
    assert isinstance(frozen, dict)
    assert isinstance(wrong, list)
    assert frozen["right"]["low"] < 0.9 < frozen["right"]["high"]
    assert frozen["answered"]["of"] == 12
    assert len(wrong) == 20
