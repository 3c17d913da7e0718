"""The tables of identity providers, their subjects, sign-ins under way, handles and codes; no secret lies in clear."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import Binding, BoundBy, Handle, HandleKind, Provider

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from pipewarden.people.store.people import AnyRow

_IN_USE = text("removed_at IS NULL")


class ProviderRow(Base):
    """One identity provider of a tenant; its client secret is sealed. Never deleted: the record names it."""

    __tablename__ = "people_providers"
    __table_args__ = (Index("ix_people_providers_tenant_id", "tenant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(Text)
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    by_email: Mapped[bool]
    domains: Mapped[list[object]]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    removed_at: Mapped[datetime | None]


class BindingRow(Base):
    """A subject of a provider is a person; one subject is one person at a time."""

    __tablename__ = "people_bindings"
    __table_args__ = (
        Index(
            "uq_people_bindings_provider_id_subject", "provider_id", "subject", unique=True, postgresql_where=_IN_USE
        ),
        Index("ix_people_bindings_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("people_providers.id"))
    subject: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"))
    how: Mapped[str] = mapped_column(Text)
    bound_at: Mapped[datetime]
    bound_by: Mapped[UUID]
    removed_at: Mapped[datetime | None]


class FlowRow(Base):
    """One sign-in that went to a provider; state, nonce and verifier are the browser's alone."""

    __tablename__ = "people_flows"
    __table_args__ = (
        Index("ix_people_flows_source_begun_at", "source", "begun_at"),
        Index("ix_people_flows_begun_at", "begun_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("people_providers.id"))
    browser_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    source: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class HandleRow(Base):
    """An address by which a person of a tenant is recognised, as a keyed hash; one address is one person there."""

    __tablename__ = "people_handles"
    __table_args__ = (
        Index(
            "uq_people_handles_tenant_id_kind_address_mac",
            "tenant_id",
            "kind",
            "address_mac",
            unique=True,
            postgresql_where=_IN_USE,
        ),
        Index("ix_people_handles_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"))
    kind: Mapped[str] = mapped_column(Text)
    address_mac: Mapped[bytes] = mapped_column(LargeBinary)
    shown: Mapped[str] = mapped_column(Text)
    bound_at: Mapped[datetime]
    bound_by: Mapped[UUID]
    removed_at: Mapped[datetime | None]


class CodeRow(Base):
    """One code that was asked for: for a known number and for an unknown one the same row but for whose it is."""

    __tablename__ = "people_codes"
    __table_args__ = (
        Index("ix_people_codes_phone_mac_asked_at", "phone_mac", "asked_at"),
        Index("ix_people_codes_source_asked_at", "source", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    phone_mac: Mapped[bytes] = mapped_column(LargeBinary)
    code_mac: Mapped[bytes] = mapped_column(LargeBinary)
    handle_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_handles.id"))
    source: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    tries: Mapped[int]
    ended_at: Mapped[datetime | None]


def lock(session: Session, *names: str) -> None:
    """Let nobody else pass these names until the transaction ends; always in one order."""
    for name in sorted(set(names)):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"people_outside:{name}", 0))))


def add_provider(session: Session, one: Provider, sealed: bytes | None, by: UUID) -> None:
    """Insert one provider."""
    session.execute(
        insert(ProviderRow).values(
            id=one.id,
            tenant_id=one.tenant_id,
            name=one.name,
            issuer=one.issuer,
            client_id=one.client_id,
            secret_sealed=sealed,
            by_email=one.by_email,
            domains=list(one.domains),
            created_at=one.created_at,
            created_by=by,
        )
    )


def providers(session: Session, *conditions: ColumnElement[bool]) -> list[tuple[Provider, bytes | None]]:
    """Return the providers in use that conditions on ``ProviderRow`` pick, with their sealed secrets, oldest first."""
    rows = session.scalars(
        select(ProviderRow).where(ProviderRow.removed_at.is_(None), *conditions).order_by(ProviderRow.id)
    )
    return [(_provider(row), row.secret_sealed) for row in rows]


def _provider(row: ProviderRow) -> Provider:
    return Provider(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        confidential=row.secret_sealed is not None,
        by_email=row.by_email,
        domains=tuple(str(one) for one in row.domains),
        created_at=row.created_at,
    )


def remove_provider(session: Session, provider_id: UUID, now: datetime) -> int:
    """Take a provider out of use with its bindings, forget its secret, and return how many bindings ended."""
    session.execute(update(ProviderRow).where(ProviderRow.id == provider_id).values(removed_at=now, secret_sealed=None))
    return end_bindings(session, now, BindingRow.provider_id == provider_id)


def add_binding(session: Session, one: Binding, by: UUID) -> bool:
    """Insert one binding and return whether the subject was free."""
    made = session.execute(
        insert(BindingRow)
        .values(
            id=one.id,
            tenant_id=one.tenant_id,
            provider_id=one.provider_id,
            subject=one.subject,
            person_id=one.person_id,
            how=one.how.value,
            bound_at=one.bound_at,
            bound_by=by,
        )
        .on_conflict_do_nothing()
        .returning(BindingRow.id)
    )
    return made.first() is not None


