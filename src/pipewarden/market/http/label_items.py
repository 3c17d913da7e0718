"""A client's side of labelling over HTTP: pictures and disputes put before experts, review, figures, export."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, CursorsHere, PageQuery, WorkHere, router
from pipewarden.market.facts.labels import Guess, ItemState, LabelKind, Verdict
from pipewarden.market.http.label_shapes import (
    JPEG,
    ActorHere,
    LabelAnswerOut,
    LabelItemOut,
    LabelSaidIn,
    Words,
    answer_fields,
    item_fields,
    jpeg,
)
from pipewarden.market.service import labelling_export as exporting
from pipewarden.market.service import labelling_items as service
from pipewarden.market.service import labelling_progress
from pipewarden.market.service.labelling_export import Format
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from pipewarden.market.facts.labels import Item, Said
    from pipewarden.perceive.service import Showing

routes = router(tags=["labelling"])
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "Labels and masked pictures.",
    }
}
_MOST_JSON = 50_000
_PIECE = 1 << 16
_MOST_PAIRS = 50  # of people; more tell nobody anything
Source = Annotated[str, Field(max_length=100, description="Your own name for it; once in a commission."), Clean]
SaidText = Annotated[str, Field(max_length=_MOST_JSON, description="JSON: see LabelSaidIn."), Clean]


class LabelItemIn(Asked):
    """A picture of a self-inspection, or a dispute in words."""

    check_id: UUID | None = None
    source: Source = ""
    words: Annotated[Words, Field(description="What is disputed, and what both sides say.")] = ""
    gold: Annotated[LabelSaidIn | None, Field(description="The truth, if known: it measures people.")] = None
    reason: Annotated[Words, Field(description="Told to who gets gold wrong.")] = ""

    @model_validator(mode="after")
    def _one_of(self) -> LabelItemIn:
        if (self.check_id is None) is (not self.words):
            raise ValueError("name a check_id, or say words")
        return self


class LabelPictureIn(Asked):
    """A picture on its way before experts."""

    picture: Annotated[UploadFile, Field(description="JPEG, PNG, WebP or HEIC, at most 25 MB; kept masked alone.")]
    source: Annotated[Source, Field(min_length=1)]
    guess: Annotated[SaidText, Field(description="What a model says of it, JSON: see LabelSaidIn.")] = ""
    model: Annotated[str, Field(max_length=100, description="Of the guess: name and version."), Clean] = ""
    score: Annotated[float, Field(ge=0, le=1, description="Of the guess: how sure; the least come first.")] = 0.5
    gold: Annotated[SaidText, Field(description="The truth, where you know it, JSON: see LabelSaidIn.")] = ""
    reason: Annotated[Words, Field(description="Told to who gets gold wrong.")] = ""

    def new(self) -> service.NewItem:
        """Return it as the service takes it.

        Raises:
            InputError: a text is no answer.
        """
        guess = said_of(self.guess, "guess")
        told = None if guess is None else Guess(guess, self.model or "unnamed", self.score)
        return service.NewItem(self.source, guess=told, gold=said_of(self.gold, "gold"), reason=self.reason)


class LabelReviewIn(Asked):
    """What a reviewer decides."""

    verdict: Verdict
    answer_id: Annotated[UUID | None, Field(description="To accept or to reject.")] = None
    said: Annotated[LabelSaidIn | None, Field(description="Your own answer, to fix.")] = None
    reason: Annotated[Words, Field(description="To reject: the same person reads it and mends the answer.")] = ""


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


class ClientAnswerOut(LabelAnswerOut):
    """An answer as the client sees it."""

    person_id: UUID
    name: Annotated[str, Field(description="How people know who answered.")]


class LabelEventOut(BaseModel):
    """One thing that happened to an item."""

    at: datetime
    kind: str
    answer_id: UUID | None


class LabelItemSeenOut(BaseModel):
    """An item with all answers and what happened."""

    item: ClientItemOut
    answers: list[ClientAnswerOut]
    events: list[LabelEventOut]


class LabelItemPage(BaseModel):
    """A page of items, the first first."""

    items: list[ClientItemOut]
    next: str | None


class LabelItemQuery(PageQuery):
    """Which items."""

    state: Annotated[ItemState | None, Field(description="review: those on which people do not agree.")] = None
    gold: bool | None = None


class LabellingOut(BaseModel):
    """How far a commission's labelling is."""

    commission_id: UUID
    kind: LabelKind
    items: Annotated[dict[ItemState, int], Field(description="By state, without gold.")]
    gold: int
    fresh: Annotated[int, Field(description="Gold that still measures: told to nobody, and not worn.")]
    answers: dict[str, int]
    charged: int


