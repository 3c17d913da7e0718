"""Editing roles: a tenant's edit is a dated row, on record, and never reaches past the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import PLATFORM, Role, Scope, ScopedRow
from pipewarden.people.rules.access import check_edit
from pipewarden.people.service.access import require_row
from pipewarden.people.service.audit import record
from pipewarden.people.service.role_book import permitted, shipped_roles
from pipewarden.people.store import people as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_LONGEST_REASON = 500


def edit_role(work: Work, actor: Actor, role: Role, wanted: Mapping[str, Scope], *, reason: str) -> None:
    """Change what a role permits in the tenant worked for, from now on; the old version stays on record.

    Raises:
        ForbiddenError: the actor edits no roles.
        NotFoundError: not in this tenant.
        RefusedError: the actor holds the role, or the edit reaches past the tenant.
        InputError: a permission does not exist, or no reason is given.
    """
    require_row(actor, "role:edit", ScopedRow(tenant_id=work.tenant_id), "role")
    if not 0 < len(reason.strip()) <= _LONGEST_REASON or not reason.isprintable():
        raise InputError(
            field="reason", problem="is empty, too long or not printable", fix="Say why in up to 500 characters."
        )
    check_edit(actor, shipped_roles(), role, wanted, tenant_edit=work.tenant_id != PLATFORM)
    before = permitted(work, work.tenant_id, role)
    made = store.add_role_versions(
        work.session,
        [
            {
                "id": work.ids.new(),
                "tenant_id": work.tenant_id,
                "role": role.value,
                "effective_from": work.now(),
                "permissions": {permission: scope.value for permission, scope in sorted(wanted.items())},
                "source": f"edit {work.ids.new()}",
                "created_at": work.now(),
                "created_by": actor.id,
            }
        ],
    )
    if made != 1:
        raise RuntimeError("a role version with a fresh source must be new")
    added = sorted(f"{name}@{scope}" for name, scope in wanted.items() if before.get(name) is not scope)
    removed = sorted(f"{name}@{scope}" for name, scope in before.items() if wanted.get(name) is not scope)
    record(work, actor, "role.edited", ("role", role.value), {"reason": reason, "added": added, "removed": removed})
