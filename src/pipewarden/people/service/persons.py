"""Persons and memberships: made by an administrator in reach, on record, never with a password of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    AreaRef,
    Membership,
    NewMembership,
    NewPerson,
    NotFoundError,
    Person,
    PersonState,
    Role,
)
from pipewarden.people.rules import access, passwords
from pipewarden.people.service.access import check_reach, require, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.role_book import permitted, shipped_roles
from pipewarden.people.store import areas as area_store
from pipewarden.people.store import people as store
from pipewarden.people.store import signin as signin_store
from pipewarden.people.store import tenants as tenant_store
from pipewarden.people.store.people import MembershipRow, PersonRow
from pipewarden.people.store.scope import ScopedTable, scope_filter
from pipewarden.people.store.signin import ApiKeyRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.ports import Entropy
    from pipewarden.people.service.gate import Gate

_LONGEST_NAME = 100
_ONE_TIME_BYTES = 16
_MOST_CALLED = 500


def one_time_password(entropy: Entropy) -> str:
    """Return a password to show once and hand over: 120 random bits, to be changed at the first sign-in."""
    return passwords.one_time_password(entropy(_ONE_TIME_BYTES))


def add_person(work: Work, gate: Gate, actor: Actor, wanted: NewPerson) -> Person:
    """Add a person without any membership: they may do nothing until one is given.

    Raises:
        ForbiddenError: the actor adds no persons.
        InputError: login, name or password is unusable, or the login is taken.
    """
    require(actor, "person:manage")
    login = passwords.normal_login(wanted.login)
    name = wanted.name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-100 characters.")
    good = None if wanted.password is None else passwords.check_password(wanted.password, login)
    made = Person(id=work.ids.new(), login=login, name=name, state=PersonState.ACTIVE, created_at=work.now())
    if not store.add_person(work.session, made):
        raise InputError(field="login", problem="is taken", fix="Choose another, or give that person a membership.")
    if good is not None:
        signin_store.set_password(
            work.session, made.id, gate.hasher.hash(good), must_change=wanted.must_change, now=work.now()
        )
    record(work, actor, "person.added", ("person", made.id), {"login": login, "may_sign_in": good is not None})
    return made


def reset_password(
    work: Work, gate: Gate, actor: Actor, person_id: UUID, password: str, *, must_change: bool = True
) -> None:
    """Give a person in reach a new password, by default to be changed at the next sign-in; all their sessions end.

    Raises:
        ForbiddenError, NotFoundError: as for any foreign object.
        RefusedError: it is the actor's own, or that of somebody whose duties are kept apart from the actor's.
        InputError: the password is weak.
    """
    person = in_reach(work, actor, person_id)
    good = passwords.check_password(password, person.login)
    signin_store.set_password(work.session, person_id, gate.hasher.hash(good), must_change=must_change, now=work.now())
    ended = signin_store.end_sessions(work.session, work.now(), "password reset", SessionRow.person_id == person_id)
    record(work, actor, "person.password_reset", ("person", person_id), {"sessions_ended": ended})


def set_person_state(work: Work, actor: Actor, person_id: UUID, state: PersonState) -> None:
    """Let a person in reach sign in or not; a disabled one is out at once.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``.
    """
    in_reach(work, actor, person_id)
    store.set_state(work.session, person_id, state)
    ended = 0
    if state is PersonState.DISABLED:
        ended = signin_store.end_sessions(work.session, work.now(), "disabled", SessionRow.person_id == person_id)
    record(work, actor, f"person.{state}", ("person", person_id), {"sessions_ended": ended})


def in_reach(work: Work, actor: Actor, person_id: UUID, permission: str = "person:manage") -> Person:
    """Return a person on whom the actor may act, who is not the actor, and whose duties are not kept apart.

    Raises:
        ForbiddenError, NotFoundError: as for any foreign object.
        RefusedError: it is the actor, or duties that are kept apart would meet.
    """
    check_reach(work, actor, permission, person_id, "person")
    person = visible(store.person(work.session, PersonRow.id == person_id), "person")
    if person_id == actor.id:
        raise RefusedError(field="person", problem="is yourself", fix="Do it for yourself, or ask a colleague.")
    held = store.memberships(work.session, MembershipRow.person_id == person_id, store.not_over(work.now()))
    mine = {membership.role for membership in actor.memberships}
    theirs = {membership.role for membership in held}
    # an administrator with the auditor's password would be both
    if any(mine & apart and (theirs - mine) & apart for apart in shipped_roles().separate):
        raise RefusedError(
            field="person", problem="holds duties kept apart from yours", fix="Ask the operator of the machine."
        )
    return person


def person_by_login(work: Work, actor: Actor, login: str) -> Person:
    """Return the person with this login, to give them a membership.

    Raises:
        ForbiddenError: the actor grants no memberships.
        NotFoundError: there is none.
    """
    require(actor, "membership:grant")
    return visible(store.person(work.session, PersonRow.login == passwords.normal_login(login)), "person")


def grant(work: Work, actor: Actor, wanted: NewMembership) -> Membership:
    """Give a membership; the person's sessions there end, so that the new rights begin with a new session.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there.
        RefusedError: it is the actor's own, or duties that must stay apart would meet.
        InputError: the role needs an area, or is not for people, or the time runs backwards.
    """
    require(actor, "membership:grant")
    person = visible(store.person(work.session, PersonRow.id == wanted.person_id), "person")
    area = None
    if wanted.area_id is not None:
        found = area_store.by_id(work.session, wanted.area_id, [PLATFORM, wanted.tenant_id])
        area = AreaRef(*((one := visible(found, "area")).tenant_id, one.path))
    scopes = permitted(work, wanted.tenant_id, wanted.role)
    access.check_grant(actor, wanted, scopes, area)
    _check_named(work, wanted)
    same_place = [MembershipRow.person_id == person.id, store.not_over(work.now())]
    if wanted.tenant_id != PLATFORM:
        same_place.append(MembershipRow.tenant_id.in_([wanted.tenant_id, PLATFORM]))
    held = store.memberships(work.session, *same_place)
    access.check_role(shipped_roles(), wanted, [membership.role for membership in held])
    made = work.ids.new()
    store.add_membership(work.session, made, wanted, work.now(), actor.id)
    _end_sessions_of(work, person.id, wanted.tenant_id)
    details = {
        "person": str(person.id),
        "role": wanted.role.value,
        "area": None if wanted.area_id is None else str(wanted.area_id),
        "begins_at": wanted.begins_at.isoformat(),
        "ends_at": None if wanted.ends_at is None else wanted.ends_at.isoformat(),
    }
    record(work, actor, "membership.granted", ("membership", made), details, tenant_id=wanted.tenant_id)
    return store.memberships(work.session, MembershipRow.id == made)[0]


def _end_sessions_of(work: Work, person_id: UUID, tenant_id: UUID) -> None:
    """End the sessions whose rights changed: those for this tenant, or all when the role is the whole platform's."""
    here = [] if tenant_id == PLATFORM else [SessionRow.tenant_id == tenant_id]
    signin_store.end_sessions(work.session, work.now(), "roles changed", SessionRow.person_id == person_id, *here)


