"""Hands side by side on a real database: nothing twice, nothing lost, no tenant held up, a process that dies."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import HOOK_KEY, MAIL, TAKEN, WECOM, Desk, Way, empty
from sqlalchemy import event, text

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import Outcome, Outgoing, Receipt
from pipewarden.act.service import Post
from pipewarden.act.store import DeliveryRow
from pipewarden.casework.facts import CALLED, CHANGED, Accepted, Call, SiteEvent, Urgency
from pipewarden.kit.work import FactRef, WorkFactory
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

SECRET = b"a secret of this test run alone."


@dataclass(slots=True)
class Slow:
    """A channel that keeps count, takes its time, and may die under a hand."""

    seen: list[UUID] = field(default_factory=list)
    pause_s: float = 0.002
    real: bool = True
    limit: int = 2048
    lock: Any = field(default_factory=threading.Lock)

    def send(self, message: Outgoing, *, within_s: float) -> Receipt:
        threading.Event().wait(min(self.pause_s, within_s))
        with self.lock:
            self.seen.append(message.id)
        return TAKEN


@dataclass(slots=True)
class House:
    """A tenant or two that really commit, on a clock that stands."""

    home: Home
    factory: WorkFactory
    desk: Desk
    ways: dict[str, Any]

    @property
    def post(self) -> Post:
        return Post(self.desk, self.ways, SECRET, "https://gas.example.org")

    def tenant(self, key: str) -> UUID:
        with self.home.factory.sessions() as session, session.begin():
            return people.ensure_tenant(session, self.home.factory.clock, self.home.factory.ids, key).id

    def person(self, tenant_id: UUID, *contacts: NewContact) -> UUID:
        root = people.operator(tenant_id)
        with self.factory.begin(tenant_id) as work:
            login = f"job{work.ids.new().int % 10**12}"
            made = people.add_person(work, None, root, NewPerson(login, login, password=None))  # type: ignore[arg-type]
            held = NewMembership(made.id, tenant_id, Role.SAFETY_MANAGER, work.now() - timedelta(days=1))
            people.grant(work, root, held)
            people.set_contacts(work, root, made.id, contacts)
            return made.id

    def calls(self, tenant_id: UUID, person_id: UUID, count: int, **more: Any) -> list[UUID]:
        """Make calls about as many things and deliver them in batches, as the drain would."""
        made = []
        with self.factory.begin(tenant_id) as work:
            for number in range(count):
                given = {"urgency": Urgency.DUE, "step": 0, "loop": 0, "text": "other", "params": {"n": str(number)}}
                one = Call(
                    id=work.ids.new(), tenant_id=tenant_id, person_id=person_id, site_ids=(), duty_id=None,
                    at=work.now(), **(given | more),
                )  # fmt: skip
                self.desk.known[one.id] = one
                made.append(one.id)
        drain = jobs.make_deliver(self.post)
        for start in range(0, count, 64):
            with self.factory.begin(tenant_id) as work:
                facts = [FactRef(CALLED, "x", tenant_id, one) for one in made[start : start + 64]]
                assert drain(work, facts) is None
        return made

    def count(self, tenant_id: UUID) -> Counter[str]:
        with self.factory.begin(tenant_id) as work:
            rows = work.session.execute(
                text("SELECT state, count(*) FROM act_deliveries WHERE tenant_id = :t GROUP BY state"), {"t": tenant_id}
            )
            return Counter(dict(rows.all()))


@pytest.fixture
def house(home: Home, clock: SetClock) -> Iterator[House]:
    """The home with a clock that stands where the tests want it; its outbox is empty before and after."""
    empty(home)
    yield House(home, replace(home.factory, clock=clock), Desk(), {kind.value: Slow() for kind in ContactKind})
    empty(home)


def test_hands_side_by_side_send_each_message_once(house: House) -> None:
    tenant = house.tenant("jobs-a")
    house.calls(tenant, house.person(tenant, MAIL), 120)
    done: list[int] = []
    workers = [
        threading.Thread(target=lambda: done.append(jobs.send_waiting(house.factory.begin, house.post, hands=3)))
        for _ in range(2)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(done) == 120
    assert len(house.ways["email"].seen) == len(set(house.ways["email"].seen)) == 120
    assert house.count(tenant) == {"accepted": 120}


@pytest.mark.parametrize("hands", [1, 2])
def test_a_flood_of_one_tenant_does_not_hold_up_the_other(house: House, hands: int) -> None:
    flooded, quiet = house.tenant("jobs-flood"), house.tenant("jobs-quiet")
    house.calls(flooded, house.person(flooded, MAIL), 200)
    (mine,) = house.calls(quiet, house.person(quiet, MAIL), 1)
    order: list[UUID] = []
    house.ways["email"] = Slow(pause_s=0.01, seen=order)
    jobs.send_waiting(house.factory.begin, house.post, hands=hands)
    with house.factory.begin(quiet) as work:
        (row,) = store.outbox.of(work, DeliveryRow.subject_id == mine)
    assert order.index(row.id) < 10, "it came 200 messages later"


def test_who_is_told_while_a_flood_is_under_way_does_not_wait_for_its_end(house: House) -> None:
    """The flood's sweep is at it when an alarm comes for a tenant of whom nothing waited when it began."""
    flooded, quiet = house.tenant("jobs-flood-on"), house.tenant("jobs-quiet-then")
    house.calls(flooded, house.person(flooded, MAIL), 60)
    mine = house.person(quiet, MAIL)
    order: list[UUID] = []

    def alarm_comes(message: Outgoing) -> Receipt:
        order.append(message.id)
        if len(order) == 5:
            house.calls(quiet, mine, 1, urgency=Urgency.ALARM)
        return TAKEN

    house.ways["email"] = Way(alarm_comes)
    jobs.send_waiting(house.factory.begin, house.post, hands=1)
    with house.factory.begin(quiet) as work:
        (row,) = store.outbox.of(work, DeliveryRow.person_id == mine)
    assert order[5] == row.id


