"""The schedule decides from values: due times, back-off, states with their hold, sightings, samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.sense.facts import CameraState, Keeping, Outcome, Pulse
from pipewarden.sense.rules import Cadence, is_first_sighting, judge, keeping, next_due, retry_s, settled

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NUMBERS = Cadence()
FRESH, SAME, FAILED = Outcome.FRESH, Outcome.SAME, Outcome.FAILED


def after(looks: list[tuple[float, Outcome]], pulse: Pulse | None = None) -> list[Pulse]:
    """Every pulse after looks at so many seconds past noon."""
    pulses = []
    pulse = pulse or Pulse()
    for second, outcome in looks:
        pulse = judge(pulse, outcome, NOON + timedelta(seconds=second), NUMBERS)
        pulses.append(pulse)
    return pulses


def states(looks: list[tuple[float, Outcome]]) -> list[CameraState | None]:
    return [pulse.state for pulse in after(looks)]


def due(pulse: Pulse, *, was: float = 0.0, now: float = 0.0, interval_s: float = 600.0, chance: float = 1.0) -> float:
    """Seconds past noon of the next look."""
    start, moment = NOON + timedelta(seconds=was), NOON + timedelta(seconds=now)
    told = next_due(pulse, start, moment, interval_s=interval_s, chance=chance, cadence=NUMBERS)
    return (told - NOON).total_seconds()


def test_the_first_picture_makes_a_camera_online_at_once() -> None:
    assert states([(0, FRESH)]) == [CameraState.ONLINE]


def test_silence_counts_after_its_hold_time_only() -> None:
    looks = [(0, FRESH), (600, FAILED), (659, FAILED), (660, FAILED)]
    assert states(looks) == [CameraState.ONLINE] * 3 + [CameraState.OFFLINE]


def test_a_camera_never_seen_is_offline_after_the_hold_time_too() -> None:
    assert states([(0, FAILED), (30, FAILED), (61, FAILED)]) == [None, None, CameraState.OFFLINE]


def test_one_lost_look_changes_nothing() -> None:
    looks = [(0, FRESH), (600, FAILED), (615, FRESH), (1215, FAILED), (1230, FRESH)]
    assert set(states(looks)) == {CameraState.ONLINE}


def test_the_same_picture_again_and_again_stalls_a_camera() -> None:
    looks = [(0, FRESH), (600, SAME), (700, SAME), (719, SAME), (720, SAME)]
    assert states(looks) == [CameraState.ONLINE] * 4 + [CameraState.STALLED]


def test_silence_and_stillness_in_turn_are_no_way_out() -> None:
    looks = [(0, FRESH), (600, SAME), (620, FAILED), (640, SAME), (661, FAILED)]
    assert states(looks)[-1] is CameraState.OFFLINE


def test_between_two_bad_states_the_new_one_must_hold_as_well() -> None:
    dead = [(0, FRESH), (10, FAILED), (80, FAILED)]
    assert states(dead)[-1] is CameraState.OFFLINE
    assert states([*dead, (100, SAME), (219, SAME)])[-1] is CameraState.OFFLINE
    assert states([*dead, (100, SAME), (220, SAME)])[-1] is CameraState.STALLED


def test_coming_back_must_hold_too() -> None:
    dead = [(0, FRESH), (10, FAILED), (80, FAILED)]
    back = after([*dead, (100, FRESH), (110, FRESH), (115, FRESH)])
    assert [pulse.state for pulse in back[-3:]] == [CameraState.OFFLINE, CameraState.OFFLINE, CameraState.ONLINE]
    assert back[-1].bad_since is None
    flapping = [*dead, (100, FRESH), (105, FAILED), (110, FRESH), (114, FAILED), (118, FRESH)]
    assert states(flapping)[-1] is CameraState.OFFLINE


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from(Outcome)), max_size=40))
def test_no_two_changes_lie_closer_than_a_hold_time(gaps: list[tuple[int, Outcome]]) -> None:
    second, looks = 0.0, []
    for gap, outcome in gaps:
        second += gap
        looks.append((second, outcome))
    changes = []
    before: CameraState | None = None
    for (moment, _), pulse in zip(looks, after(looks), strict=True):
        if pulse.state is not before:
            changes.append((moment, pulse.state))
        before = pulse.state
    for (was_s, was), (now_s, now_state) in pairwise(changes):
        assert was is not now_state
        assert now_state is not None
        assert now_s - was_s >= NUMBERS.hold_s(now_state)


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=20), st.floats(1, 86_400), st.floats(0, 1))
def test_the_next_look_is_always_later_and_never_beyond_reason(
    outcomes: list[Outcome], interval_s: float, chance: float
) -> None:
    pulse = after([(60.0 * index, outcome) for index, outcome in enumerate(outcomes)])[-1]
    now = 60.0 * (len(outcomes) - 1)
    told = due(pulse, was=now - 7, now=now, interval_s=interval_s, chance=chance)
    assert now < told <= now + max(2 * interval_s, NUMBERS.longest_retry_s)


def test_the_rhythm_is_kept_from_the_due_time_so_that_cameras_stay_spread() -> None:
    online = after([(0, FRESH)])[-1]
    assert due(online, was=0, now=4) == 600
    assert due(online, was=0, now=599.5) == 600
    assert due(online, was=0, now=600) == 1200
    assert due(online, was=0, now=6_030) == 6_600, "looks that were missed are not made up for"


def test_a_change_that_is_held_back_is_looked_at_soon() -> None:
    frozen = after([(0, FRESH), (600, SAME)])[-1]
    assert not settled(frozen)
    assert due(frozen, was=600, now=600) == 620
    assert due(frozen, was=600, now=600, interval_s=5) == 605
    stalled = after([(0, FRESH), (600, SAME), (720, SAME)])[-1]
    assert settled(stalled)
    assert due(stalled, was=720, now=720) == 1320


def test_close_watching_takes_so_many_fresh_frames() -> None:
    pulse = Pulse(state=CameraState.ONLINE, last=FRESH, run=1, run_since=NOON, close_left=3)
    moments, now = [], 60.0
    for _ in range(5):
        pulse = judge(pulse, FRESH, NOON + timedelta(seconds=now), NUMBERS)
        moments.append(now)
        now = due(pulse, was=now, now=now)
    assert moments == [60, 120, 180, 780, 1380]


def test_a_failed_look_does_not_use_up_a_close_frame() -> None:
    pulse = Pulse(state=CameraState.ONLINE, last=FRESH, run=1, run_since=NOON, close_left=3)
    assert judge(pulse, FAILED, NOON, NUMBERS).close_left == 3


def test_retries_double_up_to_the_cap_and_jitter_takes_at_most_half() -> None:
    most = [retry_s(count, interval_s=600, chance=1.0, cadence=NUMBERS) for count in range(1, 9)]
    assert most == [15, 30, 60, 120, 240, 480, 600, 600]
    least = [retry_s(count, interval_s=600, chance=0.0, cadence=NUMBERS) for count in range(1, 9)]
    assert least == [each / 2 for each in most]
    assert retry_s(40, interval_s=3600, chance=1.0, cadence=NUMBERS) == 3600, "a slow camera is not asked faster"
    assert retry_s(1, interval_s=5, chance=1.0, cadence=NUMBERS) == 5


def test_two_hundred_cameras_that_fail_together_do_not_come_back_together() -> None:
    chances = [index / 200 for index in range(200)]
    waits = sorted(retry_s(6, interval_s=600, chance=chance, cadence=NUMBERS) for chance in chances)
    densest = max(sum(1 for wait in waits if start <= wait < start + 10) for start in range(240, 480))
    assert waits[0] == 240
    assert densest <= 10, "at most one a second"


@pytest.mark.parametrize(
    ("ago", "first"), [(None, True), (600.0, False), (1200.0, False), (1201.0, True), (86_400.0, True)]
)
def test_only_a_look_without_a_sighting_makes_the_next_one_first(ago: float | None, *, first: bool) -> None:
    seen = None if ago is None else NOON - timedelta(seconds=ago)
    assert is_first_sighting(seen, NOON, 600.0) is first


def kept(
    at: datetime, *, quiet: bool = True, close: bool = False, last: datetime | None = NOON, since: int = 0
) -> Keeping:
    return keeping(quiet=quiet, close=close, at=at, sampled_at=last, since_sample=since, cadence=NUMBERS)


def test_what_shows_something_is_always_kept() -> None:
    assert kept(NOON, quiet=False, since=0) is Keeping.FOUND
    assert kept(NOON, quiet=False, last=None) is Keeping.FOUND
    assert kept(NOON, close=True) is Keeping.FOUND


def test_the_first_quiet_frame_of_a_day_is_kept() -> None:
    assert kept(NOON, last=None) is Keeping.SAMPLED
    assert kept(NOON + timedelta(hours=11, minutes=59)) is Keeping.QUIET
    assert kept(NOON + timedelta(hours=12)) is Keeping.SAMPLED


def test_whose_day_it_is_can_be_said() -> None:
    china = timezone(timedelta(hours=8))
    late = NOON + timedelta(hours=4)  # midnight in China
    one = {"quiet": True, "close": False, "sampled_at": NOON, "since_sample": 0, "cadence": NUMBERS}
    assert keeping(at=late, **one) is Keeping.QUIET  # type: ignore[arg-type]
    assert keeping(at=late, zone=china, **one) is Keeping.SAMPLED  # type: ignore[arg-type]


def test_then_every_sixth() -> None:
    fates, since = [], 0
    for minute in range(1, 20):
        fate = kept(NOON + timedelta(minutes=minute), since=since)
        since = 0 if fate is Keeping.SAMPLED else since + 1
        fates.append(fate)
    assert [index + 1 for index, fate in enumerate(fates) if fate is Keeping.SAMPLED] == [6, 12, 18]
    assert fates.count(Keeping.QUIET) == 16
