"""What a client puts before experts over HTTP: pictures one by one or as a ZIP, self-inspections, disputes, gold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003  FastAPI reads it at run time

from fastapi import Form, Request, UploadFile
from pydantic import BaseModel, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, WorkHere, router
from pipewarden.market.facts.labels import Guess
from pipewarden.market.http.label_shapes import ActorHere, ClientItemOut, LabelSaidIn, Words, client
from pipewarden.market.rules.labels_importing import ImportFormat  # noqa: TC001  FastAPI reads it at run time
from pipewarden.market.service import labelling_adding as adding
from pipewarden.market.service import labelling_gold
from pipewarden.market.service.labelling_importing import Use, Wanted, take_pack
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pipewarden.market.facts.labels import Said
    from pipewarden.perceive.service import Showing

routes = router(tags=["labelling"])
_MOST_JSON = 50_000
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

    def new(self) -> adding.NewItem:
        """Return it as the service takes it.

        Raises:
            InputError: a text is no answer.
        """
        guess = said_of(self.guess, "guess")
        told = None if guess is None else Guess(guess, self.model or "unnamed", self.score)
        return adding.NewItem(self.source, guess=told, gold=said_of(self.gold, "gold"), reason=self.reason)


class LabelImportIn(Asked):
    """A ZIP of pictures, with labels of another tool beside them or without."""

    file: Annotated[UploadFile, Field(description="A ZIP, at most 32 MiB and 100 pictures.")]
    format: Annotated[ImportFormat, Field(description="Of the labels; a label has its picture's name.")]
    use: Annotated[Use, Field(description="guess: a model's word; gold: the truth, which measures people.")] = Use.GUESS
    model: Annotated[str, Field(max_length=100, description="Of a guess: name and version."), Clean] = ""
    score: Annotated[float, Field(ge=0, le=1, description="Of a guess: how sure.")] = 0.5
    reason: Annotated[Words, Field(description="Told to who gets gold wrong.")] = ""


class LeftOut(BaseModel):
    """A file, or a label, that was not taken."""

    name: str
    problem: str
    fix: str


class LabelImportOut(BaseModel):
    """What became of a ZIP."""

    taken: Annotated[int, Field(description="New items.")]
    known: Annotated[int, Field(description="There before: the same place in a ZIP is one item of a commission.")]
    left: list[LeftOut]


class LabelGoldIn(Asked):
    """What is true of an item."""

    said: Annotated[LabelSaidIn | None, Field(description="Of an open item; leave out for a settled one.")] = None
    reason: Annotated[Words, Field(description="Told to who gets it wrong.")] = ""


@routes.post("/commissions/{commission_id}/items", status_code=201)
def add_label_item(  # noqa: PLR0917  FastAPI hands every one by its name
    work: WorkHere, actor: ActorHere, blobs: BlobsHere, request: Request, commission_id: UUID, asked: LabelItemIn
) -> ClientItemOut:
    """Put a self-inspection's picture, masked, or a dispute before experts; the same one again is the item there."""
    gold = None if asked.gold is None else asked.gold.said()
    if asked.check_id is not None:
        made = adding.add_check(
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
        new = adding.NewItem(asked.source, asked.words, gold=gold, reason=asked.reason)
        made = adding.add_dispute(work, actor, commission_id, new)
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
    made = adding.add_picture(work, actor, commission_id, new, picture=picture, blobs=blobs, showing=showing)
    return client(made)


@routes.post("/commissions/{commission_id}/imports", status_code=201)
def import_labels(  # noqa: PLR0917  as above
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    request: Request,
    commission_id: UUID,
    form: Annotated[LabelImportIn, Form(media_type="multipart/form-data")],
) -> LabelImportOut:
    """Put the pictures of a ZIP before experts, with another tool's labels as a guess or as the truth (gold)."""
    wanted = Wanted(form.format, form.use, form.model, form.score, form.reason)
    pack, showing = form.file.file.read(), showing_of(request)
    found = take_pack(work, actor, commission_id, pack, wanted, blobs=blobs, showing=showing)
    left = [LeftOut(name=one.name, problem=one.problem, fix=one.fix) for one in found.left]
    return LabelImportOut(taken=len(found.taken), known=found.known, left=left)


@routes.post("/labelling/items/{item_id}/gold")
def make_item_gold(work: WorkHere, actor: ActorHere, item_id: UUID, asked: LabelGoldIn) -> ClientItemOut:
    """Let an item measure people: a settled one by what was settled, one that nobody had by your own word."""
    said = None if asked.said is None else asked.said.said()
    return client(labelling_gold.make_gold(work, actor, item_id, said, asked.reason))


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
