"""Commissions (需求): what a client publishes, who works for them, what was delivered, and how that was taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

COMMISSION_CHANGED = "market.commission_changed"  # fact_id = id of the event, partition = tenant


class CommissionState(StrEnum):
    """How far a commission has come."""

    DRAFT = "draft"
    PUBLISHED = "published"  # its money is set aside, and experts see it
    MATCHING = "matching"  # somebody was asked, or asked to work
    RUNNING = "running"  # somebody works
    ACCEPTED = "accepted"  # the client took the work; what waits is still charged
    SETTLED = "settled"  # everything is booked, the rest is back in the purse
    CANCELLED = "cancelled"


class Tool(StrEnum):
    """What the work is done with (智造工具)."""

    LABELLING = "labelling"  # 图片标注
    PRICING = "pricing"  # 隐患核价
    PLAN_REVIEW = "plan_review"  # 方案争议评审
    FOUNDRY = "foundry"  # 隐患识别能力打造工具
    OFFLINE = "offline"  # 线下方式: a ZIP is delivered


class EngagementState(StrEnum):
    """How far an expert's part has come."""

    OFFERED = "offered"  # the client asked
    APPLIED = "applied"  # the expert asked
    BEGUN = "begun"
    DONE = "done"
    LEFT = "left"  # declined, refused or ended before anything was done; its ``why`` says by whom


class DeliveryState(StrEnum):
    """How a ZIP that was delivered stands."""

    SAMPLED = "sampled"  # a sample waits for the client's word
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # more of the sample was wrong than the rule allows: it goes back with the reasons


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a client takes the work (acceptance rule).

    Attributes:
        sample: items that the server draws of a ZIP.
        wrong: of them so many may be wrong.
        share: least share of the volume that must be delivered before the whole is accepted, 0 to 1.
        words: what else the client looks at.
    """

    sample: int
    wrong: int
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Commission:
    """What a client wants done. Budget, price and volume are independent: the deck has 19,468 元, 0.13 and 150,000.

    Attributes:
        words: what is to be done.
        tags: of the intent.
        online: done here with a tool; else delivered as a ZIP.
        price: of one call, units of 0.0001 yuan.
        volume: calls wanted of all experts together.
        budget: units of 0.0001 yuan that are spent at most.
        overlap: so many experts answer each item.
        due: when it should be done.
        budget_id: where its money lies once it is published.
        settle_at: of an accepted one: when what is left goes back.
        stars, said: the client's rating (客户评价), 1 to 5; 0 before.
    """

    id: UUID
    tenant_id: UUID
    title: str
    words: str
    tags: frozenset[str]
    tool: Tool
    online: bool
    price: int
    volume: int
    budget: int
    overlap: int
    due: datetime
    acceptance: Acceptance
    state: CommissionState
    made_by: UUID
    made_at: datetime
    published_at: datetime | None = None
    budget_id: UUID | None = None
    settle_at: datetime | None = None
    ended_at: datetime | None = None
    stars: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a match counts so much: one part of its score.

    Attributes:
        part: tags, words, skill, load, price, rating, grade, or what stands against it.
        value: 0 to 1, as far as this part goes.
        points: what it adds to the score.
        zh, en: one sentence with the facts.
    """

    part: str
    value: float
    points: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Match:
    """How well an expert suits a commission (匹配度).

    Attributes:
        score: 0 to 1; 0 where something stands against it.
        against: why they must not work for it; empty where nothing does.
    """

    person_id: UUID
    score: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Engagement:
    """One expert's part of a commission (承接).

    Attributes:
        price: agreed for one call, units of 0.0001 yuan.
        volume: calls that are theirs at most.
        score, reasons: the match as it was when they were asked or asked.
        demand_id: where their calls are metered, once they have begun.
        settled: what was left of its money went back.
        stars, said: the client's word on them (共创评价), 1 to 5; 0 before.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    person_id: UUID
    state: EngagementState
    price: int
    volume: int
    score: float
    reasons: tuple[Reason, ...]
    made_at: datetime
    demand_id: UUID | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    why: str = ""
    settled: bool = False
    stars: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A ZIP of work that was done offline.

    Attributes:
        sha256: of the file.
        names: of the items in it, in order.
        early: it came before the volume was reached, and nothing more will (提前交付).
        charged: calls that it earned once it was accepted.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    engagement_id: UUID
    person_id: UUID
    sha256: str
    size: int
    names: tuple[str, ...]
    early: bool
    words: str
    state: DeliveryState
    at: datetime
    ended_at: datetime | None = None
    charged: int = 0


@dataclass(frozen=True, slots=True)
class Sampled:
    """One item that was drawn from a delivery.

    Attributes:
        right: the client's word; None before.
        reason: why it is wrong; it goes back to the same person.
    """

    delivery_id: UUID
    name: str
    right: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CommissionEvent:
    """One thing that happened to a commission, for ever.

    Attributes:
        engagement_id: whose part it is about; None for the whole.
        actor: who did it; None for the house.
        body: what a reader needs to understand it; never a name or contact.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    engagement_id: UUID | None
    at: datetime
    actor: str | None
    kind: str
    body: dict[str, object]
