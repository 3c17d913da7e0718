"""A city behind a real server for the desk: the rendered demo's network and cameras, areas, people, and a river."""

from __future__ import annotations

import faulthandler
import json
import socket
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import uvicorn
from second_factor import set_up
from sqlalchemy import text

from pipewarden.casework import service as casework
from pipewarden.judge.facts import AuditDrawn, Code, Reason, Silenced, Source
from pipewarden.judge.service.bench import Docketed
from pipewarden.judge.store import cases
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.settings import Settings
from pipewarden.kit.vault import Sealer
from pipewarden.main import scan
from pipewarden.main.demo import town as demo
from pipewarden.main.files import open_sources
from pipewarden.main.home import Home, open_home
from pipewarden.main.river import River, open_river
from pipewarden.main.web.app import Parts, build
from pipewarden.network import service as network
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.service import Gate, Second
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from fastapi import FastAPI
    from second_factor import Authenticator

    from pipewarden.casework.facts import Body
    from pipewarden.kit.work import Work

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
SECRET = b"a secret of this test run alone."
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def day(after: int) -> str:
    """Return the city's day so many days from now."""
    return (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=after)).isoformat()


def square(place: tuple[float, float], side: float = 0.0006) -> list[list[float]]:
    """Return the corners of a square around a place, some 60 m wide."""
    (lon, lat), half = place, side / 2
    return [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half]]


@dataclass(slots=True)
class DeskTown:
    """A served city and the handles that tests need to make things happen in it."""

    home: Home
    river: River
    gate: Gate
    app: FastAPI
    areas: dict[str, UUID]
    address: str = ""
    made: int = 0
    logins: dict[str, str] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    devices: dict[str, Authenticator] = field(default_factory=dict)

    def login(self, role: Role, *, area: str = "demo-city", must_change: bool = False, name: str = "") -> str:
        """Return the login of a person in one role; made at the first question."""
        known = f"{role}-{area}-{must_change}-{name}"
        if known in self.logins:
            return self.logins[known]
        self.made += 1
        login, root = f"{role.value.replace('_', '-')}-{self.made}", people.operator()
        with self.home.factory.begin(PLATFORM) as work:
            wanted = NewPerson(login=login, name=name or f"{role.value} {self.made}", password=PASSWORD,
                               must_change=must_change)  # fmt: skip
            person = people.add_person(work, self.gate, root, wanted)
        with self.home.work() as work:
            membership = NewMembership(person_id=person.id, tenant_id=self.home.tenant_id, role=role,
                                       begins_at=BEFORE, area_id=self.areas[area])  # fmt: skip
            people.grant(work, root, membership)
        self.logins[known], self.ids[login] = login, person.id
        return login

    def enrolled(self, role: Role, **more: Any) -> str:
        """Return the login of somebody who has set up a second factor: signing in asks for a code of it."""
        login = self.login(role, **({"name": "有验证器"} | more))
        if login not in self.devices:
            with self.home.factory.begin(PLATFORM) as work:
                signed = people.sign_in(work, self.gate, login, PASSWORD, source="10.0.0.1")
                assert isinstance(signed, SignedIn)
                _, self.devices[login] = set_up(work, self.gate, signed)
        return login

    def age_factor(self, login: str) -> str:
        """Let the second factor of somebody's sessions grow old, and return the code that makes it fresh again."""
        with self.home.factory.begin(PLATFORM) as work:
            who = {"id": self.ids[login]}
            old = "UPDATE people_sessions SET factor_at = now() - interval '1 hour' WHERE person_id = :id"
            work.session.execute(text(old + " AND factor_at IS NOT NULL"), who)
            # the code of this half minute counts once more: a test cannot wait for the next one
            work.session.execute(text("UPDATE people_factors SET last_step = 0 WHERE person_id = :id"), who)
            return self.devices[login].code(work.now())

    def report(self, place: tuple[float, float], words: str = "挖机在管线旁") -> None:
        """Keep a report as the service does, and let the river run: an alarm stands there."""
        self.made += 1
        with self.home.work() as work:
            observation = NewObservation(
                stream="person:test", source_id=f"r{self.made}", kind=ObservationKind.REPORT, picture=b"",
                picture_name="words", offset_s=0.0, at=work.now(),
            )  # fmt: skip
            event = NewEvent(observation=observation, source="test", event_id=f"r{self.made}", words=words,
                             lon=place[0], lat=place[1], accuracy_m=4.0)  # fmt: skip
            sense.take(work, self.home.blobs, people.operator(self.home.tenant_id), event)
        self.flow()

    def file(self, place: tuple[float, float], **more: Any) -> str:
        """File works around a place, a month from now unless told otherwise; return their id."""
        said = {"method": "open_cut", "valid_from": day(30), "valid_until": day(40), "machines": ["excavator"], **more}
        ring = square(place)
        with self.home.work() as work:
            area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
            works = casework.works_here(work, area, said)
            return str(casework.file_works(work, people.operator(self.home.tenant_id), works).filing.id)

    def works(self, near: tuple[float, float]) -> UUID:
        """Report works near a pipe, from a place eastwards, and return the site that is opened."""
        for step in range(40):
            before = self._sites()
            self.report((near[0] + 0.0008 * step, near[1]))
            if fresh := self._sites() - before:
                return fresh.pop()
        raise AssertionError("no pipe is near")

    def _sites(self) -> set[UUID]:
        with self.home.work() as work:
            return set(work.session.scalars(text("SELECT id FROM casework_sites")))

    def done(self, site: UUID, act: Callable[[Work], Body]) -> None:
        """Let something be done to a site by whoever runs the machine."""
        with self.home.work() as work:
            root = people.operator(self.home.tenant_id)
            version = casework.site(work, root, site).site.version
            casework.act(work, root, site, version, act(work))

    def on_a_pipe(self, near: tuple[float, float]) -> tuple[float, float]:
        """Return the first place eastwards that lies on a pipe."""
        with self.home.work() as work:
            for step in range(4000):
                lon = near[0] + 0.000005 * step
                found = network.answer(work, lon, near[1], covariance=None, at=work.now())
                if found.zone is Zone.PROTECTION and found.distance_m is not None and found.distance_m < 1:
                    return lon, near[1]
        raise AssertionError("no pipe lies east of there")

    def flow(self) -> None:
        """Let the river run dry."""
        self._apart(self.river.drain)

    def _apart(self, work: Callable[[], object]) -> None:
        """Do it in a thread of its own: Playwright's loop runs in this one, and the queue brings another."""
        with ThreadPoolExecutor(1) as hand:
            hand.submit(work).result()

    def play(self, keys: Sequence[str]) -> None:
        """Run the rendered frames of these cameras through the river."""
        feeds = []
        for camera in sim.demo_cameras():
            if camera.key in keys:
                registered = scan.load_camera(self.home, camera.camera_file)
                (source,) = open_sources([str(camera.folder)], every_s=0.0)
                feeds.append(scan.Feed(source, registered, registered.key))
        self._apart(lambda: scan.run(self.river, feeds, lambda _done, _all: None))

    def silence(self, alarm_id: UUID, *, audit: bool) -> None:
        """Let a rule have called the alarm's machine parked, and draw that for a person's look."""
        with self.home.work() as work:
            docketed = Docketed(work, cases.lock(work, [alarm_id])[alarm_id])
            basis = docketed.case.basis
            assert basis is not None
            parked = Reason(Code.PARKED, Source.RULE, "same box and look for 3.4 h", closes=True)
            docketed.add(Silenced((parked,), work.now() + timedelta(hours=20), basis))
            if audit:
                docketed.add(AuditDrawn(work.now()))
            docketed.close()

    def explain(self) -> None:
        """Say what the server does when it answers no page: whether it is alive, and where each thread stands."""
        try:
            alive: object = urllib.request.urlopen(f"{self.address}/healthz", timeout=5).status  # noqa: S310  our own address
        except OSError as error:
            alive = error
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        sys.stderr.write(f"\nthe server at {self.address} says {alive}; {files} files are open\n")
        faulthandler.dump_traceback(sys.__stderr__)

    def alarms(self) -> list[Any]:
        """Return every alarm, oldest first."""
        return sorted(scan.all_alarms(self.home), key=lambda one: one.id)


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve the application on this machine alone."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20.0
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        app.state.live.stopping.set()
        server.should_exit = True
        thread.join(20.0)
        app.state.live.stopping.clear()


