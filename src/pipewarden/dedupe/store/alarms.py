"""Alarms as they are written and read, and the list of what happened to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.dedupe.facts import Alarm, AlarmEvent, EventKind, Member, WorkArea
from pipewarden.dedupe.store.tables import AlarmRow, EventRow, SightingRow, ground_of
from pipewarden.kit.db import insert_rows
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.perceive.facts import Box

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.dedupe.store.sums import Sums
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import GroundPoint

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class AlarmDraft:
    """An alarm as it is to be written: the counted members and what the rules made of them."""

    id: UUID
    sums: Sums
    type: str | None
    ground: GroundPoint | None
    answer: ZoneAnswer
    work_area: WorkArea | None


def put(work: Work, drafts: Sequence[AlarmDraft]) -> None:
    """Insert or overwrite alarms; whether one is merged into another stays as it is."""
    statement = insert(AlarmRow)
    told = {
        column.name: statement.excluded[column.name]
        for column in AlarmRow.__table__.columns
        if column.name not in {"id", "tenant_id", "merged_into"}
    }
    statement = statement.on_conflict_do_update(index_elements=["id"], set_=told)
    insert_rows(work.session, statement.returning(AlarmRow.id), [_values(work, draft) for draft in drafts])


def _values(work: Work, draft: AlarmDraft) -> dict[str, object]:
    ground, area, sums = draft.ground, draft.work_area, draft.sums
    version = draft.answer.network_version_id
    return {
        "id": draft.id,
        "tenant_id": work.tenant_id,
        "cls": sums.cls,
        "type": draft.type,
        "score": sums.score,
        "lon": None if ground is None else ground.lon,
        "lat": None if ground is None else ground.lat,
        "covariance": None if ground is None else list(ground.covariance),
        "answer": asdict(draft.answer)
        | {"zone": str(draft.answer.zone), "network_version_id": None if version is None else str(version)},
        "first_seen": sums.first_seen,
        "last_seen": sums.last_seen,
        "first_offset_s": sums.first_offset_s,
        "last_offset_s": sums.last_offset_s,
        "frames": sums.frames,
        "streams": list(sums.streams),
        "evidence": sums.evidence,
        "evidence_box": sums.evidence_box,
        "ring": None if area is None else [list(corner) for corner in area.ring],
        "ring_error_m": None if area is None else area.error_m,
        "changed_at": work.now(),
    }


def read(work: Work, alarm_ids: Collection[UUID], *, with_members: bool = True) -> dict[UUID, Alarm]:
    """Return the tenant's alarms among ``alarm_ids``, also merged ones (which then have no members)."""
    rows = work.session.scalars(
        select(AlarmRow)
        .where(AlarmRow.tenant_id == work.tenant_id, AlarmRow.id.in_(alarm_ids))
        .execution_options(populate_existing=True)
    )
    belonging = members(work, alarm_ids) if with_members else {}
    return {row.id: _alarm(row, belonging.get(row.id, ())) for row in rows}


def answers(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, ZoneAnswer]:
    """Return what the network says at the places of the tenant's alarms among ``alarm_ids``, without their members."""
    rows = work.session.execute(
        select(AlarmRow.id, AlarmRow.answer).where(
            AlarmRow.tenant_id == work.tenant_id, AlarmRow.id.in_(set(alarm_ids))
        )
    )
    return {alarm_id: _answer(values) for alarm_id, values in rows}


def page(work: Work, *, limit: int, after: UUID | None) -> list[UUID]:
    """Return ids of alarms that stand for themselves, oldest first, past ``after``; test alarms are left out."""
    shown = (AlarmRow.merged_into.is_(None), AlarmRow.test.is_(False))
    statement = select(AlarmRow.id).where(AlarmRow.tenant_id == work.tenant_id, *shown)
    if after is not None:
        statement = statement.where(AlarmRow.id > after)
    return list(work.session.scalars(statement.order_by(AlarmRow.id).limit(limit)))


def within(work: Work, box: tuple[float, float, float, float], *, after: UUID | None, limit: int) -> list[UUID]:
    """Return ids of the tenant's alarms that stand for themselves in a box (west, south, east, north), oldest first."""
    west, south, east, north = box
    here = (AlarmRow.lon.between(west, east), AlarmRow.lat.between(south, north), AlarmRow.merged_into.is_(None))
    statement = select(AlarmRow.id).where(AlarmRow.tenant_id == work.tenant_id, AlarmRow.test.is_(False), *here)
    if after is not None:
        statement = statement.where(AlarmRow.id > after)
    return list(work.session.scalars(statement.order_by(AlarmRow.id).limit(limit)))