def _check_named(work: Work, wanted: NewMembership) -> None:
    """The tenant exists, and the organisation is one that this tenant knows."""
    if wanted.tenant_id != PLATFORM:
        visible(tenant_store.by_id(work.session, wanted.tenant_id), "tenant")
    if wanted.organisation_id is not None:
        known = visible(tenant_store.organisation(work.session, wanted.organisation_id), "organisation")
        if known.tenant_id not in {PLATFORM, wanted.tenant_id}:
            raise NotFoundError.of("organisation")


def end_membership(work: Work, actor: Actor, membership_id: UUID, *, at: datetime | None = None) -> Membership:
    """End a membership now or at a later moment; ending it now also ends the person's sessions.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError: the moment has passed.
    """
    now = work.now()
    when = at or now
    if when < now:
        raise InputError(field="at", problem="has passed", fix="Give a moment from now on, or none.")
    scoped = scope_filter(actor, "membership:grant", _MEMBERSHIPS)
    held = store.memberships(work.session, MembershipRow.id == membership_id, scoped, store.not_over(now))
    found = visible(next(iter(held), None), "membership")
    store.end_membership(work.session, membership_id, when)
    if when == now:
        _end_sessions_of(work, found.person_id, found.tenant_id)
    details = {"person": str(found.person_id), "role": found.role.value, "ends_at": when.isoformat()}
    record(work, actor, "membership.ended", ("membership", membership_id), details, tenant_id=found.tenant_id)
    return store.memberships(work.session, MembershipRow.id == membership_id)[0]


_MEMBERSHIPS = ScopedTable(
    tenant_id=MembershipRow.tenant_id, area_id=MembershipRow.area_id, owner_id=MembershipRow.person_id
)


def memberships(work: Work, actor: Actor, *, role: Role | None = None) -> list[tuple[Person, Membership]]:
    """Return the active memberships that the actor may see, with their persons, in two queries.

    Raises:
        ForbiddenError: the actor reads no persons.
    """
    conditions = [scope_filter(actor, "person:read", _MEMBERSHIPS), store.at_moment(work.now())]
    if role is not None:
        conditions.append(MembershipRow.role == role.value)
    held = store.memberships(work.session, *conditions)
    persons = store.persons(work.session, {membership.person_id for membership in held})
    return [(persons[membership.person_id], membership) for membership in held]


def names(work: Work, words: Iterable[str]) -> dict[str, str]:
    """Return how people know those who acted: for words like ``person:<id>`` or ``device:<id>`` the name.

    Who is not found, and who is neither person nor device (the operator's command line), is left out.
    """
    asked = set(words)
    persons = store.persons(work.session, _ids_of(ActorKind.PERSON, asked))
    devices = _ids_of(ActorKind.DEVICE, asked)
    keys = signin_store.keys(work.session, ApiKeyRow.id.in_(devices)) if devices else []
    found = {f"{ActorKind.PERSON}:{one.id}": one.name for one in persons.values()}
    return found | {f"{ActorKind.DEVICE}:{one.id}": one.name for one in keys}


def person_names(work: Work, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return how people know persons, by id; who is not there is left out."""
    return {one.id: one.name for one in store.persons(work.session, set(person_ids)).values()}


def persons_called(work: Work, text: str) -> list[UUID]:
    """Return up to 500 persons whose name has ``text`` in it, to narrow what somebody sees anyway: it tells nothing."""
    return store.called(work.session, text, limit=_MOST_CALLED)


def _ids_of(kind: ActorKind, words: Iterable[str]) -> set[UUID]:
    start = f"{kind}:"
    return {UUID(word.removeprefix(start)) for word in words if word.startswith(start)}


def may_hold(work: Work, person_id: UUID, role: Role, *, begins_at: datetime, ends_at: datetime) -> bool:
    """Return whether a person holds a role in the tenant worked for during the whole of a time."""
    return any(
        membership.role is role
        and membership.begins_at <= begins_at
        and (membership.ends_at is None or membership.ends_at >= ends_at)
        for membership in store.memberships(
            work.session, MembershipRow.person_id == person_id, MembershipRow.tenant_id == work.tenant_id
        )
    )
