"""Facts reach their consumers once, in commit order, whatever fails in between."""

import threading
import time
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, text

from pipewarden.kit.emit import Consumer, Registry
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.facts_log import CursorRow, FactRow, StuckRow
from pipewarden.kit.work import FactRef, Work
from pipewarden.main.home import Home


class Taker:
    """A consumer that keeps what it takes and fails where it is told to."""

    def __init__(self, bad: set[UUID] | None = None, passing: int = 0) -> None:
        self.taken: list[FactRef] = []
        self.batches: list[int] = []
        self.bad = bad or set()
        self.passing = passing

    def __call__(self, work: Work, facts: list[FactRef]) -> None:
        assert work.tenant_id == facts[0].tenant_id
        if self.passing:
            self.passing -= 1
            raise UnavailableError(field="camera", problem="is away", fix="Wait.")
        self.batches.append(len(facts))
        if any(fact.fact_id in self.bad for fact in facts):
            raise ValueError("poison")
        self.taken.extend(facts)


def emit(home: Home, kind: str, count: int, partition: str = "p") -> list[UUID]:
    with home.work() as work:
        made = [work.ids.new() for _ in range(count)]
        for one in made:
            work.emit(kind, one, partition=partition)
    return made


def jobs(home: Home, partition: str) -> int:
    """Return the jobs that wait for a partition."""
    with home.work() as work:
        asked = "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo'"
        return work.session.scalar(text(asked), {"name": partition}) or 0


def forget(home: Home, partition: str) -> None:
    with home.work() as work:
        work.session.execute(text("DELETE FROM procrastinate_jobs WHERE queueing_lock = :name"), {"name": partition})


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
    assert jobs(home, "p") == 1
    home.queue.run_until_idle()
    assert jobs(home, "p") == 0


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
    assert jobs(home, "p") == 0


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
    assert taker.batches == [5, 1, 1, 1, 1, 1]  # the batch once, then each fact once


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
    forget(home, "p")


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
        work.session.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE queueing_lock = 'p'"))
    home.queue.run_until_idle()
    assert taker.taken == []  # a job that a dead worker holds runs by nobody
    with home.work() as work:
        assert home.registry.behind(work.session) == [("t11.take", "p")]
        assert home.registry.wake(work.session) == 1
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == made
    with home.work() as work:
        assert home.registry.behind(work.session) == []
    forget(home, "p")


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
    assert jobs(home, "p") == 0


def test_what_a_stage_emits_into_its_own_partition_needs_no_job_and_elsewhere_one(home: Home) -> None:
    near, far = Taker(), Taker()

    def pass_on(work: Work, facts: list[FactRef]) -> None:
        for fact in facts:
            work.emit("t12b", fact.fact_id, partition=fact.partition)
            work.emit("t12c", fact.fact_id, partition="elsewhere")

    home.registry.add(Consumer("t12.pass", "t12a", pass_on, batch=2))
    home.registry.add(Consumer("t12.near", "t12b", near, batch=2))
    home.registry.add(Consumer("t12.far", "t12c", far))
    made = emit(home, "t12a", 5, partition="t12")
    forget(home, "t12")
    assert replace(home.registry, turn_s=600.0).drain(home.factory, "t12") == 10
    assert [fact.fact_id for fact in near.taken] == made
    assert near.batches == [2, 2, 1]  # in turns: the first are through before the last are begun
    assert jobs(home, "t12") == 0
    assert (jobs(home, "elsewhere"), far.taken) == (1, [])
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in far.taken] == made


def test_who_saw_a_waiting_job_is_waited_for_by_it(home: Home) -> None:
    """The job that an emitter relied on may begin before the emitter commits: it must not read too early."""
    taker = Taker()
    home.registry.add(Consumer("t13.take", "t13", taker))
    first = emit(home, "t13", 1, partition="t13")
    assert jobs(home, "t13") == 1
    drained: list[int] = []
    with home.factory.sessions() as session, session.begin():
        work = Work(session=session, clock=home.factory.clock, ids=home.factory.ids, tenant_id=home.tenant_id)
        late = work.ids.new()
        work.emit("t13", late, partition="t13")
        home.registry.write(work, work.take_facts())  # sees the job that waits, and defers none
        forget(home, "t13")  # the job begins ...
        job = threading.Thread(target=lambda: drained.append(home.registry.drain(home.factory, "t13")))
        job.start()
        time.sleep(0.3)
        assert drained == []  # ... and is made to wait
    job.join(20)
    assert drained == [2]
    assert [fact.fact_id for fact in taker.taken] == [*first, late]
    assert jobs(home, "t13") == 0


