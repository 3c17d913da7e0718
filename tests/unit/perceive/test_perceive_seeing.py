"""What the screen's pictures say of the camera that took them, on the way through the real drain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import blind_streams as streams
import numpy as np
import pytest

from pipewarden.people import service as people
from pipewarden.perceive import service
from pipewarden.perceive.facts import SIGHT_CHANGED, Fault
from pipewarden.perceive.jobs.screening import MOST_PICTURES
from pipewarden.perceive.service.seeing import LOOK_AGAIN_S, PATIENT_AGAIN_S
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera, NewEvent, NewObservation, Observation, ObservationKind

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
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
        at=bench.work.now() + timedelta(days=-1, minutes=minute),  # long after, as a recording is read
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
    good = [streams.seen("cam-04", 600 + 10 * n, rng) for n in range(3)]
    postpone(work)
    bench.run(*[take(bench, camera, pixels, 10 * n) for n, pixels in enumerate(good)])
    assert due_in_s(work) == 600
    bench.run(take(bench, camera, BLACK, 30))
    assert due_in_s(work) == LOOK_AGAIN_S
    postpone(work)
    bench.run(take(bench, camera, streams.FAULTS["covered"][0](good[0], [], 0, rng), 40))
    assert due_in_s(work) == PATIENT_AGAIN_S


def test_a_picture_older_than_the_last_says_nothing(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(10)
    bench.run(take(bench, camera, streams.seen("cam-04", 600, rng), 60))
    before = service.seeing(work, [camera.id])
    bench.run(*[take(bench, camera, BLACK, n) for n in range(3)])
    assert service.seeing(work, [camera.id]) == before


@pytest.mark.parametrize("more", [{"kind": ObservationKind.SINGLE}, {"camera_id": None}, {"at": None}])
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
        streams.note_look(work, one, pictures[n % 2])
    assert service.seeing(work, [camera.id])[camera.id].fault is None


@pytest.mark.parametrize("cameras", [1, 8])
def test_judging_cameras_costs_a_batch_a_few_statements_and_no_picture_any(
    bench: Any, work: Work, count_statements: list[str], cameras: int
) -> None:
    rng = np.random.default_rng(18)
    made = [sense.register_camera(work, NewCamera(f"c{n}", f"c{n}")) for n in range(cameras)]
    for begin in (0, 100, 200, 300):  # each is held against a reference by then
        frames = [
            take(bench, made[n % cameras], streams.seen("cam-04", 600 + n, rng), begin + 10 * n, stream=f"{begin}-{n}")
            for n in range(MOST_PICTURES)
        ]
        count_statements.clear()
        bench.run(*frames)
    asked = [one for one in count_statements if not one.startswith(("SAVEPOINT", "RELEASE"))]
    about = [one for one in asked if "perceive_sights" in one or "perceive_references" in one]
    assert len(about) == 3
    assert len(asked) <= 12


def test_another_tenants_work_reads_no_reference(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(12)
    bench.run(*[take(bench, camera, streams.seen("cam-04", 600 + 10 * n, rng), 10 * n) for n in range(3)])
    assert len(service.reference_versions(work, camera.id)) == 1
    assert service.reference_versions(replace(work, tenant_id=work.ids.new()), camera.id) == []


def sent(bench: Any, camera: Camera, pixels: np.ndarray, skew_s: float) -> Observation:
    """Let a device send a picture now, by a clock that is so many seconds behind ours."""
    number = next(bench.numbers)
    new = NewObservation(
        stream=camera.key,
        source_id=f"sent {number}",
        kind=ObservationKind.FRAME,
        picture=bench.jpeg(pixels),
        picture_name="x.jpg",
        at=bench.work.now() - timedelta(seconds=skew_s),
        camera_id=camera.id,
    )
    event = NewEvent(observation=new, source="gate", event_id=str(number))
    one = sense.take(bench.work, bench.blobs, people.operator(bench.work.tenant_id), event).observation
    streams.note_look(bench.work, one, pixels)
    return one


def test_a_clock_that_goes_back_is_told_and_the_camera_is_looked_at_all_the_same(
    bench: Any, work: Work, camera: Camera, clock: SetClock
) -> None:
    rng = np.random.default_rng(13)
    for n in range(3):
        sent(bench, camera, streams.seen("cam-04", 600 + 10 * n, rng), 0.5)
        clock.advance(timedelta(minutes=10))
    work.take_facts()
    for n in range(3):
        sent(bench, camera, streams.seen("cam-04", 630 + 10 * n, rng), 8 * 3600.0)
        clock.advance(timedelta(minutes=10))
    assert [fact.kind for fact in work.take_facts()].count(SIGHT_CHANGED) == 1
    assert service.seeing(work, [camera.id])[camera.id].clock_wrong_since == work.now() - timedelta(minutes=10)
    for _ in range(3):
        sent(bench, camera, BLACK, 8 * 3600.0)
        clock.advance(timedelta(minutes=10))
    seeing = service.seeing(work, [camera.id])[camera.id]
    assert seeing.fault is Fault.BLACK
    assert seeing.since == work.now() - timedelta(minutes=30), "by our clock"


def test_a_clock_that_stands_still_is_told_as_that_and_not_as_silence(
    bench: Any, work: Work, camera: Camera, clock: SetClock
) -> None:
    rng = np.random.default_rng(19)
    for n in range(3):
        sent(bench, camera, streams.seen("cam-04", 600 + 10 * n, rng), 0.5)
        clock.advance(timedelta(minutes=10))
    work.take_facts()
    for n in range(3):
        sent(bench, camera, streams.seen("cam-04", 630 + 10 * n, rng), 600.5 * (n + 1) - n / 2)
        assert service.seeing(work, [camera.id])[camera.id].heard_at == work.now(), "it answers, whatever it says"
        clock.advance(timedelta(minutes=10))
    assert [fact.kind for fact in work.take_facts()].count(SIGHT_CHANGED) == 1
    assert service.seeing(work, [camera.id])[camera.id].clock_wrong_since == work.now() - timedelta(minutes=20)
    for n in range(3, 6):
        sent(bench, camera, BLACK, 600.5 * (n + 1) - n / 2)
        clock.advance(timedelta(minutes=10))
    assert service.seeing(work, [camera.id])[camera.id].fault is Fault.BLACK, "it is looked at by our clock"
    for n in range(3):
        sent(bench, camera, streams.seen("cam-04", 700 + 10 * n, rng), 0.5)
        clock.advance(timedelta(minutes=10))
    assert service.seeing(work, [camera.id])[camera.id].clock_wrong_since is None


def test_pictures_of_an_outage_that_come_newest_first_are_no_clock_that_stands(
    bench: Any, work: Work, camera: Camera, clock: SetClock
) -> None:
    rng = np.random.default_rng(20)
    sent(bench, camera, streams.seen("cam-04", 600, rng), 0.5)
    for n in range(5):
        clock.advance(timedelta(seconds=2))
        sent(bench, camera, streams.seen("cam-04", 590 - 10 * n, rng), 600.0 * (n + 1))
    assert service.seeing(work, [camera.id])[camera.id].clock_wrong_since is None


def test_a_picture_of_the_future_hides_none_that_comes_after(
    bench: Any, work: Work, camera: Camera, clock: SetClock
) -> None:
    rng = np.random.default_rng(14)
    sent(bench, camera, streams.seen("cam-04", 600, rng), -86400.0)
    clock.advance(timedelta(minutes=10))
    last = sent(bench, camera, streams.seen("cam-04", 610, rng), 0.5)
    assert service.seeing(work, [camera.id])[camera.id].observation_id == last.id


def test_a_recording_that_the_house_reads_tells_of_no_clock(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(15)
    for n in range(5):
        seen = streams.seen("cam-04", 600, rng)
        streams.note_look(work, take(bench, camera, seen, n / 60), streams.seen("cam-04", 600, rng))
    assert service.seeing(work, [camera.id])[camera.id].clock_wrong_since is None


def test_a_camera_first_seen_black_has_no_reference_until_it_sees(bench: Any, work: Work, camera: Camera) -> None:
    rng = np.random.default_rng(16)
    for n in range(4):
        streams.note_look(work, take(bench, camera, BLACK, 10 * n), rng.integers(0, 6, BLACK.shape, np.uint8))
    assert service.reference_versions(work, camera.id) == []
    for n in range(4, 10):
        seen = streams.seen("cam-04", 600 + 10 * n, rng)
        streams.note_look(work, take(bench, camera, seen, 10 * n), seen)
    assert len(service.reference_versions(work, camera.id)) == 1
    assert service.seeing(work, [camera.id])[camera.id].fault is None


def test_a_camera_that_is_still_being_turned_is_held_against_nothing(bench: Any, work: Work, camera: Camera) -> None:
    """The first picture of an installation is seldom the one it is for: three in a row must agree."""
    rng = np.random.default_rng(17)
    for n, street in enumerate(("cam-04", "cam-09", "cam-04", "cam-09", "cam-09")):
        seen = streams.seen(street, 600 + 10 * n, rng)
        streams.note_look(work, take(bench, camera, seen, 10 * n), seen)
    assert service.reference_versions(work, camera.id) == []
    assert service.seeing(work, [camera.id])[camera.id].fault is None
    seen = streams.seen("cam-09", 700, rng)
    streams.note_look(work, take(bench, camera, seen, 50), seen)
    (made,) = service.reference_versions(work, camera.id)
    assert made.actor_id is None


def test_a_camera_that_moves_has_no_view_to_lose(bench: Any, work: Work) -> None:
    bus = sense.register_camera(work, NewCamera("bus", "bus", calibration={"moving": {"height_m": 2.8}}))
    streams.note_look(work, take(bench, bus, BLACK, 0), BLACK)
    assert service.seeing(work, [bus.id]) == {}
