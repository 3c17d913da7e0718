"""`pipewarden camera` in one process: cameras come, are looked at and go; what is secret stays so."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.sense import jobs, service
from pipewarden.sense.facts import NewObservation, ObservationKind
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from click.testing import Result

    from pipewarden.sense.facts import Frame, Watch

    Run = Callable[..., Result]

POSE = "pose: {lon: 116.7, lat: 39.53, height_m: 6.5, heading_deg: 123.0, tilt_deg: 15.0, hfov_deg: 62.0}"
SECRET = "rtsp://admin:hunter22@10.8.0.14:554/main?token=abc123"  # noqa: S105  of no camera
MAKE_DUE = text(
    "UPDATE sense_watches SET bad_since = bad_since - interval '10 min', "
    "due_at = CASE WHEN tenant_id = :tenant THEN now() - interval '1 s' ELSE '2099-01-01' END"
)
KEYS = {
    "key", "id", "name", "lon", "lat", "interval_s", "calibrated", "rendered", "watched", "state", "state_since",
    "seen_at", "problem", "due_at", "source",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Run:
    """Run a command for a tenant of the test's own; ``typed`` is what stands on standard input."""
    monkeypatch.setenv("PIPEWARDEN_HOME", str(home))
    monkeypatch.setenv("PIPEWARDEN_TENANT", f"t{crc32(request.node.name.encode())}")

    def call(*words: object, typed: str | None = None) -> Result:
        said = CliRunner().invoke(app, ["camera", *map(str, words)], input=typed)
        for part in ("hunter22", "abc123", "admin"):
            assert part not in said.output
        return said

    return call


@pytest.fixture
def camera_file(tmp_path: Path) -> Callable[..., Path]:
    def write(key: str = "cam-01", *more: str) -> Path:
        path = tmp_path / f"{key}.yaml"
        path.write_text(
            "\n".join([f"camera: {key}", "name: 西北角", "image_size: [1280, 720]", *more]), encoding="utf-8"
        )
        return path

    return write


def rows(said: Result) -> list[dict[str, Any]]:
    assert said.exit_code == 0, said.output
    return [json.loads(line) for line in said.stdout.splitlines()]


def error(said: Result, code: int = 2) -> dict[str, str]:
    assert said.exit_code == code, said.output
    found: dict[str, str] = json.loads(said.stdout.splitlines()[-1])["error"]
    return found


def test_a_camera_is_registered_and_listed(run: Run, camera_file: Callable[..., Path]) -> None:
    path = camera_file("cam-01", f"calibration: {{{POSE}}}", "rendered: true", "interval_s: 60")
    (made,) = rows(run("add", path, "--json"))
    assert set(made) == KEYS | {"centre_sigma_m"}
    assert 0 < made["centre_sigma_m"] < 5
    one, summary = rows(run("list", "--json"))
    assert set(one) == KEYS
    assert one == {name: value for name, value in made.items() if name != "centre_sigma_m"}
    assert (one["calibrated"], one["rendered"], one["watched"], one["interval_s"]) == (True, True, False, 60.0)
    assert one["state"] is one["source"] is one["due_at"] is None
    assert summary == {"summary": {"cameras": 1, "watched": 0, "lost": 0}}


def test_it_speaks_to_people_too(run: Run, camera_file: Callable[..., Path]) -> None:
    said = run("add", camera_file())
    assert "camera cam-01 is registered" in said.stderr
    assert "no calibration" in said.stderr
    calibrated = run("add", camera_file("cam-01", f"calibration: {{{POSE}}}"))
    assert "error on the ground" in calibrated.stderr
    assert "cam-01" in run("list").stdout


def test_adding_again_changes_the_same_camera(run: Run, camera_file: Callable[..., Path]) -> None:
    (before,) = rows(run("add", camera_file(), "--json"))
    (after,) = rows(run("add", camera_file("cam-01", "interval_s: 30"), "--json"))
    assert after["id"] == before["id"]
    assert len(rows(run("list", "--json"))) == 2


