"""Signing in by a code to a phone: the same answer, rows and waits whether or not the number is known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import UnavailableError
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, CodeAsked, HandleKind, NotFoundError, SignInRefused
from pipewarden.people.rules import codes as rules
from pipewarden.people.rules import lockout, tokens
from pipewarden.people.service import outside as doors
from pipewarden.people.service.audit import record
from pipewarden.people.service.oidc import fail, waiting
from pipewarden.people.service.role_book import shipped_roles
from pipewarden.people.service.signin import open_session
from pipewarden.people.service.switches import Switchboard
from pipewarden.people.store import outside as store
from pipewarden.people.store.outside import CodeRow, HandleRow

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Browser, SignedIn
    from pipewarden.people.service.gate import Gate
    from pipewarden.people.service.outside import Outside

_DRAWN = 16  # bytes


def check_messenger(work: Work, outside: Outside) -> None:
    """Refuse to promise a code that nothing would bring.

    Raises:
        UnavailableError: no messenger is configured, or it is switched off everywhere; the same for every number.
    """
    if not outside.messenger.real or Switchboard(work).off("channel:sms"):
        raise UnavailableError(
            field="phone",
            problem="gets no codes: no messenger that reaches phones is set up here, or it is switched off",
            fix="Sign in with your password, or ask the operator to set up a text message gateway.",
        )


def ask_code(
    work: Work, gate: Gate, outside: Outside, tenant_id: UUID | None, phone: str, *, source: str
) -> CodeAsked | SignInRefused:
    """Send a code to a phone that somebody of the tenant is recognised by; say the same to every other number.

    Raises:
        InputError: it is no phone number.
        UnavailableError: no messenger is configured.
    """
    check_messenger(work, outside)
    plain, source = rules.normal_phone(phone), lockout.source_of(source)
    mac = doors.address_mac(outside, HandleKind.PHONE, plain)
    store.lock(work.session, f"phone:{mac.hex()}", f"source:{source}")
    wait = max(waiting(work, source), _pause(work, mac, source))
    if wait:
        return SignInRefused(retry_after=wait)
    handle_id = _whose(work, tenant_id, mac)
    challenge, code = work.ids.new(), rules.code_of(gate.entropy(_DRAWN))
    store.add_code(
        work.session,
        id=challenge,
        tenant_id=tenant_id or PLATFORM,
        phone_mac=mac,
        code_mac=rules.code_mac(outside.handle_key, challenge, code),
        handle_id=handle_id,
        source=source,
        asked_at=work.now(),
    )
    if handle_id is not None:
        # before the commit: a code that comes and is not valid harms nobody; waiting for it would tell whose it is
        outside.messenger.hand(plain, rules.words(code))
    return CodeAsked(challenge, rules.VALID, rules.MINUTE)


def _pause(work: Work, mac: bytes, source: str) -> timedelta:
    now = work.now()
    by_phone = store.codes_asked(work.session, CodeRow.phone_mac == mac, now - rules.DAY)
    by_source = store.codes_asked(work.session, CodeRow.source == source, now - rules.DAY)
    return max(rules.pause(by_phone, rules.PHONE, now), rules.pause(by_source, rules.SOURCE, now))


def _whose(work: Work, tenant_id: UUID | None, mac: bytes) -> UUID | None:
    """Return the handle of a number; a number that is nobody's costs the same questions."""
    found = store.handles(
        work.session,
        HandleRow.tenant_id == (tenant_id or PLATFORM),
        HandleRow.kind == HandleKind.PHONE.value,
        HandleRow.address_mac == mac,
    )
    held = doors.let_in(work, found[0].person_id if found else PLATFORM, tenant_id or PLATFORM)
    return found[0].id if found and rules.may_by_phone(held, shipped_roles()) else None


def use_code(
    work: Work, gate: Gate, outside: Outside, challenge: UUID, code: str, *, browser: Browser
) -> SignedIn | SignInRefused:
    """Open a session for the right code; the caller commits in both cases, so that every try is counted."""
    source = lockout.source_of(browser.source)
    wait = waiting(work, source)
    if wait:
        return SignInRefused(retry_after=wait)
    found = store.code(work.session, challenge)
    mac = rules.code_mac(outside.handle_key, challenge, code)
    if found is None or rules.over(found.asked_at, found.tries, found.ended_at, work.now()):
        return _refuse(work, source, challenge)
    right = tokens.same_digest(found.code_mac, mac) and found.handle_id is not None
    last = right or found.tries + 1 >= rules.TRIES
    store.tried(work.session, challenge, work.now() if last else None)
    person_id = _person(work, found.handle_id, found.tenant_id) if right else None
    if person_id is None:
        return _refuse(work, source, challenge)
    try:
        return open_session(
            work,
            gate,
            person_id,
            how="phone",
            source=browser.source,
            agent=browser.agent,
            tenant_id=None if found.tenant_id == PLATFORM else found.tenant_id,
            previous_token=browser.previous_token,
        )
    except NotFoundError:
        return _refuse(work, source, challenge)


def _person(work: Work, handle_id: UUID, tenant_id: UUID) -> UUID | None:
    """Return whose handle it is, if it still is and they may still come in by it."""
    found = store.handles(work.session, HandleRow.id == handle_id)
    if not found or not rules.may_by_phone(doors.let_in(work, found[0].person_id, tenant_id), shipped_roles()):
        return None
    return found[0].person_id


def _refuse(work: Work, source: str, challenge: UUID) -> SignInRefused:
    wait = fail(work, source)
    nobody = Actor(kind=ActorKind.SYSTEM, id=PLATFORM, name="", tenant_id=PLATFORM)
    details = {"source": source, "how": "phone"}
    record(work, nobody, "session.refused", ("challenge", challenge), details, tenant_id=PLATFORM)
    return SignInRefused(retry_after=wait)
