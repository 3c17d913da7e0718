"""Any sequence of looks and of clocks: what may change, when it must, and since when it is said to have been so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.perceive.facts import Fault
from pipewarden.perceive.rules import PATIENT, Clock, Limits, Sight, check_clock, judge_sight, suspects

LIMITS = Limits()
START = datetime(2026, 11, 20, tzinfo=UTC)
SHOWN = st.sampled_from([None, *Fault])
LOOKS = st.lists(st.tuples(SHOWN, st.integers(1, 1800)), max_size=40)  # what it shows, seconds after the one before


def watched(looks: list[tuple[Fault | None, int]]) -> tuple[list[Sight], list[datetime]]:
    """Return the sight after each look, and when each was."""
    sights, times, sight, at = [], [], Sight(), START
    for shown, gap in looks:
        at += timedelta(seconds=gap)
        sight = judge_sight(sight, shown, at, LIMITS)
        sights.append(sight)
        times.append(at)
    return sights, times


def turned(looks: list[tuple[Fault | None, int]], number: int) -> int:
    """Return the first of the looks in a row up to ``number`` that all see, or all see nothing."""
    first = number
    while first and (looks[first - 1][0] is None) is (looks[number][0] is None):
        first -= 1
    return first


@given(LOOKS)
def test_sight_is_lost_and_won_since_the_first_look_that_said_so(looks: list[tuple[Fault | None, int]]) -> None:
    sights, times = watched(looks)
    for number in range(1, len(looks)):
        before, after = sights[number - 1], sights[number]
        if (before.fault is None) is (after.fault is None):
            continue
        first = turned(looks, number)
        assert number - first + 1 >= LIMITS.hold
        assert after.since == times[first], "it was so from the first of these looks on, not from the last"


@given(LOOKS)
def test_time_never_runs_back_in_what_is_said(looks: list[tuple[Fault | None, int]]) -> None:
    sights, times = watched(looks)
    for number, sight in enumerate(sights):
        assert sight.since is not None
        assert sight.since <= times[number]
        assert number == 0 or sight.since >= sights[number - 1].since  # type: ignore[operator]  # never None here
        assert sight.turn_at is None or sight.since <= sight.turn_at <= times[number]
        assert suspects(sight) is (sight.turn_at is not None)


@given(LOOKS)
def test_a_lorry_or_rain_is_given_its_ten_minutes(looks: list[tuple[Fault | None, int]]) -> None:
    sights, times = watched(looks)
    for number in range(1, len(looks)):
        before, after = sights[number - 1].fault, sights[number]
        if after.fault is not before and after.fault in PATIENT:
            assert after.since is not None
            assert (times[number] - after.since).total_seconds() >= LIMITS.patient_s


@given(LOOKS, SHOWN, st.integers(10, 900))
def test_whatever_went_before_what_stays_so_is_said_in_the_end(
    looks: list[tuple[Fault | None, int]], shown: Fault | None, gap: int
) -> None:
    """No history makes a camera deaf: three looks, and ten minutes where patience is due, and it is called so."""
    needed = LIMITS.hold + (int(LIMITS.patient_s // gap) + 1 if shown in PATIENT else 0)
    sights, _ = watched([*looks, *[(shown, gap)] * needed])
    assert sights[-1].fault is shown


@given(LOOKS, SHOWN)
def test_two_looks_alone_change_nothing(looks: list[tuple[Fault | None, int]], shown: Fault | None) -> None:
    """After a look that agreed with the state, two others are not enough, however far apart."""
    sights, times = watched(looks)
    sight, at = (sights[-1], times[-1]) if sights else (Sight(), START)
    settled = judge_sight(sight, sight.fault, at + timedelta(seconds=1), LIMITS)
    if settled.fault is not sight.fault or settled.turn:
        return
    told = settled
    for number in (1, 2):
        told = judge_sight(told, shown, at + timedelta(days=number), LIMITS)
    assert told.fault is settled.fault


@given(st.lists(st.floats(-4.9, 4.9), max_size=30))
def test_a_clock_within_five_seconds_is_never_wrong(skews: list[float]) -> None:
    clock = Clock()
    for number, skew in enumerate(skews):
        clock = check_clock(clock, skew, START + timedelta(minutes=number))
    assert clock.wrong_since is None


@given(st.lists(st.floats(-5000, 5000), max_size=12), st.floats(70, 1e9), st.booleans())
def test_a_steady_wrong_clock_is_found_in_three_pictures_whatever_came_before(
    before: list[float], skew: float, ahead: bool
) -> None:
    clock, now = Clock(), START
    for one in before:
        now += timedelta(minutes=1)
        clock = check_clock(clock, one, now)
    for _ in range(3):
        now += timedelta(minutes=1)
        clock = check_clock(clock, -skew if ahead else skew, now)
    assert clock.wrong_since is not None
    assert clock.wrong_since <= now


@given(st.lists(st.floats(-5000, 5000), max_size=12), st.floats(-4.0, 4.0))
def test_a_clock_that_is_right_again_is_believed_again(before: list[float], skew: float) -> None:
    clock, now = Clock(), START
    for one in [*before, skew, skew, skew]:
        now += timedelta(minutes=1)
        clock = check_clock(clock, one, now)
    assert clock.wrong_since is None
    assert clock.base == skew


@given(st.lists(st.floats(-5000, 5000), min_size=3, max_size=20))
def test_since_when_it_is_wrong_does_not_move_while_it_is(skews: list[float]) -> None:
    clock = Clock()
    for number, skew in enumerate(skews):
        before = clock
        clock = check_clock(clock, skew, START + timedelta(minutes=number))
        if before.wrong_since is not None and clock.wrong_since is not None:
            assert clock.wrong_since == before.wrong_since
