"""Control points on a camera of known truth: what is said of them while they are clicked, and what is drawn by them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.rules import (
    Pose,
    Trial,
    Warn,
    calibration,
    distances,
    few,
    fit,
    horizon,
    in_picture,
    read,
    solve,
    sureness,
    trial,
    trying,
)

SIZE = (1280, 720)
HERE = (116.7, 39.5)
FRAME = LocalFrame(*HERE)
TRUTH = Pose(0, 0, 8, 30, 25, 2, 70, (0.0,) * 7, SIZE)
SPREAD = [[60, 130], [1220, 110], [640, 95], [40, 690], [1240, 690], [640, 450], [400, 560], [900, 380]]


def entries(pixels: list[Any], *, seed: int | None = None, wrong: dict[int, tuple[float, float]] | None = None) -> Any:
    """Points that TRUTH sees; with a click's and a survey's error from ``seed``, and some moved in metres."""
    clicked = np.array(pixels, dtype=float)
    metres = TRUTH.ground(clicked)
    if seed is not None:
        rng = np.random.default_rng(seed)
        clicked, metres = clicked + rng.normal(0, 1.5, clicked.shape), metres + rng.normal(0, 0.1, metres.shape)
    for n, move in (wrong or {}).items():
        metres[n] += move
    return [
        {"pixel": pixel, "lon": lon, "lat": lat}
        for pixel, (lon, lat) in zip(clicked.tolist(), FRAME.to_lonlat(metres).tolist(), strict=True)
    ]


def tried(points: Any, **extra: object) -> Trial:
    return trial(read({"control_points": points, "point_sigma_m": 0.1, **extra}, SIZE, HERE), HERE)


def test_each_point_is_told_how_far_off_it_is_in_metres_and_pixels():
    clean = tried(entries(SPREAD))
    assert clean.refusal is None
    assert max(one.off_m for one in clean.points) < 0.01
    assert max(one.off_px for one in clean.points) < 0.1
    assert clean.warnings == ()
    noisy = tried(entries(SPREAD, seed=1))
    assert noisy.solved is not None
    assert 0.01 < max(one.off_m for one in noisy.points) < 2
    for one, entry in zip(noisy.points, entries(SPREAD, seed=1), strict=True):
        assert np.hypot(*(np.array(one.seen) - entry["pixel"])) == pytest.approx(one.off_px)
        away = FRAME.to_metres(np.array([one.placed])) - FRAME.to_metres(np.array([[entry["lon"], entry["lat"]]]))
        assert np.hypot(*away[0]) == pytest.approx(one.off_m, rel=1e-3)
    near, far = noisy.points[3], noisy.points[2]
    assert near.sigma_m < far.sigma_m, "a click far away is less sure"
    assert near.left_out_m is not None
    assert max(one.left_out_m or 0.0 for one in noisy.points) > max(one.off_m for one in noisy.points)


@pytest.mark.parametrize("seed", range(5))
def test_a_place_lies_where_it_is_in_truth_within_the_error_that_is_told(seed: int):
    made = tried(entries(SPREAD, seed=seed)).solved
    assert made is not None
    asked = np.array([[640.0, 650.0], [640.0, 450.0], [500.0, 330.0], [900.0, 300.0]])
    _, own, common = made.model.covariances(asked, np.broadcast_to(np.eye(2) * 1.5**2, (4, 2, 2)))
    placed = FRAME.to_metres(made.frame.to_lonlat(made.model.ground(asked)))
    off = np.hypot(*(placed - TRUTH.ground(asked)).T)
    told = np.sqrt(np.linalg.eigvalsh(own + common)[:, -1])
    assert (off < 3 * told).all(), (off, told)
    assert off[0] < 0.5, "near the camera half a metre decides about a protection range"


def test_one_mistyped_point_is_named_although_the_fit_smears_it():
    made = tried(entries(SPREAD, seed=3, wrong={5: (6.0, -4.0)}))
    assert made.suspect == 6
    assert made.warnings[0] is Warn.SUSPECT
    assert Warn.LOOSE in made.warnings
    assert tried(entries(SPREAD, seed=3)).suspect is None
    assert tried(entries(SPREAD[:5], wrong={4: (6.0, -4.0)})).suspect is None, "four fit whatever they say"


def test_all_are_fitted_once_and_each_is_left_out_once(monkeypatch: pytest.MonkeyPatch):
    counts: list[int] = []

    def counted(pixels: Any, *more: Any, **named: Any) -> Any:
        counts.append(len(pixels))
        return fit(pixels, *more, **named)

    monkeypatch.setattr(calibration, "fit", counted)
    monkeypatch.setattr(trying, "fit", counted)
    many = SPREAD + [[200 + 90 * n, 300 + 37 * n % 380] for n in range(10)]
    made = tried(entries(many, seed=3, wrong={5: (7.0, 7.0), 6: (-6.0, 5.0)}))
    assert made.refusal is not None
    assert made.points[0].left_out_m is not None
    assert sorted(counts) == [len(many) - 1] * len(many) + [len(many)], "a click waits for it"


def test_two_mistyped_points_are_not_called_one():
    made = tried(entries(SPREAD, wrong={0: (30.0, 10.0), 5: (6.0, -9.0)}))
    assert made.suspect is None
    assert Warn.LOOSE in made.warnings


def test_a_fit_that_is_refused_still_shows_every_error():
    made = tried(entries(SPREAD, wrong={5: (60.0, -40.0)}))
    assert made.refusal is not None
    assert made.refusal.code in {"error", "behind", "mirrored"}
    assert made.suspect == 6
    halves = tried(entries(SPREAD, wrong={5: (7.0, 7.0), 6: (-6.0, 5.0)}))
    assert halves.refusal is not None
    assert halves.refusal.code == "error"
    assert len(halves.points) == len(SPREAD)
    assert max(one.off_m for one in halves.points) > 2


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        ([[200, 500], [400, 500], [600, 500], [800, 500]], "line"),
        ([[200, 500], [200, 500], [600, 400], [800, 650]], "same"),
    ],
)
def test_why_points_make_no_calibration_is_a_word(pixels: list[Any], code: str):
    made = tried(entries(pixels))
    assert made.refusal is not None
    assert made.refusal.code == code
    assert (made.solved, made.points) == (None, ())


def test_mirrored_ground_and_another_city_are_told_apart():
    points = entries(SPREAD)
    flipped = [one | {"lon": 2 * HERE[0] - one["lon"]} for one in points]
    assert getattr(tried(flipped).refusal, "code", None) in {"mirrored", "behind"}
    astray = [*points[:-1], points[-1] | {"lat": 40.5}]
    assert getattr(tried(astray).refusal, "code", None) == "far"
    assert few(3).code == "few"
    assert "3" in few(3).problem


def test_four_points_are_only_believed_and_points_near_the_camera_say_nothing_of_far():
    four = tried(entries([[150, 300], [1100, 260], [250, 690], [1000, 650]]))
    assert four.warnings[0] is Warn.UNCHECKED
    assert all(one.left_out_m is None for one in four.points)
    near = tried(entries([[150, 520], [1100, 540], [250, 690], [1000, 650], [640, 600]]))
    assert {Warn.NEAR, Warn.BEYOND, Warn.FEW} <= set(near.warnings)
    assert near.far_m is not None
    assert near.reach_m is not None
    assert near.far_m < near.reach_m / 2
    assert near.beyond is not None
    assert near.beyond > 0.8
    wide = tried(entries(SPREAD))
    assert wide.beyond is not None
    assert wide.beyond < near.beyond


def test_points_nearly_in_one_line_are_warned_of_before_they_are_refused():
    line = [[200 + 110 * n, 520 - 8 * n + (14 if n % 2 else 0)] for n in range(8)]
    assert Warn.FLAT in tried(entries(line)).warnings


def test_a_pipe_is_drawn_where_the_camera_sees_it():
    made = tried(entries(SPREAD)).solved
    assert made is not None
    ends = np.array([[300.0, 650.0], [800.0, 280.0]])
    (run,) = in_picture(made, FRAME.to_lonlat(TRUTH.ground(ends)))
    assert np.allclose(np.array(run) * SIZE, ends, atol=1), "a straight pipe is two points"
    behind = FRAME.to_lonlat(np.array([[-20.0, -60.0], [20.0, -60.0]]))
    assert in_picture(made, behind) == []
    across = FRAME.to_lonlat(np.array([[-4000.0, -6900.0], [4000.0, 6900.0]]))  # through the camera, 16 km long
    runs = in_picture(made, across)
    assert len(runs) == 1
    assert all(-0.3 <= x <= 1.3 and -0.3 <= y <= 1.3 for x, y in runs[0])


@pytest.mark.parametrize("posed", [False, True])
def test_pixels_and_ground_are_each_others_inverse(posed: bool):
    pixels = np.array(SPREAD, dtype=float)
    ground = TRUTH.ground(pixels)
    model = TRUTH if posed else fit(pixels, ground, pixel_sigma=1, point_sigma=np.full(len(pixels), 0.1))
    assert model is not None
    assert np.allclose(model.pixels(ground), pixels, atol=1e-3)
    back = np.array([[0.0, -30.0], [-20.0, -40.0]])
    assert np.isnan(model.pixels(back)).all()


@pytest.mark.parametrize("posed", [False, True])
def test_the_horizon_parts_what_has_a_place_from_what_has_none(posed: bool):
    pose = {"height_m": 8, "heading_deg": 30, "tilt_deg": 25, "roll_deg": 2, "hfov_deg": 70}
    made = solve(read({"pose": pose}, SIZE, HERE), HERE) if posed else tried(entries(SPREAD)).solved
    assert made is not None
    (left, right) = horizon(made)
    assert (left[0], right[0]) == (0.0, 1.0)
    for x, y in (left, right):
        near = np.array([[x * SIZE[0], y * SIZE[1] + 1], [x * SIZE[0], y * SIZE[1] - 1]])
        placed = made.model.ground(near)
        assert np.isfinite(placed[0]).all()
        assert np.isnan(placed[1]).all()
    assert left[1] != pytest.approx(right[1], abs=0.01), "it leans with the camera"


def test_arcs_and_sureness_grow_with_the_distance():
    made = tried(entries(SPREAD, seed=1)).solved
    assert made is not None
    sure = sureness(made)
    assert [one.away_m for one in sure] == sorted(one.away_m for one in sure)
    assert sure[0].away_m < 1
    assert 50 < sure[-1].away_m <= 60
    assert sure[-1].sigma_m > sure[0].sigma_m
    arcs = distances(made)
    assert [away for away, _ in arcs] == [10.0, 20.0, 40.0, 60.0]
    middles = [min(y for run in runs for x, y in run if 0.3 < x < 0.7) for _, runs in arcs]
    assert middles == sorted(middles, reverse=True), "farther is higher in the picture"


def test_a_camera_that_looks_at_the_sky_has_nothing_to_draw():
    pose = {"height_m": 8, "heading_deg": 30, "tilt_deg": -25, "hfov_deg": 40}
    made = solve(read({"pose": pose}, SIZE, HERE), HERE)
    assert (distances(made), sureness(made)) == ([], [])
    assert in_picture(made, FRAME.to_lonlat(np.array([[0.0, 20.0], [30.0, 20.0]]))) == []


@pytest.mark.parametrize("away", [-120.0, -100.0, -80.0])
def test_a_point_far_behind_the_camera_is_refused_and_breaks_nothing(away: float):
    rng = np.random.default_rng(0)
    pixels = np.column_stack([rng.uniform(20, 1900, 8), rng.uniform(250, 1070, 8)])
    truth = Pose(0, 0, 8, 30, 25, 2, 70, (0.0,) * 7, (1920, 1080))
    metres = truth.ground(pixels)
    metres[int(pixels[:, 1].argmax())] = np.array([0.5, 0.75**0.5]) * away
    points = [
        {"pixel": pixel, "lon": lon, "lat": lat}
        for pixel, (lon, lat) in zip(pixels.tolist(), FRAME.to_lonlat(metres).tolist(), strict=True)
    ]
    made = trial(read({"control_points": points, "point_sigma_m": 0.1}, (1920, 1080), HERE), HERE)
    assert made.refusal is not None
    assert made.refusal.code in {"behind", "error"}
    assert "nan" not in made.refusal.problem
    assert made.solved is None or made.solved.report.rms_px is None or np.isfinite(made.solved.report.rms_px)
