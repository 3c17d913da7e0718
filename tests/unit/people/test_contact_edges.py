"""Contact points where rights, ids and counts meet their edges: whose, in which tenant, in which order, how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import Address, ContactKind, ForbiddenError, NewContact, NotFoundError, Role

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
WECOM = NewContact(ContactKind.WECOM, KEY)
MAIL = NewContact(ContactKind.EMAIL, "zhang@example.org")
DINGTALK = NewContact(ContactKind.DINGTALK, "abcdef0123456789", "SECabc12345")


def acts(city: City) -> list[tuple[str, str]]:
    told = service.read(city.at(city.a.id), service.operator(city.a.id), limit=1000)
    return [(one.object_kind, one.details) for one in told if one.act == "contacts.set"]


def test_a_first_password_must_be_changed_before_contacts_are_seen_or_set(city: City) -> None:
    me = replace(city.actor(Role.PATROLLER, tenant=city.a, area=city.north), must_change=True)
    here = city.at(city.a.id)
    for act in (lambda: service.contacts(here, me, me.id), lambda: service.set_contacts(here, me, me.id, [WECOM])):
        with pytest.raises(ForbiddenError):
            act()
    assert service.contacts_of(here, [me.id]) == {}


def test_what_is_refused_changes_nothing(city: City) -> None:
    """The second of two is wrong: the first must not have taken the place of what was there."""
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    before = service.set_contacts(here, me, me.id, [MAIL])
    with pytest.raises(InputError) as caught, here.session.begin_nested():
        service.set_contacts(here, me, me.id, [WECOM, NewContact(ContactKind.EMAIL, "no mail")])
    assert caught.value.field == "items.1.address"
    assert service.contacts(here, me, me.id) == before
    assert len(acts(city)) == 1


def test_eight_are_the_most_for_a_person_and_for_the_groups(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    here = city.at(city.a.id)
    several = [NewContact(ContactKind.WECOM, f"robot-key-{number}") for number in range(9)]
    assert [one.position for one in service.set_contacts(here, admin, admin.id, several[:8])] == list(range(8))
    assert len(service.set_robots(here, admin, several[:8])) == 8
    for act in (
        lambda: service.set_contacts(here, admin, admin.id, several),
        lambda: service.set_robots(here, admin, several),
    ):
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.field == "items"
    assert len(service.robots(here, admin)) == 8


def test_a_contact_point_keeps_its_kind(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    (mine,) = service.set_contacts(here, me, me.id, [WECOM])
    with pytest.raises(InputError) as caught:
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.FEISHU, KEY, id=mine.id)])
    assert caught.value.field == "items.0.id"


def test_one_that_was_taken_out_does_not_come_back_by_its_id(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    (gone,) = service.set_contacts(here, me, me.id, [WECOM])
    service.set_contacts(here, me, me.id, [])
    with pytest.raises(InputError):
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.WECOM, KEY, id=gone.id)])
    (again,) = service.set_contacts(here, me, me.id, [WECOM])
    assert again.id != gone.id


def test_groups_and_persons_do_not_share_ids(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    here = city.at(city.a.id)
    (robot,) = service.set_robots(here, admin, [WECOM])
    with pytest.raises(InputError):
        service.set_contacts(here, admin, admin.id, [NewContact(ContactKind.WECOM, KEY, id=robot.id)])
    service.set_contacts(here, admin, admin.id, [MAIL])
    assert service.robots(here, admin) == [robot], "a person's points are set beside the groups', not over them"
    assert service.contacts_of(here, [admin.id])[admin.id][0].kind is ContactKind.EMAIL


def test_a_signing_key_goes_with_the_address_that_it_signs_for(city: City) -> None:
    """Another robot without a key: the one before it must not sign for it."""
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    (mine,) = service.set_contacts(here, me, me.id, [DINGTALK])
    service.set_contacts(here, me, me.id, [NewContact(ContactKind.DINGTALK, "fedcba9876543210", id=mine.id)])
    assert service.address_of(here, mine.id) == Address(mine.id, "fedcba9876543210", "")
    with pytest.raises(InputError) as caught:
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.DINGTALK, "", "SECnew12345", id=mine.id)])
    assert caught.value.field == "items.0.address", "a key alone says not whose"


def test_a_new_name_proves_no_less_than_before_and_the_first_proof_counts(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    (mine,) = service.set_contacts(here, me, me.id, [MAIL])
    service.verified(here, mine.id)
    first = here.now()
    city.work.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]  # a clock that is set
    service.verified(here, mine.id)
    (named,) = service.set_contacts(here, me, me.id, [NewContact(ContactKind.EMAIL, id=mine.id, name="  家里  ")])
    assert (named.verified_at, named.name, named.shown) == (first, "家里", mine.shown)


def test_another_tenant_proves_nothing(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    (mine,) = service.set_contacts(here, me, me.id, [MAIL])
    service.verified(city.at(city.b.id), mine.id)
    assert service.contacts(here, me, me.id)[0].verified_at is None


def test_somebody_with_two_companies_is_reached_by_each_in_its_own_way(city: City) -> None:
    person = city.person()
    for tenant in (city.a, city.b):
        city.member(person, Role.SAFETY_MANAGER, tenant=tenant)
    made = {}
    for tenant, wanted in ((city.a, WECOM), (city.b, MAIL)):
        here = city.at(tenant.id)
        me = service.actor_of(here, person.id)
        assert me is not None
        made[tenant.id] = service.set_contacts(here, me, person.id, [wanted])
    for tenant in (city.a, city.b):
        assert service.contacts_of(city.at(tenant.id), [person.id]) == {person.id: made[tenant.id]}


def test_an_administrator_reaches_only_who_belongs_here_now(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    here = city.at(city.a.id)
    theirs = city.actor(Role.PATROLLER, tenant=city.b, area=city.north)
    gone = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    (held,) = gone.memberships
    service.end_membership(here, city.root, held.id, at=here.now())
    for other in (theirs.id, gone.id, city.work.ids.new()):
        with pytest.raises(NotFoundError):
            service.set_contacts(here, admin, other, [WECOM])
        with pytest.raises(NotFoundError):
            service.contacts(here, admin, other)


def test_the_audit_counts_what_was_taken_out_and_names_groups_as_the_tenants(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    here = city.at(city.a.id)
    service.set_robots(here, admin, [WECOM, DINGTALK])
    service.set_robots(here, admin, [])
    kinds = [kind for kind, _ in acts(city)]
    assert kinds == ["tenant", "tenant"]
    assert '"removed": 2' in acts(city)[1][1] or '"removed":2' in acts(city)[1][1]


@pytest.mark.parametrize("name", ["two\nlines", "bell\x07", "x" * 61])
def test_a_name_that_cannot_be_shown_is_refused(city: City, name: str) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    with pytest.raises(InputError) as caught:
        service.set_contacts(city.at(city.a.id), me, me.id, [MAIL, replace(WECOM, name=name)])
    assert caught.value.field == "items.1.name"