def test_a_sweep_ends_before_its_flood_does(house: House, clock: SetClock) -> None:
    """Digests and the nightly question stand behind a sweep, so it comes to an end; the next one goes on."""
    tenant = house.tenant("jobs-flood-slow")
    house.calls(tenant, house.person(tenant, MAIL), 30)
    house.ways["email"] = Way(TAKEN, takes_s=3.0, clock=clock)
    began = clock.now()
    assert 0 < jobs.send_waiting(house.factory.begin, house.post, hands=1) < 30
    assert clock.now() - began <= timedelta(seconds=30)
    while jobs.send_waiting(house.factory.begin, house.post, hands=1):
        pass
    assert house.count(tenant) == {"accepted": 30}


def test_an_alarm_overtakes_what_waits(house: House) -> None:
    tenant = house.tenant("jobs-alarm")
    person = house.person(tenant, MAIL)
    house.calls(tenant, person, 100)
    (alarm,) = house.calls(tenant, person, 1, urgency=Urgency.ALARM)
    jobs.send_waiting(house.factory.begin, house.post, hands=1)
    with house.factory.begin(tenant) as work:
        (row,) = store.outbox.of(work, DeliveryRow.subject_id == alarm)
    assert house.ways["email"].seen[0] == row.id


def test_a_process_that_dies_while_sending_leaves_one_marked_repeat(house: House, clock: SetClock) -> None:
    tenant = house.tenant("jobs-dies")
    (call,) = house.calls(tenant, house.person(tenant, WECOM), 1)

    class Killed(BaseException):
        """What a signal is to a thread."""

    sent: list[Outgoing] = []

    def dies(message: Outgoing) -> Receipt:
        sent.append(message)
        if len(sent) == 1:
            raise Killed
        return TAKEN

    house.ways["wecom"] = Way(dies)
    with pytest.raises(Killed):
        jobs.send_waiting(house.factory.begin, house.post, hands=1)
    assert jobs.send_waiting(house.factory.begin, house.post, hands=1) == 0, (
        "nobody else takes it while the lease holds"
    )
    for _ in range(30):
        clock.advance(timedelta(seconds=2))
        jobs.send_waiting(house.factory.begin, house.post, hands=1)
    assert len(sent) == 2
    assert "重发" in sent[1].body
    with house.factory.begin(tenant) as work:
        (row,) = store.outbox.of(work, DeliveryRow.subject_id == call)
        tried = store.outbox.attempts(work, [row.id])
    assert [one.outcome for one in tried] == [Outcome.BEGUN, Outcome.LOST, Outcome.BEGUN, Outcome.ACCEPTED]


