"""A dispatcher looks at an answer that nothing verifies, with its picture, and says whether it counts after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.field.facts.tasks import Judgement
from pipewarden.field.service.tasks import CREATE, FOLDER, give_points, policy_of
from pipewarden.field.store import tasks as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.field.facts.tasks import Answer, Task
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_WHY = "请看一下（人工采纳） please check (accepted by a person)"
_SAID = {True: "调度采纳查看答复 answer accepted", False: "调度未采纳查看答复 answer not accepted"}
_MOST = 100  # of a task's words, in a message


def judge(work: Work, actor: Actor, task_id: UUID, answer_id: UUID, *, accept: bool, reason: str) -> Judgement:
    """Say of an unverified answer whether it counts: accepted it brings its points, refused its author reads why.

    Raises:
        ForbiddenError, NotFoundError: the actor asks nobody, or there is no such task or answer in reach.
        RefusedError: it is verified, was judged before, or is the actor's own.
        InputError: the reason is empty.
    """
    task = _task(work, actor, task_id)
    answer = people.visible(_answer(work, task_id, answer_id), "answer")
    if not reason.strip():
        raise InputError(field="reason", problem="is empty", fix="Say why; who answered reads it.")
    _check(work, actor, answer)
    points = policy_of(work).points[answer.seen] if accept else 0
    made = Judgement(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        task_id=task_id,
        answer_id=answer_id,
        accepted=accept,
        reason=reason.strip(),
        points=points,
        by=actor.id,
        at=work.now(),
    )
    store.add_judgement(work, made)
    give_points(work, task_id, answer.person_id, points, _WHY)
    _tell(work, actor, task, answer, made)
    return made


def _task(work: Work, actor: Actor, task_id: UUID) -> Task:
    return people.visible(store.held(work, task_id, people.scope_filter(actor, CREATE, store.TASKS)), "task")


def _answer(work: Work, task_id: UUID, answer_id: UUID) -> Answer | None:
    return next((one for one in store.answers(work, task_id) if one.id == answer_id), None)


def _check(work: Work, actor: Actor, answer: Answer) -> None:
    if not answer.doubts:
        raise RefusedError(field="answer", problem="is verified", fix="Nothing is to be decided.")
    if answer.id in store.judgements(work, answer.task_id):
        raise RefusedError(field="answer", problem="was decided before", fix="Ask again for a new look.")
    if answer.person_id == actor.id:
        raise RefusedError(field="answer", problem="is your own", fix="Let somebody else decide.")


def _tell(work: Work, actor: Actor, task: Task, answer: Answer, made: Judgement) -> None:
    text = "task.accepted" if made.accepted else "task.refused"
    params = {"words": task.words[:_MOST], "reason": made.reason, "points": str(made.points)}
    casework.tell_answerer(work, answer.person_id, text, params, site_id=task.site_id)
    if task.site_id is not None:
        said = [(task.site_id, f"{_SAID[made.accepted]}: {made.reason}")]
        casework.notes(work, said, f"{actor.kind}:{actor.id}")
    told = {"answer": str(made.answer_id), "accepted": made.accepted, "reason": made.reason, "points": made.points}
    people.record(work, actor, "task.judged", ("task", task.id), told)


def judgements(work: Work, task_id: UUID) -> dict[UUID, Judgement]:
    """Return by answer what dispatchers said of the answers to a task; the caller has scoped it."""
    return store.judgements(work, task_id)


def picture_behind(work: Work, actor: Actor, task_id: UUID, picture_id: str) -> str:
    """Return the hash of the picture of an answer to a task in reach, by the random id that the list gave.

    Raises:
        ForbiddenError: the actor asks nobody.
        NotFoundError: the task is out of reach, or no answer to it shows that: the same words for all.
    """
    people.require(actor, CREATE)
    try:
        _task(work, actor, task_id)
    except NotFoundError as error:
        raise NotFoundError.of("picture") from error
    sha256 = people.hashes_by_blob_id(work, [picture_id]).get(picture_id)
    if sha256 is None or all(one.picture != sha256 for one in store.answers(work, task_id)):
        raise NotFoundError.of("picture")
    return sha256


def pictures(blobs: BlobStore) -> BlobStore:
    """Return where pictures of answers lie."""
    return BlobStore(blobs.root / FOLDER)
