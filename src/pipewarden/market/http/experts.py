"""Experts over HTTP: invitations as links and QR codes, registering, one's own page, and what clients read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.web import Asked, Clean, CursorsHere, Name, Paged, PageQuery, Sentence, WorkHere, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.experts import Grade
from pipewarden.market.http.commission_shapes import ActorHere, ExpertOut, ProfileIn, Tags, expert
from pipewarden.market.http.shapes import AmountOut, out
from pipewarden.market.service import experts_home as home
from pipewarden.market.service import experts_joining as service
from pipewarden.people.facts import NewPerson

if TYPE_CHECKING:
    from pipewarden.market.facts.experts import Expert, Link
    from pipewarden.people.facts import Actor
    from pipewarden.people.service import Gate

_open = router(tags=["experts"], anonymous=True)
_signed = router(tags=["experts"])
routes = APIRouter()
Token = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_DRAWN = 16  # bytes


class LinkIn(Asked):
    """An invitation to be made."""

    words: Annotated[Sentence, Field(max_length=500, description="What whoever opens it reads first.")]
    tags: Annotated[Tags, Field(default_factory=list)]
    days: Annotated[int, Field(ge=1, le=366)] = 30
    most: Annotated[int, Field(ge=1, le=1000, description="Registrations.")] = 50


class LinkOut(BaseModel):
    """An invitation; its word is shown once, when it is made."""

    id: UUID
    words: str
    tags: list[str]
    made_at: datetime
    until: datetime
    most: int
    used: int
    ended_at: datetime | None


class LinkMade(LinkOut):
    """A new invitation: shown this once."""

    token: str
    address: Annotated[str, Field(description="Only its path where the house has no public address.")]
    picture: Annotated[str, Field(description="The address as a QR code, SVG; empty where it has none.")]


class LinkPage(BaseModel):
    """A page of invitations, the newest first."""

    items: list[LinkOut]
    next: str | None


class InvitationOut(BaseModel):
    """What an invitation says."""

    words: str
    tags: list[str]
    until: datetime


class NewExpertIn(ProfileIn):
    """An account and what you say of yourself."""

    login: Annotated[str, Clean, Field(min_length=3, max_length=64)]
    name: Annotated[Name, Field(max_length=100, description="Your real name.")]
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class RegisterIn(ProfileIn):
    """What you say of yourself, and by which invitation you came."""

    token: Annotated[str | None, Field(pattern=r"^[0-9a-f]{32}$")] = None


class RegisteredOut(BaseModel):
    """You are an expert; sign in anew, so that your rights count."""

    person_id: UUID
    login: str


class SkillOut(BaseModel):
    """What you proved of a topic."""

    topic: str
    right: int
    wrong: int


class MissingOut(BaseModel):
    """What stands between you and a grade."""

    grade: Grade
    missing: list[dict[str, str]]


class HappenedOut(BaseModel):
    """One thing that happened to your standing."""

    at: datetime
    kind: str


class HomeOut(BaseModel):
    """Your own page (专家主页)."""

    expert: ExpertOut
    conflicts: list[str]
    skills: list[SkillOut]
    next: Annotated[list[MissingOut], Field(description="What each higher grade takes yet.")]
    engagements: Annotated[dict[str, int], Field(description="Parts by state.")]
    earned: Annotated[AmountOut, Field(description="By work for commissions, booked or not (累计创值).")]
    happened: list[HappenedOut]


class ExpertSeenOut(ExpertOut):
    """An expert as whoever asks may deal with them."""

    verifies: Annotated[bool, Field(description="You may say that you saw who they are.")]


class ExpertPage(BaseModel):
    """A page of experts, the first who registered first."""

    items: list[ExpertSeenOut]
    next: str | None


class ExpertQuery(PageQuery):
    """Which experts."""

    grade: Grade | None = None


class VerifyIn(Asked):
    """How you saw who they are."""

    how: Annotated[Sentence, Field(max_length=200, description="Which paper or whose word; never its number.")]


@_signed.post("/experts/links", status_code=201)
def make_link(work: WorkHere, actor: ActorHere, request: Request, asked: LinkIn) -> LinkMade:
    """Make an invitation: its address and a QR code are shown this once."""
    token = SystemChance().bytes(_DRAWN).hex()
    made = service.make_link(
        work, actor, token, words=asked.words, tags=frozenset(asked.tags), days=asked.days, most=asked.most
    )
    house: str = request.app.state.post.public_url  # never the Host header: whoever asks writes that
    address = f"{house}/experts/{token}"
    drawn = request.app.state.qr(address) if house else ""
    return LinkMade(**_link(made).model_dump(), token=token, address=address, picture=drawn)


@_signed.get("/experts/links")
def list_links(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> LinkPage:
    """List invitations in your reach, without their words."""
    before = cursors.read("expert links", page.cursor)
    found = service.links(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("expert links", str(rows[-1].id)) if len(found) > page.limit else None
    return LinkPage(items=[_link(one) for one in rows], next=more)


@_signed.post("/experts/links/{link_id}/end")
def end_link(work: WorkHere, actor: ActorHere, link_id: UUID) -> LinkOut:
    """End an invitation; who registered by it stays."""
    return _link(service.end_link(work, actor, link_id))


@_open.get("/experts/invitations/{token}")
def open_invitation(work: WorkHere, token: Token) -> InvitationOut:
    """Return what an invitation says, to whoever has its link."""
    found = service.open_link(work, token)
    return InvitationOut(words=found.words, tags=sorted(found.tags), until=found.until)


@_open.post("/experts/invitations/{token}", status_code=201)
def register_by_invitation(work: WorkHere, request: Request, token: Token, asked: NewExpertIn) -> RegisteredOut:
    """Register with an account of your own, by an invitation; then sign in."""
    gate: Gate = request.app.state.gate
    wanted = NewPerson(login=asked.login, name=asked.name, password=asked.password, must_change=False)
    person, _ = service.register_new(work, gate, wanted, asked.said(), token)
    return RegisteredOut(person_id=person.id, login=person.login)


@_signed.post("/me/expert", status_code=201)
def register(work: WorkHere, actor: ActorHere, asked: RegisterIn) -> ExpertOut:
    """Register as an expert with the account you have; sign in anew, so that your rights count."""
    return expert(service.register(work, actor, asked.said(), asked.token), actor.name)


@_signed.get("/me/expert")
def get_my_expert(work: WorkHere, actor: ActorHere) -> HomeOut:
    """Return your own page: grade and what the next one takes, what you proved, ratings, parts, earnings."""
    found = home.home(work, actor)
    return HomeOut(
        expert=expert(found.expert, actor.name),
        conflicts=sorted(found.expert.conflicts),
        skills=[SkillOut(topic=one.topic, right=one.right, wrong=one.wrong) for one in found.skills],
        next=[
            MissingOut(grade=grade, missing=[{"zh": zh, "en": en} for zh, en in missing])
            for grade, missing in found.missing.items()
        ],
        engagements={state.value: count for state, count in found.parts.items()},
        earned=out(found.earned, Asset.CNY),
        happened=[HappenedOut(at=one.at, kind=one.kind) for one in found.events],
    )


@_signed.put("/me/expert")
def change_my_expert(work: WorkHere, actor: ActorHere, asked: ProfileIn) -> ExpertOut:
    """Say anew what you can, whether you take work, for what price, and for whom not."""
    return expert(service.change(work, actor, asked.said()), actor.name)


@_signed.get("/experts")
def list_experts(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[ExpertQuery, Query()]
) -> ExpertPage:
    """List experts, the first who registered first."""
    after = cursors.read("experts", query.cursor)
    seen = None if after is None else UUID(after)
    found = home.listed(work, actor, query.grade, limit=query.limit + 1, after=seen)
    rows = found[: query.limit]
    more = cursors.write("experts", str(rows[-1][0].person_id)) if len(found) > query.limit else None
    return ExpertPage(items=[_seen(actor, one, name) for one, name in rows], next=more)


@_signed.get("/experts/{person_id}")
def get_expert(work: WorkHere, actor: ActorHere, person_id: UUID) -> ExpertSeenOut:
    """Return an expert as clients see one."""
    return _seen(actor, *home.one(work, actor, person_id))


@_signed.post("/experts/{person_id}/verify")
def verify_expert(work: WorkHere, actor: ActorHere, person_id: UUID, asked: VerifyIn) -> ExpertSeenOut:
    """Say that you saw who an expert is; on record, and their grade follows."""
    service.verify(work, actor, person_id, how=asked.how)
    return _seen(actor, *home.one(work, actor, person_id))


def _seen(actor: Actor, one: Expert, name: str) -> ExpertSeenOut:
    return ExpertSeenOut(**expert(one, name).model_dump(), verifies=service.verifies(actor, one))


def _link(one: Link) -> LinkOut:
    fields = {name: getattr(one, name) for name in LinkOut.model_fields}
    return LinkOut(**fields | {"tags": sorted(one.tags)})


for _part in (_open, _signed):
    routes.include_router(_part)
