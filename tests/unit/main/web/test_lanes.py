"""Who asks too fast is told when to come again, nobody else notices, and word of danger passes whatever happens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from pipewarden.kit.clock import SetClock
from pipewarden.main.web.lanes import DANGER, Buckets, Lanes, Rates, asker

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HERE = "198.51.100.7"
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
TIGHT = Rates(requests_min=60, burst=3, danger_min=60, danger_burst=2, device_min=60, device_burst=2,
              unknown_min=6, unknown_burst=2, upload_bytes_min=60e6, upload_burst=1e6, in_flight=2)  # fmt: skip


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class House:
    """An application that answers at once, or hangs until it is let go, behind the lanes."""

    def __init__(self, rates: Rates | None = TIGHT) -> None:
        self.clock, self.go, self.seen = SetClock(NOON), asyncio.Event(), 0
        self.came = asyncio.Semaphore(0)
        self.go.set()
        self.lanes = Lanes(self.answer, self.clock.now, rates)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen += 1
        self.came.release()
        await self.go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def ask(
        self, path: str = "/v1/sites", method: str = "GET", *, client: str = "198.51.100.7", **more: Any
    ) -> Any:
        wire = httpx.ASGITransport(self.lanes, client=(client, 1))
        async with httpx.AsyncClient(transport=wire, base_url="http://house") as asking:
            return await asking.request(method, path, **more)

    async def many(self, count: int, *asked: Any, **more: Any) -> list[int]:
        return [(await self.ask(*asked, **more)).status_code for _ in range(count)]


def key(word: str) -> dict[str, str]:
    return {"headers": {"Authorization": f"Bearer {word}"}}  # type: ignore[dict-item]


async def test_too_fast_is_told_when_to_come_again_and_nobody_else_notices() -> None:
    house = House()
    assert await house.many(5, **key("a")) == [200, 200, 200, 429, 429]
    told = await house.ask(**key("a"))
    assert told.headers["retry-after"] == "1"
    assert told.headers["content-type"] == "application/problem+json"
    assert (told.json()["field"], told.json()["fix"]) == ("rate", "Wait 1 s and send it again.")
    assert await house.many(3, **key("b")) == [200, 200, 200]
    house.clock.advance(timedelta(seconds=1))
    assert await house.many(2, **key("a")) == [200, 429]
    assert house.seen == 7, "what is refused costs the house nothing"


async def test_a_cookie_is_somebody_and_who_shows_nothing_is_the_address() -> None:
    house = House()
    cookie = {"headers": {"Cookie": "theme=dark; pipewarden_session=abc"}}
    assert await house.many(4, **cookie) == [200, 200, 200, 429]
    assert await house.many(3) == [200, 200, 429]
    assert await house.many(3, client="198.51.100.8") == [200, 200, 429]
    assert await house.many(2, client="2001:db8::1") == [200, 200]
    assert await house.many(1, client="2001:db8::ffff") == [429], "one subscriber has a whole /64"
    assert await house.many(1, client="2001:db8:0:1::1") == [200]


async def test_word_of_danger_is_counted_apart() -> None:
    """A person who has used up their pages may still tell of an excavator, and one a minute passes whatever came."""
    house = House()
    await house.many(9, **key("a"))
    assert (await house.ask(**key("a"))).status_code == 429
    assert await house.many(4, "/v1/observations", "POST", **key("a")) == [200, 200, 200, 429]
    for _ in range(5):
        house.clock.advance(timedelta(seconds=60))
        await house.many(50, "/v1/observations", "GET", **key("a"))
        assert (await house.ask("/v1/observations", "POST", **key("a"))).status_code == 200


async def test_a_gateway_speaks_for_many_and_a_person_does_not() -> None:
    house = House(Rates())
    assert await house.many(500, "/v1/observations", "POST", **key("gateway")) == [200] * 500
    person = {"headers": {"Cookie": "pipewarden_session=abc"}}
    said = await house.many(200, "/v1/observations", "POST", **person)
    assert said == [200] * 121 + [429] * 79, "a burst, and the one that passes whatever came before"


async def test_one_a_minute_passes_also_when_the_network_is_used_up() -> None:
    house = House(Rates(danger_network_min=1, danger_network_burst=1))
    assert await house.many(3, "/v1/strikes", "POST", **key("a")) == [200, 200, 429]
    assert await house.many(2, "/v1/strikes", "POST", **key("b")) == [200, 429], "another device of the same office"
    house.clock.advance(timedelta(seconds=60))
    assert await house.many(1, "/v1/strikes", "POST", **key("b")) == [200]


async def test_made_up_keys_gain_nothing() -> None:
    house = House(Rates(network_min=60, network_burst=10, danger_network_min=60, danger_network_burst=10))
    said = [(await house.ask(**key(f"made up {n}"))).status_code for n in range(30)]
    assert said.count(200) == 10
    danger = [(await house.ask("/v1/observations", "POST", **key(f"made up {n}"))).status_code for n in range(300)]
    assert danger.count(200) == 10 + 60, "sixty a minute of one address, however many they say they are"


async def test_large_bodies_have_a_pace_and_a_report_passes_all_the_same() -> None:
    house = House()
    large = {"content": b"x" * 900_000}
    assert (await house.ask("/v1/networks/sync", "POST", **large, **key("a"))).status_code == 200
    later = await house.ask("/v1/networks/sync", "POST", **large, **key("a"))
    assert (later.status_code, later.headers["retry-after"]) == (429, "1")
    assert (await house.ask("/v1/observations", "POST", **large, **key("a"))).status_code == 200
    assert (await house.ask("/v1/observations", "POST", content=b"words", **key("a"))).status_code == 200


async def test_whatever_hangs_word_of_danger_is_taken() -> None:
    house = House(Rates(in_flight=2))
    house.go.clear()
    held = [asyncio.create_task(house.ask(**key("a"))) for _ in range(2)]
    await house.came.acquire()
    await house.came.acquire()
    busy = await house.ask(**key("b"))
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
    danger = asyncio.create_task(house.ask("/v1/observations", "POST", **key("b")))
    await house.came.acquire()
    house.go.set()
    assert [one.status_code for one in await asyncio.gather(*held, danger)] == [200, 200, 200]
    assert (await house.ask(**key("c"))).status_code == 200, "who left made room"


async def test_health_is_never_held_up() -> None:
    house = House()
    for path in ("/healthz", "/livez", "/readyz", "/metrics", "/assets/desk/x.js", "/"):
        assert await house.many(20, path) == [200] * 20


async def test_a_house_without_rates_lets_everybody_through() -> None:
    assert await House(None).many(50) == [200] * 50


@pytest.mark.parametrize(
    ("path", "danger"),
    [("/v1/observations", True), ("/v1/strikes", True), ("/v1/devices/gate-7/alarms", True),
     ("/v1/observations/x", False), ("/v1/strikes/1/events", False), ("/v1/devices/a/b/alarms", False),
     ("/v1/public/reports", True), ("/v1/reports", True), ("/v1/public/near/x/confirm", True),
     ("/v1/public/reports/x/words", False), ("/v1/public/near", False), ("/v1/reports/x/place", False),
     ("/v1/exports", False), ("/open311/v2/requests.json", True), ("/open311/v2/requests.xml", True),
     ("/open311/v2/servicerequestupdates.json", False), ("/open311/v2/requests/1.json", False)],
)  # fmt: skip
def test_what_counts_as_word_of_danger(path: str, danger: bool) -> None:
    assert (DANGER.fullmatch(path) is not None) == danger


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0.1, 5)), max_size=60))
def test_no_more_is_ever_taken_than_the_burst_and_what_came_since(asked: list[tuple[float, float]]) -> None:
    buckets, now, taken = Buckets(), 0.0, 0.0
    for pause, cost in asked:
        now += pause
        wait = buckets.take("a", cost, rate=0.5, burst=5.0, now=now)
        if wait == 0:
            taken += cost
            assert taken <= 5.0 + now * 0.5 + 1e-6
        else:
            assert buckets.take("a", cost, rate=0.5, burst=5.0, now=now + wait + 1e-6) == 0
            now, taken = now + wait + 1e-6, taken + cost


def test_who_is_forgotten_first_and_a_clock_that_goes_back_gives_nothing() -> None:
    buckets = Buckets()
    for number in range(20_050):
        buckets.take(str(number), 1, rate=1, burst=1, now=0.0)
    assert buckets.take("20049", 1, rate=1, burst=1, now=0.0) > 0
    assert buckets.take("0", 1, rate=1, burst=1, now=0.0) == 0, "forgotten: the longest silent"
    assert buckets.take("20049", 1, rate=1, burst=1, now=-100.0) > 0


def test_a_cookie_and_a_key_together_are_the_key() -> None:
    scope = {"headers": [(b"cookie", b"pipewarden_session=a"), (b"authorization", b"Bearer k")], "client": ("::1", 1)}
    alone = {"headers": [(b"authorization", b"Bearer k")], "client": None}
    assert asker(scope) == asker(alone)
    assert len(asker(scope)[0]) == 24, "a digest, never the key itself"
