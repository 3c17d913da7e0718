"""Our calibrations against real measured points; run as a script, it prints the table of docs/models/locate.md."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from pipewarden.locate.rules import Pose, fit, least_squares, leave_one_out, pixel_errors, read, solve
from pipewarden.locate.rules.reading import PIXEL_SIGMA, POINT_SIGMA_M

pytestmark = pytest.mark.shared
AT_MOST = 1.1


def mapped(matrix: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Apply a 3 x 3 matrix to pixels (n, 2)."""
    high = np.column_stack([pixels, np.ones(len(pixels))]) @ matrix.T
    return high[:, :2] / high[:, 2:]


def off(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.hypot(*(found - truth).T)


def rms(errors: np.ndarray) -> float:
    return float(np.sqrt((errors**2).mean()))


@dataclass(frozen=True)
class Nivu:
    shipped: np.ndarray
    ours: np.ndarray
    left_out: np.ndarray
    pixels_rms: float
    chi: float


def nivu(shared: Path) -> Nivu:
    told = json.loads((shared / "geo/calibration/nivu_road/coordinate_mapping_2030.json").read_text())
    pixels, ground = np.array(told["image_points"], float), np.array(told["real_world_points"], float)
    sigma = np.full(len(pixels), POINT_SIGMA_M)
    found = fit(pixels, ground, pixel_sigma=PIXEL_SIGMA, point_sigma=sigma)
    left_out = leave_one_out(pixels, ground, pixel_sigma=PIXEL_SIGMA, point_sigma=sigma)
    assert found is not None
    assert found.chi is not None
    assert left_out is not None
    return Nivu(
        shipped=off(mapped(np.array(told["transformation_matrix"]), pixels), ground),
        ours=off(found.ground(pixels), ground),
        left_out=left_out.off_m,
        pixels_rms=rms(pixel_errors(found, pixels, ground)),
        chi=found.chi,
    )


@dataclass(frozen=True)
class City:
    shipped: np.ndarray
    by_points: np.ndarray
    by_pose: np.ndarray
    left_out: np.ndarray
    pose: Pose


def aicity(shared: Path) -> City:
    """Errors of the 13 measured lengths: shipped P, our homography of 24 of its ground points, our own pose."""
    folder = shared / "geo/calibration/aicity2018"
    matrix = np.array((folder / "camParam.txt").read_text().splitlines()[3].split(), float).reshape(3, 4)
    text = (folder / "cfg.json").read_text()
    listed = text[text.index("calMeasLnSegNdPt") : text.index("// ground truth distance")]
    ends = np.array(re.findall(r"\[ *(\d+), *(\d+) *\]", listed), float).reshape(-1, 2, 2)
    told = re.search(r'"calMeasLnSegDist": \[(.*?)\]', text)
    assert told is not None
    lengths = np.array([float(one) for one in told.group(1).split(",")])
    assert ends.shape == (13, 2, 2)
    # the ground plane z = 0 of a camera matrix in millimetres
    to_ground = np.linalg.inv(matrix[:, [0, 1, 3]])

    def shipped(pixels: np.ndarray) -> np.ndarray:
        return mapped(to_ground, pixels) / 1000

    def errors(place: object) -> np.ndarray:
        return np.hypot(*(place(ends[:, 0]) - place(ends[:, 1])).T) - lengths  # type: ignore[operator]

    grid = np.array([(x, y) for x in (200, 600, 1000, 1400) for y in (200, 350, 500, 650, 800, 1000)], float)
    found = fit(grid, shipped(grid), pixel_sigma=PIXEL_SIGMA, point_sigma=np.full(len(grid), POINT_SIGMA_M))
    assert found is not None
    start = Pose(0, 0, 8.84, 0, 11.5, 0, 38.3, (0.0,) * 7, (1920, 1080))
    pose = by_lengths(start, ends, lengths)
    left_out = np.empty(len(lengths))
    for n in range(len(lengths)):
        kept = np.arange(len(lengths)) != n
        other = by_lengths(start, ends[kept], lengths[kept])
        left_out[n] = np.hypot(*(other.ground(ends[n, :1]) - other.ground(ends[n, 1:]))[0]) - lengths[n]
    return City(errors(shipped), errors(found.ground), errors(pose.ground), left_out, pose)


def by_lengths(start: Pose, ends: np.ndarray, lengths: np.ndarray) -> Pose:
    """Refine height, tilt, roll and field of view until the measured lengths fit best."""
    names = ("height", "tilt", "roll", "fov")

    def posed(x: np.ndarray) -> Pose:
        return replace(start, **dict(zip(names, x.tolist(), strict=True)))

    def residuals(x: np.ndarray) -> np.ndarray:
        pose = posed(x)
        return np.hypot(*(pose.ground(ends[:, 0]) - pose.ground(ends[:, 1])).T) - lengths

    def problem(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        step = 1e-5
        columns = [(residuals(x + step * unit) - residuals(x - step * unit)) / (2 * step) for unit in np.eye(len(x))]
        return residuals(x), np.stack(columns, axis=1)

    return posed(least_squares(problem, np.array([getattr(start, name) for name in names])))


@dataclass(frozen=True)
class Students:
    held_out: np.ndarray
    pixels_rms: float
    fitted_on: int
    shipped: np.ndarray


def ucy(shared: Path) -> Students:
    """Errors on the pedestrians with odd numbers under a fit of those with even ones."""
    folder = shared / "geo/calibration/ucy_students03"
    rows = np.loadtxt(folder / "pixel_world_pairs.csv", delimiter=",", skiprows=1)
    even = rows[:, 1].astype(int) % 2 == 0
    pixels, ground = rows[:, 2:4], rows[:, 4:6]
    found = fit(
        pixels[even], ground[even], pixel_sigma=PIXEL_SIGMA, point_sigma=np.full(int(even.sum()), POINT_SIGMA_M)
    )
    assert found is not None
    return Students(
        held_out=off(found.ground(pixels[~even]), ground[~even]),
        pixels_rms=rms(pixel_errors(found, pixels[~even], ground[~even])),
        fitted_on=int(even.sum()),
        shipped=off(mapped(np.loadtxt(folder / "H.txt"), pixels[~even]), ground[~even]),
    )


def test_nivu_is_met_as_well_as_by_the_shipped_matrix(shared_data: Path):
    found = nivu(shared_data)
    assert found.ours.mean() <= AT_MOST * found.shipped.mean()
    assert rms(found.ours) <= AT_MOST * rms(found.shipped)
    assert found.shipped.mean() == pytest.approx(0.468, abs=0.001)
    assert found.left_out.mean() > found.ours.mean()
    # an uncorrected fisheye: the plane fits worse than the survey, and the fit says so
    assert found.chi > 1


def test_nivu_passes_registration_as_a_camera(shared_data: Path):
    told = json.loads((shared_data / "geo/calibration/nivu_road/coordinate_mapping_2030.json").read_text())
    points = [
        {"pixel": pixel, "x": x, "y": y}
        for pixel, (x, y) in zip(told["image_points"], told["real_world_points"], strict=True)
    ]
    report = solve(read({"control_points": points, "crs": "local"}, (1920, 1080), (7.5, 50.9)), None).report
    assert report.rms_m == pytest.approx(rms(nivu(shared_data).ours), rel=0.01)
    assert report.worst_m is not None
    assert report.worst_m < 1


def test_ai_city_lengths_are_met_as_well_as_by_the_shipped_matrix(shared_data: Path):
    found = aicity(shared_data)
    shipped = np.abs(found.shipped).mean()
    assert shipped == pytest.approx(0.1816, abs=0.0001)
    assert np.abs(found.by_points).mean() <= AT_MOST * shipped
    assert np.abs(found.by_pose).mean() <= AT_MOST * shipped
    assert np.abs(found.left_out).mean() < 0.5


def test_ucy_is_placed_by_our_own_fit_where_its_matrix_fails(shared_data: Path):
    found = ucy(shared_data)
    assert found.held_out.mean() < 0.05
    assert found.held_out.mean() < found.shipped.mean() / 20


def table(shared: Path) -> str:
    """Return the measured figures as Markdown rows."""
    road, city, students = nivu(shared), aicity(shared), ucy(shared)
    rows = [
        ("nivu 2030, 7 points: mean ground error, shipped matrix", road.shipped.mean()),
        ("nivu 2030: ours", road.ours.mean()),
        ("nivu 2030: ratio (mean)", road.ours.mean() / road.shipped.mean()),
        ("nivu 2030: ratio (root mean square)", rms(road.ours) / rms(road.shipped)),
        ("nivu 2030: leave-one-out, mean", road.left_out.mean()),
        ("nivu 2030: leave-one-out, worst", road.left_out.max()),
        ("nivu 2030: reprojection, px", road.pixels_rms),
        ("nivu 2030: root reduced chi-square", road.chi),
        ("AI City, 13 lengths: mean absolute error, shipped P", np.abs(city.shipped).mean()),
        ("AI City: our homography of 24 ground points of P", np.abs(city.by_points).mean()),
        ("AI City: our pose refined on the lengths", np.abs(city.by_pose).mean()),
        ("AI City: ratio of the pose", np.abs(city.by_pose).mean() / np.abs(city.shipped).mean()),
        ("AI City: leave-one-length-out", np.abs(city.left_out).mean()),
        ("AI City: refined height, m", city.pose.height),
        ("AI City: refined tilt, degrees", city.pose.tilt),
        ("AI City: refined horizontal field of view, degrees", city.pose.fov),
        (f"UCY, fit on {students.fitted_on}: mean error on {len(students.held_out)} others", students.held_out.mean()),
        ("UCY: 95 % of the others below", float(np.quantile(students.held_out, 0.95))),
        ("UCY: reprojection of the others, px", students.pixels_rms),
        ("UCY: mean error of its H.txt", students.shipped.mean()),
    ]
    return "\n".join(f"| {name} | {value:.3f} |" for name, value in rows)


if __name__ == "__main__":
    sys.stdout.write(table(Path(sys.argv[1])) + "\n")
