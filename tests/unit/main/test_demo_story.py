"""The pace of the demo day: the story's own order, a first alarm soon, an end in a few minutes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.main.demo.story import DAY_S, OPENING_S, cues, first_alarm_s
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayEvent, EventKind


def frame(at_s: float, n: int = 0) -> DayEvent:
    return DayEvent(f"cam-01/{n:04d}", at_s, EventKind.FRAME, camera="cam-01")


def frames(*moments: float) -> list[DayEvent]:
    return [frame(at_s, n) for n, at_s in enumerate(moments)]


def test_an_empty_day_has_no_cues() -> None:
    assert cues([], first_s=10.0) == []


def test_a_single_event_comes_at_once() -> None:
    assert [cue.due_s for cue in cues(frames(9000.0), first_s=0.0)] == [0.0]
    assert [cue.due_s for cue in cues(frames(9000.0), first_s=9e9)] == [0.0]


def test_what_leads_to_the_first_alarm_is_hurried_and_the_rest_takes_the_day() -> None:
    day = frames(1000.0, 5500.0, 10_000.0, 25_000.0, 40_000.0)
    assert [cue.due_s for cue in cues(day, first_s=10_000.0)] == pytest.approx(
        [0.0, OPENING_S / 2, OPENING_S, OPENING_S + (DAY_S - OPENING_S) / 2, DAY_S]
    )


def test_a_chosen_speed_counts_after_the_opening() -> None:
    day = frames(0.0, 3600.0, 3660.0, 7260.0)
    assert [cue.due_s for cue in cues(day, first_s=3600.0, speed=60.0)] == pytest.approx(
        [0.0, OPENING_S, OPENING_S + 1, OPENING_S + 61]
    )


def test_the_opening_never_slows_a_faster_day() -> None:
    day = frames(0.0, 100.0, 200.0)
    assert [cue.due_s for cue in cues(day, first_s=100.0, speed=100.0)] == pytest.approx([0.0, 1.0, 2.0])


def test_a_short_story_is_not_stretched_beyond_life() -> None:
    day = frames(0.0, 10.0, 20.0)
    assert cues(day, first_s=0.0)[-1].due_s == 20.0


@given(
    moments=st.lists(st.floats(0, 86_400), min_size=1, max_size=40).map(sorted),
    first_s=st.floats(0, 86_400),
    speed=st.one_of(st.none(), st.floats(1, 1e6)),
)
def test_order_is_the_storys_and_no_moment_runs_backwards(
    moments: list[float], first_s: float, speed: float | None
) -> None:
    day = frames(*moments)
    played = cues(day, first_s=first_s, speed=speed)
    assert [cue.event for cue in played] == day
    assert played[0].due_s == 0.0
    assert all(a.due_s <= b.due_s + 1e-9 for a, b in pairwise(played))
    if speed is None:
        assert played[-1].due_s <= DAY_S + 1e-6
    for cue in played:
        if cue.event.at_s <= first_s:
            assert cue.due_s <= OPENING_S + 1e-9


def test_the_shipped_day_is_over_in_minutes_and_begins_with_an_alarm() -> None:
    day = sim.demo_day()
    first_s = first_alarm_s(day.events, sim.demo_truth())
    played = cues(day.events, first_s=first_s)
    assert len(played) == len(day.events)
    assert 240.0 <= played[-1].due_s <= 360.0
    assert max(cue.due_s for cue in played if cue.event.at_s <= first_s) <= OPENING_S


def test_the_first_alarm_is_the_second_frame_that_truly_shows_a_machine_at_work() -> None:
    day, truth = sim.demo_day(), sim.demo_truth()
    sites = {site.key for site in truth.sites}
    seconds = []
    for camera in truth.cameras:
        shown: dict[str, int] = {}
        for one in camera.frames:
            at_s = next(event.at_s for event in day.events if event.key == f"{camera.key}/{one.file[:-4]}")
            for thing in one.objects:
                if thing.site in sites and thing.visible_fraction > 0.4:
                    shown[thing.site] = shown.get(thing.site, 0) + 1
                    if shown[thing.site] == 2:
                        seconds.append(at_s)
    assert first_alarm_s(day.events, truth) == min(seconds)


def test_a_day_without_machines_has_no_first_alarm() -> None:
    assert first_alarm_s([], sim.demo_truth()) == 0.0
