"""Other platforms over HTTP: their CloudEvents in, and the list of what waits for a person to place it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipewarden.exchange import service
from pipewarden.exchange.facts import Incoming, ItemKind, ItemState
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    CursorsHere,
    Moment,
    Name,
    PageQuery,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.exchange.facts import Item
    from pipewarden.people.service import Gate

routes = router(tags=["intake"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST_EVENTS = 100
_SINGLE, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


class IntakeEvent(BaseModel):
    """A CloudEvents 1.0 event of another platform; ``data`` is read by the platform's mapping."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    specversion: Literal["1.0"]
    id: Annotated[Name, Field(max_length=150)]
    source: Name
    type: Name
    time: Moment | None = None
    data: dict[str, Any] = Field(default_factory=dict)


_ONE = TypeAdapter(IntakeEvent)
_MANY = TypeAdapter(Annotated[list[IntakeEvent], Field(min_length=1, max_length=_MOST_EVENTS)])


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one request brought, and the bytes that were signed."""

    events: list[IntakeEvent]
    body: bytes


def _parsed(adapter: TypeAdapter[Any], told: object) -> Any:
    try:
        return adapter.validate_python(told)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_context=False, include_input=False)]
        ) from error


async def _envelope(request: Request) -> Envelope:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if media == _BATCH:
        return Envelope(_parsed(_MANY, _json(body)), body)
    if media == _SINGLE:
        return Envelope([_parsed(_ONE, _json(body))], body)
    if media == "application/json" and "ce-specversion" in request.headers:
        return Envelope([_parsed(_ONE, _binary(request, body))], body)
    raise InputError(
        field="Content-Type",
        problem=f"{media or 'none'!r} is no CloudEvent",
        fix=f"Send {_SINGLE}, {_BATCH}, or application/json with the ce-* headers of the binary mode.",
    )


def _json(body: bytes) -> object:
    """Return what a body of any mode says; unlike pydantic's reader it leaves half of a surrogate pair to the mapping.

    Raises:
        InputError: it is no JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(field="body", problem="is no JSON", fix="Send JSON; an event's data is an object.") from error


def _binary(request: Request, body: bytes) -> dict[str, object]:
    """Return an event of the binary content mode (CloudEvents HTTP binding 1.0.2, 3.1): attributes are headers."""
    said: dict[str, object] = {
        name.removeprefix("ce-"): value for name, value in request.headers.items() if name.startswith("ce-")
    }
    return said | {"data": _json(body) if body else {}}


class KeptOut(BaseModel):
    """One message as it was kept."""

    item_id: UUID
    id: str
    source: str
    kind: ItemKind
    state: Annotated[ItemState, Field(description="waiting: a person places it; it is not lost.")]
    why: str
    observation_id: UUID | None
    site_id: UUID | None
    duplicate: Annotated[bool, Field(description="It had come before; nothing was done twice.")]


class KeptPage(BaseModel):
    """Every message of the request: all of them are on disk."""

    items: list[KeptOut]


_EVENT_REF = {"$ref": "#/components/schemas/IntakeEvent"}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _SINGLE: {"schema": _EVENT_REF},
        _BATCH: {"schema": {"type": "array", "items": _EVENT_REF, "minItems": 1, "maxItems": _MOST_EVENTS}},
    },
}


@routes.post(
    "/intake/{platform}",
    status_code=201,
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": KeptPage, "description": "Every message had come before."}},
)
def take_messages(
    *,
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    request: Request,
    response: Response,
    platform: str,
    envelope: Annotated[Envelope, Depends(_envelope)],
) -> KeptPage:
    """Take messages of a hotline, city-lifeline or work-order platform; the answer means that all of them are on disk.

    Structured, batch and binary CloudEvents. A complaint with a place is a report in the river; one without waits for a
    person. A status is a note on its site and closes nothing. Where a secret was set, they must be signed.
    """
    mapping = service.mapping_of(platform)
    service.check_signature(work, platform, dict(request.headers), envelope.body)
    messages = [
        Incoming(source=one.source, event_id=one.id, type=one.type, data=one.data, number=n, at=one.time)
        for n, one in enumerate(envelope.events, start=1)
    ]
    kept = service.take(work, blobs, actor, messages, platform=platform, mapping=mapping)
    if not any(one.fresh for one in kept):
        response.status_code = 200
    return KeptPage(
        items=[
            KeptOut(
                item_id=one.item.id,
                id=one.item.event_id,
                source=one.item.source,
                kind=one.item.kind,
                state=one.item.state,
                why=one.item.why,
                observation_id=one.item.observation_id,
                site_id=one.item.site_id,
                duplicate=not one.fresh,
            )
            for one in kept
        ]
    )


