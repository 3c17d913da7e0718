"""A message finds its way: the next channel, the next person, a repeat at most, and never silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from act_office import DEAD, DINGTALK, KEY, MAIL, SMS, TAKEN, VOICE, WECOM, Way

from pipewarden.act import service, store
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, Language, NewContact, Role

if TYPE_CHECKING:
    from act_office import Office


def test_a_call_goes_out_by_the_first_channel_and_the_others_stay_spare(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL), site_ids=(office.site(),))
    assert office.states(call.id) == ["wecom waiting", "email spare"]
    assert office.run() == 1
    assert office.states(call.id) == ["wecom accepted", "email spare"]
    (sent,) = office.ways["wecom"].sent
    assert (sent.address, sent.secret) == (KEY, "")
    assert office.outcomes(call.id) == ["begun", "accepted"]
    assert office.run() == 0, "once"


def test_a_dead_channel_gives_way_within_a_minute(office: Office) -> None:
    office.ways["wecom"] = Way(DEAD, takes_s=8.0, clock=office.clock)
    call = office.call(office.person(WECOM, MAIL), Urgency.ALARM)
    since = office.clock.now()
    while not office.ways["email"].sent:
        office.run()
        office.clock.advance(timedelta(seconds=2))
        assert office.clock.now() - since < timedelta(minutes=2), "never"
    took = office.ways["email"].sent[0].at - since
    assert took <= timedelta(seconds=60), took
    assert len(office.ways["wecom"].sent) == 3
    assert office.states(call.id) == ["wecom failed", "email accepted"]


def test_a_refusal_gives_way_at_once(office: Office) -> None:
    office.ways["wecom"] = Way(Receipt(Outcome.REFUSED, "93000 invalid webhook url"))
    call = office.call(office.person(WECOM, MAIL))
    office.run()
    assert [len(office.ways[kind].sent) for kind in ("wecom", "email")] == [1, 1]
    assert office.rows(call.id)[0].problem == "93000 invalid webhook url"
    assert not office.desk.lost


def test_when_all_channels_fail_casework_hears_it_once(office: Office) -> None:
    office.ways["wecom"] = Way(DEAD)
    office.ways["email"] = Way(Receipt(Outcome.REFUSED, "HTTP 404"))
    call = office.call(office.person(WECOM, MAIL))
    office.run_for(60)
    assert office.desk.lost == {call.id: "every channel failed, the last was email: HTTP 404"}
    assert office.states(call.id) == ["wecom failed", "email failed"]
    office.run_for(3600, step=60)
    assert len(office.outcomes(call.id)) == 8, "three attempts and one, each begun and ended: it is over"


def test_a_person_without_a_channel_is_said_to_be_unreachable_in_the_same_transaction(office: Office) -> None:
    nobody = office.call(office.person())
    inapp = office.call(office.person(NewContact(ContactKind.INAPP)))
    note = office.call(office.person(), Urgency.NOTE)
    assert office.desk.lost == dict.fromkeys((nobody.id, inapp.id), "has no channel that can be used")
    assert note.id not in office.desk.lost, "a note waits in the message centre and raises nobody"
    assert office.run() == 0


def test_a_log_is_no_channel(office: Office) -> None:
    """SMS without a provider is written to the log, and the next channel is used as if it had failed."""
    office.ways["sms"] = Way(Receipt(Outcome.LOGGED, "no provider"), real=False)
    call = office.call(office.person(SMS, MAIL))
    office.run()
    assert office.states(call.id) == ["sms logged", "email accepted"]
    alone = office.call(office.person(SMS))
    office.run()
    assert alone.id in office.desk.lost


def test_an_alarm_rings_by_voice_at_once_beside_the_first_choice(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL, VOICE), Urgency.ALARM)
    office.run()
    assert sorted(office.states(call.id)) == ["email waiting", "voice accepted", "wecom accepted"]
    due = office.call(office.person(WECOM, VOICE), Urgency.DUE)
    office.run()
    assert office.states(due.id) == ["wecom accepted", "voice spare"]


def test_an_alarm_that_nobody_acknowledges_tries_the_next_channel_after_a_minute(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL), Urgency.ALARM)
    office.run_for(50)
    assert not office.ways["email"].sent
    office.run_for(14)
    assert len(office.ways["email"].sent) == 1
    assert not office.desk.lost
    assert office.states(call.id) == ["wecom accepted", "email accepted"]


def test_an_alarm_climbs_one_channel_a_minute_however_many_rang_at_once(office: Office) -> None:
    """Voice and the first choice both take it: that is one minute for the next channel, not one for each."""
    call = office.call(office.person(WECOM, MAIL, DINGTALK, SMS, VOICE), Urgency.ALARM)
    office.run()
    went = [[one.channel for one in office.rows(call.id) if one.state == "accepted"]]
    for _ in range(3):
        office.run_for(62)
        went.append([one.channel for one in office.rows(call.id) if one.state == "accepted"])
    assert [len(one) for one in went] == [2, 3, 4, 5]
    assert set(went[1]) - set(went[0]) == {"email"}
    assert set(went[2]) - set(went[1]) == {"dingtalk"}


def test_voice_that_is_taken_late_calls_nobody_a_second_time(office: Office) -> None:
    """The phone rings through after a minute: the next channel has had its turn already, and the one after has its."""
    call = office.call(office.person(WECOM, MAIL, DINGTALK, VOICE), Urgency.ALARM)
    busy = Receipt(Outcome.FAILED, "engaged")
    office.ways["voice"] = Way([busy, busy, TAKEN])
    office.run()
    office.run_for(30)
    assert sorted(office.states(call.id)) == ["dingtalk spare", "email waiting", "voice accepted", "wecom accepted"]


def test_a_part_that_begins_like_a_document_is_text(office: Office) -> None:
    """Long words are cut wherever they are: what follows may begin with a brace, and is no webhook's document."""
    office.ways["wecom"] = Way(limit=900)
    call = office.call(office.person(WECOM), text="hook.paused", params={"name": "{" * 480, "failures": "1"})
    office.run()
    parts = office.ways["wecom"].sent
    assert len(parts) == len(office.rows(call.id)) > 1
    assert parts[1].body.startswith("（2/")
    assert any(row.body.startswith("{") for row in office.rows(call.id))


