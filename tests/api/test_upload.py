"""A folder and a track to a real server: sent once, broken off, gone on with, and told what was left out and why."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.errors import RefusedError, UnavailableError
from pipewarden.main.upload import Clocked, open_track, shots, upload

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
PLAIN = Clocked(UTC)


def picture(path: Path, seconds: float | None, shade: int) -> None:
    made = Image.new("RGB", (80, 60), (shade, shade, shade))
    exif = made.getexif()
    if seconds is not None:
        words = (START + timedelta(seconds=seconds)).strftime("%Y:%m:%d %H:%M:%S")
        exif.get_ifd(IFD.Exif).update({Base.DateTimeOriginal: words})
    out = io.BytesIO()
    made.save(out, "JPEG", exif=exif)
    path.write_bytes(out.getvalue())


@pytest.fixture
def trip(tmp_path: Path) -> Path:
    """Twenty pictures a second apart, one without a time, one twice; a track with a gap from 12 to 30 s."""
    folder = tmp_path / "trip-0712"
    folder.mkdir()
    for number in range(20):
        picture(folder / f"f{number}.jpg", number, number)
    picture(folder / "g-no-time.jpg", None, 99)
    (folder / "h-again.jpg").write_bytes((folder / "f3.jpg").read_bytes())
    points = "".join(
        f'<trkpt lat="39.48" lon="{116.70 + 0.0001 * second:.6f}">'
        f"<time>{(START + timedelta(seconds=second)).isoformat()}</time></trkpt>"
        for second in (*range(0, 13, 2), 30)
    )
    (tmp_path / "t.gpx").write_text(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>", encoding="utf-8")
    return folder


def test_a_trip_is_sent_once_and_what_has_no_place_says_why(town: Any, address: str, trip: Path) -> None:
    town.bus(town.a)
    device = town.device()
    found = list(shots(trip, open_track(trip.parent / "t.gpx"), PLAIN))
    seen: list[tuple[int, int | None]] = []
    with httpx.Client(base_url=address, headers=device.headers(), trust_env=False) as client:
        done = upload(client, "bus", "t", found, progress=lambda one, of: seen.append((one, of)))
        again = upload(client, "bus", "t", found, progress=lambda *_: None)
    assert (done.sent, done.known, done.unplaced, done.skipped) == (20, 0, 7, 2)
    assert done.why == {
        "the track has a gap of 18 s here": 7,
        "the picture says no time": 1,
        "the same picture again": 1,
    }
    assert seen == [(0, 20), (8, 20), (16, 20), (20, 20)]
    assert (again.trip, again.sent, again.known) == (done.trip, 0, 20)
    told = town.client.as_(device, "GET", f"/v1/trips/{done.trip}").json()
    assert (told["frames"], told["unplaced"]) == (20, 7)


def test_what_broke_off_goes_on_with_the_rest(town: Any, address: str, trip: Path) -> None:
    town.bus(town.a)
    device = town.device()
    found = list(shots(trip, open_track(trip.parent / "t.gpx"), PLAIN))
    counted = 0

    def break_off(request: httpx.Request) -> None:
        nonlocal counted
        counted += request.method == "POST" and request.url.path.endswith("/frames")
        if counted > 1:
            raise httpx.ConnectError("the bus drove into a tunnel", request=request)

    pauses: list[float] = []
    with (
        httpx.Client(
            base_url=address, headers=device.headers(), trust_env=False, event_hooks={"request": [break_off]}
        ) as client,
        pytest.raises(UnavailableError, match="goes on"),
    ):
        upload(client, "bus", "broken", found, progress=lambda *_: None, pause=pauses.append)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0]
    with httpx.Client(base_url=address, headers=device.headers(), trust_env=False) as client:
        done = upload(client, "bus", "broken", found, progress=lambda *_: None)
    assert (done.known, done.sent) == (8, 12)


def test_a_wrong_key_or_vehicle_is_said_in_the_servers_words(town: Any, address: str, trip: Path) -> None:
    town.bus(town.a)
    found = list(shots(trip, None, PLAIN))
    stranger, device = {"Authorization": "Bearer no"}, town.device().headers()
    with httpx.Client(base_url=address, headers=stranger, trust_env=False) as client, pytest.raises(RefusedError):
        upload(client, "bus", "x", found, progress=lambda *_: None)
    known = httpx.Client(base_url=address, headers=device, trust_env=False)
    with known as client, pytest.raises(RefusedError, match="vehicle"):
        upload(client, "cam-east", "x", found, progress=lambda *_: None)


def test_a_clock_that_is_wrong_is_set_right_by_the_offset(trip: Path) -> None:
    track = open_track(trip.parent / "t.gpx")
    late = Clocked(UTC, offset=timedelta(seconds=-5))
    right = {one.path.name: one for one in shots(trip, track, PLAIN)}
    moved = {one.path.name: one for one in shots(trip, track, late)}
    assert moved["f9.jpg"].fix == right["f4.jpg"].fix
    assert moved["f2.jpg"].fix is None
    counted = Clocked(UTC, start=START, every_s=2.0)
    assert [one.at for one in shots(trip, track, counted)][:3] == [START + timedelta(seconds=2 * n) for n in range(3)]


def test_the_command_says_what_became_of_the_folder(
    town: Any, address: str, trip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.bus(town.a)
    command = ["upload", str(trip), "--gpx", str(trip.parent / "t.gpx"), "--vehicle", "bus", "--server", address]
    command += ["--zone", "UTC", "--json"]
    monkeypatch.delenv("PIPEWARDEN_API_KEY", raising=False)
    without = CliRunner().invoke(app, command)
    assert without.exit_code == 2
    assert json.loads(without.stdout.splitlines()[-1])["error"]["field"] == "PIPEWARDEN_API_KEY"
    monkeypatch.setenv("PIPEWARDEN_API_KEY", town.device().key)
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout.splitlines()[-1])
    assert (told["sent"], told["unplaced"], told["skipped"]) == (20, 7, 2)
