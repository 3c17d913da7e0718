"""A wish to be forgotten that nobody answers: reminded of at day 10, loud from day 15 on, over with the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipewarden.operation import jobs, service
from pipewarden.operation.facts import FaultKind
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, Role

if TYPE_CHECKING:
    from pipewarden.operation.facts import Fault

OURS = {FaultKind.ERASURE_SOON, FaultKind.ERASURE_LATE}


def look(office: Any, machine: Any) -> dict[FaultKind, Fault]:
    """Watch once, as the worker does each minute, and return what lasts of wishes to be forgotten."""
    jobs.watch(office.begin, office.post, machine, {}, heartbeat=False)
    root = people.operator(office.work.tenant_id)
    seen = service.faults_seen(office.work, root)
    return {one.kind: one for one in seen if one.ended_at is None and one.kind in OURS}


def leaver(office: Any) -> Actor:
    return replace(people.operator(office.work.tenant_id), kind=ActorKind.PERSON, id=office.work.ids.new(), grants=())


def test_nobody_answers_and_the_days_go_by(office: Any, machine: Any) -> None:
    people.ask_erasure(office.work, leaver(office), "请删除")
    for days, kinds in ((10, set()), (1, {FaultKind.ERASURE_SOON}), (4, {FaultKind.ERASURE_SOON})):
        office.clock.advance(timedelta(days=days) - timedelta(seconds=1 if days == 10 else 0))
        assert set(look(office, machine)) == kinds, days
    office.clock.advance(timedelta(days=1))
    found = look(office, machine)
    assert set(found) == {FaultKind.ERASURE_LATE}, "late takes the reminder's place: one fault, told by one page"
    assert found[FaultKind.ERASURE_LATE].count == 1
    assert found[FaultKind.ERASURE_LATE].names == (), "no person's name stands in a fault"


def test_an_answer_ends_it_and_a_refusal_is_one(office: Any, machine: Any) -> None:
    root = people.operator(office.work.tenant_id)
    first = people.ask_erasure(office.work, leaver(office))
    second = people.ask_erasure(office.work, leaver(office))
    office.clock.advance(timedelta(days=16))
    assert look(office, machine)[FaultKind.ERASURE_LATE].count == 2
    people.refuse_erasure(office.work, root, first.id, reason="法院保全")
    assert look(office, machine)[FaultKind.ERASURE_LATE].count == 1
    people.erase(office.work, root, [], second.id, reason="本人申请")
    assert look(office, machine) == {}


def test_the_person_in_charge_is_told_once_a_day_while_it_lasts(office: Any, machine: Any) -> None:
    page = service.pages()[FaultKind.ERASURE_LATE]
    assert Role.TENANT_ADMIN in page.who
    assert service.pages()[FaultKind.ERASURE_SOON].who == (Role.TENANT_ADMIN,)
    people.ask_erasure(office.work, leaver(office))
    office.clock.advance(timedelta(days=16))
    first = look(office, machine)[FaultKind.ERASURE_LATE]
    assert first.told_at == office.clock.now()
    office.clock.advance(timedelta(hours=23))
    assert look(office, machine)[FaultKind.ERASURE_LATE].told_at == first.told_at
    office.clock.advance(timedelta(hours=1))
    assert look(office, machine)[FaultKind.ERASURE_LATE].told_at == office.clock.now()


def test_another_tenant_s_wish_is_not_ours(office: Any, machine: Any) -> None:
    other = replace(office.work, tenant_id=office.work.ids.new())
    people.ask_erasure(other, leaver(office))
    office.clock.advance(timedelta(days=20))
    assert look(office, machine) == {}
    assert people.erasures_waiting(office.work) == []
    assert len(people.erasures_waiting(other)) == 1
