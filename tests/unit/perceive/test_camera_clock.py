"""A camera's clock is wrong when it errs steadily or tells the future; a picture that comes late is no wrong clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipewarden.perceive.rules import Clock, check_clock

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def after(skews: list[float], clock: Clock | None = None) -> Clock:
    found = clock or Clock()
    for number, skew in enumerate(skews):
        found = check_clock(found, skew, NOW + timedelta(minutes=10 * number))
    return found


@pytest.mark.parametrize("skews", [[1.0, 2.0, 0.5, 3.0], [20.0, 21.0, 19.5], [-30.0, -29.0, -31.0]])
def test_a_clock_that_is_a_little_off_and_stays_so_is_right(skews: list[float]) -> None:
    assert after(skews).wrong_since is None


@pytest.mark.parametrize("skew", [90.0, -90.0, 8 * 3600.0, -8 * 3600.0, 56 * 365 * 86400.0])
def test_more_than_a_minute_off_is_wrong_from_the_third_picture_on(skew: float) -> None:
    """A time zone taken for UTC, and a clock that began at 1970, among them."""
    assert after([skew, skew + 1]).wrong_since is None
    assert after([skew, skew + 1, skew - 1]).wrong_since == NOW + timedelta(minutes=20)


def test_pictures_that_come_late_are_no_wrong_clock() -> None:
    """A device that was cut off sends an hour of pictures at once: each is late by another time."""
    assert after([3600.0, 3000.0, 2400.0, 1800.0, 1200.0, 600.0, 1.0]).wrong_since is None


def test_the_future_is_wrong_however_unsteady() -> None:
    assert after([-100.0, -4000.0, -200.0]).wrong_since is not None


def test_a_jump_of_more_than_five_seconds_is_wrong_until_it_is_taken_back() -> None:
    steady = after([0.5, 1.0, 0.8])
    assert after([5.0, 5.2, 4.6], steady).wrong_since is None, "under 5 s"
    jumped = after([12.0, 12.5, 11.8], steady)
    assert jumped.wrong_since is not None
    assert after([12.0, 12.0, 12.0], jumped).wrong_since == jumped.wrong_since, "it does not get used to it"
    assert after([0.7, 0.9, 1.1], jumped).wrong_since is None


@pytest.mark.parametrize("every_s", [2.0, 20.0, 600.0])
def test_a_clock_that_stands_is_wrong_soon_after_a_minute_and_a_picture_sent_again_is_not(every_s: float) -> None:
    found, looks = after([0.5, 0.5, 0.5]), 0
    while found.wrong_since is None:
        looks += 1
        found = check_clock(found, 0.5 + every_s * looks, NOW, stands=True)
    assert 60 < every_s * looks <= 60 + 2 * every_s or looks == 2, "two at the least"
    assert check_clock(after([0.5, 0.5, 0.5]), 600.5, NOW, stands=True).wrong_since is None


def test_a_clock_that_is_set_right_is_right() -> None:
    """It was 40 s off, which is bearable, and then asked a time server: a jump, and a good one."""
    assert after([0.2, 0.1, 0.3], after([40.0, 40.5, 39.8])).wrong_since is None


def test_one_odd_picture_says_nothing() -> None:
    assert after([0.5, 0.6, 9000.0, 0.4, -9000.0, 0.5, 0.6]).wrong_since is None
