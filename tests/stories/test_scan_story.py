"""A gas company's engineer tries pictures of her own, with and without knowing the camera and the pipes."""

import json
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipewarden.sim import service as sim

Run = Callable[..., Any]
ALARM_KEYS = [
    "class", "score", "lon", "lat", "sigma_m", "pipe_id", "distance_m", "zone", "p_protection", "p_control",
    "first_seen", "last_seen", "frames", "camera", "evidence",
]  # fmt: skip
NETWORK = [
    "--network",
    str(sim.demo_root() / "network.geojson"),
    "--crs",
    "EPSG:4326",
    "--jurisdiction",
    "CN-HE-langfang",
]


@pytest.fixture(autouse=True)
def _with_weights(weights: None) -> None:
    _ = weights


@pytest.fixture(scope="module")
def camera() -> Any:
    """The first demo camera that sees a site (its frames are rendered)."""
    seen = {key for site in sim.demo_truth().sites for key in site.cameras}
    return next(one for one in sim.demo_cameras() if one.key in seen)


@pytest.fixture
def folder(tmp_path: Path, camera: Any) -> Path:
    """The camera's pictures without seq.json: a folder like anybody's."""
    made = tmp_path / "pictures"
    shutil.copytree(camera.folder, made, ignore=shutil.ignore_patterns("seq.json", "camera.yaml"))
    return made


def test_a_known_camera_and_network_give_a_placed_alarm(pipewarden: Run, camera: Any) -> None:
    said = pipewarden("scan", str(camera.folder), "--camera", str(camera.camera_file), *NETWORK, "--json")
    assert said.code == 0, said.err
    (*alarms, last) = said.rows
    assert last["summary"]["alarms"] == len(alarms) >= 1
    judged = ["confirmed", "silenced", "person", "judge_calls"]
    assert list(last["summary"]) == ["frames", "findings", "alarms", *judged]
    assert sum(last["summary"][name] for name in judged[:3]) == len(alarms)
    for alarm in alarms:
        assert list(alarm)[: len(ALARM_KEYS)] == ALARM_KEYS
        assert alarm["camera"] == camera.key
        assert alarm["pipe_id"] is not None
        assert alarm["zone"] in {"protection", "control", "outside"}


def test_a_folder_with_a_step_is_a_sequence_without_places(pipewarden: Run, folder: Path) -> None:
    said = pipewarden("scan", str(folder), "--sequence", "60", "--json")
    (*alarms, last) = said.rows
    assert last["summary"]["alarms"] == len(alarms) >= 1
    for alarm in alarms:
        assert alarm["zone"] == "unknown"
        assert {alarm[key] for key in ("lon", "lat", "sigma_m", "pipe_id", "distance_m", "p_protection", "camera")} == {
            None
        }
        assert alarm["first_seen"] % 60 == 0
        assert Path(folder.parent / alarm["evidence"]).exists()


def test_a_folder_of_single_pictures_gives_findings_and_says_why_no_alarm(pipewarden: Run, folder: Path) -> None:
    said = pipewarden("scan", str(folder), "--json")
    (*findings, last) = said.rows
    assert last["summary"]["alarms"] == 0
    assert last["summary"]["findings"] == len(findings) > 0
    for row in findings:
        assert set(row["finding"]) >= {"class", "score", "box", "image"}
        x, y, w, h = row["finding"]["box"]
        assert min(x, y) >= 0
        assert min(w, h) > 0
    assert "one picture cannot make an alarm" in said.err


def test_a_single_picture_may_alarm_when_asked(pipewarden: Run, folder: Path) -> None:
    picture = max(folder.glob("*.jpg"))
    said = pipewarden("scan", str(picture), "--single", "--json")
    assert said.rows[-1]["summary"]["alarms"] >= 1


def test_every_thins_a_sequence(pipewarden: Run, folder: Path) -> None:
    count = len(list(folder.glob("*.jpg")))
    said = pipewarden("scan", str(folder), "--sequence", "1", "--every", "2", "--json")
    assert said.rows[-1]["summary"]["frames"] == (count + 1) // 2


