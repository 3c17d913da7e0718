"""The cameras' wiring: the queue calls the sweep, the river tells what was seen, and proof comes before deletion."""

from __future__ import annotations

import io
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from sqlalchemy import delete, select
from sqlalchemy.orm import sessionmaker

from pipewarden.dedupe.store import AlarmRow
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import Base
from pipewarden.kit.emit import Registry
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.settings import Settings
from pipewarden.kit.work import WorkFactory
from pipewarden.locate import store as locate_store
from pipewarden.locate.facts import PLACED, Placement
from pipewarden.main import cameras
from pipewarden.main.home import Home
from pipewarden.main.queue import Queue
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.people import service as people
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import SCREENED, Box, Finding, FindingClass, Screened
from pipewarden.perceive.rules import Clock, Sight, view_of
from pipewarden.sense import service, store
from pipewarden.sense.facts import (
    Camera,
    CameraState,
    DeviceMessage,
    Ended,
    Frame,
    Keeping,
    NewCamera,
    NewDevice,
    Watch,
)
from pipewarden.sense.jobs.thinning import GRACE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


class Lens:
    """Shows another picture at each look."""

    def __init__(self) -> None:
        self.count = 0

    def grab(self, watch: Watch, now: datetime) -> Frame:  # noqa: ARG002  the Protocol's names
        self.count += 1
        out = io.BytesIO()
        Image.new("RGB", (32 + self.count, 32), "grey").save(out, "JPEG")
        return Frame(out.getvalue(), watch.key, 0.0, None, source_id="x")


class Town:
    """A home whose queue is in memory and whose database is real; the screen and the ground are played by hand."""

    def __init__(self, engine: Engine, clock: SetClock, folder: Path) -> None:
        ids = Uuid7Source(clock)
        sessions = sessionmaker(engine, expire_on_commit=False)
        with sessions() as session, session.begin():
            tenant = people.ensure_tenant(session, clock, ids, "camera-town").id
        registry = Registry(defer=lambda *_: None)
        app = App(connector=InMemoryConnector())
        self.clock, self.lens, self.sessions = clock, Lens(), sessions
        self.tenants = [tenant]
        self.home = Home(
            folder=folder,
            settings=Settings(camera_open="127.0.0.0/8"),
            factory=WorkFactory(sessions=sessions, clock=clock, ids=ids, emitter=registry),
            registry=registry,
            queue=Queue(app=app, deferring=app),
            blobs=BlobStore(folder / "blobs"),
            tenant_id=tenant,
        )
        cameras.register(self.home.queue, self.home, grabber=self.lens, hands=1)
        with self.home.work() as work:
            self.camera: Camera = service.register_camera(work, NewCamera(key="gate", name="Gate"))
            service.watch(work, self.camera.id, "/film")

    def neighbour(self) -> tuple[UUID, UUID]:
        """Another tenant of the same home with a watched camera of the same key: its id and the camera's."""
        with self.sessions() as session, session.begin():
            tenant = people.ensure_tenant(session, self.clock, self.home.factory.ids, "camera-village").id
        self.tenants.append(tenant)
        with self.home.factory.begin(tenant) as work:
            camera = service.register_camera(work, NewCamera(key="gate", name="Gate"))
            service.watch(work, camera.id, "/film")
        return tenant, camera.id

    def tick(self, task: str) -> None:
        """One tick of the periodic task, through the queue."""
        self.home.queue.app.configure_task(task, queue=cameras.CAMERAS).defer(timestamp=0)
        self.home.queue.run_until_idle()

    def look(self) -> UUID:
        """Move to the next due time, look through the queue, and return the observation."""
        wait = self.watch().due_at - self.clock.now()
        self.clock.advance(max(wait, timedelta(0)))
        before = self.lens.count
        self.tick(cameras.LOOK)
        assert self.lens.count == before + 1
        with self.home.work() as work:
            row = work.session.query(store.LookRow).filter_by(tenant_id=work.tenant_id)
            return row.order_by(store.LookRow.at.desc()).first().observation_id  # type: ignore[union-attr]

    def watch(self) -> Watch:
        with self.home.work() as work:
            found = store.watch_of(work.session, work.tenant_id, self.camera.id)
        assert found is not None
        return found

    def seen(self, one: UUID, zone: Zone | None = None, *, raises: bool = True, problem: str | None = None) -> None:
        """Screen and place an observation: nothing on it, or one machine in ``zone``; then drain."""
        with self.home.work() as work:
            finding = None if zone is None else self._finding(work, one, raises=raises)
            findings = () if finding is None else (finding,)
            perceive_store.add(work, [Screened(one, 32, 32, findings, problem)])
            work.emit(SCREENED, one, partition="gate")
            placements = [] if finding is None or zone is None else [self._placement(work, finding, zone)]
            locate_store.add(work, [one], placements)
            work.emit(PLACED, one, partition="gate")
        for name in ("sense.settle", "sense.sight"):
            assert self.home.registry.run(self.home.factory, name, "gate") == 1

    @staticmethod
    def _finding(work: Work, one: UUID, *, raises: bool) -> Finding:
        box = Box(1, 1, 8, 8)
        return Finding(
            work.ids.new(), work.tenant_id, one, FindingClass.MACHINE, None, 0.9, raises, box, look=None, model="hand"
        )

    @staticmethod
    def _placement(work: Work, finding: Finding, zone: Zone) -> Placement:
        answer = ZoneAnswer(None, None, zone, None, None, None, None, None, None, None, None)
        return Placement(
            work.ids.new(), work.tenant_id, finding.observation_id, finding.id, None, (), answer, "by hand"
        )

    def keeping(self, one: UUID) -> Keeping:
        with self.home.work() as work:
            return Keeping(work.session.get_one(store.LookRow, one).keeping)

    def has_picture(self, one: UUID) -> bool:
        with self.home.work() as work:
            return self.home.blobs.path(service.observations(work, [one])[one].picture).exists()


