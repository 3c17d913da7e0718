"""Devices as use cases: who is registered, who may speak, what is kept of a message, and when it is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from vision_site import jpeg

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope
from pipewarden.sense import service
from pipewarden.sense.facts import DeviceHeard, DeviceKind, DeviceMessage, Ended, NewDevice, ObservationKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

SENDER = UUID(int=77)
FIBRE = NewDevice("fibre-3", "Fibre 3", "das", lon=116.7, lat=39.5, accuracy_m=20.0, senders=(SENDER,))


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def key_of(work: Work, sender: UUID = SENDER, permission: str = "observation:create") -> Actor:
    grants = (Grant(permission, Scope.TENANT, work.tenant_id, None, Role.DEVICE),)
    return Actor(ActorKind.DEVICE, sender, "box", work.tenant_id, grants=grants)


def das(**more: Any) -> bytes:
    return json.dumps({"fibre": "f1", "class": "mechanical_digging"} | more).encode()


def hear(work: Work, blobs: BlobStore, content: bytes, **more: Any) -> list[DeviceHeard]:
    return service.take_published(work, blobs, "fibre-3", DeviceMessage(content, **more))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "a b"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "#"}, "key"),
        ({"key": "x" * 65}, "key"),
        ({"name": " "}, "name"),
        ({"dialect": "morse"}, "dialect"),
        ({"dialect": "own"}, "field_map"),
        ({"field_map": {"kind": "vibration", "fields": {"originator": "a", "label": "b"}}}, "field_map"),
        ({"lat": None}, "lon"),
        ({"lon": 200.0}, "lon"),
        ({"silence_s": 1.0}, "silence_s"),
        ({"line": ((0.0, 1.0, 2.0),)}, "line"),
        ({"line": ((0.0, 1.0, 2.0), (0.0, 1.0, 3.0))}, "line"),
        ({"camera_id": UUID(int=5)}, "camera_id"),
    ],
)
def test_a_device_that_is_wrong_is_refused_by_its_field(work: Work, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as error:
        service.register_device(work, replace(FIBRE, **change))
    assert error.value.field == field


def test_registered_again_it_is_changed_and_stays_the_same(work: Work) -> None:
    first = service.register_device(work, FIBRE)
    again = service.register_device(work, replace(FIBRE, name="Fibre three", silence_s=60.0))
    assert (again.id, again.name, again.silence_s) == (first.id, "Fibre three", 60.0)
    assert [one.key for one in service.all_devices(work)] == ["fibre-3"]


def test_what_it_says_is_an_observation_with_its_words_and_its_unknown_fields(work: Work, blobs: BlobStore) -> None:
    device = service.register_device(work, FIBRE)
    [heard] = hear(work, blobs, das(confidence=0.9, vendor={"temperature": 21}))
    assert heard.observation_id is not None
    one = service.observations(work, [heard.observation_id])[heard.observation_id]
    assert (one.kind, one.stream, one.picture) == (ObservationKind.DEVICE, "device:fibre-3", "")
    told = service.told(work, [one.id])[one.id]
    assert (told.noticed, told.device_id, told.owner_id) == (DeviceKind.MACHINERY, device.id, device.id)
    assert (told.lon, told.lat, told.accuracy_m) == (116.7, 39.5, 20.0)
    assert told.words == "machinery: mechanical_digging, score 0.90"
    assert told.extra == {"vendor": {"temperature": 21}}


def test_a_good_picture_is_kept_and_a_bad_one_noted(work: Work, blobs: BlobStore) -> None:
    service.register_device(work, FIBRE)
    [good] = hear(work, blobs, das(fibre="a"), picture=jpeg())
    [bad] = hear(work, blobs, das(fibre="b"), picture=b"<html>")
    assert good.observation_id is not None
    assert bad.observation_id is not None
    seen = service.observations(work, [good.observation_id, bad.observation_id])
    assert blobs.get(seen[good.observation_id].picture) == jpeg()
    assert seen[bad.observation_id].picture == ""
    assert service.told(work, [bad.observation_id])[bad.observation_id].picture_problem


def test_the_same_message_again_is_counted_and_makes_no_observation(work: Work, blobs: BlobStore) -> None:
    service.register_device(work, FIBRE)
    [first], [second] = hear(work, blobs, das()), hear(work, blobs, das())
    assert first.alarm is not None
    assert second.alarm is not None
    assert (second.observation_id, second.alarm.id, second.alarm.count) == (None, first.alarm.id, 2)


def test_what_a_broker_kept_for_long_is_not_news(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    service.register_device(work, FIBRE)
    assert hear(work, blobs, das(), retained=True) == [], "nobody knows since when"
    old = (clock.now() - timedelta(hours=2)).isoformat()
    assert hear(work, blobs, das(time=old), retained=True) == []
    [fresh] = hear(work, blobs, das(time=clock.now().isoformat()), retained=True)
    assert fresh.observation_id is not None


def test_what_went_silent_is_over_and_begins_anew(work: Work, blobs: BlobStore, clock: SetClock) -> None:
    device = service.register_device(work, FIBRE)
    hear(work, blobs, das())
    clock.advance(timedelta(seconds=899))
    assert service.end_silent(work) == 0
    clock.advance(timedelta(seconds=2))
    assert service.end_silent(work) == 1
    assert [one.ended_by for one in service.device_alarms(work, device)] == [Ended.SILENT]
    [again] = hear(work, blobs, das())
    assert again.observation_id is not None
    assert service.active_counts(work, [device.id]) == {device.id: 1}


def test_only_its_sender_speaks_over_http(work: Work, blobs: BlobStore) -> None:
    service.register_device(work, FIBRE)
    said = DeviceMessage(das())
    with pytest.raises(RefusedError, match="not bound"):
        service.take_message(work, blobs, key_of(work, UUID(int=78)), "fibre-3", said)
    with pytest.raises(ForbiddenError):
        service.take_message(work, blobs, key_of(work, permission="observation:read"), "fibre-3", said)
    with pytest.raises(NotFoundError):
        service.take_message(work, blobs, key_of(work), "fibre-4", said)
    nowhere = replace(work, tenant_id=PLATFORM)
    with pytest.raises(RefusedError, match="platform"):
        service.take_message(nowhere, blobs, key_of(work), "fibre-3", said)
    assert service.take_message(work, blobs, key_of(work), "fibre-3", said)[0].observation_id is not None


def test_a_retired_device_speaks_no_more_until_it_is_registered_again(work: Work, blobs: BlobStore) -> None:
    device = service.register_device(work, FIBRE)
    hear(work, blobs, das())
    assert service.retire_device(work, "fibre-3").retired_at is not None
    assert [one.ended_by for one in service.device_alarms(work, device)] == [Ended.RETIRED]
    with pytest.raises(NotFoundError):
        hear(work, blobs, das())
    assert service.all_devices(work) == []
    service.register_device(work, FIBRE)
    assert hear(work, blobs, das(fibre="g"))[0].observation_id is not None


def test_refused_messages_are_counted_with_their_reason(work: Work, blobs: BlobStore) -> None:
    service.register_device(work, FIBRE)
    with pytest.raises(InputError) as error:
        hear(work, blobs, b"\xff\xfe{")
    assert service.note_refused(work, "fibre-3", str(error.value))
    assert not service.note_refused(work, "fibre-4", "x")
    [device] = service.all_devices(work)
    assert device.refused == 1
    assert device.problem == str(error.value)[:500]
