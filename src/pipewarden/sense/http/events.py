"""Events over HTTP: CloudEvents 1.0 in, one at a time, many at once, or beside a picture; acknowledged when durable."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    BlobsHere,
    CursorsHere,
    Moment,
    Name,
    Paged,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.people import service as people
from pipewarden.people.facts import Actor
from pipewarden.sense import service
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind, Taken
from pipewarden.sense.rules import MAX_BYTES

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera, Observation, Told

routes = router(tags=["observations"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST_EVENTS = 100
_MOST_EXTRA = 16 << 10
_KINDS = {
    "pipewarden.frame": ObservationKind.FRAME,
    "pipewarden.picture": ObservationKind.SINGLE,
    "pipewarden.report": ObservationKind.REPORT,
}


class EventData(BaseModel):
    """What an event says; fields we do not know are kept, because devices outlive their servers."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    camera: Annotated[Name | None, Field(description="Key of a registered camera; a frame needs one.")] = None
    words: Annotated[Sentence | None, Field(description="What a person saw; a report needs them.")] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, description="Degrees WGS-84.")] = None
    lat: Annotated[float | None, Field(ge=-90, le=90, description="Degrees WGS-84.")] = None
    accuracy_m: Annotated[
        float | None, Field(ge=0, le=20_000, description="Radius of 95 of 100 cases (W3C Geolocation), metres.")
    ] = None
    offset_s: Annotated[float, Field(ge=0, le=1e9, description="Seconds from the stream's first frame.")] = 0.0
    picture: Annotated[str | None, Field(description="The picture's bytes in base64, where no file is sent.")] = None
    rendered: Annotated[bool, Field(description="The picture is rendered, no photograph; it is labelled so.")] = False


class Event(BaseModel):
    """A CloudEvents 1.0 event; extension attributes are kept."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Literal["pipewarden.frame", "pipewarden.picture", "pipewarden.report"]
    time: Moment | None = None
    data: EventData = Field(default_factory=EventData)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one request brought."""

    events: list[Event]
    picture: bytes | None


class TakenOut(BaseModel):
    """One event as it was kept."""

    observation_id: UUID
    id: str
    source: str
    received_at: datetime
    duplicate: Annotated[bool, Field(description="It had come before; nothing was done twice.")]
    picture_problem: Annotated[str | None, Field(description="Why a picture was not kept; the words were.")]


class TakenPage(BaseModel):
    """Every event of the request: all of them are on disk."""

    items: list[TakenOut]


class ObservationOut(BaseModel):
    """One observation."""

    id: UUID
    kind: Literal["frame", "single", "report", "device"]
    stream: str
    at: datetime | None
    received_at: datetime
    camera_id: UUID | None
    has_picture: Annotated[bool, Field(description="A picture was kept; alarms and reviews show it.")]
    source: str | None
    event_id: str | None
    words: str | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    picture_problem: str | None
    rendered: Annotated[bool, Field(description="The picture is rendered, no photograph.")]


class ObservationPage(BaseModel):
    """A page of observations, newest first."""

    items: list[ObservationOut]
    next: str | None


_ONE = TypeAdapter(Event)
_MANY = TypeAdapter(Annotated[list[Event], Field(min_length=1, max_length=_MOST_EVENTS)])


def _parsed(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_context=False, include_input=False)]
        ) from error


async def _envelope(request: Request) -> Envelope:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        async with request.form(max_files=2, max_fields=4) as form:
            event, picture = form.get("event"), form.get("picture")
            said = await event.read() if isinstance(event, UploadFile) else (event or "").encode()
            content = await picture.read() if isinstance(picture, UploadFile) else None
        return Envelope([_parsed(_ONE, said)], content)
    if media == "application/cloudevents-batch+json":
        return Envelope(_parsed(_MANY, await request.body()), None)
    if media in {"application/cloudevents+json", "application/json"}:
        return Envelope([_parsed(_ONE, await request.body())], None)
    raise InputError(
        field="Content-Type",
        problem=f"{media or 'none'!r} is not an event",
        fix="Send application/cloudevents+json, application/cloudevents-batch+json or multipart/form-data.",
    )


_EVENT_REF = {"$ref": "#/components/schemas/Event"}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/cloudevents+json": {"schema": _EVENT_REF},
        "application/cloudevents-batch+json": {
            "schema": {"type": "array", "items": _EVENT_REF, "minItems": 1, "maxItems": _MOST_EVENTS}
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["event"],
                "properties": {
                    "event": {"type": "string", "description": "The event as JSON."},
                    "picture": {"type": "string", "format": "binary"},
                },
            }
        },
    },
}


