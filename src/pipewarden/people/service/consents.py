"""What people agreed to, by purpose and version, given and withdrawn; and their wish to be forgotten, as a case.

A consent is somebody's own: nobody gives one for another. Another text is another version and needs another yes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import ActorKind, ConsentError, ForbiddenError, NotFoundError, ScopedRow
from pipewarden.people.facts.privacy import Consent, Erasure, ErasureState, Purpose
from pipewarden.people.rules import retention as rules
from pipewarden.people.service.access import check_reach, require_row
from pipewarden.people.service.audit import record
from pipewarden.people.service.retention import let_go
from pipewarden.people.store import privacy as store
from pipewarden.people.store.privacy_file import privacy_policy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.people.ports import Keeper

MANAGE = "person:manage"
ANSWERED_IN = timedelta(days=15)  # product default: PIPL art. 50 says "in time" (及时) and names no days
_BATCH, _MOST_ROUNDS = 500, 200


def say_consent(work: Work, actor: Actor, purpose: Purpose, version: int, *, given: bool) -> Consent:
    """Give or withdraw one's own consent to the text of a version; withdrawing works for every version.

    Raises:
        ForbiddenError: a device or the command line has no consent to give.
        InputError: the version is not the one that is shown now.
    """
    _check_person(actor)
    current = privacy_policy().purposes[purpose].version
    if given and version != current:
        fix = f"Read version {current} and agree to that one."
        raise InputError(field="version", problem=f"{version} is not the text that is shown now", fix=fix)
    made = Consent(work.ids.new(), work.tenant_id, actor.id, purpose, version, given, work.now())
    store.add_consent(work.session, made)
    act = "consent.given" if given else "consent.withdrawn"
    record(work, actor, act, ("person", actor.id), {"purpose": purpose.value, "version": version})
    return made


def consents_of(work: Work, actor: Actor) -> list[Consent]:
    """Return everything the actor said about purposes to the tenant worked for, oldest first.

    Raises:
        ForbiddenError: the actor is no person.
    """
    _check_person(actor)
    return store.consents(work.session, work.tenant_id, actor.id)


def consented(work: Work, person_id: UUID, purpose: Purpose) -> bool:
    """Say whether a person's last word on a purpose is a yes to the text that is shown now."""
    said = [one for one in store.consents(work.session, work.tenant_id, person_id) if one.purpose is purpose]
    return bool(said) and said[-1].given and said[-1].version == privacy_policy().purposes[purpose].version


def require_consent(work: Work, person_id: UUID, purpose: Purpose) -> None:
    """Refuse to go on where a person has not agreed to a purpose (PIPL art. 13, 29); ask before anything is written.

    ``Purpose.LOCATION``: positions of somebody on patrol, and trips that a person begins. ``Purpose.TRAINING``:
    pictures that a person sent. Devices, API keys and vehicles are no persons: who calls tells them apart by
    ``actor.kind``.

    Raises:
        ConsentError: no yes to the text that is shown now stands.
    """
    if not consented(work, person_id, purpose):
        raise ConsentError(purpose, privacy_policy().purposes[purpose].version)


def ask_erasure(work: Work, actor: Actor, words: str = "") -> Erasure:
    """Ask to be forgotten by the tenant worked for: a case with a day by which it is answered.

    Raises:
        ForbiddenError: the actor is no person.
        RefusedError: one is under way.
    """
    _check_person(actor)
    if any(one.state is ErasureState.ASKED for one in store.erasures(work.session, work.tenant_id, person_id=actor.id)):
        raise RefusedError(field="erasure", problem="is asked for already", fix="Wait for the answer.")
    now = work.now()
    made = Erasure(work.ids.new(), work.tenant_id, actor.id, words.strip(), now, now + ANSWERED_IN)
    store.add_erasure(work.session, made)
    record(work, actor, "erasure.asked", ("erasure", made.id), {"due_at": made.due_at.isoformat()})
    return made


def erasures(work: Work, actor: Actor) -> list[Erasure]:
    """Return the wishes to be forgotten by the tenant worked for, the oldest first.

    Raises:
        ForbiddenError, NotFoundError: the actor answers none, or not here.
    """
    require_row(actor, MANAGE, ScopedRow(tenant_id=work.tenant_id), "erasure")
    return store.erasures(work.session, work.tenant_id)


def erasures_waiting(work: Work) -> list[datetime]:
    """Return when each wish that nobody answered was asked, the oldest first: for the house's own watch, no names."""
    return store.asked_since(work.session, work.tenant_id)


def erasures_of(work: Work, actor: Actor) -> list[Erasure]:
    """Return the actor's own wishes."""
    _check_person(actor)
    return store.erasures(work.session, work.tenant_id, person_id=actor.id)


def refuse_erasure(work: Work, actor: Actor, erasure_id: UUID, *, reason: str) -> Erasure:
    """Refuse a wish, with the reason that the person is told.

    Raises:
        ForbiddenError, NotFoundError: the actor answers none, or there is none that waits.
        InputError: no reason is given.
    """
    asked = _waiting(work, actor, erasure_id)
    words = rules.check_reason(reason)
    return _end(work, actor, replace(asked, state=ErasureState.REFUSED, reason=words))


def erase(work: Work, actor: Actor, keepers: Sequence[Keeper], erasure_id: UUID, *, reason: str) -> Erasure:
    """Grant a wish: everything that the keepers have of the person goes, with proof; what a hold keeps stays.

    The account is emptied of name, sign-in and contacts. Records name the person by an id that leads nowhere then.

    Raises:
        ForbiddenError, NotFoundError: the actor answers none, there is none that waits, or the person also belongs to
            a tenant out of the actor's reach.
        InputError: no reason is given.
    """
    asked = _waiting(work, actor, erasure_id)
    check_reach(work, actor, MANAGE, asked.person_id, "person")
    words = rules.check_reason(reason)
    deleted = held = 0
    for keeper in keepers:
        gone, kept = _forget(work, keeper, asked)
        deleted, held = deleted + gone, held + kept
    store.empty_person(work.session, asked.person_id, work.now())
    return _end(work, actor, replace(asked, state=ErasureState.DONE, reason=words, deleted=deleted, held=held))


def _forget(work: Work, keeper: Keeper, asked: Erasure) -> tuple[int, int]:
    deleted, kept = 0, set[str]()
    for _ in range(_MOST_ROUNDS):
        found = [one for one in keeper.of_person(work, asked.person_id, _BATCH + len(kept)) if one.id not in kept]
        if not found:
            break
        gone = let_go(work, keeper, found, f"erase:{asked.id}")
        kept |= {one.id for one in found} - gone
        deleted += len(gone)
    return deleted, len(kept)


def _waiting(work: Work, actor: Actor, erasure_id: UUID) -> Erasure:
    require_row(actor, MANAGE, ScopedRow(tenant_id=work.tenant_id), "erasure")
    for one in store.erasures(work.session, work.tenant_id):
        if one.id == erasure_id and one.state is ErasureState.ASKED:
            return one
    raise NotFoundError.of("erasure")


def _end(work: Work, actor: Actor, done: Erasure) -> Erasure:
    ended = replace(done, ended_at=work.now(), ended_by=actor.id)
    store.end_erasure(work.session, ended)
    details = {"state": ended.state.value, "reason": ended.reason, "deleted": ended.deleted, "held": ended.held}
    record(work, actor, "erasure.ended", ("erasure", ended.id), details)
    return ended


def _check_person(actor: Actor) -> None:
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as the person whose data it is.")
