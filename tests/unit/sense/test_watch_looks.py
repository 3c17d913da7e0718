"""Cameras are looked at by the clock, by several workers, and silence becomes a fact; everything really commits."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import Base
from pipewarden.kit.emit import Registry
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.facts_log import FactRow
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import WorkFactory
from pipewarden.people import service as people
from pipewarden.sense import jobs, service, store
from pipewarden.sense.adapters.grab import SourceGrabber
from pipewarden.sense.facts import (
    CAMERA_STATE,
    OBSERVED,
    Camera,
    CameraState,
    Frame,
    NewCamera,
    Outcome,
    Watch,
)
from pipewarden.sense.rules import Cadence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import CameraEvent
    from pipewarden.sense.ports import FrameGrabber


@dataclass
class House:
    """A tenant of its own on the real database, at a set hour."""

    factory: WorkFactory
    clock: SetClock
    blobs: BlobStore
    tenant_id: UUID

    def work(self) -> AbstractContextManager[Work]:
        return self.factory.begin(self.tenant_id)

    def eyes(self, grabber: FrameGrabber | None = None, hands: int = 1, lease_s: float = 180.0) -> jobs.Eyes:
        made = grabber or SourceGrabber(self.clock, lambda _tenant: ANYWHERE, open_s=2.0, read_s=2.0)
        return jobs.Eyes(begin=self.factory.begin, blobs=self.blobs, grabber=made, hands=hands, lease_s=lease_s)

    def camera(self, key: str, source: str, interval_s: float = 600.0) -> Camera:
        with self.work() as work:
            made = service.register_camera(work, NewCamera(key=key, name=key, interval_s=interval_s))
            service.watch(work, made.id, source)
        return made

    def watch(self, camera: Camera) -> Watch:
        with self.work() as work:
            found = store.watch_of(work.session, self.tenant_id, camera.id)
        assert found is not None
        return found

    def states(self, camera: Camera) -> list[CameraEvent]:
        with self.work() as work:
            return store.states(work.session, self.tenant_id, camera.id)

    def facts(self, kind: str, stream: str) -> list[UUID]:
        with self.work() as work:
            here = FactRow.partition == work.own(stream)
            mine = (FactRow.tenant_id == self.tenant_id, FactRow.kind == kind, here)
            return list(work.session.scalars(select(FactRow.fact_id).where(*mine).order_by(FactRow.seq)))

    def forward(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def until_due(self, camera: Camera) -> float:
        """Move the clock to the camera's next look and return how far that was, in seconds."""
        wait = (self.watch(camera).due_at - self.clock.now()).total_seconds()
        self.forward(max(0.0, wait))
        return wait


@pytest.fixture
def house(engine: Engine, clock: SetClock, tmp_path: Path) -> Iterator[House]:
    ids = Uuid7Source(clock)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, clock, ids, "watch-house").id
    factory = WorkFactory(sessions=sessions, clock=clock, ids=ids, emitter=Registry(defer=lambda *_: None))
    yield House(factory=factory, clock=clock, blobs=BlobStore(tmp_path / "blobs"), tenant_id=tenant)
    with sessions() as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            if "tenant_id" in table.c:
                session.execute(delete(table).where(table.c.tenant_id == tenant))


@dataclass
class Scripted:
    """A camera that does as it is told: each grab takes the next step, the last one stays."""

    steps: list[bytes | Exception]
    seen: list[tuple[str, datetime]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    before: Callable[[], None] = lambda: None

    def grab(self, watch: Watch, now: datetime) -> Frame:
        with self.lock:
            self.seen.append((watch.key, now))
            step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        self.before()
        if isinstance(step, Exception):
            raise step
        return Frame(step, watch.key, 0.0, None, source_id="x")


def dead() -> UnavailableError:
    return UnavailableError(field="http://cam", problem="does not answer", fix="Switch it on.")


@pytest.fixture(scope="session")
def pictures(make_picture: Callable[..., bytes]) -> list[bytes]:
    """Forty pictures, no two alike."""
    return [make_picture("JPEG", 64 + 8 * index, 48) for index in range(40)]


class _Snapshots(BaseHTTPRequestHandler):
    """A camera's snapshot address; ``shown`` is what its lens sees now, None when it is out of order."""

    shown: list[bytes | None]
    hits: list[str]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.hits.append(self.path)
        picture = self.shown[0]
        if picture is None:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(picture)))
        self.end_headers()
        self.wfile.write(picture)


