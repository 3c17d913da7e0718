"""camera.yaml: what is right arrives whole, what is wrong is found at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules import parse_camera_file
from pipewarden.sense.service import load_camera_file

if TYPE_CHECKING:
    from pathlib import Path

POINTS = """\
camera: cam-01
name: 光明西道-银河北路 西北角
image_size: [1280, 720]
position: {lon: 116.7, lat: 39.53}
interval_s: 60
source: rtsp://user:pass@10.0.0.1/stream1
calibration:
  control_points:
    - {pixel: [939, 549], lon: 116.70012, lat: 39.53011}
    - {pixel: [300, 500], lon: 116.70020, lat: 39.53015}
    - {pixel: [400, 700], lon: 116.70030, lat: 39.53001}
    - {pixel: [700.5, 300], lon: 116.70002, lat: 39.53021}
  crs: EPSG:4326
  pixel_sigma: 1.5
  point_sigma_m: 0.2
"""
METRIC = """\
camera: cam-02
image_size: [1280, 720]
position: {lon: 116.7, lat: 39.53}
calibration:
  control_points:
    - {pixel: [939, 549], x: 1.5, y: -3}
    - {pixel: [300, 500], x: 9, y: 12}
  crs: local
"""
POSE = """\
camera: cam-03
image_size: [1920, 1080]
calibration:
  pose: {lon: 116.7, lat: 39.53, height_m: 6.5, heading_deg: 123.0, tilt_deg: 15.0, hfov_deg: 62.0}
  pose_sigma: {heading_deg: 2}
