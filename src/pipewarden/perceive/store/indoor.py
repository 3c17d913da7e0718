"""Pictures of gas at home: one row a picture, which is the sum of its events, and the events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import REAL, BigInteger, Boolean, Identity, Index, Text, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable
from pipewarden.perceive.facts import IndoorAnswer, IndoorCheck, IndoorExample, IndoorReview, IndoorState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_ANSWER: TypeAdapter[IndoorAnswer] = TypeAdapter(IndoorAnswer)
_REVIEW: TypeAdapter[IndoorReview] = TypeAdapter(IndoorReview)


class IndoorRow(Base):
    """One picture and the sum of its events; ``hazards`` is what the last reviewer saw."""

    __tablename__ = "perceive_indoor"
    __table_args__ = (
        Index("uq_perceive_indoor_picture", "tenant_id", "owner_id", "picture", unique=True),
        Index("ix_perceive_indoor_id", "tenant_id", "id"),
        Index("ix_perceive_indoor_waiting", "id", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    at: Mapped[datetime]
    picture: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    rendered: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(Text)
    list_version: Mapped[str] = mapped_column(Text)
    look: Mapped[str | None] = mapped_column(Text)
    features: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    answer: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    review: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    hazards: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    leased_until: Mapped[datetime | None]


class IndoorEventRow(Base):
    """One thing that happened to a picture of gas at home; append-only."""

    __tablename__ = "perceive_indoor_events"
    __table_args__ = (Index("ix_perceive_indoor_events_check_id", "check_id", "seq"), {"info": {"append_only": True}})

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID]
    check_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]


CHECKS = ScopedTable(tenant_id=IndoorRow.tenant_id, owner_id=IndoorRow.owner_id)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A picture that nobody has answered yet."""

    tenant_id: UUID
    check_id: UUID


def add(work: Work, check: IndoorCheck, actor: str) -> bool:
    """Insert a picture and return whether it is new: the same owner's same picture is one check."""
    row = {
        "id": check.id,
        "tenant_id": check.tenant_id,
        "owner_id": check.owner_id,
        "at": check.at,
        "picture": check.picture,
        "words": check.words,
        "rendered": check.rendered,
        "state": check.state.value,
        "list_version": check.list_version,
    }
    made = work.session.scalar(insert(IndoorRow).values(row).on_conflict_do_nothing().returning(IndoorRow.id))
    if made is not None:
        _event(work, check.id, "sent", actor, {"picture": check.picture, "rendered": check.rendered})
    return made is not None


def of_picture(work: Work, owner_id: UUID, picture: str) -> IndoorCheck | None:
    """Return the owner's check of a picture."""
    row = work.session.scalar(
        select(IndoorRow).where(
            IndoorRow.tenant_id == work.tenant_id, IndoorRow.owner_id == owner_id, IndoorRow.picture == picture
        )
    )
    return None if row is None else _check(row)


def owners(work: Work, pictures: Collection[str]) -> dict[str, set[UUID]]:
    """Return who sent those of the tenant's photographs of gas at home that are among ``pictures``."""
    found: dict[str, set[UUID]] = {}
    mine = (IndoorRow.tenant_id == work.tenant_id, IndoorRow.picture.in_(set(pictures)), ~IndoorRow.rendered)
    for picture, owner_id in work.session.execute(select(IndoorRow.picture, IndoorRow.owner_id).where(*mine)):
        found.setdefault(picture, set()).add(owner_id)
    return found


def page(
    work: Work, scope: ColumnElement[bool], *, limit: int, before: UUID | None, waits: bool, only: UUID | None = None
) -> list[IndoorCheck]:
    """Return checks within a scope, newest first; ``waits`` picks those that no person has looked at."""
    query = select(IndoorRow).where(scope)
    if before is not None:
        query = query.where(IndoorRow.id < before)
    if waits:
        query = query.where(IndoorRow.state != IndoorState.REVIEWED.value)
    if only is not None:
        query = query.where(IndoorRow.id == only)
    return [_check(row) for row in work.session.scalars(query.order_by(IndoorRow.id.desc()).limit(limit))]


