"""Tenants' use cases: a command line or a first start needs one to act for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people import store
from pipewarden.people.facts import Tenant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipewarden.kit.clock import Clock
    from pipewarden.kit.ids import IdSource

_LONGEST_KEY = 40


def ensure_tenant(session: Session, clock: Clock, ids: IdSource, key: str) -> Tenant:
    """Return the tenant named ``key``, made on first use; safe when two processes do so at once.

    Raises:
        InputError: the key is not 1-40 letters, digits, ``-`` or ``_``.
    """
    if not (0 < len(key) <= _LONGEST_KEY and key.replace("-", "").replace("_", "").isalnum()):
        raise InputError(
            field="PIPEWARDEN_TENANT", problem=f"{key!r} is not a tenant key", fix="Use letters, digits, - and _."
        )
    if (known := store.by_key(session, key)) is not None:
        return known
    store.add(session, Tenant(id=ids.new(), key=key, name=key, created_at=clock.now()))
    made = store.by_key(session, key)
    if made is None:
        raise RuntimeError("a tenant just inserted must be readable")
    return made