@contextmanager
def snapshots(picture: bytes) -> Iterator[tuple[str, list[bytes | None], list[str]]]:
    shown: list[bytes | None] = [picture]
    hits: list[str] = []
    handler = type("_Made", (_Snapshots,), {"shown": shown, "hits": hits})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://admin:secret@127.0.0.1:{server.server_address[1]}/snap.jpg", shown, hits
        finally:
            server.shutdown()
            thread.join()


def test_a_snapshot_camera_is_looked_at_every_interval(house: House, pictures: list[bytes]) -> None:
    with snapshots(pictures[0]) as (url, shown, hits):
        camera = house.camera("gate", url)
        assert jobs.sweep(house.eyes()) == 1
        assert jobs.sweep(house.eyes()) == 0, "not due again"
        asked = len(hits)
        assert asked > 0
        house.forward(599)
        assert jobs.sweep(house.eyes()) == 0
        assert len(hits) == asked, "nobody asked the camera before its time"
        house.forward(1)
        shown[0] = pictures[1]
        assert jobs.sweep(house.eyes()) == 1
    ids = house.facts(OBSERVED, "gate")
    with house.work() as work:
        seen = [service.observations(work, ids)[one] for one in ids]
    assert [house.blobs.get(one.picture) for one in seen] == pictures[:2]
    assert [one.offset_s for one in seen] == [0.0, 600.0]
    assert {one.camera_id for one in seen} == {camera.id}
    assert all("secret" not in one.picture_name for one in seen)
    assert [event.state for event in house.states(camera)] == [CameraState.ONLINE]
    assert house.facts(CAMERA_STATE, "gate") == [event.id for event in house.states(camera)]


def test_a_real_camera_that_breaks_goes_offline_and_comes_back(house: House, pictures: list[bytes]) -> None:
    with snapshots(pictures[0]) as (url, shown, hits):
        camera = house.camera("gate", url)
        jobs.sweep(house.eyes())
        shown[0] = None
        waits, before = [], len(hits)
        for _ in range(6):
            waits.append(house.until_due(camera))
            assert jobs.sweep(house.eyes()) == 1
        assert len(hits) > before, "the fault was met: the camera was asked and answered 503"
        assert waits[0] == 600
        caps = [15, 30, 60, 120, 240]
        assert all(cap / 2 <= wait <= cap for wait, cap in zip(waits[1:], caps, strict=True)), waits
        assert [event.state for event in house.states(camera)] == [CameraState.ONLINE, CameraState.OFFLINE]
        lost = house.states(camera)[-1]
        assert (lost.at - lost.since).total_seconds() >= 60
        assert lost.problem is not None
        assert "503" in lost.problem
        assert "secret" not in lost.problem
        assert "127.0.0.1" not in lost.problem
        shown[0] = pictures[1]
        house.until_due(camera)
        jobs.sweep(house.eyes())
        assert house.watch(camera).pulse.state is CameraState.OFFLINE, "held back: one picture proves little"
        shown[0] = pictures[2]
        assert house.until_due(camera) == 20
        jobs.sweep(house.eyes())
    assert [event.state for event in house.states(camera)][-1] is CameraState.ONLINE
    assert house.states(camera)[-1].problem is None
    assert len(house.facts(CAMERA_STATE, "gate")) == 3, "on change only"
    assert len(house.facts(OBSERVED, "gate")) == 3


def test_a_frozen_picture_stalls_the_camera_and_is_not_observed_again(house: House, pictures: list[bytes]) -> None:
    with snapshots(pictures[0]) as (url, shown, hits):
        camera = house.camera("gate", url)
        jobs.sweep(house.eyes())
        for _ in range(8):
            house.until_due(camera)
            assert jobs.sweep(house.eyes()) == 1
        assert len(hits) >= 9, "the camera did answer each time"
        assert house.watch(camera).pulse.last is Outcome.SAME
        assert [event.state for event in house.states(camera)] == [CameraState.ONLINE, CameraState.STALLED]
        assert len(house.facts(OBSERVED, "gate")) == 1, "a frozen camera cannot confirm its own sighting"
        for picture in pictures[1:3]:
            shown[0] = picture
            house.until_due(camera)
            jobs.sweep(house.eyes())
    assert [event.state for event in house.states(camera)][-1] is CameraState.ONLINE


