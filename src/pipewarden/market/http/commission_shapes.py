"""What the routes of experts and commissions take and answer alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, Moment, Name, PageQuery, Sentence, actor_of
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import Acceptance, CommissionState, DeliveryState, EngagementState, Tool
from pipewarden.market.facts.experts import Grade
from pipewarden.market.http.shapes import AmountIn, AmountOut, out
from pipewarden.market.rules.amounts import units
from pipewarden.market.service.commissions import Wish
from pipewarden.market.service.experts_joining import Profile
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.market.facts.commissions import Commission, Delivery, Engagement, Match, Reason, Sampled
    from pipewarden.market.facts.experts import Expert

ActorHere = Annotated[Actor, Depends(actor_of)]
Tag = Annotated[str, Clean, Field(min_length=1, max_length=30)]
Tags = Annotated[list[Tag], Field(max_length=30)]
Stars = Annotated[int, Field(ge=1, le=5)]
_VOLUME = 10_000_000


class ReasonOut(BaseModel):
    """One part of a match, with its facts."""

    part: str
    value: Annotated[float, Field(description="0 to 1, as far as this part goes.")]
    points: Annotated[float, Field(description="What it adds to the score; negative where it takes away.")]
    zh: str
    en: str


class ExpertOut(BaseModel):
    """An expert as clients see one."""

    person_id: UUID
    name: str
    grade: Grade
    employer: str
    job: str
    tags: list[str]
    words: str
    available: bool
    price_floor: AmountOut | None
    rating: Annotated[float | None, Field(description="Mean of the clients' stars; empty while nobody rated.")]
    ratings: int
    verified: Annotated[bool, Field(description="Somebody of the house saw who they are.")]
    since: datetime


class ProfileIn(Asked):
    """What you say of yourself."""

    employer: Annotated[Name, Field(max_length=100)]
    job: Annotated[Name, Field(max_length=100)]
    tags: Annotated[Tags, Field(default_factory=list)]
    words: Annotated[str, Clean, Field(max_length=2000)] = ""
    available: bool = True
    price_floor: Annotated[AmountIn | None, Field(description="Least price of a call, in yuan.")] = None
    conflicts: Annotated[
        list[Annotated[Name, Field(max_length=100)]],
        Field(default_factory=list, max_length=30, description="Companies for which you must not work."),
    ]

    def said(self) -> Profile:
        """Return it as the service takes it."""
        floor = None if self.price_floor is None else units(self.price_floor, Asset.CNY, "price_floor")
        return Profile(
            self.employer,
            self.job,
            frozenset(self.tags),
            self.words,
            self.available,
            floor,
            frozenset(self.conflicts),
        )


class AcceptanceIn(Asked):
    """When the work is taken."""

    sample: Annotated[int, Field(ge=1, le=1000, description="Items drawn of a delivery.")] = 50
    wrong: Annotated[int, Field(ge=0, le=999, description="Of them so many may be wrong.")] = 1
    share: Annotated[float, Field(gt=0, le=1, description="Least share of the volume.")] = 0.95
    words: Annotated[str, Clean, Field(max_length=500)] = ""


class AcceptanceOut(BaseModel):
    """When the work is taken."""

    sample: int
    wrong: int
    share: float
    words: str


class CommissionIn(Asked):
    """What you want done; budget, price and volume are independent of each other."""

    title: Annotated[Name, Field(max_length=100)]
    words: Annotated[str, Clean, Field(max_length=4000)]
    tags: Annotated[Tags, Field(min_length=1)]
    tool: Tool
    online: bool = True
    price: Annotated[AmountIn, Field(description="Of one call, in yuan.")]
    volume: Annotated[int, Field(ge=1, le=_VOLUME, description="Calls.")]
    budget: Annotated[AmountIn, Field(description="Spent at most, in yuan.")]
    overlap: Annotated[int, Field(ge=1, le=9, description="Experts who answer each item.")] = 1
    due: Moment
    acceptance: AcceptanceIn = AcceptanceIn()

    def wish(self) -> Wish:
        """Return it as the service takes it."""
        return Wish(
            title=self.title,
            words=self.words,
            tags=frozenset(self.tags),
            tool=self.tool,
            online=self.online,
            price=units(self.price, Asset.CNY, "price"),
            volume=self.volume,
            budget=units(self.budget, Asset.CNY, "budget"),
            overlap=self.overlap,
            due=self.due,
            acceptance=Acceptance(**self.acceptance.model_dump()),
        )


class CommissionOut(BaseModel):
    """A commission."""

    id: UUID
    title: str
    words: str
    tags: list[str]
    tool: Tool
    online: bool
    price: AmountOut
    volume: int
    budget: AmountOut
    overlap: int
    due: datetime
    acceptance: AcceptanceOut
    state: CommissionState
    made_at: datetime
    published_at: datetime | None
    settle_at: Annotated[datetime | None, Field(description="When what is left goes back.")]
    ended_at: datetime | None
    stars: Annotated[int, Field(description="The client's rating, 1 to 5; 0 before.")]
    said: str


class CommissionPage(BaseModel):
    """A page of commissions, the newest first."""

    items: list[CommissionOut]
    next: str | None


class CommissionQuery(PageQuery):
    """Which commissions."""

    state: CommissionState | None = None


class EngagementOut(BaseModel):
    """An expert's part of a commission."""

    id: UUID
    commission_id: UUID
    person_id: UUID
    state: EngagementState
    price: AmountOut
    volume: int
    score: Annotated[float, Field(description="The match as it was when somebody asked.")]
    reasons: list[ReasonOut]
    made_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    why: str
    stars: int
    said: str


