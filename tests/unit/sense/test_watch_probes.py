"""Between two looks a camera's address is asked whether it answers: gone for a minute is told within that minute."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.kit.db import Base
from pipewarden.kit.emit import Registry
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import WorkFactory
from pipewarden.people import service as people
from pipewarden.sense import jobs, service, store
from pipewarden.sense.adapters.probe import TcpProber
from pipewarden.sense.facts import CameraState, NewCamera, Probe, Pulse
from pipewarden.sense.rules import is_lost, probed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.sense.facts import CameraEvent, Watch

TICK_S = 5.0


@dataclass
class Street:
    """Cameras at addresses that answer or do not, and a clock that ticks as the queue does. Is its own prober."""

    factory: WorkFactory
    clock: SetClock
    tenant_id: UUID
    dead: set[str] = field(default_factory=set)
    nameless: set[str] = field(default_factory=set)
    asked: list[list[str]] = field(default_factory=list)

    def reach(self, asked: Sequence[tuple[UUID, str]]) -> list[bool | None]:
        addresses = [address for tenant_id, address in asked if tenant_id == self.tenant_id]
        self.asked.append(addresses)
        return [None if one in self.nameless else one not in self.dead for one in addresses]

    def camera(self, key: str, *, interval_s: float = 600.0, online: bool = True, source: str = "") -> str:
        """Register and watch a camera that was looked at just now; return its address."""
        address = source or f"rtsp://{key}.local/1"
        with self.factory.begin(self.tenant_id) as work:
            made = service.register_camera(work, NewCamera(key=key, name=key, interval_s=interval_s))
            watch = service.watch(work, made.id, address)
            pulse = Pulse(state=CameraState.ONLINE) if online else Pulse()
            due = work.now() + timedelta(seconds=interval_s)
            store.settle(
                work.session,
                replace(watch, pulse=pulse, due_at=due, seen_at=work.now() if online else None),
                release=True,
            )
        return address

    def tick(self, seconds: float) -> None:
        """Let so much time pass, with a probe each five seconds."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.advance(timedelta(seconds=TICK_S))
            jobs.probe(self.factory.begin, self)

    def events(self, key: str) -> list[CameraEvent]:
        with self.factory.begin(self.tenant_id) as work:
            camera = service.camera_by_key(work, key)
            assert camera is not None
            return store.states(work.session, self.tenant_id, camera.id)

    def watch(self, key: str) -> Watch:
        with self.factory.begin(self.tenant_id) as work:
            camera = service.camera_by_key(work, key)
            assert camera is not None
            found = store.watch_of(work.session, self.tenant_id, camera.id)
        assert found is not None
        return found


@pytest.fixture
def street(engine: Engine, clock: SetClock) -> Iterator[Street]:
    ids = Uuid7Source(clock)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, clock, ids, "probe-street").id
    yield Street(WorkFactory(sessions, clock, ids, Registry(defer=lambda *_: None)), clock, tenant)
    with sessions() as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            if "tenant_id" in table.c:
                session.execute(delete(table).where(table.c.tenant_id == tenant))


@pytest.mark.parametrize("after_s", [60, 65, 70, 75, 80])
def test_a_camera_that_is_gone_is_told_within_a_minute(street: Street, after_s: int) -> None:
    address = street.camera("gone")
    street.tick(after_s)
    street.dead.add(address)
    gone_at = street.clock.now()
    street.tick(55)
    (event,) = street.events("gone")
    assert event.state is CameraState.OFFLINE
    assert (event.at - gone_at).total_seconds() + 2.0 < 60.0, "and each try may take two seconds"
    assert event.problem == "does not answer"
    assert street.watch("gone").due_at > street.clock.now() + timedelta(minutes=5), "nobody looks sooner for it"


def test_one_try_that_fails_tells_nothing(street: Street) -> None:
    address = street.camera("blink")
    street.tick(60)
    for _ in range(6):
        street.dead.add(address)
        street.tick(15)
        street.dead.clear()
        street.tick(30)
    assert street.events("blink") == []


def test_an_address_that_never_answered_a_probe_is_not_called_lost(street: Street) -> None:
    """A proxy may stand between: its pictures come and a bare connection does not."""
    street.dead.add(street.camera("proxied"))
    street.tick(600)
    assert street.events("proxied") == []


def test_pictures_that_come_all_the_same_end_the_trust_in_probes(street: Street) -> None:
    address = street.camera("walled")
    street.tick(60)
    street.dead.add(address)
    street.asked.clear()
    while [address] not in street.asked:
        street.tick(TICK_S)
    street.tick(TICK_S)
    with street.factory.begin(street.tenant_id) as work:
        watch = store.watch_of(work.session, work.tenant_id, street.watch("walled").camera_id)
        assert watch is not None
        store.settle(work.session, replace(watch, seen_at=work.now()), release=False)
    street.tick(300)
    assert street.events("walled") == []