def test_a_page_instead_of_a_picture_is_a_failure(house: House) -> None:
    grabber = Scripted([b"<html>login</html>"])
    camera = house.camera("gate", "http://cam/x")
    jobs.sweep(house.eyes(grabber))
    found = house.watch(camera)
    assert found.pulse.last is Outcome.FAILED
    assert found.problem is not None
    assert house.facts(OBSERVED, "gate") == []


def test_no_word_of_a_failure_holds_the_address(house: House) -> None:
    camera = house.camera("gate", "rtsp://admin:hunter22@10.8.0.14/main")
    told = UnavailableError(field="rtsp://10.8.0.14/main", problem="admin@10.8.0.14 refused /main", fix="Try again.")
    for _ in range(6):
        jobs.sweep(house.eyes(Scripted([told])))
        house.until_due(camera)
    problems = [house.watch(camera).problem, *(event.problem for event in house.states(camera))]
    assert problems == ["…@… refused …", "…@… refused …"]


def test_a_watched_folder_that_is_rendered_marks_what_it_shows(
    house: House, pictures: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "0.jpg").write_bytes(pictures[0])
    for rendered in (True, False):
        told = {"frames": [{"file": "0.jpg", "t": 0}], "rendered": rendered}
        (tmp_path / "seq.json").write_text(json.dumps(told))
        camera = house.camera(f"folder-{rendered}", str(tmp_path))
        jobs.sweep(house.eyes())
        with house.work() as work:
            (seen,) = service.observations(work, house.facts(OBSERVED, camera.key)).values()
        assert seen.rendered is rendered


def test_a_surprise_in_one_camera_costs_the_others_nothing(house: House, pictures: list[bytes]) -> None:
    broken = house.camera("a-broken", "http://cam/a")
    house.forward(0.001)
    sound = house.camera("b-sound", "http://cam/b")
    grabber = Scripted([RuntimeError("a bug"), pictures[0]])
    assert jobs.sweep(house.eyes(grabber)) == 2
    assert [key for key, _ in grabber.seen] == ["a-broken", "b-sound"], "the longest due comes first"
    assert house.watch(broken).problem == "RuntimeError"
    assert house.watch(sound).pulse.state is CameraState.ONLINE


def test_a_folder_plays_by_the_clock(house: House, pictures: list[bytes], tmp_path: Path) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    for index in range(4):
        (folder / f"{index}.jpg").write_bytes(pictures[index])
    frames = [{"file": f"{index}.jpg", "t": 600 * index} for index in range(4)]
    (folder / "seq.json").write_text(json.dumps({"frames": frames}))
    camera = house.camera("film", str(folder))
    for _ in range(6):
        assert jobs.sweep(house.eyes()) == 1
        house.until_due(camera)
    ids = house.facts(OBSERVED, "film")
    with house.work() as work:
        seen = service.observations(work, ids)
    shown = [pictures.index(house.blobs.get(seen[one].picture)) for one in ids]
    assert shown == [0, 1, 2, 3, 0, 1], "in a loop"
    assert [event.state for event in house.states(camera)] == [CameraState.ONLINE]


