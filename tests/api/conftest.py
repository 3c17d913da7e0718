"""A small town behind a real application: two tenants, three areas, a person in every role, alarms made for real."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
import uvicorn
from one_turn import OneTurnClient
from second_factor import set_up
from sqlalchemy import text

from pipewarden.act import jobs as act_jobs
from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework.facts import APPEALED, CALLED, CHANGED
from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.field import service as field_service
from pipewarden.field.jobs import reports as field_jobs
from pipewarden.judge import jobs as judge_jobs
from pipewarden.judge.adapters.people import LocalJudge
from pipewarden.judge.facts import JUDGED
from pipewarden.judge.service import Bench
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.db import Base, make_engine
from pipewarden.kit.emit import Consumer
from pipewarden.kit.postgres import embedded
from pipewarden.kit.settings import Settings
from pipewarden.kit.vault import Sealer
from pipewarden.learn import jobs as learn_jobs
from pipewarden.locate import jobs as locate_jobs
from pipewarden.locate.facts import PLACED
from pipewarden.main import act, market, migrate
from pipewarden.main.files import import_network
from pipewarden.main.home import Home, open_home
from pipewarden.main.web.app import Parts, build
from pipewarden.network.facts import Regime
from pipewarden.network.store import activate
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.facts import PLATFORM, NewArea, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.http import COOKIE
from pipewarden.people.service import Gate, Second, SessionLimits
from pipewarden.perceive import jobs as perceive_jobs
from pipewarden.perceive.facts import SCREENED
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import OBSERVED, NewCamera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from httpx2 import Response
    from second_factor import Authenticator

    from pipewarden.kit.postgres import Urls

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
SECRET = b"a secret of this test run alone."
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
EAST, WEST = (116.75, 39.55), (116.45, 39.55)
PLATFORM_ONLY = {Role.PLATFORM_ADMIN}


class ApiClient(OneTurnClient):
    """A client that keeps no cookies of its own: who asks is said in each request."""

    def as_(self, who: Signed | None, method: str, path: str, **more: Any) -> Response:
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers |= who.headers()
        answer = self.request(method, path, headers=headers, **more)
        self.cookies.clear()
        return answer


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody who may ask: a browser with its session, or a device with its key."""

    id: UUID
    tenant_id: UUID
    token: str = ""
    csrf: str = ""
    key: str = ""
    device: Authenticator | None = None

    def headers(self) -> dict[str, str]:
        if self.key:
            return {"Authorization": f"Bearer {self.key}"}
        return {"Cookie": f"{COOKIE}={self.token}", "X-CSRF-Token": self.csrf}


