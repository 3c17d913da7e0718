"""Devices' keys: made once, shown once, stored as a hash, rotated with an overlap, revoked at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import PLATFORM, Actor, ApiKey, MadeKey, NotFoundError, Role, ScopedRow
from pipewarden.people.rules import tokens
from pipewarden.people.service.access import require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.role_book import permitted
from pipewarden.people.store import areas as area_store
from pipewarden.people.store import signin as store
from pipewarden.people.store.scope import ScopedTable, scope_filter
from pipewarden.people.store.signin import ApiKeyRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.service.gate import Gate

_LONGEST_LIFE = timedelta(days=731)
_LONGEST_OVERLAP = timedelta(days=30)
_LONGEST_NAME = 100


def make_key(
    work: Work,
    gate: Gate,
    actor: Actor,
    name: str,
    *,
    permissions: Sequence[str],
    expires_at: datetime,
    area_id: UUID | None = None,
) -> MadeKey:
    """Make a key for a device of the tenant worked for; its text is in the answer and nowhere else.

    Where:
        permissions: some of what the role ``device`` permits there.
        expires_at: at most two years ahead; there is no key without an end.
        area_id: binds the key to an area.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there; no such area.
        InputError: name, permissions or expiry is unusable.
    """
    require_row(actor, "api_key:manage", ScopedRow(tenant_id=work.tenant_id), "tenant")
    check_name(name)
    allowed = permitted(work, work.tenant_id, Role.DEVICE)
    unknown = sorted(set(permissions) - set(allowed))
    if unknown or not permissions:
        problem = f"{', '.join(unknown)} is not for devices" if unknown else "is empty"
        raise InputError(field="permissions", problem=problem, fix=f"Choose from {', '.join(sorted(allowed))}.")
    if not work.now() < expires_at <= work.now() + _LONGEST_LIFE:
        raise InputError(field="expires_at", problem="is not within two years from now", fix="Give a nearer day.")
    if area_id is not None:
        visible(area_store.by_id(work.session, area_id, [PLATFORM, work.tenant_id]), "area")
    made = write_key(
        work,
        gate,
        actor,
        name=name.strip(),
        permissions=tuple(sorted(set(permissions))),
        area_id=area_id,
        expires_at=expires_at,
    )
    details = {"prefix": made.key.prefix, "name": made.key.name, "permissions": list(made.key.permissions)}
    record(work, actor, "api_key.made", ("api_key", made.key.id), details)
    return made


def check_name(name: str) -> None:
    """Refuse a name that no list could show.

    Raises:
        InputError: it is empty, longer than 100 characters or not printable.
    """
    if not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-100 characters.")


def write_key(
    work: Work,
    gate: Gate,
    actor: Actor,
    *,
    name: str,
    permissions: tuple[str, ...],
    area_id: UUID | None,
    expires_at: datetime,
    person_id: UUID | None = None,
) -> MadeKey:
    """Write a key whose rights were checked; ``person_id`` makes it that person's own."""
    text, prefix, secret = tokens.key_text(gate.entropy(tokens.PREFIX_BYTES), gate.entropy(tokens.TOKEN_BYTES))
    key = ApiKey(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        prefix=prefix,
        name=name,
        permissions=permissions,
        area_id=area_id,
        created_at=work.now(),
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
        person_id=person_id,
    )
    store.add_key(work.session, key, tokens.digest(secret), actor.id)
    return MadeKey(key=key, text=text)


def rotate_key(
    work: Work,
    gate: Gate,
    actor: Actor,
    key_id: UUID,
    *,
    expires_at: datetime,
    overlap: timedelta = timedelta(hours=24),
) -> MadeKey:
    """Make a successor with the same rights; the old key works until ``overlap`` is over, so that no device is cut off.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no live key in reach.
        InputError: expiry or overlap is unusable.
    """
    now = work.now()
    old = _live(work, actor, key_id)
    if old.person_id is not None:
        raise NotFoundError.of("api_key")
    if not timedelta(0) <= overlap <= _LONGEST_OVERLAP:
        raise InputError(field="overlap", problem="is not within 30 days", fix="Give 0 to 30 days.")
    if not now < expires_at <= now + _LONGEST_LIFE:
        raise InputError(field="expires_at", problem="is not within two years from now", fix="Give a nearer day.")
    made = write_key(
        work,
        gate,
        actor,
        name=old.name,
        permissions=old.permissions,
        area_id=old.area_id,
        expires_at=expires_at,
    )
    ends = min(old.expires_at, now + overlap)
    store.change_keys(work.session, [old.id], {"expires_at": ends})
    details = {"prefix": made.key.prefix, "replaces": old.prefix, "old_ends_at": ends.isoformat()}
    record(work, actor, "api_key.rotated", ("api_key", made.key.id), details)
    return made


def revoke_key(work: Work, actor: Actor, key_id: UUID) -> None:
    """Refuse a key from now on.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no live key in reach.
    """
    old = _live(work, actor, key_id)
    store.change_keys(work.session, [old.id], {"revoked_at": work.now()})
    record(work, actor, "api_key.revoked", ("api_key", old.id), {"prefix": old.prefix})


_KEYS = ScopedTable(tenant_id=ApiKeyRow.tenant_id, area_id=ApiKeyRow.area_id)


def _live(work: Work, actor: Actor, key_id: UUID) -> ApiKey:
    found = store.keys(
        work.session,
        ApiKeyRow.id == key_id,
        ApiKeyRow.tenant_id == work.tenant_id,
        ApiKeyRow.revoked_at.is_(None),
        ApiKeyRow.expires_at > work.now(),
        scope_filter(actor, "api_key:manage", _KEYS),
    )
    return visible(next(iter(found), None), "api_key")


def keys(work: Work, actor: Actor) -> list[ApiKey]:
    """Return the keys that the actor may see, newest first, dead ones included.

    Raises:
        ForbiddenError: the actor reads no keys.
    """
    return store.keys(work.session, scope_filter(actor, "api_key:read", _KEYS))
