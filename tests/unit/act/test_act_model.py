"""Any mixture of failures, crashes, words and switches: a call always ends, is never sent without bound, never lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import DINGTALK, FEISHU, MAIL, SMS, VOICE, WECOM, Desk, Office, Way
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pipewarden.act import jobs, service, store
from pipewarden.act.facts import DeliveryState, Outcome, Receipt
from pipewarden.casework.facts import Urgency
from pipewarden.kit.clock import SetClock
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import Work
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

    from pipewarden.act.facts import Outgoing

MOMENT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POINTS = {"wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU, "email": MAIL, "sms": SMS, "voice": VOICE}
RECEIPTS = [
    Receipt(Outcome.ACCEPTED),
    Receipt(Outcome.ACCEPTED),
    Receipt(Outcome.REFUSED, "refused"),
    Receipt(Outcome.FAILED, "failed"),
    Receipt(Outcome.FAILED, "failed"),
    Receipt(Outcome.BUSY, "busy", again_after=timedelta(minutes=1)),
    Receipt(Outcome.LOGGED, "logged"),
]
DIES = "dies"
PENDING = {DeliveryState.WAITING, DeliveryState.SPARE}
STEPS = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([1.0, 5.0, 25.0, 61.0, 600.0])),
    st.tuples(st.just("send"), st.none()),
    st.tuples(st.just("acknowledge"), st.none()),
    st.tuples(st.just("switch"), st.sampled_from(sorted(POINTS))),
    st.tuples(st.just("drop contacts"), st.none()),
)


class Dying(BaseException):
    """What a signal is to a thread."""


class Street:
    """One call on a street whose channels answer as the drawn list says, and then refuse for ever."""

    def __init__(self, office: Office, answers: list[Any], points: list[str], urgency: Urgency) -> None:
        self.office, self.answers = office, list(answers)
        self.sends: Counter[UUID] = Counter()
        self.accepted: set[UUID] = set()
        self.died: Counter[UUID] = Counter()
        for kind in POINTS:
            office.ways[kind] = Way(self.answer, real=kind not in {"sms", "voice"})
        self.person = office.person(*(POINTS[kind] for kind in points))
        self.call = office.call(self.person, urgency, site_ids=(office.site(),))

    def answer(self, message: Outgoing) -> Receipt:
        self.sends[message.id] += 1
        said = self.answers.pop(0) if self.answers else RECEIPTS[2]
        if said == DIES:
            self.died[message.id] += 1
            raise Dying
        if said.outcome is Outcome.ACCEPTED:
            self.accepted.add(message.id)
        return said

    def step(self, what: str, more: Any) -> None:
        office = self.office
        if what == "pass":
            office.clock.advance(timedelta(seconds=more))
        elif what == "acknowledge":
            office.desk.acked.setdefault(self.call.id, self.person)
        elif what == "switch":
            root = people.operator(office.work.tenant_id)
            people.set_switch(office.work, root, f"channel:{more}", on=False, reason="drawn")
        elif what == "drop contacts":
            people.set_contacts(office.work, people.operator(office.work.tenant_id), self.person, [])
        self.send()

    def send(self) -> None:
        try:
            self.office.run()
        except Dying:
            return

    def end(self) -> None:
        """Let time pass until nothing waits; it must come to that."""
        for _ in range(400):
            if not any(one.state in PENDING for one in self.office.rows(self.call.id)):
                return
            if self.settled_with_spares():
                return
            self.office.clock.advance(timedelta(seconds=30))
            self.send()
        raise AssertionError(self.office.states(self.call.id))

    def settled_with_spares(self) -> bool:
        """Return whether what is left are spares behind a channel that took it: nobody needs them."""
        left = [one.state for one in self.office.rows(self.call.id) if one.state in PENDING]
        return all(state is DeliveryState.SPARE for state in left)


def check(street: Street) -> None:
    office, call = street.office, street.call
    rows = office.rows(call.id)
    lost = call.id in office.desk.lost
    taken = [one for one in rows if one.state is DeliveryState.ACCEPTED]
    needless = call.id in office.desk.acked
    assert lost or taken or needless, "silence"
    assert not (lost and taken and not street.died), "said to be lost, and a channel had it"
    for one in rows:
        assert one.attempts <= 9, one
        assert street.sends[one.id] <= 8, "sent without bound"
        if street.died[one.id] >= 2:
            assert one.state in {DeliveryState.FAILED, DeliveryState.DROPPED}, "nobody knows, and it was believed"
        if one.state is DeliveryState.ACCEPTED:
            assert one.id in street.accepted
            assert one.sent_at is not None
        lines = [each.outcome for each in store.outbox.attempts(office.work, [one.id])]
        assert lines.count(Outcome.BEGUN) == street.sends[one.id], "an attempt that is not on record"
        assert lines.count(Outcome.LOST) <= street.died[one.id]


@pytest.fixture(scope="module")
def connection(engine: Engine) -> Any:
    with engine.connect() as made:
        yield made


@settings(max_examples=60)
@given(
    answers=st.lists(st.sampled_from([*RECEIPTS, DIES]), max_size=12),
    points=st.lists(st.sampled_from(sorted(POINTS)), min_size=1, max_size=4, unique=True),
    urgency=st.sampled_from([Urgency.ALARM, Urgency.DUE]),
    steps=st.lists(STEPS, max_size=8),
)
def test_a_call_always_ends(
    connection: Any, answers: list[Any], points: list[str], urgency: Urgency, steps: list[tuple[str, Any]]
) -> None:
    clock = SetClock(MOMENT)
    with connection.begin() as outer:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            ids = Uuid7Source(clock)
            tenant = people.ensure_tenant(session, clock, ids, "model")
            work = Work(session=session, clock=clock, ids=ids, tenant_id=tenant.id)
            street = Street(Office(work, clock, Desk()), answers, points, urgency)
            for what, more in steps:
                street.step(what, more)
            street.end()
            check(street)
        outer.rollback()


def test_the_model_can_fail(office: Office) -> None:
    """The check is not blind: a channel that is believed without having said yes is found."""
    street = Street(office, [RECEIPTS[0]], ["email"], Urgency.DUE)
    street.send()
    check(street)
    street.accepted.clear()
    with pytest.raises(AssertionError):
        check(street)
    street.accepted.update(one.id for one in office.rows(street.call.id))
    street.sends.update(one.id for one in office.rows(street.call.id))
    with pytest.raises(AssertionError, match="not on record"):
        check(street)


@settings(max_examples=40)
@given(count=st.integers(1, 12), gaps=st.lists(st.integers(0, 2000), min_size=12, max_size=12), quiet=st.booleans())
def test_every_note_is_in_exactly_one_digest(connection: Any, count: int, gaps: list[int], quiet: bool) -> None:
    clock = SetClock(MOMENT)
    with connection.begin() as outer:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            ids = Uuid7Source(clock)
            tenant = people.ensure_tenant(session, clock, ids, "model")
            office = Office(Work(session=session, clock=clock, ids=ids, tenant_id=tenant.id), clock, Desk())
            person = office.person(MAIL)
            calls = []
            for number in range(count):
                calls.append(office.call(person, Urgency.NOTE, site_ids=(office.site(),), params={"n": str(number)}))
                clock.advance(timedelta(seconds=gaps[number]))
                jobs.send_digests(office.begin, office.post)
                office.run()
            clock.advance(timedelta(minutes=31 if quiet else 60))
            jobs.send_digests(office.begin, office.post)
            office.run()
            told = sum(int(one.title.split(" ")[0]) for one in office.ways["email"].sent)
            assert told == len(calls)
            actor = people.actor_of(office.work, person)
            assert actor is not None
            found, _ = service.messages(office.work, actor, before=None, limit=50)
            assert {one.state.value for one in found} == {"reached"}
        outer.rollback()
