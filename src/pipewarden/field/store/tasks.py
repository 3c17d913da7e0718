"""Please-check tasks, their answers and the points for them; and the shipped policy."""

from __future__ import annotations

import math
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import yaml
from sqlalchemy import Double, Index, Integer, Text, and_, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.field.facts.standby import Doubt
from pipewarden.field.facts.tasks import JUDGE, Answer, Judgement, Points, Seen, Task, TaskState
from pipewarden.field.rules.tasks import read_tasks
from pipewarden.kit import facts_log
from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

    from pipewarden.field.facts.tasks import TaskPolicy
    from pipewarden.kit.work import Work

_FILE = Path(__file__).resolve().parents[2] / "policy" / "tasks" / "CN.yaml"
_DEGREE_M = 111_000.0  # at least, of a degree of latitude
_LOG = {"info": {"append_only": True}}


class TaskRow(Base):
    """One task."""

    __tablename__ = "field_tasks"
    __table_args__ = (
        Index("ix_field_tasks_list", "tenant_id", "state", "id"),
        Index("ix_field_tasks_until", "state", "until"),
        Index("uq_field_tasks_judge", "alarm_id", unique=True, postgresql_where=text("source = 'judge'")),
        Index("ix_field_tasks_site", "site_id", "id", postgresql_where=text("site_id IS NOT NULL")),
        Index("ix_field_tasks_alarm", "alarm_id", "id", postgresql_where=text("alarm_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    area_path: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    accuracy_m: Mapped[float] = mapped_column(Double)
    site_id: Mapped[UUID | None]
    alarm_id: Mapped[UUID | None]
    words: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    made_by: Mapped[UUID | None]
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)


class AnswerRow(Base):
    """One person's answer to one task; what it says of them goes when its days are over, the rest is never changed."""

    __tablename__ = "field_answers"
    __table_args__ = (
        Index("uq_field_answers_once", "task_id", "person_id", unique=True),
        {"info": {"append_only": True, "blanks": ("words", "picture", "lon", "lat", "accuracy_m")}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    task_id: Mapped[UUID]
    person_id: Mapped[UUID]
    at: Mapped[datetime]
    seen: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    off_m: Mapped[float] = mapped_column(Double)
    picture: Mapped[str] = mapped_column(Text)
    doubts: Mapped[list[object]] = mapped_column(JSONB)
    points: Mapped[int] = mapped_column(Integer)
    observation_id: Mapped[UUID | None]


class JudgementRow(Base):
    """What a dispatcher said of one answer."""

    __tablename__ = "field_judgements"
    __table_args__ = (
        Index("uq_field_judgements_answer", "answer_id", unique=True),
        Index("ix_field_judgements_task", "task_id"),
        _LOG,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    task_id: Mapped[UUID]
    answer_id: Mapped[UUID]
    accepted: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    points: Mapped[int] = mapped_column(Integer)
    by: Mapped[UUID]
    at: Mapped[datetime]


class PointsRow(Base):
    """Points for one answer; never changed, never taken back. They are no money."""

    __tablename__ = "field_points"
    __table_args__ = (
        Index("ix_field_points_person", "person_id", "id"),
        Index("uq_field_points_once", "task_id", "person_id", unique=True),
        _LOG,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    points: Mapped[int] = mapped_column(Integer)
    why: Mapped[str] = mapped_column(Text)
    task_id: Mapped[UUID]
    at: Mapped[datetime]


TASKS = ScopedTable(tenant_id=TaskRow.tenant_id, area_path=TaskRow.area_path)


@cache
def shipped_tasks() -> tuple[TaskPolicy, ...]:
    """Return the editions of policy/tasks/CN.yaml; InputError names the key that is wrong."""
    return read_tasks(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)


def add(work: Work, one: Task) -> None:
    """Write a new task."""
    values = {name: getattr(one, name) for name in Task.__slots__} | {"state": one.state.value}
    work.session.execute(insert(TaskRow).values(**values))


def change(work: Work, task_id: UUID, state: TaskState, reason: str = "") -> None:
    """Write how a task ended."""
    values = {"state": state.value, "ended_at": work.now(), "reason": reason}
    work.session.execute(update(TaskRow).where(TaskRow.id == task_id).values(**values))


def held(work: Work, task_id: UUID, scope: ColumnElement[bool]) -> Task | None:
    """Return a task of the tenant within ``scope``, locked."""
    mine = TaskRow.tenant_id == work.tenant_id, TaskRow.id == task_id, scope
    row = work.session.scalar(select(TaskRow).where(*mine).with_for_update().execution_options(populate_existing=True))
    return None if row is None else _task(row)


def page(work: Work, *conditions: ColumnElement[bool], limit: int, before: UUID | None = None) -> list[Task]:
    """Return tasks, the newest first; the caller brings the scope."""
    older = () if before is None else (TaskRow.id < before,)
    asked = select(TaskRow).where(*conditions, *older).order_by(TaskRow.id.desc()).limit(limit)
    return [_task(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def open_for(person_id: UUID, now: datetime) -> ColumnElement[bool]:
    """Return the condition for tasks that somebody can still answer."""
    mine = exists().where(AnswerRow.task_id == TaskRow.id, AnswerRow.person_id == person_id)
    return and_(TaskRow.state == TaskState.OPEN.value, TaskRow.until > now, ~mine)


def either(mine: ColumnElement[bool] | None, all_of: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Return the condition of one reach or the other; the caller has one at least."""
    return or_(*(one for one in (mine, all_of) if one is not None))


def lock(work: Work) -> None:
    """Wait until nobody else asks for a judge of this tenant; held to the end of the transaction."""
    key = facts_log.lock_key("field.tasks", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def of_judge(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Task]:
    """Return by alarm what a judge in doubt has asked for, whatever became of it."""
    mine = (TaskRow.tenant_id == work.tenant_id, TaskRow.source == JUDGE, TaskRow.alarm_id.in_(set(alarm_ids)))
    rows = work.session.scalars(select(TaskRow).where(*mine).execution_options(populate_existing=True))
    return {row.alarm_id: _task(row) for row in rows if row.alarm_id is not None}


def near(work: Work, place: tuple[float, float], reach_m: float, since: datetime) -> list[Task]:
    """Return the tenant's tasks about a place that are open or were made since a moment."""
    lon, lat = place
    high = reach_m / _DEGREE_M
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    asked = select(TaskRow).where(
        TaskRow.tenant_id == work.tenant_id,
        or_(TaskRow.state == TaskState.OPEN.value, TaskRow.made_at >= since),
        TaskRow.lon.between(lon - wide, lon + wide),
        TaskRow.lat.between(lat - high, lat + high),
    )
    return [_task(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def count_of_judge(work: Work, area_path: str | None, since: datetime) -> int:
    """Return how often a judge in doubt has asked in an area (None: outside every one) since a moment."""
    mine = (TaskRow.tenant_id == work.tenant_id, TaskRow.source == JUDGE, TaskRow.made_at >= since)
    there = TaskRow.area_path.is_(None) if area_path is None else TaskRow.area_path == area_path
    return work.session.scalar(select(func.count()).select_from(TaskRow).where(*mine, there)) or 0


def over(work: Work, *, limit: int) -> list[Task]:
    """Return open tasks of the tenant whose time has passed, locked; what others hold is left out."""
    rows = work.session.scalars(
        select(TaskRow)
        .where(TaskRow.tenant_id == work.tenant_id, TaskRow.state == TaskState.OPEN.value, TaskRow.until <= work.now())
        .order_by(TaskRow.until, TaskRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [_task(row) for row in rows]


def tenants_over(work: Work) -> list[UUID]:
    """Return the tenants that have open tasks whose time has passed."""
    late = TaskRow.state == TaskState.OPEN.value, TaskRow.until <= work.now()
    return list(work.session.scalars(select(TaskRow.tenant_id).where(*late).distinct()))


def add_answer(work: Work, one: Answer) -> None:
    """Write an answer."""
    values: dict[str, object] = {name: getattr(one, name) for name in Answer.__slots__}
    values |= {"seen": one.seen.value, "doubts": [doubt.value for doubt in one.doubts]}
    work.session.execute(insert(AnswerRow).values(**values))


def answers(work: Work, task_id: UUID, person_id: UUID | None = None) -> list[Answer]:
    """Return the answers to a task of the tenant, oldest first; or one person's."""
    mine = [AnswerRow.tenant_id == work.tenant_id, AnswerRow.task_id == task_id]
    if person_id is not None:
        mine.append(AnswerRow.person_id == person_id)
    return [_answer(row) for row in work.session.scalars(select(AnswerRow).where(*mine).order_by(AnswerRow.id))]


def add_judgement(work: Work, one: Judgement) -> None:
    """Write what a dispatcher says of an answer."""
    work.session.execute(insert(JudgementRow).values(**{name: getattr(one, name) for name in Judgement.__slots__}))


def judgements(work: Work, task_id: UUID) -> dict[UUID, Judgement]:
    """Return by answer what was said of the answers to a task of the tenant."""
    mine = (JudgementRow.tenant_id == work.tenant_id, JudgementRow.task_id == task_id)
    rows = work.session.scalars(select(JudgementRow).where(*mine))
    return {row.answer_id: Judgement(**{name: getattr(row, name) for name in Judgement.__slots__}) for row in rows}


def add_points(work: Work, one: Points) -> None:
    """Write points."""
    work.session.execute(insert(PointsRow).values(**{name: getattr(one, name) for name in Points.__slots__}))


def points_of(work: Work, person_id: UUID, *, limit: int, before: UUID | None = None) -> tuple[int, list[Points]]:
    """Return a person's points in all and one page of them, the newest first; of every tenant they work for."""
    mine = PointsRow.person_id == person_id
    total = work.session.scalar(select(func.coalesce(func.sum(PointsRow.points), 0)).where(mine)) or 0
    older = () if before is None else (PointsRow.id < before,)
    rows = work.session.scalars(select(PointsRow).where(mine, *older).order_by(PointsRow.id.desc()).limit(limit))
    return int(total), [Points(**{name: getattr(row, name) for name in Points.__slots__}) for row in rows]


def points_by_id(work: Work, ids: Collection[UUID]) -> list[Points]:
    """Return points of the tenant's people by id, oldest first."""
    mine = PointsRow.tenant_id == work.tenant_id, PointsRow.id.in_(set(ids))
    rows = work.session.scalars(select(PointsRow).where(*mine).order_by(PointsRow.id))
    return [Points(**{name: getattr(row, name) for name in Points.__slots__}) for row in rows]


def _task(row: TaskRow) -> Task:
    return Task(**{name: getattr(row, name) for name in Task.__slots__} | {"state": TaskState(row.state)})


def _answer(row: AnswerRow) -> Answer:
    values = {name: getattr(row, name) for name in Answer.__slots__}
    values["seen"], values["doubts"] = Seen(row.seen), tuple(Doubt(str(one)) for one in row.doubts)
    return Answer(**values)
