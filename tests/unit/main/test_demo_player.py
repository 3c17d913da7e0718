"""The player speaks to the service as cameras and people do, also to a service that hesitates, refuses or is gone."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.kit.clock import SystemClock
from pipewarden.main.demo.cast import Part, Seat
from pipewarden.main.demo.player import Player, Step, StoppedError
from pipewarden.main.demo.story import Cue
from pipewarden.people.facts import Role
from pipewarden.sim.facts import DayEvent, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
WORDS = "路口有挖掘机在挖沟"


@dataclass
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found = re.search(rb'name="event"\r\n\r\n(.*?)\r\n--', self.body, re.DOTALL)
        assert found is not None
        event: dict[str, Any] = json.loads(found[1])
        return event


@dataclass
class Service:
    """A service that answers as it is told: the next (status, headers), or 201; a None breaks the line."""

    asked: list[Asked] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str]] | None] = field(default_factory=deque)
    sign_ins: int = 0
    address: str = ""

    def events(self) -> list[Asked]:
        return [one for one in self.asked if one.path == "/v1/observations"]


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = made.answers.popleft() if made.answers else (201, {})
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(answer[0])
            content = b"{}"
            if self.path == "/v1/session" and answer[0] == 201:
                made.sign_ins += 1
                self.send_header("Set-Cookie", f"pipewarden_session=s{made.sign_ins}; Path=/; HttpOnly")
                content = json.dumps({"csrf": f"c{made.sign_ins}"}).encode()
            for name, value in answer[1].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def seat(key: str, role: Role) -> Seat:
    return Seat(Part(key, key, role, None), f"demo-{key}", f"word-of-{key}")


SEATS = {"grid-worker-1": seat("grid-worker-1", Role.GRID_WORKER), "resident-1": seat("resident-1", Role.RESIDENT)}


def player(address: str, stop: threading.Event | None = None) -> Player:
    return Player(address, "pw_key_text", SEATS, START, SystemClock(), stop or threading.Event())


@pytest.fixture
def frame(tmp_path: Path) -> Callable[[int], Cue]:
    def make(n: int) -> Cue:
        picture = tmp_path / f"{n:04d}.jpg"
        picture.write_bytes(b"\xff\xd8 picture " + bytes([n]))
        return Cue(0.0, DayEvent(f"cam-01/{n:04d}", 60.0 * n, EventKind.FRAME, camera="cam-01", file=picture))

    return make


def report(n: int, who: str = "grid-worker-1") -> Cue:
    event = DayEvent(f"R{n:02d}", 3600.0, EventKind.REPORT, None, None, WORDS, 116.7, 39.53, 12.0, who)
    return Cue(0.0, event)


def play(one: Player, *cues: Cue) -> list[Step]:
    steps: list[Step] = []
    one.play(cues, steps.append)
    return steps


def test_a_frame_goes_as_a_camera_sends_it(service: Service, frame: Callable[[int], Cue]) -> None:
    before = datetime.now(UTC)
    steps = play(player(service.address), frame(3))
    (asked,) = service.asked
    assert asked.path == "/v1/observations"
    assert asked.headers["authorization"] == "Bearer pw_key_text"
    assert "cookie" not in asked.headers
    assert asked.headers["content-type"].startswith("multipart/form-data")
    assert b'name="picture"; filename="0003.jpg"' in asked.body
    assert b"\xff\xd8 picture \x03" in asked.body
    event = asked.event
    assert (event["specversion"], event["type"], event["id"]) == ("1.0", "pipewarden.frame", "cam-01/0003")
    assert event["source"] == "demo/cam-01"
    assert event["data"] == {"camera": "cam-01", "story_time": "2026-11-20T07:03:00+00:00", "rendered": True}
    assert before <= datetime.fromisoformat(event["time"]) <= datetime.now(UTC), "the wall's time, not the story's"
    assert steps == [Step(1, 1, 0, START + timedelta(minutes=3))]


def test_a_report_goes_as_its_person_signed_in(service: Service) -> None:
    play(player(service.address), report(1))
    entered, asked = service.asked
    assert entered.path == "/v1/session"
    assert json.loads(entered.body) == {"login": "demo-grid-worker-1", "password": "word-of-grid-worker-1"}
    assert asked.headers["x-csrf-token"] == "c1"
    assert asked.headers["cookie"] == "pipewarden_session=s1"
    assert "authorization" not in asked.headers
    assert b'name="picture"' not in asked.body
    event = asked.event
    assert (event["type"], event["source"]) == ("pipewarden.report", "demo/grid-worker-1")
    assert event["data"] == {
        "words": WORDS,
        "lon": 116.7,
        "lat": 39.53,
        "accuracy_m": 12.0,
        "story_time": "2026-11-20T08:00:00+00:00",
        "rendered": False,
    }


def test_each_sender_is_somebody_of_their_own(service: Service, frame: Callable[[int], Cue]) -> None:
    play(player(service.address), report(1), frame(1), report(2, "resident-1"), report(3))
    events = service.events()
    assert [one.headers.get("cookie", "-") for one in events] == [
        "pipewarden_session=s1", "-", "pipewarden_session=s2", "pipewarden_session=s3",
    ]  # fmt: skip
    assert [one.headers.get("x-csrf-token", "-") for one in events] == ["c1", "-", "c2", "c3"]
    again = [one for one in service.asked if one.path == "/v1/session"][-1]
    assert again.headers["cookie"] == "pipewarden_session=s1", "so that the old session ends with the new sign-in"


@pytest.mark.parametrize(
    "first",
    [
        (503, {"Retry-After": "0"}),
        (429, {"Retry-After": "0"}),
        (503, {}),
        None,
    ],
)
def test_what_cannot_be_taken_now_is_sent_again_as_it_was(
    service: Service, frame: Callable[[int], Cue], first: tuple[int, dict[str, str]] | None
) -> None:
    service.answers.extend([first, first])
    steps = play(player(service.address), frame(1))
    assert len(service.asked) == 3
    assert len({one.body for one in service.asked}) == 1, "byte for byte: the same event is taken once"
    assert steps[-1].refused == 0


@pytest.mark.parametrize("status", [401, 403, 404, 409, 413, 422, 500])
def test_what_is_refused_is_counted_and_the_day_goes_on(
    service: Service, frame: Callable[[int], Cue], status: int
) -> None:
    service.answers.append((status, {}))
    steps = play(player(service.address), frame(1), frame(2))
    assert [(one.done, one.refused) for one in steps] == [(1, 1), (2, 1)]
    assert len(service.asked) == 2


def test_somebody_who_cannot_sign_in_says_nothing_and_the_day_goes_on(
    service: Service, frame: Callable[[int], Cue]
) -> None:
    service.answers.append((401, {}))
    steps = play(player(service.address), report(1), frame(1))
    assert [one.path for one in service.asked] == ["/v1/session", "/v1/observations"]
    assert [(one.done, one.refused) for one in steps] == [(1, 1), (2, 1)]


def test_events_wait_for_their_moment(service: Service, frame: Callable[[int], Cue]) -> None:
    began = time.monotonic()
    play(player(service.address), frame(1), Cue(0.4, frame(2).event))
    assert time.monotonic() - began >= 0.4


def test_a_stop_ends_the_wait_for_the_next_event(service: Service, frame: Callable[[int], Cue]) -> None:
    stop = threading.Event()
    with pytest.raises(StoppedError):
        player(service.address, stop).play([frame(1), Cue(3600.0, frame(2).event)], lambda _: stop.set())
    assert len(service.asked) == 1


def test_a_stop_ends_the_wait_for_a_service_that_is_gone(frame: Callable[[int], Cue]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    with pytest.raises(StoppedError):
        play(player(nobody, stop), frame(1))
    timer.join()


def test_no_proxy_of_the_environment_is_asked(
    service: Service, frame: Callable[[int], Cue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    play(player(service.address), frame(1))
    assert len(service.asked) == 1


def test_neither_key_nor_password_is_shown_by_accident(service: Service) -> None:
    words = repr(player(service.address))
    assert "pw_key_text" not in words
    assert "word-of" not in words