def test_no_transaction_is_held_while_a_channel_thinks(house: House) -> None:
    tenant = house.tenant("jobs-free")
    house.calls(tenant, house.person(tenant, MAIL), 1)
    held: list[int] = []
    open_now = 0

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        nonlocal open_now
        with house.factory.begin(tenant_id) as work:
            open_now += 1
            yield work
        open_now -= 1

    def look(_message: Outgoing) -> Receipt:
        held.append(open_now)
        return TAKEN

    house.ways["email"] = Way(look)
    jobs.send_waiting(begin, house.post, hands=1)
    assert held == [0]


def test_what_fails_to_be_settled_is_taken_again(house: House, clock: SetClock) -> None:
    """Casework does not answer: the receipt is not lost in silence, the delivery comes round again."""
    tenant = house.tenant("jobs-broken")
    (call,) = house.calls(tenant, house.person(tenant, MAIL), 1)
    house.ways["email"] = Way(Receipt(Outcome.REFUSED, "no"))
    assert jobs.send_waiting(house.factory.begin, replace(house.post, casework=DeafDesk()), hands=1) == 1
    assert house.count(tenant) == {"waiting": 1}
    clock.advance(timedelta(seconds=21))
    jobs.send_waiting(house.factory.begin, house.post, hands=1)
    assert house.desk.lost.keys() == {call}


def test_what_can_never_be_settled_ends_and_holds_up_nobody(house: House, clock: SetClock) -> None:
    tenant = house.tenant("jobs-poison")
    (poison,) = house.calls(tenant, house.person(tenant, MAIL), 1)
    (good,) = house.calls(tenant, house.person(tenant, WECOM), 1)
    house.ways |= {"email": Way(Receipt(Outcome.REFUSED, "no")), "wecom": Way(TAKEN)}
    deaf = replace(house.post, casework=DeafDesk())
    jobs.send_waiting(house.factory.begin, deaf, hands=1)
    assert len(house.ways["wecom"].sent) == 1, "the one behind it goes out in the same round"
    for _ in range(25):
        clock.advance(timedelta(seconds=21))
        jobs.send_waiting(house.factory.begin, deaf, hands=1)
    with house.factory.begin(tenant) as work:
        states = {
            one.subject_id: one.state.value for one in store.outbox.of(work, DeliveryRow.subject_id.in_([poison, good]))
        }
    assert states == {poison: "failed", good: "accepted"}
    assert len(house.ways["email"].sent) <= 2


