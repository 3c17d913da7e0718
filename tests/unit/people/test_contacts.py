"""How people are reached: who may say it, what of an address comes back, and that nothing of it stays behind."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import (
    Address,
    ContactKind,
    ForbiddenError,
    Language,
    NewContact,
    NotFoundError,
    Quiet,
    Role,
)
from pipewarden.people.rules.contact import address_of, masked

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WECOM = NewContact(ContactKind.WECOM, KEY)
MAIL = NewContact(ContactKind.EMAIL, "zhang@example.org", language=Language.EN, quiet=Quiet(time(22), time(7)))


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (WECOM, (KEY, "")),
        (NewContact(ContactKind.WECOM, f"https://qyapi.example.org/cgi-bin/webhook/send?key={KEY}"), (KEY, "")),
        (
            NewContact(
                ContactKind.DINGTALK, "https://oapi.example.org/robot/send?access_token=abc123def", "SECabc12345"
            ),
            ("abc123def", "SECabc12345"),
        ),
        (
            NewContact(ContactKind.FEISHU, "https://open.example.org/open-apis/bot/v2/hook/ab-cd_ef12/"),
            ("ab-cd_ef12", ""),
        ),
        (MAIL, ("zhang@example.org", "")),
        (NewContact(ContactKind.SMS, "+86 138-0000 1234"), ("+8613800001234", "")),
        (NewContact(ContactKind.VOICE, "13800001234"), ("13800001234", "")),
        (
            NewContact(ContactKind.WEBHOOK, "https://hook.example.org/x?y=1", HOOK),
            ("https://hook.example.org/x?y=1", HOOK),
        ),
        (NewContact(ContactKind.INAPP), ("", "")),
    ],
)
def test_each_kind_takes_what_people_copy(wanted: NewContact, kept: tuple[str, str]) -> None:
    assert address_of(wanted, "items.0") == kept


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewContact(ContactKind.WECOM, "short"), "address"),
        (NewContact(ContactKind.WECOM, f"https://qyapi.example.org/send?token={KEY}"), "address"),
        (NewContact(ContactKind.WECOM, KEY, "SECabc12345"), "secret"),
        (NewContact(ContactKind.DINGTALK, "abc123def", "not a key!"), "secret"),
        (NewContact(ContactKind.EMAIL, "zhang@localhost"), "address"),
        (NewContact(ContactKind.EMAIL, "zhang@example.org\nBcc: x@example.org"), "address"),
        (NewContact(ContactKind.EMAIL, "zhang@example.org", "x"), "secret"),
        (NewContact(ContactKind.SMS, "call me"), "address"),
        (NewContact(ContactKind.WEBHOOK, "file:///etc/passwd", HOOK), "address"),
        (NewContact(ContactKind.WEBHOOK, "https://user:pass@hook.example.org/", HOOK), "address"),
        (NewContact(ContactKind.WEBHOOK, "https://hook.example.org/", "whsec_c2hvcnQ="), "secret"),
        (NewContact(ContactKind.WEBHOOK, "https://hook.example.org/", "whsec_%%%"), "secret"),
        (NewContact(ContactKind.INAPP, "me"), "address"),
        (NewContact(ContactKind.FEISHU, "x" * 1001), "address"),
    ],
)
def test_what_cannot_be_used_is_refused_and_never_repeated(wanted: NewContact, field: str) -> None:
    with pytest.raises(InputError) as caught:
        address_of(wanted, "items.3")
    assert caught.value.field == f"items.3.{field}"
    assert len(wanted.address) < 3 or wanted.address not in str(caught.value)


def test_a_hint_is_no_address() -> None:
    assert masked(ContactKind.EMAIL, "zhang@example.org") == "z…@example.org"
    assert masked(ContactKind.SMS, "+8613800001234") == "+86…34"
    assert masked(ContactKind.WEBHOOK, "https://hook.example.org/secret/path?key=1") == "https://hook.example.org/…"
    assert masked(ContactKind.WECOM, KEY) == "…5aaa"
    assert not masked(ContactKind.INAPP, "")
    assert KEY not in repr(WECOM)
    assert KEY not in repr(Address(UUID(int=1), KEY, "SEC"))


def test_a_person_says_how_they_are_reached(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    made = service.set_contacts(here, me, me.id, [WECOM, MAIL])
    assert [(one.kind, one.shown, one.position) for one in made] == [
        (ContactKind.WECOM, "…5aaa", 0),
        (ContactKind.EMAIL, "z…@example.org", 1),
    ]
    assert service.contacts(here, me, me.id) == made
    assert made[1].quiet == Quiet(time(22), time(7))
    assert service.address_of(here, made[0].id) == Address(made[0].id, KEY, "")
    assert service.contacts_of(here, [me.id]) == {me.id: made}


def test_another_tenant_knows_nothing_of_it(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    made = service.set_contacts(city.at(city.a.id), me, me.id, [WECOM])
    there = city.at(city.b.id)
    assert service.contacts_of(there, [me.id]) == {}
    assert service.address_of(there, made[0].id) is None
    with pytest.raises(NotFoundError):
        service.contacts(there, city.actor(Role.TENANT_ADMIN, tenant=city.b), me.id)


def test_an_administrator_sets_others_and_a_manager_only_sees(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    admin, manager = city.actor(Role.TENANT_ADMIN, tenant=city.a), city.actor(Role.SAFETY_MANAGER, tenant=city.a)
    made = service.set_contacts(here, admin, me.id, [MAIL])
    assert service.contacts(here, manager, me.id, "reaching") == made
    with pytest.raises(ForbiddenError):
        service.set_contacts(here, manager, me.id, [])
    with pytest.raises(ForbiddenError):
        service.contacts(here, city.actor(Role.DISPATCHER, tenant=city.a, area=city.north), me.id)
    with pytest.raises(NotFoundError):
        service.set_contacts(here, admin, city.person().id, [])


def test_order_language_and_name_change_and_the_address_stays(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    one, two = service.set_contacts(here, me, me.id, [WECOM, MAIL])
    service.verified(here, one.id)
    turned = service.set_contacts(
        here,
        me,
        me.id,
        [
            NewContact(ContactKind.EMAIL, id=two.id, name="office"),
            NewContact(ContactKind.WECOM, id=one.id, language=Language.EN),
        ],
    )
    assert [kept.id for kept in turned] == [two.id, one.id]
    assert service.address_of(here, one.id) == Address(one.id, KEY, "")
    assert service.contacts(here, me, me.id)[1].verified_at == here.now()
    moved = service.set_contacts(here, me, me.id, [NewContact(ContactKind.WECOM, "another-key-1", id=one.id)])
    assert moved[0].verified_at is None, "another address proves nothing of the one before"
    assert service.contacts(here, me, me.id) == moved


def test_what_is_taken_out_leaves_no_address_behind(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    made = service.set_contacts(here, me, me.id, [WECOM])
    assert service.set_contacts(here, me, me.id, []) == []
    assert service.address_of(here, made[0].id) is None
    left = here.session.scalar(text("SELECT count(*) FROM people_contact_addresses WHERE address = :key"), {"key": KEY})
    assert left == 0


def test_the_audit_tells_who_and_what_kind_and_no_address(city: City) -> None:
    me = city.actor(Role.PATROLLER, tenant=city.a, area=city.north)
    here = city.at(city.a.id)
    service.set_contacts(here, me, me.id, [WECOM, MAIL])
    told = service.read(here, city.actor(Role.AUDITOR, tenant=city.a), limit=1000)
    (entry,) = [one for one in told if one.act == "contacts.set"]
    assert (entry.object_id, entry.actor_id) == (str(me.id), me.id)
    assert "wecom" in entry.details
    assert KEY not in entry.details
    assert "zhang" not in entry.details


def test_ids_must_be_ones_own_and_once(city: City) -> None:
    me, other = (city.actor(Role.PATROLLER, tenant=city.a, area=city.north) for _ in range(2))
    here = city.at(city.a.id)
    theirs = service.set_contacts(here, other, other.id, [WECOM])[0]
    mine = service.set_contacts(here, me, me.id, [MAIL])[0]
    with pytest.raises(InputError) as caught:
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.WECOM, id=theirs.id)])
    assert caught.value.field == "items.0.id"
    with pytest.raises(InputError, match="twice"):
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.EMAIL, id=mine.id)] * 2)
    with pytest.raises(InputError, match="more than 8"):
        service.set_contacts(here, me, me.id, [WECOM] * 9)
    with pytest.raises(InputError) as named:
        service.set_contacts(here, me, me.id, [NewContact(ContactKind.WECOM, KEY, name="x" * 61)])
    assert named.value.field == "items.0.name"


def test_group_robots_belong_to_the_tenant(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    here = city.at(city.a.id)
    made = service.set_robots(here, admin, [WECOM])
    assert service.robots(here, admin) == made == service.robots_of(here)
    assert made[0].person_id is None
    assert service.robots_of(city.at(city.b.id)) == []
    with pytest.raises(InputError, match="group channel"):
        service.set_robots(here, admin, [MAIL])
    with pytest.raises(NotFoundError):
        service.set_robots(city.at(city.b.id), admin, [WECOM])
    with pytest.raises(ForbiddenError):
        service.robots(here, city.actor(Role.PATROLLER, tenant=city.a, area=city.north))