def test_a_group_reads_the_number_of_a_part_in_its_own_language(office: Office) -> None:
    root = people.operator(office.work.tenant_id)
    people.set_robots(office.work, root, [NewContact(ContactKind.DINGTALK, "abcdef0123456789", language=Language.EN)])
    office.ways["dingtalk"] = Way(limit=700)
    office.call(office.person(MAIL), Urgency.ALARM, site_ids=(office.site(),))
    office.run()
    first, *rest = office.ways["dingtalk"].sent
    assert rest
    assert first.body.startswith(f"(1/{1 + len(rest)})")


def test_what_was_acknowledged_anywhere_is_not_brought_any_more(office: Office) -> None:
    person = office.person(WECOM, MAIL)
    call = office.call(person, Urgency.ALARM)
    office.run()
    office.desk.acked[call.id] = person  # at the desk, say
    office.run_for(70)
    assert not office.ways["email"].sent
    assert office.states(call.id) == ["wecom accepted", "email dropped"]


def test_a_hand_that_dies_between_sending_and_receipt_costs_one_marked_repeat(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL))
    taken = service.take(office.work, office.post, [office.work.tenant_id])
    assert taken is not None
    assert taken.outgoing is not None
    office.ways["wecom"].send(taken.outgoing, within_s=8.0)  # and here the machine goes
    assert office.run() == 0, "the lease holds"
    office.run_for(30)
    first, second = office.ways["wecom"].sent
    assert first.id == second.id, "a receiver that keeps count can drop it"
    assert "重发" not in first.body
    assert second.body.startswith("（重发：上一次是否送达不明）")
    assert office.rows(call.id)[0].repeated
    assert office.outcomes(call.id) == ["begun", "lost", "begun", "accepted"]


def test_a_hand_that_dies_twice_is_not_repeated_again(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL))
    for _ in range(2):
        taken = service.take(office.work, office.post, [office.work.tenant_id])
        assert taken is not None
        assert taken.outgoing is not None
        office.ways["wecom"].send(taken.outgoing, within_s=8.0)
        office.clock.advance(timedelta(seconds=25))
    office.run_for(60)
    assert len(office.ways["wecom"].sent) == 2
    assert office.states(call.id) == ["wecom failed", "email accepted"], "nobody knows, so the next channel says it"


