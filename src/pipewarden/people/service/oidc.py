"""Signing in by an OpenID Connect provider: begun, taken once when the browser comes back, finished with a session.

The network is asked between two transactions, never inside one; so each step stands by itself, and a sign-in that was
taken is used up whatever comes of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    ActorKind,
    BoundBy,
    Flow,
    HandleKind,
    NotFoundError,
    OutsideRefused,
    SignedIn,
    SignInRefused,
    WhyRefused,
)
from pipewarden.people.rules import lockout, oidc, tokens
from pipewarden.people.rules.oidc import UntrustedError
from pipewarden.people.service import outside as doors
from pipewarden.people.service.audit import record
from pipewarden.people.service.signin import open_session
from pipewarden.people.store import outside as store
from pipewarden.people.store import signin as signin_store
from pipewarden.people.store.outside import BindingRow, HandleRow, ProviderRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Browser, Claimed, Metadata, Provider, Returned
    from pipewarden.people.service.gate import Gate
    from pipewarden.people.service.outside import Outside

FLOW_FOR = timedelta(minutes=10)
_MOST_BEGUN = 20  # sign-ins from one address in ten minutes; each makes the house ask a stranger
_KEPT_FOR = timedelta(days=2)  # codes are counted by the day
_COUNTED = frozenset({WhyRefused.UNTRUSTED, WhyRefused.EXPIRED})
_LONGEST_CODE = 2000


def begin(work: Work, gate: Gate, provider_id: UUID, *, source: str) -> tuple[Provider, str] | SignInRefused:
    """Begin a sign-in: return the provider and the token for the browser's cookie; the caller commits.

    Raises:
        NotFoundError: there is no such provider.
    """
    now, source = work.now(), lockout.source_of(source)
    wait = waiting(work, source)
    if not wait and store.flows_since(work.session, source, now - FLOW_FOR) >= _MOST_BEGUN:
        wait = FLOW_FOR
    if wait:
        return SignInRefused(retry_after=wait)
    found = store.providers(work.session, ProviderRow.id == provider_id)
    if not found:
        raise NotFoundError.of("provider")
    token = tokens.token_text(gate.entropy(tokens.TOKEN_BYTES))
    browser = tokens.digest(token)
    store.add_flow(work.session, work.ids.new(), found[0][0], browser=browser, source=source, now=now)
    return found[0][0], token


def address_of(outside: Outside, provider: Provider, token: str) -> str:
    """Ask the provider where browsers sign in, and return the whole address; outside any transaction.

    Raises:
        RefusedError: this house does not know its own address.
        UnavailableError: the provider does not answer, or not as one.
    """
    redirect = doors.redirect_of(outside, provider.id)
    return oidc.authorization_address(_metadata(outside, provider), provider, oidc.secrets_of(token), redirect)


def checked(outside: Outside, provider: Provider) -> dict[str, str]:
    """Return what a sign-in would use of a provider, asked now; outside any transaction.

    Raises:
        UnavailableError: the provider does not answer, or not as one; the words say how, for whoever sets it up.
    """
    about = _metadata(outside, provider, tell=True)
    return {"issuer": about.issuer, "authorization": about.authorization, "token": about.token, "keys": about.jwks}


def _metadata(outside: Outside, provider: Provider, *, tell: bool = False) -> Metadata:
    """Return a provider's metadata; whoever is not signed in is not told what is behind its address."""
    try:
        return outside.identity.metadata(provider.issuer)
    except (UntrustedError, UnavailableError, RefusedError) as error:
        how = getattr(error, "problem", str(error))
        raise UnavailableError(
            field="provider",
            problem=f"does not answer as it should: {how}" if tell else "does not answer as it should",
            fix="Check its issuer." if tell else "Sign in another way, or try again later.",
        ) from error


def take(
    work: Work, outside: Outside, provider_id: UUID, token: str, said: Returned, *, source: str
) -> Flow | OutsideRefused:
    """Take a browser that came back: its sign-in is used up here, once; the caller commits in both cases."""
    now = work.now()
    if waiting(work, lockout.source_of(source)):
        return OutsideRefused(WhyRefused.EXPIRED, "too many failures from this address")
    if not token or not tokens.same(oidc.secrets_of(token).state, said.state):
        return OutsideRefused(WhyRefused.EXPIRED, "the state belongs to no sign-in of this browser")
    flow_id = store.use_flow(work.session, tokens.digest(token), provider_id, now - FLOW_FOR, now)
    found = store.providers(work.session, ProviderRow.id == provider_id)
    if flow_id is None or not found:
        return OutsideRefused(WhyRefused.EXPIRED, "the sign-in is unknown, too old or used already")
    provider, sealed = found[0]
    if said.issuer and said.issuer != provider.issuer:
        return OutsideRefused(WhyRefused.UNTRUSTED, "the answer is another issuer's")  # RFC 9207 2.4
    if said.error:
        return OutsideRefused(WhyRefused.DENIED, "the provider refused")
    return Flow(flow_id, provider.tenant_id, provider, doors.secret_of(outside, provider.id, sealed))