def test_a_job_gives_way_after_its_turn_and_stands_in_line_again(home: Home) -> None:
    taker = Taker()
    home.registry.add(Consumer("t14.take", "t14", taker, batch=2))
    made = emit(home, "t14", 9, partition="t14")
    forget(home, "t14")
    seconds = iter(range(100))
    hurried = replace(home.registry, turn_s=1.5, stopwatch=lambda: float(next(seconds)))
    assert hurried.drain(home.factory, "t14") == 4
    assert jobs(home, "t14") == 1
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taker.taken] == made


def test_a_stage_that_is_down_holds_up_no_other_and_is_asked_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("again_s", "turn_s"):  # a slow machine must not come to the second try
        monkeypatch.setattr(home.registry, limit, 3600)
    down, up = Taker(passing=1), Taker()
    home.registry.add(Consumer("t15.down", "t15", down))
    home.registry.add(Consumer("t15.up", "t15", up, batch=1))
    made = emit(home, "t15", 3, partition="t15")
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in up.taken] == made
    assert down.taken == []
    with home.work() as work:
        wait = work.session.scalar(
            text("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE queueing_lock = 't15'")
        )
    assert wait is not None
    assert 0 < wait <= home.registry.again_s
    emit(home, "t15", 1, partition="t15")
    assert jobs(home, "t15") == 1  # what comes meanwhile waits for the same job
    forget(home, "t15")
    mine = Registry(defer=home.registry.defer)
    mine.add(Consumer("t15.down", "t15", down))
    mine.add(Consumer("t15.up", "t15", up))
    with home.work() as work:
        assert mine.backlog(work.session, work.tenant_id) == 5  # four for one, one for the other
    assert home.registry.drain(home.factory, "t15") == 5
    assert len(down.taken) == len(up.taken) == 4


def test_a_drain_may_take_fewer_than_it_is_offered(home: Home) -> None:
    taken: list[FactRef] = []

    def careful(work: Work, facts: list[FactRef]) -> int:  # noqa: ARG001  the names are the Protocol's
        taken.extend(facts[:3])
        return min(3, len(facts))

    home.registry.add(Consumer("t16.take", "t16", careful, batch=8))
    made = emit(home, "t16", 7, partition="t16")
    home.queue.run_until_idle()
    assert [fact.fact_id for fact in taken] == made


def test_two_jobs_of_one_partition_take_each_fact_once(home: Home) -> None:
    first, second = Taker(), Taker()

    def pass_on(work: Work, facts: list[FactRef]) -> None:
        first(work, facts)
        for fact in facts:
            work.emit("t17b", fact.fact_id, partition=fact.partition)

    home.registry.add(Consumer("t17.pass", "t17a", pass_on, batch=3))
    home.registry.add(Consumer("t17.take", "t17b", second, batch=5))
    made = emit(home, "t17a", 40, partition="t17")
    forget(home, "t17")
    counts: list[int] = []
    patient = replace(home.registry, turn_s=600.0)  # on a busy machine a turn may be over before the work
    pair = [threading.Thread(target=lambda: counts.append(patient.drain(home.factory, "t17"))) for _ in range(2)]
    for job in pair:
        job.start()
    for job in pair:
        job.join(60)
    assert sum(counts) == 80
    assert [fact.fact_id for fact in first.taken] == made
    assert [fact.fact_id for fact in second.taken] == made


def test_a_consumer_name_is_taken_once(home: Home) -> None:
    home.registry.add(Consumer("t9.take", "t9", Taker()))
    with pytest.raises(ValueError, match="twice"):
        home.registry.add(Consumer("t9.take", "t9", Taker()))
