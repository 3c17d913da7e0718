"""Who is asking and whether they may: actors loaded in one query, decisions without any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import literal

from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    AreaRef,
    ForbiddenError,
    Grant,
    Lack,
    NotFoundError,
    Role,
    Scope,
    ScopedRow,
    refused,
)
from pipewarden.people.rules import access, factor, tokens
from pipewarden.people.rules.sessions import SessionLimits, alive, proved_lately
from pipewarden.people.service.role_book import factor_policy, shipped_roles
from pipewarden.people.store import people as people_store
from pipewarden.people.store import signin as store
from pipewarden.people.store.people import MembershipRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Membership
    from pipewarden.people.store.people import AnyRow

_LIMITS = SessionLimits()
_T = TypeVar("_T")


def actor_by_token(session: Session, token: str, now: datetime, limits: SessionLimits = _LIMITS) -> Actor | None:
    """Return who holds a session's token, with memberships and permissions, or None (401).

    One query; one more write when the session was last seen over a minute ago. The caller opens its unit of work for
    ``actor.tenant_id``.
    """
    rows = store.actor_rows_by_token(session, tokens.digest(token), now)
    if not rows:
        return None
    first = rows[0]
    if not alive(seen_at=first.seen_at, expires_at=first.expires_at, ended_at=first.ended_at, now=now, limits=limits):
        return None
    if now - first.seen_at >= limits.touch:
        store.touch_session(session, first.session_id, now)
    return _stepped(person_of(rows, first.acts_for), first, now, limits)


def _stepped(actor: Actor, row: AnyRow, now: datetime, limits: SessionLimits) -> Actor | None:
    """Give the actor what its session knows: without what it lacks nothing holds, without freshness no grave act."""
    policy = factor_policy(now)
    enrolled = row.confirmed_at is not None
    lack = factor.lack_of(
        confirmed=enrolled,
        given_at=row.factor_at,
        must_change=bool(row.must_change),
        owing=factor.owes(policy, actor.grants),
        enrol_by=row.enrol_by,
        now=now,
    )
    if lack is Lack.FACTOR and now - row.started_at >= limits.half:
        return None
    is_fresh = enrolled and factor.fresh(row.factor_at, now, limits.proof)
    held, waiting = factor.split(policy, actor.grants, is_fresh=is_fresh)
    return replace(
        actor,
        session_id=row.session_id,
        proved_at=row.proved_at,
        must_change=bool(row.must_change),
        grants=held if lack is None else (),
        waiting=waiting if lack is None else (),
        lacks=lack,
        enrolled=enrolled,
        factor_at=row.factor_at,
    )


def actor_of(work: Work, person_id: UUID) -> Actor | None:
    """Return a person as an actor for the tenant worked for, in one query; None when unknown or disabled."""
    rows = store.actor_rows_by_person(work.session, person_id, literal(work.tenant_id), work.now())
    return person_of(rows, work.tenant_id) if rows else None


def person_of(rows: Sequence[AnyRow], tenant_id: UUID) -> Actor:
    """Return the person of rows that one query brought, with memberships and grants."""
    book = shipped_roles()
    held = [
        (
            people_store.membership_of(row),
            book.roles[Role(row.role)] if row.permissions is None else people_store.scopes_of(row.permissions),
        )
        for row in rows
        if row.membership_id is not None
    ]
    return Actor(
        kind=ActorKind.PERSON,
        id=rows[0].actor_id,
        name=rows[0].actor_name,
        tenant_id=tenant_id,
        memberships=tuple(membership for membership, _ in held),
        grants=access.grants_of(held),
    )


def actor_by_key(session: Session, text: str, now: datetime, limits: SessionLimits = _LIMITS) -> Actor | None:
    """Return the device that holds an API key, or None (401) when it is unknown, expired or revoked.

    One query; one more write when the key was last used over a minute ago.
    """
    parts = tokens.split_key(text)
    found = None if parts is None else store.key_with_grants(session, parts[0], now)
    if parts is None or found is None:
        return None
    key = found.ApiKeyRow
    if key.person_id is not None:  # a person's own: ``own_keys.reader_by_key``, for maps alone
        return None
    if not tokens.same_digest(key.secret_sha256, tokens.digest(parts[1])):
        return None
    fact = store.key_of(key)
    if key.revoked_at is not None or now >= key.expires_at:
        return None
    if key.last_used_at is None or now - key.last_used_at >= limits.touch:
        store.change_keys(session, [key.id], {"last_used_at": now})
    permitted = (
        shipped_roles().roles[Role.DEVICE] if found.permitted is None else people_store.scopes_of(found.permitted)
    )
    grants = tuple(
        Grant(
            permission=permission,
            # a key bound to an area never reaches past it
            scope=Scope.AREA
            if fact.area_id is not None and permitted[permission] is Scope.TENANT
            else permitted[permission],
            tenant_id=fact.tenant_id,
            area_path=found.area_path,
            role=Role.DEVICE,
        )
        for permission in fact.permissions
        if permission in permitted
    )
    return Actor(kind=ActorKind.DEVICE, id=fact.id, name=fact.name, tenant_id=fact.tenant_id, grants=grants)


def operator(tenant_id: UUID = PLATFORM) -> Actor:
    """Return the actor of the machine's own command line: whoever has the machine has the house, on record."""
    grants = tuple(
        Grant(
            permission=permission,
            scope=Scope.PLATFORM,
            tenant_id=PLATFORM,
            area_path=None,
            role=Role.PLATFORM_ADMIN,
        )
        for permission in sorted(shipped_roles().permissions)
    )
    return Actor(kind=ActorKind.OPERATOR, id=PLATFORM, name="operator", tenant_id=tenant_id, grants=grants)


