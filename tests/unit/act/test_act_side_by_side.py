"""Two transactions at one moment on a real database: a like call comes while what would carry it ends."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import MAIL, Desk, Way
from sqlalchemy import text

from pipewarden.act import service, store
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.act.service import Post
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import Call, Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import WorkFactory
    from pipewarden.main.home import Home

NO = Receipt(Outcome.REFUSED, "no")


class House:
    """One tenant with one person who has one channel; what it does really commits."""

    def __init__(self, factory: WorkFactory, tenant_id: UUID) -> None:
        self.factory, self.tenant_id = factory, tenant_id
        self.desk = Desk()
        self.post = Post(self.desk, {"email": Way()}, b"a secret of this test run alone.")
        root = people.operator(tenant_id)
        with factory.begin(tenant_id) as work:
            login = f"side{work.ids.new().int % 10**12}"
            person = people.add_person(work, None, root, NewPerson(login, login, None))  # type: ignore[arg-type]
            begins = work.now() - timedelta(days=1)
            people.grant(work, root, NewMembership(person.id, tenant_id, Role.SAFETY_MANAGER, begins))
            people.set_contacts(work, root, person.id, [MAIL])
            self.person_id = person.id

    def call(self) -> Call:
        with self.factory.begin(self.tenant_id) as work:
            given: dict[str, Any] = {"duty_id": None, "step": 0, "loop": 0, "text": "other", "params": {"n": "1"}}
            made = Call(
                work.ids.new(), self.tenant_id, self.person_id, Urgency.DUE, site_ids=(), at=work.now(), **given
            )
        self.desk.known[made.id] = made
        return made

    def deliver(self, call: Call) -> None:
        with self.factory.begin(self.tenant_id) as work:
            service.deliver(work, self.post, [call.id])


@pytest.fixture
def house(home: Home, clock: SetClock) -> Iterator[House]:
    factory = replace(home.factory, clock=clock)
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, factory.clock, factory.ids, "side-by-side").id
    yield House(factory, tenant)
    with home.factory.begin(PLATFORM) as work:
        work.session.execute(text("UPDATE act_deliveries SET state = 'dropped' WHERE state IN ('waiting', 'spare')"))


def while_it_ends(house: House, first: Call, receipt: Receipt) -> Call:
    """Let a like call be taken up while a hand writes down how the first one ended, and return it."""
    with house.factory.begin(PLATFORM) as work:
        taken = service.take(work, house.post, [house.tenant_id])
    assert taken is not None
    second = house.call()
    other = threading.Thread(target=house.deliver, args=(second,))
    with house.factory.begin(house.tenant_id) as work:
        service.settle(work, house.post, taken, receipt)
        other.start()
        other.join(0.5)  # it waits for us, or it has looked at what is not true any more
    other.join(20)
    assert not other.is_alive()
    assert first.id != second.id
    return second


def test_a_like_call_that_comes_while_the_first_fails_is_brought_or_said_to_be_lost(house: House) -> None:
    first = house.call()
    house.deliver(first)
    second = while_it_ends(house, first, NO)
    assert first.id in house.desk.lost
    with house.factory.begin(house.tenant_id) as work:
        own = store.outbox.of(work, DeliveryRow.subject_id == second.id)
    assert second.id in house.desk.lost or [one.state.value for one in own] == ["waiting"], "silence"


def test_a_like_call_that_comes_while_the_first_is_dropped_is_brought(house: House) -> None:
    """Acknowledged at the desk a moment before: the second is another call, and nobody has acknowledged that."""
    first = house.call()
    house.deliver(first)
    house.desk.acked[first.id] = house.person_id
    second = while_it_ends(house, first, NO)
    with house.factory.begin(house.tenant_id) as work:
        subject = work.session.scalar(text("SELECT subject_id FROM act_calls WHERE id = :id"), {"id": second.id})
        rows = store.outbox.of(work, DeliveryRow.subject_id == subject)
    assert [one.state.value for one in rows] == ["waiting"]


def test_a_like_call_that_was_there_before_the_end_shares_it(house: House) -> None:
    first, second = house.call(), house.call()
    house.deliver(first)
    with house.factory.begin(PLATFORM) as work:
        taken = service.take(work, house.post, [house.tenant_id])
    assert taken is not None
    house.deliver(second)
    with house.factory.begin(house.tenant_id) as work:
        service.settle(work, house.post, taken, NO)
    assert house.desk.lost.keys() == {first.id, second.id}