def test_it_is_looked_at_soon_when_it_answers_again(street: Street) -> None:
    address = street.camera("back")
    street.tick(60)
    street.dead.add(address)
    street.tick(120)
    street.dead.clear()
    street.tick(65)
    assert (street.watch("back").due_at - street.clock.now()).total_seconds() <= 30


def test_a_port_that_answers_hastens_no_look_at_a_camera_that_shows_nothing(street: Street) -> None:
    """Its looks fail, by a wrong password for one: asked at each probe, it would lock the account."""
    street.camera("locked")
    street.tick(60)
    watch = street.watch("locked")
    later = street.clock.now() + timedelta(minutes=10)
    offline = replace(watch, pulse=replace(watch.pulse, state=CameraState.OFFLINE), due_at=later)
    with street.factory.begin(street.tenant_id) as work:
        store.settle(work.session, offline, release=True)
    street.tick(120)
    assert street.watch("locked").due_at == later


def test_a_name_that_nobody_can_look_up_is_asked_about_again_and_never_lost(street: Street) -> None:
    address = street.camera("named")
    street.tick(60)
    street.nameless.add(address)
    street.asked.clear()
    street.tick(300)
    assert street.events("named") == []
    assert 300 / 25 <= sum(address in several for several in street.asked) <= 300 / 15
    street.nameless.clear()
    street.dead.add(address)
    street.tick(55)
    assert [one.state for one in street.events("named")] == [CameraState.OFFLINE]


def test_answers_that_say_nothing_new_wait_for_no_look(street: Street) -> None:
    """A look holds its watch; the probes of a street must not stand behind it, nor behind one another."""
    well, blink = street.camera("well"), street.camera("blink")
    street.tick(60)
    with street.factory.begin(street.tenant_id) as looking:
        for key in ("well", "blink"):
            camera = service.camera_by_key(looking, key)
            assert camera is not None
            assert store.watch_of(looking.session, street.tenant_id, camera.id) is not None
        street.asked.clear()
        street.dead.add(blink)
        hand = threading.Thread(target=street.tick, args=(20,), daemon=True)
        hand.start()
        hand.join(10)
        assert not hand.is_alive()
    assert {well, blink} <= {one for several in street.asked for one in several}


def test_two_probers_write_in_one_order_and_never_wait_for_each_other(street: Street) -> None:
    """The queue lets one work at a time; one that is taken for dead and goes on is a second."""
    for key in ("first", "second"):
        street.camera(key)
    street.tick(30)
    one, two = sorted(
        (Probe(street.watch(key).camera_id, street.tenant_id, street.clock.now()) for key in ("first", "second")),
        key=lambda probe: probe.camera_id,
    )
    failed: list[BaseException] = []

    def other() -> None:
        try:
            with street.factory.begin(street.tenant_id) as work:
                store.put_probes(work.session, [two, one])
        except BaseException as error:  # noqa: BLE001  whatever it is, the test tells it
            failed.append(error)

    with street.factory.begin(street.tenant_id) as work:
        store.put_probes(work.session, [one])
        hand = threading.Thread(target=other, daemon=True)
        hand.start()
        hand.join(0.5)
        assert hand.is_alive(), "it waits for the first row"
        store.put_probes(work.session, [two])
    hand.join(10)
    assert (hand.is_alive(), failed) == (False, [])


def test_folders_and_cameras_that_are_looked_at_often_are_not_probed(street: Street) -> None:
    street.camera("film", source="/film")
    street.camera("quick", interval_s=10.0)
    street.tick(60)
    assert [one for several in street.asked for one in several] == []


def test_two_hundred_that_go_at_once_make_no_herd(street: Street) -> None:
    """They are told in time, then asked about once in 45 s each, and spread: no tick asks for more than a third."""
    addresses = {street.camera(f"herd-{number:03d}") for number in range(200)}
    street.tick(60)
    street.dead |= addresses
    street.tick(55)
    assert all(
        [one.state for one in street.events(f"herd-{number:03d}")] == [CameraState.OFFLINE] for number in range(200)
    )
    street.tick(120)
    street.asked.clear()
    street.tick(300)
    sizes = [len(several) for several in street.asked]
    assert max(sizes) <= 200 / 3
    assert 200 * 300 / 60 <= sum(sizes) <= 200 * 300 / 30
    street.dead.clear()
    street.tick(65)
    due = sorted(street.watch(f"herd-{number:03d}").due_at for number in range(200))
    in_five = max(sum(one <= other < one + timedelta(seconds=5) for other in due) for one in due)
    assert in_five <= 100, "nor do they come back as one"


