"""Please-check tasks (请看一下): asked, answered with picture and place, paid in points, never silently over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.standby import Doubt
from pipewarden.field.facts.tasks import POINTS_EARNED, Answer, Points, Seen, Task, TaskState, Wanted
from pipewarden.field.rules import captures as capture_rules
from pipewarden.field.rules import tasks as rules
from pipewarden.field.service import drafts
from pipewarden.field.store import captures
from pipewarden.field.store import tasks as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import AreaRef, ForbiddenError, NotFoundError, ScopedRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.field.facts.tasks import NewAnswer, TaskPolicy
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

ANSWER, CREATE = "task:answer", "task:create"
FOLDER = "tasks"  # of the blob store: pictures of answers
_MOST = 200
_WHY = "请看一下 please check"
_SAID = {
    Seen.WORKS: "有人查看：有施工 somebody looked: works",
    Seen.NOTHING: "有人查看：未见施工 somebody looked: no works",
    Seen.CANNOT_TELL: "有人查看：看不清 somebody looked: cannot tell",
}


def policy_of(work: Work) -> TaskPolicy:
    """Return the edition of the policy that holds today."""
    return rules.edition(store.shipped_tasks(), work.now().date())


def wanted(work: Work, asked: Wanted, *, by: UUID | None = None) -> Task:
    """Ask whoever is near to look at a place; the house's own parts ask here, too, for instance a judge in doubt.

    Raises:
        InputError: it says nothing, or until when is out of bounds.
    """
    if not asked.words.strip():
        raise InputError(field="words", problem="is empty", fix="Say in a few words what to look for.")
    area = people.area_at(work, *asked.place)
    site_id = asked.site_id
    if site_id is None and asked.alarm_id is not None:
        site_id = casework.site_of_alarm(work, asked.alarm_id)
    made = Task(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        area_path=asked.area_path or (None if area is None else area.path),
        lon=asked.place[0],
        lat=asked.place[1],
        accuracy_m=asked.accuracy_m,
        site_id=site_id,
        alarm_id=asked.alarm_id,
        words=asked.words.strip(),
        source=asked.source,
        made_by=by,
        made_at=work.now(),
        until=rules.until(policy_of(work), asked.until, work.now()),
    )
    store.add(work, made)
    return made


def ask(
    work: Work,
    actor: Actor,
    words: str,
    *,
    place: tuple[tuple[float, float], float] | None = None,
    site_id: UUID | None = None,
    alarm_id: UUID | None = None,
    area_id: UUID | None = None,
    until: datetime | None = None,
) -> Task:
    """Let a dispatcher ask: about a site, an alarm, or a place with its error in metres.

    Raises:
        ForbiddenError, NotFoundError: the actor asks nobody, or there is no such site, alarm or area in reach.
        InputError: not exactly one of the three is named, it has no place, or the words or the time are wrong.
    """
    people.require(actor, CREATE)
    found = _place(work, actor, place, site_id, alarm_id)
    area = people.area_at(work, *found[0]) if area_id is None else people.area(work, area_id)
    refs = () if area is None else (AreaRef(area.tenant_id, area.path),)
    people.require_row(actor, CREATE, ScopedRow(work.tenant_id, actor.id, refs), "area")
    asked = Wanted(
        place=found[0],
        words=words,
        source="dispatcher",
        accuracy_m=found[1],
        site_id=site_id,
        alarm_id=alarm_id,
        area_path=None if area is None else area.path,
        until=until,
    )
    made = wanted(work, asked, by=actor.id)
    people.record(work, actor, "task.asked", ("task", made.id), {"until": made.until.isoformat()})
    return made


def _place(
    work: Work,
    actor: Actor,
    place: tuple[tuple[float, float], float] | None,
    site_id: UUID | None,
    alarm_id: UUID | None,
) -> tuple[tuple[float, float], float]:
    """Return the place that is meant, and its error."""
    if sum(one is not None for one in (place, site_id, alarm_id)) != 1:
        fix = "Name a site, an alarm or a place."
        raise InputError(field="place", problem="is not named exactly once", fix=fix)
    if place is not None:
        return place
    lon, lat = None, None
    if site_id is not None:
        site = casework.site(work, actor, site_id).site
        if site.tenant_id != work.tenant_id:
            raise NotFoundError.of("site")
        lon, lat = site.lon, site.lat
    elif alarm_id is not None:
        seen = dedupe.seen_alarm(work, actor, alarm_id)
        if seen.tenant_id != work.tenant_id:
            raise NotFoundError.of("alarm")
        if seen.ground is not None:
            lon, lat = seen.ground.lon, seen.ground.lat
    if lon is None or lat is None:
        raise InputError(field="place", problem="is not known of it", fix="Name the place yourself.")
    return (lon, lat), 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """Which tasks are meant; what is None is not asked for."""

    state: TaskState | None = None
    site_id: UUID | None = None
    alarm_id: UUID | None = None


def tasks(work: Work, actor: Actor, asked: Listed, *, limit: int, before: UUID | None = None) -> list[Task]:
    """Return the tasks that the actor can answer, and for a dispatcher every one within reach; the newest first.

    Raises:
        ForbiddenError: the actor neither answers nor asks.
    """
    mine = all_of = None
    if actor.grants_for(ANSWER):
        mine = people.scope_filter(actor, ANSWER, store.TASKS) & store.open_for(actor.id, work.now())
    if actor.grants_for(CREATE):
        all_of = people.scope_filter(actor, CREATE, store.TASKS)
    if mine is None and all_of is None:
        raise ForbiddenError.of(ANSWER)
    conditions = [store.TaskRow.tenant_id == work.tenant_id, store.either(mine, all_of)]
    if asked.state is not None:
        conditions.append(store.TaskRow.state == asked.state.value)
    if asked.site_id is not None:
        conditions.append(store.TaskRow.site_id == asked.site_id)
    if asked.alarm_id is not None:
        conditions.append(store.TaskRow.alarm_id == asked.alarm_id)
    return store.page(work, *conditions, limit=limit, before=before)


def answer(work: Work, blobs: BlobStore, actor: Actor, task_id: UUID, new: NewAnswer) -> tuple[Answer, bool]:
    """Take a person's answer, whatever it is worth; works that were seen go into the river as their report.

    Returns:
        The answer, and whether its draft was new.

    Raises:
        ForbiddenError, NotFoundError: the actor answers nothing, or there is none in reach.
        RefusedError: they have answered it before.
        InputError: the draft said something else, or the picture is none.
    """
    scope = people.scope_filter(actor, ANSWER, store.TASKS)
    task = people.visible(store.held(work, task_id, scope), "task")
    content = drafts.content_of("answer", task_id, *(getattr(new, name) for name in type(new).__slots__))
    before = drafts.made_before(work, actor, new.draft, content)
    known = store.answers(work, task_id, actor.id)
    if before is not None:
        return people.visible(next((one for one in known if one.id == before), None), "answer"), False
    if known:
        raise RefusedError(field="task", problem="was answered by you before", fix="Report what has changed since.")
    policy, doubts = policy_of(work), _doubts(work, actor, task, new)
    picture = ""
    if new.picture is not None:
        sense.check_picture(new.picture, "picture")
        picture = BlobStore(blobs.root / FOLDER).put(new.picture)
    made = Answer(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        task_id=task_id,
        person_id=actor.id,
        at=work.now(),
        seen=new.seen,
        words=new.words,
        lon=new.stood.lon,
        lat=new.stood.lat,
        accuracy_m=new.stood.accuracy_m,
        off_m=round(rules.off_m(task, new.stood), 1),
        picture=picture,
        doubts=doubts,
        points=rules.points(policy, new.seen, doubts),
        observation_id=_observed(work, blobs, actor, _event(task, new, doubts)),
    )
    store.add_answer(work, made)
    _follow(work, actor, task, made)
    drafts.keep(work, actor, new.draft, content, made.id)
    return made, True


def _doubts(work: Work, actor: Actor, task: Task, new: NewAnswer) -> tuple[Doubt, ...]:
    """Return why an answer is not verified; its nonce is used up."""
    policy, now, holder = policy_of(work), work.now(), str(actor.id)
    kept = captures.by_digest(work, capture_rules.digest(new.nonce)) if new.nonce else None
    found = (
        rules.place_doubt(policy, task, new.stood),
        rules.picture_doubt(policy, kept, holder, now, picture=new.picture is not None),
        rules.over_doubt(task, now),
    )
    if kept is not None and kept.holder == holder and kept.used_at is None:
        captures.use(work, kept.id)
    return tuple(one for one in found if one is not None)


def _event(task: Task, new: NewAnswer, doubts: tuple[Doubt, ...]) -> NewEvent | None:
    """Return works that somebody saw as their report; at the task's place where the phone's proves none."""
    if new.seen is not Seen.WORKS:
        return None
    there = not {Doubt.PLACE_POOR, Doubt.OUTSIDE} & set(doubts)
    place = (new.stood.lon, new.stood.lat, new.stood.accuracy_m) if there else (task.lon, task.lat, task.accuracy_m)
    return NewEvent(
        observation=NewObservation(
            stream=f"task:{task.id}",
            source_id=str(new.draft),
            kind=ObservationKind.REPORT,
            picture=new.picture or b"",
            picture_name=f"task {task.id}",
        ),
        source="task",
        event_id=str(new.draft),
        words=new.words.strip() or _SAID[Seen.WORKS],
        lon=place[0],
        lat=place[1],
        accuracy_m=max(place[2], 1.0),
        extra={"task": str(task.id)},
    )


def _observed(work: Work, blobs: BlobStore, actor: Actor, event: NewEvent | None) -> UUID | None:
    if event is None or not actor.grants_for("report:create"):
        return None
    return sense.take(work, blobs, actor, event).observation.id


def _follow(work: Work, actor: Actor, task: Task, made: Answer) -> None:
    """Say on the site what was seen, end the task where the answer says something, write the points."""
    if task.site_id is not None:
        doubts = f"（未核实 not verified: {', '.join(made.doubts)}）" if made.doubts else ""
        words = f"{_SAID[made.seen]}{doubts} {made.words}".strip()
        casework.notes(work, [(task.site_id, words)], f"{actor.kind}:{actor.id}")
    if task.state is TaskState.OPEN and made.seen is not Seen.CANNOT_TELL:
        store.change(work, task.id, TaskState.ANSWERED)
    give_points(work, task.id, actor.id, made.points, _WHY)
    told = {"seen": made.seen.value, "points": made.points}
    people.record(work, actor, "task.answered", ("task", task.id), told)


def give_points(work: Work, task_id: UUID, person_id: UUID, points: int, why: str) -> None:
    """Write down what an answer brought, and say so: the market books it."""
    if points:
        one = Points(work.ids.new(), work.tenant_id, person_id, points, why, task_id, work.now())
        store.add_points(work, one)
        work.emit(POINTS_EARNED, one.id, partition=str(work.tenant_id))


def withdraw(work: Work, actor: Actor, task_id: UUID, reason: str) -> Task:
    """Take a task back; whoever answers it all the same is heard, without points.

    Raises:
        ForbiddenError, NotFoundError: the actor asks nobody, or there is none in reach.
        RefusedError: it is over.
    """
    scope = people.scope_filter(actor, CREATE, store.TASKS)
    task = people.visible(store.held(work, task_id, scope), "task")
    if task.state is not TaskState.OPEN:
        raise RefusedError(field="task", problem=f"is {task.state}", fix="Nothing is to be taken back.")
    store.change(work, task_id, TaskState.WITHDRAWN, reason)
    people.record(work, actor, "task.withdrawn", ("task", task_id), {"reason": reason})
    return people.visible(store.held(work, task_id, scope), "task")


def answers(work: Work, actor: Actor, task_id: UUID) -> list[Answer]:
    """Return what was answered to a task, oldest first.

    Raises:
        ForbiddenError, NotFoundError: the actor asks nobody, or there is none in reach.
    """
    people.visible(store.held(work, task_id, people.scope_filter(actor, CREATE, store.TASKS)), "task")
    return store.answers(work, task_id)


def expire(work: Work) -> int:
    """End the tenant's tasks that nobody answered in time, each told to a dispatcher; return how many."""
    late = store.over(work, limit=_MOST)
    for task in late:
        store.change(work, task.id, TaskState.EXPIRED)
        params = {"words": task.words[:100]}
        casework.tell_dispatcher(work, task.area_path, "task.expired", params, site_id=task.site_id)
    return len(late)


def tenants_over(work: Work) -> list[UUID]:
    """Return the tenants that have tasks whose time has passed."""
    return store.tenants_over(work)


def my_points(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> tuple[int, list[Points]]:
    """Return one's own points in all, and a page of them."""
    return store.points_of(work, actor.id, limit=limit, before=before)


def points_by_id(work: Work, ids: Collection[UUID]) -> list[Points]:
    """Return points of the tenant's people by id, oldest first: those that ``field.points_earned`` names."""
    return store.points_by_id(work, ids)
