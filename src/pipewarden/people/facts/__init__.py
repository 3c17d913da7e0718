"""The frozen words of people: who there is, where, what they may do, how they sign in, what is on record."""

from pipewarden.people.facts.access import (
    CROSSING,
    Actor,
    ActorKind,
    AreaRef,
    Grant,
    RoleBook,
    Scope,
    ScopedRow,
)
from pipewarden.people.facts.area import Area, Ground, NewArea, PointAreas
from pipewarden.people.facts.errors import ForbiddenError, NotFoundError
from pipewarden.people.facts.record import Anchor, AuditBreak, AuditEntry, Duty, Switch
from pipewarden.people.facts.signin import ApiKey, MadeKey, NewPerson, SessionInfo, SignedIn, SignInRefused
from pipewarden.people.facts.who import (
    PLATFORM,
    ROLE_NAMES,
    Membership,
    NewMembership,
    Organisation,
    OrganisationKind,
    Person,
    PersonState,
    Role,
    RoleName,
    Tenant,
)

__all__ = [
    "CROSSING",
    "PLATFORM",
    "ROLE_NAMES",
    "Actor",
    "ActorKind",
    "Anchor",
    "ApiKey",
    "Area",
    "AreaRef",
    "AuditBreak",
    "AuditEntry",
    "Duty",
    "ForbiddenError",
    "Grant",
    "Ground",
    "MadeKey",
    "Membership",
    "NewArea",
    "NewMembership",
    "NewPerson",
    "NotFoundError",
    "Organisation",
    "OrganisationKind",
    "Person",
    "PersonState",
    "PointAreas",
    "Role",
    "RoleBook",
    "RoleName",
    "Scope",
    "ScopedRow",
    "SessionInfo",
    "SignInRefused",
    "SignedIn",
    "Switch",
    "Tenant",
]
