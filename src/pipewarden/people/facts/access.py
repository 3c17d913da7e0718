"""What somebody may do: permissions with a scope, the actor who holds them, and the row they are held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from pipewarden.people.facts.factor import Lack
    from pipewarden.people.facts.who import Membership, Role


class Scope(StrEnum):
    """How far a permission reaches."""

    OWN = "own"  # rows whose owner is the actor
    AREA = "area"  # rows of the membership's tenant inside the membership's area
    TENANT = "tenant"  # every row of the membership's tenant
    TENANTS_IN_AREA = "tenants_in_area"  # rows of every tenant inside the membership's area: regulators read
    PLATFORM = "platform"  # every row


CROSSING = frozenset({Scope.TENANTS_IN_AREA, Scope.PLATFORM})  # scopes that reach past one tenant


@dataclass(frozen=True, slots=True)
class RoleBook:
    """Which role holds which permission at which scope: one dated version.

    Attributes:
        version: the day this version was written.
        effective_from: the moment it begins to hold.
        permissions: every ``resource:action`` that exists, with its meaning.
        roles: the permissions of each role; one scope for each.
        platform_roles: roles that may be held for the whole platform instead of one tenant.
        separate: roles that one person must not hold together for one tenant (separation of duties).
        kept: permissions that no tenant's edit gives to a role that ships without them.
    """

    version: date
    effective_from: datetime
    permissions: Mapping[str, str]
    roles: Mapping[Role, Mapping[str, Scope]]
    platform_roles: frozenset[Role]
    separate: tuple[frozenset[Role], ...]
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleState:
    """What a role permits in a tenant now, and since when.

    Attributes:
        permissions: by name, with their scope.
        own: the tenant edited it; else it is as shipped.
        since: when this began to hold.
        by: who edited it; None for what ships.
        seen: names exactly these permissions; an edit says it, so that nobody overwrites another's.
    """

    role: Role
    permissions: Mapping[str, Scope]
    own: bool
    since: datetime
    by: UUID | None
    seen: str


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What an edit of a role would do to those who hold it.

    Attributes:
        added: permissions that are new or reach another way, with the new scope.
        removed: permissions that go or reach another way, with the old scope.
        holders: memberships of the tenant that are active or will be; of the role device none, it has keys.
        owes: somebody who has this role owes a second factor after the edit.
        owed: and before it.
        fresh: of what is added, what asks for a fresh second factor each time.
    """

    role: Role
    added: tuple[tuple[str, Scope], ...]
    removed: tuple[tuple[str, Scope], ...]
    holders: tuple[Membership, ...]
    owes: bool
    owed: bool
    fresh: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission as one membership gives it.

    Attributes:
        tenant_id: the membership's tenant, or ``PLATFORM``.
        area_path: path of the membership's area; None reaches no area-scoped row.
    """

    permission: str
    scope: Scope
    tenant_id: UUID
    area_path: str | None
    role: Role


class ActorKind(StrEnum):
    """What kind of principal asks."""

    PERSON = "person"
    DEVICE = "device"
    OPERATOR = "operator"  # whoever has the machine's command line
    SYSTEM = "system"  # a job of the house itself


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, loaded once per request and passed to services.

    Attributes:
        id: the person's id, or the API key's for a device.
        tenant_id: the tenant acted for now (``PLATFORM`` for none).
        memberships: active now for that tenant or the platform.
        grants: what they permit; empty while the session lacks something.
        waiting: what they permit once the second factor is given anew; never part of ``grants``.
        session_id: the server-side session, None for devices and the command line.
        must_change: the password must be changed before anything else.
        proved_at: when the first factor was last given; setting up a first second factor asks for it.
        lacks: what must be done before the roles count.
        enrolled: a second factor is set up.
        factor_at: when this session last gave it.
    """

    kind: ActorKind
    id: UUID
    name: str
    tenant_id: UUID
    memberships: tuple[Membership, ...] = ()
    grants: tuple[Grant, ...] = field(default=(), repr=False)
    session_id: UUID | None = None
    must_change: bool = False
    proved_at: datetime | None = None
    waiting: tuple[Grant, ...] = field(default=(), repr=False)
    lacks: Lack | None = None
    enrolled: bool = False
    factor_at: datetime | None = None

    def grants_for(self, permission: str) -> tuple[Grant, ...]:
        """Return the grants that speak of ``permission``."""
        return tuple(grant for grant in self.grants if grant.permission == permission)

    def permissions(self) -> frozenset[str]:
        """Return every permission held at any scope: for menus, never for a decision about a row."""
        return frozenset(grant.permission for grant in (*self.grants, *self.waiting))


@dataclass(frozen=True, slots=True)
class AreaRef:
    """An area a row lies in: whose area it is, and its path."""

    tenant_id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class ScopedRow:
    """What the scope rule must know of a row: the pure twin of the columns that the SQL filter reads."""

    tenant_id: UUID
    owner_id: UUID | None = None
    areas: tuple[AreaRef, ...] = ()
