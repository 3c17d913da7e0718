"""What one look shows and when it counts, on streams made from the demo's rendered streets (synthetic 合成).

The figures of docs/eyes.md come from bench/eyes.py on many more of the same streams; here each kind is shown once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import blind_streams as streams
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.perceive.facts import Fault
from pipewarden.perceive.rules import (
    Limits,
    Past,
    Sight,
    agrees,
    judge_sight,
    shows,
    suspects,
    teaches,
    view_name,
    view_of,
)
from pipewarden.perceive.rules.view import likeness, shift, stillness

LIMITS = Limits()
START = datetime(2026, 11, 20, tzinfo=UTC)
OTHERS = [None, *Fault]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261120)


@pytest.mark.parametrize("kind", sorted(streams.FAULTS))
def test_each_fault_is_found_and_named(kind: str, rng: np.random.Generator) -> None:
    spoil, names = streams.FAULTS[kind]
    watched = streams.Watched("cam-04", rng)
    for number in range(6):
        watched.look(streams.seen("cam-04", 600 + 10 * number, rng))
    assert watched.sight.fault is None
    for number in range(5):
        watched.look(spoil(streams.seen("cam-04", 660 + 10 * number, rng), watched.pictures, number, rng))
    assert watched.sight.fault in names


@pytest.mark.parametrize("weather", ["clear", "fog", "rain", "lorry"])
@pytest.mark.parametrize("begin", [300, 1060])  # over dawn and over dusk, with the switch of infrared
def test_weather_and_the_switch_to_infrared_are_no_faults(weather: str, begin: int, rng: np.random.Generator) -> None:
    watched = streams.Watched("cam-11", rng)
    for number in range(20):
        watched.look(streams.seen("cam-11", begin + 10 * number, rng, weather))
        assert watched.sight.fault is None


def test_a_fault_needs_several_looks_and_so_does_its_end() -> None:
    sight = Sight()
    seen = []
    for number, shown in enumerate([None, Fault.BLACK, Fault.BLACK, None, *[Fault.BLACK] * 3, None, None, None]):
        sight = judge_sight(sight, shown, START + timedelta(minutes=10 * number), LIMITS)
        seen.append(sight.fault)
    assert seen == [None] * 6 + [Fault.BLACK] * 3 + [None]
    assert sight.since == START + timedelta(minutes=70)  # since the first look that saw again


def test_a_covered_view_is_given_time_and_a_black_one_is_not() -> None:
    for fault, looks in ((Fault.COVERED, 11), (Fault.BLURRED, 11), (Fault.BLACK, 3), (Fault.MOVED, 3)):
        sight, count = Sight(), 0
        while sight.fault is None:
            sight = judge_sight(sight, fault, START + timedelta(minutes=count), LIMITS)
            count += 1
        assert (fault, count) == (fault, looks)
        assert sight.since == START


def test_another_fault_takes_the_place_of_the_first() -> None:
    sight = Sight()
    for number, shown in enumerate([Fault.MOVED] * 3 + [Fault.BLACK] * 3):
        sight = judge_sight(sight, shown, START + timedelta(minutes=number), LIMITS)
    assert sight.fault is Fault.BLACK


@given(st.lists(st.sampled_from(OTHERS), max_size=40))
def test_the_state_only_ever_follows_what_was_shown_often_enough(shown: list[Fault | None]) -> None:
    sight = Sight()
    for number, one in enumerate(shown):
        before = sight
        sight = judge_sight(sight, one, START + timedelta(minutes=10 * number), LIMITS)
        assert suspects(sight) == (sight.turn > 0)
        if sight.fault is not before.fault:
            assert sight.fault is one
            assert len({each is None for each in shown[max(0, number - 2) : number + 1]}) == 1
            assert number >= 2


def test_a_drawn_picture_may_stand_still_and_come_again(rng: np.random.Generator) -> None:
    view = view_of(streams.seen("cam-02", 700, rng))
    past = Past(last=[view], references=[view], seen_before=[view_name(view)])
    assert shows(view, view_name(view), past, LIMITS) is Fault.FROZEN
    assert shows(view, view_name(view), past, LIMITS, drawn=True) is None


def test_the_clock_in_the_picture_changes_neither_name_nor_stillness(rng: np.random.Generator) -> None:
    picture = streams.seen("cam-02", 700, rng)
    later = streams.clock(np.concatenate([np.full((24, 640, 3), 40, np.uint8), picture[24:]]), 10_111)
    assert view_name(view_of(picture)) == view_name(view_of(later))
    assert stillness(view_of(picture), view_of(later)) == 0
    assert view_name(view_of(streams.seen("cam-02", 700, rng))) != view_name(view_of(picture))


def test_measuring_leaves_the_views_as_they_were(rng: np.random.Generator) -> None:
    one, other = view_of(streams.seen("cam-02", 700, rng)), view_of(streams.seen("cam-02", 60, rng))
    before = one.edges.copy(), other.edges.copy()
    across, down, _ = shift(one, other)
    assert np.array_equal(one.edges, before[0])
    assert np.array_equal(other.edges, before[1])
    assert max(abs(across), abs(down)) < 0.02
    assert likeness(one, one) == pytest.approx(1.0)


def test_only_another_light_on_the_same_place_is_learned(rng: np.random.Generator) -> None:
    day = view_of(streams.seen("cam-06", 720, rng))
    night = view_of(streams.seen("cam-06", 60, rng, "fog"))
    assert agrees(day, day, LIMITS)
    assert not agrees(day, None, LIMITS)
    assert not teaches(day, [day], LIMITS)
    if likeness(day, night) < LIMITS.taught:
        assert teaches(night, [day], LIMITS)
    assert not teaches(view_of(streams.seen("cam-13", 720, rng)), [day], LIMITS)
    black = view_of(np.zeros((360, 640, 3), np.uint8))
    assert not agrees(black, black, LIMITS), "it shows no place"
