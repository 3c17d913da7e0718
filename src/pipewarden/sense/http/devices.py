"""Other people's devices over HTTP: register them, see what goes on, and the door through which they speak."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, CursorsHere, Name, Paged, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ScopedRow
from pipewarden.sense import service
from pipewarden.sense.facts import DeviceKind, DeviceMessage, Ended, NewDevice
from pipewarden.sense.rules import MAX_BYTES

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Device, DeviceAlarm, DeviceHeard

routes = router(tags=["devices"])
ActorHere = Annotated[Actor, Depends(actor_of)]
READ, MANAGE = "camera:read", "camera:manage"  # a device is one more eye: who keeps the cameras keeps the devices
Degrees = Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
Marker = Annotated[list[float], Field(min_length=3, max_length=3, description="chainage in metres, lon, lat")]


class DeviceIn(Asked):
    """A device as somebody registers it."""

    name: Name
    dialect: Annotated[str, Field(max_length=64, description="What it speaks; `own` takes a field_map.")]
    lon: Degrees | None = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    accuracy_m: Annotated[
        float | None, Field(ge=0, le=20_000, description="Radius about its place that holds what it notices, 95 %.")
    ] = None
    line: Annotated[
        list[Marker], Field(max_length=5000, description="Markers along a fibre or pipe that says only chainages.")
    ] = Field(default_factory=list)
    camera: Annotated[Name | None, Field(description="Key of the registered camera its pictures come from.")] = None
    senders: Annotated[
        list[UUID], Field(max_length=20, description="API keys that may speak for it over HTTP; none: MQTT alone.")
    ] = Field(default_factory=list)
    silence_s: Annotated[
        float | None, Field(ge=5, le=604_800, description="Without a word for so long, what goes on is over.")
    ] = None
    field_map: Annotated[
        dict[str, Any] | None, Field(description="As policy/devices writes them; with dialect `own` alone.")
    ] = None


class DeviceOut(BaseModel):
    """One device."""

    id: UUID
    key: str
    name: str
    dialect: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    line: list[Marker]
    camera_id: UUID | None
    senders: list[UUID]
    silence_s: float
    field_map: dict[str, Any] | None
    heard_at: Annotated[datetime | None, Field(description="When it last said something that could be read.")]
    active: Annotated[int, Field(description="Things that go on at it now.")]
    refused: Annotated[int, Field(description="Messages over MQTT that could not be read.")]
    problem: Annotated[str | None, Field(description="Why the last of those was refused.")]
    problem_at: datetime | None
    retired_at: datetime | None


class DevicePage(BaseModel):
    """A page of devices."""

    items: list[DeviceOut]
    next: str | None


class DeviceAlarmOut(BaseModel):
    """One thing that goes on at a device, or went on; its repeats are counted."""

    id: UUID
    originator: str
    kind: DeviceKind
    label: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    first_at: datetime
    last_at: datetime
    count: int
    score: float | None
    value: float | None
    unit: str | None
    words: str | None
    extra: Annotated[dict[str, Any], Field(description="Fields of the newest message that nobody used.")]
    ended_at: datetime | None
    ended_by: Ended | None


class DeviceFull(DeviceOut):
    """One device with what goes on at it, then what ended last."""

    alarms: list[DeviceAlarmOut]


class HeardOut(BaseModel):
    """What became of one thing that the message said."""

    alarm: DeviceAlarmOut | None
    observation_id: Annotated[UUID | None, Field(description="Empty for a repeat, an end, or an echo of what is over.")]


class HeardPage(BaseModel):
    """Everything that the message said; all of it is on disk."""

    items: list[HeardOut]


@routes.get("/devices")
def list_devices(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> DevicePage:
    """List devices, as far as your role and area reach; one without a place is seen by the whole tenant's roles."""
    after = cursors.read("devices", page.cursor)
    found = service.seen_devices(work, actor, READ, limit=page.limit + 1, after=None if after is None else UUID(after))
    rows = found[: page.limit]
    more = cursors.write("devices", str(rows[-1].id)) if len(found) > page.limit else None
    counts = service.active_counts(work, [one.id for one in rows])
    return DevicePage(items=[DeviceOut(**_fields(one, counts.get(one.id, 0))) for one in rows], next=more)


