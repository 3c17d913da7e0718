"""The outbound guard: however an address is written, it ends where the packets end (safety test S1, this part)."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from robot_street import street

from pipewarden.kit.addresses import ClosedError, Opened, read_opened
from pipewarden.kit.errors import InputError
from pipewarden.kit.outbound import Outbound, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOOPBACK = Opened((ip_network("127.0.0.0/8"),))


def names(**known: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    async def look_up(host: str, _port: int) -> list[str]:
        found = known.get(host.replace(".", "_").replace("-", "_"), [])
        if not found:
            raise OSError("no such name")
        return found

    return look_up


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0.0.0.0", "[::1]", "[::]",  # noqa: S104
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]",
        "[2002:7f00:1::]", "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "10.0.0.1", "172.16.0.1",
        "192.168.1.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[fd00::1]", "[ff02::1]", "localhost",
        "[fec0::1]", "[64:ff9b:1::a00:1]", "[::ffff:0:10.0.0.1]", "[::10.0.0.1]", "[5f00::1]", "[100::1]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_nothing_inside_is_spoken_to(scheme: str, host: str) -> None:
    with pytest.raises((ClosedError, UnansweredError)) as caught:
        Outbound().post(f"{scheme}://{host}:1/", b"", {}, within_s=2.0)
    if isinstance(caught.value, UnansweredError):  # this machine has no such family or name: nothing was connected to
        assert caught.value.problem == "its name is unknown"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "https://", "https:///x", "example.org",
        "https://user:pass@example.org/", "https://example.org@127.0.0.1/", "https://exämple.org/", "https://[::1",
        "https://example.org:99999/", "https://１２７.０.０.１/", "",
    ],
)  # fmt: skip
def test_no_other_scheme_user_or_unicode(url: str) -> None:
    with pytest.raises(ClosedError):
        Outbound(look_up=names(example_org=["93.184.216.34"])).post(url, b"", {}, within_s=1.0)


def test_one_closed_address_closes_a_name() -> None:
    guard = Outbound(look_up=names(both_example=["93.184.216.34", "127.0.0.1"]))
    with pytest.raises(ClosedError, match="not allowed"):
        guard.post("https://both.example/", b"", {}, within_s=1.0)


def test_a_name_is_looked_up_once_and_connected_to_as_it_was() -> None:
    """A name that stands for another address the second time gains nothing: there is no second time."""
    asked = []
    with street(lambda _asked: (200, {}, b"ok")) as here:

        async def turning(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        port = here.url.rpartition(":")[2]
        answer = Outbound(LOOPBACK, turning).post(
            f"http://turning.example:{port}/a?b=c", b"x", {"X-A": "1"}, within_s=5.0
        )
    assert (answer.status, answer.body) == (200, b"ok")
    assert asked == ["turning.example"]
    (got,) = here.asked
    assert (got.path, got.query, got.body) == ("/a", {"b": "c"}, b"x")
    assert (got.headers["host"], got.headers["x-a"]) == (f"turning.example:{port}", "1")


def test_what_is_got_is_guarded_as_what_is_posted_and_a_redirect_leads_nowhere() -> None:
    with street(lambda _asked: (302, {"Location": "http://169.254.169.254/"}, b"")) as here:
        answer = Outbound(LOOPBACK).get(f"{here.url}/jwks?a=b", {"Accept": "application/json"}, within_s=5.0)
        assert answer.status == 302
        with pytest.raises(ClosedError):
            Outbound().get(f"{here.url}/jwks", {}, within_s=5.0)
    (got,) = here.asked
    assert (got.path, got.query, got.body) == ("/jwks", {"a": "b"}, b"")
    assert got.headers["accept"] == "application/json"


def test_the_operator_opens_a_network_and_no_other() -> None:
    guard = Outbound(
        read_opened("10.20.0.0/16, fd00::/8", "X"), names(a_example=["10.20.1.1"], b_example=["10.21.0.1"])
    )
    assert guard.check_host("a.example", 25, within_s=1.0) == "10.20.1.1"
    with pytest.raises(ClosedError):
        guard.check_host("b.example", 25, within_s=1.0)


@pytest.mark.parametrize("address", [
    "169.254.169.254", "fe80::1%eth0", "::ffff:169.254.1.1", "::169.254.169.254", "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254", "224.0.0.1", "0.0.0.0",  # noqa: S104
])  # fmt: skip
def test_some_are_closed_whatever_the_operator_says(address: str) -> None:
    everything = read_opened("0.0.0.0/0,::/0", "X")
    with pytest.raises(ClosedError):
        Outbound(everything, names(x_example=[address])).check_host("x.example", 80, within_s=1.0)


def test_plain_http_stays_in_the_house() -> None:
    guard = Outbound(look_up=names(public_example=["93.184.216.34"]))
    with pytest.raises(ClosedError, match="plain http"):
        guard.post("http://public.example/", b"", {}, within_s=1.0)


def test_what_does_not_answer_is_said_in_the_same_words() -> None:
    guard = Outbound(LOOPBACK)
    with pytest.raises(UnansweredError, match="its name is unknown"):
        Outbound(look_up=names()).post("https://nobody.example/", b"", {}, within_s=1.0)
    with pytest.raises(UnansweredError, match="cannot be reached"):
        guard.post("http://127.0.0.1:9/", b"", {}, within_s=1.0)
    with street(lambda _asked: (200, {}, b"")) as here:
        here.how = "hang"
        with pytest.raises(UnansweredError, match="no answer within 1 s"):
            guard.post(here.url, b"", {}, within_s=1.0)
        here.how = "reset"
        with pytest.raises(UnansweredError, match="broke off"):
            guard.post(here.url, b"", {}, within_s=5.0)
    with street(lambda _asked: (200, {}, b"")) as plain, pytest.raises(UnansweredError, match="certificate"):
        guard.post(plain.url.replace("http://", "https://"), b"", {}, within_s=5.0)


def test_an_answer_is_bounded_and_no_redirect_is_followed() -> None:
    with street(lambda _asked: (302, {"Location": "http://127.0.0.1:1/", "Retry-After": "7"}, b"x" * 200_000)) as here:
        answer = Outbound(LOOPBACK).post(here.url, b"", {}, within_s=5.0)
    assert (answer.status, len(answer.body), answer.again_s) == (302, 65_536, 7.0)
    assert len(here.asked) == 1


@pytest.mark.parametrize("address", ["fec0::1", "64:ff9b:1::a00:1", "::ffff:0:10.0.0.1", "::10.0.0.1", "5f00::1"])
def test_what_is_somebodys_own_is_closed_in_ipv6_too(address: str) -> None:
    """Site-local, local NAT64, translated and compatible forms: none is public, whatever this Python calls global."""
    assert verdict(Outbound(), address) == "closed"


def test_a_name_server_that_is_silent_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()

    def ask(*_args: object, **_more: object) -> list[object]:
        silent.wait(20.0)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    began = time.monotonic()
    try:
        with pytest.raises(UnansweredError):
            Outbound().post("https://slow.example.org/", b"", {}, within_s=0.3)
        with pytest.raises(UnansweredError):
            Outbound().check_host("slow.example.org", 25, within_s=0.3)
        assert time.monotonic() - began < 10.0
    finally:
        silent.set()


def verdict(guard: Outbound, address: str) -> str:
    found = Outbound(guard.opened, names(x_example=[address]))
    try:
        return found.check_host("x.example", 443, within_s=5.0) and "open"
    except ClosedError:
        return "closed"


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_other_clothes_is_the_same_address(number: int) -> None:
    """Mapped, 6to4, NAT64 and translated forms of an IPv4 address end where the plain one ends."""
    guard = Outbound(read_opened("10.20.0.0/16", "X"))
    plain = verdict(guard, str(IPv4Address(number)))
    mapped = IPv6Address((0xFFFF << 32) | number)
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80))
    nat64 = IPv6Address((0x64FF9B << 96) | number)
    translated = IPv6Address((0xFFFF << 48) | number)
    assert {verdict(guard, str(one)) for one in (mapped, six_to_four, nat64, translated)} == {plain}


@given(st.integers(0, 2**32 - 1))
def test_what_is_not_public_is_closed(number: int) -> None:
    address = IPv4Address(number)
    private = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    assert verdict(Outbound(), str(address)) == "closed" or not private


@pytest.mark.parametrize("text", ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "172.16.0.0/12"])
def test_every_corner_of_a_closed_network_is_closed(text: str) -> None:
    network = IPv4Network(text)
    for address in (network[0], network[1], network[-2], network[-1], network[5]):
        assert verdict(Outbound(), str(address)) == "closed"
        if not address.is_link_local:
            assert verdict(Outbound(Opened((network,))), str(address)) == "open"


def test_an_ipv6_address_is_posted_to_in_brackets() -> None:
    """``[::1]`` is opened by its own network and reached as it is written; a machine without IPv6 says unreachable."""
    guard = Outbound(read_opened("::1/128", "X"))
    with pytest.raises(UnansweredError, match=r"cannot be reached|broke off|unknown"):
        guard.post("http://[::1]:9/", b"", {}, within_s=2.0)


def test_a_list_of_networks_is_checked() -> None:
    assert read_opened("", "X") == Opened()
    with pytest.raises(InputError) as caught:
        read_opened("10.0.0.1/8", "PIPEWARDEN_OUTBOUND_OPEN")
    assert caught.value.field == "PIPEWARDEN_OUTBOUND_OPEN"