class KappaOut(BaseModel):
    """How far two people agree beyond chance on whether scenes match."""

    people: Annotated[list[UUID], Field(min_length=2, max_length=2)]
    kappa: Annotated[float | None, Field(description="Cohen's; empty: says nothing.")]
    items: Annotated[int, Field(description="That both answered.")]


class AgreementOut(BaseModel):
    """How people of a commission agree, over its newest answers."""

    items: int
    answers: int
    alpha: Annotated[dict[str, float | None], Field(description="Krippendorff's, by question; empty: says nothing.")]
    kappa: Annotated[list[KappaOut], Field(description="Of two people each, who shared the most items first.")]
    right: Annotated[dict[UUID, float], Field(description="By person: how often right, after Dawid and Skene.")]
    together: Annotated[list[UUID], Field(description="Wrong in the same way too often: somebody has to look.")]
    names: Annotated[dict[UUID, str], Field(description="How people know those who answered.")]


class LabelExportQuery(Asked):
    """What the labels are written as."""

    format: Format = Format.COCO
    pictures: bool = True


@routes.get("/commissions/{commission_id}/labelling")
def get_labelling(work: WorkHere, actor: ActorHere, commission_id: UUID) -> LabellingOut:
    """Return how far a commission's labelling is."""
    found = labelling_progress.whole(work, actor, commission_id)
    plain = ("kind", "gold", "fresh", "answers", "charged", "items")
    return LabellingOut(commission_id=commission_id, **{name: getattr(found, name) for name in plain})


@routes.post("/commissions/{commission_id}/items", status_code=201)
def add_label_item(  # noqa: PLR0917  FastAPI hands every one by its name
    work: WorkHere, actor: ActorHere, blobs: BlobsHere, request: Request, commission_id: UUID, asked: LabelItemIn
) -> ClientItemOut:
    """Put a self-inspection's picture, masked, or a dispute before experts; the same one again is the item there."""
    gold = None if asked.gold is None else asked.gold.said()
    if asked.check_id is not None:
        made = service.add_check(
            work,
            actor,
            commission_id,
            asked.check_id,
            blobs=blobs,
            showing=showing_of(request),
            gold=gold,
            reason=asked.reason,
        )
    else:
        new = service.NewItem(asked.source, asked.words, gold=gold, reason=asked.reason)
        made = service.add_dispute(work, actor, commission_id, new)
    return client(made)


@routes.post("/commissions/{commission_id}/pictures", status_code=201)
def add_label_picture(  # noqa: PLR0917  as above
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    request: Request,
    commission_id: UUID,
    form: Annotated[LabelPictureIn, Form(media_type="multipart/form-data")],
) -> ClientItemOut:
    """Put a picture before experts, masked; with its truth it is gold. The same source again is the item there."""
    new, picture = form.new(), form.picture.file.read()
    showing = showing_of(request)
    made = service.add_picture(work, actor, commission_id, new, picture=picture, blobs=blobs, showing=showing)
    return client(made)


@routes.get("/commissions/{commission_id}/items")
def list_label_items(
    work: WorkHere,
    actor: ActorHere,
    cursors: CursorsHere,
    commission_id: UUID,
    query: Annotated[LabelItemQuery, Query()],
) -> LabelItemPage:
    """List a commission's items, the first first, gold among them, for its client."""
    read = cursors.read("labels", query.cursor)
    after = None if read is None else UUID(read)
    limit = query.limit + 1
    found = service.items(work, actor, commission_id, state=query.state, gold=query.gold, limit=limit, after=after)
    rows = found[: query.limit]
    more = cursors.write("labels", str(rows[-1].id)) if len(found) > query.limit else None
    return LabelItemPage(items=[client(one) for one in rows], next=more)


