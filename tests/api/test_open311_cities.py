"""Cities' servers, read and answered through the real guard: what is odd, what breaks, what is refused."""

from __future__ import annotations

import io
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from city_server import City, city
from open311_api import ROOT, get, look, one, posted, sender
from PIL import Image
from sqlalchemy import text

from pipewarden.exchange import jobs
from pipewarden.exchange.adapters.wire import GuardedWire
from pipewarden.exchange.facts.open311 import Format, Media, NewServer311
from pipewarden.exchange.rules.open311.pushing import Fate
from pipewarden.exchange.service import open311 as service
from pipewarden.field.service import Desk
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = (116.78, 39.69)
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><service_requests>&x;</service_requests>'
SECRET = b"a secret of this test run alone."


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    line = [(HERE[0] - 0.05, HERE[1]), (HERE[0] + 0.05, HERE[1])]
    with town.network(town.a, {"pipe-cities": line}):
        yield


def house(town: Any, opened: str = "127.0.0.0/8") -> jobs.House:
    wire = GuardedWire(Outbound(read_opened(opened, "X")))
    return jobs.House(
        wire, Desk(town.home.blobs, SECRET), Sealer(SECRET, SystemChance().bytes), town.home.factory.clock
    )


def row(number: object, step: int = 0, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC) - timedelta(hours=2)
    return {
        "service_request_id": number,
        "status": "open",
        "service_code": "dig",
        "description": f"a digger {number}",
        "requested_datetime": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "lat": HERE[1],
        "long": HERE[0] + step * 0.003,
    } | more


@contextmanager
def added(town: Any, here: City, **more: Any) -> Iterator[Any]:
    """Note a city's server and take it away again."""
    town.made += 1
    name = f"city {town.made}"
    values: dict[str, Any] = {"codes": {"dig": "digging"}, "key": "city key", "zone": "UTC"} | more
    with town.at(town.a) as work:
        root = people.operator(town.a)
        made = service.add_server(work, root, house(town).sealer, NewServer311(name, here.address, **values))
    try:
        yield made
    finally:
        with town.at(town.a) as work:
            service.remove_server(work, people.operator(town.a), name)


def again(town: Any, server: Any) -> Any:
    with town.at(town.a) as work:
        return next(one for one in service.servers(work) if one.id == server.id)


def pulled(town: Any, server: Any, **more: Any) -> Any:
    return jobs.pull(town.home.factory.begin, house(town, **more), again(town, server), "default")


def kept(town: Any, server: Any) -> dict[str, Any]:
    asked = text("SELECT external, id, lon, address FROM exchange_open311_requests WHERE server_id = :id")
    with town.at(town.a) as work:
        return {found.external: found for found in work.session.execute(asked, {"id": server.id})}


def test_a_citys_requests_become_reports_once(town: Any) -> None:
    rows = [row("c-1"), row("c-2", 1, lat=None, long=None, address="中华路"), row("c-3", service_code="tree")]
    rows += [row(None), row("c-4", status="closed"), row(5, 2, lat=str(HERE[1]), long=str(HERE[0] + 0.006))]
    with city(rows=rows) as here, added(town, here, jurisdiction="city.gov") as server:
        first = pulled(town, server)
        assert (first.problem, first.taken, first.waiting) == ("", 3, 1)
        assert first.skipped == {"has no id": 1, "another service": 1, "closed there": 1}
        assert here.asked[0][1]["jurisdiction_id"] == "city.gov"
        assert "api_key" not in here.asked[0][1], "a question carries no key"
        second = pulled(town, server)
        assert (second.taken, second.known) == (0, 3)
        assert set(kept(town, server)) == {"c-1", "c-2", "5"}
        with town.at(town.a) as work:
            words = work.session.scalar(
                text("SELECT place_words FROM field_reports WHERE id = :id"), {"id": kept(town, server)["c-1"].id}
            )
        assert "50 m assumed" in words


def test_xml_only_is_read_too(town: Any) -> None:
    with city(rows=[row("x-1", 3)]) as here, added(town, here, format=Format.XML) as server:
        assert pulled(town, server).taken == 1
        assert here.asked[0][0] == "/requests.xml"