@routes.get("/devices/{key}")
def get_device(work: WorkHere, actor: ActorHere, key: str) -> DeviceFull:
    """Return a device of your tenant with what goes on at it."""
    return _full(work, _seen(work, actor, key, READ))


@routes.put("/devices/{key}")
def put_device(work: WorkHere, actor: ActorHere, key: str, asked: DeviceIn) -> DeviceFull:
    """Register a device, or change it; what it said stays. A retired one speaks again."""
    people.require_row(actor, MANAGE, ScopedRow(tenant_id=work.tenant_id), "device")
    camera = None if asked.camera is None else service.camera_by_key(work, asked.camera)
    if asked.camera is not None and camera is None:
        raise InputError(field="camera", problem="is no camera here", fix="Register the camera first.")
    new = NewDevice(
        key=key,
        name=asked.name,
        dialect=asked.dialect,
        lon=asked.lon,
        lat=asked.lat,
        accuracy_m=asked.accuracy_m,
        line=tuple((one[0], one[1], one[2]) for one in asked.line),
        camera_id=None if camera is None else camera.id,
        senders=tuple(asked.senders),
        silence_s=asked.silence_s,
        field_map=asked.field_map,
    )
    device = service.register_device(work, new)
    details = {"key": key, "dialect": device.dialect, "senders": [str(one) for one in device.senders]}
    people.record(work, actor, "device.registered", ("device", device.id), details)
    return _full(work, device)


@routes.delete("/devices/{key}")
def retire_device(work: WorkHere, actor: ActorHere, key: str) -> DeviceFull:
    """Let nobody speak for a device any more and end what goes on at it; what it said stays."""
    _seen(work, actor, key, MANAGE)
    device = service.retire_device(work, key)
    people.record(work, actor, "device.retired", ("device", device.id), {"key": key})
    return _full(work, device)


async def _message(request: Request) -> DeviceMessage:
    """Read a body, or a multipart one as cameras send it: the first text and the first picture, however named."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media.startswith("multipart/"):
        return DeviceMessage(await request.body())
    content, picture = b"", b""
    async with request.form(max_files=8, max_fields=8) as form:
        for _, part in form.multi_items():
            body = await part.read() if isinstance(part, UploadFile) else part.encode()
            shows = isinstance(part, UploadFile) and (part.content_type or "").startswith("image/")
            if shows:
                picture = picture or body
            else:
                content = content or body
    if len(picture) > MAX_BYTES:
        picture = b""  # the alarm counts all the same
    return DeviceMessage(content, picture)


_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/xml": _TEXT,
        "multipart/form-data": {
            "schema": {"type": "object", "description": "The message as one part, a picture as another."}
        },
    },
}


@routes.post(
    "/devices/{key}/alarms",
    status_code=202,
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": HeardPage, "description": "Nothing new: repeats, ends and echoes."}},
)
def send_alarm(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    *,
    key: str,
    message: Annotated[DeviceMessage, Depends(_message)],
) -> HeardPage:
    """Take what a device says, in its own dialect; the answer means that it is on disk."""
    heard = service.take_message(work, blobs, actor, key, message)
    if all(one.observation_id is None for one in heard):
        response.status_code = 200
    return HeardPage(items=[_heard(one) for one in heard])


def _seen(work: Work, actor: Actor, key: str, permission: str) -> Device:
    found = service.seen_devices(work, actor, permission, limit=1, key=key)
    return people.visible(next(iter(found), None), "device")


def _full(work: Work, device: Device) -> DeviceFull:
    alarms = service.device_alarms(work, device)
    active = sum(one.ended_at is None for one in alarms)
    return DeviceFull(**_fields(device, active), alarms=[_alarm(one) for one in alarms])


def _fields(one: Device, active: int) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in DeviceOut.model_fields if name not in {"active", "line"}}
    return told | {"active": active, "line": [list(marker) for marker in one.line]}


def _alarm(one: DeviceAlarm) -> DeviceAlarmOut:
    return DeviceAlarmOut(**{name: getattr(one, name) for name in DeviceAlarmOut.model_fields})


def _heard(one: DeviceHeard) -> HeardOut:
    return HeardOut(alarm=None if one.alarm is None else _alarm(one.alarm), observation_id=one.observation_id)
