"""The tables of second factors: the secret sealed, the last step used, recovery codes as hashes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipewarden.people.store.people import AnyRow


class FactorRow(Base):
    """A person's second factor, or until when one must be set up; belongs to the person, so to the platform."""

    __tablename__ = "people_factors"
    __table_args__ = {"info": {"platform": True}}

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"), primary_key=True)
    enrol_by: Mapped[datetime | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    next_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    next_at: Mapped[datetime | None]


class RecoveryRow(Base):
    """One recovery code, of which only the SHA-256 is here."""

    __tablename__ = "people_recovery_codes"
    __table_args__ = {"info": {"platform": True}}

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"), primary_key=True)
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]


def locked(session: Session, person_id: UUID) -> FactorRow:
    """Return a person's row, made if need be and locked until the transaction ends: one code at a time is looked at."""
    session.execute(insert(FactorRow).values(person_id=person_id).on_conflict_do_nothing(index_elements=["person_id"]))
    picked = select(FactorRow).where(FactorRow.person_id == person_id).with_for_update()
    return session.scalars(picked.execution_options(populate_existing=True)).one()


def factor(session: Session, person_id: UUID) -> AnyRow | None:
    """Return enrol_by and confirmed_at of a person, without the secret."""
    found = select(FactorRow.enrol_by, FactorRow.confirmed_at).where(FactorRow.person_id == person_id)
    return session.execute(found).first()


def factors(session: Session, person_ids: Collection[UUID]) -> dict[UUID, AnyRow]:
    """Return person_id, enrol_by and confirmed_at by person, without secrets."""
    if not person_ids:
        return {}
    columns = (FactorRow.person_id, FactorRow.enrol_by, FactorRow.confirmed_at)
    rows = session.execute(select(*columns).where(FactorRow.person_id.in_(list(person_ids))))
    return {row.person_id: row for row in rows}


def write(session: Session, person_id: UUID, values: Mapping[str, object]) -> None:
    """Write columns of a person's row, which is there."""
    session.execute(update(FactorRow).where(FactorRow.person_id == person_id).values(**values))


def ask(session: Session, person_id: UUID, enrol_by: datetime) -> None:
    """Write until when a second factor must be set up, unless such a day stands already."""
    session.execute(
        insert(FactorRow)
        .values(person_id=person_id, enrol_by=enrol_by)
        .on_conflict_do_update(
            index_elements=["person_id"], set_={"enrol_by": enrol_by}, where=FactorRow.enrol_by.is_(None)
        )
    )


def set_codes(session: Session, person_id: UUID, digests: Sequence[bytes]) -> None:
    """Replace every recovery code of a person."""
    session.execute(delete(RecoveryRow).where(RecoveryRow.person_id == person_id))
    if digests:
        session.execute(insert(RecoveryRow).values([{"person_id": person_id, "code_sha256": one} for one in digests]))


def use_code(session: Session, person_id: UUID, code_sha256: bytes, now: datetime) -> bool:
    """Use a recovery code up; False where there is none such, or it was used."""
    used = session.execute(
        update(RecoveryRow)
        .where(
            RecoveryRow.person_id == person_id, RecoveryRow.code_sha256 == code_sha256, RecoveryRow.used_at.is_(None)
        )
        .values(used_at=now)
        .returning(RecoveryRow.person_id)
    )
    return used.first() is not None


def codes_left(session: Session, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many recovery codes are left by person; who has none is left out."""
    if not person_ids:
        return {}
    rows = session.execute(
        select(RecoveryRow.person_id, func.count().label("left"))
        .where(RecoveryRow.person_id.in_(list(person_ids)), RecoveryRow.used_at.is_(None))
        .group_by(RecoveryRow.person_id)
    )
    return {row.person_id: row.left for row in rows}
