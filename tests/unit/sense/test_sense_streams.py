"""MJPEG, RTSP and snapshots against servers that are started here; the end of a stream is a lost connection."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from mosquitto import free_port

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.sense.adapters import snapshot, video
from pipewarden.sense.adapters.source import Bounds
from pipewarden.sense.adapters.sources import open_source
from pipewarden.sense.facts import ObservationKind
from pipewarden.sense.rules import check_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pipewarden.sense.adapters.source import Source
    from pipewarden.sense.facts import Frame

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
GST = "/usr/lib/x86_64-linux-gnu/girepository-1.0/GstRtspServer-1.0.typelib"


def opened(target: Path | str, **bounds: Any) -> Source:
    limits = {"open_s": 3.0, "read_s": 3.0, "opened": ANYWHERE, **bounds}
    return open_source(str(target), clock=SetClock(NOON), bounds=Bounds(**limits))


class _Camera(BaseHTTPRequestHandler):
    """A camera's web server: /mjpeg, /snap.jpg and its slips."""

    picture: bytes = b""
    parts: int = 30
    gap_s: float = 0.05
    hits: list[str]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.hits.append(self.path)
        getattr(self, "_" + self.path.split("?")[0].strip("/").replace(".", "_"), self._absent)()

    def _body(self, served: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", served)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _absent(self) -> None:
        self.send_error(404)

    def _mjpeg(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for _ in range(self.parts):
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self.picture)}\r\n\r\n".encode()
            self.wfile.write(head + self.picture + b"\r\n")
            time.sleep(self.gap_s)

    def _snap_jpg(self) -> None:
        self._body("image/jpeg", self.picture)

    def _bare(self) -> None:
        self._body("application/octet-stream", self.picture)

    def _film(self) -> None:
        self._body("video/x-msvideo", self.film)  # type: ignore[attr-defined]

    def _page(self) -> None:
        self._body("text/html; charset=utf-8", b"<html>login</html>")

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        for _ in range(60):
            self.wfile.write(bytes(1 << 20))

    def _around(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/around")
        self.end_headers()

    def _basic(self) -> None:
        wanted = "Basic " + base64.b64encode(b"admin:secret").decode()
        if self.headers.get("Authorization") != wanted:
            self.send_error(401)
            return
        self._snap_jpg()

    def _digest(self) -> None:
        if 'Digest username="admin"' not in self.headers.get("Authorization", ""):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._snap_jpg()

    def _faulty(self) -> None:
        if len(self.hits) % 5 == 0:
            self.send_error(503)
        else:
            self._snap_jpg()

    def _flaky(self) -> None:
        if len(self.hits) == 3:
            self.send_error(503)
        else:
            self._snap_jpg()


@contextmanager
def camera(**attributes: object) -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []
    handler = type("_Made", (_Camera,), {**attributes, "hits": hits})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", hits
        finally:
            server.shutdown()
            thread.join()


def test_mjpeg_is_sampled_as_it_arrives(jpeg: bytes) -> None:
    with camera(picture=jpeg, parts=60) as (host, _):
        source = opened(f"http://user:pw@{host}/mjpeg", every_s=0.3, frames=3)
        frames = list(source)
    assert source.stream == f"http://{host}/mjpeg"
    assert len(frames) == 3
    assert frames[0].offset_s == 0
    assert all(b.offset_s - a.offset_s >= 0.3 - 1e-6 for a, b in pairwise(frames))
    assert {frame.at for frame in frames} == {NOON}
    assert len({frame.source_id for frame in frames}) == 3
    assert check_header(frames[0].picture, "x").width == 640
    assert source.notes == []


def until_broken(frames: Iterable[Frame]) -> tuple[list[Frame], PipewardenError | None]:
    """What a source gives, and the error that ends it."""
    got: list[Frame] = []
    try:
        got.extend(iter(frames))
    except PipewardenError as error:
        return got, error
    return got, None


def test_a_stream_that_ends_is_opened_again_and_then_raises(jpeg: bytes) -> None:
    pauses: list[float] = []
    with camera(picture=jpeg, parts=8) as (host, hits):
        notes: list[str] = []
        url = f"http://admin:secret@{host}/mjpeg"
        live = video._Live(
            "mjpeg", url, Bounds(opened=ANYWHERE, every_s=0.1, retries=2), SetClock(NOON), pauses.append, notes
        )
        frames, error = until_broken(live.frames())
    assert hits == ["/mjpeg"] * 3, "one connection and two retries"
    assert pauses == [1.0, 1.0]
    assert len(frames) >= 6
    assert all(b.offset_s - a.offset_s >= 0.1 - 1e-6 for a, b in pairwise(frames))
    assert isinstance(error, UnavailableError)
    assert error.field == f"http://{host}/mjpeg", "without user and password"
    assert error.problem.startswith(f"was lost after {len(frames)} frames and 2 retries (")
    assert error.fix
    assert len(notes) == 1
    assert notes[0].startswith(f"http://{host}/mjpeg was opened again 2 times, at last because: ")


def test_a_healthy_stretch_gives_the_retries_back(monkeypatch: pytest.MonkeyPatch, jpeg: bytes) -> None:
    monkeypatch.setattr(video, "_HEALTHY_S", 0.15)
    with camera(picture=jpeg, parts=8) as (host, hits):
        bounds = Bounds(opened=ANYWHERE, every_s=0.0, frames=30, retries=1)
        live = video._Live("mjpeg", f"http://{host}/mjpeg", bounds, SetClock(NOON), lambda _: None, [])
        assert len(list(live.frames())) == 30, "the third drop comes after two retries that went well"
    assert len(hits) >= 4


def test_frames_that_are_skipped_after_a_drop_do_not_count(jpeg: bytes) -> None:
    with camera(picture=jpeg, parts=8) as (host, hits):
        bounds = Bounds(opened=ANYWHERE, every_s=0.3, frames=3, retries=9)
        live = video._Live("mjpeg", f"http://{host}/mjpeg", bounds, SetClock(NOON), lambda _: None, [])
        assert len(list(live.frames())) == 3
    assert len(hits) <= 4


def test_a_stream_that_comes_back_fills_its_bound(jpeg: bytes) -> None:
    notes: list[str] = []
    with camera(picture=jpeg, parts=3) as (host, _):
        bounds = Bounds(opened=ANYWHERE, every_s=0.05, frames=5, retries=5)
        live = video._Live("mjpeg", f"http://{host}/mjpeg", bounds, SetClock(NOON), lambda _: None, notes)
        assert len(list(live.frames())) == 5
    assert "was opened again" in notes[0]


def test_a_stream_is_bounded_in_time(jpeg: bytes) -> None:
    started = time.monotonic()
    with camera(picture=jpeg, parts=400) as (host, _):
        frames = list(opened(f"http://{host}/mjpeg", every_s=0.2, duration_s=1.0))
    assert 2 <= len(frames) <= 6
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/mjpeg", "rtsp://user:secret@127.0.0.1:{port}/stream1"])
def test_a_dead_address_is_said_with_field_and_fix(url: str) -> None:
    port = free_port()
    started = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        list(opened(url.format(port=port)))
    assert time.monotonic() - started < 20
    assert str(port) in caught.value.field
    assert "secret" not in str(caught.value)
    assert "does not answer" in caught.value.problem
    assert caught.value.fix
    assert caught.value.exit_code != 0


def test_an_address_that_accepts_and_stays_silent_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="does not answer"):
            list(opened(url, open_s=2.0, read_s=2.0))
        assert time.monotonic() - started < 20


