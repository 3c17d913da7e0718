"""Facts reach their consumers once, in commit order, whatever fails in between."""

import threading
import time
from uuid import UUID

import pytest
from sqlalchemy import select, text

from pipewarden.kit.emit import Consumer
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.facts_log import CursorRow, FactRow, StuckRow
from pipewarden.kit.work import FactRef, Work
from pipewarden.main.home import Home


class Taker:
    """A consumer that keeps what it takes and fails where it is told to."""

    def __init__(self, bad: set[UUID] | None = None, passing: int = 0) -> None:
        self.taken: list[FactRef] = []
        self.bad = bad or set()
        self.passing = passing

    def __call__(self, work: Work, facts: list[FactRef]) -> None:
        assert work.tenant_id == facts[0].tenant_id
        if self.passing:
            self.passing -= 1
            raise UnavailableError(field="camera", problem="is away", fix="Wait.")
        if any(fact.fact_id in self.bad for fact in facts):
            raise ValueError("poison")
        self.taken.extend(facts)


def emit(home: Home, kind: str, count: int, partition: str = "p") -> list[UUID]:
    with home.work() as work:
        made = [work.ids.new() for _ in range(count)]
        for one in made:
            work.emit(kind, one, partition=partition)
    return made


def test_facts_arrive_once_in_order_and_in_batches(home: Home) -> None:
    taker = Taker()
    home.registry.add(Consumer("t1.take", "t1", taker, batch=4))
    made = emit(home, "t1", 10)
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == made
    home.queue.run_until_idle()
    assert len(taker.taken) == 10


def test_many_facts_leave_one_waiting_job(home: Home) -> None:
    home.registry.add(Consumer("t2.take", "t2", Taker()))
    for _ in range(5):
        emit(home, "t2", 20)
    with home.work() as work:
        jobs = work.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 't2.take|p'"))
    assert jobs == 1
    home.queue.run_until_idle()


def test_nothing_is_emitted_when_the_work_fails(home: Home) -> None:
    home.registry.add(Consumer("t3.take", "t3", Taker()))

    def fail() -> None:
        with home.work() as work:
            work.emit("t3", work.ids.new(), partition="p")
            work.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with home.work() as work:
        assert work.session.scalar(select(FactRow).where(FactRow.kind == "t3")) is None
        assert not work.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock LIKE 't3.%'"))


def test_a_poisoned_fact_is_set_aside_and_the_rest_goes_on(home: Home) -> None:
    taker = Taker()
    home.registry.add(Consumer("t4.take", "t4", taker, batch=8))
    made = emit(home, "t4", 5)
    taker.bad = {made[2]}
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == [*made[:2], *made[3:]]
    with home.work() as work:
        stuck = work.session.scalars(select(StuckRow).where(StuckRow.consumer == "t4.take")).all()
    assert [(row.fact_id, row.problem) for row in stuck] == [(made[2], "ValueError: poison")]


def test_a_passing_fault_keeps_every_fact_and_is_told(home: Home) -> None:
    taker = Taker(passing=1)
    home.registry.add(Consumer("t5.take", "t5", taker))
    made = emit(home, "t5", 3)
    home.queue.run_until_idle()
    assert taker.taken == []
    with home.work() as work:
        assert home.registry.behind(work.session, work.tenant_id) == [("t5.take", "p")]
    assert home.registry.run(home.factory, "t5.take", "p") == 3
    assert [fact.fact_id for fact in taker.taken] == made
    with home.work() as work:
        work.session.execute(text("DELETE FROM procrastinate_jobs WHERE queueing_lock = 't5.take|p'"))


def test_a_fact_that_commits_late_is_not_stepped_over(home: Home) -> None:
    """Two writers of one partition: the second waits, so that numbers grow in commit order."""
    taker = Taker()
    home.registry.add(Consumer("t6.take", "t6", taker))
    holding, release = threading.Event(), threading.Event()
    first: list[UUID] = []

    def slow() -> None:
        with home.factory.sessions() as session, session.begin():
            work = Work(session=session, clock=home.factory.clock, ids=home.factory.ids, tenant_id=home.tenant_id)
            first.append(work.ids.new())
            work.emit("t6", first[0], partition="p")
            home.registry.write(work, work.take_facts())
            holding.set()
            release.wait(10)

    writer = threading.Thread(target=slow)
    writer.start()
    assert holding.wait(10)
    second: list[UUID] = []
    other = threading.Thread(target=lambda: second.extend(emit(home, "t6", 1)))
    other.start()
    time.sleep(0.3)
    assert second == []  # the fault is real: the second writer is made to wait
    release.set()
    writer.join(10)
    other.join(10)
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == first + second


def test_a_second_worker_waits_and_takes_what_the_first_did_not_see(home: Home) -> None:
    """Skipping a held cursor would leave a fact that commits after the holder's last read to nobody."""
    taker = Taker()
    home.registry.add(Consumer("t7.take", "t7", taker))
    emit(home, "t7", 2)
    home.registry.run(home.factory, "t7.take", "p")
    late: list[int] = []
    with home.factory.sessions() as session, session.begin():
        held = session.scalar(select(CursorRow).where(CursorRow.consumer == "t7.take").with_for_update())
        assert held is not None
        emit(home, "t7", 3)
        other = threading.Thread(target=lambda: late.append(home.registry.run(home.factory, "t7.take", "p")))
        other.start()
        time.sleep(0.3)
        assert late == []  # the second worker is made to wait
    other.join(20)
    assert late == [3]
    assert len(taker.taken) == 5
    home.queue.run_until_idle()


def test_what_a_killed_process_left_is_found_and_woken(home: Home) -> None:
    taker = Taker()
    home.registry.add(Consumer("t11.take", "t11", taker))
    made = emit(home, "t11", 2)
    with home.work() as work:
        work.session.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE queueing_lock = 't11.take|p'"))
    home.queue.run_until_idle()
    assert taker.taken == []  # a job that a dead worker holds runs by nobody
    with home.work() as work:
        assert home.registry.behind(work.session) == [("t11.take", "p")]
        assert home.registry.wake(work.session) == 1
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == made
    with home.work() as work:
        assert home.registry.behind(work.session) == []
        work.session.execute(text("DELETE FROM procrastinate_jobs WHERE queueing_lock = 't11.take|p'"))


def test_two_tenants_never_share_a_batch(home: Home) -> None:
    taker = Taker()
    home.registry.add(Consumer("t8.take", "t8", taker, batch=10))
    other = home.factory.ids.new()
    emit(home, "t8", 1)
    with home.factory.begin(other) as work:
        work.emit("t8", work.ids.new(), partition="p")
    emit(home, "t8", 1)
    home.queue.run_until_idle()  # the taker itself asserts that the work's tenant is the facts'
    assert [fact.tenant_id for fact in taker.taken] == [home.tenant_id, other, home.tenant_id]


def test_a_drain_may_emit_for_the_next_stage(home: Home) -> None:
    taker = Taker()

    def pass_on(work: Work, facts: list[FactRef]) -> None:
        for fact in facts:
            work.emit("t10b", fact.fact_id, partition=fact.partition)

    home.registry.add(Consumer("t10.pass", "t10a", pass_on))
    home.registry.add(Consumer("t10.take", "t10b", taker))
    made = emit(home, "t10a", 5)
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == made


def test_a_consumer_name_is_taken_once(home: Home) -> None:
    home.registry.add(Consumer("t9.take", "t9", Taker()))
    with pytest.raises(ValueError, match="twice"):
        home.registry.add(Consumer("t9.take", "t9", Taker()))
