"""Experts: who they are, what they can, what they proved, and how they came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

EXPERT_CHANGED = "market.expert_changed"  # fact_id = id of the event, partition = person


class Grade(StrEnum):
    """How much an expert has proved (专家等级); the deck prints "B级专家"."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Expert:
    """Somebody who works for commissions.

    Attributes:
        tenant_id: where they registered; the nil id for the platform itself.
        tags: what they say that they can; what they proved is a ``Skill``.
        words: about themselves.
        price_floor: least price of a call that they work for, units of 0.0001 yuan; None: any.
        conflicts: employers and tenants (ids as text) for whose commissions they must not work.
        stars: sum of the clients' ratings, 1 to 5 each; ``ratings`` how many those are.
        since: when they registered.
        verified_at: when somebody of the house saw who they are (实名); None before.
    """

    person_id: UUID
    tenant_id: UUID
    grade: Grade
    employer: str
    job: str
    tags: frozenset[str]
    words: str
    available: bool
    price_floor: int | None
    conflicts: frozenset[str]
    stars: int
    ratings: int
    since: datetime
    verified_at: datetime | None = None
    link_id: UUID | None = None

    @property
    def rating(self) -> float | None:
        """Mean of the clients' stars; None while nobody rated."""
        return self.stars / self.ratings if self.ratings else None


@dataclass(frozen=True, slots=True)
class Skill:
    """What an expert proved on items whose answer is known.

    Attributes:
        topic: a tag, or a code of the taxonomy.
        right: gold items answered right; ``wrong``: otherwise.
    """

    person_id: UUID
    topic: str
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation to register, as an address and a QR code; its word itself is never kept.

    Attributes:
        words: what whoever opens it reads first.
        tags: what whoever registers by it is proposed to say that they can.
        until: from then on it opens nothing.
        most: registrations by it; ``used``: so many there were.
    """

    id: UUID
    tenant_id: UUID
    digest: bytes
    words: str
    tags: frozenset[str]
    made_by: UUID
    made_at: datetime
    until: datetime
    most: int
    used: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What it takes to hold a grade, or to lose it (policy/experts).

    Attributes:
        gold: items with a known answer that were answered.
        right: least share of them that was right, counted as the lower end of its 95 % interval.
        engagements: commissions done.
        rating: least mean of the clients' stars; not asked before ``ratings`` clients have rated.
        verified: somebody of the house must have seen who they are.
    """

    gold: int
    right: float
    engagements: int
    rating: float
    ratings: int
    verified: bool


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a match is scored (policy/experts); every number lies between 0 and 1 but ``strength``.

    Attributes:
        guess: share of right answers that is worth nothing.
        base: share of right answers of somebody of whom nothing is known.
        tags, words: what is added to it for a topic that they name, and for one that their words are about.
        strength: items that all this weighs as much as, once there are items with a known answer.
        skill, rating, grade: how much each counts; they sum to 1.
        busy_left, price_left: share of the score that a full load, and twice the price, leave.
    """

    guess: float
    base: float
    tags: float
    words: float
    strength: float
    skill: float
    rating: float
    grade: float
    busy_left: float
    price_left: float


@dataclass(frozen=True, slots=True)
class ExpertPolicy:
    """One dated edition of policy/experts.

    Attributes:
        steps: what grades A and B take; C is everybody's who registered.
        busy: engagements under way at which somebody's load is full.
        push: so many experts a picture of the pool is shown to.
        pool_busy: pictures of the pool that one person has waiting at most.
        link_days: days that a link of invitation is good for at most.
        judge_days: days after which a delivery that no client judged is accepted.
    """

    version: str
    since: date
    steps: dict[Grade, Step]
    scoring: Scoring
    busy: int
    push: int
    pool_busy: int
    link_days: int
    judge_days: int


@dataclass(frozen=True, slots=True)
class ExpertEvent:
    """One thing that happened to an expert's standing, for ever.

    Attributes:
        actor: who did it; None for the house.
        kind: registered, changed, verified, promoted, demoted, rated.
        body: what a reader needs to understand it; never a name or contact.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    at: datetime
    actor: str | None
    kind: str
    body: dict[str, object]
