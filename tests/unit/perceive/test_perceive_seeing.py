"""What the screen's pictures say of the camera that took them, on the way through the real drain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import blind_streams as streams
import numpy as np
import pytest

from pipewarden.perceive import service
from pipewarden.perceive.facts import SIGHT_CHANGED, Fault
from pipewarden.perceive.service.seeing import LOOK_AGAIN_S, PATIENT_AGAIN_S, note_look
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera, NewObservation, Observation, ObservationKind

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera

BLACK = np.zeros((360, 640, 3), np.uint8)


@pytest.fixture
def camera(work: Work) -> Camera:
    made = sense.register_camera(work, NewCamera("gate", "gate"))
    sense.watch(work, made.id, "/srv/gate")
    return made


def take(bench: Any, camera: Camera, pixels: np.ndarray, minute: float, **more: Any) -> Observation:
    number = next(bench.numbers)
    new = NewObservation(
        stream=camera.key,
        source_id=str(number),
        kind=ObservationKind.FRAME,
        picture=bench.jpeg(pixels),
        picture_name="x.jpg",
        at=bench.work.now() + timedelta(minutes=minute),
        camera_id=camera.id,
    )
    return sense.observe(bench.work, bench.blobs, replace(new, **more))


def due_in_s(work: Work) -> float:
    return (sense.watches(work)[0].due_at - work.now()).total_seconds()


def postpone(work: Work) -> None:
    from pipewarden.sense import store  # noqa: PLC0415  the schedule is sense's own

    found = store.watch_of(work.session, work.tenant_id, sense.watches(work)[0].camera_id)
    assert found is not None
    store.settle(work.session, replace(found, due_at=work.now() + timedelta(minutes=10)), release=False)


def test_the_drain_judges_the_camera_beside_the_picture(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(8)
    seen = [take(bench, camera, streams.seen("cam-04", 600 + 10 * n, rng), 10 * n) for n in range(3)]
    assert [fact.kind for fact in bench.run(*seen)].count(SIGHT_CHANGED) == 0
    dark = [take(bench, camera, BLACK, 30 + 10 * n) for n in range(3)]
    told = [fact for fact in bench.run(*dark) if fact.kind == SIGHT_CHANGED]
    assert len(told) == 1
    assert service.told_of(work, [told[0].fact_id]) == [camera.id]
    seeing = service.seeing(work, [camera.id])[camera.id]
    assert (seeing.fault, seeing.observation_id) == (Fault.BLACK, dark[-1].id)
    assert seeing.since == dark[0].at
    assert not seeing.resettled


def test_a_suspect_look_makes_the_next_one_come_soon(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(9)
    good = streams.seen("cam-04", 600, rng)
    postpone(work)
    bench.run(take(bench, camera, good, 0))
    assert due_in_s(work) == 600
    bench.run(take(bench, camera, BLACK, 10))
    assert due_in_s(work) == LOOK_AGAIN_S
    postpone(work)
    bench.run(take(bench, camera, streams.FAULTS["covered"][0](good, [], 0, rng), 20))
    assert due_in_s(work) == PATIENT_AGAIN_S


def test_a_picture_older_than_the_last_says_nothing(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(10)
    bench.run(take(bench, camera, streams.seen("cam-04", 600, rng), 60))
    before = service.seeing(work, [camera.id])
    bench.run(*[take(bench, camera, BLACK, n) for n in range(3)])
    assert service.seeing(work, [camera.id]) == before


@pytest.mark.parametrize("more", [{"test": True}, {"kind": ObservationKind.SINGLE}, {"camera_id": None}, {"at": None}])
def test_only_frames_of_a_camera_with_their_time_are_judged(
    bench: Any, work: Work, camera: Camera, more: dict[str, Any]
) -> None:
    bench.run(take(bench, camera, BLACK, 0, **more))
    assert service.seeing(work, [camera.id]) == {}


def test_a_rendered_camera_may_play_in_a_loop(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(11)
    pictures = [streams.seen("cam-04", 600 + n, rng) for n in range(2)]
    for n in range(12):
        one = replace(take(bench, camera, pictures[n % 2], 10 * n), rendered=True)
        note_look(work, one, pictures[n % 2])
    assert service.seeing(work, [camera.id])[camera.id].fault is None


def test_another_tenants_work_reads_no_reference(bench: Any, work: Work, camera: Camera) -> None:
    bench.run(take(bench, camera, streams.seen("cam-04", 600, np.random.default_rng(12)), 0))
    assert len(service.reference_versions(work, camera.id)) == 1
    assert service.reference_versions(replace(work, tenant_id=work.ids.new()), camera.id) == []