@routes.post(
    "/observations",
    status_code=201,
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": TakenPage, "description": "Every event had come before."}},
)
def send(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    envelope: Annotated[Envelope, Depends(_envelope)],
) -> TakenPage:
    """Take events; the answer means that every one of them is on disk, or was before."""
    events = [_new(work, actor, one, envelope.picture) for one in envelope.events]
    items = [_out(taken) for taken in service.take_all(work, blobs, actor, events)]
    if all(item.duplicate for item in items):
        response.status_code = 200
    return TakenPage(items=items)


def _new(work: Work, actor: Actor, event: Event, sent: bytes | None) -> NewEvent:
    kind, data = _KINDS[event.type], event.data
    camera = _camera(work, actor, event)
    picture, problem = _picture(data, sent, words=kind is ObservationKind.REPORT)
    observation = NewObservation(
        # a camera's frames are its stream; everything else is the sender's own, whatever they call themselves
        stream=f"{actor.kind}:{actor.id}" if camera is None else camera.key,
        source_id=f"{quote(event.source, safe='')}#{event.id}",
        kind=kind,
        picture=picture,
        picture_name=f"{event.source} {event.id}",
        offset_s=data.offset_s,
        at=event.time,
        camera_id=None if camera is None else camera.id,
        rendered=data.rendered,
    )
    return NewEvent(
        observation=observation,
        source=event.source,
        event_id=event.id,
        words=data.words,
        lon=data.lon,
        lat=data.lat,
        accuracy_m=data.accuracy_m,
        picture_problem=problem,
        extra=_extra(event),
    )


def _camera(work: Work, actor: Actor, event: Event) -> Camera | None:
    key = event.data.camera
    if event.type == "pipewarden.report":
        return None
    if key is None:
        if event.type == "pipewarden.frame":
            raise InputError(field="data.camera", problem="is missing", fix="Name the registered camera.")
        return None
    found = service.seen_cameras(work, actor, "observation:create", limit=1, key=key)
    return people.visible(next(iter(found), None), "camera")


def _picture(data: EventData, sent: bytes | None, *, words: bool) -> tuple[bytes, str | None]:
    """Return the picture's bytes and why there are none; beside words a bad picture is a note, not a refusal."""
    problem = None
    picture = sent or b""
    if sent is None and data.picture is not None:
        try:
            picture = base64.b64decode(data.picture, validate=True)
        except (binascii.Error, ValueError):
            problem = "is not base64"
    if len(picture) > MAX_BYTES:
        picture, problem = b"", f"is larger than {MAX_BYTES >> 20} MB"
    if problem is not None and not words:
        raise InputError(field="picture", problem=problem, fix="Send a JPEG, PNG, WebP or HEIC file.")
    return picture, problem


def _extra(event: Event) -> dict[str, object]:
    extra: dict[str, object] = dict(event.model_extra or {})
    if event.data.model_extra:
        extra["data"] = dict(event.data.model_extra)
    if len(repr(extra)) > _MOST_EXTRA:
        raise InputError(field="data", problem="holds more than 16 kB of unknown fields", fix="Send less.")
    return extra


def _out(taken: Taken) -> TakenOut:
    return TakenOut(
        observation_id=taken.observation.id,
        id=taken.told.event_id,
        source=taken.told.source,
        received_at=taken.observation.received_at,
        duplicate=not taken.fresh,
        picture_problem=taken.told.picture_problem,
    )


@routes.get("/observations")
def list_observations(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ObservationPage:
    """List what was sent, newest first, as far as your role and area reach."""
    before = cursors.read("observations", page.cursor)
    found = service.sent(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("observations", str(rows[-1][0].id)) if len(found) > page.limit else None
    return ObservationPage(items=[_observation(*row) for row in rows], next=more)


@routes.get("/observations/{observation_id}")
def get_observation(work: WorkHere, actor: ActorHere, observation_id: UUID) -> ObservationOut:
    """Return one observation."""
    return _observation(
        *people.visible(next(iter(service.sent(work, actor, limit=1, only=observation_id)), None), "observation")
    )


def _observation(one: Observation, told: Told | None) -> ObservationOut:
    return ObservationOut(
        id=one.id,
        kind=one.kind.value,
        stream=one.stream,
        at=one.at,
        received_at=one.received_at,
        camera_id=one.camera_id,
        has_picture=bool(one.picture),
        source=None if told is None else told.source,
        event_id=None if told is None else told.event_id,
        words=None if told is None else told.words,
        lon=None if told is None else told.lon,
        lat=None if told is None else told.lat,
        accuracy_m=None if told is None else told.accuracy_m,
        picture_problem=None if told is None else told.picture_problem,
        rendered=one.rendered,
    )
