"""Trips of moving cameras over HTTP: begin one, add pictures in any order, go on after a break, see what it saw.

They are here and not with the events, because a trip's worth is the pipe it passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    CursorsHere,
    Moment,
    Name,
    Paged,
    ReasonHere,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.locate import service
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, Viewed
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Fix, FixSource, NewFrame

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Trip, TripFrame, TripSum

routes = router(tags=["trips"])
ActorHere = Annotated[Actor, Depends(actor_of)]
MOST_FRAMES = 16  # of one request
_OWN_DIGEST = (
    "For who began the trip alone: SHA-256 of the trip's id (36 characters) and the SHA-256 of the picture's bytes "
    "(64 characters, hex), so that you know which of your files are here. It names nothing at another trip."
)


class FixIn(Asked):
    """Where the camera was, and which way it looked."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
    lat: Annotated[float, Field(ge=-85, le=85, description="Degrees WGS-84.")]
    accuracy_m: Annotated[float, Field(ge=0, le=20_000, description="Radius of 95 of 100 cases, metres.")]
    source: Literal["track", "picture", "device"]
    heading_deg: Annotated[
        float | None, Field(ge=-360, le=360, description="Where the camera looks, clockwise from true north.")
    ] = None
    course_deg: Annotated[
        float | None, Field(ge=-360, le=360, description="Which way the vehicle goes; its mounting's yaw is added.")
    ] = None
    sigma_deg: Annotated[float | None, Field(ge=0, le=180, description="One sigma of heading or course.")] = None
    height_m: Annotated[float | None, Field(ge=0.5, le=500, description="Above ground, if not as mounted.")] = None
    tilt_deg: Annotated[float | None, Field(ge=-30, le=90, description="Below the horizon, if not as mounted.")] = None
    hfov_deg: Annotated[float | None, Field(ge=2, le=150, description="Field of view, if not as mounted.")] = None
    speed_mps: Annotated[float | None, Field(ge=0, le=1000)] = None
    flags: Annotated[
        list[Sentence], Field(default_factory=list, max_length=8, description="What makes it doubtful, in words.")
    ]


class FrameIn(Asked):
    """One picture of the request; its bytes are the file of the same number."""

    name: Name
    at: Moment
    fix: FixIn | None = None
    why: Annotated[Sentence | None, Field(description="Why there is no fix.")] = None


class TripIn(Asked):
    """A trip to begin."""

    vehicle: Annotated[Name, Field(description="Key of a registered camera that moves.")]
    name: Annotated[Name, Field(description="Your own name of the trip; the same again goes on with it.")]


class MetresOut(BaseModel):
    """Metres of pipe of one class."""

    pressure_class: Literal["low", "medium", "sub_high", "high", "unknown"]
    metres: float


class TripOut(BaseModel):
    """One trip."""

    id: UUID
    camera_id: UUID
    name: str
    made_at: datetime
    frames: int
    unplaced: Annotated[int, Field(description="Frames without a place: kept, but they make no alarm.")]
    flagged: Annotated[int, Field(description="Frames whose fix is doubtful.")]
    first_at: datetime | None
    last_at: datetime | None
    pipe: Annotated[
        list[MetresOut] | None, Field(description="Pipe on the ground it showed; only in the answer for one trip.")
    ] = None


class TripPage(BaseModel):
    """A page of trips, newest first."""

    items: list[TripOut]
    next: str | None


class TripFrameOut(BaseModel):
    """One frame of a trip, as it was kept."""

    observation_id: UUID
    own_digest: Annotated[str | None, Field(description=_OWN_DIGEST)]
    at: datetime
    lon: float | None
    lat: float | None
    flags: list[str]
    why: str | None


class TripFramePage(BaseModel):
    """A page of frames in the order in which they came."""

    items: list[TripFrameOut]
    next: str | None


class AddedOut(BaseModel):
    """One frame of the request: it is on disk."""

    observation_id: UUID
    own_digest: Annotated[str, Field(description=_OWN_DIGEST)]
    duplicate: Annotated[bool, Field(description="It had come before; nothing was done twice.")]


