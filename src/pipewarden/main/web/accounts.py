"""Accounts made from the command line: a house without persons has nobody who could add the first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.main.home import open_home
from pipewarden.main.web.app import real_gate
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A person to add, in words of the command line.

    Attributes:
        tenant: key; the settings' when None. Made on first use, as every command does.
        area: key or id of an area in sight; None for roles that need none.
        platform: for the whole platform instead of a tenant.
    """

    login: str
    name: str
    role: str
    tenant: str | None
    area: str | None
    platform: bool
    password: str = field(repr=False)
    must_change: bool = True


def add_account(settings: Settings, wanted: NewAccount) -> dict[str, object]:
    """Add the person with the membership, in one transaction, and return what was made.

    Raises:
        InputError: role, area, login or password cannot be used.
    """
    if wanted.role not in {role.value for role in Role}:
        known = ", ".join(role.value for role in Role)
        raise InputError(field="--role", problem=f"{wanted.role!r} is no role", fix=f"Choose from {known}.")
    gate, root = real_gate(), people.operator()
    with open_home(settings) as home, home.factory.sessions() as session, session.begin():
        clock, ids = home.factory.clock, home.factory.ids
        key = wanted.tenant or settings.tenant
        tenant_id = PLATFORM if wanted.platform else people.ensure_tenant(session, clock, ids, key).id
        work = Work(session=session, clock=clock, ids=ids, tenant_id=tenant_id)
        person = people.add_person(
            work, gate, root, NewPerson(wanted.login, wanted.name, wanted.password, wanted.must_change)
        )
        area_id = None if wanted.area is None else _area(work, wanted.area)
        people.grant(
            work,
            root,
            NewMembership(
                person_id=person.id,
                tenant_id=tenant_id,
                role=Role(wanted.role),
                begins_at=work.now(),
                area_id=area_id,
            ),
        )
    return {
        "id": str(person.id),
        "login": person.login,
        "role": wanted.role,
        "tenant": "platform" if wanted.platform else key,
        "area": None if area_id is None else str(area_id),
    }


def _area(work: Work, word: str) -> UUID:
    found = [one.id for one in people.areas(work) if word in {one.key, str(one.id)}]
    if len(found) != 1:
        problem = f"{word!r} is no area here" if not found else f"{word!r} names {len(found)} areas"
        raise InputError(field="--area", problem=problem, fix="Give the area's id; GET /v1/areas lists them.")
    return found[0]
