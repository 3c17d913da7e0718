"""Calls of capabilities over HTTP: answered at once or by a job, once for each request id; and unpaid tries."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID  # noqa: TC003  FastAPI reads it at run time

from fastapi import Form, Request
from fastapi.responses import JSONResponse, Response

from pipewarden.kit.web import WorkHere, router
from pipewarden.market.facts.foundry import CallState
from pipewarden.market.http import foundry_shapes as shapes
from pipewarden.market.http.foundry import ActorHere, Number, SlugHere, runners_of
from pipewarden.market.service import invoking
from pipewarden.market.service.invoking import Unpaid

routes = router(tags=["capabilities"])
_LATER: dict[int | str, dict[str, Any]] = {
    202: {"model": shapes.CallOut, "description": "A job answers; `Location` says where."}
}


@routes.post("/capabilities/{slug}/invoke", response_model=shapes.CallOut, responses=_LATER)
def invoke(  # noqa: PLR0917  FastAPI names what it hands in
    work: WorkHere,
    actor: ActorHere,
    request: Request,
    response: Response,
    slug: SlugHere,
    form: Annotated[shapes.InvokeForm, Form(media_type="multipart/form-data")],
) -> Any:
    """Call a capability: the same request id is the same call, charged once, when it was answered."""
    asked = invoking.Request(form.request_id, shapes.ask_of(form), form.demand_id, form.wait)
    found = invoking.invoke(work, actor, runners_of(request), slug, asked)
    if isinstance(found, Unpaid):  # no error is raised: that the demand is exhausted must be kept
        told = {"detail": found.why.problem, "field": found.why.field, "fix": found.why.fix}
        body = {"type": "about:blank", "title": HTTPStatus.CONFLICT.phrase, "status": HTTPStatus.CONFLICT} | told
        return JSONResponse(body, HTTPStatus.CONFLICT, media_type="application/problem+json")
    return _told(response, slug, shapes.call_out(found))


@routes.post("/capabilities/{slug}/versions/{number}/try", response_model=shapes.CallOut, responses=_LATER)
def try_version(  # noqa: PLR0917  as above
    work: WorkHere,
    actor: ActorHere,
    request: Request,
    response: Response,
    slug: SlugHere,
    number: Number,
    form: Annotated[shapes.TryForm, Form(media_type="multipart/form-data")],
) -> shapes.CallOut:
    """Try a measured version unpaid, a few times a day."""
    found = invoking.try_out(work, actor, runners_of(request), (slug, number), shapes.ask_of(form))
    return _told(response, slug, shapes.call_out(found))


@routes.get("/capabilities/{slug}/calls/{call_id}")
def get_call(work: WorkHere, actor: ActorHere, slug: SlugHere, call_id: UUID) -> shapes.CallOut:
    """Return a call; what it said is forgotten after 30 days."""
    return shapes.call_out(invoking.call_of(work, actor, slug, call_id))


def _told(response: Response, slug: str, found: shapes.CallOut) -> shapes.CallOut:
    if found.state is CallState.WAITING:
        response.status_code = 202
        response.headers["Location"] = f"/v1/capabilities/{slug}/calls/{found.id}"
    return found
