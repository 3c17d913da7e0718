"""Contact points over HTTP: one's own, those of others, and the tenant's group robots; addresses go in, never out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, ReasonHere, WorkHere, actor_of, router
from pipewarden.people import service
from pipewarden.people.facts import Actor, ActorKind, Contact, ContactKind, ForbiddenError, Language, NewContact, Quiet
from pipewarden.people.rules.contact import LONGEST, MOST

if TYPE_CHECKING:
    from collections.abc import Sequence

routes = router(tags=["contacts"])
_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")  # one civil time, no daylight saving since 1992
_ANY_DAY = date(2026, 1, 1)
ActorHere = Annotated[Actor, Depends(actor_of)]
Secret = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"format": "password", "writeOnly": True}), Clean]


class QuietHours(Asked):
    """When notes wait, by the wall clock in China where no zone is given; what is urgent never does."""

    begins: time
    ends: time


class ContactIn(Asked):
    """One contact point; ``id`` without ``address`` keeps the address that is there."""

    kind: ContactKind
    address: Secret = ""
    secret: Secret = ""
    id: UUID | None = None
    name: Annotated[str, Field(max_length=60), Clean] = ""
    language: Language = Language.ZH
    quiet: QuietHours | None = None


class ContactsIn(Asked):
    """All contact points, first choice first."""

    items: Annotated[list[ContactIn], Field(max_length=MOST)]


class ContactOut(BaseModel):
    """One contact point; of its address only a hint."""

    id: UUID
    kind: ContactKind
    name: str
    shown: Annotated[str, Field(description="The address, masked.")]
    language: Language
    quiet: QuietHours | None
    verified_at: Annotated[datetime | None, Field(description="When an acknowledgement first came back by it.")]


class ContactPage(BaseModel):
    """All contact points, first choice first."""

    items: list[ContactOut]


@routes.get("/me/contacts")
def get_my_contacts(work: WorkHere, actor: ActorHere) -> ContactPage:
    """List how you are reached."""
    return _page(service.contacts(work, actor, _person(actor)))


@routes.put("/me/contacts")
def put_my_contacts(work: WorkHere, actor: ActorHere, asked: ContactsIn) -> ContactPage:
    """Replace how you are reached."""
    return _page(service.set_contacts(work, actor, _person(actor), _wanted(asked)))


@routes.get("/people/{person_id}/contacts")
def get_contacts(work: WorkHere, actor: ActorHere, person_id: UUID, reason: ReasonHere) -> ContactPage:
    """List how a person of your tenant is reached; say why, they can read it."""
    return _page(service.contacts(work, actor, person_id, reason))


@routes.put("/people/{person_id}/contacts")
def put_contacts(work: WorkHere, actor: ActorHere, person_id: UUID, asked: ContactsIn) -> ContactPage:
    """Replace how a person of your tenant is reached."""
    return _page(service.set_contacts(work, actor, person_id, _wanted(asked)))


@routes.get("/robots")
def get_robots(work: WorkHere, actor: ActorHere) -> ContactPage:
    """List the tenant's group robots, which get a copy of what is urgent."""
    return _page(service.robots(work, actor))


@routes.put("/robots")
def put_robots(work: WorkHere, actor: ActorHere, asked: ContactsIn) -> ContactPage:
    """Replace the tenant's group robots."""
    return _page(service.set_robots(work, actor, _wanted(asked)))


def _person(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="session", problem="is no person's", fix="Sign in; a device is not reached.")
    return actor.id


def _wanted(asked: ContactsIn) -> list[NewContact]:
    return [
        NewContact(
            kind=one.kind,
            address=one.address,
            secret=one.secret,
            id=one.id,
            name=one.name,
            language=one.language,
            quiet=None if one.quiet is None else Quiet(_local(one.quiet.begins), _local(one.quiet.ends)),
        )
        for one in asked.items
    ]


def _local(at: time) -> time:
    """Return a time by the wall clock in China; one without a zone is that already."""
    whole = at.replace(microsecond=0)
    return whole if at.tzinfo is None else datetime.combine(_ANY_DAY, whole).astimezone(_CHINA).time()


def _page(found: Sequence[Contact]) -> ContactPage:
    return ContactPage(
        items=[
            ContactOut(
                id=one.id,
                kind=one.kind,
                name=one.name,
                shown=one.shown,
                language=one.language,
                quiet=None if one.quiet is None else QuietHours(begins=one.quiet.begins, ends=one.quiet.ends),
                verified_at=one.verified_at,
            )
            for one in found
        ]
    )
