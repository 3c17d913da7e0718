"""A unit of work commits once, with its facts, or leaves nothing."""

from collections import Counter
from dataclasses import FrozenInstanceError
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pipewarden.kit.clock import SetClock
from pipewarden.kit.facts_log import FactRow
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import LANES, FactRef, Work, WorkFactory
from pipewarden.main.home import Home


class Recorder:
    """An emitter that keeps what it is handed and sees what is committed at that moment."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.written: list[list[FactRef]] = []
        self.visible_elsewhere: list[int] = []

    def write(self, work: Work, facts: list[FactRef]) -> None:
        self.written.append(facts)
        work.session.flush()
        with self.home.factory.sessions() as other:
            self.visible_elsewhere.append(
                other.scalar(text("SELECT count(*) FROM people_tenants WHERE key LIKE 'w-%'")) or 0
            )


def factory(home: Home, emitter: Recorder) -> WorkFactory:
    given = home.factory
    return WorkFactory(sessions=given.sessions, clock=given.clock, ids=given.ids, emitter=emitter)


def add(work: Work, key: str) -> None:
    work.session.execute(
        text("INSERT INTO people_tenants (id, key, name, created_at) VALUES (:id, :key, :key, :at)"),
        {"id": work.ids.new(), "key": key, "at": work.now()},
    )


def keys(home: Home) -> list[str]:
    with home.factory.sessions() as session:
        return list(session.scalars(text("SELECT key FROM people_tenants WHERE key LIKE 'w-%'")))


@pytest.fixture
def recorder(home: Home) -> Recorder:
    with home.factory.sessions() as session, session.begin():
        session.execute(text("DELETE FROM people_tenants WHERE key LIKE 'w-%'"))
    return Recorder(home)


def test_facts_are_handed_over_once_before_the_commit(home: Home, recorder: Recorder) -> None:
    with factory(home, recorder).begin(home.tenant_id) as work:
        add(work, "w-1")
        first, second = work.ids.new(), work.ids.new()
        work.emit("a.b", first, partition="p")
        work.emit("a.c", second, partition="q")
    assert [[(fact.kind, fact.partition, fact.fact_id) for fact in facts] for facts in recorder.written] == [
        [("a.b", "p", first), ("a.c", "q", second)]
    ]
    assert recorder.visible_elsewhere == [0]
    assert keys(home) == ["w-1"]


def test_facts_carry_the_works_tenant(home: Home, recorder: Recorder) -> None:
    other = home.factory.ids.new()
    with factory(home, recorder).begin(other) as work:
        work.emit("a.b", work.ids.new(), partition="p")
    assert [fact.tenant_id for fact in recorder.written[0]] == [other]


def test_an_exception_leaves_neither_rows_nor_facts(home: Home, recorder: Recorder) -> None:
    def fail() -> None:
        with factory(home, recorder).begin(home.tenant_id) as work:
            add(work, "w-2")
            work.emit("a.b", work.ids.new(), partition="p")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert recorder.written == []
    assert keys(home) == []


def test_a_failing_emitter_rolls_the_rows_back(home: Home) -> None:
    class Broken(Recorder):
        def write(self, work: Work, facts: list[FactRef]) -> None:
            super().write(work, facts)
            raise ConnectionError

    broken = Broken(home)

    def fail() -> None:
        with factory(home, broken).begin(home.tenant_id) as work:
            add(work, "w-3")
            work.emit("a.b", work.ids.new(), partition="p")

    with pytest.raises(ConnectionError):
        fail()
    assert len(broken.written) == 1  # the fault happened
    assert keys(home) == []


def test_facts_are_forgotten_once_taken(session: Session, clock: SetClock) -> None:
    work = Work(session=session, clock=clock, ids=Uuid7Source(clock), tenant_id=UUID(int=1))
    work.emit("a.b", UUID(int=2), partition="p")
    assert len(work.take_facts()) == 1
    assert work.take_facts() == []


def test_time_comes_from_the_clock(session: Session, clock: SetClock) -> None:
    work = Work(session=session, clock=clock, ids=Uuid7Source(clock), tenant_id=UUID(int=1))
    assert work.now() == clock.moment


def test_chance_is_even_and_comes_from_the_ids(session: Session, clock: SetClock) -> None:
    drawn = iter([0, (1 << 62) - 1, 1 << 61])
    ids = Uuid7Source(clock, entropy=lambda _bits: next(drawn))
    work = Work(session=session, clock=clock, ids=ids, tenant_id=UUID(int=1))
    assert [work.chance() for _ in range(3)] == [0.0, pytest.approx(1.0), 0.5]


def test_a_fact_reference_is_frozen() -> None:
    fact = FactRef(kind="k", partition="p", tenant_id=UUID(int=1), fact_id=UUID(int=2))
    with pytest.raises(FrozenInstanceError):
        fact.kind = "other"  # type: ignore[misc]  # the point of the test
    assert fact.seq == 0


def test_the_log_keeps_when_a_fact_was_emitted(home: Home) -> None:
    with home.work() as work:
        made = work.ids.new()
        before = work.now()
        work.emit("w.logged", made, partition="p")
    with home.work() as work:
        row = work.session.scalars(select(FactRow).where(FactRow.fact_id == made)).one()
        assert before <= row.emitted_at <= work.now()
        assert (row.kind, row.partition, row.tenant_id) == ("w.logged", "p", home.tenant_id)


def test_two_tenants_with_a_camera_of_one_name_have_two_partitions(session: Session, clock: SetClock) -> None:
    ids = Uuid7Source(clock)
    mine, theirs = (Work(session=session, clock=clock, ids=ids, tenant_id=UUID(int=n)) for n in (1, 2))
    assert mine.own("cam-01") != theirs.own("cam-01")
    assert mine.own("cam-01") == mine.own("cam-01")


def test_ten_thousand_streams_share_few_partitions_evenly(session: Session, clock: SetClock) -> None:
    work = Work(session=session, clock=clock, ids=Uuid7Source(clock), tenant_id=UUID(int=1))
    shares = Counter(work.own(f"person:{UUID(int=n)}") for n in range(10_000))
    assert len(shares) == LANES
    assert max(shares.values()) < 1.2 * min(shares.values())
