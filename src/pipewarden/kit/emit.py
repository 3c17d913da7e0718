"""Emit and drain: how facts travel between slices without a job per fact.

A stage writes its facts and defers, in the same transaction, one coalesced drain job per consumer and partition
(Procrastinate's ``queueing_lock``). The drain takes what waits with a cursor, in batches, each batch one transaction.
``main`` registers the consumers, so a slice that is not built yet leaves no failed jobs.
"""

from __future__ import annotations

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
    from uuid import UUID

    from procrastinate import App
    from sqlalchemy.orm import Session

    from pipewarden.kit.work import FactRef, WorkFactory

log = structlog.get_logger(__name__)
_PASSING = (OperationalError, UnavailableError)


class Drain(Protocol):
    """What a consumer does with the facts that wait."""

    def __call__(self, work: Work, facts: list[FactRef]) -> None:
        """Take ``facts`` (one tenant, commit order) in ``work``; raise to leave them waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Consumer:
    """One reader of one kind of fact.

    Attributes:
        name: unique, ``slice.verb``.
        kind: the fact it reads.
        drain: what it does with a batch.
        batch: facts per transaction.
    """

    name: str
    kind: str
    drain: Drain
    batch: int = 16


class Defer(Protocol):
    """Puts one drain job into the queue, inside the session's transaction."""

    def __call__(self, session: Session, consumer: str, partition: str) -> None:
        """Defer the job, unless one already waits."""
        ...


@dataclass(frozen=True, slots=True)
class ProcrastinateDefer:
    """Defers on the caller's own connection (stack.md §5), so that job and fact commit together."""

    app: App
    task: str
    queue: str

    def __call__(self, session: Session, consumer: str, partition: str) -> None:
        """Defer one coalesced job; a waiting one is enough."""
        connection = session.connection().connection.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("the queue lives on psycopg 3 connections")
        job = self.app.configure_task(
            self.task, queue=self.queue, queueing_lock=f"{consumer}|{partition}", connection=connection
        )
        try:
            with connection.transaction():  # a savepoint of the driver's: the queue speaks past SQLAlchemy
                job.defer(consumer=consumer, partition=partition)
        except AlreadyEnqueued:
            log.debug("drain already waits", consumer=consumer, partition=partition)


@dataclass(slots=True)
class Registry:
    """Who drains what; filled by ``main``. Implements the unit of work's ``Emitter``."""

    defer: Defer
    _by_name: dict[str, Consumer] = field(default_factory=dict)

    def add(self, consumer: Consumer) -> None:
        """Register a consumer; its name must be free."""
        if consumer.name in self._by_name:
            raise ValueError(f"consumer {consumer.name} is registered twice")
        self._by_name[consumer.name] = consumer

    def write(self, work: Work, facts: list[FactRef]) -> None:
        """Append ``facts`` to the log and wake their consumers, in the transaction of ``work``."""
        if not facts:
            return
        facts_log.append(work, facts)
        wanted = {
            (consumer.name, fact.partition)
            for fact in facts
            for consumer in self._by_name.values()
            if consumer.kind == fact.kind
        }
        for name, partition in sorted(wanted):
            self.defer(work.session, name, partition)

    def run(self, factory: WorkFactory, name: str, partition: str) -> int:
        """Drain one partition until nothing waits and return how many facts were taken.

        A batch that fails is tried again fact by fact; the fact that fails alone is set aside for a person and the
        rest goes on. Passing faults (no database, a source that is down) are raised, for the queue to retry.
        """
        consumer = self._by_name[name]
        with factory.sessions() as session:
            facts_log.wait_for_writers(session, consumer.kind, partition)
        taken = 0
        while count := self._one_batch(factory, consumer, partition):
            taken += count
        return taken

    def behind(self, session: Session, tenant_id: UUID | None = None) -> list[tuple[str, str]]:
        """Return (consumer, partition) of every drain that has facts to take, of one tenant or of all."""
        return [
            (consumer.name, partition)
            for consumer in self._by_name.values()
            for partition in facts_log.partitions_behind(session, consumer.name, consumer.kind, tenant_id)
        ]

    def wake(self, session: Session) -> int:
        """Defer every drain that has facts to take and return how many: work of a killed process is taken up here."""
        found = self.behind(session)
        for name, partition in sorted(found):
            self.defer(session, name, partition)
        return len(found)

    def _one_batch(self, factory: WorkFactory, consumer: Consumer, partition: str) -> int:
        try:
            return self._take(factory, consumer, partition, consumer.batch)
        except _PASSING:
            raise
        except Exception:  # any fault of one batch must not stop the river: it is narrowed to its fact below
            log.exception("batch failed, going fact by fact", consumer=consumer.name, partition=partition)
        try:
            return self._take(factory, consumer, partition, 1)
        except _PASSING:
            raise
        except Exception as error:  # noqa: BLE001  the fact that fails alone goes to a person
            return self._skip(factory, consumer, partition, f"{error.__class__.__name__}: {error}")

    def _take(self, factory: WorkFactory, consumer: Consumer, partition: str, limit: int) -> int:
        with factory.sessions() as session, session.begin():
            after = facts_log.take_cursor(session, consumer.name, partition)
            facts = _one_tenant(facts_log.waiting(session, consumer.kind, partition, after, limit))
            if not facts:
                return 0
            work = _work_on(factory, session, facts[0].tenant_id)
            consumer.drain(work, facts)
            facts_log.move_cursor(session, consumer.name, partition, facts[-1].seq)
            self.write(work, work.take_facts())
            return len(facts)

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