def system(name: str, tenant_id: UUID) -> Actor:
    """Return the actor of one of the house's own jobs: it may put things on record and holds no permission."""
    return Actor(kind=ActorKind.SYSTEM, id=PLATFORM, name=name, tenant_id=tenant_id)


def require(actor: Actor, permission: str) -> None:
    """Refuse an actor without the permission at any scope.

    Raises:
        ForbiddenError: no membership gives it (403), or it waits for a second factor (``StepUpError``).
    """
    if not actor.grants_for(permission):
        raise refused(actor, permission)


def require_row(actor: Actor, permission: str, row: ScopedRow, kind: str) -> None:
    """Refuse an act on a row, or the making of one, that the actor's scope does not reach.

    Raises:
        ForbiddenError: no membership gives the permission (403).
        NotFoundError: the row is outside the scope, so for this actor there is none (404).
    """
    require(actor, permission)
    if not access.allows(actor, permission, row):
        raise NotFoundError.of(kind)


def check_reach(work: Work, actor: Actor, permission: str, person_id: UUID | None, kind: str) -> None:
    """Refuse an act on a person some of whose memberships lie outside the actor's scope.

    All must be inside: whoever resets a password or reads sessions would else take over the person's other tenants.

    Raises:
        ForbiddenError: the actor lacks the permission at all.
        NotFoundError: the person is out of reach, or there is none.
    """
    require(actor, permission)
    held = (
        []
        if person_id is None
        else people_store.memberships(
            work.session,
            MembershipRow.person_id == person_id,
            people_store.not_over(work.now()),
        )
    )
    rows = [ScopedRow(one.tenant_id, one.person_id, _areas_of(one)) for one in held] or [ScopedRow(PLATFORM)]
    if person_id is None or not all(access.allows(actor, permission, row) for row in rows):
        raise NotFoundError.of(kind)


def _areas_of(membership: Membership) -> tuple[AreaRef, ...]:
    return () if membership.area_path is None else (AreaRef(PLATFORM, membership.area_path),)


def require_proof(actor: Actor, now: datetime, limits: SessionLimits = _LIMITS) -> None:
    """Refuse a grave act of a person whose password was not given lately; the command line has no password.

    Raises:
        ForbiddenError: the password must be given again (step-up).
    """
    if actor.kind is ActorKind.PERSON and not proved_lately(actor.proved_at, now, limits):
        raise ForbiddenError(field="password", problem="was not given lately", fix="Give your password again.")


def visible(found: _T | None, kind: str) -> _T:
    """Return what a scoped query found.

    Raises:
        NotFoundError: it found nothing: absent, deleted and foreign read the same (404).
    """
    if found is None:
        raise NotFoundError.of(kind)
    return found
