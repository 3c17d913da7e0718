"""Other platforms over HTTP: three content modes, signatures, what waits, and a round trip on 127.0.0.1."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from act_api import send as send_out
from intake_api import COMPLAINT, delivery, event, key, quiet, send, waiting
from owed_api import site

from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.facts import CLOUDEVENTS
from pipewarden.act.rules.sign import webhook_headers, webhook_problem
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.outbound import Outbound
from pipewarden.network import jobs
from pipewarden.network.adapters import FileReader
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {"words": "挖机在挖燃气管道", "lon": 116.7062, "lat": 39.5013, "crs": "EPSG:4326"}


@pytest.fixture(scope="module")
def platform(town: Any) -> Any:
    return key(town)


def test_a_complaint_becomes_an_alarm_like_any_report(town: Any, platform: Any, spot: Any) -> None:
    lon, lat = spot()
    answer = send(town, platform, event("c1", WORDS | {"lon": lon, "lat": lat}))
    assert answer.status_code == 201, answer.text
    (kept,) = answer.json()["items"]
    assert (kept["state"], kept["duplicate"]) == ("taken", False)
    again = send(town, platform, event("c1", WORDS | {"lon": lon, "lat": lat}))
    assert (again.status_code, again.json()["items"][0]["duplicate"]) == (200, True)
    town.drain()
    manager = town.who("safety_manager")
    box = f"{lon - 0.0005},{lat - 0.0005},{lon + 0.0005},{lat + 0.0005}"
    (alarm,) = town.client.as_(manager, "GET", "/v1/alarms", params={"bbox": box}).json()["items"]
    shown = town.client.as_(manager, "GET", f"/v1/alarms/{alarm['id']}").json()
    assert shown["members"][0]["observation_id"] == kept["observation_id"]


def test_batch_and_binary_mode(town: Any, platform: Any) -> None:
    batch = send(town, platform, [event("b1", WORDS), event("b2", {"words": "有人挖路"})])
    assert [one["state"] for one in batch.json()["items"]] == ["taken", "waiting"]
    headers = {"ce-specversion": "1.0", "ce-id": "n1", "ce-source": "urn:x", "ce-type": COMPLAINT}
    binary = send(town, platform, json.dumps(WORDS).encode(), **headers, **{"content-type": "application/json"})
    assert binary.status_code == 201, binary.text
    assert binary.json()["items"][0]["id"] == "n1"


WRONG: list[tuple[Any, str]] = [
    (b"{", "body"),
    (b"[]", "body"),
    (event("x", {}), "诉求内容, message 1"),
    (event("x", WORDS, "org.example.poem"), "type"),
    (event("x", WORDS | {"lat": "?"}), "经度, message 1"),
    (event("x", WORDS) | {"id": ""}, '"field":"id"'),
    ([], "body"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_is_no_message_is_refused_with_its_field(town: Any, platform: Any, body: Any, field: str) -> None:
    answer = send(town, platform, body)
    assert answer.status_code == 422, answer.text
    assert field in answer.text
    other = send(town, platform, b"x", **{"content-type": "text/plain"})
    assert other.json()["field"] == "Content-Type"
    assert send(town, platform, event("x", WORDS), "nobody").status_code == 404


def test_a_key_without_the_permission_is_refused(town: Any) -> None:
    assert send(town, town.who("device"), event("x", WORDS)).status_code == 403


def test_where_a_secret_is_set_messages_must_be_signed(town: Any) -> None:
    admin, box = town.who("tenant_admin_b"), key(town, town.b)
    secret = town.client.as_(admin, "PUT", "/v1/intake/city-lifeline/secret").json()["secret"]
    try:
        body = json.dumps(event("s1", WORDS, "org.pipewarden.intake.alarm.v1")).encode()
        assert send(town, box, body, "city-lifeline").status_code == 401
        now = datetime.now(UTC)
        signed = webhook_headers("m1", now, body, secret)
        assert send(town, box, body, "city-lifeline", **signed).status_code == 201
        assert send(town, box, body, "city-lifeline", **signed).status_code == 200  # again within the window: known
        assert send(town, box, body + b" ", "city-lifeline", **signed).status_code == 401
        old = webhook_headers("m1", datetime(2026, 1, 1, tzinfo=UTC), body, secret)
        assert send(town, box, body, "city-lifeline", **old).status_code == 401
    finally:
        assert town.client.as_(admin, "DELETE", "/v1/intake/city-lifeline/secret").status_code == 204


def test_what_waits_is_placed_by_a_person(town: Any, spot: Any) -> None:
    item, manager = waiting(town), town.who("safety_manager")
    listed = town.client.as_(manager, "GET", "/v1/intake", params={"state": "waiting"}).json()["items"]
    assert item in {one["id"] for one in listed}
    lon, lat = spot()
    asked = {"lon": lon, "lat": lat}
    placed = town.client.as_(manager, "POST", f"/v1/intake/items/{item}/place", json=asked)
    assert placed.json()["state"] == "taken", placed.text
    assert town.client.as_(manager, "POST", f"/v1/intake/items/{item}/place", json=asked).status_code == 409
    other = waiting(town)
    aside = town.client.as_(manager, "POST", f"/v1/intake/items/{other}/aside", json={"reason": "重复"})
    assert (aside.json()["state"], aside.json()["why"]) == ("aside", "重复")


def test_the_longest_waiting_message_comes_first_page_by_page(town: Any, platform: Any) -> None:
    manager = town.who("safety_manager")
    for name in ("one", "two", "three"):
        assert send(town, platform, event(f"order-{name}", {"words": f"没有地址 {name}"})).status_code == 201
    asked: dict[str, Any] = {"order": "oldest", "limit": 2}
    first = town.client.as_(manager, "GET", "/v1/intake", params=asked).json()
    items, following = list(first["items"]), first["next"]
    while following is not None:
        page = town.client.as_(manager, "GET", "/v1/intake", params=asked | {"cursor": following}).json()
        items, following = items + page["items"], page["next"]
    received = [one["received_at"] for one in items]
    assert received == sorted(received)
    assert len({one["id"] for one in items}) == len(items) == first["total"] >= 3


def test_a_delivery_over_http_is_worked_off_with_its_report(town: Any) -> None:
    admin = town.who("tenant_admin")
    quiet(town)
    line = ((116.72, 39.45), (116.73, 39.45))
    with town.network(town.a, {"pipe-1": line, "pipe-2": ((116.72, 39.46), (116.73, 39.46))}):
        features = [
            {
                "type": "Feature",
                "properties": {"id": name, "pressure": "medium", "diameter_mm": 200},
                "geometry": {"type": "LineString", "coordinates": [[116.72, lat], [116.73, lat]]},
            }
            for name, lat in (("pipe-1", 39.45), ("pipe-2", 39.46), ("pipe-3", 39.455))
        ]
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        query = {"crs": "EPSG:4326", "name": "d.geojson"}
        asked = town.client.as_(admin, "POST", "/v1/networks/sync", params=query, content=content)
        assert asked.status_code == 202, asked.text
        jobs.work_off(town.home.factory.begin, FileReader(), town.home.blobs)
        done = town.client.as_(admin, "GET", f"/v1/networks/syncs/{asked.json()['id']}").json()
        assert (done["state"], done["report"]["added"], done["done"]) == ("done", 1, 3), done
        newest = town.client.as_(admin, "GET", "/v1/networks").json()["items"][0]
        diff = town.client.as_(town.who("dispatcher"), "GET", f"/v1/networks/{newest['id']}/diff").json()
        assert [(one["pipe_id"], one["kind"]) for one in diff["items"]] == [("pipe-3", "added")]
        assert "coordinates" not in json.dumps(diff)
        assert diff["summary"][0]["added_km"] == pytest.approx(0.859, abs=0.01)
        west = town.person(Role.DISPATCHER, area=town.west)
        clipped = town.client.as_(west, "GET", f"/v1/networks/{newest['id']}/diff").json()
        assert (clipped["items"], clipped["summary"]) == ([], [])
    refused = town.client.as_(admin, "POST", "/v1/networks/sync", params={"name": "x"}, content=b"x")
    assert "crs" in refused.text
    assert delivery(town, town.who("dispatcher")).status_code == 403


class Orders(BaseHTTPRequestHandler):
    """The other side: takes our events, checks their signature, and answers each new site with an order's status."""

    secret = ""
    back = ""
    key = ""
    problems: list[str]
    sites: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        problem = webhook_problem(headers, body, self.secret, datetime.now(UTC))
        if problem is not None:
            self.problems.append(problem)
        for one in json.loads(body):
            if one["type"] == "org.pipewarden.site.opened.v1":
                self.sites.append(one["subject"])
                said = {"site_id": one["subject"], "status": "已办结", "result": "现场已停工"}
                order = event(f"order-{one['id']}", said, "org.pipewarden.intake.status.v1")
                told = httpx.post(
                    f"{self.back}/v1/intake/work-orders",
                    content=json.dumps(order, ensure_ascii=False).encode(),
                    headers={"content-type": "application/cloudevents+json", "authorization": f"Bearer {self.key}"},
                )
                if told.status_code not in {200, 201}:
                    self.problems.append(told.text)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def orders(town: Any, address: str) -> Iterator[type[Orders]]:
    Orders.problems, Orders.sites = [], []
    Orders.back, Orders.key = address, key(town).key
    server = ThreadingHTTPServer(("127.0.0.1", 0), Orders)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/in"
        asked = {"name": "orders", "url": url, "batch": True, "kinds": ["discovered"]}
        made = town.client.as_(town.who("tenant_admin"), "POST", "/v1/webhooks", json=asked)
        assert made.status_code == 201, made.text
        Orders.secret = made.json()["secret"]
        yield Orders
        town.client.as_(town.who("tenant_admin"), "DELETE", f"/v1/webhooks/{made.json()['id']}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_order_goes_round_and_its_end_is_a_note_that_closes_nothing(town: Any, orders: type[Orders]) -> None:
    channels = dict(town.app.state.post.channels)
    opened = Outbound(read_opened("127.0.0.0/8", "x"))
    town.post(channels | {CLOUDEVENTS: Webhook(opened)})
    try:
        made = site(town, town.a, (116.655, 39.475))
        send_out(town)
    finally:
        town.post(None)
    assert orders.problems == []
    assert made in orders.sites
    manager = town.who("safety_manager")
    events = town.client.as_(manager, "GET", f"/v1/sites/{made}/events").json()["items"]
    notes = [one for one in events if one["kind"] == "noted"]
    assert len(notes) == 1
    assert "已办结 - 现场已停工" in json.dumps(notes, ensure_ascii=False)
    assert town.client.as_(manager, "GET", f"/v1/sites/{made}").json()["state"] == "verifying"
