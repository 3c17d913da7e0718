"""From a camera that no longer sees to the metres of pipe that nobody watches."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import blind_streams as streams
import numpy as np
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.db import Base
from pipewarden.kit.emit import Registry
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.geo import LocalFrame
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import WorkFactory
from pipewarden.locate import jobs, service
from pipewarden.locate.facts import CAMERA_BLIND, Cause, EyeState
from pipewarden.locate.rules import judge_eye
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import SIGHT_CHANGED, Fault, Seeing
from pipewarden.sense import service as sense
from pipewarden.sense import store as sense_store
from pipewarden.sense.facts import CameraState, Health, NewCamera, NewEvent, NewObservation, ObservationKind, Pulse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import FactRef, Work
    from pipewarden.locate.facts import CameraBlind
    from pipewarden.sense.facts import Camera

HERE = (116.7, 39.5)


@pytest.fixture
def street(work: Work, tmp_path: Path) -> None:
    """A medium-pressure pipe 20 m north of the cameras, from west to east."""
    ends = LocalFrame(*HERE).to_lonlat(np.array([(-500.0, 25.0), (500.0, 25.0)])).tolist()
    feature = {
        "type": "Feature",
        "properties": {"pipe_id": "m-1", "pressure": "中压", "diameter_mm": 200},
        "geometry": {"type": "LineString", "coordinates": ends},
    }
    path = tmp_path / "street.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    network.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")


@pytest.fixture
def look(upstream: Any, work: Work, clock: Any) -> Callable[[Camera, np.ndarray], None]:
    """Let a camera take one more picture, ten minutes after the last."""

    def take(camera: Camera, pixels: np.ndarray) -> None:
        clock.moment += timedelta(minutes=10)
        upstream.count += 1
        new = NewObservation(
            stream=camera.key,
            source_id=str(upstream.count),
            kind=ObservationKind.FRAME,
            picture=str(upstream.count).encode(),
            picture_name="x.jpg",
            at=work.now(),
            camera_id=camera.id,
        )
        streams.note_look(work, sense.observe(work, upstream.blobs, new), pixels)

    return take


def changes(work: Work) -> list[FactRef]:
    return [fact for fact in work.take_facts() if fact.kind == SIGHT_CHANGED]


def blacked_out(work: Work, camera: Camera, look: Callable[[Camera, np.ndarray], None]) -> None:
    rng = np.random.default_rng(3)
    for number in range(3):
        look(camera, streams.seen("cam-04", 600 + 10 * number, rng))
    assert changes(work) == []
    for _ in range(3):
        look(camera, np.zeros((360, 640, 3), np.uint8))


@pytest.mark.usefixtures("street")
def test_a_black_camera_says_which_metres_are_unwatched_and_ends_it_when_it_sees(
    work: Work, upstream: Any, look: Callable[[Camera, np.ndarray], None]
) -> None:
    camera = upstream.camera()
    blacked_out(work, camera, look)
    jobs.sight_changed(work, changes(work))
    told = service.eyes(work, [camera])[camera.id]
    assert (told.state, told.causes) == (EyeState.BLIND, (Cause.BLACK,))
    assert told.since == work.now() - timedelta(minutes=20)
    (stretch,) = told.unwatched
    assert (stretch.pipe_id, stretch.pressure_class) == ("m-1", PressureClass.MEDIUM)
    assert 15 < stretch.metres < 60
    facts = [fact for fact in work.take_facts() if fact.kind == CAMERA_BLIND]
    assert [fact.fact_id for fact in facts] == [told.id]
    assert service.not_online(work) == [camera.id]
    rng = np.random.default_rng(4)
    for number in range(3):
        look(camera, streams.seen("cam-04", 700 + 10 * number, rng))
    jobs.sight_changed(work, changes(work))
    told = service.eyes(work, [camera])[camera.id]
    assert (told.state, told.causes, told.unwatched) == (EyeState.ONLINE, (), ())
    assert service.not_online(work) == []


@pytest.mark.usefixtures("street")
def test_what_another_camera_sees_is_watched_until_it_is_blind_too(
    work: Work, upstream: Any, look: Callable[[Camera, np.ndarray], None]
) -> None:
    one, other = upstream.camera("a"), upstream.camera("b")
    blacked_out(work, one, look)
    jobs.sight_changed(work, changes(work))
    assert service.eyes(work, [one])[one.id].unwatched == ()
    blacked_out(work, other, look)
    jobs.sight_changed(work, changes(work))
    assert [stretch.pipe_id for stretch in service.eyes(work, [other])[other.id].unwatched] == ["m-1"]
    both = service.unwatched(work, [one, other])
    assert both == service.unwatched(work, [other])  # the same ground counts once


def test_a_fact_that_comes_twice_changes_nothing(
    work: Work, upstream: Any, look: Callable[[Camera, np.ndarray], None]
) -> None:
    blacked_out(work, upstream.camera(), look)
    facts = changes(work)
    jobs.sight_changed(work, facts)
    assert len(work.take_facts()) == 1
    jobs.sight_changed(work, facts)
    assert work.take_facts() == []


def gone(work: Work, camera: Camera) -> None:
    """Let a watched camera answer no more."""
    made = sense.watch(work, camera.id, f"rtsp://{camera.key}.local/1")
    lost = Pulse(state=CameraState.OFFLINE, bad_since=work.now())
    sense_store.settle(work.session, replace(made, pulse=lost), release=False)


@pytest.mark.usefixtures("street")
def test_cameras_that_are_lost_together_read_the_street_once(
    work: Work, upstream: Any, count_statements: list[str]
) -> None:
    counts = []
    for number in (1, 12):
        several = [upstream.camera(f"lost-{number}-{each}") for each in range(number)]
        for one in several:
            gone(work, one)
        count_statements.clear()
        assert len(service.judge_cameras(work, [one.id for one in several])) == number
        counts.append(len(count_statements))
        assert sum("FROM sense_cameras" in one for one in count_statements) <= 2
    # each asks which network is in force
    assert counts[1] - counts[0] <= 11


def test_how_cameras_stand_is_read_without_their_past(work: Work, upstream: Any, count_statements: list[str]) -> None:
    camera = upstream.camera()
    gone(work, camera)
    service.judge_cameras(work, [camera.id])
    count_statements.clear()
    assert service.not_online(work) == [camera.id]
    assert service.unwatched(work, [camera]) == []
    assert [one for one in count_statements if re.search(r"locate_eyes\b", one)] == []


def test_two_who_judge_a_camera_at_once_tell_its_loss_once(engine: Engine, clock: SetClock) -> None:
    ids, sessions = Uuid7Source(clock), sessionmaker(engine, expire_on_commit=False)
    with sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, clock, ids, "eyes-twice").id
    begin = WorkFactory(sessions, clock, ids, Registry(defer=lambda *_: None)).begin
    told: list[CameraBlind] = []

    def other() -> None:
        with begin(tenant) as work:
            told.extend(service.overlook(work))

    try:
        with begin(tenant) as work:
            gone(work, sense.register_camera(work, NewCamera("twice", "twice")))
        with begin(tenant) as work:
            assert len(service.overlook(work)) == 1
            hand = threading.Thread(target=other, daemon=True)
            hand.start()
            hand.join(0.5)
        hand.join(10)
        assert (hand.is_alive(), told) == (False, [])
    finally:
        with sessions() as session, session.begin():
            for table in reversed(Base.metadata.sorted_tables):
                if "tenant_id" in table.c:
                    session.execute(delete(table).where(table.c.tenant_id == tenant))


def sent(work: Work, upstream: Any, clock: Any, camera: Camera, count: int) -> None:
    """Let a device send the camera's pictures, ten minutes apart."""
    rng = np.random.default_rng(5)
    for number in range(count):
        clock.moment += timedelta(minutes=10)
        new = NewObservation(
            stream=camera.key,
            source_id=f"sent {number}",
            kind=ObservationKind.FRAME,
            picture=f"sent {number}".encode(),
            picture_name="x.jpg",
            at=work.now(),
            camera_id=camera.id,
        )
        event = NewEvent(observation=new, source="gate", event_id=str(number))
        one = sense.take(work, upstream.blobs, people.operator(work.tenant_id), event).observation
        streams.note_look(work, one, streams.seen("cam-04", 600 + 10 * number, rng))