@pytest.mark.parametrize("pages", [True, False])
def test_a_list_that_is_cut_off_is_read_whole(town: Any, pages: bool) -> None:
    """1,200 requests of a server that says 1,000 at most; one knows pages, the other must be asked in halves."""
    start = datetime.now(UTC) - timedelta(days=6)
    rows = [
        row(f"m-{n}", service_code="tree" if n % 400 else "dig")
        | {"requested_datetime": (start + timedelta(minutes=6 * n)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for n in range(1200)
    ]
    with city(rows=rows, pages=pages) as here, added(town, here) as server:
        found = pulled(town, server)
        assert found.problem == ""
        assert set(kept(town, server)) == {"m-0", "m-400", "m-800"}, f"{len(here.asked)} questions"
        assert found.skipped["another service"] >= 1197


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, "text/html", b"<!doctype html><html><body>maintenance</body></html>"), "page for browsers"),
        ((500, "text/html", b"oops"), "answers 500"),
        ((200, "application/json", b'{"broken": '), "is no JSON"),
        ((200, "application/json", b" " * (31 << 20)), "larger than 30 MB"),
        ((302, "->http://169.254.169.254/latest/meta-data/", b""), "not allowed"),
        ((302, "->file:///etc/passwd", b""), "no plain http"),
        ((200, "text/xml", XXE), "document type"),
    ],
)
def test_what_breaks_is_noted_and_read_the_next_time(town: Any, answer: Any, problem: str) -> None:
    with city(rows=[row("b-1", 4)]) as here, added(town, here) as server:
        here.instead = lambda _path: answer
        since = again(town, server).since
        assert problem in pulled(town, server).problem
        assert problem in again(town, server).problem
        assert again(town, server).since == since, "nothing was read, so it is read again"
        here.instead = None
        assert pulled(town, server).taken == 1
        assert again(town, server).problem == ""


def test_a_city_inside_our_own_network_is_not_asked(town: Any) -> None:
    with city(rows=[row("i-1")]) as here, added(town, here) as server:
        assert "not allowed" in pulled(town, server, opened="").problem
        assert here.asked == []


def test_updates_of_a_city_are_words_and_close_nothing(town: Any) -> None:
    with city(rows=[row("u-1", 5)], updates=[]) as here, added(town, here) as server:
        pulled(town, server)
        now = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        update = {"service_request_id": "u-1", "update_id": 9, "status": "CLOSED", "updated_datetime": now}
        here.updates = [update | {"description": "Gone."}, update | {"service_request_id": "else", "update_id": 10}]
        assert pulled(town, server).updates == 1
        assert pulled(town, server).updates == 0
        made = kept(town, server)["u-1"].id
        with town.at(town.a) as work:
            asked = text("SELECT words FROM field_report_words WHERE report_id = :id")
            said = list(work.session.scalars(asked, {"id": made}))
        assert said == [f"{server.name}: [closed] Gone."]
        look(town)
        assert one(town, str(made))["status"] == "open"


def test_a_city_is_told_what_became_in_order_and_once(town: Any) -> None:
    with city(rows=[row("p-1", 6)]) as here, added(town, here, jurisdiction="city.gov") as server:
        pulled(town, server)
        town.drain()
        look(town)
        begin = town.home.factory.begin
        here.takes = lambda _form: (503, "text/plain", b"later")
        assert jobs.push(begin, house(town), again(town, server), "default") == {Fate.LATER: 1}, (
            "the rest waits behind it"
        )
        assert jobs.push(begin, house(town), again(town, server), "default") == {}, "and not at once again"
        here.takes = None
        while due(town, server):
            jobs.push(begin, house(town), again(town, server), "default")
        told = here.told[1:]
        made = str(kept(town, server)["p-1"].id)
        mine = get(town, "servicerequestupdates.json", service_request_id=made).json()
        assert [form["update_id"] for form in told] == [each["update_id"] for each in mine]
        assert told[0]["api_key"] == "city key"
        assert (told[0]["service_request_id"], told[0]["jurisdiction_id"]) == ("p-1", "city.gov")
        assert told[-1]["status"] == "in_progress"
        here.updates = [
            {
                "service_request_id": "p-1",
                "update_id": "echo",
                "status": "open",
                "description": told[-1]["description"],
                "updated_datetime": told[-1]["updated_datetime"],
            }
        ]
        assert pulled(town, server).updates == 0, "what we told comes back and is no news"


def due(town: Any, server: Any) -> int:
    """Let the clock of what waits to be told run out; return how many there are."""
    with town.at(town.a) as work:
        work.session.execute(text("UPDATE exchange_open311_updates SET push = '2020-01-01' WHERE push IS NOT NULL"))
        return len(service.to_push(work, server.id, limit=100))


def test_a_key_is_sealed_and_never_said(town: Any) -> None:
    with city() as here, added(town, here, key="very secret") as server, town.at(town.a) as work:
        sealed = work.session.scalar(
            text("SELECT sealed_key FROM exchange_open311_servers WHERE id = :id"), {"id": server.id}
        )
        assert b"very secret" not in bytes(sealed)
        assert "very secret" not in repr(server)
        assert house(town).sealer.open(sealed, service.purpose(server.id)) == "very secret"


