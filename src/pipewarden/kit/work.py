"""The unit of work: one request or job = one transaction = one commit at the edge, with time and ids as arguments."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from pipewarden.kit.ids import RANDOM_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from pipewarden.kit.clock import Clock
    from pipewarden.kit.ids import IdSource

LANES = 8  # of one tenant: so many workers may drain it side by side; docs/adr/0011 says why not one per stream


@dataclass(frozen=True, slots=True)
class FactRef:
    """Names one committed fact: what kind it is, whose, in which partition, and its row in the slice that owns it.

    ``seq`` grows in commit order inside a (kind, partition); it is 0 until the fact is written.
    """

    kind: str
    partition: str
    tenant_id: UUID
    fact_id: UUID
    seq: int = 0


class Emitter(Protocol):
    """Writes facts and wakes who drains them, inside the caller's transaction."""

    def write(self, work: Work, facts: list[FactRef]) -> None:
        """Insert ``facts`` and defer their drains on ``work.session``."""
        ...


@dataclass(slots=True)
class Work:
    """What a use case may touch: the session of this transaction, the clock, the id source, the tenant it acts for."""

    session: Session
    clock: Clock
    ids: IdSource
    tenant_id: UUID
    _facts: list[FactRef] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the present in UTC."""
        return self.clock.now()

    def chance(self) -> float:
        """Return an even chance in [0, 1), from the injected id source: no secret may rest on it."""
        return (self.ids.new().int & ((1 << RANDOM_BITS) - 1)) / (1 << RANDOM_BITS)

    def own(self, name: str) -> str:
        """Return the partition of this tenant in which the facts of the sequence ``name`` keep their order.

        It is one of ``LANES`` that many sequences share, so that facts of thousands of streams are drained in batches.
        """
        return f"{self.tenant_id}/{zlib.crc32(name.encode()) % LANES}"

    def emit(self, kind: str, fact_id: UUID, *, partition: str) -> None:
        """Say that a fact now exists; it is written, and its drain deferred, just before the commit.

        Args:
            kind: the fact's name, ``slice.what`` (for instance ``sense.observed``).
            fact_id: primary key in the owning slice's table.
            partition: facts of one partition are drained in commit order by one worker at a time.
        """
        self._facts.append(FactRef(kind=kind, partition=partition, tenant_id=self.tenant_id, fact_id=fact_id))

    def of(self, tenant_id: UUID) -> Work:
        """Return this same transaction, acting for another tenant: an expert works for many, in one request.

        The caller has seen that whoever asks may act there; facts said by either are written with this one's.
        """
        return replace(self, tenant_id=tenant_id)

    def take_facts(self) -> list[FactRef]:
        """Hand over the facts said so far and forget them."""
        facts, self._facts = self._facts, []
        return facts


@dataclass(frozen=True, slots=True)
class WorkFactory:
    """Opens units of work; the only place that commits."""

    sessions: Callable[[], Session]
    clock: Clock
    ids: IdSource
    emitter: Emitter

    @contextmanager
    def begin(self, tenant_id: UUID) -> Iterator[Work]:
        """Open a transaction for ``tenant_id``: committed with its facts at the end, rolled back on any exception."""
        with self.sessions() as session, session.begin():
            work = Work(session=session, clock=self.clock, ids=self.ids, tenant_id=tenant_id)
            yield work
            self.emitter.write(work, work.take_facts())
