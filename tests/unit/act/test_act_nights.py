"""Digests, the nightly question and subscriptions at their edges: the fifty-first note, a broken tenant."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from act_office import DEAD, MAIL, TAKEN, WECOM, Way

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import CLOUDEVENTS, CallState, HookState, Outcome, Receipt
from pipewarden.casework.facts import Accepted, Discovered, SiteEvent, Urgency
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewArea, NewContact, Quiet, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from act_office import Office

    from pipewarden.act.facts import Hook
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Duty

HALF_HOUR = timedelta(minutes=30)
URL = "https://city.example.org/in"


def note(office: Office, person: UUID, number: int = 0) -> UUID:
    return office.call(person, Urgency.NOTE, site_ids=(office.site(),), params={"n": str(number)}).id


def digest(office: Office) -> int:
    count = jobs.send_digests(office.begin, office.post)
    office.run()
    return count


def root(office: Office) -> Actor:
    return people.operator(office.work.tenant_id)


def test_more_notes_than_a_message_holds_go_in_the_next_one(office: Office) -> None:
    person = office.person(MAIL)
    notes = [note(office, person, number) for number in range(53)]
    office.clock.advance(HALF_HOUR)
    assert [digest(office), digest(office), digest(office)] == [50, 3, 0]
    first, second = office.ways["email"].sent
    assert (first.title.split(" ")[0], second.title.split(" ")[0]) == ("50", "3")
    carried = {one.subject_id for one in office.rows(notes[0])}
    assert carried == set(), "a note has no message of its own"


def test_a_digest_that_has_gone_takes_no_note_that_comes_after(office: Office) -> None:
    person = office.person(MAIL)
    note(office, person)
    office.clock.advance(HALF_HOUR)
    digest(office)
    late = note(office, person, 2)
    assert digest(office) == 0
    office.clock.advance(HALF_HOUR)
    assert digest(office) == 1
    assert [state for one, _, state in store.calls.carried(office.work, late) if one == late] == []


def test_a_note_that_was_acknowledged_at_the_desk_leaves_with_no_digest_of_its_own(office: Office) -> None:
    person = office.person(MAIL)
    known = note(office, person)
    office.desk.acked[known] = person
    office.clock.advance(HALF_HOUR)
    digest(office)
    assert office.ways["email"].sent == [], "nobody needs to be told what they have done"


def test_a_digest_falls_back_to_the_next_channel_like_any_message(office: Office) -> None:
    office.ways["wecom"] = Way(DEAD)
    person = office.person(WECOM, MAIL)
    note(office, person)
    office.clock.advance(HALF_HOUR)
    digest(office)
    office.run_for(40)
    assert len(office.ways["email"].sent) == 1


def test_each_person_has_a_digest_of_their_own_hour(office: Office) -> None:
    awake = office.person(MAIL)
    asleep = office.person(NewContact(ContactKind.WECOM, "quiet-key-1", quiet=Quiet(time(8), time(11))))  # it is nine
    note(office, awake)
    note(office, asleep)
    office.clock.advance(HALF_HOUR)
    assert digest(office) == 1
    office.clock.advance(timedelta(minutes=89))
    assert digest(office) == 0, "a minute before eleven"
    office.clock.advance(timedelta(minutes=1))
    assert digest(office) == 1


def test_one_tenants_digest_carries_nothing_of_anothers(office: Office) -> None:
    """The same person is a member of two companies; their messages never meet."""
    person = office.person(MAIL)
    note(office, person)
    other = people.ensure_tenant(office.work.session, office.clock, office.work.ids, "gas-b").id
    there = replace(office.work, tenant_id=other)
    office.clock.advance(HALF_HOUR)
    assert service.send_digest(there, office.post, person) == 0
    assert service.send_digest(office.work, office.post, person) == 1


def test_a_digest_that_breaks_holds_up_nobody_elses(office: Office) -> None:
    first, second = office.person(MAIL), office.person(WECOM)
    note(office, first)
    note(office, second)
    office.clock.advance(HALF_HOUR)
    del office.ways["email"]
    begun: list[UUID] = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        begun.append(tenant_id)
        if len(begun) == 2:
            raise RuntimeError("the first person's digest")
        with office.begin(tenant_id) as work:
            yield work

    jobs.send_digests(begin, office.post)
    assert len(begun) == 3, "the second was not asked"


@pytest.fixture
def beat(office: Office) -> UUID:
    square = bytes(shapely.to_wkb(shapely.box(116.2, 39.6, 116.4, 39.8)))
    return people.add_area(office.work, root(office), NewArea("beat", "一号巡线段", wkb=square)).id


def on_duty(office: Office, beat: UUID, person: UUID, begins: float, ends: float, *, rank: int = 1) -> Duty:
    now = office.clock.now()
    span = {"begins_at": now + timedelta(hours=begins), "ends_at": now + timedelta(hours=ends)}
    return people.put_on_duty(office.work, root(office), person, Role.SAFETY_MANAGER, beat, **span, rank=rank)


@pytest.mark.parametrize(
    ("begins", "ends", "asked"),
    [(-8.0, 1.1, 1), (-8.0, 1.0, 0), (24.9, 30.0, 1), (25.0, 30.0, 0)],
    ids=["ends soon", "has just ended", "begins before the day is over", "begins when it is"],
)
def test_the_night_is_one_day_long(office: Office, beat: UUID, begins: float, ends: float, asked: int) -> None:
    on_duty(office, beat, office.person(), begins, ends)
    office.clock.advance(timedelta(hours=1))
    found = service.check_reach(office.work, office.post)
    assert (found.persons, len(found.missing)) == (asked, asked)


def test_who_has_two_duties_is_one_person_and_is_named_by_the_first(office: Office, beat: UUID) -> None:
    person = office.person()
    late = on_duty(office, beat, person, 12.0, 16.0)
    soon = on_duty(office, beat, person, 2.0, 6.0)
    found = service.check_reach(office.work, office.post)
    assert (found.persons, [one.begins_at for one in found.missing]) == (1, [soon.begins_at])
    assert late.begins_at > soon.begins_at


def test_half_a_stand_in_relieves_nobody(office: Office, beat: UUID) -> None:
    duty = on_duty(office, beat, office.person(), 1.0, 9.0)
    span = {"begins_at": duty.begins_at, "ends_at": duty.ends_at - timedelta(minutes=1)}
    people.substitute(office.work, root(office), duty.id, office.person(MAIL), **span, reason="dentist")
    found = service.check_reach(office.work, office.post)
    assert found.persons == 2
    assert [one.person_id for one in found.missing] == [duty.person_id], "the last minute is theirs"


def test_the_newest_answer_counts_and_is_the_tenants_own(office: Office, beat: UUID) -> None:
    person = office.person()
    on_duty(office, beat, person, 1.0, 9.0)
    assert len(service.check_reach(office.work, office.post).missing) == 1
    people.set_contacts(office.work, root(office), person, [MAIL])
    office.clock.advance(timedelta(minutes=1))
    second = service.check_reach(office.work, office.post)
    assert service.reach(office.work, root(office)) == second
    assert second.missing == ()
    other = people.ensure_tenant(office.work.session, office.clock, office.work.ids, "gas-b").id
    there = replace(office.work, tenant_id=other)
    assert service.reach(there, people.operator(other)) is None
    assert service.check_reach(there, office.post).persons == 0, "another tenant's duties are not asked about"


def test_many_missing_are_counted_and_ten_are_named(office: Office, beat: UUID) -> None:
    manager = office.person(MAIL)
    for number in range(12):
        on_duty(office, beat, office.person(), 1.0 + number, 2.0 + number)
    service.check_reach(office.work, office.post)
    actor = people.actor_of(office.work, manager)
    assert actor is not None
    (message,), _ = service.messages(office.work, actor, before=None, limit=5)
    assert "12 人" in message.title
    assert message.title.count("Person") == 10


def test_a_tenant_that_cannot_be_asked_holds_up_no_other(office: Office, beat: UUID) -> None:
    """The night is one: whoever comes after a broken tenant would be asked only tomorrow."""
    for key in ("gas-a", "gas-z"):
        people.ensure_tenant(office.work.session, office.clock, office.work.ids, key)
    on_duty(office, beat, office.person(), 1.0, 9.0)
    asked: list[UUID] = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        with office.begin(tenant_id) as work:
            asked.append(tenant_id)
            if len(asked) == 2:
                raise RuntimeError("its duties cannot be read")
            yield work

    jobs.check_everybody(begin, office.post)
    assert len(asked) == 1 + len(people.tenants(office.work, people.operator()))


def hook(office: Office, *kinds: str) -> Hook:
    made, _ = service.add_hook(office.work, root(office), name="x", url=URL, kinds=kinds, entropy=bytes(range(32)))
    return made


def happen(office: Office, *bodies: Any) -> list[UUID]:
    ids = []
    for said in bodies:
        one = SiteEvent(office.work.ids.new(), office.work.tenant_id, office.site(), office.clock.now(), None, 1, said)
        office.desk.told[one.id] = one
        ids.append(one.id)
    service.announce(office.work, office.post, ids)
    return ids


def test_what_waited_when_a_subscription_paused_keeps_its_order_and_what_came_meanwhile_is_fetched(
    office: Office,
) -> None:
    made = hook(office)
    before = happen(office, Accepted(), Accepted())
    service.change_hook(office.work, root(office), made.id, name="x", kinds=(), active=False)
    happen(office, Accepted())
    office.run()
    assert office.ways[CLOUDEVENTS].sent == []
    for _ in range(2):  # saying it twice changes nothing
        service.change_hook(office.work, root(office), made.id, name="x", kinds=(), active=True)
    office.run()
    assert [json.loads(one.body)["id"] for one in office.ways[CLOUDEVENTS].sent] == [str(one) for one in before]


def test_a_subscription_that_is_paused_under_a_hand_is_sent_once_more_and_not_lost(office: Office) -> None:
    made = hook(office)
    happen(office, Accepted())
    taken = service.take(office.work, office.post, [office.work.tenant_id])
    assert taken is not None
    service.change_hook(office.work, root(office), made.id, name="x", kinds=(), active=False)
    service.settle(office.work, office.post, taken, DEAD)
    assert service.hooks(office.work, root(office))[0].failures == 0, "who is paused is not counted against"
    service.change_hook(office.work, root(office), made.id, name="x", kinds=(), active=True)
    office.run_for(30)
    (sent,) = office.ways[CLOUDEVENTS].sent
    assert sent.id == taken.delivery.id
    (row,), _ = service.hook_deliveries(office.work, root(office), made.id, before=None, limit=5)
    assert row.state.value == "accepted"


def test_kinds_that_change_hold_for_what_happens_after(office: Office) -> None:
    made = hook(office, "discovered", "discovered")
    assert made.kinds == ("discovered",)
    place = Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "seen")
    happen(office, place, Accepted())
    service.change_hook(office.work, root(office), made.id, name="y", kinds=("accepted",), active=True)
    happen(office, place, Accepted())
    office.run()
    kinds = [json.loads(one.body)["type"].split(".")[-2] for one in office.ways[CLOUDEVENTS].sent]
    assert kinds == ["opened", "accepted"]


@pytest.mark.parametrize("failures", [9, 10])
def test_the_tenth_failure_in_a_row_pauses_and_the_ninth_does_not(office: Office, failures: int) -> None:
    office.ways[CLOUDEVENTS] = Way([DEAD] * failures + [TAKEN] * 20)
    made = hook(office)
    happen(office, *[Accepted()] * failures)
    office.run()
    (found,) = service.hooks(office.work, root(office))
    assert (found.id, found.state) == (made.id, HookState.ACTIVE if failures < 10 else HookState.PAUSED)


def test_a_busy_system_is_asked_again_when_it_said_and_one_hour_at_most(office: Office) -> None:
    wait = Receipt(Outcome.BUSY, "HTTP 503", "503", timedelta(days=40))
    office.ways[CLOUDEVENTS] = Way([wait, TAKEN])
    hook(office)
    happen(office, Accepted())
    office.run_for(59 * 60, step=60)
    assert len(office.ways[CLOUDEVENTS].sent) == 1
    office.run_for(3 * 60, step=60)
    assert len(office.ways[CLOUDEVENTS].sent) == 2


def test_what_one_tenant_subscribes_another_never_gets(office: Office) -> None:
    hook(office)
    other = people.ensure_tenant(office.work.session, office.clock, office.work.ids, "gas-b").id
    there = replace(office.work, tenant_id=other)
    one = SiteEvent(office.work.ids.new(), other, office.work.ids.new(), office.clock.now(), None, 1, Accepted())
    office.desk.told[one.id] = one
    service.announce(there, office.post, [one.id])
    service.announce(office.work, office.post, [one.id])
    office.run()
    assert office.ways[CLOUDEVENTS].sent == []


def test_an_unreachable_call_in_the_message_centre_can_still_be_read(office: Office) -> None:
    person = office.person()
    call = office.call(person)
    actor = people.actor_of(office.work, person)
    assert actor is not None
    ((found,), unread) = service.messages(office.work, actor, before=None, limit=5)
    assert (found.id, found.state, unread) == (call.id, CallState.UNREACHABLE, 1)
    assert service.read_messages(office.work, actor, call.id) == 0
    before = service.messages(office.work, actor, before=None, limit=5)[0][0].read_at
    office.clock.advance(timedelta(minutes=1))
    service.read_messages(office.work, actor, call.id)
    assert service.messages(office.work, actor, before=None, limit=5)[0][0].read_at == before, "the first time counts"
