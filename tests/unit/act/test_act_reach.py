"""Can everybody on duty be reached? Asked before the night in which it matters."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from act_office import DEAD, MAIL, SMS, TAKEN, VOICE, WECOM, Way

from pipewarden.act import jobs, service
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, ForbiddenError, NewArea, NewContact, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from act_office import Office

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Duty


@pytest.fixture
def beat(office: Office) -> UUID:
    square = bytes(shapely.to_wkb(shapely.box(116.2, 39.6, 116.4, 39.8)))
    root = people.operator(office.work.tenant_id)
    return people.add_area(office.work, root, NewArea("beat", "一号巡线段", wkb=square)).id


def on_duty(office: Office, beat: UUID, person: UUID, *, starts: float = 1.0, rank: int = 1) -> Duty:
    now = office.clock.now()
    return people.put_on_duty(
        office.work,
        people.operator(office.work.tenant_id),
        person,
        Role.SAFETY_MANAGER,
        beat,
        begins_at=now + timedelta(hours=starts),
        ends_at=now + timedelta(hours=starts + 8),
        rank=rank,
    )


@pytest.mark.parametrize(
    ("contacts", "why"),
    [
        ((), "no_contact"),
        ((NewContact(ContactKind.INAPP),), "no_contact"),
        ((SMS, VOICE), "log_only"),
        ((MAIL,), ""),
        ((SMS, WECOM), ""),
    ],
)
def test_who_cannot_be_reached_is_named(office: Office, beat: UUID, contacts: tuple[NewContact, ...], why: str) -> None:
    office.ways |= {"sms": Way(real=False), "voice": Way(real=False)}
    person = office.person(*contacts)
    on_duty(office, beat, person)
    found = service.check_reach(office.work, office.post)
    assert found.persons == 1
    assert [(one.person_id, one.name, one.role, one.area_id, one.why) for one in found.missing] == (
        [(person, "Person 1", "safety_manager", beat, why)] if why else []
    )
    assert service.reach(office.work, people.operator(office.work.tenant_id)) == found


def test_a_switched_off_channel_reaches_nobody(office: Office, beat: UUID) -> None:
    on_duty(office, beat, office.person(WECOM))
    root = people.operator(office.work.tenant_id)
    people.set_switch(office.work, root, "channel:wecom", on=False, reason="key leaked")
    (missing,) = service.check_reach(office.work, office.post).missing
    assert missing.why == "switched_off"
    del office.ways["email"]
    on_duty(office, beat, office.person(MAIL), rank=2)
    assert len(service.check_reach(office.work, office.post).missing) == 2


def test_who_stands_in_is_asked_about_and_who_is_on_holiday_is_not(office: Office, beat: UUID) -> None:
    away, partly, other = office.person(), office.person(MAIL), office.person()
    root = people.operator(office.work.tenant_id)
    gone = on_duty(office, beat, away)
    half = on_duty(office, beat, partly, rank=2)
    span = {"begins_at": gone.begins_at, "ends_at": gone.ends_at}
    people.substitute(office.work, root, gone.id, None, **span, reason="holiday")
    assert service.check_reach(office.work, office.post).missing == (), "nobody is called in that place"
    later = half.begins_at + timedelta(hours=2)
    people.substitute(office.work, root, half.id, other, begins_at=later, ends_at=half.ends_at, reason="dentist")
    found = service.check_reach(office.work, office.post)
    assert found.persons == 2
    assert [(one.person_id, one.begins_at) for one in found.missing] == [(other, later)]


def test_only_those_of_the_next_day_are_asked_about(office: Office, beat: UUID) -> None:
    on_duty(office, beat, office.person(), starts=25)
    assert service.check_reach(office.work, office.post).persons == 0
    office.clock.advance(timedelta(hours=2))
    assert service.check_reach(office.work, office.post).persons == 1


def test_the_safety_manager_hears_of_it_in_the_digest(office: Office, beat: UUID) -> None:
    lost, manager = office.person(), office.person(MAIL)
    on_duty(office, beat, lost)
    service.check_reach(office.work, office.post)
    office.clock.advance(timedelta(minutes=30))
    jobs.send_digests(office.begin, office.post)
    office.run()
    assert "24 小时内值守有 1 人联系不上：Person 1" in office.ways["email"].sent[0].body
    actor = people.actor_of(office.work, manager)
    assert actor is not None
    assert len(service.messages(office.work, actor, before=None, limit=5)[0]) == 1
    assert office.desk.lost == {}, "it is act's own call: casework never heard of it"


def test_every_tenant_is_asked(office: Office, beat: UUID) -> None:
    on_duty(office, beat, office.person())
    begun: list[UUID] = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        begun.append(tenant_id)
        with office.begin(tenant_id) as work:
            yield work

    assert jobs.check_everybody(begin, office.post) == 1
    assert office.work.tenant_id in begun


def test_before_the_first_night_there_is_no_answer(office: Office) -> None:
    assert service.reach(office.work, people.operator(office.work.tenant_id)) is None
    with pytest.raises(ForbiddenError):
        service.reach(office.work, people.system("nobody", office.work.tenant_id))


def test_the_channels_say_what_they_are(office: Office) -> None:
    office.ways["sms"] = Way(real=False)
    del office.ways["email"]
    root = people.operator(office.work.tenant_id)
    people.set_switch(office.work, root, "channel:feishu", on=False, reason="x")
    found = {
        one.kind.value: (one.set_up, one.real, one.off) for one in service.channels(office.work, office.post, root)
    }
    assert found == {
        "wecom": (True, True, False),
        "dingtalk": (True, True, False),
        "feishu": (True, True, True),
        "email": (False, False, False),
        "sms": (True, False, False),
        "voice": (True, True, False),
        "webhook": (True, True, False),
    }


def test_a_test_message_goes_to_every_contact_point_at_once(office: Office) -> None:
    person = office.person(WECOM, MAIL, SMS)
    office.ways |= {"wecom": Way(DEAD), "sms": Way(TAKEN, real=False)}
    subject = service.try_person(office.work, office.post, person)
    office.run_for(40)
    found, tried = service.tried(office.work, subject)
    assert sorted((one.channel, one.state.value) for one in found) == [
        ("email", "accepted"),
        ("sms", "accepted"),
        ("wecom", "failed"),
    ]
    assert len(tried) == 10
    assert office.ways["email"].sent[0].body.startswith("【请办】管卫测试消息，无需处理")
    assert office.desk.lost == {}