"""
_KEYS = ["control_points", "crs", "pose", "pose_sigma", "pixel", "lon", "lat", "x", "y", "pixel_sigma", "height_m"]


def refusal(text: str) -> InputError | None:
    try:
        parse_camera_file(text, "camera.yaml")
    except InputError as error:
        return error
    return None


def test_control_points_arrive_as_written() -> None:
    read = parse_camera_file(POINTS, "camera.yaml")
    camera = read.camera
    assert (camera.key, camera.name) == ("cam-01", "光明西道-银河北路 西北角")
    assert (camera.lon, camera.lat, camera.image_size, camera.interval_s) == (116.7, 39.53, (1280, 720), 60.0)
    assert read.source == "rtsp://user:pass@10.0.0.1/stream1"
    assert camera.calibration == yaml.safe_load(POINTS)["calibration"]


def test_what_is_left_out_gets_its_written_default() -> None:
    camera = parse_camera_file(METRIC, "camera.yaml").camera
    assert camera.name == "cam-02"
    assert camera.interval_s == 600
    assert camera.calibration == {
        "control_points": [{"pixel": [939, 549], "x": 1.5, "y": -3}, {"pixel": [300, 500], "x": 9, "y": 12}],
        "crs": "local",
        "pixel_sigma": 2.0,
        "point_sigma_m": 0.3,
    }


def test_a_pose_gives_the_place_and_its_own_sigmas() -> None:
    camera = parse_camera_file(POSE, "camera.yaml").camera
    assert (camera.lon, camera.lat) == (116.7, 39.53)
    assert camera.calibration is not None
    assert camera.calibration["pose_sigma"] == {
        "position_m": 0.5,
        "height_m": 0.1,
        "heading_deg": 2.0,
        "tilt_deg": 0.3,
        "hfov_deg": 0.5,
    }
    assert camera.calibration["pose"]["roll_deg"] == 0.0  # type: ignore[index]


def test_a_camera_needs_no_more_than_its_key() -> None:
    camera = parse_camera_file("camera: cam-04\n", "camera.yaml").camera
    assert (camera.key, camera.calibration, camera.image_size, camera.lon) == ("cam-04", None, None, None)


def test_three_points_are_locates_to_refuse() -> None:
    assert parse_camera_file(POINTS.replace("    - {pixel: [400, 700], lon: 116.70030, lat: 39.53001}\n", ""), "x")


@pytest.mark.parametrize(
    ("text", "old", "new", "where", "word"),
    [
        (POINTS, "interval_s", "intervall_s", "line 5: intervall_s", "not permitted"),
        (POINTS, "camera: cam-01\n", "", "line 1: camera", "required"),
        (POINTS, "cam-01", "cam 01", "line 1: camera", "pattern"),
        (POINTS, "lat: 39.53}", "lat: 139.53}", "line 4: position.lat", "139.53"),
        (POINTS, "[1280, 720]", "[1280]", "line 3: image_size[1]", "required"),
        (POINTS, "[1280, 720]", "1280x720", "line 3: image_size", "1280x720"),
        (POINTS, "rtsp://", "file://", "line 6: source", "pattern"),
        (POINTS, "lat: 39.53015", "lat: north", "line 10: calibration.control_points[1].lat", "north"),
        (POINTS, ", lat: 39.53001", "", "line 11: calibration.control_points[2]", "needs a place"),
        (POINTS, "[700.5, 300]", "[1700.5, 300]", "line 1", "control_points[3].pixel lies outside"),
        (POINTS, "lon: 116.70020, lat: 39.53015", "x: 1, y: 2", "line 7: calibration", "mix"),
        (POINTS, "EPSG:4326", "local", "line 7: calibration", "goes with x/y"),
        (POINTS, "pixel_sigma: 1.5", "pixel_sigma: 0", "line 14: calibration.pixel_sigma", "greater than 0"),
        (POINTS, "pixel_sigma: 1.5", "pixel_sigma: .nan", "line 14: calibration.pixel_sigma", "finite"),
        (POINTS, "image_size: [1280, 720]\n", "", "line 1", "calibration needs image_size"),
        (METRIC, "  crs: local\n", "", "line 4: calibration", "need crs"),
        (METRIC, "position: {lon: 116.7, lat: 39.53}\n", "", "line 1", "crs: local needs position"),
        (POSE, "pose: {", "posse: {", "line 4: calibration.posse", "not permitted"),
        (POSE, "hfov_deg: 62.0", "hfov_deg: 180", "line 4: calibration.pose.hfov_deg", "less than 180"),
        (POSE, "height_m: 6.5, ", "", "line 4: calibration.pose.height_m", "required"),
        (POSE, "  pose_sigma: {heading_deg: 2}\n", "  crs: EPSG:4326\n", "line 3: calibration", "belong to"),
        (
            POSE,
            "  pose_sigma:",
            "  control_points: []\n  pose_sigma:",
            "line 5: calibration.control_points",
            "at least 1",
        ),
    ],
)
def test_a_slip_is_found_at_its_line(text: str, old: str, new: str, where: str, word: str) -> None:
    assert old in text
    with pytest.raises(InputError) as caught:
        parse_camera_file(text.replace(old, new), "camera.yaml")
    assert caught.value.field == f"camera.yaml {where}"
    assert word in caught.value.problem
    assert caught.value.fix


def test_both_ways_at_once_are_refused() -> None:
    both = POINTS + POSE.partition("calibration:\n")[2].splitlines()[0] + "\n"
    with pytest.raises(InputError, match="one of control_points, pose and moving"):
        parse_camera_file(both, "camera.yaml")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not a mapping"),
        ("- a\n- b\n", "not a mapping"),
        ("camera: [", "not YAML"),
        ("camera: a\n\tname: b\n", "not YAML"),
        ("camera: a\n---\ncamera: b\n", "not YAML"),
        ("camera: a\ncamera: b\n", "stands twice"),
        ("camera: &a x\nname: *a\n", "aliases"),
        ("camera: !!python/object/apply:os.system [true]\n", "cannot read"),
        ("camera: 2026-99-99\n", "cannot read"),
        ("[" * 5000, "nested too deeply"),
        ("#" * 1_000_001, "million"),
    ],
)
def test_what_is_not_a_camera_file_is_refused(text: str, word: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_camera_file(text, "camera.yaml")
    assert caught.value.field.startswith("camera.yaml")
    assert word in caught.value.problem


@given(st.text(max_size=200))
def test_any_text_is_judged_without_a_crash(text: str) -> None:
    error = refusal(text)
    assert error is None or error.field.startswith("camera.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
        max_leaves=20,
    )
)
def test_any_tree_is_judged_without_a_crash(tree: object) -> None:
    text = yaml.safe_dump({"camera": "c", "image_size": [640, 480], "calibration": tree}, allow_unicode=True)
    error = refusal(text)
    assert error is None or error.problem


def test_files_are_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + POINTS.encode())
    assert load_camera_file(path).camera.key == "cam-01"
    assert load_camera_file(path).path == str(path)


@pytest.mark.parametrize(
    ("content", "word"), [(None, "No such file"), ("光".encode("gb18030"), "not UTF-8"), (b" " * (1 << 21), "1 MB")]
)
def test_unreadable_files_are_named(tmp_path: Path, content: bytes | None, word: str) -> None:
    path = tmp_path / "camera.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=word) as caught:
        load_camera_file(path)
    assert caught.value.field == str(path)


def test_a_folder_is_not_a_camera_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_camera_file(tmp_path)


def test_a_file_says_that_its_pictures_are_rendered() -> None:
    assert not parse_camera_file(POSE, "c.yaml").camera.rendered
    assert parse_camera_file(POSE + "rendered: true\n", "c.yaml").camera.rendered
    assert not parse_camera_file(POSE + "rendered: false\n", "c.yaml").camera.rendered


@pytest.mark.parametrize("value", ["maybe", "[]", "2", "null"])
def test_rendered_is_yes_or_no(value: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_camera_file(POSE + f"rendered: {value}\n", "c.yaml")
    assert "rendered" in caught.value.field
