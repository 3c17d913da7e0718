"""Emit and drain: how facts travel between slices without a job per fact.

A stage writes its facts and defers, in the same transaction, one coalesced drain job per partition (Procrastinate's
``queueing_lock``). The job takes what waits there through all its consumers in turns, each batch one transaction, and
what a stage emits into the same partition is taken by the same job. ``main`` registers the consumers, so a slice that
is not built yet leaves no failed jobs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol

import psycopg
import structlog
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.exc import OperationalError

from pipewarden.kit import facts_log
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from procrastinate import App
    from sqlalchemy.orm import Session

    from pipewarden.kit.work import FactRef, WorkFactory

log = structlog.get_logger(__name__)
_PASSING = (OperationalError, UnavailableError)
_WAITS = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"


class Drain(Protocol):
    """What a consumer does with the facts that wait."""

    def __call__(self, work: Work, facts: list[FactRef]) -> int | None:
        """Take ``facts`` (one tenant, commit order) in ``work``; raise to leave them waiting.

        Return how many were taken from the front where the rest would make the transaction too long; None for all.
        """
        ...


@dataclass(frozen=True, slots=True)
class Consumer:
    """One reader of one kind of fact.

    Attributes:
        name: unique, ``slice.verb``.
        kind: the fact it reads.
        drain: what it does with a batch.
        batch: facts per transaction at most.
    """

    name: str
    kind: str
    drain: Drain
    batch: int = 16


class Defer(Protocol):
    """Puts one drain job into the queue, inside the session's transaction."""

    def __call__(self, session: Session, partition: str, *, after_s: int = 0) -> None:
        """Defer the job, to begin ``after_s`` seconds from now, unless one already waits."""
        ...


@dataclass(frozen=True, slots=True)
class ProcrastinateDefer:
    """Defers on the caller's own connection (stack.md §5), so that job and fact commit together."""

    app: App
    task: str
    queue: str

    def __call__(self, session: Session, partition: str, *, after_s: int = 0) -> None:
        """Defer one coalesced job; a waiting one is enough."""
        connection = session.connection().connection.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("the queue lives on psycopg 3 connections")
        if connection.execute(_WAITS, (partition,)).fetchone():
            return
        job = self.app.configure_task(
            self.task,
            queue=self.queue,
            queueing_lock=partition,
            connection=connection,
            schedule_in={"seconds": after_s} if after_s else None,
        )
        try:
            with connection.transaction():  # a savepoint of the driver's: the queue speaks past SQLAlchemy
                job.defer(partition=partition)
        except AlreadyEnqueued:
            log.debug("drain already waits", partition=partition)