def tests(work: Work, alarm_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's alarms among ``alarm_ids`` that are tests."""
    mine = (AlarmRow.tenant_id == work.tenant_id, AlarmRow.id.in_(alarm_ids), AlarmRow.test)
    return set(work.session.scalars(select(AlarmRow.id).where(*mine)))


def hide(work: Work, alarm_ids: Collection[UUID]) -> None:
    """Mark alarms as tests."""
    work.session.execute(
        update(AlarmRow)
        .where(AlarmRow.tenant_id == work.tenant_id, AlarmRow.id.in_(alarm_ids))
        .values(test=True)
        .execution_options(synchronize_session=False)
    )


def of_stream(work: Work, stream: str) -> list[UUID]:
    """Return the tenant's alarms that a stream has seen, test alarms among them."""
    seen = AlarmRow.streams.contains([stream])
    return list(work.session.scalars(select(AlarmRow.id).where(AlarmRow.tenant_id == work.tenant_id, seen)))


def heads(work: Work, *conditions: ColumnElement[bool], limit: int) -> list[AlarmRow]:
    """Return the newest alarms, of any tenant, that conditions on ``AlarmRow`` pick: the caller brings the scope."""
    statement = select(AlarmRow).where(*conditions).order_by(AlarmRow.id.desc()).limit(limit)
    return list(work.session.scalars(statement.execution_options(populate_existing=True)))


def members(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, tuple[Member, ...]]:
    """Return the members of each alarm in the order they were seen."""
    rows = work.session.execute(
        select(SightingRow.alarm_id, SightingRow.finding_id, SightingRow.observation_id, SightingRow.reason)
        .where(SightingRow.tenant_id == work.tenant_id, SightingRow.alarm_id.in_(alarm_ids))
        .order_by(SightingRow.alarm_id, SightingRow.seen_s, SightingRow.finding_id)
    )
    found: dict[UUID, list[Member]] = {}
    for alarm_id, finding_id, observation_id, reason in rows:
        if alarm_id is not None:
            found.setdefault(alarm_id, []).append(Member(finding_id, observation_id, reason or "seen before"))
    return {alarm_id: tuple(belonging) for alarm_id, belonging in found.items()}


def resolve(work: Work, alarm_id: UUID) -> UUID | None:
    """Return the alarm that now holds this one's members: itself, or what it was merged into; None if unknown."""
    for _ in range(_DEEPEST):
        row = work.session.execute(
            select(AlarmRow.merged_into).where(AlarmRow.tenant_id == work.tenant_id, AlarmRow.id == alarm_id)
        ).one_or_none()
        if row is None:
            return None
        if row.merged_into is None:
            return alarm_id
        alarm_id = row.merged_into
    raise RuntimeError("merged alarms must not lead in a ring")


def set_merged(work: Work, alarm_id: UUID, into: UUID | None) -> None:
    """Say which alarm took the members over; None when it stands for itself again."""
    work.session.execute(
        update(AlarmRow)
        .where(AlarmRow.tenant_id == work.tenant_id, AlarmRow.id == alarm_id)
        .values(merged_into=into, changed_at=work.now())
    )


def merge_findings(work: Work, into: UUID) -> dict[UUID, set[UUID]]:
    """Return per alarm now merged into this one the findings it brought."""
    rows = work.session.execute(
        select(EventRow.other_id, EventRow.findings)
        .join(AlarmRow, AlarmRow.id == EventRow.other_id)
        .where(
            EventRow.tenant_id == work.tenant_id,
            EventRow.alarm_id == into,
            EventRow.kind == str(EventKind.MERGED),
            AlarmRow.merged_into == into,
        )
        .order_by(EventRow.id)
    )
    return {other_id: {UUID(one) for one in findings} for other_id, findings in rows if other_id is not None}


def add_event(work: Work, new: Sequence[AlarmEvent]) -> None:
    """Append what happened."""
    insert_rows(
        work.session,
        insert(EventRow).returning(EventRow.id),
        [
            {
                "id": work.ids.new(),
                "tenant_id": work.tenant_id,
                "alarm_id": one.alarm_id,
                "kind": str(one.kind),
                "at": one.at,
                "actor": one.actor,
                "reason": one.reason,
                "other_id": one.other_id,
                "findings": [str(finding) for finding in one.findings],
            }
            for one in new
        ],
    )


def events(work: Work, alarm_id: UUID) -> list[AlarmEvent]:
    """Return what happened to an alarm, oldest first."""
    rows = work.session.scalars(
        select(EventRow)
        .where(EventRow.tenant_id == work.tenant_id, EventRow.alarm_id == alarm_id)
        .order_by(EventRow.id)
    )
    return [_event(row) for row in rows]


def event_page(work: Work, alarm_id: UUID, *, after: UUID | None, limit: int) -> list[tuple[UUID, AlarmEvent]]:
    """Return up to ``limit`` events of an alarm that follow ``after``, oldest first, each with its id."""
    wanted = select(EventRow).where(EventRow.tenant_id == work.tenant_id, EventRow.alarm_id == alarm_id)
    if after is not None:
        wanted = wanted.where(EventRow.id > after)
    return [(row.id, _event(row)) for row in work.session.scalars(wanted.order_by(EventRow.id).limit(limit))]


def events_of(work: Work, alarm_ids: Collection[UUID], kind: EventKind) -> list[AlarmEvent]:
    """Return what of one kind happened to the tenant's alarms, oldest first."""
    rows = work.session.scalars(
        select(EventRow)
        .where(EventRow.tenant_id == work.tenant_id, EventRow.alarm_id.in_(alarm_ids), EventRow.kind == str(kind))
        .order_by(EventRow.id)
    )
    return [_event(row) for row in rows]


def taken() -> ColumnElement[bool]:
    """Return the condition on ``AlarmRow`` that somebody has taken the alarm."""
    mine = (EventRow.alarm_id == AlarmRow.id, EventRow.kind == EventKind.ACKNOWLEDGED.value)
    return select(EventRow.id).where(*mine).exists()


def narrow(
    work: Work, *conditions: ColumnElement[bool], taken_since: datetime, limit: int
) -> list[tuple[UUID, UUID, str, datetime, datetime | None]]:
    """Return id, tenant, zone, beginning and last taking of the newest alarms that conditions on ``AlarmRow`` pick.

    Those that somebody took last before ``taken_since``, and that nothing was seen of since then, are left out; what is
    seen again stays, whoever took it. The caller brings the scope.
    """
    mine = (EventRow.alarm_id == AlarmRow.id, EventRow.kind == EventKind.ACKNOWLEDGED.value)
    taken_at = select(func.max(EventRow.at)).where(*mine).scalar_subquery()
    rows = work.session.execute(
        select(
            AlarmRow.id,
            AlarmRow.tenant_id,
            AlarmRow.answer["zone"].astext,
            func.coalesce(AlarmRow.first_seen, AlarmRow.changed_at),
            taken_at,
        )
        .where(*conditions, or_(taken_at.is_(None), taken_at >= taken_since, AlarmRow.last_seen >= taken_since))
        .order_by(AlarmRow.id.desc())
        .limit(limit)
    )
    return [(one, tenant, zone, since, taken) for one, tenant, zone, since, taken in rows]


def _event(row: EventRow) -> AlarmEvent:
    return AlarmEvent(
        alarm_id=row.alarm_id,
        kind=EventKind(row.kind),
        at=row.at,
        actor=row.actor,
        reason=row.reason,
        other_id=row.other_id,
        findings=tuple(UUID(one) for one in row.findings),
    )


def _answer(values: dict[str, object]) -> ZoneAnswer:
    version = values["network_version_id"]
    known = values | {
        "zone": Zone(str(values["zone"])),
        "network_version_id": None if version is None else UUID(str(version)),
    }
    return ZoneAnswer(**known)  # type: ignore[arg-type]  # written from the same dataclass


def _alarm(row: AlarmRow, belonging: tuple[Member, ...]) -> Alarm:
    area = None
    if row.ring is not None and row.ring_error_m is not None:
        area = WorkArea(ring=tuple((corner[0], corner[1]) for corner in row.ring), error_m=row.ring_error_m)
    return Alarm(
        id=row.id,
        tenant_id=row.tenant_id,
        cls=row.cls,
        type=row.type,
        score=row.score,
        ground=ground_of(row.lon, row.lat, row.covariance),
        answer=_answer(row.answer),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        first_offset_s=row.first_offset_s,
        last_offset_s=row.last_offset_s,
        frames=row.frames,
        streams=tuple(row.streams),
        evidence=row.evidence,
        evidence_box=Box(*row.evidence_box),
        work_area=area,
        members=belonging,
        test=row.test,
    )