def test_a_server_is_named_once_and_its_codes_mean_kinds(town: Any) -> None:
    sealer, root = house(town).sealer, people.operator(town.a)
    with city() as here, added(town, here) as server:
        for wrong, kind in (
            ({"name": server.name}, RefusedError),
            ({"codes": {"dig": "potholes"}}, InputError),
            ({"codes": {}}, InputError),
            ({"address": "ftp://x"}, InputError),
            ({"address": "https://user:pass@x"}, InputError),
            ({"zone": "Mars/Olympus"}, InputError),
        ):
            values: dict[str, Any] = {"name": "another", "address": here.address, "codes": {"*": "other"}} | wrong
            with pytest.raises(kind), town.at(town.a) as work:
                service.add_server(work, root, sealer, NewServer311(**values))


def test_another_operators_server_is_nobodys_business(town: Any) -> None:
    with city() as here, added(town, here) as server, town.at(town.b) as work:
        assert server.name not in {one.name for one, _ in service.list_servers(work, people.operator(town.b))}
        with pytest.raises(InputError):
            service.named_server(work, people.operator(town.b), server.name)


def test_the_minutes_work_does_all_of_it_and_one_that_breaks_holds_up_no_other(town: Any) -> None:
    with city(rows=[row("w-1", 7)]) as here, city() as broken, added(town, broken), added(town, here) as server:
        broken.instead = lambda _path: (500, "text/plain", b"")
        jobs.run(town.home.factory.begin, house(town))
        assert set(kept(town, server)) == {"w-1"}
        questions = len(here.asked)
        jobs.run(town.home.factory.begin, house(town))
        assert len(here.asked) == questions, "five minutes have not gone by"


def jpeg(level: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (level, 110, 90)).save(out, "JPEG")
    return out.getvalue()


def media(town: Any, made: str) -> tuple[str, str]:
    with town.at(town.a) as work:
        found = work.session.execute(
            text("SELECT media, media_why FROM exchange_open311_requests WHERE id = :id"), {"id": made}
        ).one()
    return found.media, found.media_why


def fetched(town: Any, opened: str = "127.0.0.0/8") -> None:
    with town.at(town.a) as work:
        work.session.execute(text("UPDATE exchange_open311_requests SET next_look_at = '2020-01-01T00:00:00Z'"))
    while jobs.fetch(town.home.factory.begin, house(town, opened), town.a, "default"):
        pass


def test_a_picture_is_fetched_later_and_served_masked(town: Any) -> None:
    who = sender(town)
    with city() as here:
        here.files["/photo.jpg"] = jpeg(120)
        made = posted(town, who, (HERE[0] + 0.024, HERE[1]), media_url=f"{here.address}/photo.jpg")
        assert here.asked == [], "nothing is fetched while somebody waits"
        assert one(town, made)["media_url"] is None
        assert "fetched later" in one(town, made, api_key=who.key)["service_notice"]
        fetched(town)
        assert media(town, made) == (Media.TAKEN, "")
    look(town)
    url = one(town, made)["media_url"]
    shown = get(town, url.partition(f"{ROOT}/")[2])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/page.html", "picture"),
        ("/gone.jpg", "answers 404"),
        ("/huge.jpg", "larger than 25 MB"),
        ("/inside", "not allowed"),
    ],
)
def test_what_is_no_picture_costs_no_words(town: Any, path: str, why: str) -> None:
    who = sender(town)

    def odd(asked: str) -> Any:
        if asked == "/inside":
            return 302, "->http://169.254.169.254/latest/", b""
        return 404, "text/plain", b""

    with city(instead=odd) as here:
        here.files |= {"/page.html": b"<html>no picture</html>", "/huge.jpg": b"\xff\xd8\xff" * (9 << 20)}
        made = posted(town, who, (HERE[0] + 0.027, HERE[1]), media_url=here.address + path, external_id=path)
        fetched(town)
        state, said = media(town, made)
        assert (state, why in said) == (Media.REFUSED, True), said
        assert "was not kept" in one(town, made, api_key=who.key)["service_notice"]
        assert one(town, made)["description"] == "有挖机在挖"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x.jpg", "http://169.254.169.254/latest/meta-data/", "http://[::1]/x.jpg",
        "http://2130706433/x.jpg", "http://localhost/x.jpg", "http://10.0.0.1/x.jpg", "https://100.100.100.200/",
    ],
)  # fmt: skip
def test_nothing_inside_is_asked_for_a_picture(town: Any, url: str) -> None:
    made = posted(town, sender(town), (HERE[0] + 0.03, HERE[1]), media_url=url)
    fetched(town, opened="")
    assert media(town, made) == (Media.REFUSED, "is not allowed")