def test_two_workers_share_the_cameras_and_none_is_looked_at_twice(house: House, pictures: list[bytes]) -> None:
    cameras = [house.camera(f"cam-{index:02d}", "http://cam/x") for index in range(12)]
    barrier = threading.Barrier(2, timeout=20)
    met: list[int] = []

    def meet() -> None:
        if len(met) < 2:
            met.append(barrier.wait())  # both workers hold a camera at the same moment

    grabber = Scripted(list(pictures), before=meet)
    counts: list[int] = []
    workers = [threading.Thread(target=lambda: counts.append(jobs.sweep(house.eyes(grabber)))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(met) == [0, 1], "both were at work at once"
    assert sum(counts) == 12
    assert min(counts) >= 1
    assert sorted(key for key, _ in grabber.seen) == [camera.key for camera in cameras], "each exactly once"
    told = {one for camera in cameras for one in house.facts(OBSERVED, camera.key)}
    assert len(told) == 12


def test_a_camera_under_a_workers_eye_is_not_taken_by_another(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")
    second: list[int] = []
    other = Scripted([pictures[1]])
    grabber = Scripted([pictures[0]], before=lambda: second.append(jobs.sweep(house.eyes(other))))
    assert jobs.sweep(house.eyes(grabber)) == 1
    assert second == [0]
    assert other.seen == []
    assert house.watch(camera).pulse.state is CameraState.ONLINE


def test_a_worker_that_hangs_loses_its_lease_and_its_late_picture(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")
    rescued: list[int] = []
    other = Scripted([pictures[1]])

    def hang() -> None:
        house.forward(181)
        rescued.append(jobs.sweep(house.eyes(other)))
        house.forward(5)

    assert jobs.sweep(house.eyes(Scripted([pictures[0]], before=hang))) == 1
    assert rescued == [1], "the camera was free again"
    ids = house.facts(OBSERVED, "gate")
    with house.work() as work:
        kept = [one.picture for one in service.observations(work, ids).values()]
    assert [house.blobs.get(one) for one in kept] == [pictures[1]], "the late picture was dropped"
    assert house.watch(camera).pulse.run == 1
    assert house.watch(camera).pulse.last is Outcome.FRESH


def test_a_watch_that_ends_during_a_look_writes_nothing(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")

    def end() -> None:
        with house.work() as work:
            assert service.unwatch(work, camera.id)

    assert jobs.sweep(house.eyes(Scripted([pictures[0]], before=end))) == 1
    assert house.facts(OBSERVED, "gate") == []
    with house.work() as work:
        assert not service.unwatch(work, camera.id)


def test_a_sighting_brings_three_looks_a_minute_apart(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")
    grabber = Scripted(list(pictures))
    jobs.sweep(house.eyes(grabber))
    house.forward(2)
    with house.work() as work:
        assert service.sighted(work, camera.id, house.clock.now())
    waits = []
    for _ in range(5):
        waits.append(house.until_due(camera))
        jobs.sweep(house.eyes(grabber))
        with house.work() as work:
            assert not service.sighted(work, camera.id, house.clock.now()), "works under way are no first sighting"
    assert waits == [60, 60, 60, 600, 600]
    house.forward(1201)
    with house.work() as work:
        assert service.sighted(work, camera.id, house.clock.now())
        assert not service.sighted(work, camera.id, house.clock.now()), "told twice, noted once"


def test_watching_closely_can_be_asked_for(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")
    jobs.sweep(house.eyes(Scripted([pictures[0]])))
    with house.work() as work:
        assert service.watch_closely(work, camera.id, 5)
        assert not service.watch_closely(work, work.ids.new(), 5), "not watched"
    assert house.watch(camera).pulse.close_left == 5
    assert house.until_due(camera) == 60
    with house.work() as work:
        assert service.watch_closely(work, camera.id, 5, cadence=Cadence(close_s=1.0))
        assert service.watch_closely(work, camera.id, 2)
    assert house.watch(camera).pulse.close_left == 5, "never less than was asked for before"


@pytest.mark.parametrize("source", ["exec:rm", "file:///etc/passwd", "concat:a|b", "relative", "", "/a\0b"])
def test_an_address_that_is_none_is_refused(work: Work, source: str) -> None:
    camera = service.register_camera(work, NewCamera(key="gate", name="Gate"))
    with pytest.raises(InputError, match="address"):
        service.watch(work, camera.id, source)
    with pytest.raises(InputError, match="substream"):
        service.watch(work, camera.id, "http://cam/x", substream=source)


def test_a_camera_must_exist_and_have_a_sane_rhythm(work: Work) -> None:
    with pytest.raises(InputError, match="camera_id"):
        service.watch(work, work.ids.new(), "http://cam/x")
    hasty = service.register_camera(work, NewCamera(key="gate", name="Gate", interval_s=0.1))
    with pytest.raises(InputError, match="interval_s"):
        service.watch(work, hasty.id, "http://cam/x")


def test_watching_anew_changes_the_address_and_keeps_what_is_known(house: House, pictures: list[bytes]) -> None:
    camera = house.camera("gate", "http://cam/x")
    jobs.sweep(house.eyes(Scripted([pictures[0]])))
    before = house.watch(camera)
    house.forward(30)
    with house.work() as work:
        service.watch(work, camera.id, "http://cam/y", substream="http://cam/small")
        assert [one.source for one in store.watches(work.session, house.tenant_id)] == ["http://cam/y"]
    after = house.watch(camera)
    assert after.substream == "http://cam/small"
    assert after.pulse == before.pulse
    assert after.started_at == before.started_at
    assert after.due_at == house.clock.now()
