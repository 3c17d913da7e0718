"""A drill: one tap, within a minute everybody inside has their sheet, nothing leaves the house; then the real one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
import strike_api
from act_office import Way
from fastapi.testclient import TestClient
from sqlalchemy import text

from pipewarden.act import jobs
from pipewarden.casework import jobs as casework
from pipewarden.casework.facts import CALLED, CHANGED
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.clock import SetClock
from pipewarden.kit.emit import Consumer
from pipewarden.kit.settings import Settings
from pipewarden.main.files import import_network
from pipewarden.main.home import Home, open_home
from pipewarden.main.web.app import Parts, build
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.facts import PLATFORM, ContactKind, NewArea, NewContact, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.http import COOKIE
from pipewarden.people.service import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SECRET = b"a secret of this test run alone."
DEMO = Path(__file__).resolve().parents[2] / "src" / "pipewarden" / "sim" / "demo" / "network.geojson"
HOUSE = (116.6920, 39.53028)  # beside a low-pressure pipe of the demo, behind regulator RB-675-30


@dataclass
class House:
    """A served home on a clock that stands, with people on duty, a robot and a subscription that stay untouched."""

    home: Home
    clock: SetClock
    client: TestClient
    app: Any
    gate: Gate
    outside: dict[str, Way]
    area: UUID
    asked: list[str] = field(default_factory=list)
    csrf: dict[UUID, dict[str, str]] = field(default_factory=dict)

    def person(self, role: Role, *, duty: bool = True) -> UUID:
        root, login = people.operator(self.home.tenant_id), f"{role.value}-{len(self.csrf)}"
        password = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
        with self.home.factory.begin(PLATFORM) as work:
            made = people.add_person(
                work,
                self.gate,
                root,
                NewPerson(login=login, name=f"{role.value}", password=password, must_change=False),
            )
        with self.home.work() as work:
            held = NewMembership(made.id, self.home.tenant_id, role, NOW - timedelta(days=1), area_id=self.area)
            people.grant(work, root, held)
            people.set_contacts(work, root, made.id, [NewContact(ContactKind.EMAIL, f"{login}@example.org")])
            if duty:
                people.put_on_duty(
                    work,
                    root,
                    made.id,
                    role,
                    self.area,
                    begins_at=NOW - timedelta(hours=1),
                    ends_at=NOW + timedelta(days=2),
                )
        with self.home.factory.begin(PLATFORM) as work:
            signed = people.sign_in(work, self.gate, login, password, source="10.0.0.1")
        assert isinstance(signed, SignedIn)
        self.csrf[made.id] = {"Cookie": f"{COOKIE}={signed.token}", "X-CSRF-Token": signed.csrf}
        return made.id

    def ask(self, who: UUID, method: str, path: str, **more: Any) -> Any:
        """Ask as somebody; each is one step that a person's page takes."""
        self.asked.append(f"{method} {path}")
        answer = self.client.request(method, path, headers=self.csrf[who], **more)
        self.client.cookies.clear()
        assert answer.status_code < 300, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds // 2):
            self.clock.advance(timedelta(seconds=2))
            casework.sweep(self.home.factory.begin)
            self.work_off()

    def work_off(self) -> None:
        self.home.queue.run_until_idle()
        jobs.send_waiting(self.home.factory.begin, self.app.state.post, hands=1)

    def left(self) -> list[str]:
        """Return everything that was given to a channel, or would be."""
        with self.home.work() as work:
            waiting = work.session.execute(text("SELECT channel, title FROM act_deliveries")).all()
        return [str(one) for one in waiting] + [name for name, way in self.outside.items() for _ in way.sent]


@pytest.fixture
def house() -> Iterator[House]:
    clock = SetClock(NOW)
    with open_home(Settings(), temporary=True, clock=clock) as home:
        gate = Gate(hasher=ArgonHasher(SystemChance().bytes, Parameters(1, 64, 1)), entropy=SystemChance().bytes)
        app = build(home, Parts(secret=SECRET, gate=gate))
        outside = {kind.value: Way() for kind in ContactKind} | {"cloudevents": Way()}
        app.state.post = replace(app.state.post, channels=outside, public_url="https://gas.example.org")
        for name, kind, make in (
            ("act.deliver", CALLED, jobs.make_deliver),
            ("act.announce", CHANGED, jobs.make_announce),
        ):
            home.registry.add(Consumer(name, kind, make(app.state.post)))
        with home.work() as work:
            city = shapely.to_wkb(shapely.box(116.6, 39.4, 116.9, 39.7))
            area = people.add_area(work, people.operator(home.tenant_id), NewArea("city", "廊坊", wkb=city))
            import_network(work, DEMO, crs="EPSG:4326", jurisdiction="CN-HE-langfang", mapping="demo")
            people.set_robots(
                work,
                people.operator(home.tenant_id),
                [NewContact(ContactKind.WECOM, "693a91f6-7bc4-4bc4-97a0-0ec2sifa5aaa")],
            )
        with TestClient(app, base_url="https://testserver") as client:
            yield House(home, clock, client, app, gate, outside, area.id)


