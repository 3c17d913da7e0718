"""Staying signed in: one token per browser, ends that hold, rotation whenever what it permits changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    ForbiddenError,
    NotFoundError,
    PersonState,
    Role,
    SignedIn,
    SignInRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Person

PASSWORD = "three herons over ice"  # noqa: S105  a test's own
OTHER = "seven boats under moss"


@pytest.fixture
def person(city: City):
    made = city.person(password=PASSWORD, login="liwei")
    city.member(made, Role.DISPATCHER, tenant=city.a, area=city.north)
    return made


def try_in(city: City, login: str, password: str, source: str = "10.0.0.9"):
    return service.sign_in(city.at(PLATFORM), city.gate, login, password, source=source)


def test_every_sign_in_has_its_own_token_and_a_carried_one_dies(city: City, person: Person) -> None:
    planted = city.sign_in(person)
    fresh = service.sign_in(
        city.at(PLATFORM), city.gate, "liwei", PASSWORD, source="10.0.0.1", previous_token=planted.token
    )
    assert fresh.token != planted.token
    assert service.actor_by_token(city.work.session, planted.token, city.work.now()) is None
    assert city.holder(fresh).id == person.id


def test_idle_and_absolute_ends_hold(city: City, person: Person, later: Callable[..., None]) -> None:
    signed = city.sign_in(person)
    for _ in range(24):
        later(minutes=29)
        city.holder(signed)
    later(minutes=25)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None, "12 hours are over"
    idle = city.sign_in(person)
    later(minutes=30)
    assert service.actor_by_token(city.work.session, idle.token, city.work.now()) is None


def test_a_request_costs_one_query_and_writes_at_most_once_a_minute(
    city: City, person: Person, later: Callable[..., None], count_statements: list[str]
) -> None:
    signed = city.sign_in(person)
    city.member(person, Role.LOCATOR, tenant=city.a, area=city.south)
    signed = city.sign_in(person)
    count_statements.clear()
    actor = city.holder(signed)
    assert len(count_statements) == 1
    assert len(actor.memberships) == 2
    later(seconds=61)
    count_statements.clear()
    city.holder(signed)
    assert [one.split()[0] for one in count_statements] == ["SELECT", "UPDATE"]


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "'; DROP TABLE people_sessions; --", "ü" * 43])
def test_a_wrong_token_is_nobody(city: City, person: Person, token: str) -> None:
    city.sign_in(person)
    assert service.actor_by_token(city.work.session, token, city.work.now()) is None


def test_csrf_is_bound_to_the_session(city: City, person: Person) -> None:
    one, two = city.sign_in(person), city.sign_in(person)
    actor = city.holder(one)
    assert service.csrf_right(one.token, actor, one.csrf)
    assert not service.csrf_right(one.token, actor, two.csrf)
    assert not service.csrf_right(two.token, actor, one.csrf)
    assert service.csrf_for(one.token, actor) == one.csrf, "a page loaded anew gets it again"
    with pytest.raises(NotFoundError):
        service.csrf_for(one.token, city.root)
    assert not service.csrf_right(one.token, actor, "")
    assert not service.csrf_right(one.token, city.root, one.csrf), "no session, no right token"


def test_sign_out_ends_this_browser_only(city: City, person: Person) -> None:
    desk, phone = city.sign_in(person), city.sign_in(person)
    service.sign_out(city.at(PLATFORM), city.holder(desk))
    assert service.actor_by_token(city.work.session, desk.token, city.work.now()) is None
    assert city.holder(phone).id == person.id


def test_one_lists_and_revokes_ones_own_sessions(city: City, person: Person) -> None:
    desk, phone = city.sign_in(person), city.sign_in(person, source="10.0.0.2")
    me = city.holder(desk)
    listed = service.sessions_of(city.at(city.a.id), city.gate, me, person.id)
    assert [one.id for one in listed] == [phone.session.id, desk.session.id]
    service.revoke_session(city.at(city.a.id), me, phone.session.id)
    assert service.actor_by_token(city.work.session, phone.token, city.work.now()) is None
    assert [one.id for one in service.sessions_of(city.at(city.a.id), city.gate, me, person.id)] == [desk.session.id]


def test_others_sessions_are_out_of_reach(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    colleague = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    for call in (
        lambda: service.sessions_of(city.at(city.a.id), city.gate, colleague, person.id),
        lambda: service.revoke_session(city.at(city.a.id), colleague, signed.session.id),
        lambda: service.revoke_session(city.at(city.a.id), colleague, colleague.id),
    ):
        with pytest.raises(ForbiddenError):
            call()
    foreign = city.actor(Role.SECURITY_ADMIN, tenant=city.b)
    for session_id in (signed.session.id, foreign.id):
        with pytest.raises(NotFoundError):
            service.revoke_session(city.at(city.b.id), foreign, session_id)
    admin = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    service.revoke_session(city.at(city.a.id), admin, signed.session.id)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None


def test_a_person_of_two_tenants_is_out_of_one_administrators_reach(city: City, person: Person) -> None:
    city.member(person, Role.DISPATCHER, tenant=city.b, area=city.south)
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    with pytest.raises(NotFoundError):
        service.reset_password(city.at(city.a.id), city.gate, admin, person.id, OTHER)
    with pytest.raises(NotFoundError):
        service.sessions_of(city.at(city.a.id), city.gate, admin, person.id)


def test_a_first_password_must_be_changed_before_anything_else(city: City) -> None:
    fresh = city.person(password=PASSWORD, must_change=True)
    city.member(fresh, Role.SAFETY_MANAGER, tenant=city.a)
    signed = city.sign_in(fresh)
    assert signed.must_change
    actor = city.holder(signed)
    assert actor.must_change
    assert actor.grants == ()
    with pytest.raises(ForbiddenError):
        service.require(actor, "alarm:read")
    changed = service.change_password(city.at(city.a.id), city.gate, actor, PASSWORD, OTHER, source="10.0.0.1")
    assert isinstance(changed, SignedIn)
    assert changed.must_change is False
    now_free = city.holder(changed)
    assert "alarm:read" in now_free.permissions()
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None


def test_changing_the_password_ends_every_other_session(city: City, person: Person) -> None:
    desk, phone = city.sign_in(person), city.sign_in(person)
    changed = service.change_password(city.at(city.a.id), city.gate, city.holder(desk), PASSWORD, OTHER, source="x")
    for token in (desk.token, phone.token):
        assert service.actor_by_token(city.work.session, token, city.work.now()) is None
    assert city.holder(changed).id == person.id
    assert isinstance(try_in(city, "liwei", PASSWORD), SignInRefused)
    assert isinstance(try_in(city, "liwei", OTHER), SignedIn)


def test_a_wrong_or_weak_change_changes_nothing(city: City, person: Person) -> None:
    actor = city.holder(city.sign_in(person))
    work = city.at(city.a.id)
    refused = service.change_password(work, city.gate, actor, "wrong password 1", OTHER, source="10.8.8.8")
    assert isinstance(refused, SignInRefused)
    for new, why in (("short", "characters"), (PASSWORD, "old one")):
        with pytest.raises(InputError, match=why):
            service.change_password(work, city.gate, actor, PASSWORD, new, source="10.8.8.8")
    assert isinstance(try_in(city, "liwei", PASSWORD), SignedIn)


def test_step_up_renews_the_proof_with_a_fresh_token(city: City, person: Person, later: Callable[..., None]) -> None:
    signed = city.sign_in(person)
    service.require_proof(city.holder(signed), city.work.now())
    later(minutes=11)
    actor = city.holder(signed)
    with pytest.raises(ForbiddenError, match="not given lately"):
        service.require_proof(actor, city.work.now())
    assert isinstance(service.prove(city.at(city.a.id), city.gate, actor, "no", source="10.0.0.1"), SignInRefused)
    again = service.prove(city.at(city.a.id), city.gate, actor, PASSWORD, source="10.0.0.1")
    assert again.token != signed.token
    assert again.session.expires_at == signed.session.expires_at, "step-up does not lengthen the shift"
    service.require_proof(city.holder(again), city.work.now())
    service.require_proof(city.root, city.work.now())


def test_acting_for_another_tenant_rotates_and_changes_what_is_seen(city: City, person: Person) -> None:
    city.member(person, Role.PATROLLER, tenant=city.b, area=city.south)
    signed = city.sign_in(person)
    first = city.holder(signed)
    assert {membership.tenant_id for membership in first.memberships} == {city.a.id}
    switched = service.act_for(city.at(city.a.id), city.gate, first, city.b.id)
    second = city.holder(switched)
    assert second.tenant_id == city.b.id
    assert {grant.tenant_id for grant in second.grants} == {city.b.id}
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None
    assert second.proved_at == first.proved_at
    stranger = city.actor(Role.DISPATCHER, tenant=city.a, area=city.north)
    with pytest.raises(NotFoundError):
        service.act_for(city.at(city.a.id), city.gate, stranger, city.b.id)


def test_sign_in_may_name_the_tenant(city: City, person: Person) -> None:
    city.member(person, Role.PATROLLER, tenant=city.b, area=city.south)
    named = service.sign_in(
        city.at(PLATFORM), city.gate, "liwei", PASSWORD, source="x", tenant_id=city.b.id, agent="b" * 500
    )
    assert named.session.tenant_id == city.b.id
    assert len(named.session.agent) == 200
    foreign = service.sign_in(city.at(PLATFORM), city.gate, "liwei", PASSWORD, source="x", tenant_id=city.he.id)
    assert foreign.session.tenant_id == city.a.id


def test_new_roles_and_lost_roles_end_the_sessions(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    city.member(person, Role.LOCATOR, tenant=city.a, area=city.south)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None
    signed = city.sign_in(person)
    lost = next(one for one in city.holder(signed).memberships if one.role is Role.LOCATOR)
    service.end_membership(city.at(city.a.id), city.root, lost.id)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None


def test_a_role_elsewhere_does_not_throw_anybody_out(city: City, person: Person) -> None:
    """Else one company's administrator could keep another company's dispatcher from working."""
    signed = city.sign_in(person)
    city.member(person, Role.PATROLLER, tenant=city.b, area=city.south)
    assert city.holder(signed).id == person.id
    city.member(person, Role.RESIDENT)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None


def test_a_disabled_person_is_out_at_once_and_comes_back(city: City, person: Person) -> None:
    signed = city.sign_in(person)
    work = city.at(PLATFORM)
    service.set_person_state(work, city.root, person.id, PersonState.DISABLED)
    assert service.actor_by_token(city.work.session, signed.token, city.work.now()) is None
    assert service.actor_of(city.at(city.a.id), person.id) is None
    assert isinstance(try_in(city, "liwei", PASSWORD), SignInRefused)
    service.set_person_state(work, city.root, person.id, PersonState.ACTIVE)
    assert isinstance(try_in(city, "liwei", PASSWORD), SignedIn)
