"""Persons, memberships and roles: who may give what to whom, and what nobody may give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    ForbiddenError,
    NewArea,
    NewMembership,
    NewPerson,
    NotFoundError,
    OrganisationKind,
    PersonState,
    Role,
    Scope,
    ScopedRow,
    SignedIn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor, Person

PASSWORD = "three herons over ice"  # noqa: S105  a test's own


@pytest.fixture
def admin(city: City):
    return city.actor(Role.TENANT_ADMIN, tenant=city.a)


@pytest.fixture
def guard(city: City):
    """Who gives roles: not the one who adds persons (GB/T 22239-2019 8.1.5.3)."""
    return city.actor(Role.SECURITY_ADMIN, tenant=city.a)


def wanted(city: City, person: Person, role: Role, **more: object) -> NewMembership:
    more.setdefault("tenant_id", city.a.id)
    more.setdefault("begins_at", city.work.now())
    return NewMembership(person_id=person.id, role=role, **more)


def test_nobody_exists_at_the_start(city: City) -> None:
    """A new tenant has no person, no key and no password: there is nothing to guess."""
    assert service.memberships(city.at(PLATFORM), city.root) == []
    assert service.keys(city.at(PLATFORM), city.root) == []


def test_an_administrator_adds_a_person_and_gives_a_role(city: City, admin: Actor, guard: Actor) -> None:
    work = city.at(city.a.id)
    person = service.add_person(work, city.gate, admin, NewPerson("Wang.Fang", "王芳", PASSWORD))
    assert person.login == "wang.fang"
    membership = service.grant(work, guard, wanted(city, person, Role.DISPATCHER, area_id=city.north.id))
    assert membership.area_path == city.north.path
    actor = service.actor_of(work, person.id)
    assert (
        service.allows(
            actor,
            "alarm:read",
            ScopedRow(city.a.id, areas=()),
        )
        is False
    )
    assert {grant.scope for grant in actor.grants_for("alarm:read")} == {Scope.AREA}
    listed = service.memberships(work, admin, role=Role.DISPATCHER)
    assert [(one.name, held.role) for one, held in listed] == [("王芳", Role.DISPATCHER)]


def test_a_one_time_password_opens_once_and_must_be_changed(city: City) -> None:
    word = service.one_time_password(city.gate.entropy)
    assert word != service.one_time_password(city.gate.entropy)
    person = city.person(password=word, must_change=True)
    answer = service.sign_in(city.at(PLATFORM), city.gate, person.login, word, source="x")
    assert isinstance(answer, SignedIn)
    assert answer.must_change


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewPerson("x", "名", None), "login"),
        (NewPerson("okay", "", None), "name"),
        (NewPerson("okay", "n" * 101, None), "name"),
        (NewPerson("okay", "a\u202eb", None), "name"),
        (NewPerson("okay", "名", "short"), "password"),
        (NewPerson("okay", "名", "okay is my password"), "password"),
    ],
)
def test_an_unusable_person_is_refused(city: City, new: NewPerson, field: str) -> None:
    with pytest.raises(InputError) as caught:
        service.add_person(city.at(PLATFORM), city.gate, city.root, new)
    assert caught.value.field == field


def test_a_login_is_given_once(city: City) -> None:
    city.person(login="zhao")
    with pytest.raises(InputError, match="taken"):
        city.person(login="ZHAO")


def test_those_without_the_right_are_forbidden(city: City) -> None:
    dispatcher = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    person = city.person()
    work = city.at(city.a.id)
    for call in (
        lambda: service.add_person(work, city.gate, dispatcher, NewPerson("other", "名", None)),
        lambda: service.grant(work, dispatcher, wanted(city, person, Role.DISPATCHER, area_id=city.north.id)),
        lambda: service.end_membership(work, dispatcher, dispatcher.memberships[0].id),
        lambda: service.reset_password(work, city.gate, dispatcher, person.id, PASSWORD),
        lambda: service.edit_role(work, dispatcher, Role.PATROLLER, {}, reason="x"),
        lambda: service.person_by_login(work, dispatcher, person.login),
        lambda: service.read(work, dispatcher),
    ):
        with pytest.raises(ForbiddenError):
            call()


def test_an_administrator_reaches_no_other_tenant(city: City, admin: Actor, guard: Actor) -> None:
    person = city.person()
    with pytest.raises(NotFoundError):
        service.grant(
            city.at(city.b.id), guard, wanted(city, person, Role.DISPATCHER, tenant_id=city.b.id, area_id=city.north.id)
        )
    foreign = city.actor(Role.DISPATCHER, tenant=city.b, area=city.north)
    with pytest.raises(NotFoundError):
        service.end_membership(city.at(city.a.id), guard, foreign.memberships[0].id)
    with pytest.raises(NotFoundError):
        service.reset_password(city.at(city.a.id), city.gate, admin, foreign.id, PASSWORD)
    with pytest.raises(NotFoundError):
        service.set_person_state(city.at(city.a.id), admin, foreign.id, PersonState.DISABLED)
    assert {held.tenant_id for _, held in service.memberships(city.at(city.a.id), admin)} == {city.a.id}


def test_a_tenant_cannot_make_a_regulator_or_a_platform_administrator(city: City, guard: Actor) -> None:
    person = city.person()
    work = city.at(city.a.id)
    for role in (Role.REGULATOR, Role.PLATFORM_ADMIN):
        with pytest.raises(ForbiddenError):
            service.grant(work, guard, wanted(city, person, role, area_id=city.north.id))
        with pytest.raises(NotFoundError):
            service.grant(work, guard, wanted(city, person, role, tenant_id=PLATFORM, area_id=city.north.id))


def test_nobody_gives_themselves_a_role(city: City, guard: Actor) -> None:
    me = type("Me", (), {"id": guard.id})
    with pytest.raises(RefusedError, match="yourself"):
        service.grant(city.at(city.a.id), guard, wanted(city, me, Role.SAFETY_MANAGER))


def test_administration_and_audit_stay_apart(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    auditor = city.person()
    service.grant(work, guard, wanted(city, auditor, Role.AUDITOR))
    with pytest.raises(RefusedError, match="auditor and tenant_admin"):
        service.grant(work, city.root, wanted(city, auditor, Role.TENANT_ADMIN))
    with pytest.raises(RefusedError, match="must not meet"):
        service.grant(city.at(PLATFORM), city.root, wanted(city, auditor, Role.PLATFORM_ADMIN, tenant_id=PLATFORM))
    service.grant(city.at(city.b.id), city.root, wanted(city, auditor, Role.TENANT_ADMIN, tenant_id=city.b.id))


@pytest.mark.parametrize("held", [Role.TENANT_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
@pytest.mark.parametrize("asked", [Role.TENANT_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
def test_system_security_and_audit_are_three_persons(city: City, held: Role, asked: Role) -> None:
    """GB/T 22239-2019 8.1.5.1-8.1.5.3; in another tenant the same person may hold another of the three."""
    person = city.person()
    city.member(person, held, tenant=city.a)
    if held is not asked:
        with pytest.raises(RefusedError, match="must not meet in one person"):
            city.member(person, asked, tenant=city.a)
    city.member(person, asked, tenant=city.b)


def test_who_adds_persons_gives_no_roles_and_the_other_way_round(city: City, admin: Actor, guard: Actor) -> None:
    work, person = city.at(city.a.id), city.person()
    with pytest.raises(ForbiddenError):
        service.grant(work, admin, wanted(city, person, Role.DISPATCHER, area_id=city.north.id))
    with pytest.raises(ForbiddenError):
        service.add_person(work, city.gate, guard, NewPerson("anyone", "名", None))
    for act in ("audit:read", "alarm:read", "api_key:manage", "switch:set", "evidence:read"):
        assert act not in guard.permissions()
    for act in ("membership:grant", "role:edit", "session:revoke", "factor:reset", "audit:read"):
        assert act not in admin.permissions()


def test_an_administrator_cannot_become_the_auditor_by_a_password(city: City, admin: Actor, guard: Actor) -> None:
    work = city.at(city.a.id)
    auditor = city.person(password=PASSWORD)
    service.grant(work, guard, wanted(city, auditor, Role.AUDITOR))
    with pytest.raises(RefusedError, match="kept apart"):
        service.reset_password(work, city.gate, admin, auditor.id, "seven boats under moss")
    service.reset_password(work, city.gate, city.root, auditor.id, "seven boats under moss")


def test_ones_own_password_is_changed_not_reset(city: City, admin: Actor) -> None:
    with pytest.raises(RefusedError, match="yourself"):
        service.reset_password(city.at(city.a.id), city.gate, admin, admin.id, PASSWORD)


def test_a_role_bound_to_an_area_needs_one(city: City, guard: Actor) -> None:
    person = city.person()
    with pytest.raises(InputError) as caught:
        service.grant(city.at(city.a.id), guard, wanted(city, person, Role.PATROLLER))
    assert caught.value.field == "area_id"


def test_memberships_are_checked_against_what_exists(city: City, guard: Actor) -> None:
    work, person = city.at(city.a.id), city.person()
    beyond = service.add_area(city.at(city.b.id), city.root, NewArea("b-beat", "名", city.north.id))
    foreign = service.add_organisation(city.at(city.b.id), city.root, OrganisationKind.CONTRACTOR, "乙施工")
    for more in (
        {"area_id": beyond.id},
        {"area_id": UUID(int=9)},
        {"area_id": city.north.id, "organisation_id": foreign.id},
        {"area_id": city.north.id, "organisation_id": UUID(int=9)},
    ):
        with pytest.raises(NotFoundError):
            service.grant(work, guard, wanted(city, person, Role.PATROLLER, **more))
    with pytest.raises(NotFoundError):
        service.grant(work, city.root, wanted(city, person, Role.TENANT_ADMIN, tenant_id=UUID(int=9)))
    ghost = type("Ghost", (), {"id": UUID(int=9)})
    with pytest.raises(NotFoundError):
        service.grant(work, guard, wanted(city, ghost, Role.AUDITOR))


def test_a_device_is_no_person_and_some_roles_need_a_tenant(city: City) -> None:
    person = city.person()
    with pytest.raises(InputError, match="API key"):
        service.grant(city.at(city.a.id), city.root, wanted(city, person, Role.DEVICE))
    with pytest.raises(InputError, match="Name the tenant"):
        service.grant(city.at(PLATFORM), city.root, wanted(city, person, Role.SAFETY_MANAGER, tenant_id=PLATFORM))
    with pytest.raises(InputError, match="later end"):
        service.grant(city.at(city.a.id), city.root, wanted(city, person, Role.AUDITOR, ends_at=city.work.now()))


def test_a_membership_holds_between_its_moments(city: City, later: Callable[..., None]) -> None:
    person = city.person()
    work, now = city.at(city.a.id), city.work.now()
    service.grant(
        work,
        city.root,
        wanted(city, person, Role.AUDITOR, begins_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)),
    )
    assert service.actor_of(work, person.id).grants == ()
    later(days=1)
    assert "audit:read" in service.actor_of(work, person.id).permissions()
    later(days=1)
    assert service.actor_of(work, person.id).memberships == ()


@pytest.mark.usefixtures("later")
def test_a_membership_ends_later_or_now(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    patroller = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    held = patroller.memberships[0]
    ends = city.work.now() + timedelta(hours=2)
    assert service.end_membership(work, guard, held.id, at=ends).ends_at == ends
    assert service.actor_of(work, patroller.id).memberships
    with pytest.raises(InputError, match="has passed"):
        service.end_membership(work, guard, held.id, at=city.work.now() - timedelta(seconds=1))
    service.end_membership(work, guard, held.id)
    assert service.actor_of(work, patroller.id).memberships == ()
    with pytest.raises(NotFoundError):
        service.end_membership(work, guard, held.id)


def test_several_roles_add_up(city: City) -> None:
    person = city.person()
    city.member(person, Role.PATROLLER, tenant=city.a, area=city.south)
    city.member(person, Role.DISPATCHER, tenant=city.a, area=city.north)
    city.member(person, Role.RESIDENT)
    actor = service.actor_of(city.at(city.a.id), person.id)
    assert {grant.area_path for grant in actor.grants_for("alarm:read")} == {city.north.path, city.south.path}
    assert {grant.tenant_id for grant in actor.grants_for("report:read")} == {city.a.id, PLATFORM}
    outside = service.actor_of(city.at(city.b.id), person.id)
    assert {membership.role for membership in outside.memberships} == {Role.RESIDENT}


def test_an_actor_takes_one_query_whatever_the_roles(city: City, count_statements: list[str]) -> None:
    person = city.person()
    for role in (Role.PATROLLER, Role.DISPATCHER, Role.LOCATOR):
        city.member(person, role, tenant=city.a, area=city.north)
    service.import_roles(city.at(PLATFORM))
    count_statements.clear()
    actor = service.actor_of(city.at(city.a.id), person.id)
    assert len(count_statements) == 1
    service.require(actor, "alarm:read")
    assert len(count_statements) == 1
    assert len(actor.memberships) == 3
    assert service.actor_of(city.at(city.a.id), UUID(int=3)) is None


def test_require_row_tells_403_from_404(city: City) -> None:
    dispatcher = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    with pytest.raises(NotFoundError):
        service.require_row(dispatcher, "alarm:merge", ScopedRow(city.b.id), "alarm")
    with pytest.raises(ForbiddenError):
        service.require_row(dispatcher, "network:import", ScopedRow(city.a.id), "network")


def test_a_tenants_edit_is_a_dated_row(city: City, guard: Actor, later: Callable[..., None]) -> None:
    work = city.at(city.a.id)
    service.import_roles(city.at(PLATFORM))
    patroller = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    other = city.actor(Role.PATROLLER, tenant=city.b, area=city.north)
    now = dict(service.permitted(work, city.a.id, Role.PATROLLER))
    del now["alarm:acknowledge"]
    now["alarm:export"] = Scope.AREA
    service.edit_role(work, guard, Role.PATROLLER, now, reason="巡线员不接警")
    edited = service.actor_of(work, patroller.id)
    assert "alarm:acknowledge" not in edited.permissions()
    assert "alarm:export" in edited.permissions()
    assert "alarm:acknowledge" in service.actor_of(city.at(city.b.id), other.id).permissions()
    later(days=2)
    release = replace(
        service.shipped_roles(), version=date(2026, 11, 21), effective_from=city.work.now() - timedelta(days=1)
    )
    assert service.import_roles(city.at(PLATFORM), release) == len(Role)
    assert "alarm:acknowledge" not in service.actor_of(work, patroller.id).permissions(), "an edit outlives a release"
    entry = service.read(work, city.root, limit=1000)[-1]
    assert entry.act == "role.edited"
    assert "alarm:export@area" in entry.details


def test_two_edits_in_one_moment_leave_the_later_one(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    service.edit_role(work, guard, Role.LOCATOR, {"alarm:read": Scope.AREA}, reason="one")
    service.edit_role(work, guard, Role.LOCATOR, {"area:read": Scope.TENANT}, reason="two")
    assert service.permitted(work, city.a.id, Role.LOCATOR) == {"area:read": Scope.TENANT}


def test_an_edit_never_reaches_past_the_tenant(city: City, guard: Actor) -> None:
    work = city.at(city.a.id)
    for scope in (Scope.PLATFORM, Scope.TENANTS_IN_AREA):
        with pytest.raises(RefusedError, match="past the tenant"):
            service.edit_role(work, guard, Role.DISPATCHER, {"alarm:read": scope}, reason="x")
    with pytest.raises(RefusedError, match="yourself"):
        service.edit_role(work, guard, Role.SECURITY_ADMIN, {"alarm:read": Scope.TENANT}, reason="x")
    with pytest.raises(InputError, match="does not exist"):
        service.edit_role(work, guard, Role.DISPATCHER, {"alarm:fly": Scope.OWN}, reason="x")
    with pytest.raises(InputError, match="reason"):
        service.edit_role(work, guard, Role.DISPATCHER, {}, reason=" ")
    with pytest.raises(NotFoundError):
        service.edit_role(city.at(city.b.id), guard, Role.DISPATCHER, {}, reason="x")


def test_a_regulators_rights_are_the_platforms_not_a_tenants(city: City, guard: Actor) -> None:
    person = city.person()
    city.member(person, Role.REGULATOR, area=city.langfang)
    service.edit_role(city.at(city.a.id), guard, Role.REGULATOR, {}, reason="we would rather not be seen")
    for tenant in (city.a, city.b):
        assert "alarm:read" in service.actor_of(city.at(tenant.id), person.id).permissions()


def test_organisations_are_seen_in_reach(city: City, admin: Actor) -> None:
    service.add_organisation(city.at(city.a.id), admin, OrganisationKind.CONTRACTOR, "甲施工")
    service.add_organisation(city.at(city.b.id), city.root, OrganisationKind.CONTRACTOR, "乙施工")
    service.add_organisation(city.at(city.a.id), city.root, OrganisationKind.REGULATOR, "住建局", shared=True)
    assert [one.name for one in service.organisations(city.at(city.a.id), admin)] == ["甲施工"]
    assert len(service.organisations(city.at(PLATFORM), city.root)) == 3
    with pytest.raises(NotFoundError):
        service.add_organisation(city.at(city.b.id), admin, OrganisationKind.OTHER, "丙")
    with pytest.raises(InputError):
        service.add_organisation(city.at(city.a.id), admin, OrganisationKind.OTHER, " ")


def test_a_person_is_found_by_login_to_be_given_a_role(city: City, guard: Actor) -> None:
    person = city.person(login="sunli")
    assert service.person_by_login(city.at(city.a.id), guard, "SunLi") == person
    with pytest.raises(NotFoundError):
        service.person_by_login(city.at(city.a.id), guard, "nobody")


def test_a_person_without_any_role_is_the_platforms(city: City, admin: Actor) -> None:
    person = city.person(password=PASSWORD)
    with pytest.raises(NotFoundError):
        service.reset_password(city.at(city.a.id), city.gate, admin, person.id, "seven boats under moss")
    service.reset_password(city.at(PLATFORM), city.gate, city.root, person.id, "seven boats under moss")
    with pytest.raises(InputError):
        service.reset_password(city.at(PLATFORM), city.gate, city.root, person.id, "weak")
