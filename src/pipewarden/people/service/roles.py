"""Editing roles: a tenant's edit is a dated row, on record, tried before, and never reaches past the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import PLATFORM, Role, RoleChange, RoleState, Scope, ScopedRow
from pipewarden.people.rules import factor
from pipewarden.people.rules.access import changed, check_edit, seen_of
from pipewarden.people.service.access import require_row
from pipewarden.people.service.audit import record
from pipewarden.people.service.role_book import factor_policy, permitted, shipped_roles
from pipewarden.people.store import people as store
from pipewarden.people.store import record as record_store
from pipewarden.people.store.people import MembershipRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_LONGEST_REASON = 500
_EDIT = "edit "  # begins the source of a version that somebody wrote; the others name the file that ships


def role_states(work: Work, actor: Actor) -> list[RoleState]:
    """Return what every role permits in the tenant worked for now, since when, and who said so.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no roles, or not here.
    """
    require_row(actor, "role:read", ScopedRow(tenant_id=work.tenant_id), "role")
    book = shipped_roles()
    rows = {Role(one.role): one for one in store.role_versions(work.session, work.tenant_id, work.now())}
    found = []
    for role in Role:
        row = rows.get(role)
        permissions = book.roles[role] if row is None else store.scopes_of(row.permissions)
        found.append(
            RoleState(
                role=role,
                permissions=permissions,
                own=row is not None and row.source.startswith(_EDIT),
                since=book.effective_from if row is None else row.effective_from,
                by=None if row is None or row.created_by == PLATFORM else row.created_by,
                seen=seen_of(permissions),
            )
        )
    return found


def preview_role(work: Work, actor: Actor, role: Role, wanted: Mapping[str, Scope]) -> RoleChange:
    """Return who would gain and lose what by an edit, refused like the edit itself; nothing is changed.

    Raises:
        ForbiddenError, NotFoundError, RefusedError, InputError: as for ``edit_role``.
    """
    require_row(actor, "role:edit", ScopedRow(tenant_id=work.tenant_id), "role")
    check_edit(actor, shipped_roles(), role, wanted, tenant_edit=work.tenant_id != PLATFORM)
    before = permitted(work, work.tenant_id, role)
    added, removed = changed(before, wanted)
    policy = factor_policy(work.now())
    mine = (MembershipRow.tenant_id == work.tenant_id, MembershipRow.role == role.value)
    return RoleChange(
        role=role,
        added=added,
        removed=removed,
        holders=tuple(store.memberships(work.session, *mine, store.not_over(work.now()))),
        owes=factor.role_owes(policy, role, wanted),
        owed=factor.role_owes(policy, role, before),
        fresh=tuple(name for name, _ in added if name in policy.step_up),
    )


def edit_role(
    work: Work, actor: Actor, role: Role, wanted: Mapping[str, Scope], *, reason: str, seen: str | None = None
) -> None:
    """Change what a role permits in the tenant worked for, from now on; the old version stays on record.

    Where:
        seen: names the permissions that the edit was made from; None does not ask.

    Raises:
        ForbiddenError: the actor edits no roles.
        NotFoundError: not in this tenant.
        RefusedError: the actor holds the role, the edit reaches past the tenant or gives what stays apart, or somebody
            else has edited the role meanwhile.
        InputError: a permission does not exist, or no reason is given.
    """
    require_row(actor, "role:edit", ScopedRow(tenant_id=work.tenant_id), "role")
    if not 0 < len(reason.strip()) <= _LONGEST_REASON or not reason.isprintable():
        raise InputError(
            field="reason", problem="is empty, too long or not printable", fix="Say why in up to 500 characters."
        )
    check_edit(actor, shipped_roles(), role, wanted, tenant_edit=work.tenant_id != PLATFORM)
    if seen is not None:
        record_store.lock_chain(work.session, work.tenant_id)  # two edits at once: the second sees the first
    before = permitted(work, work.tenant_id, role)
    if seen is not None and seen != seen_of(before):
        raise RefusedError(
            field="seen", problem="is not what the role permits any more", fix="Read the role again, then edit it."
        )
    made = store.add_role_versions(
        work.session,
        [
            {
                "id": work.ids.new(),
                "tenant_id": work.tenant_id,
                "role": role.value,
                "effective_from": work.now(),
                "permissions": {permission: scope.value for permission, scope in sorted(wanted.items())},
                "source": f"{_EDIT}{work.ids.new()}",
                "created_at": work.now(),
                "created_by": actor.id,
            }
        ],
    )
    if made != 1:
        raise RuntimeError("a role version with a fresh source must be new")
    added, removed = ([f"{name}@{scope}" for name, scope in one] for one in changed(before, wanted))
    record(work, actor, "role.edited", ("role", role.value), {"reason": reason, "added": added, "removed": removed})