@contextmanager
def desk_town(port: int = 0) -> Iterator[DeskTown]:
    """Open a home of its own, fill it through the services and serve it."""
    chance = SystemChance().bytes
    second = Second(sealer=Sealer(SECRET, chance), draw=qr_of)
    gate = Gate(ArgonHasher(entropy=chance, parameters=Parameters(1, 64, 1)), chance, second=second)
    with open_home(Settings(), temporary=True) as home, open_river(home) as river:
        app = build(home, Parts(secret=SECRET, gate=gate))
        town = DeskTown(home, river, gate, app, demo.draw_areas(home))
        demo.lay_pipes(home)
        demo.hang_cameras(home)
        with served(app, port) as address:
            town.address = address
            yield town


if __name__ == "__main__":  # a look at the desk by hand: python tests/browser/desk_town.py 8010
    with desk_town(int(sys.argv[1])) as shown:
        shown.play([one.key for one in sim.demo_cameras()])
        people_shown = {role.value: shown.login(role) for role in (
            Role.DISPATCHER, Role.SAFETY_MANAGER, Role.CONTRACTOR, Role.REGULATOR, Role.TENANT_ADMIN,
            Role.SECURITY_ADMIN)}  # fmt: skip
        sys.stdout.write(json.dumps({"address": shown.address, "password": PASSWORD} | people_shown) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            lon, lat, *words = line.split()
            shown.report((float(lon), float(lat)), " ".join(words) or "有人在挖")
