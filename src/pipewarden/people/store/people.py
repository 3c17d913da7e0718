"""The tables of persons, memberships and role versions, and the one query that loads an actor."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Text, UniqueConstraint, and_, case, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.facts import PLATFORM, Membership, NewMembership, Person, PersonState, Role, Scope
from pipewarden.people.store.areas import AreaRow
from pipewarden.people.store.tenants import ORGANISATION_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Row, SQLColumnExpression

    AnyRow: TypeAlias = Row[*tuple[Any, ...]]
    AnySelect: TypeAlias = Select[*tuple[Any, ...]]


class PersonRow(Base):
    """One person; belongs to the platform, so there is no tenant: memberships say which tenants they serve."""

    __tablename__ = "people_persons"
    __table_args__ = {"info": {"platform": True}}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class MembershipRow(Base):
    """A person in a role for a tenant in an area for a time; ended by its time, never deleted."""

    __tablename__ = "people_memberships"
    __table_args__ = (
        Index("ix_people_memberships_person_id", "person_id"),
        Index("ix_people_memberships_tenant_id_role", "tenant_id", "role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people_persons.id"))
    tenant_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(ORGANISATION_ID)
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("people_areas.id"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]


class RoleVersionRow(Base):
    """What a role permits from a moment on, for the platform (as shipped) or as a tenant edited it."""

    __tablename__ = "people_role_versions"
    __table_args__ = (UniqueConstraint("tenant_id", "role", "effective_from", "source"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(Text)
    effective_from: Mapped[datetime]
    permissions: Mapped[dict[str, object]]
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]


def add_person(session: Session, person: Person) -> bool:
    """Insert the person; return False when the login is taken."""
    made = session.execute(
        insert(PersonRow)
        .values(id=person.id, login=person.login, name=person.name, state=person.state, created_at=person.created_at)
        .on_conflict_do_nothing(index_elements=["login"])
        .returning(PersonRow.id)
    )
    return made.first() is not None


def person(session: Session, condition: ColumnElement[bool]) -> Person | None:
    """Return the person that a condition on ``PersonRow`` picks, or None."""
    row = session.execute(
        select(PersonRow.id, PersonRow.login, PersonRow.name, PersonRow.state, PersonRow.created_at).where(condition)
    ).first()
    return None if row is None else Person(row.id, row.login, row.name, PersonState(row.state), row.created_at)


def called(session: Session, text: str, *, limit: int) -> list[UUID]:
    """Return persons of the platform whose name has ``text`` in it, by id; the caller shows none that it may not."""
    named = select(PersonRow.id).where(PersonRow.name.icontains(text, autoescape=True))
    return list(session.scalars(named.order_by(PersonRow.id).limit(limit)))


def persons(session: Session, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return persons by id."""
    if not ids:
        return {}
    rows = session.execute(
        select(PersonRow.id, PersonRow.login, PersonRow.name, PersonRow.state, PersonRow.created_at).where(
            PersonRow.id.in_(list(ids))
        )
    )
    return {row.id: Person(row.id, row.login, row.name, PersonState(row.state), row.created_at) for row in rows}


def set_state(session: Session, person_id: UUID, state: PersonState) -> None:
    """Let a person sign in or not."""
    session.execute(update(PersonRow).where(PersonRow.id == person_id).values(state=state))


def add_membership(session: Session, membership_id: UUID, wanted: NewMembership, now: datetime, by: UUID) -> None:
    """Insert one membership."""
    session.execute(
        insert(MembershipRow).values(
            id=membership_id,
            person_id=wanted.person_id,
            tenant_id=wanted.tenant_id,
            role=wanted.role,
            organisation_id=wanted.organisation_id,
            area_id=wanted.area_id,
            begins_at=wanted.begins_at,
            ends_at=wanted.ends_at,
            created_at=now,
            created_by=by,
        )
    )


def end_membership(session: Session, membership_id: UUID, at: datetime) -> None:
    """Let a membership end at a moment."""
    session.execute(update(MembershipRow).where(MembershipRow.id == membership_id).values(ends_at=at))


_MEMBERSHIP = (
    MembershipRow.id.label("membership_id"),
    MembershipRow.person_id,
    MembershipRow.tenant_id.label("membership_tenant_id"),
    MembershipRow.role,
    MembershipRow.begins_at,
    MembershipRow.ends_at,
    MembershipRow.organisation_id,
    MembershipRow.area_id,
    AreaRow.path.label("area_path"),
)


