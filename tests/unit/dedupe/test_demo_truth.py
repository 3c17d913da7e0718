"""The demo's true boxes through its camera files: the sites that must become alarms do, at their places, and no other.

Geometry and grouping only: the boxes are the truth, no detector looked at the (rendered) pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import Board, FrameHead, Sighting, fuse
from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.locate.rules import Calibrated, read, solve, stand
from pipewarden.perceive.facts import Box
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim
from pipewarden.sim.facts import LookAlikeKind

if TYPE_CHECKING:
    from pipewarden.sim.facts import TrueFrame, TrueObject

_MORNING = 1_763_600_000.0
_SEEN = 0.5


@dataclass
class Replay:
    """What the board made of all true machine boxes."""

    board: Board
    names: dict[UUID, TrueObject] = field(default_factory=dict)
    errors_m: list[float] = field(default_factory=list)
    sigmas: list[float] = field(default_factory=list)

    def alarms(self) -> dict[UUID, set[UUID]]:
        found: dict[UUID, set[UUID]] = {}
        for finding_id, decision in self.board.decisions.items():
            if decision.alarm_id is not None:
                found.setdefault(decision.alarm_id, set()).add(finding_id)
        return found


def take(replay: Replay, ids: count[int], stream: str, camera: Calibrated, frame: TrueFrame) -> None:
    machines = [
        one for one in frame.objects if one.cls == "machine" and one.visible_box and one.visible_fraction > _SEEN
    ]
    boxes = [Box(*one.visible_box) for one in machines if one.visible_box is not None]
    head = FrameHead(_MORNING + frame.t, UUID(int=next(ids)))
    sightings = []
    for one, box, stood in zip(
        machines, boxes, stand(camera, camera.image_size, boxes, [True] * len(boxes)), strict=True
    ):
        finding_id = UUID(int=next(ids))
        replay.names[finding_id] = one
        assert stood.ground is not None
        off = LocalFrame(one.lon, one.lat).to_metres(np.array([(stood.ground.lon, stood.ground.lat)]))[0]
        ee, en, nn = stood.ground.covariance
        replay.errors_m.append(float(np.hypot(*off)))
        replay.sigmas.append(float(np.sqrt(off @ np.linalg.solve([[ee, en], [en, nn]], off))))
        sightings.append(
            Sighting(
                finding_id=finding_id,
                observation_id=head.observation_id,
                stream=stream,
                seen_s=head.seen_s,
                timed=True,
                cls="machine",
                type=one.type,
                score=0.8,
                raises=True,
                box=box,
                size=camera.image_size,
                ground=stood.ground,
                own=stood.own_covariance,
                footprint=stood.footprint,
                look=None,
            )
        )
    replay.board.take(stream, head, sightings, sequence=True)


@pytest.fixture(scope="module")
def replay() -> Replay:
    ids = count(1)
    made = Replay(Board(Policy(), lambda: UUID(int=next(ids))))
    files = {one.key: one.camera_file for one in sim.demo_cameras()}
    for true in sim.demo_truth().cameras:
        told = sense.load_camera_file(files[true.key]).camera
        assert told.calibration is not None
        assert told.lon is not None
        assert told.lat is not None
        standing = (told.lon, told.lat)
        camera = solve(read(told.calibration, told.image_size, standing), standing)
        for frame in true.frames:
            take(made, ids, true.key, camera, frame)
    return made


def test_each_true_site_is_one_alarm_and_nothing_else_is_but_the_parked_machine(replay: Replay):
    """A machine parked for good is a machine that stays: place cannot tell it from works, only a judge can."""
    found = sorted(
        sorted({replay.names[one].site or replay.names[one].key for one in members})
        for members in replay.alarms().values()
    )
    truth = sim.demo_truth()
    parked = [[it.key] for it in truth.look_alikes if it.kind is LookAlikeKind.PARKED_MACHINE]
    assert found == sorted([*([site.key] for site in truth.sites if site.expected_alarm), *parked])


def test_one_machine_seen_by_two_cameras_is_one_alarm(replay: Replay):
    shared = {site.key for site in sim.demo_truth().sites if len(site.cameras) > 1}
    assert shared
    streams: dict[str, set[str]] = {}
    for track in replay.board.tracks.values():
        if track.alarm_id is not None:
            streams.setdefault(str(replay.names[track.last.finding_id].site), set()).add(track.stream)
    assert {site for site, seen in streams.items() if len(seen) > 1} == shared


def test_alarms_stand_where_the_machines_do(replay: Replay):
    sites = {site.key: site for site in sim.demo_truth().sites}
    for alarm_id in replay.alarms():
        seen: dict[str, list[object]] = {}
        key = ""
        for track in replay.board.tracks.values():
            if track.alarm_id == alarm_id:
                key = str(replay.names[track.last.finding_id].site)
                seen.setdefault(track.stream, []).extend(one.ground for one in track.sightings)
        if key not in sites:
            continue
        place = fuse(seen)  # type: ignore[arg-type]  # every ground is known, take asserts it
        assert place is not None
        assert distance_m((place.lon, place.lat), (sites[key].lon, sites[key].lat)) < 3


def test_the_stated_errors_are_the_size_of_the_real_ones(replay: Replay):
    assert len(replay.errors_m) >= 30
    assert np.mean(replay.errors_m) < 2
    # the mean of a two-dimensional normal error in its own sigmas is 1.25
    assert 0.6 < np.mean(replay.sigmas) < 2
