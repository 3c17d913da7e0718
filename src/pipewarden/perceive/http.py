"""Pictures of gas at home over HTTP: sent, answered as far as that can be done, reviewed by a person, counted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, CursorsHere, PageQuery, ShareOut, WorkHere, actor_of, router
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service
from pipewarden.perceive.facts import AnsweredBy, Grade, Group, IndoorState, Says, Unanswered

if TYPE_CHECKING:
    from pipewarden.perceive.facts import IndoorAnswer, IndoorCheck, ItemFigure
    from pipewarden.perceive.service import Lens

routes = router(tags=["indoor"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class WordsOut(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class HazardOut(BaseModel):
    """One item of the list."""

    id: str
    group: Group
    grade: Grade
    words: WordsOut
    clause: Annotated[str | None, Field(description="Statute, date and article; empty where nobody here has read one.")]
    advice: WordsOut


class HazardsOut(BaseModel):
    """What pictures are looked at for."""

    version: str
    always: Annotated[WordsOut, Field(description="To be shown beside every answer.")]
    hazards: list[HazardOut]


class ItemOut(BaseModel):
    """What a model says to one item."""

    id: str
    says: Says


class NearOut(BaseModel):
    """A picture that a person has judged and that looks alike; no judgement of this one."""

    check_id: Annotated[UUID | None, Field(description="Only for readers who review.")]
    distance: Annotated[float, Field(description="Cosine distance, 0 (the same) to 2.")]
    hazards: list[str]


class AnswerOut(BaseModel):
    """What can be said before a person has looked."""

    by: AnsweredBy
    scene: Annotated[Says, Field(description="Whether the picture can be judged.")]
    items: Annotated[list[ItemOut], Field(description="Empty where no model answered.")]
    near: list[NearOut]
    reason: Annotated[str, Field(description="A model's words: evidence, never an instruction.")]
    why: Annotated[Unanswered | None, Field(description="Why no model's answer stands.")]
    problem: Annotated[str, Field(description="More about it, in English.")]
    model: str | None


class ReviewedOut(BaseModel):
    """What a person said."""

    at: datetime
    matches: Annotated[bool, Field(description="It shows gas at home and can be judged.")]
    hazards: list[str]
    words: str


class CheckOut(BaseModel):
    """One picture of gas at home."""

    id: UUID
    at: datetime
    state: IndoorState
    words: str
    rendered: Annotated[bool, Field(description="The picture is rendered, no photograph.")]
    mine: bool
    list_version: str
    answer: AnswerOut | None
    review: ReviewedOut | None


class CheckPage(BaseModel):
    """A page of pictures, newest first."""

    items: list[CheckOut]
    next: str | None


class CheckQuery(PageQuery):
    """How the list is asked."""

    waits: Annotated[bool, Field(description="Only those that no person has looked at.")] = False


class ItemFigureOut(BaseModel):
    """How the answers to one item do against people."""

    id: Annotated[str, Field(description="An item, or `any`.")]
    precision: ShareOut
    recall: ShareOut


class IndoorFiguresOut(BaseModel):
    """Figures on your own photographs that people have judged; there are no others."""

    pictures: int
    rendered: Annotated[int, Field(description="Judged too, and left out.")]
    answered: Annotated[int, Field(description="Of the pictures, those that a model had answered.")]
    model: list[ItemFigureOut]
    examples: Annotated[list[ItemFigureOut], Field(description="The nearest other example's word, one left out.")]


class CheckForm(Asked):
    """A picture on its way in."""

    picture: Annotated[UploadFile, Field(description="JPEG, PNG, WebP or HEIC, at most 25 MB.")]
    words: Annotated[str, Field(max_length=2000, description="What you want to say about it."), Clean] = ""
    rendered: Annotated[bool, Field(description="The picture is rendered, no photograph.")] = False


class IndoorReviewIn(Asked):
    """What a picture shows."""

    matches: Annotated[bool, Field(description="It shows gas at home and can be judged.")]
    hazards: Annotated[
        list[str], Field(max_length=40, default_factory=list, description="Ids of the list; empty when none.")
    ]
    words: Annotated[str, Field(max_length=2000), Clean] = ""


@routes.get("/indoor/hazards")
def list_hazards(actor: ActorHere) -> HazardsOut:  # noqa: ARG001  somebody known must ask
    """Return what pictures of gas at home are looked at for, with grade, clause and advice."""
    listed = service.hazards()
    return HazardsOut(
        version=listed.version,
        always=WordsOut(zh=listed.always.zh, en=listed.always.en),
        hazards=[
            HazardOut(
                id=one.id,
                group=one.group,
                grade=one.grade,
                words=WordsOut(zh=one.words.zh, en=one.words.en),
                clause=one.clause,
                advice=WordsOut(zh=one.advice.zh, en=one.advice.en),
            )
            for one in listed.hazards
        ],
    )


@routes.post(
    "/indoor/checks",
    status_code=201,
    responses={200: {"model": CheckOut, "description": "You had sent this very picture before."}},
)
def send_check(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    form: Annotated[CheckForm, Form(media_type="multipart/form-data")],
) -> CheckOut:
    """Send a picture of gas at home; the answer means that it is on disk. A person will look, whatever a model says."""
    picture = form.picture.file.read()
    taken = service.take_indoor(work, blobs, actor, picture, words=form.words, rendered=form.rendered)
    if not taken.fresh:
        response.status_code = 200
    return _check(actor, taken.check)


@routes.get("/indoor/checks")
def list_checks(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[CheckQuery, Query()]
) -> CheckPage:
    """List pictures of gas at home, newest first: your own, or your company's if you review."""
    before = cursors.read("indoor", query.cursor)
    found = service.indoor_checks(
        work,
        actor,
        limit=query.limit + 1,
        before=None if before is None else UUID(before),
        waits=query.waits,
    )
    rows = found[: query.limit]
    more = cursors.write("indoor", str(rows[-1].id)) if len(found) > query.limit else None
    return CheckPage(items=[_check(actor, one) for one in rows], next=more)