def memberships(session: Session, *conditions: ColumnElement[bool]) -> list[Membership]:
    """Return the memberships that conditions on ``MembershipRow`` pick, oldest first."""
    rows = session.execute(
        select(*_MEMBERSHIP)
        .outerjoin(AreaRow, AreaRow.id == MembershipRow.area_id)
        .where(*conditions)
        .order_by(MembershipRow.id)
    )
    return [membership_of(row) for row in rows]


def at_moment(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a membership is active at ``now``."""
    return and_(MembershipRow.begins_at <= now, or_(MembershipRow.ends_at.is_(None), MembershipRow.ends_at > now))


def not_over(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a membership is active at ``now`` or will be."""
    return or_(MembershipRow.ends_at.is_(None), MembershipRow.ends_at > now)


def membership_of(row: AnyRow) -> Membership:
    """Return a row that carries the membership columns as a fact."""
    return Membership(
        id=row.membership_id,
        person_id=row.person_id,
        tenant_id=row.membership_tenant_id,
        role=Role(row.role),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        organisation_id=row.organisation_id,
        area_id=row.area_id,
        area_path=row.area_path,
    )


def with_grants(
    base: AnySelect, person_id: ColumnElement[UUID], tenant_id: ColumnElement[UUID], now: datetime
) -> AnySelect:
    """Return ``base`` joined with the memberships active at ``now`` and what their roles permit: one row for each.

    A person without any keeps one row with ``membership_id`` NULL.

    Where:
        base: a select whose columns do not bear the names of the membership columns.
        person_id: the person's column in ``base``.
        tenant_id: the tenant acted for; memberships of other tenants stay out.
    """
    edited = in_force(MembershipRow.role, MembershipRow.tenant_id, now).lateral("edited")
    active = and_(
        MembershipRow.person_id == person_id,
        or_(MembershipRow.tenant_id == tenant_id, MembershipRow.tenant_id == PLATFORM),
        at_moment(now),
    )
    return (
        base.add_columns(*_MEMBERSHIP, edited.c.permissions)
        .outerjoin(MembershipRow, active)
        .outerjoin(AreaRow, AreaRow.id == MembershipRow.area_id)
        .outerjoin(edited, true())
        .order_by(MembershipRow.id)
    )


def in_force(
    role: SQLColumnExpression[str], tenant_id: SQLColumnExpression[UUID], now: datetime
) -> Select[dict[str, object]]:
    """Return the select of what a role permits: a tenant's own edit stands until that tenant edits again."""
    return (
        select(RoleVersionRow.permissions)
        .where(
            RoleVersionRow.role == role,
            or_(RoleVersionRow.tenant_id == tenant_id, RoleVersionRow.tenant_id == PLATFORM),
            RoleVersionRow.effective_from <= now,
        )
        .order_by(
            case((RoleVersionRow.tenant_id == PLATFORM, 1), else_=0),
            RoleVersionRow.effective_from.desc(),
            RoleVersionRow.id.desc(),
        )
        .limit(1)
    )


def permitted(session: Session, tenant_id: UUID, role: Role, now: datetime) -> Mapping[str, Scope] | None:
    """Return what a role permits in a tenant by the rows, or None when no row speaks of it."""
    found = session.scalar(in_force(literal(role.value), literal(tenant_id), now))
    return None if found is None else scopes_of(found)


def role_versions(session: Session, tenant_id: UUID, now: datetime) -> list[RoleVersionRow]:
    """Return the version of each role that is in force in a tenant, in one query; a role without rows is left out."""
    own_first = case((RoleVersionRow.tenant_id == PLATFORM, 1), else_=0)
    return list(
        session.scalars(
            select(RoleVersionRow)
            .ext(distinct_on(RoleVersionRow.role))
            .where(
                or_(RoleVersionRow.tenant_id == tenant_id, RoleVersionRow.tenant_id == PLATFORM),
                RoleVersionRow.effective_from <= now,
            )
            .order_by(RoleVersionRow.role, own_first, RoleVersionRow.effective_from.desc(), RoleVersionRow.id.desc())
        )
    )


def scopes_of(permissions: Mapping[str, object]) -> dict[str, Scope]:
    """Return stored permissions with their scopes."""
    return {name: Scope(str(scope)) for name, scope in permissions.items()}


def add_role_versions(session: Session, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert role versions that are not there yet; return how many were new."""
    made = session.execute(
        insert(RoleVersionRow)
        .values([dict(row) for row in rows])
        .on_conflict_do_nothing(index_elements=["tenant_id", "role", "effective_from", "source"])
        .returning(RoleVersionRow.id)
    )
    return len(made.all())
