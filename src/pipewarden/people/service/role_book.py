"""The role book: shipped as a file, kept as dated rows; what a role permits where no row says otherwise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pipewarden.people.facts import PLATFORM, FactorPolicy, Role, RoleBook, Scope
from pipewarden.people.rules import factor
from pipewarden.people.rules.roles_file import read_roles
from pipewarden.people.store import people as store
from pipewarden.people.store import role_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work


@cache
def shipped_roles() -> RoleBook:
    """Return the role book of this release; what a role permits where no row says otherwise."""
    return read_roles(role_file.text(), role_file.FILE)


@cache
def _sign_in() -> tuple[FactorPolicy, ...]:
    return factor.read_policy(role_file.text(role_file.SIGN_IN), role_file.SIGN_IN, shipped_roles().permissions)


def factor_policy(now: datetime) -> FactorPolicy:
    """Return who owes a second factor, and what asks for a fresh one, at a moment."""
    return factor.in_force(_sign_in(), now.date())


def import_roles(work: Work, book: RoleBook | None = None) -> int:
    """Write the book's roles as the platform's rows; return how many were new. Run it at every start."""
    book = book or shipped_roles()
    source = f"{role_file.FILE} {book.version}"
    rows = [
        {
            "id": work.ids.new(),
            "tenant_id": PLATFORM,
            "role": role.value,
            "effective_from": book.effective_from,
            "permissions": {permission: scope.value for permission, scope in sorted(permitted.items())},
            "source": source,
            "created_at": work.now(),
            "created_by": PLATFORM,
        }
        for role, permitted in sorted(book.roles.items())
    ]
    return store.add_role_versions(work.session, rows)


def permitted(work: Work, tenant_id: UUID, role: Role) -> Mapping[str, Scope]:
    """Return what a role permits in a tenant now."""
    found = store.permitted(work.session, tenant_id, role, work.now())
    return shipped_roles().roles[role] if found is None else found