def test_failures_come_apart_even_without_chance(clock: SetClock) -> None:
    now = clock.now()
    one = Probe(Uuid7Source(clock).new(), Uuid7Source(clock).new(), now, reached_at=now)
    waits = []
    for _ in range(4):
        one = probed(one, reached=False, now=now, chance=0.0)
        waits.append((one.due_at - now).total_seconds())
    assert waits == [8.0, 8.0, 30.0, 30.0]
    assert is_lost(one)
    again = probed(one, reached=True, now=now, chance=1.0)
    assert (again.failures, again.failed_at, (again.due_at - now).total_seconds()) == (0, None, 20.0)


def _open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def prober(**more: Any) -> TcpProber:
    return TcpProber(lambda _tenant: ANYWHERE, **{"patience_s": 1.0, **more})


def reached(asking: TcpProber, addresses: list[str]) -> list[bool | None]:
    return asking.reach([(UUID(int=1), one) for one in addresses])


class TestByTcp:
    """The real prober, against this machine alone."""

    def test_who_listens_is_reached_and_who_does_not_is_not(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door, socket.create_server(("127.0.0.1", 0)) as other:
            port, closed = door.getsockname()[1], other.getsockname()[1]
            other.close()
            asked = [
                f"rtsp://user:secret@127.0.0.1:{port}/1",
                f"http://127.0.0.1:{closed}/snap",
                f"http://127.0.0.1:{port}",
                "rtsp://127.0.0.1:notaport/",
                "rtsp://",
                "gopher://127.0.0.1/",
            ]
            assert reached(prober(), asked) == [True, False, True, False, False, False]
        assert reached(prober(), []) == []

    @pytest.mark.parametrize(
        ("errno", "found"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, None), (socket.EAI_FAIL, None)]
    )
    def test_a_name_that_does_not_exist_is_an_answer_and_a_silent_server_is_none(
        self, errno: int, found: bool | None
    ) -> None:
        def lookup(*_: object, **__: object) -> None:
            raise socket.gaierror(errno, "no")

        assert reached(prober(lookup=lookup), ["rtsp://camera.example/1"]) == [found]

    def test_names_that_hang_make_no_camera_unreachable(self) -> None:
        free = threading.Event()

        def lookup(host: str, *_: object, **__: object) -> list[Any]:
            if host.startswith("dead"):
                free.wait(20)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

        with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
            port = door.getsockname()[1]
            dead = [f"rtsp://dead-{number}.example:{port}/1" for number in range(12)]
            alive = [f"http://127.0.0.1:{port}/", f"http://camera.example:{port}/"]
            asking = prober(patience_s=0.5, at_once=16, lookup=lookup)
            assert reached(asking, [*dead, *alive]) == [None] * 12 + [True, True]
            assert reached(asking, [*dead, *alive])[-2] is True, "an address in numbers waits for no name"
        free.set()

    def test_a_name_of_two_addresses_is_reached_by_the_one_that_listens(self) -> None:
        def lookup(*_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in ("127.0.0.2", "127.0.0.1")]

        with socket.create_server(("127.0.0.1", 0)) as door:
            assert reached(prober(lookup=lookup), [f"http://camera.example:{door.getsockname()[1]}"]) == [True]

    def test_nobody_is_asked_in_a_network_that_is_not_opened_to_that_tenant(self) -> None:
        """Whether somebody listens there is not told: an open door and a shut one are the same answer."""
        mine, other = UUID(int=1), UUID(int=2)
        asking = TcpProber(lambda tenant: ANYWHERE if tenant == mine else ())
        with socket.create_server(("127.0.0.1", 0)) as door:
            address = f"rtsp://127.0.0.1:{door.getsockname()[1]}/1"
            assert asking.reach([(mine, address), (other, address), (other, "rtsp://127.0.0.1:9/1")]) == [
                True,
                False,
                False,
            ]
            door.setblocking(False)
            door.accept()[0].close()
            with pytest.raises(BlockingIOError):
                door.accept()

    def test_a_thousand_tries_leave_nothing_open(self) -> None:
        asking = prober(at_once=16)
        with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
            door.setblocking(False)
            port = door.getsockname()[1]
            reached(asking, [f"http://127.0.0.1:{port}/"])
            before = _open()
            for _ in range(20):
                assert all(reached(asking, [f"http://127.0.0.1:{port}/"] * 50))
                while True:
                    try:
                        door.accept()[0].close()
                    except BlockingIOError:
                        break
            assert _open() == before