def test_a_bad_calibration_changes_nothing(run: Run, camera_file: Callable[..., Path]) -> None:
    run("add", camera_file())
    sky = camera_file("cam-01", f"calibration: {{{POSE.replace('15.0', '-40.0')}}}")
    assert "tilt" in str(error(run("add", sky, "--json")))
    assert rows(run("list", "--json"))[0]["calibrated"] is False


def test_watching_shows_no_secret_of_the_address(run: Run, camera_file: Callable[..., Path]) -> None:
    (made,) = rows(run("add", camera_file("cam-01", f"source: {SECRET}"), "--watch", "--json"))
    assert made["watched"]
    assert made["source"] == "rtsp://10.8.0.14:554/main?…"
    assert made["due_at"] is not None
    assert "rtsp://10.8.0.14:554/main?…" in run("list").stdout
    said = run("watch", "cam-01")
    assert "every 600 s: rtsp://10.8.0.14:554/main?…" in said.stderr


def test_an_address_with_a_password_is_piped_in(run: Run, camera_file: Callable[..., Path]) -> None:
    run("add", camera_file())
    (made,) = rows(run("watch", "cam-01", "--source-stdin", "--json", typed=f"{SECRET}\n"))
    assert made["source"] == "rtsp://10.8.0.14:554/main?…"
    (kept,) = rows(run("watch", "cam-01", "--json"))
    assert kept["source"] == made["source"]
    (changed,) = rows(run("watch", "cam-01", "--source", "http://10.8.0.15/snap.jpg", "--json"))
    assert changed["source"] == "http://10.8.0.15/snap.jpg"


@pytest.mark.parametrize("source", [SECRET, "admin:hunter22@10.8.0.14", "http://10.8.0.14/?token=abc123"])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    run: Run, camera_file: Callable[..., Path], source: str
) -> None:
    run("add", camera_file())
    said = error(run("watch", "cam-01", "--source", source, "--json"))
    assert said["field"] == "--source"
    assert "--source-stdin" in said["fix"]


