"""The second factor: set up, given, replaced, reset; recovery codes for whoever has lost it.

Wrong codes count together with wrong passwords and are returned, not raised, for the same reason (see ``signin``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    FactorOf,
    ForbiddenError,
    Lack,
    LackingError,
    NewFactor,
    NotFoundError,
    Person,
    Role,
    SignInRefused,
    Standing,
    StepUpError,
)
from pipewarden.people.rules import factor, lockout, recovery, totp
from pipewarden.people.rules.sessions import proved_lately
from pipewarden.people.service import signin
from pipewarden.people.service.access import actor_of, require
from pipewarden.people.service.audit import record
from pipewarden.people.service.persons import in_reach, memberships
from pipewarden.people.service.role_book import factor_policy, permitted
from pipewarden.people.store import factors as store
from pipewarden.people.store import signin as signin_store
from pipewarden.people.store.signin import SessionRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import SignedIn
    from pipewarden.people.service.gate import Gate, Second
    from pipewarden.people.store.factors import FactorRow

_CODES_BYTES = recovery.CODES * recovery.CODE_BYTES


def _second(gate: Gate) -> Second:
    if gate.second is None:
        raise UnavailableError(
            field="second_factor", problem="cannot be read here", fix="Sign in at the service, which has its secret."
        )
    return gate.second


def _about(person_id: UUID) -> str:
    """What a seal is for: one person's secret opens under no other's row."""
    return f"second_factor:{person_id}"


def my_factor(work: Work, actor: Actor) -> Standing:
    """Return how the actor stands with the second factor."""
    found = store.factor(work.session, actor.id)
    owing = factor.owes(factor_policy(work.now()), (*actor.grants, *actor.waiting))
    if actor.lacks is not None:
        whole = actor_of(work, actor.id)
        owing = whole is not None and factor.owes(factor_policy(work.now()), whole.grants)
    return Standing(
        owes=owing,
        confirmed_at=None if found is None else found.confirmed_at,
        enrol_by=None if found is None or not owing or found.confirmed_at is not None else found.enrol_by,
        given_at=actor.factor_at,
        codes_left=store.codes_left(work.session, [actor.id]).get(actor.id, 0),
    )


def begin_factor(work: Work, gate: Gate, actor: Actor) -> NewFactor:
    """Make a new secret for the actor's authenticator; it counts once a code of it was given.

    Raises:
        NotFoundError: the actor is no signed-in person.
        StepUpError: one is set up already and was not given lately: who has found an open desk must not replace it.
        ForbiddenError: the first factor was not given lately.
    """
    login, second = signin.login_of(work, actor), _second(gate)
    row = store.locked(work.session, actor.id)
    _may_set_up(work, gate, actor, row)
    secret = gate.entropy(totp.SECRET_BYTES)
    sealed = second.sealer.seal(totp.secret_text(secret), _about(actor.id))
    store.write(work.session, actor.id, {"next_sealed": sealed, "next_at": work.now()})
    uri = totp.uri_of(secret, login, second.issuer)
    return NewFactor(text=totp.secret_text(secret), uri=uri, picture=second.draw(uri))


def _may_set_up(work: Work, gate: Gate, actor: Actor, row: FactorRow) -> None:
    now, limits = work.now(), gate.limits
    if row.confirmed_at is not None:
        if not factor.fresh(actor.factor_at, now, limits.proof):
            raise StepUpError("second_factor", enrolled=True)
        return
    if actor.lacks is Lack.PASSWORD:
        raise LackingError.by(Lack.PASSWORD)
    if not proved_lately(actor.proved_at, now, limits):
        raise ForbiddenError(field="password", problem="was not given lately", fix="Give your password again.")


def confirm_factor(
    work: Work, gate: Gate, actor: Actor, code: str, *, source: str
) -> tuple[SignedIn, tuple[str, ...]] | SignInRefused:
    """Take the first code of a new secret: from now on it counts, every other session ends, ten codes are made.

    Raises:
        NotFoundError: the actor is no signed-in person.
        StepUpError, ForbiddenError: as for ``begin_factor``.
        InputError: no new secret waits, or it has waited for too long.
    """
    login, second = signin.login_of(work, actor), _second(gate)
    tried = signin.counted(work, login, source)
    if isinstance(tried, SignInRefused):
        return tried
    row = store.locked(work.session, actor.id)
    _may_set_up(work, gate, actor, row)
    now = work.now()
    if row.next_sealed is None or row.next_at is None or now - row.next_at >= gate.limits.half:
        raise InputError(field="code", problem="belongs to no secret that waits", fix="Begin anew: POST /v1/factor.")
    secret = totp.secret_of(second.sealer.open(row.next_sealed, _about(actor.id)))
    step = totp.matching_step(secret, code.strip(), now, after=None)
    if step is None:
        return signin.refuse(work, *tried, act="factor.refused")
    values = {"sealed": row.next_sealed, "confirmed_at": now, "last_step": step, "next_sealed": None, "next_at": None}
    store.write(work.session, actor.id, values)
    codes = _write_codes(work, gate, actor.id)
    made = signin.rotate(work, gate, actor, actor.tenant_id, "second factor set up", factor_given=True)
    others = (SessionRow.person_id == actor.id, SessionRow.id != made.session.id)
    ended = signin_store.end_sessions(work.session, now, "second factor set up", *others)
    signin.note(work, actor.id, "factor.confirmed", ("person", actor.id), {"sessions_ended": ended})
    return made, codes


def _write_codes(work: Work, gate: Gate, person_id: UUID) -> tuple[str, ...]:
    codes = recovery.codes_of(gate.entropy(_CODES_BYTES))
    digests = [digest for one in codes if (digest := recovery.digest_of(person_id, one)) is not None]
    store.set_codes(work.session, person_id, digests)
    return codes


def renew_codes(work: Work, gate: Gate, actor: Actor) -> tuple[str, ...]:
    """Make ten new recovery codes; the old ones are worth nothing any more.

    Raises:
        NotFoundError: the actor has no second factor.
        StepUpError: it was not given lately.
    """
    if not actor.enrolled or actor.session_id is None:
        raise NotFoundError.of("second_factor")
    if not factor.fresh(actor.factor_at, work.now(), gate.limits.proof):
        raise StepUpError("second_factor", enrolled=True)
    codes = _write_codes(work, gate, actor.id)
    signin.note(work, actor.id, "factor.codes_renewed", ("person", actor.id), {})
    return codes


def give_factor(work: Work, gate: Gate, actor: Actor, code: str, *, source: str) -> SignedIn | SignInRefused:
    """Give the second factor, after the first or anew before a grave act: the session rotates.

    Where:
        code: six digits of the authenticator, or one of the recovery codes.

    Raises:
        NotFoundError: the actor is no signed-in person, or has no second factor.
    """
    login, second = signin.login_of(work, actor), _second(gate)
    tried = signin.counted(work, login, source)
    if isinstance(tried, SignInRefused):
        return tried
    row = store.locked(work.session, actor.id)
    if row.confirmed_at is None or row.sealed is None:
        raise NotFoundError.of("second_factor")
    by = _by_code(work, second, row, code.strip())
    if by is None:
        return signin.refuse(work, *tried, act="factor.refused")
    tallies, account_key, _ = tried
    if tallies[account_key].failures:
        signin_store.write_tally(work.session, account_key, lockout.Tally(0, work.now(), None))
    made = signin.rotate(work, gate, actor, actor.tenant_id, "second factor given", factor_given=True)
    left = store.codes_left(work.session, [actor.id]).get(actor.id, 0)
    signin.note(work, actor.id, "factor.given", ("person", actor.id), {"by": by, "codes_left": left})
    return made


def _by_code(work: Work, second: Second, row: FactorRow, code: str) -> str | None:
    """Use up what a code stands for, and say what it was; None for a wrong one."""
    if totp.is_code(code):
        secret = totp.secret_of(second.sealer.open(row.sealed or b"", _about(row.person_id)))
        step = totp.matching_step(secret, code, work.now(), after=row.last_step)
        if step is None:
            return None
        store.write(work.session, row.person_id, {"last_step": step})
        return "authenticator"
    digest = recovery.digest_of(row.person_id, code)
    used = digest is not None and store.use_code(work.session, row.person_id, digest, work.now())
    return "recovery code" if used else None


def reset_factor(work: Work, actor: Actor, person_id: UUID, *, anew: bool = False) -> None:
    """Take a lost second factor away from a person in reach: they set up a new one before anything else.

    Where:
        anew: the next sign-in counts as the first, with new days of grace: for made-up people who are shown again.

    Raises:
        ForbiddenError, NotFoundError: as for any foreign object.
        RefusedError: it is the actor's own, or that of somebody whose duties are kept apart; or there is none.
    """
    in_reach(work, actor, person_id, "factor:reset")
    row = store.locked(work.session, person_id)
    if row.confirmed_at is None and not anew:
        raise RefusedError(field="second_factor", problem="is not set up", fix="There is nothing to reset.")
    now = work.now()
    # no new days of grace: else a reset would open a week in which the password is enough
    gone = dict.fromkeys(("sealed", "confirmed_at", "last_step", "next_sealed", "next_at")) | {
        "enrol_by": None if anew else now
    }
    store.write(work.session, person_id, gone)
    store.set_codes(work.session, person_id, [])
    ended = signin_store.end_sessions(work.session, now, "second factor reset", SessionRow.person_id == person_id)
    record(work, actor, "factor.reset", ("person", person_id), {"sessions_ended": ended})


def factors(work: Work, actor: Actor) -> list[FactorOf]:
    """Return how the tenant's persons in reach stand with the second factor: who owes one and has none first, by name.

    Raises:
        ForbiddenError: the actor reads no sign-ins of others, or no persons.
    """
    require(actor, "session:read")
    held: dict[UUID, tuple[Person, list[Role]]] = {}
    for person, membership in memberships(work, actor):
        if work.tenant_id not in {PLATFORM, membership.tenant_id}:
            continue  # somebody who sees every tenant asks for one
        held.setdefault(person.id, (person, []))[1].append(membership.role)
    rows, left = store.factors(work.session, held.keys()), store.codes_left(work.session, held.keys())
    owing = _owing(work)
    found = []
    for person, roles in held.values():
        row, owes = rows.get(person.id), any(owing(role) for role in roles)
        confirmed_at = None if row is None else row.confirmed_at
        enrol_by = None if row is None or confirmed_at is not None or not owes else row.enrol_by
        standing = Standing(owes, confirmed_at, enrol_by, codes_left=left.get(person.id, 0))
        found.append(FactorOf(person.id, person.login, person.name, tuple(sorted(set(roles))), standing))
    return sorted(found, key=lambda one: (one.standing.confirmed_at is not None or not one.standing.owes, one.name))


def _owing(work: Work) -> Callable[[Role], bool]:
    """Whether a role owes a second factor here, asked of the database once for each role."""
    known: dict[Role, bool] = {}

    def owing(role: Role) -> bool:
        if role not in known:
            known[role] = factor.role_owes(factor_policy(work.now()), role, permitted(work, work.tenant_id, role))
        return known[role]

    return owing