@dataclass(slots=True)
class Registry:
    """Who drains what; filled by ``main``. Implements the unit of work's ``Emitter``.

    Attributes:
        turn_s: after so many seconds a job lets other partitions have their turn.
        again_s: after so many seconds a stage that is down is asked again.
        stopwatch: seconds that only grow.
    """

    defer: Defer
    turn_s: float = 1.0
    again_s: int = 10
    stopwatch: Callable[[], float] = time.monotonic
    _by_name: dict[str, Consumer] = field(default_factory=dict)

    def add(self, consumer: Consumer) -> None:
        """Register a consumer; its name must be free. Those of a partition take turns in the order of registration."""
        if consumer.name in self._by_name:
            raise ValueError(f"consumer {consumer.name} is registered twice")
        self._by_name[consumer.name] = consumer

    def kinds(self) -> dict[str, str]:
        """Return which kind of fact each consumer takes, by name."""
        return {name: consumer.kind for name, consumer in self._by_name.items()}

    def write(self, work: Work, facts: list[FactRef]) -> None:
        """Append ``facts`` to the log and wake who drains them, in the transaction of ``work``."""
        self._write(work, facts, awake=None)

    def drain(self, factory: WorkFactory, partition: str) -> int:
        """Take what waits in a partition through every consumer and return how many facts were taken.

        The consumers take turns, a batch each, until nothing waits. A job that used up its time, or met a stage that is
        down (the others go on), puts the partition back into the queue.
        """
        kinds = {name: consumer.kind for name, consumer in self._by_name.items()}
        with factory.sessions() as session:
            facts_log.wait_for_writers(session, set(kinds.values()), partition)
        since, taken, down = self.stopwatch(), 0, False
        while behind := self._waiting(factory, kinds, partition):
            if taken and self.stopwatch() - since > self.turn_s:
                break
            for name in behind:
                try:
                    taken += self._one_batch(factory, self._by_name[name], partition, awake=partition)
                except _PASSING:
                    log.exception("stage is down and asked again later", consumer=name, after_s=self.again_s)
                    down = kinds.pop(name) is not None
        if behind or down:
            with factory.sessions() as session, session.begin():
                self.defer(session, partition, after_s=0 if behind else self.again_s)
        return taken

    def _waiting(self, factory: WorkFactory, kinds: dict[str, str], partition: str) -> list[str]:
        with factory.sessions() as session:
            return facts_log.consumers_behind(session, kinds, partition)

    def run(self, factory: WorkFactory, name: str, partition: str) -> int:
        """Drain one partition for one consumer until nothing waits and return how many facts were taken.

        A batch that fails is tried again fact by fact; the fact that fails alone is set aside for a person and the
        rest goes on.

        Raises:
            OperationalError, UnavailableError: passing faults (no database, a stage that is down); the facts wait.
        """
        consumer = self._by_name[name]
        with factory.sessions() as session:
            facts_log.wait_for_writers(session, [consumer.kind], partition)
        taken = 0
        while count := self._one_batch(factory, consumer, partition, awake=None):
            taken += count
        return taken

    def behind(self, session: Session, tenant_id: UUID | None = None) -> list[tuple[str, str]]:
        """Return (consumer, partition) of every drain that has facts to take, of one tenant or of all."""
        return [
            (consumer.name, partition)
            for consumer in self._by_name.values()
            for partition in facts_log.partitions_behind(session, consumer.name, consumer.kind, tenant_id)
        ]

    def backlog(self, session: Session, tenant_id: UUID) -> int:
        """Return how many facts of a tenant wait, a fact counted once for each of its consumers."""
        return sum(
            facts_log.count_behind(session, name, self._by_name[name].kind, partition)
            for name, partition in self.behind(session, tenant_id)
        )

    def wake(self, session: Session) -> int:
        """Defer a drain of every partition with facts to take and return how many: what a killed process left."""
        found = {partition for _, partition in self.behind(session)}
        for partition in sorted(found):
            self.defer(session, partition)
        return len(found)

    def _write(self, work: Work, facts: list[FactRef], *, awake: str | None) -> None:
        """Append and wake; nobody needs to be woken for ``awake``, whose running job goes on to what is written now."""
        if not facts:
            return
        facts_log.append(work, facts)
        kinds = {consumer.kind for consumer in self._by_name.values()}
        for partition in sorted({fact.partition for fact in facts if fact.kind in kinds} - {awake}):
            self.defer(work.session, partition)

    def _one_batch(self, factory: WorkFactory, consumer: Consumer, partition: str, *, awake: str | None) -> int:
        try:
            return self._take(factory, consumer, partition, consumer.batch, awake)
        except _PASSING:
            raise
        except Exception:  # any fault of one batch must not stop the river: it is narrowed to its fact below
            log.exception("batch failed, going fact by fact", consumer=consumer.name, partition=partition)
        taken = 0
        for _ in range(consumer.batch):
            try:
                taken += self._take(factory, consumer, partition, 1, awake)
            except _PASSING:
                raise
            except Exception as error:  # noqa: BLE001  the fact that fails alone goes to a person
                taken += self._skip(factory, consumer, partition, f"{error.__class__.__name__}: {error}")
        return taken

    def _take(self, factory: WorkFactory, consumer: Consumer, partition: str, limit: int, awake: str | None) -> int:
        with factory.sessions() as session, session.begin():
            after = facts_log.take_cursor(session, consumer.name, partition)
            facts = _one_tenant(facts_log.waiting(session, consumer.kind, partition, after, limit))
            if not facts:
                return 0
            work = _work_on(factory, session, facts[0].tenant_id)
            taken = facts[: consumer.drain(work, facts)]
            facts_log.move_cursor(session, consumer.name, partition, taken[-1].seq)
            self._write(work, work.take_facts(), awake=awake)
            return len(taken)

    def _skip(self, factory: WorkFactory, consumer: Consumer, partition: str, problem: str) -> int:
        with factory.sessions() as session, session.begin():
            after = facts_log.take_cursor(session, consumer.name, partition)
            facts = facts_log.waiting(session, consumer.kind, partition, after, 1)
            if not facts:
                return 0
            log.error("fact set aside", consumer=consumer.name, fact_id=str(facts[0].fact_id), problem=problem)
            facts_log.set_aside(_work_on(factory, session, facts[0].tenant_id), consumer.name, facts[0], problem)
            facts_log.move_cursor(session, consumer.name, partition, facts[0].seq)
            return 1


def _work_on(factory: WorkFactory, session: Session, tenant_id: UUID) -> Work:
    return Work(session=session, clock=factory.clock, ids=factory.ids, tenant_id=tenant_id)


def _one_tenant(facts: list[FactRef]) -> list[FactRef]:
    """Return the longest prefix of one tenant: a unit of work acts for one."""
    return list(takewhile(lambda fact: fact.tenant_id == facts[0].tenant_id, facts))