def test_a_camera_that_sends_by_itself_and_falls_silent_is_blind(work: Work, upstream: Any, clock: Any) -> None:
    camera = upstream.camera()
    sent(work, upstream, clock, camera, 3)
    heard = work.now()
    clock.moment += timedelta(seconds=2 * camera.interval_s + 59)
    assert service.overlook(work) == []
    clock.moment += timedelta(seconds=2)
    (told,) = service.overlook(work)
    assert (told.state, told.causes, told.since) == (EyeState.BLIND, (Cause.SILENT,), heard)


def test_two_pictures_that_a_device_sent_make_no_habit_of_it(work: Work, upstream: Any, clock: Any) -> None:
    sent(work, upstream, clock, upstream.camera(), 2)
    clock.moment += timedelta(days=1)
    assert service.overlook(work) == []


def test_a_camera_whose_pictures_were_read_once_is_not_missed(
    work: Work, upstream: Any, clock: Any, look: Callable[[Camera, np.ndarray], None]
) -> None:
    """A folder that ``scan`` went through: nobody sends, so nobody falls silent."""
    camera, rng = upstream.camera(), np.random.default_rng(5)
    for number in range(4):
        look(camera, streams.seen("cam-04", 600 + 10 * number, rng))
    clock.moment += timedelta(days=30)
    assert service.overlook(work) == []
    assert service.not_online(work) == []


