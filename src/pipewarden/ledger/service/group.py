"""Many callers, few commits: orders that come while one batch is committed are the next batch.

No thread of its own: the first caller who finds nobody writing writes for all who wait, and hands on to one of them.
Alone it is one statement that commits itself; among many it is one lock of the chain and one flush to disk for all.

What the last batch left of the book stays in memory, with the end of the chain that it is true for: the statement that
writes the next batch moves the chain only from there. When somebody else has moved it, nothing was written, and the
batch is decided anew under the chain's lock.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger.facts import LedgerError, Order, Transfer
from pipewarden.ledger.service.writing import book_each, taken
from pipewarden.ledger.store import book as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from pipewarden.kit.work import WorkFactory
    from pipewarden.ledger.rules.book import Book

MOST_BATCH = 512
_MOST_WAITING = 10_000
_MOST_KEPT = 50_000  # accounts in memory, some 300 bytes each


class _Seat:
    """One caller and its answer."""

    __slots__ = ("answer", "done", "lead", "order", "tenant_id")

    def __init__(self, tenant_id: UUID, order: Order) -> None:
        self.tenant_id, self.order = tenant_id, order
        self.answer: Transfer | BaseException | None = None
        self.done = threading.Lock()  # lighter than an Event: held until somebody has word for this caller
        self.done.acquire()
        self.lead = False


class GroupCommit:
    """Books orders of many threads in common transactions; each is answered after its commit."""

    def __init__(self, factory: WorkFactory, tenant_id: UUID) -> None:
        """Write through ``factory``; ``tenant_id`` is whose acts are booked where a caller names nobody."""
        self._factory, self._tenant_id = factory, tenant_id
        self._waiting: deque[_Seat] = deque()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._led, self._closed = False, False
        self._memory = _Memory(factory)

    def post(self, order: Order, *, tenant_id: UUID | None = None) -> Transfer:
        """Return the transfer of an order, committed.

        Raises:
            LedgerError: the order was refused; the others of its batch were not.
            UnavailableError: it was closed, or too many wait already.
            Exception: the batch could not be committed; nobody of it knows more than that, and a retry with the same
                key is safe.
        """
        seat = _Seat(self._tenant_id if tenant_id is None else tenant_id, order)
        with self._lock:
            if self._closed or len(self._waiting) >= _MOST_WAITING:
                problem = "is closed" if self._closed else f"has {_MOST_WAITING} orders waiting"
                raise UnavailableError(field="ledger", problem=problem, fix="Try again with the same key.")
            self._waiting.append(seat)
            if not self._led:
                self._led = seat.lead = True
        if not seat.lead:
            seat.done.acquire()  # released with the answer, or with the lead
        if seat.lead:
            self._write(seat)
        answer = seat.answer
        if isinstance(answer, Transfer):
            return answer
        raise answer if answer is not None else RuntimeError("a batch left a caller without its answer")

    def close(self) -> None:
        """Take no more orders, and return when those that wait are answered."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: not self._led)
        self._memory.close()

    def _write(self, own: _Seat) -> None:
        """Write the batch that waits, this caller's own order among it, and hand the lead on."""
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_BATCH))]
        try:
            self._commit(batch)
        except BaseException as error:
            ended = not isinstance(error, Exception)  # the program is being ended
            for seat in batch:
                seat.answer = RuntimeError("the batch was cut off") if ended else error
            if ended:
                raise
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                if following is None:
                    self._led = False
                    self._idle.notify_all()
                else:
                    following.lead = True
                    following.done.release()
            for seat in batch:
                if seat is not own:
                    seat.done.release()

    def _commit(self, batch: list[_Seat]) -> None:
        orders = [(one.tenant_id, one.order) for one in batch]
        answers = self._memory.write(orders)
        if answers is None:
            with self._factory.begin(self._tenant_id) as work:
                answers, book = book_each(work, orders)
            self._memory.keep(book)
        for seat, answer in zip(batch, answers, strict=True):
            seat.answer = answer


class _Memory:
    """What the last batch left of the book; used by one leader at a time."""

    def __init__(self, factory: WorkFactory) -> None:
        self._factory = factory
        self._book: Book | None = None
        self._session: Session | None = None
        self._connection: Connection | None = None

    def keep(self, book: Book) -> None:
        """Remember a book whose changes were committed."""
        book.go_on()
        self._book = book if len(book.accounts) <= _MOST_KEPT else None

    def close(self) -> None:
        """Forget the book and give the connection back."""
        self._book = self._connection = None
        if self._session is not None:
            with suppress(Exception):  # of a connection that is gone
                self._session.connection().exec_driver_sql("RESET plan_cache_mode")
            with suppress(Exception):  # as above
                self._session.close()
            self._session = None

    def write(self, orders: Sequence[tuple[UUID, Order]]) -> list[Transfer | LedgerError] | None:
        """Decide orders by what is remembered, and write them if it is still true; else None, and nothing was written.

        The keys of orders are not read: one that was used before cannot be written again, and is decided anew. Those
        of refused ones are, for a retry is never refused. A batch without anything new proves nothing of the memory.
        """
        book, self._book = self._book, None
        if book is None:
            return None
        try:
            connection = self._connected()
            store.complete(connection, book, [one for _, one in orders])
            book.now = self._factory.clock.now()
            was = book.end
            found = taken(book, orders, self._factory.ids.new)
            refused = [one.key for (_, one), got in zip(orders, found, strict=True) if isinstance(got, LedgerError)]
            if not book.booked or store.named(connection, refused, []) or not store.append_if(connection, book, was):
                return None
        except IntegrityError:
            return None
        except Exception:
            self.close()  # perhaps the connection is gone
            raise
        self.keep(book)
        return found

    def _connected(self) -> Connection:
        if self._connection is None:
            self._session = self._factory.sessions()
            self._connection = self._session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            self._connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")  # one plan fits every batch
        return self._connection
