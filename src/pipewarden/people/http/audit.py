"""The audit chain and the looks at personal data over HTTP: for the auditor, and for whom the data is about."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Clean, CursorsHere, Moment, Paged, PageQuery, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, ActorKind, AuditFilter, Viewed, ViewFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import AuditEntry, View

routes = router(tags=["audit"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class AuditQuery(PageQuery):
    """Which entries are wanted."""

    act: Annotated[
        str | None,
        Field(max_length=80, description="A whole act, or the resource before its full stop.", examples=["membership"]),
        Clean,
    ] = None
    actor_id: UUID | None = None
    object_id: Annotated[str | None, Field(max_length=200), Clean] = None
    since: Moment | None = None
    until: Moment | None = None


class ViewQuery(PageQuery):
    """Which looks are wanted."""

    what: Viewed | None = None
    actor_id: UUID | None = None
    about: Annotated[UUID | None, Field(description="The person whose data it was.")] = None
    since: Moment | None = None
    until: Moment | None = None


class AuditEntryOut(BaseModel):
    """One act on record."""

    seq: Annotated[int, Field(description="1, 2, 3 … without a gap.")]
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID
    actor: Annotated[str | None, Field(description="Their name.")]
    act: str
    object_kind: str
    object_id: str
    details: dict[str, Any]
    hash: Annotated[str, Field(description="SHA-256 over the entry and the hash before it, hex.")]


class VerifiedOut(BaseModel):
    """Up to where the chain was walked, found whole and signed."""

    seq: int
    at: datetime


class AuditPage(BaseModel):
    """A page of the chain, newest first."""

    items: list[AuditEntryOut]
    next: str | None
    verified: Annotated[VerifiedOut | None, Field(description="The newest anchor; empty before the first.")]
    length: Annotated[int, Field(description="Entries on the whole chain.")]


class ViewOut(BaseModel):
    """One look at personal data."""

    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID
    actor: Annotated[str | None, Field(description="Their name.")]
    what: Viewed
    subject_kind: str
    subject_id: str
    about: UUID | None
    about_name: str | None
    reason: Annotated[str, Field(description="What they said, or a code; empty where none is asked for.")]


class ViewPage(BaseModel):
    """A page of looks, newest first."""

    items: list[ViewOut]
    next: str | None


@routes.get("/audit")
def list_audit_entries(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[AuditQuery, Query()]
) -> AuditPage:
    """List what was done in your tenant, newest first, and up to where the chain was found whole."""
    wanted = AuditFilter(asked.act, asked.actor_id, asked.object_id, asked.since, asked.until)
    before = cursors.read("audit", asked.cursor)
    found = service.audit_page(work, actor, wanted, before=before, limit=asked.limit + 1)
    rows, more = _cut(found, asked.limit, "audit", cursors)
    named = _names(work, rows)
    anchor = service.last_anchor(work)
    return AuditPage(
        items=[_entry(one, named) for one in rows],
        next=more,
        verified=None if anchor is None else VerifiedOut(seq=anchor.seq, at=anchor.at),
        length=service.anchor(work).seq,
    )


@routes.get("/views")
def list_views(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[ViewQuery, Query()]
) -> ViewPage:
    """List who looked at whose data in your tenant and why, newest first."""
    wanted = ViewFilter(asked.what, asked.actor_id, asked.about, asked.since, asked.until)
    before = cursors.read("views", asked.cursor)
    found = service.views(work, actor, wanted, before=before, limit=asked.limit + 1)
    return _views(work, found, asked.limit, "views", cursors)


@routes.get("/me/views")
def list_views_of_me(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ViewPage:
    """List who looked at your own data and why, newest first (PIPL article 44)."""
    before = cursors.read("my-views", page.cursor)
    found = service.views_of_me(work, actor, before=before, limit=page.limit + 1)
    return _views(work, found, page.limit, "my-views", cursors)


def _cut(found: Sequence[Any], limit: int, kind: str, cursors: Cursors) -> tuple[Sequence[Any], str | None]:
    rows = found[:limit]
    return rows, cursors.write(kind, rows[-1].seq) if len(found) > limit else None


def _names(work: Work, rows: Sequence[AuditEntry | View]) -> dict[str, str]:
    return service.names(work, {_word(one) for one in rows})


def _word(one: AuditEntry | View) -> str:
    return f"{one.actor_kind}:{one.actor_id}"


def _entry(one: AuditEntry, named: dict[str, str]) -> AuditEntryOut:
    return AuditEntryOut(
        seq=one.seq,
        at=one.at,
        actor_kind=one.actor_kind,
        actor_id=one.actor_id,
        actor=named.get(_word(one)),
        act=one.act,
        object_kind=one.object_kind,
        object_id=one.object_id,
        details=json.loads(one.details),
        hash=one.hash.hex(),
    )


def _views(work: Work, found: Sequence[View], limit: int, kind: str, cursors: Cursors) -> ViewPage:
    rows, more = _cut(found, limit, kind, cursors)
    named = _names(work, rows)
    about = service.person_names(work, {one.about for one in rows if one.about is not None})
    items = [
        ViewOut(
            seq=one.seq,
            at=one.at,
            actor_kind=one.actor_kind,
            actor_id=one.actor_id,
            actor=named.get(_word(one)),
            what=one.what,
            subject_kind=one.subject_kind,
            subject_id=one.subject_id,
            about=one.about,
            about_name=None if one.about is None else about.get(one.about),
            reason=one.reason,
        )
        for one in rows
    ]
    return ViewPage(items=items, next=more)