def test_a_folder_is_played_by_its_full_path(
    run: Run, camera_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", camera_file())
    (tmp_path / "frames").mkdir()
    monkeypatch.chdir(tmp_path)
    (made,) = rows(run("watch", "cam-01", "--source", "frames", "--json"))
    assert made["source"] == str(tmp_path / "frames")
    assert error(run("watch", "cam-01", "--source", "no-folder", "--json"))["field"] == "--source"


@pytest.mark.parametrize(
    ("words", "typed", "field"),
    [
        (("watch", "cam-01"), None, "--source"),
        (("watch", "cam-01", "--source-stdin"), "\n", "--source-stdin"),
        (("watch", "cam-01", "--source-stdin"), "", "--source-stdin"),
        (("watch", "cam-01", "--source-stdin"), "ftp://x/y\n", "source"),
        (("watch", "cam-10"), None, "KEY"),
        (("unwatch", "cam-10"), None, "KEY"),
        (("events", "cam-10"), None, "KEY"),
    ],
)
def test_what_cannot_be_done_names_its_field_and_the_fix(
    run: Run, camera_file: Callable[..., Path], words: tuple[str, ...], typed: str | None, field: str
) -> None:
    run("add", camera_file())
    said = error(run(*words, "--json", typed=typed))
    assert said["field"] == field
    assert said["fix"]
    if field == "KEY":
        assert "Did you mean cam-01?" in said["fix"]


def test_a_file_without_a_source_cannot_be_watched(run: Run, camera_file: Callable[..., Path]) -> None:
    said = error(run("add", camera_file(), "--watch", "--json"))
    assert said["field"].endswith("cam-01.yaml: source")
    assert rows(run("list", "--json")) == [{"summary": {"cameras": 0, "watched": 0, "lost": 0}}]


def test_a_misspelt_source_in_a_file_is_not_repeated(run: Run, camera_file: Callable[..., Path]) -> None:
    said = error(run("add", camera_file("cam-01", f"source: {SECRET.replace('://', ':/')}"), "--json"))
    assert "source" in said["field"]


def test_unwatching_ends_the_watch_and_says_whether_there_was_one(run: Run, camera_file: Callable[..., Path]) -> None:
    run("add", camera_file("cam-01", f"source: {SECRET}"), "--watch")
    assert rows(run("unwatch", "cam-01", "--json")) == [{"key": "cam-01", "watched": False, "was_watched": True}]
    assert rows(run("unwatch", "cam-01", "--json"))[0]["was_watched"] is False
    assert "nobody was looking at cam-01" in run("unwatch", "cam-01").stderr
    assert rows(run("list", "--json"))[0]["source"] is None
    assert error(run("watch", "cam-01", "--json"))["field"] == "--source"  # its address is forgotten


class Dark:
    """A grabber of a camera that is dead, whose error repeats the address."""

    def grab(self, watch: Watch, now: datetime) -> Frame:
        _ = now
        raise OSError(f"cannot reach {watch.source}")


def test_events_tell_how_the_state_changed(run: Run, camera_file: Callable[..., Path], home: Path) -> None:
    run("add", camera_file("cam-01", f"source: {SECRET}"), "--watch")
    assert rows(run("events", "cam-01", "--json")) == [{"summary": {"key": "cam-01", "events": 0, "state": None}}]
    with open_home(Settings(home=home, tenant=os.environ["PIPEWARDEN_TENANT"])) as opened:
        eyes = jobs.Eyes(begin=opened.factory.begin, blobs=opened.blobs, grabber=Dark(), hands=1, most=1)
        for _ in range(3):
            with opened.work() as work:
                work.session.execute(MAKE_DUE, {"tenant": work.tenant_id})
            assert jobs.sweep(eyes) == 1
    one, summary = rows(run("events", "cam-01", "--json"))
    assert set(one) == {"state", "at", "since", "problem"}
    assert (one["state"], one["problem"]) == ("offline", "OSError")
    assert one["since"] < one["at"]
    assert one["at"].endswith("Z")
    assert summary == {"summary": {"key": "cam-01", "events": 1, "state": "offline"}}
    assert "offline" in run("events", "cam-01").stdout
    listed, total = rows(run("list", "--json"))
    assert (listed["state"], listed["state_since"]) == ("offline", one["since"])
    assert total["summary"]["lost"] == 1
    assert "offline" in run("list").stdout


def test_a_camera_is_commissioned_with_pasted_machines(run: Run) -> None:
    """Its last picture is a rendered (渲染) one of the demo; what is pasted is called synthetic."""
    demo = next(one for one in sim.demo_cameras() if one.key == "cam-07")
    assert run("add", demo.camera_file).exit_code == 0
    refused = run("commission", "cam-07", "--json")
    assert refused.exit_code == 2
    assert "no picture" in refused.output
    with open_home(Settings()) as opened, opened.work() as work:
        camera = service.camera_by_key(work, "cam-07")
        assert camera is not None
        new = NewObservation(
            stream="cam-07", source_id="1", kind=ObservationKind.FRAME, picture_name="0003.jpg", at=work.now(),
            picture=(demo.folder / "0003.jpg").read_bytes(), camera_id=camera.id,
        )  # fmt: skip
        service.observe(work, opened.blobs, new)
    said = run("commission", "cam-07", "--draws", 2, "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout.splitlines()[-1])
    assert (told["kind"], told["camera"]) == ("pasted", "cam-07")
    assert [(one["band"], one["shown"]) for one in told["bands"]] == [("near", 2), ("middle", 2), ("far", 2)]
    shown = run("commission", "cam-07", "--draws", 1)
    assert "合成贴图" in shown.output
    assert "no measure of accuracy" in shown.output


def test_a_staged_machine_needs_its_distance_and_time(run: Run) -> None:
    demo = next(one for one in sim.demo_cameras() if one.key == "cam-07")
    run("add", demo.camera_file)
    for words, why in (
        (("--staged", "close"), "no distance"),
        (("--staged", "near"), "is missing"),
        (("--staged", "near", "--since", "2026-01-01T00:00:00+08:00", "--until", "2026-01-01T01:00:00+08:00"), "taken"),
    ):
        said = run("commission", "cam-07", *words)
        assert said.exit_code == 2
        assert why in said.output