class MatchOut(BaseModel):
    """How well somebody suits, and why."""

    score: Annotated[float, Field(description="0 to 1.")]
    reasons: list[ReasonOut]
    against: Annotated[list[ReasonOut], Field(description="Why they must not work for it.")]


class DrawnOut(BaseModel):
    """One item that the server drew of a delivery."""

    name: str
    right: bool | None
    reason: str


class DeliveryOut(BaseModel):
    """A ZIP of work done offline."""

    id: UUID
    engagement_id: UUID
    size: int
    items: int
    early: bool
    words: str
    state: DeliveryState
    at: datetime
    ended_at: datetime | None
    charged: Annotated[int, Field(description="Calls that it earned.")]
    sample: list[DrawnOut]


class DeliveriesOut(BaseModel):
    """What was delivered for a part, the newest first."""

    items: list[DeliveryOut]


class RatingIn(Asked):
    """How it was."""

    stars: Stars
    said: Annotated[str, Clean, Field(max_length=500)] = ""


class TermsIn(Asked):
    """Other terms than the commission's."""

    price: Annotated[AmountIn | None, Field(description="Of one call, in yuan.")] = None
    volume: Annotated[int | None, Field(ge=1, le=_VOLUME)] = None

    def price_units(self) -> int | None:
        """Return the price as the book counts it."""
        return None if self.price is None else units(self.price, Asset.CNY, "price")


class OfferIn(TermsIn):
    """Whom you ask."""

    person_id: UUID


class WhyIn(Asked):
    """Why; the other side reads it."""

    reason: Annotated[Sentence, Field(max_length=500)]


def reasons(found: Sequence[Reason]) -> list[ReasonOut]:
    """Return reasons as they are answered."""
    return [ReasonOut(part=one.part, value=one.value, points=one.points, zh=one.zh, en=one.en) for one in found]


def match(one: Match) -> MatchOut:
    """Return a match as it is answered."""
    return MatchOut(score=one.score, reasons=reasons(one.reasons), against=reasons(one.against))


def expert(one: Expert, name: str) -> ExpertOut:
    """Return an expert as clients see one."""
    return ExpertOut(
        person_id=one.person_id,
        name=name,
        grade=one.grade,
        employer=one.employer,
        job=one.job,
        tags=sorted(one.tags),
        words=one.words,
        available=one.available,
        price_floor=None if one.price_floor is None else out(one.price_floor, Asset.CNY),
        rating=one.rating,
        ratings=one.ratings,
        verified=one.verified_at is not None,
        since=one.since,
    )


def commission(one: Commission) -> CommissionOut:
    """Return a commission as it is answered."""
    fields = {name: getattr(one, name) for name in CommissionOut.model_fields if hasattr(one, name)}
    how = one.acceptance
    return CommissionOut(
        **fields
        | {
            "tags": sorted(one.tags),
            "price": out(one.price, Asset.CNY),
            "budget": out(one.budget, Asset.CNY),
            "acceptance": AcceptanceOut(sample=how.sample, wrong=how.wrong, share=how.share, words=how.words),
        }
    )


def engagement(one: Engagement) -> EngagementOut:
    """Return an expert's part as it is answered."""
    fields = {name: getattr(one, name) for name in EngagementOut.model_fields}
    return EngagementOut(**fields | {"price": out(one.price, Asset.CNY), "reasons": reasons(one.reasons)})


def delivery(one: Delivery, sample: Sequence[Sampled]) -> DeliveryOut:
    """Return a delivery as it is answered."""
    fields = {name: getattr(one, name) for name in DeliveryOut.model_fields if name not in {"items", "sample"}}
    drawn = [DrawnOut(name=each.name, right=each.right, reason=each.reason) for each in sample]
    return DeliveryOut(**fields, items=len(one.names), sample=drawn)
