"""Cases and their events: locked, folded, written; the row is a copy of what the events add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy import and_, exists, func, not_, or_, select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.judge.facts import Body, Case, JudgeEvent, Verdict
from pipewarden.judge.store.tables import AskRow, CaseRow, JudgeEventRow
from pipewarden.kit.db import held
from pipewarden.network.facts import RANK, Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.kit.work import Work

_CASE: TypeAdapter[Case] = TypeAdapter(Case)
_BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class AlarmHead:
    """What a case's row repeats of its alarm.

    Attributes:
        camera_id: of its newest picture; None where it comes from no camera.
        lon: of the alarm, else of that camera, degrees WGS-84.
        lat: the same.
        test: the house made it of pictures it sent itself.
    """

    camera_id: UUID | None
    lon: float | None
    lat: float | None
    zone: Zone
    score: float
    frames: int
    test: bool = False


def lock(work: Work, alarm_ids: Collection[UUID], *, test: bool = False) -> dict[UUID, Case]:
    """Return the cases of alarms, made where there were none, held alone until the transaction ends.

    ``test`` says that they are of the house's own tests, which a case knows from its making on.
    """
    wanted = sorted(set(alarm_ids))
    if not wanted:
        return {}
    fresh = [
        {
            "alarm_id": one,
            "tenant_id": work.tenant_id,
            "made_at": work.now(),
            "zone": str(Zone.UNKNOWN),
            "rank": 0,
            "score": 0.0,
            "frames": 0,
            "audit": False,
            "test": test,
            **_columns(Case(alarm_id=one, tenant_id=work.tenant_id, due_at=work.now())),
        }
        for one in wanted
    ]
    work.session.execute(insert(CaseRow).values(fresh).on_conflict_do_nothing())
    rows = work.session.scalars(
        select(CaseRow)
        .where(CaseRow.tenant_id == work.tenant_id, CaseRow.alarm_id.in_(wanted))
        .order_by(CaseRow.alarm_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.alarm_id: _case(row) for row in held(work.session, rows)}


def read(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Case]:
    """Return the cases among ``alarm_ids`` that there are."""
    rows = work.session.scalars(
        select(CaseRow)
        .where(CaseRow.tenant_id == work.tenant_id, CaseRow.alarm_id.in_(set(alarm_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.alarm_id: _case(row) for row in rows}


def rows(work: Work, alarm_ids: Collection[UUID]) -> list[tuple[CaseRow, Case]]:
    """Return the cases among ``alarm_ids`` that there are, with what their rows repeat of the alarms."""
    found = work.session.scalars(
        select(CaseRow)
        .where(CaseRow.tenant_id == work.tenant_id, CaseRow.alarm_id.in_(set(alarm_ids)))
        .execution_options(populate_existing=True)
    )
    return [(row, _case(row)) for row in found]


def known(work: Work, alarm_ids: Collection[UUID]) -> set[UUID]:
    """Return those of ``alarm_ids``, of any tenant, that have a case: the caller has scoped the alarms."""
    return set(work.session.scalars(select(CaseRow.alarm_id).where(CaseRow.alarm_id.in_(set(alarm_ids)))))


def verdicts(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, tuple[Verdict, datetime | None]]:
    """Return the verdict, and when a rejection ends, of those of ``alarm_ids`` that have a case."""
    rows = work.session.execute(
        select(CaseRow.alarm_id, CaseRow.verdict, CaseRow.until).where(
            CaseRow.tenant_id == work.tenant_id, CaseRow.alarm_id.in_(set(alarm_ids))
        )
    )
    return {alarm_id: (Verdict(verdict), until) for alarm_id, verdict, until in rows}


def having(alarm_id: SQLColumnExpression[UUID], verdict: Verdict) -> ColumnElement[bool]:
    """Return the condition that the alarm of a column has a verdict; one without a case has that of a new case."""
    case = exists().where(CaseRow.alarm_id == alarm_id)
    if verdict is Verdict.PERSON:
        return not_(case.where(CaseRow.verdict != verdict.value))
    return case.where(CaseRow.verdict == verdict.value)


def silent(
    alarm_id: SQLColumnExpression[UUID], last_seen: SQLColumnExpression[datetime | None], now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a rejection keeps the alarm of two columns silent: seen last by the silence's end.

    One whose pictures say no time counts as seen now.
    """
    covered = and_(CaseRow.verdict == Verdict.REJECTED.value, CaseRow.until >= func.coalesce(last_seen, now))
    return exists().where(CaseRow.alarm_id == alarm_id, covered)


def silent_past(alarm_id: SQLColumnExpression[UUID], now: datetime) -> ColumnElement[bool]:
    """Return the condition that the silence of the alarm of a column has not ended yet."""
    return exists().where(CaseRow.alarm_id == alarm_id, CaseRow.until > now)


def write(work: Work, case: Case, events: Sequence[JudgeEvent]) -> None:
    """Append the events and write the case that they lead to."""
    if events:
        work.session.execute(
            insert(JudgeEventRow),
            [
                {
                    "id": one.id,
                    "tenant_id": one.tenant_id,
                    "alarm_id": one.alarm_id,
                    "kind": one.body.kind,
                    "at": one.at,
                    "actor": one.actor,
                    "body": _BODY.dump_python(one.body, mode="json"),
                }
                for one in events
            ],
        )
    row = work.session.get_one(CaseRow, case.alarm_id)
    for name, value in _columns(case).items():
        setattr(row, name, value)
    work.session.flush()


