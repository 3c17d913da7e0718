"""Talks (和我聊聊) and the pool of pictures (待您鉴别) over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Request  # noqa: TC002  FastAPI reads it at run time
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, CursorsHere, Paged, Sentence, WorkHere, router
from pipewarden.market.facts.talks import Side
from pipewarden.market.http.commission_shapes import ActorHere, ReasonOut, reasons
from pipewarden.market.http.shapes import BothOut, both
from pipewarden.market.service import matching_pool as pool
from pipewarden.market.service import talks as service
from pipewarden.people.facts import NotFoundError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.web import Cursors
    from pipewarden.market.facts.talks import Said
    from pipewarden.perceive.service import Lens

routes = router(tags=["commissions"])
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class SaidIn(Asked):
    """What you say."""

    words: Sentence


class SaidOut(BaseModel):
    """One thing that was said."""

    id: UUID
    side: Side
    by: UUID
    words: Annotated[str, Field(description="Empty where whoever said it asked to be forgotten.")]
    at: datetime
    read_at: Annotated[datetime | None, Field(description="When the other side first saw it.")]


class TalkPage(BaseModel):
    """A page of a talk, the newest first."""

    items: list[SaidOut]
    next: str | None


class TalkOut(BaseModel):
    """With whom you talk about a commission."""

    person_id: UUID
    name: str
    count: int
    unread: int
    last_at: datetime


class TalksOut(BaseModel):
    """Whoever spoke last first."""

    items: list[TalkOut]


class PooledOut(BaseModel):
    """A picture that waits for your word."""

    id: UUID
    score: float
    reasons: list[ReasonOut]
    at: datetime


class PoolPage(BaseModel):
    """A page of pictures that wait for you, the newest first."""

    items: list[PooledOut]
    next: str | None
    waiting: Annotated[int, Field(description="Pictures that wait for you.")]
    done: Annotated[int, Field(description="Pictures that you judged (已审核).")]
    earned: Annotated[BothOut, Field(description="Given for that (审核激励), paid or on its way.")]


class AnswerIn(Asked):
    """What a picture shows."""

    matches: Annotated[bool, Field(description="It shows gas at home and can be judged (业务场景是否匹配).")]
    hazards: Annotated[list[Annotated[str, Clean, Field(max_length=60)]], Field(default_factory=list, max_length=50)]
    words: Annotated[str, Clean, Field(max_length=2000, description="For the sender.")] = ""


class AnsweredOut(BaseModel):
    """Your word is kept, and is paid by the pay rules once its hold is over."""

    hazards: list[str]


@routes.get("/commissions/{commission_id}/talks")
def list_talks(work: WorkHere, actor: ActorHere, commission_id: UUID) -> TalksOut:
    """List with whom you talk about a commission of yours."""
    found = service.talks_of(work, actor, commission_id)
    return TalksOut(
        items=[
            TalkOut(person_id=one.person_id, name=one.name, count=one.count, unread=one.unread, last_at=one.last_at)
            for one in found
        ]
    )


@routes.get("/commissions/{commission_id}/talks/{person_id}")
def read_talk(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, *, commission_id: UUID, person_id: UUID, page: Paged
) -> TalkPage:
    """Read what you and an expert said; their words count as read from now on."""
    before = _before(cursors, page.cursor)
    found = service.read_as_client(work, actor, commission_id, person_id, limit=page.limit + 1, before=before)
    return _talk(cursors, found, page.limit)


@routes.post("/commissions/{commission_id}/talks/{person_id}", status_code=201)
def say_to_expert(work: WorkHere, actor: ActorHere, commission_id: UUID, person_id: UUID, asked: SaidIn) -> SaidOut:
    """Say something to an expert about a commission of yours."""
    return _said(service.say_as_client(work, actor, commission_id, person_id, asked.words))


@routes.get("/hall/{commission_id}/talk")
def read_my_talk(work: WorkHere, actor: ActorHere, cursors: CursorsHere, commission_id: UUID, page: Paged) -> TalkPage:
    """Read what you and the client said; their words count as read from now on."""
    before = _before(cursors, page.cursor)
    found = service.read_as_expert(work, actor, commission_id, limit=page.limit + 1, before=before)
    return _talk(cursors, found, page.limit)


@routes.post("/hall/{commission_id}/talk", status_code=201)
def say_to_client(work: WorkHere, actor: ActorHere, commission_id: UUID, asked: SaidIn) -> SaidOut:
    """Say something to the client (和我聊聊)."""
    return _said(service.say_as_expert(work, actor, commission_id, asked.words))


@routes.get("/me/pool")
def list_my_pool(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> PoolPage:
    """List pictures of self-inspections that wait for your word (待您鉴别)."""
    before = cursors.read("pool", page.cursor)
    seen = None if before is None else UUID(before)
    found = pool.pool(work, actor, limit=page.limit + 1, before=seen)
    rows = found[: page.limit]
    more = cursors.write("pool", str(rows[-1].id)) if len(found) > page.limit else None
    items = [PooledOut(id=one.id, score=one.score, reasons=reasons(one.reasons), at=one.at) for one in rows]
    now = pool.judged(work, actor)
    return PoolPage(items=items, next=more, waiting=now.waiting, done=now.done, earned=both(now.earned))


@routes.get("/me/pool/{pool_id}/picture", response_class=Response, responses=_JPEG)
def get_pool_picture(work: WorkHere, actor: ActorHere, blobs: BlobsHere, request: Request, pool_id: UUID) -> Response:
    """Return the picture, masked, drawn anew."""
    lens: Lens = request.app.state.lens
    try:
        drawn = pool.picture(work, actor, blobs, perceive.masked(lens), pool_id)
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


@routes.post("/me/pool/{pool_id}/answer")
def answer_pool(work: WorkHere, actor: ActorHere, pool_id: UUID, asked: AnswerIn) -> AnsweredOut:
    """Say what a picture shows; it leaves everybody's list."""
    done = pool.answer(work, actor, pool_id, matches=asked.matches, seen=asked.hazards, words=asked.words)
    return AnsweredOut(hazards=list(done.review.hazards) if done.review is not None else [])


@routes.post("/me/pool/{pool_id}/aside", status_code=204)
def put_pool_aside(work: WorkHere, actor: ActorHere, pool_id: UUID) -> None:
    """Take a picture from your list without a word."""
    pool.put_aside(work, actor, pool_id)


def _before(cursors: Cursors, cursor: str | None) -> UUID | None:
    before = cursors.read("talk", cursor)
    return None if before is None else UUID(before)


def _talk(cursors: Cursors, found: Sequence[Said], limit: int) -> TalkPage:
    rows = found[:limit]
    more = cursors.write("talk", str(rows[-1].id)) if len(found) > limit else None
    return TalkPage(items=[_said(one) for one in rows], next=more)


def _said(one: Said) -> SaidOut:
    return SaidOut(**{name: getattr(one, name) for name in SaidOut.model_fields})