def test_people_get_lines_and_a_note_that_pictures_are_rendered(pipewarden: Run, camera: Any) -> None:
    said = pipewarden("scan", str(camera.folder), "--camera", str(camera.camera_file), *NETWORK)
    assert said.code == 0
    assert "目标" in said.out
    assert "rendered, not photographs" in said.err


def broken(folder: Path, kind: str) -> Path:
    target = folder / f"{kind}.jpg"
    whole = BytesIO()
    Image.new("RGB", (640, 360), "grey").save(whole, "JPEG")
    if kind == "truncated":
        target.write_bytes(whole.getvalue()[:-400])
    elif kind == "text":
        target.write_text("not a picture")
    elif kind == "empty":
        target.write_bytes(b"")
    elif kind == "huge":
        Image.new("L", (9000, 5000)).save(target, "JPEG")
    elif kind == "animated":
        target = folder / "animated.webp"
        frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green")]
        frames[0].save(target, save_all=True, append_images=frames[1:])
    return target


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "huge", "animated"])
def test_a_bad_picture_is_named_and_the_exit_code_says_so(pipewarden: Run, tmp_path: Path, kind: str) -> None:
    picture = broken(tmp_path, kind)
    said = pipewarden("scan", str(picture), "--json")
    assert said.code != 0
    assert picture.name in said.err + said.out
    assert not list((tmp_path / "pipewarden-scan").glob("*")) if (tmp_path / "pipewarden-scan").exists() else True
    assert all(isinstance(row, dict) for row in said.rows)


def test_a_bad_picture_among_good_ones_stops_nothing(pipewarden: Run, folder: Path) -> None:
    (folder / "zz.jpg").write_text("not a picture")
    said = pipewarden("scan", str(folder), "--sequence", "60", "--json")
    assert said.code == 1
    assert said.rows[-1]["summary"]["alarms"] >= 1
    assert "zz.jpg" in said.err


def camera_file(tmp_path: Path, points: list[tuple[float, float, float, float]]) -> Path:
    rows = [{"pixel": [u, v], "lon": lon, "lat": lat} for u, v, lon, lat in points]
    body = {"camera": "c", "image_size": [960, 540], "calibration": {"control_points": rows}}
    path = tmp_path / "camera.yaml"
    path.write_text(json.dumps(body))
    return path


@pytest.mark.parametrize(
    ("points", "word"),
    [
        ([(100, 400, 116.7, 39.5), (500, 420, 116.7002, 39.5), (300, 300, 116.7001, 39.5003)], "control_points"),
        ([(100 + 90 * n, 400, 116.7 + n * 1e-4, 39.5) for n in range(5)], "line"),
    ],
)
def test_a_camera_that_cannot_be_solved_is_refused(
    pipewarden: Run, tmp_path: Path, folder: Path, points: list[tuple[float, float, float, float]], word: str
) -> None:
    said = pipewarden("scan", str(folder), "--sequence", "60", "--camera", str(camera_file(tmp_path, points)), "--json")
    assert said.code == 2
    error = said.rows[-1]["error"]
    assert word in f"{error['field']} {error['problem']}"
    assert error["fix"]


def test_a_dead_stream_is_named(pipewarden: Run) -> None:
    said = pipewarden("scan", "rtsp://127.0.0.1:9/none", "--frames", "2", "--json")
    assert said.code == 3
    assert "127.0.0.1:9" in json.dumps(said.rows[-1]["error"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "least", "most"), [("street_fixed_residential", 0, 0), ("dashcam_workzone_chicago", 1, 12)]
)
def test_real_sequences(pipewarden: Run, shared_data: Path, name: str, least: int, most: int) -> None:
    said = pipewarden("scan", str(shared_data / "sequences" / name), "--json")
    assert said.code == 0, said.err
    assert least <= said.rows[-1]["summary"]["alarms"] <= most
