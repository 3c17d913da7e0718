"""The door for apps that speak the OsmAnd protocol (Traccar Client, OsmAnd): one position a request, by device key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from pipewarden.field.rules import osmand as rules
from pipewarden.field.service import patrols
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import UnauthenticatedError, WorkHere, router
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

routes = router(tags=["patrols"], anonymous=True)
_FORM = "application/x-www-form-urlencoded"
_Word = Annotated[str | None, Field(max_length=200)]


class OsmandQuery(BaseModel):
    """What the protocol says in a query or a form; apps add words of their own, which are passed over."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[str, Field(max_length=200, description="The device key, bound to a person.")] = ""
    lat: _Word = None
    lon: _Word = None
    timestamp: Annotated[_Word, Field(description="Seconds or milliseconds of the epoch, or ISO 8601.")] = None
    accuracy: _Word = None
    speed: Annotated[_Word, Field(description="Knots.")] = None
    bearing: _Word = None
    altitude: _Word = None
    batt: _Word = None
    hdop: _Word = None
    mock: _Word = None


class OsmandOut(BaseModel):
    """What became of the position."""

    kept: Annotated[bool, Field(description="false: it came before, or the message has no position.")]


async def _posted(request: Request) -> dict[str, Any]:
    """Return a query, a form and a JSON body together, the body before the query."""
    told: dict[str, Any] = dict(request.query_params)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == _FORM:
        async with request.form(max_files=0, max_fields=100) as form:
            return told | {name: str(value) for name, value in form.items()}
    body = await request.body()
    if media == "application/json" and body:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InputError(field="body", problem="is no JSON", fix="Send what Traccar Client sends.") from error
        if not isinstance(said, dict):
            raise InputError(field="body", problem="is no object", fix="Send what Traccar Client sends.")
        return told | said
    return told


@routes.get("/osmand")
def get_osmand(work: WorkHere, asked: Annotated[OsmandQuery, Query()]) -> OsmandOut:
    """Take one position of the patrol of the person to whom the device key is bound; a patrol begins by itself."""
    return _take(work, asked.model_dump(exclude_none=True))


@routes.post(
    "/osmand",
    openapi_extra={
        "requestBody": {
            "content": {
                _FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}},
                "application/json": {"schema": {"type": "object"}},
            }
        }
    },
)
def post_osmand(work: WorkHere, told: Annotated[dict[str, Any], Depends(_posted)]) -> OsmandOut:
    """Take one position as a form or as the JSON of Traccar Client; the key stays out of addresses that way."""
    return _take(work, told)


def _take(work: Work, told: dict[str, Any]) -> OsmandOut:
    device = people.actor_by_key(work.session, rules.device_of(told), work.now())
    if device is None:
        fix = "Enter the device key as the identifier in the app."
        raise UnauthenticatedError(field="id", problem="is no key that holds", fix=fix)
    work.tenant_id = device.tenant_id  # this door asks nobody else who they are
    point = rules.point_of(told, work.now())
    if point is None:
        return OsmandOut(kept=False)
    return OsmandOut(kept=patrols.from_phone(work, device, point).new > 0)
