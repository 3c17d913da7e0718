"""A person's own key, for a map program that cannot sign in: it reads layers as that person, for a time, and no more.

It opens the map layers alone (the door sees to that), with what its person may do at that moment: a role that ends
ends it too. Taking pipe geometry out must be named, and asks for a fresh second factor when the key is made.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import literal

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import Actor, ActorKind, ApiKey, ForbiddenError, MadeKey
from pipewarden.people.rules import tokens
from pipewarden.people.service.access import person_of, require, require_proof, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.keys import check_name, write_key
from pipewarden.people.store import signin as store
from pipewarden.people.store.signin import ApiKeyRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from pipewarden.kit.work import Work
    from pipewarden.people.service.gate import Gate

MAP_READS = ("area:read", "camera:read", "alarm:read", "site:read", "filing:read")
PIPES = "network:export"
_LONGEST_LIFE = timedelta(days=92)
_MOST = 5
_TOUCH = timedelta(minutes=1)


def make_own_key(
    work: Work, gate: Gate, actor: Actor, name: str, *, expires_at: datetime, pipes: bool = False
) -> MadeKey:
    """Make a key by which the actor's map program reads layers as the actor; its text is in the answer only.

    Where:
        expires_at: at most 92 days ahead.
        pipes: whether it takes pipe geometry out too.

    Raises:
        ForbiddenError: no person asks, whose password was not given lately, who reads no layer, or may not take pipes
            out (``StepUpError`` without a fresh second factor).
        InputError: name or expiry is unusable.
        RefusedError: there are five that hold.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="key", problem="is for persons", fix="Sign in.")
    require_proof(actor, work.now(), gate.limits)
    check_name(name)
    if not work.now() < expires_at <= work.now() + _LONGEST_LIFE:
        raise InputError(field="expires_at", problem="is not within 92 days from now", fix="Give a nearer day.")
    held = [one for one in MAP_READS if actor.grants_for(one)]
    if not held:
        require(actor, MAP_READS[0])
    if pipes:
        require(actor, PIPES)
        held.append(PIPES)
    if len(_live(work, actor)) >= _MOST:
        raise RefusedError(field="key", problem=f"would be more than {_MOST}", fix="End one that you do not use.")
    made = write_key(
        work,
        gate,
        actor,
        name=name.strip(),
        permissions=tuple(sorted(held)),
        area_id=None,
        expires_at=expires_at,
        person_id=actor.id,
    )
    details = {"prefix": made.key.prefix, "name": made.key.name, "permissions": list(made.key.permissions)}
    record(work, actor, "own_key.made", ("api_key", made.key.id), details)
    return made


def own_keys(work: Work, actor: Actor) -> list[ApiKey]:
    """Return the actor's own keys in the tenant worked for, newest first, dead ones included."""
    return store.keys(work.session, ApiKeyRow.person_id == actor.id, ApiKeyRow.tenant_id == work.tenant_id)


def revoke_own_key(work: Work, actor: Actor, key_id: UUID) -> None:
    """Refuse one of the actor's own keys from now on.

    Raises:
        NotFoundError: the actor has no such key that holds.
    """
    old = visible(next((one for one in _live(work, actor) if one.id == key_id), None), "api_key")
    store.change_keys(work.session, [old.id], {"revoked_at": work.now()})
    record(work, actor, "own_key.revoked", ("api_key", old.id), {"prefix": old.prefix})


def reader_by_key(session: Session, text: str, now: datetime) -> Actor | None:
    """Return the person whose own key this is, with what the key was made for and the person may do now.

    None (401) when it is unknown, expired, revoked, a device's, or its person is disabled.
    """
    parts = tokens.split_key(text)
    found = None if parts is None else store.key_with_grants(session, parts[0], now)
    if parts is None or found is None or found.ApiKeyRow.person_id is None:
        return None
    key = found.ApiKeyRow
    if not tokens.same_digest(key.secret_sha256, tokens.digest(parts[1])):
        return None
    if key.revoked_at is not None or now >= key.expires_at:
        return None
    rows = store.actor_rows_by_person(session, key.person_id, literal(key.tenant_id), now)
    if not rows:
        return None
    if key.last_used_at is None or now - key.last_used_at >= _TOUCH:
        store.change_keys(session, [key.id], {"last_used_at": now})
    actor = person_of(rows, key.tenant_id)
    return replace(actor, grants=tuple(one for one in actor.grants if one.permission in key.permissions))


def _live(work: Work, actor: Actor) -> Sequence[ApiKey]:
    now = work.now()
    return [one for one in own_keys(work, actor) if one.revoked_at is None and now < one.expires_at]