@pytest.fixture
def town(engine: Engine, clock: SetClock, tmp_path: Path) -> Iterator[Town]:
    made = Town(engine, clock, tmp_path)
    yield made
    with made.sessions() as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            if "tenant_id" in table.c:
                session.execute(delete(table).where(table.c.tenant_id.in_(made.tenants)))
        cursors = Base.metadata.tables["kit_cursors"]
        session.execute(delete(cursors).where(cursors.c.consumer.in_(["sense.settle", "sense.sight"])))


def test_the_queue_holds_every_periodic_task_on_a_queue_of_its_own(town: Town) -> None:
    app = town.home.queue.app
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons == {
        cameras.LOOK: "* * * * * */5",
        cameras.PROBE: "* * * * * */5",
        cameras.THIN: "*/10 * * * *",
        cameras.SILENT: "* * * * *",
        cameras.OVERLOOK: "* * * * *",
    }
    queues = {name: app.tasks[name].queue for name in crons}
    assert queues.pop(cameras.PROBE) == cameras.PROBES, "a dead camera's look must not hold up the question"
    assert set(queues.values()) == {cameras.CAMERAS}
    assert all(app.tasks[name].queueing_lock == name for name in crons), "ticks of a busy worker do not pile up"


def test_a_tick_of_the_queue_ends_what_went_silent(town: Town) -> None:
    with town.home.work() as work:
        device = service.register_device(work, NewDevice("fibre", "Fibre", "das", silence_s=5.0))
        said = DeviceMessage(b'{"fibre": "f", "class": "train"}')
        service.take_published(work, town.home.blobs, "fibre", said)
    town.clock.advance(timedelta(seconds=6))
    town.tick(cameras.SILENT)
    with town.home.work() as work:
        assert [one.ended_by for one in service.device_alarms(work, device)] == [Ended.SILENT]


def test_a_tick_of_the_queue_looks_at_the_camera(town: Town) -> None:
    one = town.look()
    with town.home.work() as work:
        assert service.observations(work, [one])[one].stream == "gate"
    assert town.watch().pulse.state is CameraState.ONLINE
    town.tick(cameras.LOOK)
    assert town.lens.count == 1, "not due"


def test_one_worker_looks_at_the_cameras_of_every_tenant(town: Town) -> None:
    tenant, camera = town.neighbour()
    town.tick(cameras.LOOK)
    assert town.lens.count == 2, "both are due, whosever they are"
    assert town.watch().seen_at == town.clock.now()
    with town.home.factory.begin(tenant) as work:
        watch = store.watch_of(work.session, tenant, camera)
        look = work.session.query(store.LookRow).filter_by(tenant_id=tenant).one()
        (seen,) = service.observations(work, [look.observation_id]).values()
    assert watch is not None
    assert (watch.seen_at, watch.pulse.state) == (town.clock.now(), CameraState.ONLINE)
    assert (seen.tenant_id, seen.camera_id) == (tenant, camera), "what was seen belongs to whose camera saw it"


def test_quiet_pictures_of_every_tenant_go(town: Town) -> None:
    tenant, camera = town.neighbour()
    for _ in range(2):
        town.tick(cameras.LOOK)
        town.clock.advance(timedelta(seconds=600))
    with town.home.factory.begin(tenant) as work:
        looks = work.session.query(store.LookRow).filter_by(tenant_id=tenant).order_by(store.LookRow.at)
        seen = [look.observation_id for look in looks]
        assert len(seen) == 2
        store.mark_looks(work.session, dict.fromkeys(seen[1:], Keeping.QUIET), town.clock.now())
        pictures = [one.picture for one in service.observations(work, seen).values()]
    town.clock.advance(timedelta(seconds=GRACE_S))
    town.tick(cameras.THIN)
    with town.home.factory.begin(tenant) as work:
        kept = {
            look.observation_id: look.keeping for look in work.session.query(store.LookRow).filter_by(camera_id=camera)
        }
    assert [kept[one] for one in seen] == [Keeping.NEW, Keeping.DROPPED]
    assert sorted(town.home.blobs.path(picture).exists() for picture in pictures) == [False, True]


