"""Staying signed in: a session's CSRF token, another tenant, lists, revoking, the end."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from pipewarden.people.facts import Actor, ActorKind, Lack, LackingError, NotFoundError, Person, SessionInfo
from pipewarden.people.rules import lockout, tokens
from pipewarden.people.service.access import check_reach
from pipewarden.people.service.audit import record
from pipewarden.people.service.signin import login_of, note, rotate, tenants_of
from pipewarden.people.store import people as people_store
from pipewarden.people.store import signin as store
from pipewarden.people.store.scope import ScopedTable, scope_filter
from pipewarden.people.store.signin import SessionRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import SignedIn
    from pipewarden.people.service.gate import Gate

_KEPT_FOR = timedelta(days=200)  # network logs are kept over six months (Cybersecurity Law art. 23)
_TALLY_MEMORY = max(lockout.ACCOUNT.memory, lockout.SOURCE.memory)
_MOST = 500
_LATELY = timedelta(days=30)
_SCOPED = ScopedTable(tenant_id=SessionRow.tenant_id)


def csrf_for(token: str, actor: Actor) -> str:
    """Return the CSRF token of the cookie's session again, for a page that was loaded anew.

    Raises:
        NotFoundError: the actor has no session.
    """
    if actor.session_id is None:
        raise NotFoundError.of("session")
    return tokens.csrf_of(token, actor.session_id)


def csrf_right(token: str, actor: Actor, offered: str) -> bool:
    """Return whether the header's CSRF token belongs to the cookie's session; ask it for every unsafe method."""
    return actor.session_id is not None and tokens.same(tokens.csrf_of(token, actor.session_id), offered)


def act_for(work: Work, gate: Gate, actor: Actor, tenant_id: UUID) -> SignedIn:
    """Go on in another tenant: the session rotates, because what it permits changes.

    Raises:
        NotFoundError: the person has no membership there.
    """
    if tenant_id not in tenants_of(work, actor.id):
        raise NotFoundError.of("tenant")
    made = rotate(work, gate, actor, tenant_id, "acts for another tenant")
    note(work, actor.id, "session.switched", ("session", made.session.id), {"tenant": str(tenant_id)})
    return made


def sign_out(work: Work, actor: Actor) -> None:
    """End the actor's own session."""
    if store.end_sessions(work.session, work.now(), "signed out", SessionRow.id == actor.session_id):
        note(work, actor.id, "session.closed", ("session", actor.session_id), {})


def sessions_of(work: Work, gate: Gate, actor: Actor, person_id: UUID) -> list[SessionInfo]:
    """Return a person's open sessions, newest first: one's own, or those of a person one may read.

    Raises:
        ForbiddenError, NotFoundError: as for any foreign object.
        LackingError: the second factor was not given.
    """
    _reach(work, actor, "session:read", person_id)
    return store.sessions(work.session, SessionRow.person_id == person_id, *_open(work, gate))


def my_login(work: Work, actor: Actor) -> str:
    """Return the login of a signed-in person.

    Raises:
        NotFoundError: the actor is none.
    """
    return login_of(work, actor)


def all_sessions(work: Work, gate: Gate, actor: Actor) -> list[tuple[SessionInfo, Person]]:
    """Return the open sessions in reach with their persons, newest first, at most 500.

    Raises:
        ForbiddenError: the actor reads no sessions of others.
    """
    seen = scope_filter(actor, "session:read", _SCOPED)
    found = store.sessions(work.session, seen, *_open(work, gate), most=_MOST)
    persons = people_store.persons(work.session, {one.person_id for one in found})
    return [(one, persons[one.person_id]) for one in found]


def browsers_of(work: Work, person_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Return by person hashes of address and browser together, from which they were signed in within 30 days.

    A sign that two accounts are one hand (safety.md T8), never more: colleagues in one office share it. Neither address
    nor browser is told; who calls has seen that these people are in reach.
    """
    found: dict[UUID, set[str]] = {one: set() for one in person_ids}
    for who, source, agent in store.browsers(work.session, found, work.now() - _LATELY):
        found[who].add(sha256(f"{source}\n{agent}".encode()).hexdigest())
    return {one: frozenset(seen) for one, seen in found.items()}


def _open(work: Work, gate: Gate) -> tuple[ColumnElement[bool], ...]:
    """What is neither ended nor run out nor idle for too long: a session nobody can use is not listed as open."""
    now = work.now()
    return (
        SessionRow.ended_at.is_(None),
        SessionRow.expires_at > now,
        SessionRow.seen_at > now - gate.limits.idle,
    )


def revoke_session(work: Work, actor: Actor, session_id: UUID) -> None:
    """End one session: one's own, or that of a person whose sessions one may revoke.

    Raises:
        NotFoundError: there is no such open session in reach.
        ForbiddenError: it is another person's and the actor revokes no sessions.
    """
    found = next(iter(store.sessions(work.session, SessionRow.id == session_id, SessionRow.ended_at.is_(None))), None)
    if found is None:
        # without the permission at all the answer must not tell apart a foreign session from none
        _reach(work, actor, "session:revoke", None)
        raise NotFoundError.of("session")
    _reach(work, actor, "session:revoke", found.person_id)
    store.end_sessions(work.session, work.now(), "revoked", SessionRow.id == session_id)
    record(work, actor, "session.revoked", ("session", session_id), {"person": str(found.person_id)})


def sweep(work: Work, *, keep: timedelta = _KEPT_FOR) -> tuple[int, int]:
    """Drop sessions that ended over ``keep`` ago and failures nobody counts any more; return how many of each.

    Run it daily: whoever types random logins writes a row each. The acts themselves stay on the audit chain.
    """
    now = work.now()
    return store.drop_sessions(work.session, now - keep), store.forget_tallies(work.session, now - _TALLY_MEMORY)


def _reach(work: Work, actor: Actor, permission: str, person_id: UUID | None) -> None:
    """One's own are always in reach; but a password alone must not throw out the one who has the second factor."""
    if actor.lacks is Lack.FACTOR:
        raise LackingError.by(Lack.FACTOR)
    if actor.kind is ActorKind.PERSON and person_id == actor.id:
        return
    check_reach(work, actor, permission, person_id, "session")