def test_a_receipt_that_comes_too_late_changes_nothing(office: Office) -> None:
    call = office.call(office.person(WECOM))
    slow = service.take(office.work, office.post, [office.work.tenant_id])
    assert slow is not None
    office.clock.advance(timedelta(seconds=25))
    office.run()
    here = replace(office.work, tenant_id=call.tenant_id)
    service.settle(here, office.post, slow, Receipt(Outcome.REFUSED, "no"))
    assert office.states(call.id) == ["wecom accepted"]
    assert not office.desk.lost


def test_a_switch_stops_a_channel_also_for_what_is_under_way(office: Office) -> None:
    call = office.call(office.person(WECOM, MAIL))
    root = people.operator(office.work.tenant_id)
    people.set_switch(office.work, root, "channel:wecom", on=False, reason="key leaked")
    office.run()
    assert not office.ways["wecom"].sent
    assert office.states(call.id) == ["wecom failed", "email accepted"]
    planned = office.call(office.person(WECOM, MAIL))
    assert office.states(planned.id) == ["email waiting"]
    people.set_switch(office.work, root, "channel:wecom", on=True, reason="new key")
    assert office.states(office.call(office.person(WECOM)).id) == ["wecom waiting"]


def test_a_contact_point_that_is_taken_out_is_not_written_to(office: Office) -> None:
    person = office.person(WECOM)
    call = office.call(person)
    people.set_contacts(office.work, people.operator(office.work.tenant_id), person, [])
    office.run()
    assert not office.ways["wecom"].sent
    assert "contact point is gone" in office.desk.lost[call.id]


def test_twenty_in_a_minute_and_not_one_more_goes_to_one_robot(office: Office) -> None:
    person = office.person(WECOM)
    calls = [office.call(person, site_ids=(office.site(),)) for _ in range(45)]
    office.run_for(5, step=1)
    assert len(office.ways["wecom"].sent) == 20
    office.run_for(200)
    stamps = [one.at for one in office.ways["wecom"].sent]
    assert len(stamps) == 45
    for at in stamps:
        assert sum(1 for other in stamps if at <= other < at + timedelta(minutes=1)) <= 20
    assert {state for call in calls for state in office.states(call.id)} == {"wecom accepted"}
    assert not office.desk.lost


def test_an_urgent_call_does_not_wait_for_a_full_robot(office: Office) -> None:
    person = office.person(WECOM, MAIL)
    for _ in range(21):
        last = office.call(person, site_ids=(office.site(),))
    office.run()
    assert office.states(last.id) == ["wecom failed", "email accepted"]


def test_dingtalks_penalty_shuts_the_robot_for_ten_minutes(office: Office) -> None:
    penalty = Receipt(Outcome.BUSY, "130101 send too fast", "130101", timedelta(minutes=10))
    office.ways["dingtalk"] = Way([penalty, TAKEN])
    person = office.person(DINGTALK)
    office.call(person, site_ids=(office.site(),))
    office.call(person, site_ids=(office.site(),))
    office.run_for(590, step=10)
    assert len(office.ways["dingtalk"].sent) == 1, "the second is not even tried"
    office.ways["dingtalk"].says = TAKEN
    office.run_for(30)
    assert len(office.ways["dingtalk"].sent) == 3


def test_a_channel_that_breaks_its_word_is_a_failure_like_another(office: Office) -> None:
    def broken(_message: object) -> Receipt:
        raise RuntimeError("with https://secret.example.org in it")

    office.ways["wecom"] = Way(broken)
    call = office.call(office.person(WECOM, MAIL))
    office.run_for(60)
    assert office.states(call.id) == ["wecom failed", "email accepted"]
    assert office.rows(call.id)[0].problem == "the channel broke (RuntimeError)"


def test_a_long_text_goes_in_parts_and_counts_only_whole(office: Office) -> None:
    office.ways["wecom"] = Way([TAKEN, Receipt(Outcome.REFUSED, "x")], limit=700)
    person = office.person(WECOM, MAIL)
    words = {"name": "管" * 300, "failures": "10", "problem": "x"}
    call = office.call(person, text="hook.paused", params=words)
    parts = office.rows(call.id)
    assert [(one.channel, one.part, one.parts) for one in parts if one.channel == "wecom"] == [
        ("wecom", number, len(parts) - 1) for number in range(1, len(parts))
    ]
    office.run()
    states = office.states(call.id)
    assert states[:2] == ["wecom accepted", "wecom failed"]
    assert set(states[2:-1]) == {"wecom dropped"}
    assert states[-1] == "email accepted", "half a message is none"


