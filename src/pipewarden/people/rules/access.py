"""Who may do what: the scope rule in plain Python, which the SQL filter must agree with row for row."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import (
    CROSSING,
    PLATFORM,
    Actor,
    ActorKind,
    AreaRef,
    ForbiddenError,
    Grant,
    Membership,
    NewMembership,
    NotFoundError,
    Role,
    RoleBook,
    Scope,
    ScopedRow,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NEEDS_AREA = frozenset({Scope.AREA, Scope.TENANTS_IN_AREA})


def allows(actor: Actor, permission: str, row: ScopedRow) -> bool:
    """Return whether ``actor`` may do ``permission`` on ``row``; one grant that reaches the row is enough."""
    return any(_reaches(actor, grant, row) for grant in actor.grants_for(permission))


def _reaches(actor: Actor, grant: Grant, row: ScopedRow) -> bool:
    same_tenant = row.tenant_id == grant.tenant_id
    match grant.scope:
        case Scope.PLATFORM:
            return True
        case Scope.TENANT:
            return same_tenant
        case Scope.AREA:
            return same_tenant and _inside(grant, row)
        case Scope.TENANTS_IN_AREA:
            return _inside(grant, row)
        case Scope.OWN:
            return row.owner_id == actor.id and (same_tenant or grant.tenant_id == PLATFORM)


def _inside(grant: Grant, row: ScopedRow) -> bool:
    """A tenant's own areas never widen what another tenant or a regulator sees; shared areas count for all."""
    if grant.area_path is None:
        return False
    prefix, owners = grant.area_path, {PLATFORM, grant.tenant_id}
    return any(area.tenant_id in owners and area.path.startswith(prefix) for area in row.areas)


def grants_of(held: Iterable[tuple[Membership, Mapping[str, Scope]]]) -> tuple[Grant, ...]:
    """Return the grants of memberships, each with what its role permits."""
    return tuple(
        Grant(
            permission=permission,
            scope=scope,
            tenant_id=membership.tenant_id,
            area_path=membership.area_path,
            role=membership.role,
        )
        for membership, permitted in held
        for permission, scope in sorted(permitted.items())
    )


def check_grant(actor: Actor, wanted: NewMembership, permitted: Mapping[str, Scope], area: AreaRef | None) -> None:
    """Refuse a membership that ``actor`` must not give.

    Where:
        permitted: what the wanted role permits in that tenant.
        area: the wanted area, when there is one.

    Raises:
        ForbiddenError: the actor grants no roles, or the role reaches past one tenant and the actor does not.
        NotFoundError: the tenant or area is outside the actor's scope.
        RefusedError: it is the actor's own membership.
        InputError: the role needs an area and none is named.
    """
    if not actor.grants_for("membership:grant"):
        raise refused(actor, "membership:grant")
    row = ScopedRow(tenant_id=wanted.tenant_id, areas=() if area is None else (area,))
    if not allows(actor, "membership:grant", row):
        raise NotFoundError.of("tenant")
    _check_width(actor, wanted, permitted)
    everywhere = any(grant.scope is Scope.PLATFORM for grant in actor.grants_for("membership:grant"))
    if not everywhere and (wanted.tenant_id == PLATFORM or CROSSING & set(permitted.values())):
        raise ForbiddenError.of(f"membership:grant of {wanted.role}")
    if wanted.person_id == actor.id:
        raise RefusedError(field="person_id", problem="is yourself", fix="Another administrator must give you a role.")
    if area is None and _NEEDS_AREA & set(permitted.values()):
        raise InputError(
            field="area_id", problem=f"is empty, and {wanted.role} is bound to an area", fix="Name the area."
        )
    if area is not None and area.tenant_id not in {PLATFORM, wanted.tenant_id}:
        raise NotFoundError.of("area")


def _check_width(actor: Actor, wanted: NewMembership, permitted: Mapping[str, Scope]) -> None:
    """Who grants inside an area only must not open the whole tenant by it, beyond what they see of it themselves."""
    bare = ScopedRow(tenant_id=wanted.tenant_id)
    if allows(actor, "membership:grant", bare):
        return
    wider = sorted(name for name, scope in permitted.items() if scope is Scope.TENANT and not allows(actor, name, bare))
    if wider:
        raise ForbiddenError.of(f"membership:grant of {wanted.role} ({wider[0]})")


def check_role(book: RoleBook, wanted: NewMembership, held: Iterable[Role]) -> None:
    """Refuse a role that a person must not hold there, or not beside what they hold.

    Raises:
        InputError: the role is for devices, or not one for the whole platform, or the time runs backwards.
        RefusedError: duties that must stay separate would meet in one person.
    """
    if wanted.role is Role.DEVICE:
        raise InputError(field="role", problem="device is for API keys", fix="Make an API key for the device instead.")
    if wanted.tenant_id == PLATFORM and wanted.role not in book.platform_roles:
        raise InputError(field="tenant_id", problem=f"is missing for {wanted.role}", fix="Name the tenant it is for.")
    if wanted.ends_at is not None and wanted.ends_at <= wanted.begins_at:
        raise InputError(field="ends_at", problem="is not after begins_at", fix="Give a later end, or none.")
    together = {*held, wanted.role}
    for apart in book.separate:
        if wanted.role in apart and len(apart & together) > 1:
            names = " and ".join(sorted(apart & together))
            raise RefusedError(
                field="role", problem=f"{names} must not meet in one person", fix="Give one of them to somebody else."
            )


def check_edit(actor: Actor, book: RoleBook, role: Role, permitted: Mapping[str, Scope], *, tenant_edit: bool) -> None:
    """Refuse a change of a role's permissions that would let a tenant out of its bounds.

    Raises:
        InputError: a permission does not exist.
        RefusedError: the actor holds the role, or a tenant's edit reaches past that tenant, or it gives what keeps the
            administrations of system, security and audit apart.
    """
    for permission in permitted:
        if permission not in book.permissions:
            raise InputError(
                field="permissions", problem=f"{permission!r} does not exist", fix="See policy/roles.yaml."
            )
    if actor.kind is ActorKind.PERSON and role in {membership.role for membership in actor.memberships}:
        raise RefusedError(
            field="role", problem=f"you hold {role} yourself", fix="Ask an administrator who does not hold it."
        )
    if tenant_edit:
        shipped = book.roles[role]
        wider = sorted(p for p, scope in permitted.items() if scope in CROSSING and shipped.get(p) is not scope)
        if wider:
            raise RefusedError(
                field="permissions",
                problem=f"{', '.join(wider)} would reach past the tenant",
                fix="Use the scope own, area or tenant.",
            )
        kept = sorted(one for one in permitted if one in book.kept and one not in shipped)
        if kept:
            raise RefusedError(
                field="permissions",
                problem=f"{', '.join(kept)} stays with the roles that ship with it (separation of duties)",
                fix="Give the person such a role instead, by POST /v1/memberships.",
            )


def changed(
    before: Mapping[str, Scope], after: Mapping[str, Scope]
) -> tuple[tuple[tuple[str, Scope], ...], tuple[tuple[str, Scope], ...]]:
    """Return what an edit adds, with the new scopes, and what it takes away, with the old ones."""
    added = tuple((name, scope) for name, scope in sorted(after.items()) if before.get(name) is not scope)
    removed = tuple((name, scope) for name, scope in sorted(before.items()) if after.get(name) is not scope)
    return added, removed


def seen_of(permitted: Mapping[str, Scope]) -> str:
    """Return a short name of exactly these permissions, for an edit to say what it was made from."""
    words = "\n".join(f"{name}@{scope}" for name, scope in sorted(permitted.items()))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
