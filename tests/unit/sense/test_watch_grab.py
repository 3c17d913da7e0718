"""One picture of this moment from a snapshot, a stream and a folder."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters.grab import SourceGrabber, play
from pipewarden.sense.facts import Pulse, Watch
from pipewarden.sense.rules import check_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
NOBODY = UUID(int=1)


def watch(source: str, substream: str | None = None) -> Watch:
    return Watch(
        camera_id=NOBODY,
        tenant_id=NOBODY,
        key="cam",
        source=source,
        substream=substream,
        interval_s=600.0,
        started_at=NOON,
        due_at=NOON,
        pulse=Pulse(),
    )


class _Camera(BaseHTTPRequestHandler):
    picture: bytes
    hits: list[str]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        if self.path == "/mjpeg":
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self.picture)}\r\n\r\n".encode()
            try:
                for _ in range(2000):
                    self.wfile.write(head + self.picture + b"\r\n")
            except OSError:
                self.hits.append("hung up")
            return
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(self.picture)))
        self.end_headers()
        self.wfile.write(self.picture)


@contextmanager
def camera(picture: bytes) -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("_Made", (_Camera,), {"picture": picture, "hits": hits})) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", hits
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def grabber() -> SourceGrabber:
    return SourceGrabber(SetClock(NOON), lambda _tenant: ANYWHERE, open_s=3.0, read_s=3.0)


def test_a_snapshot_is_taken_as_it_is(jpeg: bytes, grabber: SourceGrabber) -> None:
    with camera(jpeg) as (host, _):
        frame = grabber.grab(watch(f"{host}/snap.jpg"), NOON)
    assert frame.picture == jpeg
    assert frame.at == NOON


def test_of_a_stream_the_first_whole_frame_is_taken_and_the_line_is_hung_up(
    jpeg: bytes, grabber: SourceGrabber
) -> None:
    with camera(jpeg) as (host, hits):
        frame = grabber.grab(watch(f"{host}/mjpeg"), NOON)
    assert check_header(frame.picture, "x").width == 640
    assert hits.count("/mjpeg") == 2, "asked what it is, then opened once"


def test_the_substream_is_looked_at_where_there_is_one(jpeg: bytes, grabber: SourceGrabber) -> None:
    with camera(jpeg) as (host, hits):
        grabber.grab(watch(f"{host}/main", f"{host}/small"), NOON)
    assert set(hits) == {"/small"}


def test_nobody_at_home_is_said(grabber: SourceGrabber) -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        grabber.grab(watch("http://127.0.0.1:9/snap.jpg"), NOON)


@pytest.fixture
def folder(tmp_path: Path, make_picture: Callable[..., bytes]) -> Path:
    for index in range(3):
        (tmp_path / f"{index}.jpg").write_bytes(make_picture("JPEG", 64 + 8 * index, 48))
    return tmp_path


def sequence(folder: Path, **more: object) -> None:
    frames = [{"file": f"{index}.jpg", "t": 10 * index} for index in range(3)]
    (folder / "seq.json").write_text(json.dumps({"frames": frames, **more}))


def shown(folder: Path, seconds: float) -> str:
    return play(folder, NOON, NOON + timedelta(seconds=seconds)).source_id


def test_a_folder_plays_in_a_loop_from_the_watchs_beginning(folder: Path, grabber: SourceGrabber) -> None:
    sequence(folder)
    at = [0, 9.9, 10, 20, 29.9, 30, 45]
    assert [shown(folder, second) for second in at] == [f"{index}.jpg" for index in (0, 0, 1, 2, 2, 0, 1)]
    moment = NOON + timedelta(seconds=45)
    assert grabber.grab(watch(str(folder)), moment).at == moment


def test_a_folder_that_says_so_plays_rendered_pictures(folder: Path) -> None:
    assert not play(folder, NOON, NOON).rendered
    sequence(folder)
    assert not play(folder, NOON, NOON).rendered
    sequence(folder, rendered=True)
    assert play(folder, NOON, NOON).rendered


def test_without_times_a_folder_shows_a_picture_a_minute(folder: Path) -> None:
    assert [shown(folder, second) for second in (0, 59, 60, 120, 180)] == [f"{i}.jpg" for i in (0, 0, 1, 2, 0)]


def test_a_recording_with_a_start_plays_once_at_its_hour(folder: Path) -> None:
    sequence(folder, start="2026-11-20T04:01:00Z")
    with pytest.raises(UnavailableError, match="begins at"):
        shown(folder, 59)
    frame = play(folder, NOON, NOON + timedelta(seconds=75))
    assert (frame.source_id, frame.at) == ("1.jpg", NOON + timedelta(seconds=70))
    with pytest.raises(UnavailableError, match="is over"):
        shown(folder, 90)


def test_a_folder_that_cannot_be_played_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        shown(tmp_path / "absent", 0)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no pictures"):
        shown(empty, 0)
    (folder / "seq.json").write_text("[]")
    with pytest.raises(InputError, match=r"seq\.json"):
        shown(folder, 0)
