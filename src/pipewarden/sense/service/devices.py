"""Other people's devices: register them, take what they say, end what went silent."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ForbiddenError
from pipewarden.sense import store
from pipewarden.sense.facts import (
    Device,
    DeviceAlarm,
    DeviceHeard,
    DeviceMessage,
    Ended,
    NewDevice,
    NewObservation,
    ObservationKind,
    Told,
)
from pipewarden.sense.rules import check_header
from pipewarden.sense.rules import devices as rules
from pipewarden.sense.service.river import cameras, observe_all
from pipewarden.sense.store.device_maps import shipped_maps

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.rules.devices import DeviceSaid, FieldMap

OWN = "own"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_MARKERS = 5000
_SILENCE_S = (5.0, 7 * 86_400.0)
_FRESH = timedelta(hours=1)  # a broker hands out what it kept at each new subscription


def dialects() -> list[str]:
    """Return every dialect that a device may speak: built in, mapped, and ``own``."""
    return [*rules.DIALECTS, *shipped_maps(), OWN]


def field_maps() -> list[FieldMap]:
    """Return the shipped field maps by name."""
    return list(shipped_maps().values())


def said(dialect: str, content: bytes, own: dict[str, object] | None = None) -> list[DeviceSaid]:
    """Return what a message says; touches nothing.

    Raises:
        InputError: the dialect is unknown, or the message cannot be read; the field is the device's own name of it.
    """
    mine = {} if own is None else {OWN: rules.field_map(OWN, own)}
    return rules.read(dialect, content, {**shipped_maps(), **mine})


def register_device(work: Work, new: NewDevice) -> Device:
    """Register a device, or change the one of the same key; its id and what it said stay.

    Raises:
        InputError: a field is wrong, or the camera is not the tenant's.
    """
    _check(new)
    camera = None
    if new.camera_id is not None:
        camera = cameras(work, [new.camera_id]).get(new.camera_id)
        if camera is None:
            raise InputError(field="camera_id", problem="is no camera here", fix="Register the camera first.")
    spot = (new.lon, new.lat) if camera is None or new.lon is not None else (camera.lon, camera.lat)
    device = Device(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        key=new.key,
        name=new.name.strip(),
        dialect=new.dialect,
        lon=spot[0],
        lat=spot[1],
        accuracy_m=new.accuracy_m,
        line=tuple(sorted(new.line)),
        camera_id=new.camera_id,
        senders=new.senders,
        silence_s=new.silence_s or rules.SILENCE_S.get(new.dialect, rules.OTHER_SILENCE_S),
        field_map=new.field_map,
        created_at=work.now(),
    )
    return store.put_device(work.session, device)


def _check(new: NewDevice) -> None:
    if not _KEY.fullmatch(new.key):
        raise InputError(
            field="key",
            problem=f"{new.key[:64]!r} cannot stand in a topic",
            fix="Give 1-64 letters, digits, dots, dashes or underscores, a letter or digit first.",
        )
    if not new.name.strip():
        raise InputError(field="name", problem="is empty", fix="Say what people call it.")
    if new.dialect not in dialects():
        raise InputError(
            field="dialect", problem=f"{new.dialect[:40]!r} is not known", fix=f"Choose from {', '.join(dialects())}."
        )
    if (new.dialect == OWN) is (new.field_map is None):
        raise InputError(
            field="field_map", problem="and dialect do not fit", fix="Give a field_map with the dialect own alone."
        )
    if new.field_map is not None:
        rules.field_map(OWN, new.field_map)
    if (new.lon is None) != (new.lat is None) or not (abs(new.lon or 0) <= 180 and abs(new.lat or 0) <= 90):  # noqa: PLR2004  degrees
        raise InputError(field="lon", problem="and lat are not a place", fix="Give both in degrees WGS-84.")
    if new.silence_s is not None and not _SILENCE_S[0] <= new.silence_s <= _SILENCE_S[1]:
        raise InputError(field="silence_s", problem="is not 5 s to 7 days", fix="Give seconds within that.")
    marks = [one[0] for one in new.line]
    if len(marks) == 1 or len(marks) > _MOST_MARKERS or len(set(marks)) != len(marks):
        raise InputError(
            field="line", problem="needs 2 to 5,000 markers of different chainage", fix="Give chainage_m, lon, lat."
        )


def retire_device(work: Work, key: str) -> Device:
    """Let nobody speak for a device any more and end what goes on at it; what it said stays.

    Raises:
        NotFoundError: the tenant has no such device.
    """
    device = people.visible(store.device_by_key(work.session, work.tenant_id, key, lock=True), "device")
    if device.retired_at is None:
        device = replace(device, retired_at=work.now())
        store.change_device(work.session, device.id, {"retired_at": device.retired_at})
        mine = store.DeviceAlarmRow.device_id == device.id
        while store.end_alarms(work.session, mine, by=Ended.RETIRED, now=work.now(), limit=1000):
            pass
    return device


def seen_devices(
    work: Work, actor: Actor, permission: str, *, limit: int, after: UUID | None = None, key: str | None = None
) -> list[Device]:
    """Return the devices on which the actor holds a permission, by id; or the tenant's with this key.

    Raises:
        ForbiddenError: the actor holds it nowhere.
    """
    conditions = [people.scope_filter(actor, permission, store.DEVICES)]
    if after is not None:
        conditions.append(store.DeviceRow.id > after)
    if key is not None:
        conditions += [store.DeviceRow.key == key, store.DeviceRow.tenant_id == work.tenant_id]
    return store.devices_where(work.session, *conditions, limit=limit)


def all_devices(work: Work) -> list[Device]:
    """Return the devices of the tenant that are not retired, by id."""
    mine = (store.DeviceRow.tenant_id == work.tenant_id, store.DeviceRow.retired_at.is_(None))
    return store.devices_where(work.session, *mine, limit=100_000)


def device_alarms(work: Work, device: Device, *, limit: int = 50) -> list[DeviceAlarm]:
    """Return what goes on at a device, then what ended last."""
    return store.device_alarms(work.session, device.id, limit=limit)


def active_counts(work: Work, device_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many things go on at each of the devices; those with none are left out."""
    return store.active_counts(work.session, list(device_ids))


