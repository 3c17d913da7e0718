"""The link at its edges: the last second of its day, whose call it is, what else it carries, what it leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from act_office import DEAD, HOOK_KEY, MAIL, TAKEN, WECOM, Office, Way

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import CallState
from pipewarden.act.rules.sign import ack_token
from pipewarden.act.service import AckState
from pipewarden.act.service.calling import tell
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ContactKind, NewContact, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.service import Ack

EDGE = timedelta(hours=24)


def press(office: Office, token: str) -> Ack:
    """Press the button, as somebody whom nobody has asked for a name."""
    return service.acknowledge(replace(office.work, tenant_id=PLATFORM), office.post, token)


def opened(office: Office, token: str) -> Ack:
    return service.look(replace(office.work, tenant_id=PLATFORM), office.post, token)


def token_of(body: str) -> str:
    return body.rpartition("/v1/ack/")[2].strip()


def sent(office: Office, kind: str = "wecom", number: int = -1) -> str:
    return token_of(office.ways[kind].sent[number].body)


def told(office: Office) -> list[str]:
    entries = people.read(office.work, people.operator(office.work.tenant_id), limit=1000)
    return [one.details for one in entries if one.act == "call.acknowledged"]


def states(office: Office, subject_id: UUID) -> set[CallState]:
    return {state for _, _, state in store.calls.carried(office.work, subject_id)}


@pytest.mark.parametrize(
    ("late", "good"), [(timedelta(seconds=-1), AckState.OPEN), (timedelta(0), AckState.EXPIRED)], ids=["before", "at"]
)
def test_the_last_second_counts_and_the_next_does_not(office: Office, late: timedelta, good: AckState) -> None:
    call = office.call(office.person(WECOM))
    office.run()
    office.clock.advance(EDGE + late)
    assert opened(office, sent(office)).state is good
    press(office, sent(office))
    assert (call.id in office.desk.acked) is (good is AckState.OPEN)


def test_what_was_acknowledged_in_time_reads_so_for_ever(office: Office) -> None:
    office.call(office.person(WECOM))
    office.run()
    assert press(office, sent(office)).state is AckState.DONE
    office.clock.advance(EDGE * 30)
    assert opened(office, sent(office)).state is AckState.DONE
    assert press(office, sent(office)).state is AckState.DONE
    assert len(told(office)) == 1


def test_each_channel_has_a_link_of_its_own_and_either_is_enough(office: Office) -> None:
    office.ways["wecom"] = Way([DEAD, DEAD, DEAD, TAKEN])
    call = office.call(office.person(WECOM, MAIL))
    office.run_for(40)
    first, second = sent(office, "wecom"), sent(office, "email")
    assert first != second
    assert press(office, first).state is AckState.DONE, "the channel said no, and yet the message came"
    assert opened(office, second).state is AckState.DONE
    assert list(office.desk.acked) == [call.id]
    wecom, email = office.contacts(call.person_id)
    assert wecom.verified_at == office.clock.now()
    assert email.verified_at is None, "nothing came back by it"


def test_the_link_of_one_call_leaves_the_persons_others_open(office: Office) -> None:
    person = office.person(WECOM)
    first, second = (office.call(person, site_ids=(office.site(),)) for _ in range(2))
    office.run()
    press(office, sent(office, number=0))
    assert list(office.desk.acked) == [first.id]
    assert states(office, second.id) == {CallState.REACHED}


def test_a_link_acknowledges_also_the_like_call_that_came_after_it(office: Office) -> None:
    person, site = office.person(WECOM), office.site()
    first = office.call(person, site_ids=(site,))
    office.run()
    second = office.call(person, site_ids=(site,))
    press(office, sent(office))
    assert office.desk.acked == {first.id: person, second.id: person}
    office.clock.advance(timedelta(minutes=1))
    third = office.call(person, site_ids=(site,))
    office.run()
    assert len(office.ways["wecom"].sent) == 2, "what was acknowledged stands for nothing that comes after"
    assert third.id not in office.desk.acked


def test_two_persons_who_are_told_the_same_acknowledge_each_for_themselves(office: Office) -> None:
    site = office.site()
    first, second = (office.call(office.person(WECOM), site_ids=(site,)) for _ in range(2))
    office.run()
    press(office, sent(office, number=0))
    assert office.desk.acked == {first.id: first.person_id}
    assert opened(office, sent(office, number=1)).state is AckState.OPEN
    assert second.id not in office.desk.acked


def test_a_message_that_waits_for_its_second_try_is_not_tried_again_after_the_press(office: Office) -> None:
    office.ways["wecom"] = Way([DEAD, TAKEN])
    call = office.call(office.person(WECOM, MAIL))
    office.run()
    press(office, sent(office))
    office.run_for(60)
    assert len(office.ways["wecom"].sent) == 1
    assert set(office.states(call.id)) == {"wecom dropped", "email dropped"}
    assert not office.desk.lost


def test_a_press_while_a_hand_has_the_message_is_not_undone_by_the_receipt(office: Office) -> None:
    """Somebody reads faster than the vendor answers; and what it answers is no."""
    call = office.call(office.person(WECOM))
    taken = service.take(office.work, office.post, [office.work.tenant_id])
    assert taken is not None
    assert taken.outgoing is not None
    press(office, token_of(taken.outgoing.body))
    service.settle(office.work, office.post, taken, DEAD)
    office.run_for(60)
    assert states(office, call.id) == {CallState.ACKNOWLEDGED}
    assert not office.desk.lost, "who has acknowledged is reached"


def test_who_is_not_a_member_any_more_acknowledges_nothing_here(office: Office) -> None:
    call = office.call(office.person(WECOM))
    office.run()
    root = people.operator(office.work.tenant_id)
    for _, held in people.memberships(office.work, root, role=Role.SAFETY_MANAGER):
        if held.person_id == call.person_id:
            people.end_membership(office.work, root, held.id, at=office.clock.now())
    office.clock.advance(timedelta(seconds=1))
    assert opened(office, sent(office)).state is AckState.UNKNOWN, "no button to press"
    assert press(office, sent(office)).state is AckState.UNKNOWN
    assert office.desk.acked == {}, "a chain that stopped for somebody who has left would have nobody"


def test_the_link_of_a_test_message_proves_the_address_and_acknowledges_no_call(office: Office) -> None:
    person = office.person(WECOM)
    real = office.call(person)
    service.try_person(office.work, office.post, person)
    office.run()
    tests = [one for one in office.ways["wecom"].sent if "测试" in one.body]
    assert press(office, token_of(tests[0].body)).state is AckState.DONE
    assert office.contacts(person)[0].verified_at is not None
    assert office.desk.acked == {}
    assert states(office, real.id) == {CallState.REACHED}


def test_the_link_of_an_own_note_is_not_taken_to_casework(office: Office) -> None:
    """Act's own calls are unknown to casework: it must not be asked to acknowledge one."""
    person = office.person(MAIL, role=Role.SAFETY_MANAGER)
    for number in range(2):
        office.call(person, Urgency.NOTE, site_ids=(office.site(),), params={"n": str(number)})
    assert tell(office.work, office.post, Role.SAFETY_MANAGER, "reach.missing", {"count": "1", "names": "x"}) == 1
    office.clock.advance(timedelta(minutes=30))
    assert jobs.send_digests(office.begin, office.post) == 3
    office.run()
    assert press(office, sent(office, "email")).state is AckState.DONE
    assert len(office.desk.acked) == 2
    (details,) = told(office)
    assert details.count("-") >= 3 * 4, "all three are on record"


