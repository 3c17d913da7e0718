"""Substitutions on the rosters: which part of a duty another person takes, or nobody."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import Substitution

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


class SubstitutionRow(Base):
    """One part of a duty that is not served by whom the roster names."""

    __tablename__ = "people_substitutions"
    __table_args__ = (Index("ix_people_substitutions_duty_id", "duty_id", "ends_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    duty_id: Mapped[UUID] = mapped_column(ForeignKey("people_duties.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_persons.id"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]


def add(work: Work, one: Substitution, by: UUID) -> None:
    """Insert one substitution."""
    work.session.execute(
        insert(SubstitutionRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            duty_id=one.duty_id,
            person_id=one.person_id,
            begins_at=one.begins_at,
            ends_at=one.ends_at,
            reason=one.reason,
            created_at=work.now(),
            created_by=by,
        )
    )


def end(work: Work, substitution_id: UUID, at: datetime) -> None:
    """Let a substitution end at a moment."""
    work.session.execute(update(SubstitutionRow).where(SubstitutionRow.id == substitution_id).values(ends_at=at))


def by_id(work: Work, substitution_id: UUID) -> Substitution | None:
    """Return one substitution of the tenant."""
    return next(iter(_read(work, SubstitutionRow.id == substitution_id)), None)


def of_duties(work: Work, duty_ids: Collection[UUID]) -> list[Substitution]:
    """Return every substitution of duties, in the order of their beginning."""
    return _read(work, SubstitutionRow.duty_id.in_(set(duty_ids))) if duty_ids else []


def at_moment(work: Work, duty_ids: Collection[UUID], at: datetime) -> dict[UUID, Substitution]:
    """Return by duty the substitution that holds at a moment: the one that was said last."""
    if not duty_ids:
        return {}
    near = _read(
        work,
        SubstitutionRow.duty_id.in_(set(duty_ids)),
        SubstitutionRow.begins_at <= at,
        SubstitutionRow.ends_at > at,
    )
    return {one.duty_id: one for one in sorted(near, key=lambda one: one.id)}


def _read(work: Work, *conditions: ColumnElement[bool]) -> list[Substitution]:
    rows = work.session.execute(
        select(
            SubstitutionRow.id,
            SubstitutionRow.tenant_id,
            SubstitutionRow.duty_id,
            SubstitutionRow.person_id,
            SubstitutionRow.begins_at,
            SubstitutionRow.ends_at,
            SubstitutionRow.reason,
        )
        .where(SubstitutionRow.tenant_id == work.tenant_id, *conditions)
        .order_by(SubstitutionRow.begins_at, SubstitutionRow.id)
    )
    return [Substitution(*row) for row in rows]
