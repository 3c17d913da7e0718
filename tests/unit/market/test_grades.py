"""Grades by dated rules: what each takes, what is missing, up at once and down by one; a slip in the file is named."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

import pipewarden
from pipewarden.kit.errors import InputError
from pipewarden.market.facts.experts import Expert, Grade, Skill
from pipewarden.market.rules.experts_file import policy_on, read_experts
from pipewarden.market.rules.grades import earned, missing, moved
from pipewarden.market.store.expert_policy import shipped_experts

POLICY = shipped_experts()[0]
NOW = datetime(2026, 11, 27, tzinfo=UTC)
WHO = UUID(int=1)
C = Expert(
    WHO, UUID(int=0), Grade.C, "院", "工", frozenset(), "", available=True, price_floor=None, conflicts=frozenset(),
    stars=0, ratings=0, since=NOW, verified_at=NOW,
)  # fmt: skip


def proved(right: int, wrong: int) -> list[Skill]:
    return [Skill(WHO, "a", right, 0), Skill(WHO, "b", 0, wrong)]


@pytest.mark.parametrize(
    ("right", "wrong", "done", "grade"),
    [
        (0, 0, 0, Grade.C),
        (49, 0, 1, Grade.C),  # one item short
        (50, 0, 1, Grade.B),
        (50, 0, 0, Grade.C),  # no commission done
        (45, 5, 1, Grade.C),  # 90 % of 50: the lower end is 78.6 %
        (46, 4, 1, Grade.B),  # 92 %: 81.2 %
        (199, 0, 9, Grade.B),
        (200, 0, 5, Grade.A),
        (200, 0, 4, Grade.B),
        (192, 8, 5, Grade.A),  # 96 %: 92.3 %
        (191, 9, 5, Grade.B),  # 95.5 %: 91.7 %
    ],
)
def test_a_grade_is_earned_when_every_condition_holds(right: int, wrong: int, done: int, grade: Grade) -> None:
    assert earned(POLICY, C, proved(right, wrong), done) == grade


def test_nobody_rises_whom_nobody_has_seen() -> None:
    hidden = replace(C, verified_at=None)
    assert earned(POLICY, hidden, proved(500, 0), 9) == Grade.C
    assert missing(POLICY.steps[Grade.B], hidden, proved(500, 0), 9) == [("尚未实名", "nobody has seen who they are")]


def test_bad_ratings_stand_against_a_grade_once_there_are_enough() -> None:
    few, many = replace(C, stars=2, ratings=2), replace(C, stars=11, ratings=3)
    assert earned(POLICY, few, proved(200, 0), 5) == Grade.A
    assert earned(POLICY, many, proved(200, 0), 5) == Grade.C
    assert missing(POLICY.steps[Grade.B], many, proved(200, 0), 5) == [("评价 3.7，需 4.0", "rated 3.7 of 4.0")]
    assert earned(POLICY, replace(many, stars=13), proved(200, 0), 5) == Grade.B


def test_what_is_missing_is_told_with_its_figures() -> None:
    told = missing(POLICY.steps[Grade.A], C, proved(120, 30), 2)
    assert [zh for zh, _ in told] == ["标准题 150/200", "完成需求 2/5"]
    low = missing(POLICY.steps[Grade.A], C, proved(180, 20), 5)
    assert low == [("正确率下限 85.1%，需 92%", "at least 85.1% right, 92% is asked")]


def test_up_at_once_and_down_by_one() -> None:
    assert moved(POLICY, C, proved(200, 0), 5) == Grade.A
    best = replace(C, grade=Grade.A)
    assert moved(POLICY, best, proved(200, 0), 5) == Grade.A
    assert moved(POLICY, best, proved(10, 90), 5) == Grade.B
    assert moved(POLICY, replace(C, grade=Grade.B), proved(10, 90), 5) == Grade.C
    assert moved(POLICY, C, proved(10, 90), 5) == Grade.C


FILE = Path(pipewarden.__file__).parent / "policy" / "experts" / "CN.yaml"
SHIPPED: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def changed(*path: str, to: object) -> dict[str, Any]:
    made = copy.deepcopy(SHIPPED)
    at: Any = made["editions"][0]
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = to
    return made


@pytest.mark.parametrize(
    ("path", "to", "field"),
    [
        (("grades", "A", "gold"), 0, "grades.A.gold"),
        (("grades", "A", "gold"), 10, "grades.A"),
        (("grades", "A", "right"), 0.5, "grades.A"),
        (("grades", "B", "right"), 1.2, "grades.B.right"),
        (("grades", "D"), {}, "grades.D"),
        (("scoring", "skill"), 0.5, "scoring"),
        (("scoring", "guess"), 1.0, "scoring"),
        (("scoring", "tags"), 0.9, "scoring"),
        (("scoring", "strength"), 0, "scoring.strength"),
        (("busy",), 0, "busy"),
        (("pool", "push"), 0, "pool.push"),
        (("link_days",), 400, "link_days"),
        (("more",), 1, "more"),
    ],
)
def test_a_slip_in_the_file_is_named(path: tuple[str, ...], to: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_experts(changed(*path, to=to), "CN.yaml")
    assert field in caught.value.field


def test_editions_hold_from_their_day_in_china() -> None:
    two = copy.deepcopy(SHIPPED)
    later = copy.deepcopy(two["editions"][0]) | {"version": "CN-experts@2", "since": date(2027, 1, 1)}
    two["editions"].append(later)
    first, second = read_experts(two, "CN.yaml")
    assert policy_on((first, second), datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == first
    assert policy_on((first, second), datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == second
    assert policy_on((first, second), datetime(2020, 1, 1, tzinfo=UTC)) == first
    two["editions"].reverse()
    with pytest.raises(InputError, match="backwards"):
        read_experts(two, "CN.yaml")
