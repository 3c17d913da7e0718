"""A channel is tried on oneself: by one's own contact points of that kind alone, not too often, on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import DEAD, MAIL, SMS, WECOM, Way

from pipewarden.act import service
from pipewarden.act.service.trying import MOST_HOURLY
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.web import TooManyError
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, ForbiddenError, NewContact, Role

if TYPE_CHECKING:
    from act_office import Office

    from pipewarden.people.facts import Actor


def manager(office: Office, *contacts: NewContact) -> Actor:
    found = people.actor_of(office.work, office.person(*contacts))
    assert found is not None
    return found


def tried(office: Office, who: Actor, kind: str) -> Any:
    return service.try_channel(office.work, office.post, who, ContactKind(kind))


def test_a_try_goes_by_one_kind_and_its_answer_is_kept(office: Office) -> None:
    who, other = manager(office, WECOM, MAIL, SMS), manager(office, WECOM)
    office.ways |= {"wecom": Way(DEAD)}
    (begun,) = tried(office, who, "wecom")
    assert (begun.channel, begun.person_id, begun.state) == ("wecom", who.id, "waiting")
    office.run_for(40)
    found, attempts = service.own_tries(office.work, who)
    assert [(one.id, one.state.value) for one in found] == [(begun.id, "failed")]
    assert {one.delivery_id for one in attempts} == {begun.id}
    assert office.ways["email"].sent == office.ways["sms"].sent == []
    assert service.own_tries(office.work, other) == ([], []), "another's tries are theirs"
    entry = people.read(office.work, people.operator(office.work.tenant_id), limit=1000)[-1]
    assert (entry.act, entry.object_id, entry.actor_id) == ("channel.tried", "wecom", who.id)
    assert str(begun.subject_id) in entry.details
    assert office.desk.lost == {}, "nobody is called because a try failed"


def test_what_is_no_try_is_not_among_them(office: Office) -> None:
    who = manager(office, MAIL)
    office.call(who.id)
    office.run_for(1)
    assert office.ways["email"].sent, "a call went out"
    assert service.own_tries(office.work, who) == ([], [])
    assert tried(office, who, "email"), "and a call is no try that would have to wait"


def test_a_channel_is_tried_once_a_minute_and_ten_times_an_hour(office: Office) -> None:
    who = manager(office, WECOM, MAIL)
    tried(office, who, "email")
    tried(office, who, "wecom")
    with pytest.raises(TooManyError) as caught:
        tried(office, who, "email")
    assert caught.value.retry_after_s == 61
    for _ in range(MOST_HOURLY - 2):
        office.clock.advance(timedelta(seconds=61))
        tried(office, who, "email")
    office.clock.advance(timedelta(seconds=61))
    with pytest.raises(TooManyError) as caught:
        tried(office, who, "wecom")
    assert 60 < caught.value.retry_after_s <= 3600
    office.clock.advance(timedelta(seconds=caught.value.retry_after_s))
    assert tried(office, who, "wecom")
    office.clock.advance(timedelta(days=2))
    assert service.own_tries(office.work, who) == ([], [])


def test_what_cannot_be_tried_says_why(office: Office) -> None:
    who = manager(office, MAIL)
    root = people.operator(office.work.tenant_id)
    with pytest.raises(RefusedError) as caught:
        tried(office, who, "sms")
    assert caught.value.field == "contacts"
    people.set_switch(office.work, root, "channel:email", on=False, reason="drill")
    with pytest.raises(RefusedError, match="switched off"):
        tried(office, who, "email")
    del office.ways["email"]
    with pytest.raises(RefusedError, match="not set up"):
        tried(office, who, "email")
    with pytest.raises(ForbiddenError):
        tried(office, root, "wecom")
    stranger = people.actor_of(office.work, office.person(MAIL, role=Role.RESIDENT))
    assert stranger is not None
    with pytest.raises(ForbiddenError):
        tried(office, stranger, "email")
    with pytest.raises(ForbiddenError):
        service.own_tries(office.work, stranger)
    assert service.own_tries(office.work, who) == ([], [])
