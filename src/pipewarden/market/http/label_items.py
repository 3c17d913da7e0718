"""What comes of a client's items over HTTP: how far they are, answers, review, how people agree, the export."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, BlobsHere, CursorsHere, PageQuery, Sentence, WorkHere, router
from pipewarden.market.facts.labels import ItemState, LabelKind, Standing, Verdict
from pipewarden.market.http.label_shapes import (
    JPEG,
    ActorHere,
    ClientItemOut,
    LabelAnswerOut,
    LabelSaidIn,
    Words,
    answer_fields,
    client,
    jpeg,
)
from pipewarden.market.service import labelling, labelling_figures, labelling_progress
from pipewarden.market.service import labelling_export as exporting
from pipewarden.market.service import labelling_items as service
from pipewarden.market.service.labelling_export import Format
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pipewarden.market.rules.collusion import Together

routes = router(tags=["labelling"])
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "Labels and masked pictures.",
    }
}
_PIECE = 1 << 16


class LabelReviewIn(Asked):
    """What a reviewer decides."""

    verdict: Verdict
    answer_id: Annotated[UUID | None, Field(description="To accept or to reject.")] = None
    said: Annotated[LabelSaidIn | None, Field(description="Your own answer, to fix.")] = None
    reason: Annotated[Words, Field(description="To reject: the same person reads it and mends the answer.")] = ""


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
    """Cohen's kappa of two people by the scene."""

    who: list[UUID]
    kappa: Annotated[float | None, Field(description="Empty where it says nothing.")]
    items: Annotated[int, Field(description="Common ones.")]


class TogetherOut(BaseModel):
    """Wrong answers that one person and all others, or two people, gave alike too often: somebody has to look."""

    who: list[UUID]
    same: int
    of: int
    expected: Annotated[float, Field(description="How often honest people would have.")]
    chance: Annotated[float, Field(description="That honest people agree so often or more.")]


class TieOut(BaseModel):
    """What several accounts have in common."""

    kind: Annotated[str, Field(description="payee; browser: one address and browser, as colleagues may share.")]
    who: list[UUID]


class LabellerOut(BaseModel):
    """Who answered."""

    person_id: UUID
    name: str
    standing: Annotated[Standing, Field(description="By gold. Who is stopped draws nothing until somebody looked.")]


class LookIn(Asked):
    """What you found."""

    reason: Annotated[Sentence, Field(max_length=500)]


class StandingOut(BaseModel):
    """How somebody stands by items whose truth is known."""

    person_id: UUID
    standing: Standing


class AgreementOut(BaseModel):
    """How people of a commission agree, over its newest answers. Signs are told, and nothing is done by itself."""

    items: int
    answers: int
    alpha: Annotated[dict[str, float | None], Field(description="Krippendorff's, by question; empty: says nothing.")]
    kappa: Annotated[list[KappaOut], Field(description="Those with the most common items first, at most 200.")]
    right: Annotated[dict[UUID, float], Field(description="By person: how often right, after Dawid and Skene.")]
    together: Annotated[list[TogetherOut], Field(description="One person each.")]
    pairs: Annotated[list[TogetherOut], Field(description="Two people each, at most 200.")]
    ties: Annotated[list[TieOut], Field(description="At most 200.")]
    people: list[LabellerOut]


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
    found = labelling_figures.figures(work, actor, commission_id)
    return AgreementOut(
        items=found.items,
        answers=found.answers,
        alpha=found.alpha,
        kappa=[KappaOut(who=_ids(one.who), kappa=one.kappa, items=one.items) for one in found.kappa],
        right={UUID(who): share for who, share in found.right.items()},
        together=[_together(one) for one in found.together],
        pairs=[_together(one) for one in found.pairs],
        ties=[TieOut(kind=one.kind, who=_ids(one.who)) for one in found.ties],
        people=[
            LabellerOut(person_id=who, name=name, standing=found.standing[who])
            for who, name in sorted(found.names.items())
        ],
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


@routes.post("/experts/{person_id}/look")
def look_at_labeller(work: WorkHere, actor: ActorHere, person_id: UUID, asked: LookIn) -> StandingOut:
    """Say that you looked at somebody's answers to gold: who was stopped is on trial again."""
    return StandingOut(person_id=person_id, standing=labelling.look_at(work, actor, person_id, asked.reason))


def _ids(who: Iterable[str]) -> list[UUID]:
    return [UUID(one) for one in who]


def _together(one: Together) -> TogetherOut:
    plain = {name: getattr(one, name) for name in ("same", "of", "expected", "chance")}
    return TogetherOut(who=_ids(one.who), **plain)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
