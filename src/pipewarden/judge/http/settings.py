"""How cameras are judged and what the second judge is asked, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import CameraSettings, Rule, Side
from pipewarden.judge.http.reviews import JPEG
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, Corner, Moment, Sentence, WorkHere, actor_of, corners, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pipewarden.judge.facts import QuestionList
    from pipewarden.perceive.service import Lens

routes = router(tags=["judge"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Part = Annotated[float, Field(ge=0, le=1)]
Ring = Annotated[
    list[Annotated[list[Part], Field(min_length=2, max_length=2)]],
    Field(max_length=200, description="Corners (x, y) as parts of the picture's width and height."),
]


class CameraRules(Asked):
    """Which rules are switched off for a camera, and what it looks at."""

    off: Annotated[tuple[Rule, ...], Field(max_length=len(Rule))] = ()
    note: Annotated[
        str, Field(max_length=500, description="What the camera looks at, for the second judge."), Clean
    ] = ""


class Mask(Asked):
    """The corridor of a camera: what of its picture matters. An empty ring takes it away."""

    ring: Ring


class EmptyScene(Asked):
    """A time in which nobody worked where the camera looks."""

    since: Moment
    until: Moment
    reason: Annotated[Sentence, Field(description="How you know.")]


class RuleSwitch(BaseModel):
    """One scene rule."""

    rule: Rule
    on: bool


class CameraRulesOut(BaseModel):
    """How a camera is judged."""

    camera_id: UUID
    rules: list[RuleSwitch]
    note: str
    ring: Annotated[list[list[float]] | None, Field(description="The corridor as parts of the picture.")]
    ground: Annotated[
        list[Corner] | None, Field(description="The corridor as (lon, lat); empty where the camera cannot tell.")
    ]
    remembered: Annotated[int, Field(description="Boxes of its empty scene.")]
    pictured_at: Annotated[datetime | None, Field(description="When its newest picture was taken; empty without one.")]


class AskedQuestion(Asked):
    """One question of the list."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    side: Annotated[Side, Field(description="needed: no alarm without a yes. for: one yes is needed. against.")]
    zh: Annotated[str, Field(min_length=3, max_length=300), Clean]
    en: Annotated[str, Field(min_length=3, max_length=300), Clean]
    rule: Annotated[Rule | None, Field(description="The scene rule that answers it; no model is asked then.")] = None


class Questions(Asked):
    """A question list of the tenant's own."""

    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.@_-]{0,59}$")]
    task: Annotated[str, Field(min_length=10, max_length=2000), Clean]
    questions: Annotated[list[AskedQuestion], Field(min_length=1, max_length=40)]


class QuestionOut(BaseModel):
    """One question of the list in force."""

    id: str
    side: Side
    zh: str
    en: str
    rule: Rule | None


class QuestionsOut(BaseModel):
    """The question list in force."""

    version: str
    task: str
    questions: list[QuestionOut]


class QuestionVersionOut(BaseModel):
    """One list that was put in force."""

    version: Annotated[str | None, Field(description="Empty where the shipped list was put back.")]
    at: datetime
    by_name: str | None


class QuestionVersionsOut(BaseModel):
    """The lists that were put in force, newest first; none where it was always the shipped one."""

    items: list[QuestionVersionOut]


@routes.get("/cameras/{camera_id}/rules")
def get_camera_rules(work: WorkHere, actor: ActorHere, camera_id: UUID) -> CameraRulesOut:
    """Return how a camera is judged: its rules, its note, its corridor."""
    return _settings(service.seen_settings(work, actor, camera_id))


@routes.put("/cameras/{camera_id}/rules")
def put_camera_rules(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: CameraRules) -> CameraRulesOut:
    """Switch rules off for a camera, all others on, and say what it looks at."""
    return _settings(service.set_rules(work, actor, camera_id, asked.off, asked.note))


@routes.put("/cameras/{camera_id}/mask")
def put_camera_mask(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: Mask) -> CameraRulesOut:
    """Draw the corridor on a camera's picture; what stands outside of it is silent where the map does not object."""
    return _settings(service.set_corridor(work, actor, camera_id, tuple((x, y) for x, y in asked.ring)))


@routes.put("/cameras/{camera_id}/background")
def put_camera_background(work: WorkHere, actor: ActorHere, camera_id: UUID, asked: EmptyScene) -> CameraRulesOut:
    """Say that nobody worked where the camera looked: what recurred there is remembered as background."""
    made = service.learn_empty_scene(work, actor, camera_id, since=asked.since, until=asked.until, reason=asked.reason)
    return _settings(made)


@routes.get("/cameras/{camera_id}/picture", response_class=Response, responses=JPEG)
def get_camera_picture(
    work: WorkHere, actor: ActorHere, blobs: BlobsHere, request: Request, camera_id: UUID
) -> Response:
    """Return the picture of a camera that came last, decoded and encoded anew: to draw its corridor on."""
    picture = service.latest_picture(work, actor, camera_id)
    lens: Lens = request.app.state.lens
    try:
        shown = perceive.redraw(perceive.masked(lens), blobs.get(picture), name="picture")
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("picture") from error
    return Response(shown, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


@routes.get("/questions")
def get_questions(work: WorkHere, actor: ActorHere) -> QuestionsOut:
    """Return the question list that the second judge is asked."""
    people.require(actor, "policy:read")
    return _questions(service.questions(work))


@routes.put("/questions")
def put_questions(work: WorkHere, actor: ActorHere, asked: Questions) -> QuestionsOut:
    """Put a question list of your own in force."""
    return _questions(service.edit_questions(work, actor, asked.model_dump(mode="json")))


@routes.delete("/questions")
def delete_questions(work: WorkHere, actor: ActorHere) -> QuestionsOut:
    """Put the shipped question list back in force; lists of your own stay on record."""
    return _questions(service.restore_questions(work, actor))


@routes.get("/questions/versions")
def list_question_versions(work: WorkHere, actor: ActorHere) -> QuestionVersionsOut:
    """List which question lists were put in force, when and by whom, newest first."""
    found = service.question_versions(work, actor)
    names = people.names(work, [one.actor for one in found])
    items = [QuestionVersionOut(version=one.version, at=one.at, by_name=names.get(one.actor)) for one in found]
    return QuestionVersionsOut(items=items)


def _settings(one: CameraSettings) -> CameraRulesOut:
    corridor = one.corridor
    return CameraRulesOut(
        camera_id=one.camera_id,
        rules=[RuleSwitch(rule=rule, on=rule not in one.off) for rule in Rule],
        note=one.note,
        ring=None if corridor is None else [list(corner) for corner in corridor.ring],
        ground=None if corridor is None or corridor.ground is None else corners(corridor.ground),
        remembered=one.remembered,
        pictured_at=one.pictured_at,
    )


def _questions(found: QuestionList) -> QuestionsOut:
    return QuestionsOut(
        version=found.version,
        task=found.task,
        questions=[
            QuestionOut(id=one.id, side=one.side, zh=one.zh, en=one.en, rule=one.rule) for one in found.questions
        ],
    )
