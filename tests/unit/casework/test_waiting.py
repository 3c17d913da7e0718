"""The queue's order: level, hand, deadline, risk, age; total, stable under shuffling, and pages that fit together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts.waiting import Hand, Waiting
from pipewarden.casework.rules.waiting import hand, place, ranked

if TYPE_CHECKING:
    import random

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
SOON, PAST = NOW + timedelta(minutes=9), NOW - timedelta(minutes=9)
ONE = Waiting(UUID(int=1), UUID(int=2), UUID(int=1), UUID(int=3), 2, struck=False, taken=True, due_at=SOON, risk=40.0,
              since=NOW - timedelta(hours=1))  # fmt: skip


def order(*found: Waiting) -> list[int]:
    return [one.id.int for one in ranked(found, NOW)]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, Hand.DUE),
        ({"due_at": None}, Hand.HELD),
        ({"due_at": PAST}, Hand.LATE),
        ({"due_at": NOW}, Hand.LATE),
        ({"taken": False, "due_at": PAST}, Hand.NOBODY),
        ({"struck": True, "taken": False}, Hand.STRUCK),
    ],
)
def test_in_whose_hand_it_is(changed: dict[str, object], wanted: Hand) -> None:
    assert hand(replace(ONE, **changed), NOW) is wanted  # type: ignore[arg-type]  # any field of it


@pytest.mark.parametrize(
    "worse",
    [
        {"level": 1, "taken": True, "due_at": None, "risk": 1.0},  # the level before everything
        {"struck": True, "due_at": None},
        {"taken": False, "due_at": None},
        {"due_at": PAST},
        {"due_at": SOON - timedelta(seconds=1)},
        {"risk": 40.000001},
        {"risk": None},  # not weighed yet: not known to be mild
        {"since": ONE.since - timedelta(seconds=1)},
    ],
)
def test_each_thing_that_is_worse_comes_first(worse: dict[str, object]) -> None:
    other = replace(ONE, id=UUID(int=9), **worse)  # type: ignore[arg-type]  # any field of it
    assert order(ONE, other) == [9, 1]
    assert order(other, ONE) == [9, 1]


def test_what_nobody_has_comes_before_what_somebody_is_late_with_and_a_hit_pipe_before_both() -> None:
    late, nobody, hit = (
        replace(ONE, id=UUID(int=11), due_at=PAST),
        replace(ONE, id=UUID(int=12), taken=False),
        replace(ONE, id=UUID(int=13), struck=True),
    )
    assert order(late, nobody, hit, ONE) == [13, 12, 11, 1]


def test_time_alone_moves_it_up() -> None:
    held = replace(ONE, id=UUID(int=21), due_at=NOW + timedelta(minutes=1))
    late = replace(ONE, id=UUID(int=22), due_at=NOW - timedelta(minutes=1))
    assert [one.id.int for one in ranked([held, late], NOW)] == [22, 21]
    before = ranked([held, replace(ONE, id=UUID(int=23), level=3, taken=False)], NOW)
    assert [one.id.int for one in before] == [21, 23], "a level is not made up for by anything"
    assert hand(held, NOW + timedelta(minutes=2)) is Hand.LATE


things = st.builds(
    Waiting,
    id=st.uuids(),
    tenant_id=st.just(UUID(int=2)),
    alarm_id=st.none(),
    site_id=st.none(),
    level=st.integers(1, 4),
    struck=st.booleans(),
    taken=st.booleans(),
    due_at=st.none() | st.integers(-3, 3).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    risk=st.none() | st.sampled_from([0.0, 30.3, 30.300000000000004, 100.0]),
    since=st.integers(0, 3).map(lambda hours: NOW - timedelta(hours=hours)),
)


@given(
    st.lists(things, max_size=12, unique_by=lambda one: one.id), st.randoms(use_true_random=False), st.integers(1, 5)
)
def test_the_order_is_total_and_its_pages_fit_together(found: list[Waiting], chance: random.Random, size: int) -> None:
    whole = ranked(found, NOW)
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert ranked(shuffled, NOW) == whole
    assert len({place(one, NOW) for one in found}) == len(found)
    paged: list[Waiting] = []
    while more := ranked(found, NOW, after=place(paged[-1], NOW) if paged else None)[:size]:
        paged += more
    assert paged == whole
