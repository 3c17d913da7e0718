"""Trips of moving cameras: begun once, added to as often as it takes, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ConsentError, NotFoundError
from pipewarden.people.facts.privacy import Purpose
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Fix, FixSource, NewCamera, NewFrame, ObservationKind, Trip

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
BUS = NewCamera(
    key="bus-7",
    name="7 路",
    image_size=(1280, 720),
    calibration={"moving": {"height_m": 2.6, "tilt_deg": 8, "hfov_deg": 70}},
)
FIX = Fix(lon=116.7, lat=39.5, accuracy_m=8.0, source=FixSource.TRACK, course_deg=90.0, speed_mps=7.5)


def picture(number: int) -> bytes:
    return bytes(cv2.imencode(".png", np.full((8, 8, 3), number % 256, np.uint8))[1].tobytes())


def frame(number: int, fix: Fix | None = FIX, **more: object) -> NewFrame:
    told = {"why": None if fix else "no fix within 10 s"} | more
    return NewFrame(picture(number), f"{number}.jpg", START + timedelta(seconds=number), fix, **told)  # type: ignore[arg-type]


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def begin(work: Work, name: str = "monday") -> Trip:
    sense.register_camera(work, BUS)
    return sense.begin_trip(work, people.operator(work.tenant_id), "bus-7", name)


def test_a_trip_is_begun_once_under_its_name(work: Work) -> None:
    first = begin(work)
    assert begin(work) == first
    assert begin(work, "tuesday").id != first.id


def test_a_camera_that_stands_makes_no_trip(work: Work) -> None:
    sense.register_camera(work, NewCamera(key="pole", name="pole", lon=116.7, lat=39.5))
    with pytest.raises(InputError, match="stands"):
        sense.begin_trip(work, people.operator(work.tenant_id), "pole", "x")
    with pytest.raises(NotFoundError):
        sense.begin_trip(work, people.operator(work.tenant_id), "nobody", "x")


def test_nobody_goes_on_with_anothers_trip(work: Work) -> None:
    trip = begin(work)
    other = replace(people.operator(work.tenant_id), id=work.ids.new())
    with pytest.raises(NotFoundError):
        sense.begin_trip(work, other, "bus-7", "monday")
    with pytest.raises(NotFoundError):
        sense.own_trip(work, other, trip.id)


def test_a_person_rides_only_after_agreeing_to_be_recorded_and_not_after_withdrawing(work: Work) -> None:
    sense.register_camera(work, BUS)
    rider = rider_of(work)
    with pytest.raises(ConsentError, match="location"):
        sense.begin_trip(work, rider, "bus-7", "monday")
    assert sense.seen_trips(work, people.operator(work.tenant_id), limit=9) == []
    people.say_consent(work, rider, Purpose.LOCATION, 1, given=True)
    trip = sense.begin_trip(work, rider, "bus-7", "monday")
    assert sense.own_trip(work, rider, trip.id) == trip
    people.say_consent(work, rider, Purpose.LOCATION, 1, given=False)
    for act in (lambda: sense.own_trip(work, rider, trip.id), lambda: sense.begin_trip(work, rider, "bus-7", "monday")):
        with pytest.raises(ConsentError):
            act()


def test_a_vehicles_key_is_no_person_and_is_asked_nothing(work: Work) -> None:
    sense.register_camera(work, BUS)
    vehicle = replace(rider_of(work), kind=ActorKind.DEVICE)
    trip = sense.begin_trip(work, vehicle, "bus-7", "monday")
    assert sense.own_trip(work, vehicle, trip.id) == trip


def rider_of(work: Work) -> Actor:
    return replace(people.operator(work.tenant_id), kind=ActorKind.PERSON, id=work.ids.new())


def test_frames_are_kept_once_however_often_they_are_sent(work: Work, blobs: BlobStore) -> None:
    trip, actor = begin(work), people.operator(work.tenant_id)
    first = sense.add_frames(work, blobs, actor, trip, [frame(1), frame(2)])
    again = sense.add_frames(work, blobs, actor, trip, [frame(2), frame(3)])
    assert [fresh for _, fresh in first + again] == [True, True, False, True]
    assert again[0][0].observation_id == first[1][0].observation_id
    kept = sense.trip_frames(work, trip, limit=10)
    assert [one.at for one in kept] == [START + timedelta(seconds=n) for n in (1, 2, 3)]
    assert kept[0].fix == FIX
    assert sense.trip_frames(work, trip, limit=10, after=kept[1].observation_id) == kept[2:]
    summed = sense.trip_sums(work, [trip])[trip.id]
    assert (summed.frames, summed.unplaced, summed.flagged) == (3, 0, 0)
    assert summed.last_at == START + timedelta(seconds=3)


def test_the_same_picture_at_another_place_is_refused_and_changes_nothing(work: Work, blobs: BlobStore) -> None:
    trip, actor = begin(work), people.operator(work.tenant_id)
    sense.add_frames(work, blobs, actor, trip, [frame(1)])
    with pytest.raises(InputError, match="another event"):
        sense.add_frames(work, blobs, actor, trip, [frame(1, replace(FIX, lon=116.8))])
    assert sense.trip_frames(work, trip, limit=10)[0].fix == FIX


def test_a_picture_without_a_place_is_kept_with_the_reason_and_makes_no_sequence(work: Work, blobs: BlobStore) -> None:
    trip, actor = begin(work), people.operator(work.tenant_id)
    ((lost, _),) = sense.add_frames(work, blobs, actor, trip, [frame(1, None)])
    ((fast, _),) = sense.add_frames(work, blobs, actor, trip, [frame(2, replace(FIX, flags=("180 km/h",)))])
    kept = {one.observation_id: one for one in sense.trip_frames(work, trip, limit=10)}
    assert kept[lost.observation_id].fix is None
    assert kept[lost.observation_id].why == "no fix within 10 s"
    kinds = {one.id: one.kind for one in sense.observations(work, list(kept)).values()}
    assert kinds == {lost.observation_id: ObservationKind.SINGLE, fast.observation_id: ObservationKind.FRAME}
    assert sense.fixes(work, list(kept)) == {fast.observation_id: replace(FIX, flags=("180 km/h",))}
    summed = sense.trip_sums(work, [trip])[trip.id]
    assert (summed.frames, summed.unplaced, summed.flagged) == (2, 1, 1)


def test_a_device_with_the_right_sees_its_trip_and_another_tenant_does_not(work: Work) -> None:
    trip = begin(work)
    seen = sense.seen_trips(work, people.operator(work.tenant_id), limit=5)
    assert [one.id for one in seen] == [trip.id]
    assert sense.seen_trips(work, people.operator(work.tenant_id), limit=5, before=trip.id) == []
