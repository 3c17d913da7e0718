"""Reports of people who are signed in: the same words, with the person kept; and what one has reported oneself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel

from pipewarden.field import service
from pipewarden.field.http.report_shapes import (
    BODY,
    AnswerOut,
    EnvelopeHere,
    ReportedOut,
    desk_of,
    fresh_of,
    new_of,
    reported_out,
    sender_of,
)
from pipewarden.kit.web import CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError

routes = router(tags=["reports"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class MineOut(BaseModel):
    """One of your reports."""

    id: UUID
    link: str
    state: str
    kind: str
    words: str
    since: datetime
    answer: AnswerOut


class MinePage(BaseModel):
    """A page of your reports, the newest first."""

    items: list[MineOut]
    next: str | None


@routes.post(
    "/reports",
    status_code=201,
    openapi_extra={"requestBody": BODY},
    responses={200: {"model": ReportedOut, "description": "This draft had come before."}},
)
def send_own_report(
    work: WorkHere, actor: ActorHere, request: Request, response: Response, said: EnvelopeHere
) -> ReportedOut:
    """Report what you see, in your name; the answer means that it is on disk."""
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="A device sends observations.")
    sender = sender_of(request, said.report.device, actor.id)
    fresh = fresh_of(work, request, said.report.nonce)
    kept = service.take(work, desk_of(request), sender, new_of(said), actor=actor, fresh=fresh)
    response.status_code = 201 if kept.fresh else 200
    return reported_out(work, kept)


@routes.get("/me/reports")
def list_my_reports(work: WorkHere, actor: ActorHere, cursors: CursorsHere, request: Request, page: Paged) -> MinePage:
    """List what you reported, with what became of it."""
    before = cursors.read("my-reports", page.cursor)
    seen = None if before is None else UUID(before)
    found = service.sent_by(work, actor, limit=page.limit + 1, before=seen)
    rows = found[: page.limit]
    more = cursors.write("my-reports", str(rows[-1].id)) if len(found) > page.limit else None
    desk = desk_of(request)
    items = []
    for one in rows:
        now = service.followed(work, one)
        answer = AnswerOut(zh=now.answer.zh, en=now.answer.en, rule=now.answer.rule)
        link = f"/m/r/{desk.token(one.draft)}"
        told = {"state": now.state, "kind": one.kind, "words": one.words, "since": one.received_at}
        items.append(MineOut(id=one.id, link=link, answer=answer, **told))
    return MinePage(items=items, next=more)
