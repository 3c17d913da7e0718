"""The way to strangers: bounded in bytes, time and steps, and closed to what is ours."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from city_server import city

from pipewarden.exchange.adapters.wire import GuardedWire
from pipewarden.kit.addresses import ClosedError, read_opened
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.outbound import Outbound

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = GuardedWire(Outbound(read_opened("127.0.0.0/8", "X")))
SHUT = GuardedWire(Outbound())


def get(wire: GuardedWire, url: str, most: int = 1 << 20, within_s: float = 5.0, tenant: str = "default") -> bytes:
    return wire.get(url, {}, tenant=tenant, most=most, within_s=within_s).body


@contextmanager
def dripping() -> Iterator[str]:
    """A server that says one byte at a time, for ever."""
    door = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        try:
            there, _ = door.accept()
        except OSError:
            return
        with there:
            there.recv(4096)
            try:
                there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not over.wait(0.05):
                    there.sendall(b"x")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/"
    finally:
        over.set()
        door.close()
        thread.join(5)


def test_what_is_asked_for_comes_with_its_status_also_when_it_is_an_error() -> None:
    with city(instead=lambda path: (404 if path == "/no" else 200, "text/plain", b"hello")) as there:
        found = OPEN.get(f"{there.address}/yes", {"a": "1 2"}, tenant="default", most=100, within_s=5.0)
        assert (found.status, found.body) == (200, b"hello")
        assert there.asked[-1] == ("/yes", {"a": "1 2"})
        assert OPEN.get(f"{there.address}/no", {}, tenant="default", most=100, within_s=5.0).status == 404


def test_more_than_was_allowed_is_not_read() -> None:
    with city(instead=lambda _path: (200, "text/plain", b"x" * 200_000)) as there, pytest.raises(InputError):
        get(OPEN, there.address, most=100_000)


def test_an_answer_that_never_ends_is_left() -> None:
    with dripping() as url:
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            get(OPEN, url, within_s=1.0)
        assert time.monotonic() - began < 60, "not for the hour and a half that it would have taken"


def test_a_door_that_is_shut_is_said() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(UnavailableError):
        get(OPEN, f"http://127.0.0.1:{port}/")


def test_nothing_of_ours_is_asked_unless_it_was_opened_and_to_whom() -> None:
    with city() as there:
        with pytest.raises(ClosedError):
            get(SHUT, there.address)
        only = GuardedWire(Outbound(read_opened("acme@127.0.0.0/8", "X")))
        with pytest.raises(ClosedError):
            get(only, there.address, tenant="default")
        with pytest.raises(ClosedError):
            SHUT.post(there.address, {"api_key": "k"}, tenant="default", within_s=2.0)
        assert (there.asked, there.told) == ([], [])
        there.files["/x"] = b"for acme"
        assert get(only, f"{there.address}/x", tenant="acme") == b"for acme"


@pytest.mark.parametrize("to", ["http://10.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd", "gopher://x/"])
def test_a_step_that_leads_inside_is_not_taken(to: str) -> None:
    with city(instead=lambda _path: (302, f"->{to}", b"")) as there, pytest.raises(ClosedError):
        get(OPEN, there.address)


def test_three_steps_are_the_most() -> None:
    with city() as there:
        there.instead = lambda path: (302, f"->{there.address}{path}x", b"")
        with pytest.raises(UnavailableError, match="TooManyRedirects"):
            get(OPEN, f"{there.address}/")
        assert len(there.asked) == 4


def test_a_form_is_posted_as_a_form_and_follows_nothing() -> None:
    with city() as there:
        got = OPEN.post(f"{there.address}/u.json", {"a": "ä&=", "b": ""}, tenant="default", within_s=5.0)
        assert got.status == 200
        assert there.told == [{"a": "ä&="}]
        there.takes = lambda _form: (302, f"->{there.address}/else", b"")
        assert OPEN.post(there.address, {"a": "1"}, tenant="default", within_s=5.0).status == 302
        assert there.asked == []


def test_a_key_goes_to_no_public_address_in_the_clear() -> None:
    async def public(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34"]

    wire = GuardedWire(Outbound(look_up=public))
    with pytest.raises(ClosedError, match="plain http"):
        wire.post("http://city.example/u.json", {"api_key": "k"}, tenant="default", within_s=2.0)
