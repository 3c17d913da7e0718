"""Where two things meet: a full robot and a dead hand, a desk and an outbox, a like call and its carrier."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from act_office import DEAD, DINGTALK, MAIL, SMS, TAKEN, VOICE, WECOM, Way

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import CallState, Outcome, Receipt
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact

if TYPE_CHECKING:
    from uuid import UUID

    from act_office import Office

NO = Receipt(Outcome.REFUSED, "no")


def switch(office: Office, kind: str, *, on: bool) -> None:
    people.set_switch(office.work, people.operator(office.work.tenant_id), f"channel:{kind}", on=on, reason="test")


def dies(office: Office) -> UUID:
    """Let a hand take what is due, hand it to the channel, and die before it says so."""
    taken = service.take(office.work, office.post, [office.work.tenant_id])
    assert taken is not None
    assert taken.outgoing is not None
    office.ways[taken.outgoing.channel].sent.append(taken.outgoing)
    return taken.delivery.id


def state_of(office: Office, call_id: UUID) -> list[CallState]:
    return [state for one, _, state in store.calls.carried(office.work, call_id) if one == call_id]


def test_a_repeat_that_finds_its_robot_full_is_still_marked_when_it_goes(office: Office) -> None:
    """What died may have arrived; that the robot had no room at that moment makes nobody forget it."""
    person = office.person(WECOM)
    call = office.call(person, site_ids=(office.site(),))
    dies(office)
    shut = office.clock.now() + timedelta(minutes=5)
    (contact,) = office.contacts(person)
    store.outbox.set_bucket(office.work, contact.id, closed_until=shut)
    office.run_for(240, step=20)
    assert len(office.ways["wecom"].sent) == 1, "it is shut"
    office.run_for(120, step=5)
    _, second = office.ways["wecom"].sent
    assert second.body.startswith("（重发：上一次是否送达不明）")
    assert office.rows(call.id)[0].repeated


def test_what_died_twice_around_a_full_robot_is_not_sent_a_third_time(office: Office) -> None:
    call = office.call(office.person(WECOM), site_ids=(office.site(),))
    dies(office)
    (contact,) = office.contacts(call.person_id)
    store.outbox.set_bucket(office.work, contact.id, closed_until=office.clock.now() + timedelta(seconds=40))
    office.clock.advance(timedelta(seconds=25))
    assert office.run() == 1, "put off"
    office.clock.advance(timedelta(seconds=20))
    dies(office)
    office.run_for(120)
    assert len(office.ways["wecom"].sent) == 2
    assert office.desk.lost.keys() == {call.id}, "nobody knows, so the next person is told"


def test_what_was_acknowledged_at_the_desk_does_not_silence_the_next_like_it(office: Office) -> None:
    """The first never left, so nothing of it can stand for the second."""
    person, site = office.person(WECOM), office.site()
    first = office.call(person, site_ids=(site,))
    office.desk.acked[first.id] = person
    office.run()
    assert office.states(first.id) == ["wecom dropped"]
    second = office.call(person, site_ids=(site,))
    office.run()
    assert [one.body[:4] for one in office.ways["wecom"].sent] == ["【请办】"], "somebody must hear of the second"
    assert office.states(second.id) == ["wecom accepted"]
    assert state_of(office, first.id) == [CallState.ACKNOWLEDGED]


def test_a_like_call_shares_the_fate_of_what_carries_it(office: Office) -> None:
    office.ways["wecom"] = Way(NO)
    person, site = office.person(WECOM), office.site()
    first, second = (office.call(person, site_ids=(site,)) for _ in range(2))
    office.run()
    assert office.desk.lost.keys() == {first.id, second.id}, "neither was brought, and casework hears of both"
    assert len(office.ways["wecom"].sent) == 1


def test_a_like_call_that_is_open_is_brought_although_the_first_was_acknowledged(office: Office) -> None:
    person, site = office.person(WECOM), office.site()
    first = office.call(person, site_ids=(site,))
    office.call(person, site_ids=(site,))
    office.desk.acked[first.id] = person
    office.run()
    assert len(office.ways["wecom"].sent) == 1


@pytest.mark.parametrize(
    ("urgency", "minutes"), [(Urgency.ALARM, 1.0), (Urgency.DUE, 10.0)], ids=["an alarm", "what is due"]
)
def test_a_like_call_stands_for_another_only_so_long(office: Office, urgency: Urgency, minutes: float) -> None:
    """Also when it comes again and again: calls that only stand behind the first keep nobody quiet for longer."""
    person, site = office.person(WECOM), office.site()
    office.call(person, urgency, site_ids=(site,))
    office.run()
    for sooner in (0.5, 0.5):
        office.clock.advance(timedelta(minutes=minutes * sooner))
        office.call(person, urgency, site_ids=(site,))
        office.run()
    assert len(office.ways["wecom"].sent) == 1, "at the very edge it stands"
    office.clock.advance(timedelta(seconds=1))
    office.call(person, urgency, site_ids=(site,))
    office.call(person, urgency, site_ids=(site,))
    office.run()
    assert len(office.ways["wecom"].sent) == 2


def test_the_same_words_about_another_site_are_another_matter_also_in_one_batch(office: Office) -> None:
    person = office.person(WECOM)
    calls = [office.call(person, site_ids=(office.site(),)) for _ in range(2)]
    twins = [office.call(person, site_ids=one.site_ids) for one in calls]
    office.run()
    assert len(office.ways["wecom"].sent) == 2
    assert all(office.rows(one.id) == [] for one in twins)


def test_what_is_due_waits_two_hours_for_a_full_robot_and_then_is_lost(office: Office) -> None:
    office.ways["wecom"] = Way(Receipt(Outcome.BUSY, "45009", "45009", timedelta(minutes=30)))
    call = office.call(office.person(WECOM), site_ids=(office.site(),))
    office.run_for(110 * 60, step=60)
    assert call.id not in office.desk.lost
    office.run_for(30 * 60, step=60)
    assert office.desk.lost[call.id].startswith("every channel failed, the last was wecom: 45009")
    assert len(office.ways["wecom"].sent) <= 6


@pytest.mark.parametrize("asked", [timedelta(days=11_000), timedelta(days=999_999_000)])
def test_no_word_of_a_vendor_shuts_a_robot_for_ever(office: Office, asked: timedelta) -> None:
    """A gateway that asks for years must not mute the group for every call that comes after."""
    office.ways["wecom"] = Way([Receipt(Outcome.BUSY, "HTTP 429", "429", asked), TAKEN])
    person = office.person(WECOM, MAIL)
    first = office.call(person, site_ids=(office.site(),))
    office.run()
    assert office.states(first.id) == ["wecom failed", "email accepted"]
    office.clock.advance(timedelta(hours=1, seconds=1))
    second = office.call(person, site_ids=(office.site(),))
    office.run()
    assert office.states(second.id) == ["wecom accepted", "email spare"]


def test_a_shut_robot_stays_shut_for_the_longest_that_was_asked(office: Office) -> None:
    """Two hands hear from one robot: the shorter word that comes second opens nothing."""
    long, short = (Receipt(Outcome.BUSY, "busy", "1", timedelta(minutes=minutes)) for minutes in (10, 1))
    person = office.person(DINGTALK)
    for _ in range(2):
        office.call(person, site_ids=(office.site(),))
    hands = [service.take(office.work, office.post, [office.work.tenant_id]) for _ in range(2)]
    for hand, receipt in zip(hands, (long, short), strict=True):
        assert hand is not None
        service.settle(office.work, office.post, hand, receipt)
    office.run_for(9 * 60, step=30)
    assert office.ways["dingtalk"].sent == []
    office.run_for(3 * 60, step=5)
    assert len(office.ways["dingtalk"].sent) == 2


def test_when_the_nudged_channel_fails_the_alarm_is_not_lost(office: Office) -> None:
    """The first channel has it: that the second does not take it makes nobody unreachable."""
    office.ways["email"] = Way(NO)
    call = office.call(office.person(WECOM, MAIL), Urgency.ALARM)
    office.run_for(70)
    assert office.states(call.id) == ["wecom accepted", "email failed"]
    assert not office.desk.lost
    assert state_of(office, call.id) == [CallState.REACHED]


def test_an_alarm_whose_voice_fails_is_not_lost_while_another_way_is_open(office: Office) -> None:
    office.ways["voice"] = Way(NO)
    office.ways["wecom"] = Way([DEAD, TAKEN])
    call = office.call(office.person(WECOM, VOICE), Urgency.ALARM)
    office.run()
    assert not office.desk.lost, "wecom is tried again"
    office.run_for(10)
    assert sorted(office.states(call.id)) == ["voice failed", "wecom accepted"]
    assert not office.desk.lost


def test_an_alarm_is_lost_only_when_voice_and_all_others_have_failed(office: Office) -> None:
    for kind in ("voice", "wecom", "email"):
        office.ways[kind] = Way(NO)
    call = office.call(office.person(WECOM, MAIL, VOICE), Urgency.ALARM)
    office.run_for(10)
    assert set(office.states(call.id)) == {"voice failed", "wecom failed", "email failed"}
    assert office.desk.lost.keys() == {call.id}


def test_a_log_beside_a_channel_that_took_it_is_no_loss(office: Office) -> None:
    office.ways["sms"] = Way(Receipt(Outcome.LOGGED, "no provider"), real=False)
    call = office.call(office.person(MAIL, SMS), Urgency.ALARM)
    office.run_for(70)
    assert office.states(call.id) == ["email accepted", "sms logged"]
    assert not office.desk.lost


def test_a_switch_that_is_turned_while_a_call_is_taken_up_is_heard_once_for_all(office: Office) -> None:
    """Every channel off when the call comes: it is unreachable at once, and turning them on brings it not back."""
    switch(office, "wecom", on=False)
    call = office.call(office.person(WECOM))
    assert office.desk.lost == {call.id: "has no channel that can be used"}
    switch(office, "wecom", on=True)
    office.run_for(30)
    assert not office.ways["wecom"].sent


def test_a_contact_point_that_changes_while_a_message_waits_gets_it_at_its_new_address(office: Office) -> None:
    person = office.person(WECOM)
    office.call(person)
    (contact,) = office.contacts(person)
    root = people.operator(office.work.tenant_id)
    people.set_contacts(office.work, root, person, [NewContact(ContactKind.WECOM, "another-key-1", id=contact.id)])
    office.run()
    assert [one.address for one in office.ways["wecom"].sent] == ["another-key-1"]


def test_what_was_given_up_stays_ended(office: Office) -> None:
    call = office.call(office.person(WECOM))
    taken = service.take(office.work, office.post, [office.work.tenant_id])
    assert taken is not None
    service.give_up(office.work, taken)
    service.settle(office.work, office.post, taken, TAKEN)
    assert office.states(call.id) == ["wecom failed"], "what comes after is too late"
    assert office.outcomes(call.id) == ["begun", "accepted"], "and is on record all the same"
    assert office.run() == 0


def test_a_group_copy_that_fails_is_nobodys_loss_and_is_not_repeated_for_ever(office: Office) -> None:
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    office.ways["wecom"] = Way(DEAD)
    call = office.call(office.person(MAIL), Urgency.ALARM, site_ids=(office.site(),))
    office.run_for(300, step=10)
    assert len(office.ways["wecom"].sent) == 3
    assert not office.desk.lost
    assert sorted(office.states(call.id)) == ["email accepted", "wecom failed"]


def test_a_group_hears_the_same_again_after_five_minutes(office: Office) -> None:
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    person, site = office.person(MAIL), office.site()
    for minutes in (0, 4, 2):
        office.clock.advance(timedelta(minutes=minutes))
        office.call(person, Urgency.ALARM, site_ids=(site,), step=1)
        office.run()
    assert len(office.ways["wecom"].sent) == 2, "at once, not after four minutes, and again after six"


def test_a_group_hears_of_two_sites_that_read_alike_and_once_of_a_matter_that_reads_otherwise(office: Office) -> None:
    """What keeps a copy back is what the call is about, not how its first line reads."""
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    one, other = office.site(), office.site()
    for site in (one, other, one):
        office.call(office.person(MAIL), Urgency.ALARM, site_ids=(site,))
        office.run()
        office.clock.advance(timedelta(seconds=30))
    assert len(office.ways["wecom"].sent) == 2
    office.desk.places[one] = replace(office.desk.places[one], level=2)
    office.call(office.person(MAIL), Urgency.ALARM, site_ids=(one,))
    office.run()
    assert len(office.ways["wecom"].sent) == 2


def test_what_groups_were_told_is_asked_once_for_a_batch(office: Office, count_statements: list[str]) -> None:
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM, DINGTALK])
    person = office.person(MAIL)
    asked = []
    for count in (1, 6):
        made = [office.made_call(person, Urgency.ALARM, site_ids=(office.site(),)).id for _ in range(count)]
        count_statements.clear()
        service.deliver(office.work, office.post, made)
        asked.append(len(count_statements))
    assert asked[0] == asked[1]


def test_two_groups_of_one_tenant_each_get_their_copy_and_a_switched_off_kind_none(office: Office) -> None:
    root = people.operator(office.work.tenant_id)
    people.set_robots(office.work, root, [WECOM, DINGTALK, NewContact(ContactKind.WECOM, "second-group-1")])
    switch(office, "dingtalk", on=False)
    office.call(office.person(MAIL), Urgency.ALARM, site_ids=(office.site(),))
    office.run()
    assert len(office.ways["wecom"].sent) == 2
    assert not office.ways["dingtalk"].sent


def test_notes_and_dues_are_no_matter_for_a_group(office: Office) -> None:
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    person = office.person(MAIL)
    office.call(person, Urgency.NOTE)
    office.call(person, Urgency.DUE)
    office.clock.advance(timedelta(minutes=30))
    jobs.send_digests(office.begin, office.post)
    office.run()
    assert not office.ways["wecom"].sent