def claim(work: Work, lease: timedelta) -> Claimed | None:
    """Take the oldest picture, of any tenant, that nobody is answering; None when there is none.

    A lease that ran out belonged to a worker that died.
    """
    now = work.now()
    row = work.session.scalar(
        select(IndoorRow)
        .where(
            IndoorRow.state == IndoorState.WAITING.value,
            or_(IndoorRow.leased_until.is_(None), IndoorRow.leased_until <= now),
        )
        .order_by(IndoorRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.leased_until = now + lease
    return Claimed(row.tenant_id, row.id)


def one(work: Work, check_id: UUID) -> IndoorCheck | None:
    """Return a check of the tenant."""
    row = _row(work, check_id)
    return None if row is None else _check(row)


def answer(work: Work, check_id: UUID, given: IndoorAnswer, look: str | None, features: tuple[float, ...]) -> None:
    """Write an answer down; one that a person has looked at already keeps the person's word as its state."""
    row = _row(work, check_id, locked=True)
    if row is None or row.answer is not None:
        return  # another worker was quicker
    body = _ANSWER.dump_python(given, mode="json")
    row.answer, row.look, row.features = body, look, list(features) if features else None
    if row.state == IndoorState.WAITING.value:
        row.state = IndoorState.ANSWERED.value
    _event(work, check_id, "answered", given.by.value, body)


def review(work: Work, check_id: UUID, given: IndoorReview) -> None:
    """Write a person's word down; a later one takes an earlier one's place, and both stay on record."""
    row = _row(work, check_id, locked=True)
    if row is None:
        raise RuntimeError("a check that is reviewed must be there")
    body = _REVIEW.dump_python(given, mode="json")
    row.review, row.state = body, IndoorState.REVIEWED.value
    row.hazards = list(given.hazards) if given.matches else None
    _event(work, check_id, "reviewed", given.actor, body)


def examples(work: Work, look: str, *, most: int) -> list[IndoorExample]:
    """Return the tenant's newest judged photographs that show gas at home, as numbers of one look net."""
    rows = work.session.execute(
        select(IndoorRow.id, IndoorRow.features, IndoorRow.hazards)
        .where(
            IndoorRow.tenant_id == work.tenant_id,
            IndoorRow.state == IndoorState.REVIEWED.value,
            IndoorRow.hazards.is_not(None),
            IndoorRow.look == look,
            IndoorRow.features.is_not(None),
            IndoorRow.rendered.is_(False),
        )
        .order_by(IndoorRow.id.desc())
        .limit(most)
    )
    return [IndoorExample(row.id, tuple(row.features), tuple(row.hazards)) for row in rows]


def judged(work: Work, *, most: int) -> list[IndoorCheck]:
    """Return the tenant's newest checks that show gas at home and that a person has judged."""
    rows = work.session.scalars(
        select(IndoorRow)
        .where(IndoorRow.tenant_id == work.tenant_id, IndoorRow.hazards.is_not(None))
        .order_by(IndoorRow.id.desc())
        .limit(most)
    )
    return [_check(row) for row in rows]


def looks(work: Work) -> list[str]:
    """Return the look nets whose numbers the tenant's judged photographs carry."""
    rows = work.session.scalars(
        select(IndoorRow.look)
        .where(IndoorRow.tenant_id == work.tenant_id, IndoorRow.hazards.is_not(None), IndoorRow.look.is_not(None))
        .distinct()
    )
    return sorted(look for look in rows if look is not None)


def _row(work: Work, check_id: UUID, *, locked: bool = False) -> IndoorRow | None:
    query = select(IndoorRow).where(IndoorRow.tenant_id == work.tenant_id, IndoorRow.id == check_id)
    return work.session.scalar(query.with_for_update() if locked else query)


def _event(work: Work, check_id: UUID, kind: str, actor: str, body: dict[str, object]) -> None:
    work.session.execute(
        insert(IndoorEventRow).values(
            tenant_id=work.tenant_id, check_id=check_id, kind=kind, at=work.now(), actor=actor, body=body
        )
    )


def _check(row: IndoorRow) -> IndoorCheck:
    return IndoorCheck(
        id=row.id,
        tenant_id=row.tenant_id,
        owner_id=row.owner_id,
        at=row.at,
        picture=row.picture,
        words=row.words,
        rendered=row.rendered,
        state=IndoorState(row.state),
        list_version=row.list_version,
        answer=None if row.answer is None else _ANSWER.validate_python(row.answer, strict=False),
        review=None if row.review is None else _REVIEW.validate_python(row.review, strict=False),
    )