def crew_of(house: House) -> dict[Role, UUID]:
    """Put a crew on duty, and subscribe the city's system."""
    roles = (Role.SAFETY_MANAGER, Role.DISPATCHER, Role.PATROLLER, Role.STANDBY_SUPERVISOR, Role.LOCATOR)
    crew = {role: house.person(role) for role in roles}
    admin = house.person(Role.TENANT_ADMIN, duty=False)
    house.ask(admin, "POST", "/v1/webhooks", json={"name": "city", "url": "https://hook.example.org/in"})
    house.work_off()
    house.asked.clear()
    return crew


def test_a_drill_reaches_everybody_inside_within_a_minute_and_nobody_outside(house: House) -> None:
    crew = crew_of(house)

    # the safety manager taps once; the answer is the sheet
    began = house.clock.now()
    drill = house.ask(
        crew[Role.SAFETY_MANAGER], "POST", "/v1/strikes", json={"lon": HOUSE[0], "lat": HOUSE[1], "drill": True}
    )
    house.pass_time(10)
    waited: dict[Role, float] = {}
    for role, person in crew.items():
        inbox = house.ask(person, "GET", "/v1/me/messages")["items"]
        assert len(inbox) == 1, role
        assert inbox[0]["title"].startswith("【演练】")
        assert inbox[0]["state"] == "in_app"
        waited[role] = (house.clock.now() - began).total_seconds()
    assert max(waited.values()) <= 60
    assert house.asked.count("POST /v1/strikes") == 1
    sheet = house.ask(crew[Role.PATROLLER], "GET", f"/v1/strikes/{drill['id']}")
    steps = [one for one in house.asked if one.startswith("GET /v1/strikes")]
    assert len(steps) + 1 <= 2, "one tap to report, one to read: no more calls than that before the first call sheet"

    assert sheet["calls"][0]["key"] == "hotline"
    assert sheet["calls"][0]["number"] is None, "nobody put it on record, so it is missing and not invented"
    assert [one["number"] for one in sheet["calls"][1:4]] == ["119", "110", "120"]
    assert all("演练" in one["words"]["zh"] and "DRILL" in one["words"]["en"] for one in sheet["calls"])
    assert all("演练" in one["text"]["zh"] for one in sheet["tasks"])
    assert [one["pipe_id"] for one in sheet["isolation"]["close"]] == ["RB-675-30"]
    assert sheet["site_id"] is None

    strike_api_act = {"act": {"kind": "called", "key": "fire", "said": "演练电话"}}
    house.ask(crew[Role.PATROLLER], "POST", f"/v1/strikes/{drill['id']}/events", json=strike_api_act)
    news = {"act": {"kind": "situation", "words": "浓度下降", "tell": True}}
    house.ask(crew[Role.DISPATCHER], "POST", f"/v1/strikes/{drill['id']}/events", json=news)
    end = {"act": {"kind": "over", "words": "演练结束"}}
    house.ask(crew[Role.SAFETY_MANAGER], "POST", f"/v1/strikes/{drill['id']}/events", json=end)
    house.pass_time(120)
    titles = [one["title"] for one in house.ask(crew[Role.LOCATOR], "GET", "/v1/me/messages")["items"]]
    assert len(titles) == 3
    assert all(one.startswith("【演练】") for one in titles)
    assert house.left() == [], "a drill left the house"


def test_the_real_one_goes_out_and_leaves_a_record_that_the_drill_is_not_in(house: House) -> None:
    """A resident taps; the same people are reached, now outside as well."""
    crew = crew_of(house)
    place = {"lon": HOUSE[0], "lat": HOUSE[1]}
    house.ask(crew[Role.SAFETY_MANAGER], "POST", "/v1/strikes", json=place | {"drill": True})
    resident = house.person(Role.RESIDENT, duty=False)
    real = house.ask(
        resident, "POST", "/v1/strikes", json={"lon": HOUSE[0], "lat": HOUSE[1], "words": "挖断了，有气味"}
    )
    assert real["tasks"] is None, "a resident sees no task board"
    assert [one["who"] for one in real["calls"]] == ["reporter", "reporter"]
    assert real["isolation"] is None
    house.pass_time(20)
    told = house.outside["email"].sent
    assert {one.address.partition("-")[0] for one in told} >= {"safety_manager", "dispatcher", "patroller"}
    assert house.outside["cloudevents"].sent, "the subscription hears of the real site"
    assert not any("演练" in one.title for one in told)
    record = {"act": strike_api.DAMAGE}
    house.ask(crew[Role.SAFETY_MANAGER], "POST", f"/v1/strikes/{real['id']}/events", json=record)
    table = house.ask(crew[Role.SAFETY_MANAGER], "GET", f"/v1/strikes/damages.csv?{strike_api.CENTURY}")
    rows = table.splitlines()
    assert len(rows) == 2, "the drill is not in it"
    assert "'=cmd" in rows[1], "a formula stays text"
    figures = house.ask(crew[Role.SAFETY_MANAGER], "GET", f"/v1/strikes/figures?{strike_api.CENTURY}")
    assert (figures["damages"], figures["unrecorded"], figures["few"]) == (1, 0, True)
