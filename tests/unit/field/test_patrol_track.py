"""Tracks in order and without jumps: late, doubled and shuffled points, clocks that are off, stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patrol_tracks import TOWN, honest, points_of

from pipewarden.field.rules import patrol_track
from pipewarden.field.store.patrol_policy import patrol_policy

if TYPE_CHECKING:
    from pipewarden.field.facts.patrols import PatrolPoint

LIMITS = patrol_policy().track
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def straight(count: int = 60, pace: float = 1.4, every: float = 5.0) -> list[PatrolPoint]:
    t = np.arange(count) * every
    return points_of(t, np.column_stack([pace * t, np.zeros(count)]), np.full(count, 8.0))


def legs(points: list[PatrolPoint]) -> patrol_track.Legs:
    track = patrol_track.track_of(points)
    return patrol_track.legs_of(track, patrol_track.clean(track, LIMITS), LIMITS)


def test_a_straight_walk_is_its_length() -> None:
    found = legs(straight())
    assert found.metres.sum() == pytest.approx(59 * 7, rel=1e-3)
    assert found.speed == pytest.approx(np.full(59, 1.4), rel=0.05)  # seven decimals are a centimetre


@given(st.permutations(list(range(40))))
def test_the_order_of_arrival_changes_nothing(order: list[int]) -> None:
    points = straight(40)
    one, other = legs(points), legs([points[place] for place in order])
    assert np.array_equal(one.a, other.a)
    assert np.array_equal(one.t1, other.t1)


def test_a_spike_is_left_out_and_the_way_goes_on() -> None:
    points = straight()
    lonlat = TOWN.to_lonlat(np.array([[210.0, 900.0]]))[0]
    points[30] = replace(points[30], lon=float(lonlat[0]), lat=float(lonlat[1]))
    track = patrol_track.track_of(points)
    cleaned = patrol_track.clean(track, LIMITS)
    assert (cleaned.jumps, cleaned.far_m, int(cleaned.starts.sum())) == (1, 0.0, 1)
    assert 30 not in cleaned.kept
    assert patrol_track.legs_of(track, cleaned, LIMITS).metres.sum() == pytest.approx(59 * 7, rel=1e-3)


def test_a_jump_that_others_confirm_is_a_new_start_without_a_way() -> None:
    t = np.arange(60) * 5.0
    xy = np.column_stack([1.4 * t, np.where(t < 150, 0.0, 5000.0)])
    track = patrol_track.track_of(points_of(t, xy, np.full(60, 8.0)))
    cleaned = patrol_track.clean(track, LIMITS)
    assert cleaned.jumps == 0
    assert cleaned.far_m == pytest.approx(5000, rel=1e-2)
    assert np.flatnonzero(cleaned.starts).tolist() == [0, 30]
    assert patrol_track.legs_of(track, cleaned, LIMITS).metres.max() < 10


def test_a_first_point_that_is_wrong_does_not_throw_the_rest_away() -> None:
    points = straight()
    lonlat = TOWN.to_lonlat(np.array([[0.0, 9000.0]]))[0]
    points[0] = replace(points[0], lon=float(lonlat[0]), lat=float(lonlat[1]))
    track = patrol_track.track_of(points)
    assert len(patrol_track.clean(track, LIMITS).kept) == 60


def test_vague_points_are_left_out_and_counted() -> None:
    points = [replace(one, accuracy_m=101.0 if place % 3 == 0 else 100.0) for place, one in enumerate(straight())]
    cleaned = patrol_track.clean(patrol_track.track_of(points), LIMITS)
    assert (cleaned.vague, len(cleaned.kept)) == (20, 40)


def test_nobody_knows_the_way_over_a_gap() -> None:
    points = straight(20) + [
        replace(one, n=one.n + 100, at=one.at + timedelta(minutes=30), received_at=one.received_at + timedelta(hours=1))
        for one in straight(20)
    ]
    assert len(legs(points).t0) == 38


def test_standing_is_found_and_counts_no_way() -> None:
    chance = np.random.default_rng(1)
    t = np.arange(180) * 5.0
    xy = np.column_stack([np.minimum(1.4 * t, 200.0), np.zeros(180)]) + chance.normal(0, 2, (180, 2))
    found = legs(points_of(t, xy, np.full(180, 8.0)))
    stood = float((found.t1 - found.t0)[found.standing].sum())
    assert 700 < stood < 780  # it stood from 143 s on, of 895 s
    assert float(found.metres[~found.standing].sum()) < 320


def test_a_phone_a_year_off_loses_no_point() -> None:
    """Server receive time is the truth: a clock that is behind by a year is shifted, one ahead too."""
    for off in (-365, 365):
        points = [replace(one, at=one.at + timedelta(days=off)) for one in straight()]
        track = patrol_track.track_of(points)
        assert len(track) == 60
        assert track.skew_s == pytest.approx(-off * 86_400, abs=200)
        assert abs(track.t - track.received).max() < 600
        assert legs(points).metres.sum() == pytest.approx(59 * 7, rel=1e-3)


def test_points_that_were_offline_for_two_days_are_late_and_not_skewed() -> None:
    points = [replace(one, received_at=one.received_at + timedelta(days=2)) for one in straight()]
    track = patrol_track.track_of(points)
    assert track.skew_s == 0.0
    assert np.array_equal(track.t, track.said)


def test_a_phone_that_says_its_time_while_sending_tells_its_clock() -> None:
    points = straight()
    track = patrol_track.track_of(points, [(1000.0, 1900.0), (2000.0, 2900.0), (3000.0, 3905.0)])
    assert track.skew_s == 900.0


def test_no_point_counts_as_later_than_it_came() -> None:
    points = [replace(one, at=one.at + timedelta(hours=5)) if one.n > 40 else one for one in straight()]
    track = patrol_track.track_of(points, [(1000.0, 1000.0)])
    assert (track.t <= track.received).all()


def test_numbers_order_the_track_even_where_the_clock_was_set_back() -> None:
    points = [replace(one, at=one.at - timedelta(minutes=3)) if one.n >= 30 else one for one in straight()]
    track = patrol_track.track_of(list(reversed(points)))
    assert track.n.tolist() == list(range(60))
    assert len(legs(points).t0) == 58  # the one leg that goes back in time is none


@pytest.mark.parametrize("count", [1, 2])
def test_a_patrol_of_a_point_or_two_is_no_error(count: int) -> None:
    assert len(legs(straight(count)).t0) == count - 1


def test_an_honest_patrol_keeps_nearly_all_of_its_points() -> None:
    walks = [honest(np.random.default_rng(seed)).points for seed in range(20261126, 20261136)]
    shares = [
        len(patrol_track.clean(patrol_track.track_of(one), LIMITS).kept)
        / sum(point.accuracy_m <= LIMITS.accuracy_m for point in one)
        for one in walks
    ]
    assert min(shares) > 0.95
