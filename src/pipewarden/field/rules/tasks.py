"""What an answer to a please-check task is worth, and reading ``policy/tasks``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.field.facts.standby import Doubt
from pipewarden.field.facts.tasks import JUDGE, DoubtPolicy, Seen, TaskPolicy, TaskState
from pipewarden.judge.facts import Code, Verdict
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.kit.written import checked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.field.facts.captures import CaptureKept
    from pipewarden.field.facts.standby import Stood
    from pipewarden.field.facts.tasks import Task
    from pipewarden.judge.facts import Case

DAY = timedelta(hours=24)
_SOON = timedelta(minutes=5)  # shorter, nobody can be there
_NEVER = frozenset({Code.GAS_LEAK})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Judge(_Strict):
    codes: Annotated[list[Code], Field(min_length=1)]
    apart_m: Annotated[float, Field(gt=0, le=2000)]
    apart_for: Annotated[timedelta, Field(gt=timedelta(0))]
    camera_m: Annotated[float, Field(gt=0, le=2000)]
    most_day: Annotated[int, Field(ge=1, le=1000)]
    open_for: Annotated[timedelta, Field(gt=_SOON)]


class _Edition(_Strict):
    since: date
    reach_m: Annotated[float, Field(gt=0, le=2000)]
    poor_m: Annotated[float, Field(gt=0, le=2000)]
    fresh: Annotated[timedelta, Field(gt=timedelta(0))]
    open_for: Annotated[timedelta, Field(gt=timedelta(0))]
    longest: Annotated[timedelta, Field(gt=timedelta(0))]
    points: dict[Seen, Annotated[int, Field(ge=0, le=1000)]]
    judge: _Judge


class _File(_Strict):
    version: str
    source: str
    editions: Annotated[list[_Edition], Field(min_length=1)]


def read_tasks(body: object, name: str) -> tuple[TaskPolicy, ...]:
    """Return the editions of a file, the oldest first.

    Raises:
        InputError: a key is wrong, an answer has no points, a time is longer than the longest, a day stands twice.
    """
    given = checked(_File, body, name)
    found = sorted(given.editions, key=lambda one: one.since)
    if len({one.since for one in found}) != len(found):
        raise InputError(field=name, problem="has two editions of one day", fix="Correct it.")
    for one in found:
        if set(one.points) != set(Seen):
            raise InputError(field=f"{name}: points", problem="does not speak of every answer", fix="Give each.")
        if max(one.open_for, one.judge.open_for) > one.longest:
            raise InputError(field=f"{name}: open_for", problem="is longer than the longest", fix="Correct it.")
        if set(one.judge.codes) & _NEVER:
            raise InputError(field=f"{name}: judge.codes", problem="sends people towards gas", fix="Take it out.")
    return tuple(_policy(given.version, one) for one in found)


def _policy(version: str, one: _Edition) -> TaskPolicy:
    told = dict(one.judge) | {"codes": frozenset(code.value for code in one.judge.codes)}
    return TaskPolicy(version=version, **dict(one) | {"judge": DoubtPolicy(**told)})


def edition(editions: Sequence[TaskPolicy], day: date) -> TaskPolicy:
    """Return the edition that holds on a day; before all of them the first."""
    return next((one for one in reversed(editions) if one.since <= day), editions[0])


def until(policy: TaskPolicy, wanted: datetime | None, now: datetime) -> datetime:
    """Return until when a task is open.

    Raises:
        InputError: nobody can be there so soon, or it is longer than the longest.
    """
    if wanted is None:
        return now + policy.open_for
    if not now + _SOON <= wanted <= now + policy.longest:
        fix = f"Give {_SOON.seconds // 60} minutes to {policy.longest.days} days from now."
        raise InputError(field="until", problem="is too soon or too far", fix=fix)
    return wanted


def off_m(task: Task, stood: Stood) -> float:
    """Return how far from the task's place a phone says that it is, in metres."""
    return distance_m((task.lon, task.lat), (stood.lon, stood.lat))


def place_doubt(policy: TaskPolicy, task: Task, stood: Stood) -> Doubt | None:
    """Return why a place does not prove that somebody is there; None where it does."""
    if stood.accuracy_m > policy.poor_m:
        return Doubt.PLACE_POOR
    if off_m(task, stood) > policy.reach_m + stood.accuracy_m + min(task.accuracy_m, policy.poor_m):
        return Doubt.OUTSIDE
    return Doubt.ON_A_MAP if stood.finger else None


def picture_doubt(
    policy: TaskPolicy, nonce: CaptureKept | None, holder: str, now: datetime, *, picture: bool
) -> Doubt | None:
    """Return why the picture of an answer proves nothing; None where its nonce was given within ``fresh``."""
    if not picture:
        return Doubt.NO_PICTURE
    if nonce is None or nonce.holder != holder:
        return Doubt.NO_NONCE
    if nonce.used_at is not None:
        return Doubt.NONCE_USED
    return None if timedelta(0) <= now - nonce.issued_at <= policy.fresh else Doubt.NONCE_LATE


def over_doubt(task: Task, now: datetime) -> Doubt | None:
    """Return that an answer came after its task was over; it is kept all the same."""
    return None if task.state is TaskState.OPEN and now < task.until else Doubt.TASK_OVER


def points(policy: TaskPolicy, seen: Seen, doubts: Sequence[Doubt]) -> int:
    """Return the points for an answer: none for one that is not verified."""
    return 0 if doubts else policy.points[seen]


def in_doubt(policy: TaskPolicy, case: Case) -> bool:
    """Tell whether the judge has handed an alarm to people for want of knowing better.

    Not while a question to the second judge is under way or the rules look again soon: their word is another fact.
    """
    waits = case.ask_id is not None or case.look_at is not None
    codes = {one.code.value for one in case.reasons}
    return case.verdict is Verdict.PERSON and case.open and not waits and bool(codes & policy.judge.codes)


def over(case: Case) -> bool:
    """Tell whether the judge's doubt has ended: by a verdict, or in another alarm."""
    return case.merged_into is not None or case.verdict is not Verdict.PERSON


def apart(policy: TaskPolicy, place: tuple[float, float], others: Sequence[Task], now: datetime) -> bool:
    """Tell whether nobody is asked to look near a place already, or was by a judge lately."""
    since = now - policy.judge.apart_for
    return not any(
        distance_m(place, (one.lon, one.lat)) < policy.judge.apart_m
        and (one.state is TaskState.OPEN or (one.source == JUDGE and one.made_at > since))
        for one in others
    )
