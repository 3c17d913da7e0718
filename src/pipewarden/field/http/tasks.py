"""Please-check tasks over HTTP: asked, listed, answered with a picture, withdrawn; and one's own points."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

from fastapi import Depends, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.field.facts.standby import Doubt
from pipewarden.field.facts.tasks import NewAnswer, Seen, TaskState
from pipewarden.field.http.reports import JPEG, jpeg
from pipewarden.field.http.standby_asked import MaybePicture, StoodIn, parsed
from pipewarden.field.service import judging
from pipewarden.field.service import tasks as service
from pipewarden.kit.web import (
    BLOB_ID,
    Asked,
    BlobsHere,
    Clean,
    CursorsHere,
    Moment,
    Paged,
    PageQuery,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.field.facts.tasks import Answer, Judgement, Task

routes = router(tags=["tasks"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class TaskIn(Asked):
    """Please look there: a site, an alarm or a place, exactly one."""

    words: Annotated[Sentence, Field(max_length=500)]
    site_id: UUID | None = None
    alarm_id: UUID | None = None
    place: StoodIn | None = None
    area_id: Annotated[UUID | None, Field(description="Whose people are asked; the area there where empty.")] = None
    until: Annotated[Moment | None, Field(description="Then it comes back to a dispatcher.")] = None


class WithdrawIn(Asked):
    """Why a task is taken back."""

    reason: Sentence


class TaskAnswerIn(Asked):
    """What you saw there."""

    draft: UUID
    place: StoodIn
    nonce: Annotated[str, Field(max_length=200, description="Of /v1/captures."), Clean] | None = None
    seen: Seen
    words: Annotated[str, Field(max_length=1500), Clean] | None = None


class TaskAnswerForm(Asked):
    """An answer on its way in."""

    answer: Annotated[str, Field(max_length=20_000, description="JSON: TaskAnswerIn.")]
    picture: MaybePicture = None


class TaskOut(BaseModel):
    """One task."""

    id: UUID
    words: str
    lon: Annotated[float, Field(description="Degrees WGS-84.")]
    lat: float
    accuracy_m: float
    site_id: UUID | None
    alarm_id: UUID | None
    source: Annotated[str, Field(description="dispatcher, or the part of the house that asks.")]
    made_at: datetime
    until: datetime
    state: TaskState
    reason: Annotated[str, Field(description="Why it was withdrawn.")]


class TaskPage(BaseModel):
    """A page of tasks, the newest first."""

    items: list[TaskOut]
    next: str | None


class TaskQuery(PageQuery):
    """Which tasks."""

    state: TaskState | None = None
    site_id: UUID | None = None
    alarm_id: Annotated[UUID | None, Field(description="Asked of this alarm; of a site it became: by site_id.")] = None


class JudgementIn(Asked):
    """Whether an answer that nothing verifies counts all the same."""

    accept: bool
    reason: Annotated[Sentence, Field(max_length=500, description="Who answered reads it.")]


class JudgementOut(BaseModel):
    """What a dispatcher said of an answer that was not verified."""

    accepted: bool
    reason: str
    points: Annotated[int, Field(description="That it brought after all.")]
    at: datetime


class TaskAnswerOut(BaseModel):
    """One answer."""

    id: UUID
    person_id: UUID
    at: datetime
    seen: Seen
    words: str
    off_m: Annotated[float, Field(description="From the place, as the phone says.")]
    verified: bool
    doubts: list[Doubt]
    points: int
    observation_id: UUID | None
    picture: Annotated[str | None, Field(description="Its picture's id at /v1/tasks/{task_id}/pictures; of a list.")]
    judgement: Annotated[JudgementOut | None, Field(description="None while nobody has looked at it.")]


class TaskAnswersOut(BaseModel):
    """Everything that was answered to a task, oldest first."""

    items: list[TaskAnswerOut]


class PointsOut(BaseModel):
    """Points for one thing."""

    id: UUID
    points: int
    why: str
    task_id: UUID
    at: datetime


class PointsPage(BaseModel):
    """All your points, and a page of what they were for; they are no money."""

    points: int
    items: list[PointsOut]
    next: str | None


@routes.get("/tasks")
def list_tasks(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[TaskQuery, Query()]
) -> TaskPage:
    """List the tasks that you can answer; who asks sees all of the own area with their states."""
    before = cursors.read("tasks", asked.cursor)
    seen = None if before is None else UUID(before)
    wanted = service.Listed(asked.state, asked.site_id, asked.alarm_id)
    found = service.tasks(work, actor, wanted, limit=asked.limit + 1, before=seen)
    rows = found[: asked.limit]
    more = cursors.write("tasks", str(rows[-1].id)) if len(found) > asked.limit else None
    return TaskPage(items=[_task(one) for one in rows], next=more)


@routes.post("/tasks", status_code=201)
def ask_for_check(work: WorkHere, actor: ActorHere, asked: TaskIn) -> TaskOut:
    """Ask whoever is near to look; what nobody answers in time comes back to a dispatcher."""
    place = None
    if asked.place is not None:
        stood = asked.place.fact()
        place = ((stood.lon, stood.lat), stood.accuracy_m)
    made = service.ask(
        work,
        actor,
        asked.words,
        place=place,
        site_id=asked.site_id,
        alarm_id=asked.alarm_id,
        area_id=asked.area_id,
        until=asked.until,
    )
    return _task(made)


@routes.post("/tasks/{task_id}/withdraw")
def withdraw_task(work: WorkHere, actor: ActorHere, task_id: UUID, asked: WithdrawIn) -> TaskOut:
    """Take a task back."""
    return _task(service.withdraw(work, actor, task_id, asked.reason))


@routes.get("/tasks/{task_id}/answers")
def list_task_answers(work: WorkHere, actor: ActorHere, task_id: UUID, request: Request) -> TaskAnswersOut:
    """List what was answered to a task, with what a dispatcher said of what was not verified."""
    found = service.answers(work, actor, task_id)
    people.listed(work, actor, "task answers", {"task": task_id}, [(one.tenant_id, one.person_id) for one in found])
    ids = people.blob_ids(work, {one.picture for one in found if one.picture}, request.app.state.gate.entropy)
    said = judging.judgements(work, task_id)
    return TaskAnswersOut(items=[_answer(one, ids.get(one.picture), said.get(one.id)) for one in found])


@routes.get("/tasks/{task_id}/pictures/{picture_id}", response_class=Response, responses=JPEG)
def get_answer_picture(
    *,
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    request: Request,
    task_id: UUID,
    picture_id: Annotated[str, Path(pattern=BLOB_ID)],
) -> Response:
    """Return the picture of an answer, drawn anew with faces and plates painted over: who asked must see it."""
    return jpeg(request, judging.pictures(blobs).get, judging.picture_behind(work, actor, task_id, picture_id))


@routes.post("/tasks/{task_id}/answers/{answer_id}/judgement")
def judge_task_answer(
    work: WorkHere, actor: ActorHere, task_id: UUID, answer_id: UUID, asked: JudgementIn
) -> JudgementOut:
    """Accept or refuse an answer that was not verified, once: accepted it brings its points; its author is told."""
    said = judging.judge(work, actor, task_id, answer_id, accept=asked.accept, reason=asked.reason)
    return _judgement(said)


@routes.post(
    "/tasks/{task_id}/answer",
    status_code=201,
    responses={200: {"description": "This draft had come before.", "model": TaskAnswerOut}},
)
def answer_task(
    *,
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    task_id: UUID,
    form: Annotated[TaskAnswerForm, Form(media_type="multipart/form-data")],
) -> TaskAnswerOut:
    """Say what you saw there, with a picture; what proves nothing is kept as not verified and brings no points."""
    asked = cast("TaskAnswerIn", parsed(TaskAnswerIn, form.answer, "answer"))
    new = NewAnswer(
        draft=asked.draft,
        stood=asked.place.fact(),
        nonce=asked.nonce,
        seen=asked.seen,
        words=asked.words or "",
        picture=None if form.picture is None else form.picture.file.read(),
    )
    made, fresh = service.answer(work, blobs, actor, task_id, new)
    response.status_code = 201 if fresh else 200
    return _answer(made)


@routes.get("/me/points")
def list_my_points(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> PointsPage:
    """List your points."""
    before = cursors.read("points", page.cursor)
    seen = None if before is None else UUID(before)
    total, found = service.my_points(work, actor, limit=page.limit + 1, before=seen)
    rows = found[: page.limit]
    more = cursors.write("points", str(rows[-1].id)) if len(found) > page.limit else None
    items = [PointsOut.model_validate(one, from_attributes=True) for one in rows]
    return PointsPage(points=total, items=items, next=more)


def _task(one: Task) -> TaskOut:
    return TaskOut.model_validate(one, from_attributes=True)


def _judgement(one: Judgement) -> JudgementOut:
    return JudgementOut(accepted=one.accepted, reason=one.reason, points=one.points, at=one.at)


def _answer(one: Answer, picture: str | None = None, said: Judgement | None = None) -> TaskAnswerOut:
    return TaskAnswerOut(
        id=one.id,
        person_id=one.person_id,
        at=one.at,
        seen=one.seen,
        words=one.words,
        off_m=one.off_m,
        verified=not one.doubts,
        doubts=list(one.doubts),
        points=one.points,
        observation_id=one.observation_id,
        picture=picture,
        judgement=None if said is None else _judgement(said),
    )