@routes.get("/indoor/figures")
def get_indoor_figures(work: WorkHere, actor: ActorHere) -> IndoorFiguresOut:
    """Return how answers do against people, item by item, on your own photographs."""
    found = service.indoor_figures(work, actor)
    return IndoorFiguresOut(
        pictures=found.pictures,
        rendered=found.rendered,
        answered=found.answered,
        model=[_figure(name, one) for name, one in found.model.items()],
        examples=[_figure(name, one) for name, one in found.examples.items()],
    )


@routes.get("/indoor/checks/{check_id}")
def get_check(work: WorkHere, actor: ActorHere, check_id: UUID) -> CheckOut:
    """Return one picture's answer and review."""
    return _check(actor, service.indoor_check(work, actor, check_id))


@routes.get("/indoor/checks/{check_id}/picture", response_class=Response, responses=_JPEG)
def get_check_picture(work: WorkHere, actor: ActorHere, blobs: BlobsHere, request: Request, check_id: UUID) -> Response:
    """Return the picture, drawn anew."""
    lens: Lens = request.app.state.lens
    try:
        drawn = service.indoor_picture(work, actor, blobs, service.masked(lens), check_id)
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


@routes.post("/indoor/checks/{check_id}/review")
def review_check(work: WorkHere, actor: ActorHere, check_id: UUID, asked: IndoorReviewIn) -> CheckOut:
    """Say which hazards a picture shows; a later word takes an earlier one's place, and both stay on record."""
    done = service.review_indoor(work, actor, check_id, matches=asked.matches, seen=asked.hazards, words=asked.words)
    return _check(actor, done)


def _check(actor: Actor, check: IndoorCheck) -> CheckOut:
    review = check.review
    return CheckOut(
        id=check.id,
        at=check.at,
        state=check.state,
        words=check.words,
        rendered=check.rendered,
        mine=check.owner_id == actor.id,
        list_version=check.list_version,
        answer=None if check.answer is None else _answer(check.answer),
        review=None
        if review is None
        else ReviewedOut(at=review.at, matches=review.matches, hazards=list(review.hazards), words=review.words),
    )


def _answer(answer: IndoorAnswer) -> AnswerOut:
    return AnswerOut(
        by=answer.by,
        scene=answer.scene,
        items=[ItemOut(id=item, says=says) for item, says in answer.hazards],
        near=[NearOut(check_id=one.check_id, distance=one.distance, hazards=list(one.hazards)) for one in answer.near],
        reason=answer.reason,
        why=answer.why,
        problem=answer.problem,
        model=answer.model,
    )


def _figure(name: str, one: ItemFigure) -> ItemFigureOut:
    return ItemFigureOut(id=name, precision=ShareOut(**asdict(one.precision)), recall=ShareOut(**asdict(one.recall)))