class PlatformOut(BaseModel):
    """A platform whose messages are understood here."""

    platform: str
    signed: Annotated[bool, Field(description="Whether its messages must be signed.")]


class PlatformPage(BaseModel):
    """Every one of them."""

    items: list[PlatformOut]


@routes.get("/intake/platforms")
def list_platforms(work: WorkHere, actor: ActorHere) -> PlatformPage:
    """List the platforms whose messages are understood here, and which must sign them."""
    found = service.platforms_signed(work, actor)
    return PlatformPage(items=[PlatformOut(platform=name, signed=signed) for name, signed in found.items()])


class SecretMade(BaseModel):
    """What a platform signs with; shown this once."""

    secret: str


@routes.put("/intake/{platform}/secret")
def set_intake_secret(work: WorkHere, actor: ActorHere, request: Request, platform: str) -> SecretMade:
    """Have a platform sign its messages by Standard Webhooks 1.0 from now on; its key is in this answer alone."""
    request.state.secret_answer = True
    gate: Gate = request.app.state.gate
    return SecretMade(secret=service.set_secret(work, actor, platform, gate.entropy(service.SECRET_BYTES)))


@routes.delete("/intake/{platform}/secret", status_code=204)
def end_intake_secret(work: WorkHere, actor: ActorHere, platform: str) -> None:
    """Let a platform's messages come unsigned again; its API key alone proves who sends."""
    service.take_secret_away(work, actor, platform)


class ItemOut(BaseModel):
    """One message of another platform."""

    id: UUID
    platform: str
    source: str
    event_id: str
    kind: ItemKind
    state: ItemState
    why: str
    words: str
    address: str
    lon: float | None
    lat: float | None
    at: datetime | None
    received_at: datetime
    observation_id: UUID | None
    site_id: UUID | None


class ItemPage(BaseModel):
    """A page of messages, in the order that was asked for."""

    items: list[ItemOut]
    next: str | None
    total: Annotated[int | None, Field(description="How many there are, 1,000 at most: first page by `oldest`.")] = None


class ItemQuery(PageQuery):
    """Which messages."""

    state: ItemState | None = None
    order: Annotated[Literal["newest", "oldest"], Field(description="`oldest`: what has waited longest.")] = "newest"


@routes.get("/intake")
def list_messages(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[ItemQuery, Query()]
) -> ItemPage:
    """List messages of other platforms; `state=waiting` are those that a person must place."""
    order = "intake" if asked.order == "newest" else "intake-oldest"
    place = cursors.read(order, asked.cursor)
    seen, limit = None if place is None else UUID(place), asked.limit + 1
    if asked.order == "newest":
        found, total = service.listed(work, actor, asked.state, limit=limit, before=seen), None
    else:
        found = service.oldest(work, actor, asked.state, limit=limit, after=seen)
        total = service.how_many(work, actor, asked.state) if place is None else None
    rows = found[: asked.limit]
    more = cursors.write(order, str(rows[-1].id)) if len(found) > asked.limit else None
    return ItemPage(items=[_out(one) for one in rows], next=more, total=total)


class PlaceIn(Asked):
    """Where a message is about, as a person says."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
    lat: Annotated[float, Field(ge=-90, le=90, description="Degrees WGS-84.")]
    accuracy_m: Annotated[float, Field(ge=1, le=20_000, description="Radius of 95 of 100 cases, metres.")] = 50.0


@routes.post("/intake/items/{item_id}/place")
def place_message(work: WorkHere, actor: ActorHere, blobs: BlobsHere, item_id: UUID, asked: PlaceIn) -> ItemOut:
    """Say where a message is about; it is a report in the river from now on."""
    found = service.place(work, blobs, actor, item_id, lon=asked.lon, lat=asked.lat, accuracy_m=asked.accuracy_m)
    return _out(found)


class AsideIn(Asked):
    """Why a message is none of ours."""

    reason: Sentence


@routes.post("/intake/items/{item_id}/aside")
def set_message_aside(work: WorkHere, actor: ActorHere, item_id: UUID, asked: AsideIn) -> ItemOut:
    """Say that a message is none of ours; it stays on record with your reason."""
    return _out(service.set_aside(work, actor, item_id, asked.reason))


def _out(one: Item) -> ItemOut:
    return ItemOut.model_validate(one, from_attributes=True)