def test_half_a_message_is_none_also_when_the_last_channel_fails(office: Office) -> None:
    office.ways |= {
        "wecom": Way([TAKEN, Receipt(Outcome.REFUSED, "x")], limit=700),
        "email": Way(Receipt(Outcome.REFUSED, "no")),
    }
    words = {"name": "管" * 300, "failures": "10", "problem": "x"}
    call = office.call(office.person(WECOM, MAIL), text="hook.paused", params=words)
    office.run()
    assert call.id in office.desk.lost, "the first part was taken, and that is nothing"


def test_an_alarm_goes_on_past_a_channel_that_fails_after_the_first_was_taken(office: Office) -> None:
    office.ways["dingtalk"] = Way(Receipt(Outcome.REFUSED, "310000"))
    call = office.call(office.person(WECOM, DINGTALK, MAIL), Urgency.ALARM)
    office.run_for(64)
    assert office.states(call.id) == ["wecom accepted", "dingtalk failed", "email accepted"]
    assert not office.desk.lost


def test_the_most_urgent_goes_first(office: Office) -> None:
    note = office.person(WECOM)
    office.call(note, Urgency.DUE, site_ids=(office.site(),))
    office.call(note, Urgency.ALARM, site_ids=(office.site(),))
    office.run()
    assert [one.body[:4] for one in office.ways["wecom"].sent] == ["【立即】", "【请办】"]


def test_what_was_tried_can_be_read(office: Office) -> None:
    office.ways["wecom"] = Way([DEAD, TAKEN])
    call = office.call(office.person(WECOM))
    office.run_for(10)
    found, tried = service.tried(office.work, call.id)
    assert [one.attempts for one in found] == [2]
    assert [(one.outcome, one.problem) for one in tried] == [
        (Outcome.BEGUN, ""),
        (Outcome.FAILED, "no answer within 8 s"),
        (Outcome.BEGUN, ""),
        (Outcome.ACCEPTED, ""),
    ]
    assert KEY not in repr(found) + repr(tried)


def test_a_batch_of_calls_is_a_batch(office: Office, count_statements: list[str]) -> None:
    persons = [office.person(MAIL, WECOM) for _ in range(4)]
    site = [office.site() for _ in range(50)]
    calls = [office.call(one, site_ids=(place,)) for one in persons for place in site[:5]]
    count_statements.clear()
    ids = []
    for one in persons:
        for place in site[5:]:
            made = replace(calls[0], id=office.work.ids.new(), person_id=one, site_ids=(place,))
            office.desk.known[made.id] = made
            ids.append(made.id)
    service.deliver(office.work, office.post, ids)
    assert len(count_statements) <= 20, f"{len(ids)} calls took {len(count_statements)} statements"
    office.run()
    assert len(office.ways["email"].sent) == len(calls) + len(ids)


def test_one_drain_may_run_twice(office: Office) -> None:
    call = office.call(office.person(WECOM))
    service.deliver(office.work, office.post, [call.id])
    office.run()
    assert len(office.ways["wecom"].sent) == 1


def test_a_group_hears_an_alarm_once_and_reaches_nobody(office: Office) -> None:
    root = people.operator(office.work.tenant_id)
    people.set_robots(office.work, root, [WECOM])
    site = office.site()
    first = office.call(office.person(), Urgency.ALARM, site_ids=(site,))
    office.call(office.person(MAIL, role=Role.SAFETY_MANAGER), Urgency.ALARM, site_ids=(site,))
    office.call(office.person(MAIL), Urgency.DUE, site_ids=(site,))
    office.run()
    (copy,) = office.ways["wecom"].sent
    assert "群内抄送" in copy.body
    assert "/v1/ack/" not in copy.body, "a link is one person's"
    assert first.id in office.desk.lost, "a copy in a group is nobody's"
    assert store.calls.carried(office.work, first.id)[0][2] == "unreachable"