def take_message(work: Work, blobs: BlobStore, actor: Actor, key: str, message: DeviceMessage) -> list[DeviceHeard]:
    """Take what a device says over HTTP.

    Raises:
        ForbiddenError: the actor may send nothing.
        NotFoundError: the tenant has no such device.
        RefusedError: the actor acts for no tenant, or is none of the device's senders.
        InputError: the message cannot be read.
    """
    if not actor.grants_for("observation:create"):
        raise ForbiddenError.of("observation:create")
    if work.tenant_id == PLATFORM:
        raise RefusedError(field="tenant", problem="is none: you act for the platform", fix="Act for a gas company.")
    device = _speaking(work, key)
    if actor.id not in device.senders:
        raise RefusedError(
            field="key", problem="is not bound to this device", fix="Name the API key among the device's senders."
        )
    return _hear(work, blobs, device, message, actor.id)


def take_published(work: Work, blobs: BlobStore, key: str, message: DeviceMessage) -> list[DeviceHeard]:
    """Take what a device of the tenant worked for says over MQTT; the broker's access list has proved that it is it.

    Raises:
        NotFoundError: the tenant has no such device.
        InputError: the message cannot be read.
    """
    device = _speaking(work, key)
    return _hear(work, blobs, device, message, device.id)


def note_refused(work: Work, key: str, problem: str) -> bool:
    """Count a message of a device that could not be read, with its reason, and return whether it is known."""
    device = store.device_by_key(work.session, work.tenant_id, key)
    if device is not None:
        store.count_refused(work.session, device.id, problem[:500], work.now())
    return device is not None


def end_silent(work: Work, *, limit: int = 1000) -> int:
    """End what went silent at devices of any tenant and return how many."""
    quiet = store.DeviceAlarmRow.silent_at <= work.now()
    return store.end_alarms(work.session, quiet, by=Ended.SILENT, now=work.now(), limit=limit)


def _speaking(work: Work, key: str) -> Device:
    device = store.device_by_key(work.session, work.tenant_id, key, lock=True)
    return people.visible(None if device is None or device.retired_at is not None else device, "device")


def _hear(work: Work, blobs: BlobStore, device: Device, message: DeviceMessage, sender: UUID) -> list[DeviceHeard]:
    """Join each thing that a message says to what goes on; the device's row is locked."""
    now = work.now()
    told = said(device.dialect, message.content, None if device.field_map is None else dict(device.field_map))
    if message.retained:
        told = [one for one in told if one.at is not None and (now - one.at) < _FRESH]
    found = []
    for one in told:
        place = rules.where(one, device)
        known = store.known_alarms(work.session, device.id, one.originator, one.kind, now - rules.REMEMBERED)
        step = rules.join(known, one, place, device, now=now, new_id=work.ids.new())
        if step.act is rules.Act.ECHO or step.alarm is None:
            found.append(DeviceHeard(step.alarm, None))
            continue
        alarm = step.alarm
        if step.tells:
            alarm = replace(alarm, told=alarm.told + 1, told_at=now)
        store.put_alarm(work.session, alarm)
        made = None
        if step.tells:
            shown = message.picture or one.picture
            made = _tell(work, blobs, device, alarm, said=one, place=place, picture=shown, sender=sender)
        found.append(DeviceHeard(alarm, made))
    store.change_device(work.session, device.id, {"heard_at": now})
    return found


def _tell(
    work: Work,
    blobs: BlobStore,
    device: Device,
    alarm: DeviceAlarm,
    *,
    said: DeviceSaid,
    place: rules.Where,
    picture: bytes,
    sender: UUID,
) -> UUID:
    """Make the observation of an alarm that began, moved or goes on for long, and return its id."""
    shown, problem = _usable(picture)
    new = NewObservation(
        stream=f"device:{device.key}",
        source_id=f"{alarm.id}#{alarm.told}",
        kind=ObservationKind.DEVICE,
        picture=shown,
        picture_name=f"{device.key} {alarm.label}",
        at=alarm.last_at,
        camera_id=device.camera_id,
    )
    observation = observe_all(work, blobs, [new])[0][0]
    words = rules.sentence(said)
    store.add_told(
        work.session,
        [
            Told(
                observation_id=observation.id,
                tenant_id=work.tenant_id,
                owner_id=sender,
                source=device.key,
                event_id=new.source_id,
                words=words,
                lon=place.lon,
                lat=place.lat,
                accuracy_m=place.accuracy_m,
                picture_problem=problem,
                extra=dict(alarm.extra),
                content_sha256=hashlib.sha256(json.dumps([new.source_id, words]).encode()).digest(),
                device_id=device.id,
                noticed=said.kind,
                area=place.area,
            )
        ],
    )
    return observation.id


def _usable(picture: bytes) -> tuple[bytes, str | None]:
    """Return the picture, or why it is not kept; the alarm counts all the same."""
    if not picture:
        return b"", None
    try:
        check_header(picture, "picture")
    except InputError as error:
        return b"", error.problem
    return picture, None
