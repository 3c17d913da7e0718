"""The day's score, on made alarms: duplicates, merges, look-alikes, late and far ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.facts import DayAlarm, LookAlikeKind, TrueLookAlike, TrueWork, Truth, WorkClass
from pipewarden.sim.rules import score_day
from pipewarden.sim.rules.score import GATE_M, WIDEST_M
from pipewarden.sim.service import demo_truth

FRAME = LocalFrame(116.7, 39.53)


def place(east: float, north: float = 0.0) -> tuple[float, float]:
    lon, lat = FRAME.to_lonlat(np.array([[east, north]]))[0]
    return float(lon), float(lat)


def work(key: str, east: float, start: float = 100.0, end: float = 1000.0, *, shown: bool = True) -> TrueWork:
    lon, lat = place(east)
    return TrueWork(
        key=key,
        cls=WorkClass.EXCAVATION,
        machine="excavator",
        lon=lon,
        lat=lat,
        start_s=start,
        end_s=end,
        zone="control",
        nearest_pipe="P",
        distance_m=1.0,
        filed=False,
        cameras=("cam-01",) if shown else (),
        told_by=(),
    )


def look_alike(key: str, east: float, first: float = 100.0) -> TrueLookAlike:
    lon, lat = place(east)
    return TrueLookAlike(key, LookAlikeKind.SWEEPER, lon, lat, "cam-09", ("0001.jpg",), first, first)


def truth(*works: TrueWork, things: tuple[TrueLookAlike, ...] = ()) -> Truth:
    return Truth(rendered=True, seed=1, sites=(), cameras=(), works=works, look_alikes=things, reports=())


def alarm(
    key: str, east: float, camera: float | None = 300.0, people: float | None = None, sigma: float = 0.0
) -> DayAlarm:
    lon, lat = place(east)
    return DayAlarm(key, lon, lat, camera, people, sigma)


def test_one_alarm_for_each_works_is_a_right_day():
    score = score_day(truth(work("A", 0), work("B", 100)), [alarm("a", 3), alarm("b", 97)])
    assert (score.works, score.works_shown, score.works_found, score.missed) == (2, 2, 2, ())
    assert (score.alarms, score.alarms_per_site, score.most_alarms_per_site) == (2, 1.0, 1)
    assert (score.look_alikes_alarmed, score.alarms_of_nothing, score.alarms_late) == (0, 0, 0)


def test_a_silent_product_finds_nothing():
    score = score_day(truth(work("A", 0), things=(look_alike("Q", 50),)), [])
    assert (score.works_found, score.missed) == (0, ("A",))
    assert (score.alarms_per_site, score.most_alarms_per_site) == (None, 0)
    assert (score.look_alikes_shown, score.look_alikes_alarmed) == (1, 0)
    assert score.by_camera.mean_s is None


def test_duplicates_are_counted_at_their_site():
    score = score_day(
        truth(work("A", 0), work("B", 100)), [alarm("1", 0), alarm("2", 5), alarm("3", -8), alarm("4", 99)]
    )
    assert score.works_found == 2
    assert score.alarms_per_site == 2.0
    assert score.most_alarms_per_site == 3


def test_one_alarm_merged_over_two_works_finds_the_nearer_one():
    score = score_day(truth(work("A", 0), work("B", 20)), [alarm("merged", 9)])
    assert (score.works_found, score.missed) == (1, ("B",))
    assert score.alarms_of_nothing == 0


def test_works_that_nobody_was_shown_are_not_missed():
    score = score_day(truth(work("A", 0), work("hidden", 100, shown=False)), [alarm("1", 0)])
    assert (score.works, score.works_shown, score.missed) == (2, 1, ())


def test_the_gate_is_twelve_metres_and_widens_with_the_stated_error():
    one = truth(work("A", 0))
    assert score_day(one, [alarm("in", GATE_M - 0.1)]).works_found == 1
    assert score_day(one, [alarm("out", GATE_M + 0.1)]).alarms_of_nothing == 1
    assert score_day(one, [alarm("unsure", 20, sigma=10)]).works_found == 1
    assert score_day(one, [alarm("hopeless", WIDEST_M + 0.5, sigma=500)]).alarms_of_nothing == 1


def test_an_alarm_on_a_look_alike_is_no_alarm_of_nothing():
    score = score_day(truth(work("A", 0), things=(look_alike("Q", 50),)), [alarm("1", 52), alarm("2", 48)])
    assert (score.look_alikes_alarmed, score.alarms_of_nothing, score.works_found) == (1, 0, 0)


def test_between_works_and_look_alike_the_nearer_counts():
    day = truth(work("A", 0), things=(look_alike("Q", 10),))
    assert score_day(day, [alarm("1", 3)]).works_found == 1
    assert score_day(day, [alarm("2", 8)]).look_alikes_alarmed == 1


def test_an_alarm_before_the_works_is_none_of_them():
    score = score_day(truth(work("A", 0, start=500)), [alarm("early", 0, camera=400)])
    assert (score.works_found, score.alarms_of_nothing) == (0, 1)


def test_an_alarm_after_the_works_is_late():
    score = score_day(truth(work("A", 0, end=1000)), [alarm("late", 0, camera=None, people=1001)])
    assert (score.works_found, score.alarms_late, score.alarms_of_nothing, score.missed) == (0, 1, 0, ("A",))


def test_without_a_place_nobody_can_go_there():
    assert score_day(truth(work("A", 0)), [DayAlarm("x", None, None, 300.0)]).alarms_of_nothing == 1


def test_each_source_has_its_own_discovery():
    day = truth(work("A", 0, start=100), work("B", 100, start=200))
    score = score_day(day, [alarm("1", 0, 400, 700), alarm("2", 1, None, 500), alarm("3", 100, 300, None)])
    assert (score.by_camera.found, score.by_camera.mean_s, score.by_camera.longest_s) == (2, 200.0, 300.0)
    assert (score.by_people.found, score.by_people.mean_s) == (1, 400.0)


def test_a_source_that_joined_after_the_end_discovered_nothing():
    score = score_day(truth(work("A", 0, end=1000)), [alarm("1", 0, 300, 1200)])
    assert (score.works_found, score.by_people.found) == (1, 0)


def test_an_alarm_told_by_nobody_is_a_mistake():
    with pytest.raises(ValueError, match="told by nobody"):
        score_day(truth(work("A", 0)), [alarm("x", 0, None, None)])


@given(st.permutations(range(6)))
def test_the_order_of_alarms_does_not_matter(order: list[int]):
    day = truth(work("A", 0), work("B", 100), things=(look_alike("Q", 50),))
    alarms = [alarm(str(n), east) for n, east in enumerate((0, 4, 52, 99, 300, -7))]
    assert score_day(day, [alarms[n] for n in order]) == score_day(day, alarms)


@given(st.lists(st.tuples(st.floats(-400, 400), st.floats(0, 2000), st.floats(0, 40)), max_size=12))
def test_every_alarm_counts_once(made: list[tuple[float, float, float]]):
    day = truth(work("A", 0), work("B", 100), things=(look_alike("Q", 50),))
    alarms = [alarm(str(n), east, at, None, sigma) for n, (east, at, sigma) in enumerate(made)]
    score = score_day(day, alarms)
    at_works = round((score.alarms_per_site or 0) * score.works_found)
    assert at_works + score.alarms_late + score.alarms_of_nothing <= score.alarms == len(alarms)
    assert score.look_alikes_alarmed <= score.alarms - at_works
    assert score.works_found + len(score.missed) == score.works_shown


def test_a_perfect_product_scores_fully_on_the_shipped_day():
    day = demo_truth()
    perfect = [DayAlarm(one.key, one.lon, one.lat, one.start_s, None) for one in day.works if one.shown]
    score = score_day(day, perfect)
    assert (score.works_found, score.alarms_per_site, score.alarms_of_nothing) == (score.works_shown, 1.0, 0)
    assert score.look_alikes_alarmed == 0
    assert score.by_camera.longest_s == 0


def test_a_product_that_alarms_on_everything_is_told_so():
    day = demo_truth()
    fooled = [DayAlarm(one.key, one.lon, one.lat, one.first_s) for one in day.look_alikes]
    assert score_day(day, fooled).look_alikes_alarmed > 0
    assert score_day(day, fooled).works_found == 0


def test_the_day_s_works_lie_too_far_apart_to_be_taken_for_each_other():
    works = demo_truth().works
    for n, a in enumerate(works):
        for b in works[n + 1 :]:
            apart = np.hypot(
                *FRAME.to_metres(np.array([[a.lon, a.lat]]))[0] - FRAME.to_metres(np.array([[b.lon, b.lat]]))[0]
            )
            assert apart > 2 * GATE_M, (a.key, b.key)


def test_stating_a_wider_error_never_loses_a_works():
    one = truth(work("A", 0))
    near = alarm("1", 10)
    for sigma in (0.0, 1.0, 8.0, 100.0):
        assert score_day(one, [replace(near, sigma_m=sigma)]).works_found == 1


@pytest.mark.parametrize(
    ("patrol", "before", "anybody"),
    [({}, 1, 1), ({"A": 299.0}, 0, 1), ({"A": 301.0}, 1, 1), ({"hidden": 500.0}, 1, 2), ({"filed": 1.0}, 1, 1)],
)
def test_unfiled_works_count_where_the_product_was_there_before_the_patrol(
    patrol: dict[str, float], before: int, anybody: int
) -> None:
    """One of them is told at 300 s; the others are hidden, filed, or far from every pipe."""
    of_a = work("A", 0)
    day = truth(
        of_a,
        work("hidden", 100, shown=False),
        replace(work("filed", 200), filed=True),
        replace(work("far", 300), zone="outside"),
    )
    score = score_day(day, [alarm("a", 2), alarm("f", 200), alarm("o", 300)], [patrol])
    assert (score.unfiled.near, score.unfiled.found) == (2, 1)
    assert (score.unfiled.before_patrol, score.unfiled.by_anybody) == (before, anybody)


def test_works_that_the_product_takes_for_filed_are_not_found() -> None:
    wrong = replace(alarm("a", 2), filed=True)
    assert score_day(truth(work("A", 0)), [wrong]).unfiled.found == 0
    both = score_day(truth(work("A", 0)), [wrong, alarm("b", 3, camera=400.0)])
    assert both.unfiled.found == 1


def test_the_patrols_days_are_counted_one_by_one() -> None:
    day = truth(work("A", 0), work("B", 100))
    score = score_day(day, [alarm("a", 0), alarm("b", 100)], [{}, {"A": 200.0}, {"A": 200.0, "B": 200.0}, {}])
    assert (score.unfiled.days, score.unfiled.before_patrol, score.unfiled.least_before) == (4, 1.25, 0)
