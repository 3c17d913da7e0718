import numpy as np
import pytest

from pipewarden.lab.recur import alarms, pairs, sampled, strength
from pipewarden.lab.screen import Detections


def frame(*rows: tuple[float, float, float]) -> Detections:
    """Boxes of 10 x 10 at (x, y) with a score."""
    boxes = np.array([(x, y, x + 10, y + 10) for x, y, _ in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[2] for row in rows], np.float32), np.zeros(len(rows), np.int64))


def test_sampling_keeps_frames_at_least_so_far_apart():
    times = [k * 0.25 for k in range(12)]
    assert sampled(times, 1.0) == [0, 4, 8]
    assert sampled(times, 1.0, first=2) == [2, 6, 10]
    assert sampled([0, 0.9995, 1.999], 1.0) == [0, 1, 2]


def test_a_place_that_recurs_has_the_strength_of_its_weaker_sight():
    frames = [frame((0, 0, 0.9)), frame((2, 0, 0.4))]
    assert strength(frames) == pytest.approx(0.4)
    assert alarms(frames, 0.39) == 1
    assert alarms(frames, 0.41) == 0


def test_two_of_three_allows_one_gap_but_not_two():
    seen, gap = frame((0, 0, 0.8)), frame()
    assert strength([seen, gap, seen]) == pytest.approx(0.8)
    assert strength([seen, gap, gap, seen]) == 0.0


def test_passing_traffic_does_not_recur_at_one_place():
    assert strength([frame((0, 0, 0.9)), frame((20, 0, 0.9)), frame((40, 0, 0.9))]) == 0.0


def test_a_standing_machine_is_one_alarm_and_two_places_are_two():
    standing = [frame((0, 0, 0.8), (100, 0, 0.7)) for _ in range(6)]
    assert alarms(standing, 0.5) == 2
    assert alarms(standing, 0.75) == 1
    assert len(pairs(standing[:2])) == 2


def test_a_machine_that_comes_back_much_later_is_a_new_alarm():
    seen, gap = frame((0, 0, 0.8)), frame()
    assert alarms([seen, seen, gap, gap, gap, gap, seen, seen], 0.5) == 2
