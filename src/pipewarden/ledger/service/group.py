"""Many callers, few commits: orders that come while one batch is committed are the next batch.

No thread of its own: the first caller who finds nobody writing writes for all who wait, and hands on to one of them.
Alone it is one statement that commits itself; among many it is one lock of the chain and one flush to disk for all.

What the last batch left of the book stays in memory, with the end of the chain that it is true for. Whoever comes
decides their own order on it, at once, while the database is busy with the batch before: so both work at the same time.
The statement that writes a batch moves the chain only from where that batch began. When somebody else has moved it,
nothing was written, and everything that rests on that memory is decided anew, under the chain's lock.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger.facts import LedgerError, Order, Transfer
from pipewarden.ledger.rules.orders import valid
from pipewarden.ledger.service.writing import book_each
from pipewarden.ledger.store import book as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from pipewarden.kit.work import WorkFactory
    from pipewarden.ledger.rules.book import Book

_MOST_WAITING = 4096
_MOST_KEPT = 50_000  # accounts in memory, some 300 bytes each


class _Seat:
    """One caller and its answer."""

    __slots__ = ("answer", "done", "id", "lead", "order", "tenant_id")

    def __init__(self, tenant_id: UUID, order: Order, new_id: UUID) -> None:
        self.tenant_id, self.order, self.id = tenant_id, order, new_id
        self.answer: Transfer | BaseException | None = None
        self.done = threading.Lock()  # lighter than an Event: held until somebody has word for this caller
        self.done.acquire()
        self.lead = False

    def new_id(self) -> UUID:
        """Return the id that its transfer gets."""
        return self.id


class GroupCommit:
    """Books orders of many threads in common transactions; each is answered after its commit."""

    def __init__(self, factory: WorkFactory, tenant_id: UUID) -> None:
        """Write through ``factory``; ``tenant_id`` is whose acts are booked where a caller names nobody."""
        self._factory, self._tenant_id = factory, tenant_id
        self._waiting: deque[_Seat] = deque()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._led, self._closed = False, False
        self._book: Book | None = None
        self._session: Session | None = None
        self._connection: Connection | None = None

    def post(self, order: Order, *, tenant_id: UUID | None = None) -> Transfer:
        """Return the transfer of an order, committed.

        Raises:
            LedgerError: the order was refused; the others of its batch were not.
            UnavailableError: it was closed, or too many wait already.
            Exception: the batch could not be committed; nobody of it knows more than that, and a retry with the same
                key is safe.
        """
        valid(order)  # what is no order at all never meets the others
        # the id is made outside of the lock: chance is a system call, and whoever holds the lock should not be put off
        seat = _Seat(self._tenant_id if tenant_id is None else tenant_id, order, self._factory.ids.new())
        with self._lock:
            if self._closed or len(self._waiting) >= _MOST_WAITING:
                problem = "is closed" if self._closed else f"has {_MOST_WAITING} orders waiting"
                raise UnavailableError(field="ledger", problem=problem, fix="Try again with the same key.")
            self._enter(seat)
            if not self._led:
                self._led = seat.lead = True
        if not seat.lead:
            seat.done.acquire()  # released with the answer, or with the lead
        if seat.lead:
            self._lead(seat)
        answer = seat.answer
        if isinstance(answer, Transfer):
            return answer
        raise answer if answer is not None else RuntimeError("a batch left a caller without its answer")

    def close(self) -> None:
        """Take no more orders, and return when those that wait are answered."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: not self._led)
            self._book = None
        self._disconnect()

    def _enter(self, seat: _Seat) -> None:
        """Let a caller wait, its order decided if memory is enough for that; under the lock."""
        if self._book is not None and self._book.knows(seat.order):
            self._decide(self._book, [seat])
        self._waiting.append(seat)

    def _decide(self, book: Book, seats: Sequence[_Seat]) -> None:
        if not book.booked:
            book.now = self._factory.clock.now()  # one moment for all that one statement writes
        for seat in seats:
            try:
                seat.answer = book.take(seat.order, seat.tenant_id, seat.new_id)
            except LedgerError as error:
                seat.answer = error

    def _lead(self, own: _Seat) -> None:
        """Write the batch that waits, this caller's own order among it, and hand the lead on."""
        batch: list[_Seat] = []
        with self._lock:
            book = self._book
            self._take(batch, all_=True)
        try:
            self._commit(book, batch)
        except BaseException as error:
            ended = not isinstance(error, Exception)  # the program is being ended
            with self._lock:
                self._forget()
            for seat in batch:
                seat.answer = RuntimeError("the batch was cut off") if ended else error
            self._disconnect()  # perhaps it is the connection
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

    def _commit(self, book: Book | None, batch: list[_Seat]) -> None:
        """Write a batch, and whoever comes in time: from memory, or else under the chain's lock."""
        if book is not None and self._written(book, batch):
            return
        with self._lock:
            self._forget()
            self._take(batch, all_=True)
        with self._factory.begin(self._tenant_id) as work:
            answers, book = book_each(work, [(one.tenant_id, one.order) for one in batch])
        for seat, answer in zip(batch, answers, strict=True):
            seat.answer = answer
        with self._lock:
            book.go_on()
            self._book = book

    def _take(self, batch: list[_Seat], *, all_: bool) -> None:
        """Move to ``batch`` who waits, or only those whose order is decided."""
        kept = [one for one in self._waiting if not all_ and one.answer is None]
        batch.extend(one for one in self._waiting if all_ or one.answer is not None)
        self._waiting = deque(kept)

    def _forget(self) -> None:
        """Take back what was decided on memory for those who wait."""
        self._book = None
        for one in self._waiting:
            one.answer = None

    def _written(self, book: Book, batch: list[_Seat]) -> bool:
        """Decide the rest of a batch and write it, if memory is still true; else nothing was written.

        The keys of orders are not read: one that was used before cannot be written again, and is decided anew. Those
        of refused ones are, for a retry is never refused. A batch without anything new proves nothing of the memory.
        """
        connection = self._connected()
        undecided = [one for one in batch if one.answer is None]
        read = store.missing(connection, book, [one.order for one in undecided]) if undecided else None
        with self._lock:
            if read is not None:
                book.learn(*read)
                self._decide(book, undecided)
            self._take(batch, all_=False)  # whoever came meanwhile is in the book, and so in what is written
            if not book.booked:
                return False
            parameters = store.written(book)
            book.go_on()
            if len(book.accounts) > _MOST_KEPT:
                book.accounts = {}
        try:
            return not store.named(connection, _refused(batch), []) and store.append_if(connection, *parameters)
        except IntegrityError:
            return False

    def _connected(self) -> Connection:
        if self._connection is None:
            self._session = self._factory.sessions()
            self._connection = self._session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            self._connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")  # one plan fits every batch
        return self._connection

    def _disconnect(self) -> None:
        if self._session is not None and self._connection is not None:
            with suppress(Exception):  # of a connection that is gone
                self._connection.exec_driver_sql("RESET plan_cache_mode")
            with suppress(Exception):  # as above
                self._session.close()
        self._session = self._connection = None


def _refused(batch: Sequence[_Seat]) -> list[str]:
    return [one.order.key for one in batch if isinstance(one.answer, LedgerError)]