@dataclass(slots=True)
class Town:
    """Everything the tests of the API stand on."""

    home: Home
    app: FastAPI
    gate: Gate
    client: ApiClient
    a: UUID
    b: UUID
    city: UUID
    east: UUID
    west: UUID
    people: dict[str, Signed] = field(default_factory=dict)
    made: int = 0

    def at(self, tenant_id: UUID) -> Any:
        return self.home.factory.begin(tenant_id)

    def person(self, role: Role, *, tenant: UUID | None = None, area: UUID | None = None) -> Signed:
        """Add a person in one role and sign them in."""
        self.made += 1
        root = people.operator()
        tenant_id = self.a if tenant is None else tenant
        login = f"{role.value.replace('_', '-')}-{self.made}"
        with self.at(PLATFORM) as work:
            wanted = NewPerson(login=login, name=f"{role} {self.made}", password=PASSWORD, must_change=False)
            person = people.add_person(work, self.gate, root, wanted)
        with self.at(tenant_id) as work:
            people.grant(
                work,
                root,
                NewMembership(person_id=person.id, tenant_id=tenant_id, role=role, begins_at=BEFORE, area_id=area),
            )
        with self.at(PLATFORM) as work:
            source = f"10.0.{self.made // 250}.{self.made % 250}"
            answer = people.sign_in(work, self.gate, login, PASSWORD, source=source)
            assert isinstance(answer, SignedIn)
            device = None
            if answer.enrol_by is not None:  # their role owes a second factor: they have set one up
                answer, device = set_up(work, self.gate, answer, source)
        return Signed(person.id, answer.session.tenant_id, answer.token, answer.csrf, device=device)

    def device(self, *, tenant: UUID | None = None, area: UUID | None = None) -> Signed:
        """Make a key that may send and read observations."""
        tenant_id = self.a if tenant is None else tenant
        self.made += 1
        with self.at(tenant_id) as work:
            made = people.make_key(
                work,
                self.gate,
                people.operator(tenant_id),
                f"camera box {self.made}",
                permissions=["observation:create", "observation:read"],
                expires_at=work.now() + timedelta(days=30),
                area_id=area,
            )
        return Signed(made.key.id, tenant_id, key=made.text)

    def bus(self, tenant_id: UUID) -> None:
        """Register a camera that moves."""
        mounted = {"moving": {"height_m": 2.6, "tilt_deg": 8, "hfov_deg": 70}}
        with self.at(tenant_id) as work:
            sense.register_camera(work, NewCamera(key="bus", name="bus", image_size=(80, 60), calibration=mounted))

    def post(self, channels: dict[str, Any] | None) -> None:
        """Let messages go out by these channels, with links into the town; by its own again when None."""
        if channels is None:
            self.app.state.post = act.open_post(self.home.settings, SECRET)
        else:
            self.app.state.post = replace(self.app.state.post, channels=channels, public_url="https://town.example.org")

    def drain(self) -> None:
        self.home.queue.run_until_idle()

    def report(
        self, who: Signed, place: tuple[float, float] | None, words: str = "挖机在管线旁", **more: Any
    ) -> Response:
        """Send words with a place, as a citizen does."""
        self.made += 1
        data: dict[str, Any] = {"words": words, "accuracy_m": 8.0}
        if place is not None:
            data |= {"lon": place[0], "lat": place[1]}
        event = {
            "specversion": "1.0",
            "id": f"r{self.made}",
            "source": "phone",
            "type": "pipewarden.report",
            "data": data,
        } | more
        return self.client.as_(
            who, "POST", "/v1/observations", content=json.dumps(event), headers={"content-type": CLOUDEVENT}
        )

    def alarm_at(self, who: Signed, place: tuple[float, float]) -> str:
        """Report, let the river run and return the alarm that stands there."""
        sent = self.report(who, place)
        assert sent.status_code == 201, sent.text
        self.drain()
        observation = sent.json()["items"][0]["observation_id"]
        reader = self.who("safety_manager") if who.tenant_id == self.a else self.who("safety_manager_b")
        for alarm in self.client.as_(reader, "GET", "/v1/alarms?limit=200").json()["items"]:
            full = self.client.as_(reader, "GET", f"/v1/alarms/{alarm['id']}").json()
            if observation in {one["observation_id"] for one in full["members"]}:
                return str(alarm["id"])
        raise AssertionError("the report made no alarm")

    def site_at(self, who: Signed, place: tuple[float, float]) -> str:
        """Report, let the river run and return the site that was opened there."""
        alarm = self.alarm_at(who, place)
        with self.at(who.tenant_id) as work:
            return str(
                work.session.scalar(text("SELECT id FROM casework_sites WHERE alarm_id = :alarm"), {"alarm": alarm})
            )

    @contextmanager
    def network(self, tenant_id: UUID, pipes: dict[str, list[tuple[float, float]]], **made: Any) -> Iterator[None]:
        """Lay pipes (medium pressure, DN 200, as else ``made``) for a tenant, and take them up again."""
        features = [
            {
                "type": "Feature",
                "properties": {"id": name, "pressure": "medium", "diameter_mm": 200} | made,
                "geometry": {"type": "LineString", "coordinates": line},
            }
            for name, line in pipes.items()
        ]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pipes.geojson"
            path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
            with self.at(tenant_id) as work:
                import_network(
                    work, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang", allow_shift=True, allow_shrink=True
                )
        yield
        with self.at(tenant_id) as work:
            activate(work.session, tenant_id, Regime.CITY_GAS, None)

    def who(self, name: str) -> Signed:
        """Return the person of a role, made at the first question; ``_b`` is the other tenant's."""
        if name not in self.people:
            if name == "device":
                self.people[name] = self.device()
            else:
                base, other = name.removesuffix("_b"), name.endswith("_b")
                role = Role(base)
                tenant = PLATFORM if role in PLATFORM_ONLY else self.b if other else self.a
                area = None if role in PLATFORM_ONLY else self.west if other else self.east
                self.people[name] = self.person(role, tenant=tenant, area=area)
        return self.people[name]


CLOUDEVENT = "application/cloudevents+json"


def box(west: float, south: float, east: float, north: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(west, south, east, north)))


@pytest.fixture(scope="session")
def api_urls() -> Iterator[Urls]:
    """A server of its own, because these tests really commit."""
    folder = Path(tempfile.mkdtemp(prefix="pipewarden-api-"))
    folder.chmod(0o755)
    try:
        with embedded(folder, temporary=True) as urls:
            yield urls
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_tables(urls: Urls) -> None:
    """Bring the schema to the models: what the newest migration does not make yet is made from the metadata."""
    migrate.load_tables()
    owner = make_engine(urls.owner, pool_size=1)
    Base.metadata.create_all(owner)
    with owner.begin() as connection:
        connection.execute(
            text("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO pipewarden_app")
        )
        connection.execute(text("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO pipewarden_app"))
    owner.dispose()


