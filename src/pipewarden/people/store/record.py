"""The tables of the audit chain, the kill switches and the rosters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import PLATFORM, ActorKind, Anchor, AuditEntry, Duty, Role, Switch
from pipewarden.people.rules.chain import FIRST
from pipewarden.people.store.areas import AreaRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from pipewarden.people.facts import AuditFilter


class AuditRow(Base):
    """One act on record, chained to the one before it; the app role may only insert."""

    __tablename__ = "people_audit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "seq"),
        Index("ix_people_audit_tenant_id_object", "tenant_id", "object_kind", "object_id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID]
    act: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)  # text, not JSONB: JSONB rewrites numbers, and the hash is over the text
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class SwitchRow(Base):
    """The present state of one kill switch; the nil tenant's hold for everybody."""

    __tablename__ = "people_switches"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    on: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID]
    at: Mapped[datetime]


class DutyRow(Base):
    """One person on duty for an area in a role, from and until."""

    __tablename__ = "people_duties"
    __table_args__ = (Index("ix_people_duties_tenant_id_role_ends_at", "tenant_id", "role", "ends_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    area_id: Mapped[UUID] = mapped_column(ForeignKey("people_areas.id"))
    role: Mapped[str] = mapped_column(Text)
    rank: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]


def lock_chain(session: Session, tenant_id: UUID) -> Anchor:
    """Return the end of the tenant's chain; nobody else continues it until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"people_audit:{tenant_id}", 0))))
    return chain_end(session, tenant_id)


def chain_end(session: Session, tenant_id: UUID) -> Anchor:
    """Return the end of the tenant's chain."""
    row = session.execute(
        select(AuditRow.seq, AuditRow.hash)
        .where(AuditRow.tenant_id == tenant_id)
        .order_by(AuditRow.seq.desc())
        .limit(1)
    ).first()
    return Anchor(tenant_id, 0, FIRST) if row is None else Anchor(tenant_id, row.seq, row.hash)


def append(session: Session, entry_id: UUID, entry: AuditEntry) -> None:
    """Insert one entry."""
    session.execute(
        insert(AuditRow).values(
            id=entry_id,
            tenant_id=entry.tenant_id,
            seq=entry.seq,
            at=entry.at,
            actor_kind=entry.actor_kind,
            actor_id=entry.actor_id,
            act=entry.act,
            object_kind=entry.object_kind,
            object_id=entry.object_id,
            details=entry.details,
            previous=entry.previous,
            hash=entry.hash,
        )
    )


def entries(session: Session, limit: int, *conditions: ColumnElement[bool], newest: bool = False) -> list[AuditEntry]:
    """Return up to ``limit`` entries that conditions on ``AuditRow`` pick, in the chain's order unless ``newest``."""
    order = AuditRow.seq.desc() if newest else AuditRow.seq
    # columns, not objects: what the database holds now must be read, never a copy kept by the session
    columns = [column for column in AuditRow.__table__.columns if column.name != "id"]
    rows = session.execute(select(*columns).where(*conditions).order_by(order).limit(limit))
    return [
        AuditEntry(**{**row._mapping, "actor_kind": ActorKind(row.actor_kind)})  # noqa: SLF001  SQLAlchemy's public name
        for row in rows
    ]


def wanted(asked: AuditFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    found: list[ColumnElement[bool]] = []
    if asked.act is not None:
        found.append(or_(AuditRow.act == asked.act, AuditRow.act.startswith(f"{asked.act}.", autoescape=True)))
    if asked.actor_id is not None:
        found.append(AuditRow.actor_id == asked.actor_id)
    if asked.object_id is not None:
        found.append(AuditRow.object_id == asked.object_id)
    if asked.since is not None:
        found.append(AuditRow.at >= asked.since)
    if asked.until is not None:
        found.append(AuditRow.at < asked.until)
    return found


def set_switch(session: Session, switch: Switch) -> None:
    """Write a switch's state."""
    values = {"on": switch.on, "reason": switch.reason, "actor_id": switch.actor_id, "at": switch.at}
    session.execute(
        insert(SwitchRow)
        .values(tenant_id=switch.tenant_id, name=switch.name, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "name"], set_=values)
    )


def switches(session: Session, tenant_id: UUID) -> list[Switch]:
    """Return the switches that hold for a tenant: its own and the platform's."""
    rows = session.execute(
        select(SwitchRow.tenant_id, SwitchRow.name, SwitchRow.on, SwitchRow.reason, SwitchRow.actor_id, SwitchRow.at)
        .where(SwitchRow.tenant_id.in_([tenant_id, PLATFORM]))
        .order_by(SwitchRow.name, SwitchRow.tenant_id)
    )
    return [Switch(row.tenant_id, row.name, row.on, row.reason, row.actor_id, row.at) for row in rows]


def lock_roster(session: Session, tenant_id: UUID, area_id: UUID, role: Role) -> None:
    """Let nobody else write this roster until the transaction ends; exclusion constraints would need an extension."""
    key = f"people_duties:{tenant_id}:{area_id}:{role}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def add_duty(session: Session, duty: Duty, now: datetime, by: UUID) -> None:
    """Insert one duty."""
    session.execute(
        insert(DutyRow).values(
            id=duty.id,
            tenant_id=duty.tenant_id,
            area_id=duty.area_id,
            role=duty.role,
            rank=duty.rank,
            person_id=duty.person_id,
            begins_at=duty.begins_at,
            ends_at=duty.ends_at,
            created_at=now,
            created_by=by,
        )
    )


def end_duty(session: Session, duty_id: UUID, at: datetime) -> None:
    """Let a duty end at a moment."""
    session.execute(update(DutyRow).where(DutyRow.id == duty_id).values(ends_at=at))


def duties(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Duty]:
    """Return the duties that conditions on ``DutyRow`` pick, with their areas' paths, in order of (begins, rank)."""
    rows = session.execute(
        select(
            DutyRow.id,
            DutyRow.tenant_id,
            DutyRow.area_id,
            AreaRow.path,
            DutyRow.role,
            DutyRow.rank,
            DutyRow.person_id,
            DutyRow.begins_at,
            DutyRow.ends_at,
        )
        .join(AreaRow, AreaRow.id == DutyRow.area_id)
        .where(*conditions)
        .order_by(DutyRow.begins_at, DutyRow.rank, DutyRow.id)
        .limit(limit)
    )
    return [
        Duty(
            id=row.id,
            tenant_id=row.tenant_id,
            area_id=row.area_id,
            area_path=row.path,
            role=Role(row.role),
            rank=row.rank,
            person_id=row.person_id,
            begins_at=row.begins_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]