def test_what_cannot_be_put_together_fails_alone(house: House) -> None:
    tenant = house.tenant("jobs-broken-body")
    hook = NewContact(ContactKind.WEBHOOK, "https://hook.example.org/a", HOOK_KEY)
    (broken,) = house.calls(tenant, house.person(tenant, hook), 1)
    (good,) = house.calls(tenant, house.person(tenant, MAIL), 1)
    with house.factory.begin(tenant) as work:
        work.session.execute(text("UPDATE act_deliveries SET body = '{broken' WHERE subject_id = :id"), {"id": broken})
    jobs.send_waiting(house.factory.begin, house.post, hands=1)
    with house.factory.begin(tenant) as work:
        (row,) = store.outbox.of(work, DeliveryRow.subject_id == broken)
        (other,) = store.outbox.of(work, DeliveryRow.subject_id == good)
    assert (row.state.value, row.problem) == ("failed", "could not be put together (JSONDecodeError)")
    assert other.state.value == "accepted"
    assert broken in house.desk.lost, "its person is told by the next step"


class DeafDesk(Desk):
    """A desk that cannot be told."""

    def unreachable(self, work: Work, call_id: UUID, why: str) -> None:
        raise RuntimeError(f"casework is down, and does not hear of {call_id} of {work.tenant_id}: {why}")


def test_events_go_out_by_the_drain(house: House, clock: SetClock) -> None:
    tenant = house.tenant("jobs-hooks")
    house.ways["cloudevents"] = Slow()
    root = people.operator(tenant)
    with house.factory.begin(tenant) as work:
        service.add_hook(work, root, name="x", url="https://x.example.org/", kinds=(), entropy=bytes(32))
        one = SiteEvent(work.ids.new(), tenant, work.ids.new(), clock.now(), None, 1, Accepted())
        house.desk.told[one.id] = one
    drain = jobs.make_announce(house.post)
    for _ in range(2):
        with house.factory.begin(tenant) as work:
            assert drain(work, [FactRef(CHANGED, "x", tenant, one.id)]) is None
    jobs.send_waiting(house.factory.begin, house.post, hands=2)
    assert len(house.ways["cloudevents"].seen) == 1


def test_nothing_to_do_costs_a_question_for_each_hand(house: House) -> None:
    with house.home.factory.sessions() as session:
        engine = session.get_bind()
    asked: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert jobs.send_waiting(house.factory.begin, house.post, hands=3) == 0
        assert len(asked) == 4, "who there is, and each hand for what is due"
        asked.clear()
        assert jobs.send_digests(house.factory.begin, house.post) == 0
        assert len(asked) == 1
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("per_person", [50, pytest.param(500, marks=pytest.mark.release)])
def test_a_flood_of_calls_is_brought_or_said_to_be_lost(house: House, clock: SetClock, per_person: int) -> None:
    """A flood on twenty persons whose first channel is dead: bounded in attempts, every call has an end."""
    tenant = house.tenant(f"jobs-flooded-{per_person}")
    house.ways |= {"wecom": Way(Receipt(Outcome.REFUSED, "HTTP 404")), "email": Slow(pause_s=0.0)}
    persons = [house.person(tenant, *((WECOM, MAIL) if number % 2 else (WECOM,))) for number in range(20)]
    for person in persons:
        house.calls(tenant, person, per_person)
    half = 10 * per_person
    assert house.count(tenant)["waiting"] == 2 * half
    rounds = 0
    while sum(house.count(tenant)[state] for state in ("waiting", "spare")):
        jobs.send_waiting(house.factory.begin, house.post)
        clock.advance(timedelta(seconds=30))
        rounds += 1
        assert rounds < 300
    assert len(house.desk.lost) == half
    assert len(set(house.ways["email"].seen)) == len(house.ways["email"].seen) == half
    with house.factory.begin(tenant) as work:
        lines = work.session.scalar(text("SELECT count(*) FROM act_attempts WHERE tenant_id = :t"), {"t": tenant}) or 0
        states = work.session.execute(
            text("SELECT state, count(*) FROM act_calls WHERE tenant_id = :t GROUP BY state"), {"t": tenant}
        )
        assert Counter(dict(states.all())) == {"reached": half, "unreachable": half}
    print(f"{2 * half} calls, {lines} lines of what was tried, {rounds} rounds")  # noqa: T201  a figure of the report
    assert lines <= 2 * half * 5