def write_head(work: Work, alarm_id: UUID, head: AlarmHead) -> bool:
    """Write what the row repeats of its alarm, and return whether that lies in another range than before."""
    row = work.session.get_one(CaseRow, alarm_id)
    moved = row.frames > 0 and row.zone != str(head.zone)
    row.camera_id, row.lon, row.lat = head.camera_id, head.lon, head.lat
    row.zone, row.rank = str(head.zone), RANK[head.zone]
    row.score, row.frames, row.test = head.score, head.frames, head.test
    return moved


def is_test(work: Work, alarm_id: UUID) -> bool:
    """Return whether the house made the alarm of pictures it sent itself."""
    return work.session.get_one(CaseRow, alarm_id).test


def events(work: Work, alarm_id: UUID) -> list[JudgeEvent]:
    """Return what happened to an alarm, oldest first."""
    rows = work.session.scalars(
        select(JudgeEventRow)
        .where(JudgeEventRow.tenant_id == work.tenant_id, JudgeEventRow.alarm_id == alarm_id)
        .order_by(JudgeEventRow.seq)
    )
    return [
        JudgeEvent(
            id=row.id,
            tenant_id=row.tenant_id,
            alarm_id=row.alarm_id,
            at=row.at,
            actor=row.actor,
            body=_BODY.validate_python(row.body),
        )
        for row in rows
    ]


def to_look_at(work: Work, now: datetime, limit: int) -> list[UUID]:
    """Return alarms that the clock wants looked at again, the longest due first."""
    statement = (
        select(CaseRow.alarm_id)
        .where(CaseRow.tenant_id == work.tenant_id, CaseRow.merged_into.is_(None), CaseRow.look_at <= now)
        .order_by(CaseRow.look_at, CaseRow.alarm_id)
        .limit(limit)
    )
    return list(work.session.scalars(statement))


def due(
    work: Work, now: datetime, limit: int, *, after: tuple[datetime, UUID] | None = None
) -> list[tuple[datetime, UUID]]:
    """Return (since when, alarm) of what a person is to judge within a range, tests left out, the longest due first."""
    at = CaseRow.due_at
    conditions = [
        CaseRow.tenant_id == work.tenant_id,
        CaseRow.rank.in_(sorted({RANK[zone] for zone in Zone if zone is not Zone.OUTSIDE})),
        CaseRow.verdict == Verdict.PERSON.value,
        CaseRow.merged_into.is_(None),
        CaseRow.test.is_(False),
        at <= now,
    ]
    if after is not None:
        conditions.append(or_(at > after[0], and_(at == after[0], CaseRow.alarm_id > after[1])))
    statement = select(at, CaseRow.alarm_id).where(*conditions).order_by(at, CaseRow.alarm_id).limit(limit)
    return [(due_at, alarm_id) for due_at, alarm_id in work.session.execute(statement) if due_at is not None]


def backlog(work: Work) -> tuple[int, datetime | None]:
    """Return how many alarms a person is to judge now, tests left out, and since when the oldest waits."""
    waits = (
        CaseRow.tenant_id == work.tenant_id,
        CaseRow.verdict == Verdict.PERSON.value,
        CaseRow.merged_into.is_(None),
        CaseRow.test.is_(False),
        CaseRow.due_at <= work.now(),
    )
    count, since = work.session.execute(select(func.count(), func.min(CaseRow.due_at)).where(*waits)).one()
    return count, since


def tenants_due(work: Work) -> list[UUID]:
    """Return the tenants some of whose alarms the clock wants looked at, or whose questions are late."""
    now = work.now()
    looks = select(CaseRow.tenant_id).where(CaseRow.look_at <= now, CaseRow.merged_into.is_(None))
    return sorted(set(work.session.scalars(looks.union(select(AskRow.tenant_id).where(AskRow.due_at <= now)))))


def queue(
    work: Work,
    scope: ColumnElement[bool],
    now: datetime,
    *,
    limit: int,
    after: tuple[int, datetime, UUID] | None = None,
) -> list[tuple[CaseRow, Case]]:
    """Return what waits for a person, of any tenant within ``scope``: protection range first, oldest first."""
    conditions = [scope, CaseRow.merged_into.is_(None), CaseRow.due_at <= now]
    if after is not None:
        rank, due_at, alarm_id = after
        later = and_(CaseRow.due_at == due_at, CaseRow.alarm_id > alarm_id)
        conditions.append(or_(CaseRow.rank > rank, and_(CaseRow.rank == rank, or_(CaseRow.due_at > due_at, later))))
    rows = work.session.scalars(
        select(CaseRow)
        .where(*conditions)
        .order_by(CaseRow.rank, CaseRow.due_at, CaseRow.alarm_id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [(row, _case(row)) for row in rows]


def one(work: Work, scope: ColumnElement[bool], alarm_id: UUID) -> tuple[CaseRow, Case] | None:
    """Return the case of one alarm, of any tenant within ``scope``."""
    row = work.session.scalar(
        select(CaseRow).where(scope, CaseRow.alarm_id == alarm_id).execution_options(populate_existing=True)
    )
    return None if row is None else (row, _case(row))


def _case(row: CaseRow) -> Case:
    return _CASE.validate_python(row.state)


def _columns(case: Case) -> dict[str, object]:
    return {
        "verdict": str(case.verdict),
        "by": str(case.by),
        "until": case.until,
        "due_at": case.due_at,
        "look_at": case.look_at,
        "audit": case.audit,
        "merged_into": case.merged_into,
        "decided": None if case.decided is None else case.decided.true,
        "audited": case.audited,
        "stopped_by": sorted({str(one.code) for one in case.silenced_by}),
        "calls": case.calls,
        "cost": case.cost,
        "state": _CASE.dump_python(case, mode="json"),
    }