def test_a_persons_webhook_carries_its_link_in_the_document_and_it_works(office: Office) -> None:
    hook = NewContact(ContactKind.WEBHOOK, "https://hook.example.org/a", HOOK_KEY)
    call = office.call(office.person(hook))
    office.run()
    data = json.loads(office.ways["webhook"].sent[0].body)["data"]
    assert data["subject_id"] == str(call.id)
    assert "repeat" not in data
    assert press(office, token_of(data["acknowledge"])).state is AckState.DONE


def test_only_the_last_part_of_a_long_message_has_the_link(office: Office) -> None:
    """Whoever presses it has the whole of it in front of them."""
    office.ways["wecom"] = Way(limit=700)
    words = {"name": "管" * 300, "failures": "10", "problem": "x"}
    call = office.call(office.person(WECOM), text="hook.paused", params=words)
    office.run()
    bodies = [one.body for one in office.ways["wecom"].sent]
    assert len(bodies) > 1
    assert ["/v1/ack/" in one for one in bodies] == [False] * (len(bodies) - 1) + [True]
    assert all(len(one.encode()) <= 700 for one in bodies), "with its number and its link it still fits"
    first = office.rows(call.id)[0]
    assert press(office, ack_token(office.post.secret, first.id, call.person_id)).state is AckState.DONE


def test_a_link_to_a_copy_for_a_group_cannot_be_made(office: Office) -> None:
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    call = office.call(office.person(MAIL), Urgency.ALARM, site_ids=(office.site(),))
    (copy,) = [one for one in office.rows(call.id) if one.person_id is None]
    for person in (call.person_id, copy.target_id, copy.tenant_id):
        assert press(office, ack_token(office.post.secret, copy.id, person)).state is AckState.UNKNOWN
    assert office.desk.acked == {}
