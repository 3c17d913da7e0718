"""Two transactions at one moment on a real database: a like call comes while what would carry it ends."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import MAIL, WECOM, Desk, Way
from sqlalchemy import text

from pipewarden.act import service, store
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.act.rules import retry
from pipewarden.act.service import Post
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import Call, Urgency
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from pipewarden.act.service import Taken
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import WorkFactory
    from pipewarden.main.home import Home

NO = Receipt(Outcome.REFUSED, "no")


class House:
    """One tenant with one person who has one channel; what it does really commits."""

    def __init__(self, factory: WorkFactory, tenant_id: UUID) -> None:
        self.factory, self.tenant_id = factory, tenant_id
        self.desk = Desk()
        ways = {"email": Way(), "wecom": Way(limit=900), "cloudevents": Way()}
        self.post = Post(self.desk, ways, b"a secret of this test run alone.")
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

    def hook(self, name: str) -> UUID:
        root = people.operator(self.tenant_id)
        with self.factory.begin(self.tenant_id) as work:
            url = "https://city.example.org/in"
            return service.add_hook(work, root, name=name, url=url, kinds=(), entropy=bytes(32))[0].id

    def take(self) -> Taken:
        with self.factory.begin(PLATFORM) as work:
            taken = service.take(work, self.post, [self.tenant_id])
        assert taken is not None
        return taken

    def settle(self, taken: Taken, receipt: Receipt) -> None:
        with self.factory.begin(self.tenant_id) as work:
            service.settle(work, self.post, taken, receipt)

    def deliver(self, call: Call) -> None:
        with self.factory.begin(self.tenant_id) as work:
            service.deliver(work, self.post, [call.id])


def side_by_side(*runs: Callable[[], object]) -> list[BaseException]:
    """Run all at once and return what broke."""
    broke: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except Exception as error:  # noqa: BLE001  whatever it is, the test says so
            broke.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in runs]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
        assert not one.is_alive()
    return broke


class Meeting:
    """Where two transactions wait for each other, for as long as the other can come at all."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)

    def wait(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self.barrier.wait(1.0)


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


def test_two_hands_that_both_see_a_subscription_fail_for_the_last_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that pauses it turns what the other is settling: neither may hold what the other waits for."""
    hook = house.hook("fails")
    root = people.operator(house.tenant_id)
    with house.factory.begin(house.tenant_id) as work:
        store.hooks.change(work, hook, failures=retry.PAUSE_AFTER - 1)
        for _ in range(3):
            service.try_hook(work, house.post, root, hook)
    one, other = house.take(), house.take()
    meeting, note = Meeting(), store.outbox.note

    def meet(*given: Any) -> None:
        note(*given)
        meeting.wait()

    monkeypatch.setattr(store.outbox, "note", meet)
    dead = Receipt(Outcome.FAILED, "no answer")
    assert side_by_side(lambda: house.settle(one, dead), lambda: house.settle(other, dead)) == []
    with house.factory.begin(house.tenant_id) as work:
        (found,) = [each for each in service.hooks(work, root) if each.id == hook]
        rows = store.outbox.of(work, DeliveryRow.target_id == hook)
    assert (found.state, found.failures) == ("paused", retry.PAUSE_AFTER), "what comes after is said too late"
    assert {each.state.value for each in rows} == {"spare"}


def test_a_full_robot_gives_way_while_a_hand_takes_its_next_part(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hand drops the parts of a message, the other has just taken one and asks for the robot's rate."""
    with house.factory.begin(house.tenant_id) as work:
        people.set_contacts(work, people.operator(house.tenant_id), house.person_id, [WECOM, MAIL])
    call = replace(house.call(), text="hook.paused", params={"name": "x" * 480, "failures": "10"})
    house.desk.known[call.id] = call
    house.deliver(call)
    taken, meeting, again_at, bucket = house.take(), Meeting(), retry.again_at, store.outbox.bucket

    def decided(*given: Any, **more: Any) -> Any:
        meeting.wait()
        return again_at(*given, **more)

    def asked(*given: Any) -> Any:
        meeting.wait()
        return bucket(*given)

    monkeypatch.setattr(retry, "again_at", decided)
    monkeypatch.setattr(store.outbox, "bucket", asked)
    assert side_by_side(house.take, lambda: house.settle(taken, Receipt(Outcome.BUSY, "45009 freq out of limit"))) == []
    with house.factory.begin(house.tenant_id) as work:
        rows = store.outbox.of(work, DeliveryRow.subject_id == call.id)
    assert {(each.channel, each.state.value) for each in rows} == {
        ("wecom", "failed"), ("wecom", "dropped"), ("email", "waiting"),
    }  # fmt: skip


def test_two_that_subscribe_at_one_moment_are_not_more_than_there_may_be(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = people.operator(house.tenant_id)
    with house.factory.begin(house.tenant_id) as work:
        there = len(service.hooks(work, root))
    for number in range(there, 19):
        house.hook(f"number {number}")
    meeting, add = Meeting(), store.hooks.add

    def late(*given: Any) -> None:
        meeting.wait()
        add(*given)

    monkeypatch.setattr(store.hooks, "add", late)
    (broke,) = side_by_side(lambda: house.hook("one"), lambda: house.hook("other"))
    assert isinstance(broke, RefusedError)
    with house.factory.begin(house.tenant_id) as work:
        assert len(service.hooks(work, root)) == 20