@routes.get("/commissions/{commission_id}/agreement")
def get_agreement(work: WorkHere, actor: ActorHere, commission_id: UUID) -> AgreementOut:
    """Return how the people of a commission agree, and who is wrong in the same way too often."""
    found = service.figures(work, actor, commission_id)
    pairs = sorted(found.kappa.items(), key=lambda one: (-one[1][1], one[0]))[:_MOST_PAIRS]
    return AgreementOut(
        items=found.items,
        answers=found.answers,
        alpha=found.alpha,
        kappa=[KappaOut(people=[UUID(one) for one in who], kappa=how, items=n) for who, (how, n) in pairs],
        right={UUID(who): share for who, share in found.right.items()},
        together=[UUID(one.who[0]) for one in found.together],
        names=people.person_names(work, {UUID(one) for one in found.right}),
    )


@routes.get("/commissions/{commission_id}/labels", response_class=StreamingResponse, responses=_ZIP)
def export_labels(
    work: WorkHere, actor: ActorHere, blobs: BlobsHere, commission_id: UUID, query: Annotated[LabelExportQuery, Query()]
) -> StreamingResponse:
    """Return a commission's labels as a ZIP, every task in it, empty pictures too; on record."""
    with ExitStack() as until_read:
        into = until_read.enter_context(tempfile.TemporaryFile())
        exporting.export(work, actor, commission_id, query.format, into, blobs=blobs, pictures=query.pictures)
        until_read.pop_all()
    headers = {
        "Content-Disposition": f"attachment; filename=labels-{query.format}.zip",
        "Content-Length": str(into.tell()),
    }
    return StreamingResponse(_pieces(into), media_type="application/zip", headers=headers)


@routes.get("/labelling/items/{item_id}")
def get_label_item(work: WorkHere, actor: ActorHere, item_id: UUID) -> LabelItemSeenOut:
    """Return an item with everybody's answers, for its client."""
    found = service.item(work, actor, item_id)
    names = people.person_names(work, {one.person_id for one in found.answers})
    return LabelItemSeenOut(
        item=client(found.item),
        answers=[
            ClientAnswerOut(**answer_fields(one), person_id=one.person_id, name=names.get(one.person_id, ""))
            for one in found.answers
        ],
        events=[LabelEventOut(at=one.at, kind=one.kind, answer_id=one.answer_id) for one in found.events],
    )


@routes.get("/labelling/items/{item_id}/picture", response_class=Response, responses=JPEG)
def get_label_item_picture(work: WorkHere, actor: ActorHere, blobs: BlobsHere, item_id: UUID) -> Response:
    """Return an item's masked picture, for its client."""
    return jpeg(lambda: service.picture(work, actor, item_id, blobs))


@routes.post("/labelling/items/{item_id}/review")
def review_label_item(work: WorkHere, actor: ActorHere, item_id: UUID, asked: LabelReviewIn) -> ClientItemOut:
    """Accept an answer, fix it by your own, or reject it back to the same person with the reason."""
    said = None if asked.said is None else asked.said.said()
    return client(
        service.review(work, actor, item_id, asked.verdict, answer_id=asked.answer_id, said=said, reason=asked.reason)
    )


def showing_of(request: Request) -> Showing:
    """Return how pictures are drawn for experts: masked, always."""
    return perceive.masked(request.app.state.lens)


def said_of(text: str, field: str) -> Said | None:
    """Return what a field's JSON says; None where it is empty.

    Raises:
        InputError: it is no answer.
    """
    if not text.strip():
        return None
    try:
        return LabelSaidIn.model_validate(json.loads(text)).said()
    except (ValueError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        where = "" if first is None else ".".join(str(one) for one in first["loc"])
        problem = "is no JSON" if first is None else f"{first['msg']} at {where or 'the whole'}"
        raise InputError(field=field, problem=problem, fix="Send the JSON of an answer: see LabelSaidIn.") from error


def client(one: Item) -> ClientItemOut:
    """Return an item as its client sees it."""
    plain = ("source", "told", "reason", "wanted", "asked", "made_at", "settled_at")
    more = {name: getattr(one, name) for name in plain}
    return ClientItemOut(**item_fields(one), **more, gold=one.gold is not None)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
