"""Please-check tasks: a place that somebody near should look at, what they answered, and the points for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta  # noqa: TC003  pydantic reads the policy's types
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.field.facts.standby import Doubt, Stood


JUDGE: Final = "judge"  # source of a task that a judge in doubt has asked for
POINTS_EARNED = "field.points_earned"  # fact_id = Points.id, partition = tenant


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nobody answered: a dispatcher was told


class Seen(StrEnum):
    """What somebody saw there."""

    WORKS = "works"
    NOTHING = "nothing"
    CANNOT_TELL = "cannot_tell"  # the task stays open for another one


@dataclass(frozen=True, slots=True)
class DoubtPolicy:
    """When a judge in doubt asks whoever is near; see policy/tasks for what each number means."""

    codes: frozenset[str]
    apart_m: float
    apart_for: timedelta
    camera_m: float
    most_day: int
    open_for: timedelta


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """One edition of the policy; see policy/tasks for what each number means."""

    version: str
    since: date
    reach_m: float
    poor_m: float
    fresh: timedelta
    open_for: timedelta
    longest: timedelta
    points: Mapping[Seen, int]
    judge: DoubtPolicy


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task on its way in.

    Attributes:
        place: lon, lat in degrees WGS-84; ``accuracy_m`` of it.
        source: who wants it: ``dispatcher``, or the part of the house that does, as ``judge``.
        until: None: as long as the policy says.
    """

    place: tuple[float, float]
    words: str
    source: str
    accuracy_m: float = 0.0
    site_id: UUID | None = None
    alarm_id: UUID | None = None
    area_path: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A please-check task.

    Attributes:
        area_path: whose people are asked; None where the place lies in no area: then who reaches the whole tenant.
        made_by: the dispatcher; None where the house itself asked.
        reason: why it was withdrawn.
    """

    id: UUID
    tenant_id: UUID
    area_path: str | None
    lon: float
    lat: float
    accuracy_m: float
    site_id: UUID | None
    alarm_id: UUID | None
    words: str
    source: str
    made_by: UUID | None
    made_at: datetime
    until: datetime
    state: TaskState = TaskState.OPEN
    ended_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer on its way in."""

    draft: UUID
    stood: Stood
    nonce: str | None
    seen: Seen
    words: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was kept.

    Attributes:
        lon: where the phone said that it was, degrees WGS-84; None once its days are over, as ``lat``, ``accuracy_m``.
        off_m: from the task's place, as the phone says.
        doubts: why it is not verified; none where it is.
        points: that it brought.
        observation_id: of the report that it became, where works were seen.
    """

    id: UUID
    tenant_id: UUID
    task_id: UUID
    person_id: UUID
    at: datetime
    seen: Seen
    words: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    off_m: float
    picture: str
    doubts: tuple[Doubt, ...]
    points: int
    observation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a dispatcher says of an answer that was not verified, once.

    Attributes:
        reason: for a refusal, whoever answered reads it.
        points: that it brought after all; 0 of a refusal.
        by: the dispatcher.
    """

    id: UUID
    tenant_id: UUID
    task_id: UUID
    answer_id: UUID
    accepted: bool
    reason: str
    points: int
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Points:
    """Points for one thing, written once."""

    id: UUID
    tenant_id: UUID
    person_id: UUID
    points: int
    why: str
    task_id: UUID
    at: datetime
