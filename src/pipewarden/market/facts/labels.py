"""Labelling work: items of a commission, what experts are asked about them, and what they answered.

Places in a picture are shares of its width and height (0 to 1 from the top left), so that they hold for a picture that
is drawn anew at another size, as every masked one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

TOPIC = "labelling"  # of skill: gold of any kind; beside it each hazard of the truth is one


class LabelKind(StrEnum):
    """What is asked about an item."""

    HAZARDS = "hazards"  # 隐患识别: does the scene match, which hazards of the list, where
    PRICE = "price"  # 隐患核价: the same, and what the find is worth
    DISPUTE = "dispute"  # 方案争议复核: is the disputed plan right


class ShapeKind(StrEnum):
    """How a thing is marked."""

    BOX = "box"
    POLYGON = "polygon"


class Choice(StrEnum):
    """The word on a dispute."""

    UPHELD = "upheld"  # the plan stands
    CHANGED = "changed"  # the objection is right
    UNCLEAR = "unclear"


class ItemState(StrEnum):
    """How far an item has come."""

    OPEN = "open"  # answers are wanted
    REVIEW = "review"  # people do not agree: a reviewer decides
    SETTLED = "settled"


class AnswerState(StrEnum):
    """How far an answer has come."""

    DRAWN = "drawn"  # given to the person, not answered yet
    GIVEN = "given"
    RETURNED = "returned"  # back at the same person, with a reason
    RIGHT = "right"  # it agrees with what was settled
    WRONG = "wrong"
    LAPSED = "lapsed"  # not answered in time, or handed back


class Verdict(StrEnum):
    """What a reviewer does with an item whose answers do not agree, or with one answer."""

    ACCEPT = "accept"
    FIX = "fix"  # the reviewer's own answer stands
    REJECT = "reject"  # back to the same person, with the reason


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing marked in a picture.

    Attributes:
        label: id of a hazard of the list, or a class of the commission.
        points: (x, y), shares of width and height; of a box two, the upper left and the lower right corner.
    """

    kind: ShapeKind
    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answers.

    Attributes:
        matches: the picture shows what was asked for (业务场景是否匹配, required).
        hazards: ids of the list, in its order; empty where none is seen.
        price: 隐患核价 only: what the find is worth, units of 0.0001 yuan.
        choice: of a dispute only.
    """

    matches: bool
    hazards: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()
    price: int | None = None
    choice: Choice | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model says before anybody has looked (pre-annotation); it is shown as such.

    Attributes:
        model: name and version.
        score: 0 to 1, how sure it is; items with the lowest come first.
    """

    said: Said
    model: str
    score: float


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be looked at for a commission.

    Attributes:
        picture: SHA-256 of the original; None for a dispute without one. What is shown is drawn anew, masked.
        width, height: pixels of the picture; 0 without one.
        words: what is asked, for a dispute.
        gold: the truth where it is known; the item then measures people. Never told before they answered.
        reason: why gold is what it is; told to who got it wrong.
        source: where it came from, ``kind:id``: the same thing is one item of a commission.
        authors: people whose own work the item shows; they are never asked about it.
        shown: of gold, to how many people; past a limit it is worn out, for people talk.
        told: somebody who got it wrong was told the truth; it measures nobody any more.
        wanted: so many people are to answer it; ``asked`` hold or answered it.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    kind: LabelKind
    picture: str | None
    width: int
    height: int
    source: str
    made_at: datetime
    words: str = ""
    authors: tuple[UUID, ...] = ()
    guess: Guess | None = None
    gold: Said | None = None
    reason: str = ""
    shown: int = 0
    told: bool = False
    wanted: int = 1
    asked: int = 0
    state: ItemState = ItemState.OPEN
    settled: Said | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's turn at one item; whoever has answered sees nothing of the others' (blind).

    Attributes:
        measures: its item was gold when it was drawn; never told before it is answered.
        until: of a drawn or returned one: then somebody else is asked.
        right_first: of one that measures, whether the first try was right.
        reason: why it came back, or was wrong.
        tries: how often the person answered.
        charged_at: when it was charged to the commission; None while it is not.
    """

    id: UUID
    tenant_id: UUID
    commission_id: UUID
    item_id: UUID
    engagement_id: UUID
    person_id: UUID
    measures: bool
    drawn_at: datetime
    until: datetime
    state: AnswerState = AnswerState.DRAWN
    said: Said | None = None
    given_at: datetime | None = None
    right_first: bool | None = None
    reason: str = ""
    tries: int = 0
    charged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """One thing that happened to an item, for ever; ``actor`` is ``kind:id``, None for the house."""

    at: datetime
    kind: str
    actor: str | None
    answer_id: UUID | None
    body: dict[str, object]


class Standing(StrEnum):
    """How a person stands, by gold items."""

    TRIAL = "trial"  # too few yet, or lately wrong too often: works, and pay waits
    GOOD = "good"
    STOPPED = "stopped"  # wrong too often: draws nothing and is paid nothing until a person has looked


@dataclass(frozen=True, slots=True)
class Trial:
    """Wald's sequential test: how often good and bad people are right, and the risks of judging them wrong."""

    good: float
    bad: float
    stop_risk: float
    pass_risk: float


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """One edition of policy/labelling, where every number is explained."""

    version: str
    overlap: int
    overlap_most: int
    gold: float
    trial_gold: float
    gold_least: float
    gold_worn: int
    draw_within: timedelta
    return_within: timedelta
    sure: float
    hold: timedelta
    day_most: int
    boxes: float
    price_band: float
    trial: Trial


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with what was said of it, as other tools take and give it.

    Attributes:
        name: of the picture, without a folder or an ending.
        file: as the other tool finds the picture.
        width, height: pixels.
        said: what stands; None where nothing does yet.
        guess: what a model said before.
        by: who said it: an id, never a name.
    """

    name: str
    file: str
    width: int
    height: int
    said: Said | None = None
    guess: Guess | None = None
    by: str = ""
