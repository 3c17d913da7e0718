"""Tenants and organisations: a command line or a first start needs a tenant to act for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import true

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import CROSSING, PLATFORM, Actor, Organisation, OrganisationKind, ScopedRow, Tenant
from pipewarden.people.service.access import require, require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.store import tenants as store
from pipewarden.people.store.scope import ScopedTable, scope_filter
from pipewarden.people.store.tenants import OrganisationRow, TenantRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from pipewarden.kit.clock import Clock
    from pipewarden.kit.ids import IdSource
    from pipewarden.kit.work import Work

_LONGEST_KEY = 40
_LONGEST_NAME = 200


def ensure_tenant(session: Session, clock: Clock, ids: IdSource, key: str) -> Tenant:
    """Return the tenant named ``key``, made on first use; safe when two processes do so at once.

    Raises:
        InputError: the key is not 1-40 letters, digits, ``-`` or ``_``.
    """
    _check_key(key, "PIPEWARDEN_TENANT")
    if (known := store.by_key(session, key)) is not None:
        return known
    store.add(session, Tenant(id=ids.new(), key=key, name=key, created_at=clock.now()))
    made = store.by_key(session, key)
    if made is None:
        raise RuntimeError("a tenant just inserted must be readable")
    return made


def _check_key(key: str, field: str) -> None:
    if not (0 < len(key) <= _LONGEST_KEY and key.replace("-", "").replace("_", "").isalnum()):
        raise InputError(field=field, problem=f"{key!r} is not a tenant key", fix="Use letters, digits, - and _.")


def _name(name: str) -> str:
    if not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-200 characters.")
    return name.strip()


def add_tenant(work: Work, actor: Actor, key: str, name: str) -> Tenant:
    """Make a tenant that nobody belongs to yet; its first security administrator is given a role next.

    Raises:
        ForbiddenError, NotFoundError: the actor makes no tenants.
        InputError: key or name is unusable.
        RefusedError: the key is taken.
    """
    require_row(actor, "tenant:manage", ScopedRow(tenant_id=PLATFORM), "tenant")
    _check_key(key, "key")
    made = Tenant(id=work.ids.new(), key=key, name=_name(name), created_at=work.now())
    store.add(work.session, made)
    if store.by_key(work.session, key) != made:
        raise RefusedError(field="key", problem="is taken", fix="Choose another; keys are never used again.")
    record(work, actor, "tenant.added", ("tenant", made.id), {"key": key, "name": made.name}, tenant_id=PLATFORM)
    return made


def rename_tenant(work: Work, actor: Actor, tenant_id: UUID, name: str) -> Tenant:
    """Give a tenant another name, as its people read it; the key stays.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        InputError: the name is unusable.
    """
    require_row(actor, "tenant:manage", ScopedRow(tenant_id=tenant_id), "tenant")
    before = visible(store.by_id(work.session, tenant_id), "tenant")
    made = replace(before, name=_name(name))
    store.rename(work.session, tenant_id, made.name)
    details = {"before": before.name, "name": made.name}
    record(work, actor, "tenant.renamed", ("tenant", tenant_id), details, tenant_id=tenant_id)
    return made


def tenant_by_key(work: Work, key: str) -> UUID | None:
    """Return the id of the tenant of a key, None where there is none; for pages that nobody has signed in to yet."""
    found = store.by_key(work.session, key)
    return None if found is None else found.id


def tenant_acted_for(work: Work) -> Tenant | None:
    """Return the tenant that the unit of work acts for, or None for the platform; its name is no secret to its own."""
    return store.by_id(work.session, work.tenant_id)


def tenants(work: Work, actor: Actor, *, permission: str = "tenant:read") -> list[Tenant]:
    """Return the tenants that the actor may see, or of whose rows the actor has another permission, oldest first.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    return store.tenants(work.session, scope_filter(actor, permission, ScopedTable(tenant_id=TenantRow.id)))


def tenants_reached(work: Work, actor: Actor, permission: str) -> list[UUID]:
    """Return the tenants some of whose rows a permission of the actor may reach: all of them where an area decides.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    require(actor, permission)
    grants = actor.grants_for(permission)
    if any(grant.scope in CROSSING for grant in grants):
        return [one.id for one in store.tenants(work.session, true())]
    return sorted({grant.tenant_id for grant in grants})


def tenant_names(work: Work, tenant_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of tenants by id, for who has read rows of theirs; who is not there is left out."""
    return {one.id: one.name for one in store.tenants(work.session, TenantRow.id.in_(set(tenant_ids)))}


def add_organisation(
    work: Work, actor: Actor, kind: OrganisationKind, name: str, *, shared: bool = False
) -> Organisation:
    """Add a company or authority to the tenant worked for, or to the platform when ``shared``.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not there.
        InputError: the name is empty or too long.
    """
    tenant_id = PLATFORM if shared else work.tenant_id
    require_row(actor, "organisation:manage", ScopedRow(tenant_id=tenant_id), "tenant")
    made = Organisation(id=work.ids.new(), tenant_id=tenant_id, kind=kind, name=_name(name), created_at=work.now())
    store.add_organisation(work.session, made)
    details = {"kind": kind.value, "name": made.name}
    record(work, actor, "organisation.added", ("organisation", made.id), details, tenant_id=tenant_id)
    return made


def organisations(work: Work, actor: Actor) -> list[Organisation]:
    """Return the organisations that the actor may see, oldest first.

    Raises:
        ForbiddenError: the actor reads no organisations.
    """
    table = ScopedTable(tenant_id=OrganisationRow.tenant_id)
    return store.organisations(work.session, scope_filter(actor, "organisation:read", table))