class AddedPage(BaseModel):
    """Every frame of the request."""

    items: list[AddedOut]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one request brought."""

    frames: list[FrameIn]
    pictures: list[bytes]


_FRAMES = TypeAdapter(Annotated[list[FrameIn], Field(min_length=1, max_length=MOST_FRAMES)])
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["frames", "pictures"],
                "properties": {
                    "frames": {"type": "string", "description": "JSON list of FrameIn, one for each picture."},
                    "pictures": {"type": "array", "items": {"type": "string", "format": "binary"}},
                },
            }
        }
    },
}


async def _envelope(request: Request) -> Envelope:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        raise InputError(field="Content-Type", problem="is not a form with files", fix="Send multipart/form-data.")
    async with request.form(max_files=MOST_FRAMES + 1, max_fields=2) as form:
        said = form.get("frames")
        text = await said.read() if isinstance(said, UploadFile) else (said or "").encode()
        pictures = [await one.read() for one in form.getlist("pictures") if isinstance(one, UploadFile)]
    try:
        frames = _FRAMES.validate_json(text)
    except ValidationError as error:
        raise RequestValidationError(
            [
                {**one, "loc": ("frames", *one["loc"])}
                for one in error.errors(include_context=False, include_input=False)
            ]
        ) from error
    if len(frames) != len(pictures):
        raise InputError(
            field="pictures",
            problem=f"are {len(pictures)} for {len(frames)} frames",
            fix="Send one file for each frame, in the same order.",
        )
    return Envelope(frames, pictures)


@routes.post("/trips", status_code=201)
def begin_trip(work: WorkHere, actor: ActorHere, asked: TripIn) -> TripOut:
    """Begin a trip of a moving camera; the same name again returns the trip begun before."""
    return _told(work, sense.begin_trip(work, actor, asked.vehicle, asked.name))


@routes.get("/trips")
def list_trips(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> TripPage:
    """List trips, newest first, as far as your role reaches."""
    before = cursors.read("trips", page.cursor)
    found = sense.seen_trips(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("trips", str(rows[-1].id)) if len(found) > page.limit else None
    sums = sense.trip_sums(work, rows)
    return TripPage(items=[_out(one, sums[one.id]) for one in rows], next=more)


@routes.get("/trips/{trip_id}")
def get_trip(work: WorkHere, actor: ActorHere, trip_id: UUID) -> TripOut:
    """Return one trip with the pipe it passed."""
    trip = _seen(work, actor, trip_id)
    metres = service.trip_metres(work, trip)
    pipe = [MetresOut(pressure_class=cls.value, metres=round(value, 1)) for cls, value in sorted(metres.items())]
    return _told(work, trip).model_copy(update={"pipe": pipe})


@routes.get("/trips/{trip_id}/frames")
def list_trip_frames(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, *, trip_id: UUID, reason: ReasonHere
) -> TripFramePage:
    """List the frames of a trip that are on disk: whoever goes on after a break sends the others."""
    trip = _seen(work, actor, trip_id)
    if page.cursor is None:  # a further page belongs to the same look
        people.viewed(work, actor, Viewed.TRACK, ("trip", trip.id), reason, about=trip.owner_id)
    kind = f"trip:{trip.id}"
    after = cursors.read(kind, page.cursor)
    found = sense.trip_frames(work, trip, limit=page.limit + 1, after=None if after is None else UUID(after))
    rows = found[: page.limit]
    more = cursors.write(kind, str(rows[-1].observation_id)) if len(found) > page.limit else None
    return TripFramePage(items=[_frame(trip, one, own=trip.owner_id == actor.id) for one in rows], next=more)


@routes.post(
    "/trips/{trip_id}/frames",
    status_code=201,
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": AddedPage, "description": "Every frame had come before."}},
)
def add_trip_frames(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    *,
    trip_id: UUID,
    envelope: Annotated[Envelope, Depends(_envelope)],
) -> AddedPage:
    """Add up to 16 pictures to a trip you began; the answer means that all of them are on disk, or were before."""
    trip = sense.own_trip(work, actor, trip_id)
    frames = [_new(one, picture) for one, picture in zip(envelope.frames, envelope.pictures, strict=True)]
    added = sense.add_frames(work, blobs, actor, trip, frames)
    if not any(fresh for _, fresh in added):
        response.status_code = 200
    return AddedPage(
        items=[
            AddedOut(
                observation_id=one.observation_id,
                own_digest=sense.own_digest(trip.id, one.picture),
                duplicate=not fresh,
            )
            for one, fresh in added
        ]
    )


def _seen(work: Work, actor: Actor, trip_id: UUID) -> Trip:
    return people.visible(next(iter(sense.seen_trips(work, actor, limit=1, only=trip_id)), None), "trip")


def _new(one: FrameIn, picture: bytes) -> NewFrame:
    fix = None
    if one.fix is not None:
        told = one.fix.model_dump() | {"source": FixSource(one.fix.source), "flags": tuple(one.fix.flags)}
        fix = Fix(**told)
    return NewFrame(picture=picture, picture_name=one.name, at=one.at, fix=fix, why=one.why)


def _told(work: Work, trip: Trip) -> TripOut:
    return _out(trip, sense.trip_sums(work, [trip])[trip.id])


def _out(trip: Trip, summed: TripSum) -> TripOut:
    return TripOut(
        id=trip.id,
        camera_id=trip.camera_id,
        name=trip.name,
        made_at=trip.made_at,
        frames=summed.frames,
        unplaced=summed.unplaced,
        flagged=summed.flagged,
        first_at=summed.first_at,
        last_at=summed.last_at,
    )


def _frame(trip: Trip, one: TripFrame, *, own: bool) -> TripFrameOut:
    return TripFrameOut(
        observation_id=one.observation_id,
        own_digest=sense.own_digest(trip.id, one.picture) if own else None,
        at=one.at,
        lon=None if one.fix is None else one.fix.lon,
        lat=None if one.fix is None else one.fix.lat,
        flags=[] if one.fix is None else list(one.fix.flags),
        why=one.why,
    )