@pytest.fixture(scope="session")
def api_home(api_urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("api-home")
    settings = Settings(home=folder, database_url=api_urls.app, database_owner_url=api_urls.owner)
    with open_home(settings) as home:
        make_tables(api_urls)
        yield home


@pytest.fixture(scope="session")
def town(api_home: Home) -> Iterator[Town]:
    home = api_home
    chance = SystemChance().bytes
    # the town's people sign in once for the whole run: their second factor stays fresh, where a test does not age it
    limits = SessionLimits(proof=timedelta(hours=12))
    second = Second(sealer=Sealer(SECRET, chance), draw=qr_of)
    gate = Gate(ArgonHasher(entropy=chance, parameters=Parameters(1, 64, 1)), chance, limits, second)
    app = build(home, Parts(secret=SECRET, gate=gate))
    root = people.operator()
    with home.factory.sessions() as session, session.begin():
        b = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "gas-b").id
    with home.factory.begin(PLATFORM) as work:
        city = people.add_area(work, root, NewArea("city", "廊坊", wkb=box(116.3, 39.4, 116.9, 39.7)), shared=True).id
        east = people.add_area(work, root, NewArea("east", "东区", city, box(116.6, 39.4, 116.9, 39.7)), shared=True).id
        west = people.add_area(work, root, NewArea("west", "西区", city, box(116.3, 39.4, 116.6, 39.7)), shared=True).id
    for tenant in (home.tenant_id, b):
        with home.factory.begin(tenant) as work:
            for key, (lon, lat) in (("cam-east", EAST), ("cam-west", WEST)):
                sense.register_camera(work, NewCamera(key=key, name=key, lon=lon, lat=lat))
    with ChildDecoder(children=1) as decoder:
        # words need no model: what these tests send never reaches one, and would fail loudly if it did
        screen = perceive_jobs.make_drain(None, None, None, decoder, home.blobs)  # type: ignore[arg-type]
        home.registry.add(Consumer("perceive.screen", OBSERVED, screen))
        home.registry.add(Consumer("locate.place", SCREENED, locate_jobs.make_drain()))
        home.registry.add(Consumer("dedupe.join", PLACED, dedupe_jobs.make_drain()))
        for name, kind, make in (
            ("act.deliver", CALLED, act_jobs.make_deliver),
            ("act.announce", CHANGED, act_jobs.make_announce),
            ("act.appeals", APPEALED, act_jobs.make_appeals),
        ):
            home.registry.add(Consumer(name, kind, lambda work, facts, make=make: make(app.state.post)(work, facts)))
        home.registry.add(Consumer("judge.consider", ALARM_CHANGED, judge_jobs.make_drain(Bench(second=LocalJudge()))))
        home.registry.add(Consumer("casework.follow", ALARM_CHANGED, casework_jobs.drain, batch=64))
        home.registry.add(Consumer("casework.hear", JUDGED, casework_jobs.drain, batch=64))
        home.registry.add(Consumer("casework.renew", CHANGED, casework_jobs.drain_changed, batch=64))
        home.registry.add(Consumer("learn.conclude", CHANGED, learn_jobs.drain, batch=64))
        seer = field_service.Seer(decoder, home.blobs)
        home.registry.add(Consumer("field.compare", SCREENED, field_jobs.make_comparing(seer), batch=16))
        home.registry.add(Consumer("field.reward", CHANGED, field_jobs.reward, batch=64))
        for consumer in market.consumers(app.state.post):
            home.registry.add(consumer)
        with ApiClient(app, base_url="https://testserver", raise_server_exceptions=False) as client:
            yield Town(home, app, gate, client, home.tenant_id, b, city, east, west)


@pytest.fixture
def client(town: Town) -> ApiClient:
    return town.client


@pytest.fixture(scope="module")
def address(town: Any) -> Iterator[str]:
    """The town's application, listening."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(town.app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20.0
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    town.app.state.live.stopping.set()
    server.should_exit = True
    thread.join(20.0)
    town.app.state.live.stopping.clear()
    assert not thread.is_alive()


@pytest.fixture
def spot(town: Town) -> Callable[..., tuple[float, float]]:
    """Places in the east, or the west, 200 m and more apart, so that no two tests meet."""

    def next_place(*, west: bool = False) -> tuple[float, float]:
        town.made += 1
        return (116.31 if west else 116.61) + town.made % 100 * 0.0025, 39.405 + town.made // 100 * 0.0025

    return next_place
