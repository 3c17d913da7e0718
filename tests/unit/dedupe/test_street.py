"""A noisy street, drawn with fixed seeds: how many alarms real sites and passing traffic make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pipewarden.dedupe.rules import Board

FRAMES = 60


def street(
    stage: Any, board: Board, seed: int, *, step: float, lorries: float, sites: list[tuple[float, float]]
) -> None:
    """Play an hour: sites seen 6 times in 10 with jitter of their own error, lorries at 8 to 14 m/s."""
    rng = np.random.default_rng(seed)
    driving: list[tuple[float, float, float]] = []
    for n in range(FRAMES):
        if rng.random() < lorries:
            driving.append((-60.0, float(rng.uniform(30, 40)), float(rng.uniform(8, 14))))
        seen = []
        for east, north in sites:
            if rng.random() < 0.6:
                jitter = rng.normal(0, 0.4, 2)
                seen.append(stage.see((east + jitter[0], north + jitter[1]), own=0.4, sigma=1.0))
        seen += [stage.see((east, north), own=0.5, sigma=1.0) for east, north, _ in driving if rng.random() < 0.7]
        driving = [(east + speed * step, north, speed) for east, north, speed in driving if east + speed * step < 60]
        stage.play(board, "cam-a", n * step, seen)


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_street_without_works_makes_no_alarm(stage: Any, seed: int):
    """A lorry every 50 s, one frame a second; ADR 8 says what far denser traffic does."""
    board = stage.board()
    street(stage, board, seed, step=1.0, lorries=0.02, sites=[])
    assert board.made == []


def test_lorries_every_seven_seconds_do_make_alarms_by_the_rule(new_stage: Any):
    """The price of never using the look to part: counted here so that a change of the rule shows."""
    made = []
    for seed in range(5):
        stage = new_stage()
        board = stage.board()
        street(stage, board, seed, step=1.0, lorries=0.15, sites=[])
        made.append(len(board.made))
    assert 5 <= sum(made) <= 30


@pytest.mark.parametrize("seed", range(5))
def test_each_site_beside_traffic_makes_one_alarm(stage: Any, seed: int):
    board = stage.board()
    sites = [(-20.0, 15.0), (8.0, 16.0), (30.0, 60.0)]
    street(stage, board, seed, step=10.0, lorries=0.05, sites=sites)
    assert len(board.made) == len(sites)


@pytest.mark.parametrize(("seed", "shown"), [(1, 0.3), (2, 0.5), (3, 0.9)])
def test_a_machine_is_found_as_soon_as_two_of_three_show_it(stage: Any, seed: int, shown: float):
    """Against the arithmetic of the rule: the first frame at which two of the last three saw it."""
    rng = np.random.default_rng(seed)
    board, hits, due = stage.board(), [], None
    for n in range(40):
        hits.append(bool(rng.random() < shown))
        stage.play(board, "cam-a", 60.0 * n, [stage.see((3, 20))] if hits[-1] else [])
        if due is None and sum(hits[-3:]) >= 2:
            due = n
        assert bool(board.made) == (due is not None)
    assert due is not None
    assert len(board.made) == 1


@pytest.mark.parametrize("sigma", [0.5, 2.0, 5.0])
def test_two_cameras_with_their_own_errors_rarely_make_two_of_one(new_stage: Any, sigma: float):
    """40 machines, each seen by two cameras whose calibration errors are drawn from what they state."""
    rng = np.random.default_rng(int(10 * sigma))
    alarms = 0
    for _ in range(40):
        stage = new_stage()
        board = stage.board()
        truth = np.array((0.0, 30.0))
        for stream in ("cam-a", "cam-b"):
            off = truth + rng.normal(0, sigma, 2)
            for n in range(2):
                place = tuple((off + rng.normal(0, 0.3, 2)).tolist())
                stage.play(board, stream, 60.0 * n, [stage.see(place, sigma=np.hypot(sigma, 0.3), own=0.3)])
        alarms += len(board.made)
    assert 40 <= alarms <= 41


def test_two_sites_are_kept_apart_by_an_exact_camera_at_fifteen_metres(stage: Any):
    board = stage.board()
    rng = np.random.default_rng(15)
    for n in range(20):
        places = [(0 + rng.normal(0, 0.3), 25.0), (15.5 + rng.normal(0, 0.3), 25.0)]
        stage.play(board, "cam-a", 60.0 * n, [stage.see(place, own=0.3) for place in places])
    assert len(board.made) == 2


def test_a_lorry_that_waits_at_a_light_is_an_alarm_by_the_rule(stage: Any):
    """Said in ADR 8: two frames at one place are an alarm, whatever stands there."""
    board = stage.board()
    for n, east in enumerate((-30.0, 3.0, 3.2, 40.0)):
        stage.play(board, "cam-a", 10.0 * n, [stage.see((east, 30), kind="dump_truck")])
    assert len(board.made) == 1