def test_a_clock_that_is_wrong_degrades(work: Work) -> None:
    now = work.now()
    seeing = Seeing(None, now - timedelta(hours=2), now, work.ids.new(), 3, now, 3, now - timedelta(minutes=5))
    eye = judge_eye(None, seeing, interval_s=600, now=now)
    assert eye is not None
    assert (eye.state, eye.causes, eye.since) == (EyeState.DEGRADED, (Cause.CLOCK,), now - timedelta(minutes=5))


def test_the_worst_cause_comes_first_and_a_blurred_view_only_degrades(work: Work) -> None:
    now = work.now()
    health = Health(CameraState.OFFLINE, now - timedelta(hours=1), None, "no answer")
    seeing = Seeing(Fault.BLURRED, now - timedelta(hours=2), now, work.ids.new(), 3, now, 3)
    eye = judge_eye(health, seeing, interval_s=600, now=now)
    assert eye is not None
    assert eye.causes == (Cause.OFFLINE, Cause.BLURRED)
    assert (eye.state, eye.since) == (EyeState.BLIND, now - timedelta(hours=1))
    only = judge_eye(replace(health, state=CameraState.ONLINE), seeing, interval_s=600, now=now)
    assert only is not None
    assert (only.state, only.causes) == (EyeState.DEGRADED, (Cause.BLURRED,))
    assert judge_eye(None, None, interval_s=600, now=now) is None


def test_a_person_may_call_the_new_view_right_and_the_old_one_stays_on_record(
    work: Work, upstream: Any, look: Callable[[Camera, np.ndarray], None]
) -> None:
    camera, rng = upstream.camera(), np.random.default_rng(6)
    for number in range(3):
        look(camera, streams.seen("cam-04", 600 + 10 * number, rng))
    for number in range(7):
        look(camera, streams.seen("cam-09", 630 + 10 * number, rng))
    seeing = perceive.seeing(work, [camera.id])[camera.id]
    assert seeing.fault is Fault.MOVED
    assert seeing.resettled
    assert len(perceive.reference_versions(work, camera.id)) == 1  # suggested, never replaced by itself
    person = work.ids.new()
    with pytest.raises(RefusedError, match="last picture"):
        perceive.set_reference(work, camera.id, person, actor_id=person)
    made = perceive.set_reference(work, camera.id, seeing.observation_id, actor_id=person)
    assert (made.version, made.actor_id) == (2, person)
    for number in range(3):
        look(camera, streams.seen("cam-09", 700 + 10 * number, rng))
    assert perceive.seeing(work, [camera.id])[camera.id].fault is None
    assert [one.version for one in perceive.reference_versions(work, camera.id)] == [2, 1]
