"""Who there is: tenants, organisations, persons and the memberships that tie them to a role and an area."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

# The nil UUID stands for the platform itself where a row belongs to no single tenant (shared administrative areas,
# a regulator's membership, the shipped role book), so that tenant_id is NOT NULL in every table.
PLATFORM = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Tenant:
    """One operator of the platform, for instance a city's gas company."""

    id: UUID
    key: str
    name: str
    created_at: datetime


class OrganisationKind(StrEnum):
    """What an organisation is to the works near a pipe."""

    GAS_COMPANY = "gas_company"
    REGULATOR = "regulator"
    STREET_OFFICE = "street_office"
    CONSTRUCTION_OWNER = "construction_owner"
    CONTRACTOR = "contractor"
    SUPERVISION_COMPANY = "supervision_company"
    PROPERTY_COMPANY = "property_company"
    EXPERT_BODY = "expert_body"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company or authority as one tenant knows it."""

    id: UUID
    tenant_id: UUID
    kind: OrganisationKind
    name: str
    created_at: datetime


class Role(StrEnum):
    """What somebody is here; what that permits is data (``policy/roles.yaml``)."""

    PLATFORM_ADMIN = "platform_admin"
    TENANT_ADMIN = "tenant_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"
    SAFETY_MANAGER = "safety_manager"
    DISPATCHER = "dispatcher"
    PATROLLER = "patroller"
    STANDBY_SUPERVISOR = "standby_supervisor"
    LOCATOR = "locator"
    REGULATOR = "regulator"
    GRID_WORKER = "grid_worker"
    PROPERTY_MANAGER = "property_manager"
    OWNER = "owner"
    CONTRACTOR = "contractor"
    SUPERVISING_ENGINEER = "supervising_engineer"
    COMMERCIAL_USER = "commercial_user"
    RESIDENT = "resident"
    EXPERT = "expert"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role in the two languages of the pages."""

    zh: str
    en: str


ROLE_NAMES: dict[Role, RoleName] = {
    Role.PLATFORM_ADMIN: RoleName("平台管理员", "platform administrator"),
    Role.TENANT_ADMIN: RoleName("租户管理员", "tenant administrator"),
    Role.SECURITY_ADMIN: RoleName("安全管理员", "security administrator"),
    Role.AUDITOR: RoleName("审计员", "auditor"),
    Role.SAFETY_MANAGER: RoleName("安全经理", "safety manager"),
    Role.DISPATCHER: RoleName("调度员", "dispatcher"),
    Role.PATROLLER: RoleName("巡线员", "patroller"),
    Role.STANDBY_SUPERVISOR: RoleName("旁站监护员", "standby supervisor"),
    Role.LOCATOR: RoleName("管线探测员", "locator"),
    Role.REGULATOR: RoleName("政府监管人员", "regulator"),
    Role.GRID_WORKER: RoleName("网格员", "grid worker"),
    Role.PROPERTY_MANAGER: RoleName("物业人员", "property manager"),
    Role.OWNER: RoleName("建设单位", "works owner"),
    Role.CONTRACTOR: RoleName("施工单位", "contractor"),
    Role.SUPERVISING_ENGINEER: RoleName("监理", "supervising engineer"),
    Role.COMMERCIAL_USER: RoleName("工商户", "commercial user"),
    Role.RESIDENT: RoleName("居民", "resident"),
    Role.EXPERT: RoleName("专家", "expert"),
    Role.DEVICE: RoleName("设备", "device"),
}


class PersonState(StrEnum):
    """Whether a person may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Person:
    """A human being; belongs to the platform and may serve several tenants."""

    id: UUID
    login: str
    name: str
    state: PersonState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewMembership:
    """A membership that somebody asks for.

    Attributes:
        tenant_id: whose rows it opens; ``PLATFORM`` for roles that the role book allows there.
        area_id: the area it is bound to; needed by every role with an area scope.
        begins_at: from this moment on.
        ends_at: up to this moment, excluded; None for an open end.
    """

    person_id: UUID
    tenant_id: UUID
    role: Role
    begins_at: datetime
    ends_at: datetime | None = None
    organisation_id: UUID | None = None
    area_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in a role, for a tenant, in an area, for a time; ``area_path`` is the area's place in the tree."""

    id: UUID
    person_id: UUID
    tenant_id: UUID
    role: Role
    begins_at: datetime
    ends_at: datetime | None
    organisation_id: UUID | None
    area_id: UUID | None
    area_path: str | None
