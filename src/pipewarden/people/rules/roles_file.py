"""Reading ``policy/roles.yaml``: what a role may do is dated data, checked before it is believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import CROSSING, Role, RoleBook, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

# Across tenants only looking is allowed: an order to another tenant goes through that tenant's own people.
_LOOKING = frozenset({"read", "export", "verify"})
_ASKED = frozenset({"government:answer"})  # what the other tenant itself has reported to who answers


class _File(BaseModel):
    """The file as written; every key beyond these is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: date
    effective_from: date
    source: str
    resources: dict[str, dict[str, str]]
    platform_roles: list[Role]
    separate: list[list[Role]]
    kept: list[str] = []
    roles: dict[Role, dict[Scope, list[str]]]

    def known(self) -> dict[str, str]:
        """Return every permission with its meaning."""
        return {f"{what}:{act}": words for what, acts in self.resources.items() for act, words in acts.items()}

    @model_validator(mode="after")
    def _whole(self) -> _File:
        missing = sorted(set(Role) - set(self.roles))
        if missing:
            raise ValueError(f"roles: {', '.join(missing)} is not described")
        known = self.known()
        strange = sorted(set(self.kept) - set(known))
        if strange:
            raise ValueError(f"kept: {strange[0]!r} is not among the resources")
        for role, scopes in self.roles.items():
            _check_role(role, scopes, known)
        return self


def _check_role(role: Role, scopes: Mapping[Scope, list[str]], known: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for scope, permissions in scopes.items():
        for permission in permissions:
            if permission not in known:
                raise ValueError(f"roles.{role}.{scope}: {permission!r} is not among the resources")
            if permission in seen:
                raise ValueError(f"roles.{role}: {permission!r} has two scopes; write the wider one only")
            seen.add(permission)
            if scope is Scope.TENANTS_IN_AREA and permission.split(":")[1] not in _LOOKING and permission not in _ASKED:
                raise ValueError(f"roles.{role}.{scope}: {permission!r} acts on other tenants; only looking is allowed")
    if role is Role.DEVICE and CROSSING & set(scopes):
        raise ValueError("roles.device: a device never reaches past its tenant")


def read_roles(text: str, name: str) -> RoleBook:
    """Return the role book written in ``text`` (YAML; ``name`` is the file, for errors).

    ``effective_from`` is a day in UTC.

    Raises:
        InputError: the file breaks a rule; the field names the place.
    """
    try:
        read = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(field=name, problem=f"is not YAML ({error})", fix="Restore it from the release.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            field=f"{name}:{place}" if place else name, problem=first["msg"], fix="Mend this entry and load it again."
        ) from error
    return RoleBook(
        version=read.version,
        effective_from=datetime.combine(read.effective_from, time(), tzinfo=UTC),
        permissions=read.known(),
        roles={
            role: {permission: scope for scope, permissions in scopes.items() for permission in permissions}
            for role, scopes in read.roles.items()
        },
        platform_roles=frozenset(read.platform_roles),
        separate=tuple(frozenset(apart) for apart in read.separate),
        kept=frozenset(read.kept),
    )
