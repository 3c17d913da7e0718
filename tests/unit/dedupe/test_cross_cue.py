"""Cross-cue: a tremor beside a pipe makes the camera look, the excavator it finds joins the alarm, or somebody goes.

The grabber and the boxes are played by hand; the sweep, the lease, the river and the alarm are the real ones.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import cv2
import numpy as np
import pytest

from pipewarden.dedupe import jobs, service
from pipewarden.dedupe.facts import PATROL_WANTED, PatrolReason, Policy
from pipewarden.dedupe.rules import Views, radius_m, seeing, worth_a_look
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.geo import LocalFrame, near_frame
from pipewarden.kit.work import FactRef
from pipewarden.locate import service as locate
from pipewarden.locate.facts import Coverage, GroundPoint
from pipewarden.main.files import import_network
from pipewarden.network.facts import UNKNOWN, Zone
from pipewarden.people import service as people
from pipewarden.perceive import jobs as perceive_jobs
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Finding, FindingClass, Screened
from pipewarden.sense import jobs as sense_jobs
from pipewarden.sense import service as sense
from pipewarden.sense.facts import (
    CUE_SETTLED,
    CueState,
    DeviceMessage,
    Frame,
    NewDevice,
    NewEvent,
    NewObservation,
    ObservationKind,
    Watch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

DIG = (0.0, 25.0)  # metres east and north of the camera, which looks north
POLICY = Policy()
FRAME = LocalFrame(116.7, 39.5)  # the town's
SIZE = (1280, 720)


@dataclass
class Lens:
    """A camera that shows another picture at each look, or does not answer."""

    answers: bool = True
    count: int = 0

    def grab(self, watch: Watch, now: datetime) -> Frame:
        self.count += 1
        if not self.answers:
            raise UnavailableError(field="source", problem="does not answer", fix="Wait.")
        pixels = np.full((8, 8, 3), self.count, np.uint8)
        return Frame(bytes(cv2.imencode(".png", pixels)[1].tobytes()), watch.key, 0.0, now, str(self.count))


@dataclass
class Street:
    """A camera over a medium-pressure pipe, and everything between a tremor and an alarm."""

    work: Work
    clock: SetClock
    town: Any
    folder: Path
    lens: Lens = field(default_factory=Lens)
    told: int = 0

    @contextmanager
    def begin(self, tenant_id: UUID) -> Iterator[Work]:
        yield replace(self.work, tenant_id=tenant_id, _facts=self.work._facts)

    def pipe(self) -> None:
        self.town.camera("cam-a")
        lon, lat = self.lonlat((0.0, 26.0))
        line = [[lon - 0.002, lat], [lon + 0.002, lat]]
        geometry = {"type": "LineString", "coordinates": line}
        properties = {"id": "MP-1", "pressure": "medium", "diameter_mm": 200}
        path = self.folder / "pipe.geojson"
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        import_network(self.work, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")

    def watched(self) -> UUID:
        camera_id: UUID = self.town.poses["cam-a"][0]
        sense.watch(self.work, camera_id, "/film")
        self.sweep()  # its first look, before anything is felt
        return camera_id

    @staticmethod
    def lonlat(at: tuple[float, float]) -> tuple[float, float]:
        lon, lat = FRAME.to_lonlat(np.array([at]))[0].tolist()
        return lon, lat

    def feel(self, at: tuple[float, float] = DIG, *, accuracy: float = 8.0, age_s: float = 0.0) -> UUID:
        """A fibre feels digging and says so through the door of the devices; each time another stretch of it."""
        self.told += 1
        lon, lat = self.lonlat(at)
        said = {"fibre": f"f{self.told}", "class": "mechanical_digging", "lon": lon, "lat": lat, "accuracy_m": accuracy}
        when = (self.clock.now() - timedelta(seconds=age_s)).isoformat()
        message = DeviceMessage(json.dumps(said | {"time": when}).encode())
        sense.register_device(self.work, NewDevice("fibre", "Fibre", "das"))
        (heard,) = sense.take_published(self.work, BlobStore(self.folder), "fibre", message)
        assert heard.observation_id is not None
        return self.flow(heard.observation_id)

    def say(self, at: tuple[float, float] = DIG) -> UUID:
        """A person reports digging."""
        self.told += 1
        lon, lat = self.lonlat(at)
        new = NewObservation(
            stream="person:1",
            source_id=f"r#{self.told}",
            kind=ObservationKind.REPORT,
            picture=b"",
            picture_name="phone",
            at=self.clock.now(),
        )
        event = NewEvent(new, "phone", str(self.told), words="有挖机在挖", lon=lon, lat=lat, accuracy_m=8.0)
        actor = people.operator(self.work.tenant_id)
        return self.flow(sense.take(self.work, BlobStore(self.folder), actor, event).observation.id)

    def flow(self, clue: UUID) -> UUID:
        """Let a clue go down the river as far as the question to the cameras."""
        screen = perceive_jobs.make_drain(None, None, None, None, BlobStore(self.folder))  # type: ignore[arg-type]
        screen(self.work, [self.fact("sense.observed", clue)])
        locate.place(self.work, [clue])
        service.join(self.work, POLICY, [clue])
        jobs.make_cueing()(self.work, [self.fact("locate.placed", clue)])
        return clue

    def fact(self, kind: str, fact_id: UUID) -> FactRef:
        return FactRef(kind, "x", self.work.tenant_id, fact_id)

    def sweep(self) -> int:
        blobs = BlobStore(self.folder)
        eyes = sense_jobs.Eyes(begin=self.begin, blobs=blobs, grabber=self.lens, hands=1)  # type: ignore[arg-type]
        return sense_jobs.sweep(eyes)

    def show(self, frame: UUID, at: tuple[float, float]) -> None:
        """Let the screen find an excavator on a pulled frame."""
        box = self.town.box("cam-a", at)
        finding = Finding(
            self.work.ids.new(),
            self.work.tenant_id,
            frame,
            FindingClass.MACHINE,
            "excavator",
            0.8,
            True,
            box,
            None,
            "t",
        )
        perceive_store.add(self.work, [Screened(frame, *SIZE, (finding,), None)])
        locate.place(self.work, [frame])
        service.join(self.work, POLICY, [frame])

    def settle(self) -> None:
        """Drain what the sweep has said about cues."""
        said = [one.fact_id for one in self.work._facts if one.kind == CUE_SETTLED]
        jobs.make_settling()(self.work, [self.fact(CUE_SETTLED, one) for one in said])

    def said(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.work._facts)


@pytest.fixture
def street(work: Work, clock: SetClock, town: Any, tmp_path: Path) -> Street:
    made = Street(work, clock, town, tmp_path)
    made.pipe()
    return made


@pytest.mark.parametrize(("voice", "stream"), [("feel", "device:fibre"), ("say", "person:1")])
def test_a_voice_pulls_a_picture_that_shows_an_excavator_and_both_are_one_alarm(
    street: Street, voice: str, stream: str
) -> None:
    camera_id = street.watched()
    street.clock.advance(timedelta(seconds=30))  # the next look would come in nine minutes and a half
    looks = street.lens.count
    clue = getattr(street, voice)()
    (cue,) = sense.cues_of(street.work, [clue])
    assert (cue.camera_id, cue.state) == (camera_id, CueState.ASKED)
    assert street.sweep() == 1
    assert street.lens.count == looks + 1
    (cue,) = sense.cues_of(street.work, [clue])
    assert cue.state is CueState.ANSWERED
    assert cue.frame_id is not None
    street.show(cue.frame_id, DIG)
    street.clock.advance(timedelta(seconds=61))
    assert street.sweep() == 1  # it is watched closely: a second picture confirms
    second = sense.newest_frame(street.work, camera_id)
    assert second is not None
    street.show(second.id, DIG)
    (alarm,) = service.alarms(street.work, limit=10)
    assert {member.observation_id for member in alarm.members} == {clue, cue.frame_id, second.id}
    assert set(alarm.streams) == {stream, "cam-a"}
    assert alarm.answer.zone is Zone.PROTECTION
    street.settle()
    assert street.said(PATROL_WANTED) == 0


def test_where_no_camera_sees_the_place_somebody_is_wanted_there_once(street: Street) -> None:
    street.watched()
    clue = street.feel((70.0, 26.0))  # on the pipe, far beside the view
    (wanted,) = service.patrols(street.work, street.clock.now() - timedelta(hours=1))
    assert wanted.clue_id == clue
    assert wanted.reason is PatrolReason.NO_CAMERA
    assert wanted.radius_m == pytest.approx(8.0, rel=0.01)
    assert wanted.due_at - wanted.at == timedelta(minutes=30)
    assert street.said(PATROL_WANTED) == 1
    street.clock.advance(timedelta(minutes=5))
    street.feel((75.0, 26.0))  # the same digging, felt again
    assert street.said(PATROL_WANTED) == 1
    street.feel((150.0, 26.0))  # elsewhere
    assert street.said(PATROL_WANTED) == 2
    street.clock.advance(timedelta(minutes=61))
    street.feel((70.0, 26.0))  # another hour
    assert street.said(PATROL_WANTED) == 3


def test_a_flood_of_clues_is_one_batch_and_one_patrol_a_place(street: Street, count_statements: list[str]) -> None:
    street.watched()
    places = [(east, 26.0) for east in (-165.0, -120.0, -75.0, 75.0, 120.0, 165.0)]  # on the pipe, beside the view
    clues = [street.feel(one, age_s=3600.0) for one in places]  # too old to ask for, under the usual policy
    late = replace(POLICY, cue_within_s=7200.0)
    spent = []
    for batch in (clues[:1], clues[1:2], clues[2:]):
        count_statements.clear()
        service.look_there(street.work, late, batch)
        spent.append(len(count_statements))
    assert spent[1] == spent[2], "the database is asked as often for four as for one"
    assert len(service.patrols(street.work, street.clock.now() - timedelta(hours=1))) == len(places)
    assert street.said(PATROL_WANTED) == len(places)


def test_a_camera_nobody_watches_cannot_be_asked(street: Street) -> None:
    clue = street.feel()
    assert sense.cues_of(street.work, [clue]) == []
    assert [one.reason for one in service.patrols(street.work, street.clock.now())] == [PatrolReason.NO_CAMERA]


def test_a_camera_that_does_not_answer_in_time_sends_somebody(street: Street) -> None:
    street.watched()
    street.clock.advance(timedelta(seconds=120))
    street.lens.answers = False
    clue = street.feel()
    street.sweep()
    assert [one.state for one in sense.cues_of(street.work, [clue])] == [CueState.ASKED]  # a retry may still come
    street.clock.advance(timedelta(seconds=91))
    street.sweep()
    assert [one.state for one in sense.cues_of(street.work, [clue])] == [CueState.SILENT]
    street.settle()
    street.settle()
    assert [one.reason for one in service.patrols(street.work, street.clock.now())] == [PatrolReason.NO_ANSWER]


def test_tremor_after_tremor_hurries_a_camera_once_a_minute(street: Street) -> None:
    street.watched()
    street.clock.advance(timedelta(seconds=120))
    first = street.feel()
    assert street.sweep() == 1
    street.clock.advance(timedelta(seconds=10))
    second = street.feel((1.0, 25.0))
    assert street.sweep() == 0  # not hurried again
    street.clock.advance(timedelta(seconds=51))
    assert street.sweep() == 1
    states = {one.clue_id: one.state for one in sense.cues_of(street.work, [first, second])}
    assert states == {first: CueState.ANSWERED, second: CueState.ANSWERED}
    assert street.said(PATROL_WANTED) == 0


def test_old_news_and_what_lies_off_the_pipe_pull_nothing(street: Street) -> None:
    street.watched()
    old, away = street.feel(age_s=3600.0), street.feel((0.0, 400.0))
    assert sense.cues_of(street.work, [old, away]) == []
    assert service.patrols(street.work, street.clock.now() - timedelta(days=1)) == []


def test_a_fact_drained_twice_asks_nobody_twice(street: Street) -> None:
    street.watched()
    street.clock.advance(timedelta(seconds=120))
    clue = street.feel()
    assert service.look_there(street.work, POLICY, [clue]) == []
    assert len(sense.cues_of(street.work, [clue])) == 1
    assert street.said(PATROL_WANTED) == 0


def view(number: int, west: float, south: float, east: float, north: float) -> Coverage:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    corners = near_frame(116.7, 39.5).to_lonlat(np.array(ring))
    return Coverage(UUID(int=number), tuple((float(lon), float(lat)) for lon, lat in corners), 60.0)


def test_those_that_see_most_of_where_it_may_be_come_first_and_few_are_asked() -> None:
    frame = near_frame(116.7, 39.5)
    lon, lat = frame.to_lonlat(np.array([(0.0, 0.0)]))[0].tolist()
    place = GroundPoint(lon, lat, (16.0, 0.0, 16.0))
    assert radius_m(place) == pytest.approx(9.8, abs=0.1)
    views = [
        view(1, 3, -50, 50, 50),  # a third of it
        view(2, -50, -50, 50, 50),  # all
        view(3, 200, 0, 250, 50),  # nothing
        view(4, -50, -50, 0.5, 50),  # half, with the middle
        view(5, -50, -50, 2, 50),
    ]
    assert [one.int for one in seeing(place, Views(views), POLICY)] == [2, 5, 4]
    assert [one.int for one in seeing(place, Views(views), replace(POLICY, cue_cameras=1))] == [2]
    assert seeing(place, Views([views[2]]), POLICY) == []
    assert seeing(place, Views([]), POLICY) == []


def test_an_unknown_zone_counts_as_near(clock: SetClock) -> None:
    now = clock.now()
    assert worth_a_look(UNKNOWN, None, now, POLICY)
    assert not worth_a_look(replace(UNKNOWN, zone=Zone.OUTSIDE), now, now, POLICY)
    assert not worth_a_look(UNKNOWN, now - timedelta(hours=1), now, POLICY)
