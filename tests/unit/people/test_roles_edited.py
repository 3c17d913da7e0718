"""A tenant's edit of a role: read, tried before it is made, made once, and outlived by nothing it should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, NotFoundError, Role, Scope

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor, RoleState


@pytest.fixture
def guard(city: City) -> Actor:
    return city.actor(Role.SECURITY_ADMIN, tenant=city.a)


def state(city: City, actor: Actor, role: Role) -> RoleState:
    found = service.role_states(city.at(actor.tenant_id), actor)
    assert [one.role for one in found] == list(Role)
    return next(one for one in found if one.role is role)


def test_a_role_is_as_shipped_until_the_tenant_edits_it(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    fresh = state(city, guard, Role.LOCATOR)
    assert (fresh.own, fresh.by) == (False, None)
    assert fresh.since == service.shipped_roles().effective_from
    service.import_roles(city.at(PLATFORM))
    assert state(city, guard, Role.LOCATOR) == fresh, "rows of the platform say the same"

    wanted = dict(fresh.permissions) | {"alarm:export": Scope.AREA}
    service.edit_role(work, guard, Role.LOCATOR, wanted, reason="x", seen=fresh.seen)
    edited = state(city, guard, Role.LOCATOR)
    assert (edited.own, edited.by, edited.since) == (True, guard.id, work.now())
    assert edited.permissions == wanted
    assert edited.seen != fresh.seen
    neighbour = city.actor(Role.AUDITOR, tenant=city.b)
    assert state(city, neighbour, Role.LOCATOR) == fresh, "another tenant's roles are its own"


def test_the_command_lines_edit_is_nobodys_name(city: City, guard: Actor) -> None:
    service.edit_role(city.at(city.a.id), city.root, Role.LOCATOR, {"area:read": Scope.TENANT}, reason="x")
    found = state(city, guard, Role.LOCATOR)
    assert (found.own, found.by) == (True, None)


def test_a_preview_says_who_gains_and_loses_and_changes_nothing(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    one = city.actor(Role.RESIDENT, tenant=city.a)
    city.actor(Role.RESIDENT, tenant=city.b)
    gone = city.actor(Role.RESIDENT, tenant=city.a)
    service.end_membership(work, guard, gone.memberships[0].id)
    before = state(city, guard, Role.RESIDENT)
    wanted = dict(before.permissions) | {"network:export": Scope.TENANT, "strike:read": Scope.AREA}
    del wanted["report:create"]
    change = service.preview_role(work, guard, Role.RESIDENT, wanted)
    assert change.added == (("network:export", Scope.TENANT), ("strike:read", Scope.AREA))
    assert change.removed == (("report:create", Scope.OWN), ("strike:read", Scope.OWN))
    assert [held.person_id for held in change.holders] == [one.id], "not who left, and nobody of another tenant"
    assert (change.owed, change.owes, change.fresh) == (False, True, ("network:export",))
    assert state(city, guard, Role.RESIDENT) == before
    nothing = service.preview_role(work, guard, Role.RESIDENT, before.permissions)
    assert (nothing.added, nothing.removed, nothing.fresh) == ((), (), ())
    assert nothing.owes == nothing.owed


def test_the_second_of_two_edits_is_told(city: City, guard: Actor) -> None:
    work, seen = city.at(city.a.id), state(city, guard, Role.LOCATOR).seen
    service.edit_role(work, guard, Role.LOCATOR, {"alarm:read": Scope.AREA}, reason="one", seen=seen)
    with pytest.raises(RefusedError) as caught:
        service.edit_role(work, guard, Role.LOCATOR, {"area:read": Scope.TENANT}, reason="two", seen=seen)
    assert caught.value.field == "seen"
    assert service.permitted(work, city.a.id, Role.LOCATOR) == {"alarm:read": Scope.AREA}


def test_who_may_not_edit_may_not_try_either(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    assert state(city, admin, Role.DISPATCHER)
    with pytest.raises(ForbiddenError):
        service.preview_role(work, admin, Role.DISPATCHER, {})
    with pytest.raises(ForbiddenError):
        service.role_states(work, city.actor(Role.DISPATCHER, tenant=city.a, area=city.north))
    with pytest.raises(NotFoundError):
        service.preview_role(city.at(city.b.id), guard, Role.DISPATCHER, {})
    with pytest.raises(RefusedError, match="yourself"):
        service.preview_role(work, guard, Role.SECURITY_ADMIN, {})
    with pytest.raises(InputError, match="does not exist"):
        service.preview_role(work, guard, Role.DISPATCHER, {"alarm:fly": Scope.OWN})
    for role in (Role.DISPATCHER, Role.TENANT_ADMIN):
        with pytest.raises(RefusedError, match="separation"):
            service.edit_role(work, guard, role, {"audit:read": Scope.TENANT}, reason="x")


def test_a_tenant_is_made_and_renamed_by_the_house_alone(city: City, guard: Actor) -> None:
    root, work = city.actor(Role.PLATFORM_ADMIN), city.at(PLATFORM)
    made = service.add_tenant(work, root, "gas-new", " 新气 ")
    assert (made.key, made.name) == ("gas-new", "新气")
    assert service.rename_tenant(work, root, made.id, "新奥").name == "新奥"
    assert service.tenant_names(work, [made.id]) == {made.id: "新奥"}
    with pytest.raises(RefusedError, match="taken"):
        service.add_tenant(work, root, "gas-new", "x")
    for key, name in (("no key", "x"), ("key", " "), ("key", "x" * 201)):
        with pytest.raises(InputError):
            service.add_tenant(work, root, key, name)
    with pytest.raises(NotFoundError):
        service.rename_tenant(work, root, city.root.id, "x")
    for who in (guard, city.actor(Role.TENANT_ADMIN, tenant=city.a)):
        with pytest.raises(ForbiddenError):
            service.add_tenant(work, who, "other", "x")
        with pytest.raises(ForbiddenError):
            service.rename_tenant(city.at(city.a.id), who, city.a.id, "x")
