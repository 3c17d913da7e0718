"""Signing in: first factors, the session that follows, waits after failures, a factor given anew.

Time, chance and the hash come with the call. A refusal is returned, not raised: raising would roll back the count of
the failed attempt, and a guesser would have as many tries as he likes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    Lack,
    LackingError,
    NotFoundError,
    PersonState,
    SessionInfo,
    SignedIn,
    SignInRefused,
)
from pipewarden.people.rules import factor, lockout, passwords, tokens
from pipewarden.people.service.access import actor_of
from pipewarden.people.service.audit import record
from pipewarden.people.service.role_book import factor_policy
from pipewarden.people.store import factors as factor_store
from pipewarden.people.store import people as people_store
from pipewarden.people.store import signin as store
from pipewarden.people.store.people import MembershipRow, PersonRow
from pipewarden.people.store.signin import SessionRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.service.gate import Gate
    from pipewarden.people.store.people import AnyRow

_KNOWN_FOR = timedelta(days=30)
_LONGEST_AGENT = 200


def sign_in(
    work: Work,
    gate: Gate,
    login: str,
    password: str,
    *,
    source: str,
    agent: str = "",
    tenant_id: UUID | None = None,
    previous_token: str | None = None,
) -> SignedIn | SignInRefused:
    """Open a session for the right password; the caller commits in both cases.

    Where:
        source: the client's network address as the server saw it.
        agent: the browser's own words.
        tenant_id: the tenant to act for; the first membership's when None or not held.
        previous_token: a token the browser still carried; that session ends, so that none can be planted.
    """
    proof = _prove(work, gate, login, password, source)
    if isinstance(proof, SignInRefused):
        return proof
    return open_session(
        work,
        gate,
        proof.id,
        how="password",
        source=source,
        agent=agent,
        tenant_id=tenant_id,
        previous_token=previous_token,
    )


def open_session(
    work: Work,
    gate: Gate,
    person_id: UUID,
    *,
    how: str,
    source: str,
    agent: str = "",
    tenant_id: UUID | None = None,
    previous_token: str | None = None,
) -> SignedIn:
    """Open a session for somebody whose first factor was just proved: the one way in for every kind of it.

    The caller has proved who it is (and counted its failures); what else the session needs is decided here. Call it
    late in the transaction: it writes on the platform's chain.

    Where:
        how: what was proved: ``password``, ``oidc``, ``phone``; goes on record.
        source, agent, tenant_id, previous_token: as for ``sign_in``.

    Raises:
        NotFoundError: there is no such person, or they may not sign in.
    """
    account = store.account(work.session, PersonRow.id == person_id)
    if account is None or account.state != PersonState.ACTIVE:
        raise NotFoundError.of("person")
    if previous_token:
        store.end_sessions(
            work.session, work.now(), "signed in anew", SessionRow.token_sha256 == tokens.digest(previous_token)
        )
    held = tenants_of(work, account.id)
    acts_for = tenant_id if tenant_id in held else held[0]
    made = _open(work, gate, account, acts_for, source=source, agent=agent, how=how)
    details = {"source": made.session.source, "how": how}
    note(work, account.id, "session.opened", ("session", made.session.id), details)
    return made


def _prove(work: Work, gate: Gate, login: str, password: str, source: str) -> AnyRow | SignInRefused:
    """Check a password with every wait and count; one hash is computed whether or not the login exists."""
    now = work.now()
    tried = counted(work, login, source)
    if isinstance(tried, SignInRefused):
        return tried
    tallies, account_key, source_key = tried
    found = store.account(work.session, PersonRow.login == (_comparable(login) or ""))
    encoded = None if found is None or found.state != PersonState.ACTIVE else found.password_hash
    right = not passwords.hopeless(password) and gate.hasher.verify(encoded, passwords.normal_password(password))
    if found is None or encoded is None or not right:
        return refuse(work, tallies, account_key, source_key)
    # where a second factor stands behind it, a right password must not buy new tries for that
    if tallies[account_key].failures and found.confirmed_at is None:
        store.write_tally(work.session, account_key, lockout.Tally(0, now, None))
    if gate.hasher.stale(encoded):
        store.rehash(work.session, found.id, gate.hasher.hash(passwords.normal_password(password)))
    return found


def counted(work: Work, login: str, source: str) -> tuple[dict[str, lockout.Tally], str, str] | SignInRefused:
    """Return the tallies of a try with the keys of account and source, locked; or the wait, where one is on.

    Passwords and second factors count together: else every kind of guess would have its own tries.
    """
    now, source = work.now(), lockout.source_of(source)
    normal = _comparable(login)
    known = normal is not None and store.came_from(work.session, normal, source, now - _KNOWN_FOR)
    account_key = _key(normal or login, source if known else None)
    source_key = f"source:{source}"
    tallies = store.lock_tallies(work.session, [account_key, source_key], now)
    wait = max(lockout.waiting(tally, now) for tally in tallies.values())
    return SignInRefused(retry_after=wait) if wait > timedelta(0) else (tallies, account_key, source_key)


def refuse(
    work: Work,
    tallies: Mapping[str, lockout.Tally],
    account_key: str,
    source_key: str,
    act: str = "session.refused",
) -> SignInRefused:
    """Count one more failure for account and source, put it on record and return the wait that follows."""
    now = work.now()
    after = {
        account_key: lockout.failed(tallies[account_key], now, lockout.ACCOUNT),
        source_key: lockout.failed(tallies[source_key], now, lockout.SOURCE),
    }
    for key, tally in sorted(after.items()):
        store.write_tally(work.session, key, tally)
    wait = max(lockout.waiting(tally, now) for tally in after.values())
    details = {"account": account_key, "source": source_key, "failures": after[account_key].failures}
    note(work, PLATFORM, act, ("account", account_key), details)
    return SignInRefused(retry_after=wait)


def _comparable(login: str) -> str | None:
    try:
        return passwords.normal_login(login)
    except InputError:
        return None


def _key(login: str, known_source: str | None) -> str:
    """An outsider's failures must not lock a dispatcher out of the desk they always sit at, so that desk counts apart.

    The login is hashed: people type their password into the wrong field.
    """
    hashed = tokens.digest(login).hex()[:32]
    return f"account:{hashed}" if known_source is None else f"account:{hashed}@{known_source}"


def tenants_of(work: Work, person_id: UUID) -> list[UUID]:
    """Return the tenants that a person may act for, the platform last."""
    held = people_store.memberships(
        work.session, MembershipRow.person_id == person_id, people_store.at_moment(work.now())
    )
    tenants = list(dict.fromkeys(membership.tenant_id for membership in held if membership.tenant_id != PLATFORM))
    return [*tenants, PLATFORM]


def _open(
    work: Work,
    gate: Gate,
    account: AnyRow,
    acts_for: UUID,
    *,
    source: str,
    agent: str,
    how: str,
    old: SessionInfo | None = None,
) -> SignedIn:
    """Write a session with a fresh token; one that follows ``old`` keeps its absolute end and its proofs."""
    now = work.now()
    token = tokens.token_text(gate.entropy(tokens.TOKEN_BYTES))
    info = SessionInfo(
        id=work.ids.new(),
        person_id=account.id,
        tenant_id=acts_for,
        started_at=now,
        seen_at=now,
        proved_at=now if old is None else old.proved_at,
        expires_at=now + gate.limits.absolute if old is None else old.expires_at,
        ended_at=None,
        source=lockout.source_of(source),
        agent=lockout.plain(agent, _LONGEST_AGENT),
        how=how,
        factor_at=None if old is None else old.factor_at,
    )
    store.add_session(work.session, info, tokens.digest(token))
    lacks, enrol_by = asked_of(work, account, acts_for, info.factor_at)
    return SignedIn(
        token=token,
        csrf=tokens.csrf_of(token, info.id),
        session=info,
        must_change=bool(account.must_change),
        lacks=lacks,
        enrol_by=enrol_by,
    )


def asked_of(
    work: Work, account: AnyRow, acts_for: UUID, given_at: datetime | None
) -> tuple[Lack | None, datetime | None]:
    """Return what a session lacks, and until when a second factor must be set up.

    The first session of somebody who owes one starts the time in which it must be set up.
    """
    now, confirmed = work.now(), account.confirmed_at is not None
    policy = factor_policy(now)
    actor = actor_of(replace(work, tenant_id=acts_for), account.id)
    owing = actor is not None and factor.owes(policy, actor.grants)
    enrol_by: datetime | None = account.enrol_by
    if owing and not confirmed and enrol_by is None:
        enrol_by = now + policy.grace
        factor_store.ask(work.session, account.id, enrol_by)
    lacks = factor.lack_of(
        confirmed=confirmed,
        given_at=given_at,
        must_change=bool(account.must_change),
        owing=owing,
        enrol_by=enrol_by,
        now=now,
    )
    return lacks, enrol_by if owing and not confirmed else None


def prove(work: Work, gate: Gate, actor: Actor, password: str, *, source: str) -> SignedIn | SignInRefused:
    """Give the password again before a grave act (step-up): a right one rotates the session and renews its proof.

    Raises:
        NotFoundError: the actor is no signed-in person.
    """
    proof = _prove(work, gate, login_of(work, actor), password, source)
    if isinstance(proof, SignInRefused):
        return proof
    made = rotate(work, gate, actor, actor.tenant_id, "password given again", proved=True)
    note(work, actor.id, "session.proved", ("session", made.session.id), {})
    return made


def change_password(
    work: Work, gate: Gate, actor: Actor, old: str, new: str, *, source: str
) -> SignedIn | SignInRefused:
    """Change one's own password: every session of the person ends, this browser goes on with a fresh one.

    Raises:
        NotFoundError: the actor is no signed-in person.
        LackingError: the second factor was not given.
        InputError: the new password is weak, or the old one again.
    """
    login = login_of(work, actor)
    if actor.lacks is Lack.FACTOR:
        raise LackingError.by(Lack.FACTOR)
    good = passwords.check_password(new, login)
    if good == passwords.normal_password(old):
        raise InputError(field="password", problem="is the old one", fix="Choose another.")
    proof = _prove(work, gate, login, old, source)
    if isinstance(proof, SignInRefused):
        return proof
    store.set_password(work.session, actor.id, gate.hasher.hash(good), must_change=False, now=work.now())
    made = rotate(work, gate, actor, actor.tenant_id, "password changed", proved=True)
    others = (SessionRow.person_id == actor.id, SessionRow.id != made.session.id)
    ended = store.end_sessions(work.session, work.now(), "password changed", *others)
    note(work, actor.id, "person.password_changed", ("person", actor.id), {"sessions_ended": ended})
    return replace(made, must_change=False)


def login_of(work: Work, actor: Actor) -> str:
    """Return the login of a signed-in person.

    Raises:
        NotFoundError: the actor is none.
    """
    account = store.account(work.session, PersonRow.id == actor.id)
    if account is None or actor.session_id is None:
        raise NotFoundError.of("session")
    return str(account.login)


def rotate(
    work: Work,
    gate: Gate,
    actor: Actor,
    tenant_id: UUID,
    why: str,
    *,
    proved: bool = False,
    factor_given: bool = False,
) -> SignedIn:
    """End the actor's session and go on in a fresh one, because what it permits changes (OWASP ASVS 5.0 V7.2.4).

    Raises:
        NotFoundError: it has ended meanwhile.
    """
    now = work.now()
    old = next(iter(store.sessions(work.session, SessionRow.id == actor.session_id)), None)
    account = store.account(work.session, PersonRow.id == actor.id)
    ended = store.end_sessions(work.session, now, why, SessionRow.id == actor.session_id)
    if old is None or account is None or not ended:
        raise NotFoundError.of("session")
    if proved:
        old = replace(old, proved_at=now)
    if factor_given:
        old = replace(old, factor_at=now)
    return _open(work, gate, account, tenant_id, source=old.source, agent=old.agent, how=old.how, old=old)


def note(work: Work, person_id: UUID, act: str, on: tuple[str, object], details: Mapping[str, object]) -> None:
    """Sign-ins are on the platform's chain: a person belongs to it, and a failed one belongs to nobody yet."""
    who = Actor(
        kind=ActorKind.SYSTEM if person_id == PLATFORM else ActorKind.PERSON, id=person_id, name="", tenant_id=PLATFORM
    )
    record(work, who, act, on, details, tenant_id=PLATFORM)