def bindings(session: Session, *conditions: ColumnElement[bool]) -> list[Binding]:
    """Return the bindings in use that conditions on ``BindingRow`` pick, oldest first."""
    rows = session.scalars(
        select(BindingRow).where(BindingRow.removed_at.is_(None), *conditions).order_by(BindingRow.id)
    )
    return [
        Binding(
            id=row.id,
            tenant_id=row.tenant_id,
            provider_id=row.provider_id,
            subject=row.subject,
            person_id=row.person_id,
            how=BoundBy(row.how),
            bound_at=row.bound_at,
        )
        for row in rows
    ]


def end_bindings(session: Session, now: datetime, *conditions: ColumnElement[bool]) -> int:
    """End the bindings in use that conditions on ``BindingRow`` pick; return how many."""
    ended = session.execute(
        update(BindingRow)
        .where(BindingRow.removed_at.is_(None), *conditions)
        .values(removed_at=now)
        .returning(BindingRow.id)
    )
    return len(ended.all())


def add_flow(
    session: Session, flow_id: UUID, provider: Provider, *, browser: bytes, source: str, now: datetime
) -> None:
    """Insert one sign-in that begins."""
    session.execute(
        insert(FlowRow).values(
            id=flow_id,
            tenant_id=provider.tenant_id,
            provider_id=provider.id,
            browser_sha256=browser,
            source=source,
            begun_at=now,
        )
    )


def flows_since(session: Session, source: str, since: datetime) -> int:
    """Return how many sign-ins began from an address since a moment."""
    found = select(func.count()).where(FlowRow.source == source, FlowRow.begun_at >= since)
    return int(session.scalar(found) or 0)


def use_flow(session: Session, browser: bytes, provider_id: UUID, since: datetime, now: datetime) -> UUID | None:
    """Use up a browser's sign-in at one provider and return its id; None for none, an old one or a used one."""
    return session.scalar(
        update(FlowRow)
        .where(
            FlowRow.browser_sha256 == browser,
            FlowRow.provider_id == provider_id,
            FlowRow.used_at.is_(None),
            FlowRow.begun_at >= since,
        )
        .values(used_at=now)
        .returning(FlowRow.id)
    )


def add_handle(session: Session, one: Handle, mac: bytes, by: UUID) -> bool:
    """Insert one handle and return whether the address was free in the tenant."""
    made = session.execute(
        insert(HandleRow)
        .values(
            id=one.id,
            tenant_id=one.tenant_id,
            person_id=one.person_id,
            kind=one.kind.value,
            address_mac=mac,
            shown=one.shown,
            bound_at=one.bound_at,
            bound_by=by,
        )
        .on_conflict_do_nothing()
        .returning(HandleRow.id)
    )
    return made.first() is not None


def handles(session: Session, *conditions: ColumnElement[bool]) -> list[Handle]:
    """Return the handles in use that conditions on ``HandleRow`` pick, oldest first."""
    rows = session.scalars(select(HandleRow).where(HandleRow.removed_at.is_(None), *conditions).order_by(HandleRow.id))
    return [
        Handle(
            id=row.id,
            tenant_id=row.tenant_id,
            person_id=row.person_id,
            kind=HandleKind(row.kind),
            shown=row.shown,
            bound_at=row.bound_at,
        )
        for row in rows
    ]


def end_handles(session: Session, now: datetime, *conditions: ColumnElement[bool]) -> int:
    """End the handles in use that conditions on ``HandleRow`` pick; return how many."""
    ended = session.execute(
        update(HandleRow)
        .where(HandleRow.removed_at.is_(None), *conditions)
        .values(removed_at=now)
        .returning(HandleRow.id)
    )
    return len(ended.all())


def codes_asked(session: Session, condition: ColumnElement[bool], since: datetime) -> list[datetime]:
    """Return when codes were asked for since a moment, the newest first, as a condition on ``CodeRow`` picks them."""
    found = select(CodeRow.asked_at).where(condition, CodeRow.asked_at > since).order_by(CodeRow.asked_at.desc())
    return list(session.scalars(found))


def add_code(session: Session, **values: object) -> None:
    """Insert one code; every earlier one of its number ends."""
    session.execute(
        update(CodeRow)
        .where(
            CodeRow.phone_mac == values["phone_mac"],
            CodeRow.tenant_id == values["tenant_id"],
            CodeRow.ended_at.is_(None),
        )
        .values(ended_at=values["asked_at"])
    )
    session.execute(insert(CodeRow).values(tries=0, **values))


def code(session: Session, code_id: UUID) -> AnyRow | None:
    """Return a code, locked until the transaction ends, so that parallel guesses queue up."""
    return session.execute(
        select(
            CodeRow.id,
            CodeRow.tenant_id,
            CodeRow.code_mac,
            CodeRow.handle_id,
            CodeRow.asked_at,
            CodeRow.tries,
            CodeRow.ended_at,
        )
        .where(CodeRow.id == code_id)
        .with_for_update()
    ).first()


def tried(session: Session, code_id: UUID, ended_at: datetime | None) -> None:
    """Count one try of a code, which may be its last."""
    session.execute(update(CodeRow).where(CodeRow.id == code_id).values(tries=CodeRow.tries + 1, ended_at=ended_at))


def forget(session: Session, before: datetime) -> int:
    """Delete sign-ins and codes that began before a moment; return how many."""
    flows = session.execute(delete(FlowRow).where(FlowRow.begun_at < before).returning(FlowRow.id)).all()
    codes = session.execute(delete(CodeRow).where(CodeRow.asked_at < before).returning(CodeRow.id)).all()
    return len(flows) + len(codes)