def prove(outside: Outside, flow: Flow, token: str, said: Returned, *, now: datetime) -> Claimed | OutsideRefused:
    """Redeem a code and check what comes back; outside any transaction.

    Raises:
        RefusedError: this house does not know its own address.
    """
    if not 0 < len(said.code) <= _LONGEST_CODE:
        return OutsideRefused(WhyRefused.UNTRUSTED, "there is no code")
    redirect = doors.redirect_of(outside, flow.provider.id)
    secrets = oidc.secrets_of(token)
    return _told(
        lambda: outside.identity.prove(
            flow, secrets, code=said.code, told_issuer=said.issuer, redirect=redirect, now=now
        )
    )


def _told(ask: Callable[[], Claimed]) -> Claimed | OutsideRefused:
    try:
        return ask()
    except UntrustedError as error:
        return OutsideRefused(WhyRefused.UNTRUSTED, str(error))
    except (UnavailableError, RefusedError) as error:
        return OutsideRefused(WhyRefused.UNREACHABLE, error.problem)


def finish(
    work: Work,
    gate: Gate,
    outside: Outside,
    flow: Flow,
    claimed: Claimed,
    *,
    browser: Browser,
) -> SignedIn | OutsideRefused:
    """Open a session for the person whom a proved subject is; the caller commits in both cases."""
    provider = flow.provider
    store.lock(work.session, f"subject:{provider.id}:{claimed.subject}")
    bound = store.bindings(work.session, BindingRow.provider_id == provider.id, BindingRow.subject == claimed.subject)
    person_id = bound[0].person_id if bound else _by_email(work, outside, provider, claimed)
    if person_id is None or not doors.let_in(work, person_id, provider.tenant_id):
        return OutsideRefused(WhyRefused.UNKNOWN, "the subject is nobody who may come in here")
    if not bound:
        made = doors.new_binding(work, provider, claimed.subject, person_id, BoundBy.EMAIL)
        store.add_binding(work.session, made, person_id)
        details = {"provider": str(provider.id), "how": made.how.value}
        record(work, _who(person_id), "binding.added", ("person", person_id), details, tenant_id=provider.tenant_id)
    try:
        return open_session(
            work,
            gate,
            person_id,
            how="oidc",
            source=browser.source,
            agent=browser.agent,
            tenant_id=None if provider.tenant_id == PLATFORM else provider.tenant_id,
            previous_token=browser.previous_token,
        )
    except NotFoundError:
        return OutsideRefused(WhyRefused.UNKNOWN, "the person may not sign in")


def _by_email(work: Work, outside: Outside, provider: Provider, claimed: Claimed) -> UUID | None:
    """Return whose verified address it is; a person who is bound here to another subject is not bound a second time."""
    if not claimed.email or not oidc.may_bind_email(provider, claimed.email):
        return None
    try:
        plain = doors.normal_address(HandleKind.EMAIL, claimed.email)
    except InputError:
        return None
    known = store.handles(
        work.session,
        HandleRow.tenant_id == provider.tenant_id,
        HandleRow.kind == HandleKind.EMAIL.value,
        HandleRow.address_mac == doors.address_mac(outside, HandleKind.EMAIL, plain),
    )
    if not known:
        return None
    mine = (BindingRow.provider_id == provider.id, BindingRow.person_id == known[0].person_id)
    return None if store.bindings(work.session, *mine) else known[0].person_id


def refused(work: Work, provider_id: UUID, refusal: OutsideRefused, *, source: str) -> None:
    """Put a sign-in that failed on record, and count it where somebody may be guessing."""
    source = lockout.source_of(source)
    if refusal.why in _COUNTED:
        fail(work, source)
    details = {"provider": str(provider_id), "why": refusal.why.value, "problem": refusal.problem, "source": source}
    record(work, _who(None), "session.refused", ("provider", provider_id), details, tenant_id=PLATFORM)


def fail(work: Work, source: str) -> timedelta:
    """Count one failure of an address, together with its wrong passwords, and return how long it must wait."""
    key = f"source:{source}"
    before = signin_store.lock_tallies(work.session, [key], work.now())[key]
    after = lockout.failed(before, work.now(), lockout.SOURCE)
    signin_store.write_tally(work.session, key, after)
    return lockout.waiting(after, work.now())


def waiting(work: Work, source: str) -> timedelta:
    """Return how long an address must wait before it may try anything."""
    key = f"source:{source}"
    return lockout.waiting(signin_store.lock_tallies(work.session, [key], work.now())[key], work.now())


def forget_old(work: Work) -> int:
    """Drop sign-ins and codes of over two days ago; return how many."""
    return store.forget(work.session, work.now() - _KEPT_FOR)


def _who(person_id: UUID | None) -> Actor:
    kind = ActorKind.SYSTEM if person_id is None else ActorKind.PERSON
    return Actor(kind=kind, id=person_id or PLATFORM, name="", tenant_id=PLATFORM)