def test_a_video_over_http_is_read(tmp_path: Path, make_film: Callable[..., Path]) -> None:
    path = make_film(tmp_path / "a.avi", "mjpeg")
    with camera(film=path.read_bytes()) as (host, _):
        assert len(list(opened(f"http://{host}/film", every_s=0.0, frames=5))) == 5


def test_a_whole_video_over_http_comes_to_its_end_and_half_a_one_is_lost(
    tmp_path: Path, make_film: Callable[..., Path]
) -> None:
    film = make_film(tmp_path / "a.avi", "mjpeg").read_bytes()
    with camera(film=film) as (host, hits):
        assert len(list(opened(f"http://{host}/film", every_s=0.0))) >= 45
    assert len(hits) == 2, "asked what it is, then read once"
    with camera(film=film[: len(film) // 2]) as (host, _):
        frames, error = until_broken(opened(f"http://{host}/film", every_s=0.0, retries=0))
    assert len(frames) >= 10
    assert isinstance(error, UnavailableError)
    assert "before its stated length of 5.0 s" in error.problem


@pytest.mark.parametrize("path", ["snap.jpg", "bare"])
def test_a_snapshot_is_one_single_picture(jpeg: bytes, path: str) -> None:
    with camera(picture=jpeg) as (host, hits):
        source = opened(f"http://{host}/{path}?pwd=x")
        frames = list(source)
        assert len(hits) == 2
    assert source.kind is ObservationKind.SINGLE
    assert [frame.picture for frame in frames] == [jpeg]
    assert frames[0].at == NOON
    assert "pwd=***" in source.stream


class Still:
    """A clock that goes on only when somebody waits: what a busy machine adds is not the poller's doing."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Still:
    made = Still()
    monkeypatch.setattr(snapshot, "time", made)
    return made


def polled(still: Still, url: str, **bounds: Any) -> Source:
    limits = Bounds(opened=ANYWHERE, open_s=3.0, read_s=3.0, **bounds)
    return snapshot.open_snapshots(url, limits, SetClock(NOON), still.wait)


def test_snapshots_are_polled(still: Still, jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        source = polled(still, f"http://{host}/snap.jpg", every_s=0.1, frames=3)
        frames = list(source)
    assert source.kind is ObservationKind.FRAME
    assert source.live
    assert [frame.offset_s for frame in frames] == pytest.approx([0.0, 0.1, 0.2])
    assert len({frame.source_id for frame in frames}) == 3
    with camera(picture=jpeg) as (host, _):
        assert len(list(polled(still, f"http://{host}/snap.jpg", every_s=0.1, duration_s=0.35))) == 4


def test_snapshots_do_not_burst_after_a_slow_consumer(still: Still, jpeg: bytes) -> None:
    """What was missed is gone: the next picture is a new one, and says when it was really taken."""
    with camera(picture=jpeg) as (host, _):
        frames, taken = iter(polled(still, f"http://{host}/snap.jpg", every_s=0.2, frames=5)), []
        for index, frame in enumerate(frames):
            taken.append((still.now, frame.offset_s))
            if index == 0:
                still.now += 1.1
    waits = [b[0] - a[0] for a, b in pairwise(taken)]
    assert waits[0] == pytest.approx(1.1)
    assert all(wait >= 0.2 - 1e-9 for wait in waits), "never closer than every_s"
    assert [offset for _, offset in taken] == pytest.approx([at - taken[0][0] for at, _ in taken])


def test_snapshots_are_asked_for_by_the_real_clock_where_nobody_gives_another(jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        source = opened(f"http://{host}/snap.jpg", every_s=0.05, frames=3)
        started = time.monotonic()
        assert len(list(source)) == 3
    assert time.monotonic() - started >= 0.1


def test_the_time_a_slow_consumer_takes_counts_against_the_duration(jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        frames = iter(opened(f"http://{host}/snap.jpg", every_s=0.1, duration_s=0.6))
        next(frames)
        time.sleep(1.0)
        assert list(frames) == []


def test_a_snapshot_missed_once_is_noted(jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        source = opened(f"http://{host}/flaky", every_s=0.01, frames=4)
        assert len(list(source)) == 4
    assert source.notes == [f"http://{host}/flaky gave no picture once: answers 503 Service Unavailable"]


def test_a_camera_that_dies_between_snapshots_is_lost(jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        source = opened(f"http://{host}/snap.jpg", every_s=0.01, frames=9, retries=1)
        frames = iter(source)
        first = next(frames)
    rest, error = until_broken(frames)
    assert first.picture == jpeg
    assert len(rest) < 8
    assert isinstance(error, UnavailableError)
    assert error.field == source.stream
    assert f"was lost after {1 + len(rest)} frames and 1 retries" in error.problem
    assert len(source.notes) == 1


@pytest.mark.parametrize(("healthy_s", "whole"), [(0.05, True), (60.0, False)])
def test_snapshots_missed_long_ago_are_forgiven(
    monkeypatch: pytest.MonkeyPatch, jpeg: bytes, healthy_s: float, *, whole: bool
) -> None:
    monkeypatch.setattr(snapshot, "_HEALTHY_S", healthy_s)
    with camera(picture=jpeg) as (host, _):
        source = opened(f"http://{host}/faulty", every_s=0.05, frames=14, retries=1)
        frames, error = until_broken(source)
    assert (len(frames) == 14, error is None) == (whole, whole)
    if whole:
        assert source.notes == [
            f"http://{host}/faulty gave no picture 3 times, at last: answers 503 Service Unavailable"
        ]


@pytest.mark.parametrize("path", ["basic", "digest"])
def test_credentials_in_the_address_are_used(jpeg: bytes, path: str) -> None:
    with camera(picture=jpeg) as (host, _):
        assert [frame.picture for frame in opened(f"http://admin:secret@{host}/{path}")] == [jpeg]
        with pytest.raises(UnavailableError, match="answers 401") as caught:
            list(opened(f"http://{host}/{path}"))
    assert caught.value.field == f"http://{host}/{path}"


@pytest.mark.parametrize(
    ("path", "error", "word"),
    [
        ("page", InputError, "text/html"),
        ("absent", UnavailableError, "answers 404"),
        ("around", UnavailableError, "redirects more than 3"),
    ],
)
def test_an_address_that_serves_something_else_is_named(path: str, error: type[Exception], word: str) -> None:
    with camera() as (host, hits):
        source = opened(f"http://{host}/{path}")
        assert hits == [], "a bad address must not cost the other sources of a scan: it is asked when its turn comes"
        with pytest.raises(error, match=word):
            list(source)


def test_every_address_is_live_and_knows_its_kind_with_the_first_frame(jpeg: bytes) -> None:
    with camera(picture=jpeg) as (host, _):
        stills, film = opened(f"http://{host}/snap.jpg"), opened(f"http://{host}/mjpeg", frames=2, every_s=0.0)
        assert stills.live
        assert film.live
        kinds = [(len(list(source)), source.kind) for source in (stills, film)]
    assert kinds == [(1, ObservationKind.SINGLE), (2, ObservationKind.FRAME)]
    assert opened("rtsp://127.0.0.1:9/x").live


def test_an_endless_snapshot_is_cut_at_the_limit() -> None:
    with camera() as (host, _):
        frame = next(iter(opened(f"http://{host}/endless")))
    assert (25 << 20) < len(frame.picture) <= (25 << 20) + (1 << 16)
    with pytest.raises(InputError, match="25 MB"):
        check_header(frame.picture, "x")


RTSP_SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(); factory.set_shared(True)
factory.set_launch("( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240 "
                   "! jpegenc ! rtpjpegpay name=pay0 pt=26 )")
server.get_mount_points().add_factory("/live", factory); server.attach(None)
print("ready", flush=True); GLib.MainLoop().run()
"""


@contextmanager
def rtsp_server(make: Callable[..., subprocess.Popen[str]] = subprocess.Popen) -> Iterator[tuple[str, Any]]:
    port = free_port()
    process = make(
        ["/usr/bin/python3", "-c", RTSP_SERVER, str(port)], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield f"rtsp://127.0.0.1:{port}/live", process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.system(GST)
def test_rtsp_is_sampled() -> None:
    with rtsp_server() as (url, _):
        source = opened(url, every_s=0.5, frames=3, open_s=6.0, read_s=4.0)
        frames = list(source)
    assert [check_header(frame.picture, "x").width for frame in frames] == [320, 320, 320]
    assert all(b.offset_s - a.offset_s >= 0.5 - 1e-6 for a, b in pairwise(frames))
    assert source.notes == []


@pytest.mark.system(GST)
def test_an_rtsp_server_that_dies_is_a_lost_stream_not_an_end() -> None:
    with rtsp_server() as (url, process):
        notes: list[str] = []
        bounds = Bounds(opened=ANYWHERE, every_s=0.2, retries=1, open_s=3.0, read_s=2.0)
        live = video._Live("rtsp", url, bounds, SetClock(NOON), lambda _: None, notes)
        frames = live.frames()
        taken = [next(frames), next(frames)]
        process.kill()
        rest, error = until_broken(frames)
    assert isinstance(error, UnavailableError)
    assert f"was lost after {len(taken) + len(rest)} frames and 1 retries" in error.problem
    assert "was opened again 1 times" in notes[0]


@pytest.mark.system(GST)
def test_a_path_that_the_rtsp_server_does_not_have_is_said() -> None:
    with rtsp_server() as (url, _), pytest.raises(UnavailableError, match="does not answer"):
        list(opened(url.replace("/live", "/other")))
