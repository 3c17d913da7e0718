"""What the routes of labelling take and answer alike.

What somebody says has two shapes: what is asked may leave out what is empty, what is answered leaves nothing out.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, Clean, actor_of
from pipewarden.market.facts.labels import AnswerState, Choice, ItemState, LabelKind, Said, Shape, ShapeKind
from pipewarden.people.facts import Actor, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.market.facts.labels import Answer, Item

ActorHere = Annotated[Actor, Depends(actor_of)]
JPEG: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The picture as it was drawn anew, masked.",
    }
}
Side = Annotated[float, Field(ge=0.0, le=1.0)]
Point = Annotated[list[Side], Field(min_length=2, max_length=2, description="x, y: shares of width and height.")]
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="A hazard's id, or a class.")]
Words = Annotated[str, Clean, Field(max_length=2000)]
Units = Annotated[int, Field(ge=0, le=100_000_000, description="Units of 0.0001 yuan.")]


class ShapeBody(Asked):
    """One thing marked; of a box two points, upper left and lower right."""

    kind: ShapeKind
    label: Label
    points: Annotated[list[Point], Field(min_length=2, max_length=200)]

    def shape(self) -> Shape:
        """Return it as the slice has it."""
        return Shape(self.kind, self.label, tuple((x, y) for x, y in self.points))


class LabelSaidIn(Asked):
    """What somebody answers."""

    matches: Annotated[bool, Field(description="业务场景是否匹配: the picture shows what was asked for.")]
    hazards: Annotated[list[str], Field(max_length=40, default_factory=list, description="Ids of the list.")]
    shapes: Annotated[list[ShapeBody], Field(max_length=200, default_factory=list)]
    price: Annotated[Units | None, Field(description="隐患核价 alone: what the find is worth.")] = None
    choice: Annotated[Choice | None, Field(description="Of a dispute alone.")] = None
    comment: Annotated[str, Clean, Field(max_length=500)] = ""

    def said(self) -> Said:
        """Return it as the slice has it."""
        shapes = tuple(one.shape() for one in self.shapes)
        return Said(self.matches, tuple(self.hazards), shapes, self.price, self.choice, self.comment)


class LabelSaidOut(BaseModel):
    """What somebody answered, a model guessed, or an item settled on."""

    matches: bool
    hazards: list[str]
    shapes: list[ShapeBody]
    price: Annotated[int | None, Field(description="Units of 0.0001 yuan.")]
    choice: Choice | None
    comment: str


class LabelItemOut(BaseModel):
    """An item, as its reader may see it."""

    id: UUID
    commission_id: UUID
    kind: LabelKind
    state: ItemState
    words: Annotated[str, Field(description="What is asked, of a dispute.")]
    width: Annotated[int, Field(description="Pixels; 0 without a picture.")]
    height: int
    picture: bool
    guess: Annotated[LabelSaidOut | None, Field(description="What a model says; nobody has looked.")]
    model: str | None
    score: Annotated[float | None, Field(description="How sure the model is, 0 to 1.")]
    settled: LabelSaidOut | None


class ClientItemOut(LabelItemOut):
    """An item as its client sees it."""

    source: str
    gold: Annotated[bool, Field(description="Its truth is known: it measures people.")]
    told: Annotated[bool, Field(description="Of gold: the truth was told, and it measures nobody any more.")]
    reason: str
    wanted: Annotated[int, Field(description="So many people are to answer it.")]
    asked: Annotated[int, Field(description="So many hold it or answered it.")]
    made_at: datetime
    settled_at: datetime | None


class LabelAnswerOut(BaseModel):
    """One person's turn at an item."""

    id: UUID
    engagement_id: UUID
    state: AnswerState
    said: LabelSaidOut | None
    drawn_at: datetime
    given_at: datetime | None
    until: Annotated[datetime, Field(description="Of a drawn or returned one: then it goes to somebody else.")]
    tries: int
    reason: Annotated[str, Field(description="Why it came back, or was wrong.")]
    charged: bool


def said_out(one: Said | None) -> LabelSaidOut | None:
    """Return what was said as it is answered."""
    if one is None:
        return None
    shapes = [
        ShapeBody(kind=each.kind, label=each.label, points=[[x, y] for x, y in each.points]) for each in one.shapes
    ]
    plain = {name: getattr(one, name) for name in ("matches", "price", "choice", "comment")}
    return LabelSaidOut(**plain, hazards=list(one.hazards), shapes=shapes)


def item_fields(one: Item) -> dict[str, Any]:
    """Return what every reader of an item sees."""
    plain = ("id", "commission_id", "kind", "state", "words", "width", "height")
    return {name: getattr(one, name) for name in plain} | {
        "picture": one.picture is not None,
        "guess": None if one.guess is None else said_out(one.guess.said),
        "model": None if one.guess is None else one.guess.model,
        "score": None if one.guess is None else one.guess.score,
        "settled": said_out(one.settled),
    }


def client(one: Item) -> ClientItemOut:
    """Return an item as its client sees it."""
    plain = ("source", "told", "reason", "wanted", "asked", "made_at", "settled_at")
    more = {name: getattr(one, name) for name in plain}
    return ClientItemOut(**item_fields(one), **more, gold=one.gold is not None)


def answer_fields(one: Answer) -> dict[str, Any]:
    """Return what every reader of an answer sees."""
    plain = ("id", "engagement_id", "state", "drawn_at", "given_at", "until", "tries", "reason")
    told = {name: getattr(one, name) for name in plain}
    return told | {"said": said_out(one.said), "charged": one.charged_at is not None}


def jpeg(get: Callable[[], bytes]) -> Response:
    """Return a picture; one whose file is gone is none for this reader.

    Raises:
        NotFoundError: see there.
    """
    try:
        drawn = get()
    except InputError as error:
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})