@pytest.mark.parametrize("zone", [Zone.PROTECTION, Zone.CONTROL, Zone.UNKNOWN])
def test_a_first_sighting_in_range_brings_the_next_looks_closer(town: Town, zone: Zone) -> None:
    town.seen(town.look(), zone)
    found = town.watch()
    assert found.pulse.close_left == 3
    assert (found.due_at - town.clock.now()).total_seconds() == 60
    for left in (2, 1, 0):
        town.seen(town.look(), zone)
        assert town.watch().pulse.close_left == left, "works under way are known"
    assert (town.watch().due_at - town.clock.now()).total_seconds() == 600


def test_what_stands_outside_every_range_changes_nothing(town: Town) -> None:
    town.seen(town.look(), Zone.OUTSIDE)
    assert town.watch().pulse.close_left == 0
    assert town.watch().sighted_at is None


def test_what_may_not_raise_an_alarm_changes_nothing_but_stays(town: Town) -> None:
    one = town.look()
    town.seen(one, Zone.PROTECTION, raises=False)
    assert town.watch().pulse.close_left == 0
    assert town.keeping(one) is Keeping.FOUND


def test_quiet_pictures_go_and_all_others_stay(town: Town) -> None:
    looks = [town.look() for _ in range(5)]
    town.seen(looks[0])
    town.seen(looks[1])
    town.seen(looks[2], Zone.OUTSIDE)
    town.seen(looks[3], problem="cannot be decoded")
    assert [town.keeping(one) for one in looks] == [
        Keeping.SAMPLED,
        Keeping.QUIET,
        Keeping.FOUND,
        Keeping.FOUND,
        Keeping.NEW,
    ]
    town.tick(cameras.THIN)
    assert all(town.has_picture(one) for one in looks), "the time of grace is not over"
    town.clock.advance(timedelta(seconds=GRACE_S))
    town.tick(cameras.THIN)
    assert [town.has_picture(one) for one in looks] == [True, False, True, True, True]
    with town.home.work() as work:
        assert len(service.observations(work, looks)) == 5, "rows stay"
        assert set(cameras.perceive.screened(work, looks)) == set(looks[:4]), "and so do screened facts"


def test_an_alarms_evidence_and_a_findings_picture_are_pointed_at(town: Town) -> None:
    quiet, found, shown = town.look(), town.look(), town.look()
    town.seen(found, Zone.CONTROL)
    with town.home.work() as work:
        names = {key: one.picture for key, one in service.observations(work, [quiet, found, shown]).items()}
        work.session.add(
            AlarmRow(
                id=work.ids.new(),
                tenant_id=work.tenant_id,
                cls="machine",
                score=0.9,
                answer={},
                first_offset_s=0.0,
                last_offset_s=0.0,
                frames=2,
                streams=["gate"],
                evidence=names[shown],
                evidence_box=[0, 0, 1, 1],
                changed_at=work.now(),
            )
        )
        work.session.flush()
        assert cameras.pointed_at(work, list(names.values())) == {names[found], names[shown]}
        assert cameras.pointed_at(work, [names[quiet]]) == set()


def test_evidence_is_kept_even_if_its_look_were_called_quiet(town: Town) -> None:
    first, one = town.look(), town.look()
    town.seen(first)
    town.seen(one, Zone.CONTROL)
    with town.home.work() as work:
        store.mark_looks(work.session, {one: Keeping.QUIET}, work.now())  # the fault: a wrong verdict
    assert town.keeping(one) is Keeping.QUIET
    town.clock.advance(timedelta(seconds=GRACE_S))
    town.tick(cameras.THIN)
    assert town.has_picture(one)
    assert town.keeping(one) is Keeping.FOUND


def test_a_picture_that_shows_the_right_view_is_kept(town: Town) -> None:
    one = town.look()
    town.seen(one)
    with town.home.work() as work:
        picture = service.observations(work, [one])[one].picture
        assert cameras.pointed_at(work, [picture]) == set()
        view, now = view_of(np.zeros((9, 16, 3), np.uint8)), work.now()
        kept = perceive_store.Kept(Sight(), now, now, one, view, (), 3, Clock())
        perceive_store.add_reference(work, town.camera.id, kept, version=1, learned=False, actor_id=None)
        assert cameras.pointed_at(work, [picture]) == {picture}


def test_addresses_are_probed_through_the_queue(town: Town) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        with town.home.work() as work:
            made = service.register_camera(work, NewCamera(key="door", name="Door"))
            service.watch(work, made.id, f"http://127.0.0.1:{door.getsockname()[1]}/snap.jpg")
        town.home.queue.app.configure_task(cameras.PROBE, queue=cameras.PROBES).defer(timestamp=0)
        town.home.queue.run_until_idle()
    with town.home.work() as work:
        (row,) = work.session.scalars(select(store.ProbeRow).where(store.ProbeRow.tenant_id == work.tenant_id))
    assert (row.camera_id, row.reached_at, row.failures) == (made.id, town.clock.now(), 0)
