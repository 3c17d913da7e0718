"""The tables of passwords, sessions, failed attempts and devices' keys; none of them holds a secret in clear."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, delete, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import ApiKey, PersonState, Role, SessionInfo
from pipewarden.people.rules.lockout import Tally
from pipewarden.people.store.areas import AreaRow
from pipewarden.people.store.factors import FactorRow
from pipewarden.people.store.people import PersonRow, in_force, with_grants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.people.store.people import AnyRow


class CredentialRow(Base):
    """A person's password as Argon2id hash; belongs to the person, so to the platform."""

    __tablename__ = "people_credentials"
    __table_args__ = {"info": {"platform": True}}

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool]
    changed_at: Mapped[datetime]


class SessionRow(Base):
    """One signed-in browser; of its token only the SHA-256 is here."""

    __tablename__ = "people_sessions"
    __table_args__ = (Index("ix_people_sessions_person_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"))
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    agent: Mapped[str] = mapped_column(Text)
    how: Mapped[str] = mapped_column(Text)
    factor_at: Mapped[datetime | None]


class AttemptRow(Base):
    """Failures counted for a login (hashed) or a network address, before anyone is known: so of the platform."""

    __tablename__ = "people_attempts"
    __table_args__ = {"info": {"platform": True}}

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class ApiKeyRow(Base):
    """A device's key, or a person's own (``person_id``); of its 256-bit secret only the SHA-256 is here."""

    __tablename__ = "people_api_keys"
    __table_args__ = (Index("ix_people_api_keys_tenant_id", "tenant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    secret_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(Text)
    permissions: Mapped[list[object]]
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_areas.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_persons.id"))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def set_password(session: Session, person_id: UUID, encoded: str, *, must_change: bool, now: datetime) -> None:
    """Write a person's password hash, in place of any other."""
    values = {"password_hash": encoded, "must_change": must_change, "changed_at": now}
    session.execute(
        insert(CredentialRow)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


def rehash(session: Session, person_id: UUID, encoded: str) -> None:
    """Replace the hash of an unchanged password by one with today's parameters."""
    session.execute(update(CredentialRow).where(CredentialRow.person_id == person_id).values(password_hash=encoded))


def account(session: Session, condition: ColumnElement[bool]) -> AnyRow | None:
    """Return id, login, state, password_hash, must_change, confirmed_at and enrol_by of the person that is picked.

    Where:
        condition: on ``PersonRow``.
    """
    return session.execute(
        select(
            PersonRow.id,
            PersonRow.login,
            PersonRow.state,
            CredentialRow.password_hash,
            CredentialRow.must_change,
            FactorRow.confirmed_at,
            FactorRow.enrol_by,
        )
        .outerjoin(CredentialRow, CredentialRow.person_id == PersonRow.id)
        .outerjoin(FactorRow, FactorRow.person_id == PersonRow.id)
        .where(condition)
    ).first()


def came_from(session: Session, login: str, source: str, since: datetime) -> bool:
    """Return whether this login signed in from this address since a moment, with the second factor where it has one.

    Without that half, whoever has the password would come from a known address at once, and from every further one.
    """
    whole = or_(FactorRow.confirmed_at.is_(None), SessionRow.factor_at.is_not(None))
    found = (
        select(SessionRow.id)
        .join(PersonRow, PersonRow.id == SessionRow.person_id)
        .outerjoin(FactorRow, FactorRow.person_id == PersonRow.id)
        .where(PersonRow.login == login, SessionRow.source == source, SessionRow.started_at >= since, whole)
        .limit(1)
    )
    return session.scalar(found) is not None


def lock_tallies(session: Session, keys: Sequence[str], now: datetime) -> dict[str, Tally]:
    """Return the tallies of ``keys``, locked until the transaction ends, so that parallel guesses queue up."""
    ordered = sorted(set(keys))
    session.execute(
        insert(AttemptRow)
        .values([{"key": key, "failures": 0, "last_at": now} for key in ordered])
        .on_conflict_do_nothing(index_elements=["key"])
    )
    rows = session.execute(
        select(AttemptRow.key, AttemptRow.failures, AttemptRow.last_at, AttemptRow.blocked_until)
        .where(AttemptRow.key.in_(ordered))
        .order_by(AttemptRow.key)
        .with_for_update()
    )
    return {row.key: Tally(row.failures, row.last_at, row.blocked_until) for row in rows}


def write_tally(session: Session, key: str, tally: Tally) -> None:
    """Write one key's tally."""
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.key == key)
        .values(failures=tally.failures, last_at=tally.last_at, blocked_until=tally.blocked_until)
    )


def forget_tallies(session: Session, before: datetime) -> int:
    """Delete tallies whose last failure is older and whose wait is over; return how many."""
    gone = session.execute(
        delete(AttemptRow)
        .where(AttemptRow.last_at < before, or_(AttemptRow.blocked_until.is_(None), AttemptRow.blocked_until < before))
        .returning(AttemptRow.key)
    )
    return len(gone.all())


def add_session(session: Session, info: SessionInfo, token_sha256: bytes) -> None:
    """Insert one session."""
    session.execute(
        insert(SessionRow).values(
            id=info.id,
            tenant_id=info.tenant_id,
            person_id=info.person_id,
            token_sha256=token_sha256,
            started_at=info.started_at,
            seen_at=info.seen_at,
            proved_at=info.proved_at,
            expires_at=info.expires_at,
            source=info.source,
            agent=info.agent,
            how=info.how,
            factor_at=info.factor_at,
        )
    )


def end_sessions(session: Session, now: datetime, why: str, *conditions: ColumnElement[bool]) -> int:
    """End the open sessions that conditions on ``SessionRow`` pick; return how many."""
    ended = session.execute(
        update(SessionRow)
        .where(SessionRow.ended_at.is_(None), *conditions)
        .values(ended_at=now, ended_why=why)
        .returning(SessionRow.id)
    )
    return len(ended.all())


def drop_sessions(session: Session, before: datetime) -> int:
    """Delete sessions that ended, or ran out, before a moment; return how many."""
    gone = session.execute(
        delete(SessionRow)
        .where(func.least(func.coalesce(SessionRow.ended_at, SessionRow.expires_at), SessionRow.expires_at) < before)
        .returning(SessionRow.id)
    )
    return len(gone.all())


def touch_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Write down that a session was used."""
    session.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now))


def sessions(session: Session, *conditions: ColumnElement[bool], most: int | None = None) -> list[SessionInfo]:
    """Return the sessions that conditions on ``SessionRow`` pick, newest first, at most ``most``."""
    rows = session.scalars(select(SessionRow).where(*conditions).order_by(SessionRow.id.desc()).limit(most))
    return [info_of(row) for row in rows]


def browsers(session: Session, person_ids: Collection[UUID], since: datetime) -> Sequence[tuple[UUID, str, str]]:
    """Return who was signed in since a moment, from which address and with what."""
    asked = select(SessionRow.person_id, SessionRow.source, SessionRow.agent).where(
        SessionRow.person_id.in_(person_ids), SessionRow.seen_at >= since
    )
    return [(who, source, agent) for who, source, agent in session.execute(asked.distinct())]


def info_of(row: SessionRow) -> SessionInfo:
    """Return the row as a fact."""
    return SessionInfo(
        id=row.id,
        person_id=row.person_id,
        tenant_id=row.tenant_id,
        started_at=row.started_at,
        seen_at=row.seen_at,
        proved_at=row.proved_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        source=row.source,
        agent=row.agent,
        how=row.how,
        factor_at=row.factor_at,
    )


def actor_rows_by_token(session: Session, token_sha256: bytes, now: datetime) -> Sequence[AnyRow]:
    """Return the session of a token with its person, memberships and permissions: the one query of a request."""
    base = (
        select(
            PersonRow.id.label("actor_id"),
            PersonRow.name.label("actor_name"),
            SessionRow.id.label("session_id"),
            SessionRow.tenant_id.label("acts_for"),
            SessionRow.started_at,
            SessionRow.seen_at,
            SessionRow.proved_at,
            SessionRow.factor_at,
            FactorRow.confirmed_at,
            FactorRow.enrol_by,
            SessionRow.expires_at,
            SessionRow.ended_at,
            CredentialRow.must_change,
        )
        .select_from(SessionRow)
        .join(PersonRow, PersonRow.id == SessionRow.person_id)
        .outerjoin(CredentialRow, CredentialRow.person_id == PersonRow.id)
        .outerjoin(FactorRow, FactorRow.person_id == PersonRow.id)
        .where(SessionRow.token_sha256 == token_sha256, PersonRow.state == PersonState.ACTIVE)
    )
    return session.execute(with_grants(base, PersonRow.id.expression, SessionRow.tenant_id.expression, now)).all()


def actor_rows_by_person(
    session: Session, person_id: UUID, tenant_id: ColumnElement[UUID], now: datetime
) -> Sequence[AnyRow]:
    """Return a person with the memberships for a tenant and their permissions, in one query."""
    base = select(PersonRow.id.label("actor_id"), PersonRow.name.label("actor_name")).where(
        PersonRow.id == person_id, PersonRow.state == PersonState.ACTIVE
    )
    return session.execute(with_grants(base, PersonRow.id.expression, tenant_id, now)).all()


def add_key(session: Session, key: ApiKey, secret_sha256: bytes, by: UUID) -> None:
    """Insert one key."""
    session.execute(
        insert(ApiKeyRow).values(
            id=key.id,
            tenant_id=key.tenant_id,
            prefix=key.prefix,
            secret_sha256=secret_sha256,
            name=key.name,
            permissions=list(key.permissions),
            area_id=key.area_id,
            created_at=key.created_at,
            created_by=by,
            person_id=key.person_id,
            expires_at=key.expires_at,
        )
    )


def key_with_grants(session: Session, prefix: str, now: datetime) -> AnyRow | None:
    """Return the key of a prefix (``ApiKeyRow``), its ``area_path`` and what devices may do there, in one query."""
    device = in_force(literal(Role.DEVICE.value), ApiKeyRow.tenant_id, now).lateral("device")
    return session.execute(
        select(ApiKeyRow, AreaRow.path.label("area_path"), device.c.permissions.label("permitted"))
        .outerjoin(AreaRow, AreaRow.id == ApiKeyRow.area_id)
        .outerjoin(device, true())
        .where(ApiKeyRow.prefix == prefix)
    ).first()


def keys(session: Session, *conditions: ColumnElement[bool]) -> list[ApiKey]:
    """Return the keys that conditions on ``ApiKeyRow`` pick, newest first."""
    rows = session.scalars(select(ApiKeyRow).where(*conditions).order_by(ApiKeyRow.id.desc()))
    return [key_of(row) for row in rows]


def key_of(row: ApiKeyRow) -> ApiKey:
    """Return the row as a fact."""
    return ApiKey(
        id=row.id,
        tenant_id=row.tenant_id,
        prefix=row.prefix,
        name=row.name,
        permissions=tuple(str(one) for one in row.permissions),
        area_id=row.area_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        person_id=row.person_id,
    )


def change_keys(session: Session, ids: Iterable[UUID], values: Mapping[str, datetime]) -> None:
    """Write times of keys: ``last_used_at``, ``expires_at`` or ``revoked_at``."""
    session.execute(update(ApiKeyRow).where(ApiKeyRow.id.in_(list(ids))).values(**values))
