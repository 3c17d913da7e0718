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
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger.facts import LedgerError, Order, Transfer
from pipewarden.ledger.rules.book import sound
from pipewarden.ledger.service.writing import book_each
from pipewarden.ledger.store import book as store
from pipewarden.ledger.store.rows import Rows
from pipewarden.ledger.store.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import WorkFactory
    from pipewarden.ledger.rules.book import Book

_MOST_WAITING = 4096
_MOST_KEPT = 50_000  # accounts in memory, some 300 bytes each


class _Seat:
    """One caller and its answer."""

    __slots__ = ("answer", "checked", "done", "id", "lead", "order", "tenant_id")

    def __init__(self, tenant_id: UUID, order: Order, new_id: UUID) -> None:
        self.tenant_id, self.order, self.id = tenant_id, order, new_id
        self.checked: tuple[str, bytes] | None = None
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
        self._rows = Rows()  # of what is booked and not sent
        self._sent: list[_Seat] = []
        self._wire: Wire | None = None

    def post(self, order: Order, *, tenant_id: UUID | None = None) -> Transfer:
        """Return the transfer of an order, committed.

        Raises:
            LedgerError: the order was refused; the others of its batch were not.
            UnavailableError: it was closed, or too many wait already.
            Exception: the batch could not be committed; nobody of it knows more than that, and a retry with the same
                key is safe.
        """
        # the id and the hash are made outside of the lock: whoever holds it should not be put off
        seat = _Seat(self._tenant_id if tenant_id is None else tenant_id, order, self._factory.ids.new())
        seat.checked = sound(order, seat.tenant_id)  # what is no order at all never meets the others
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
                seat.answer = book.take(seat.order, seat.tenant_id, seat.new_id, seat.checked)
            except LedgerError as error:
                seat.answer = error
        self._rows.follow(book.booked)

    def _lead(self, own: _Seat) -> None:
        """Write the batch that waits or was sent, this caller's own order among it, and hand the lead on."""
        written = False
        with self._lock:
            batch, self._sent = self._sent, []
            sent, book = bool(batch), self._book
            if not sent:
                self._take(batch, all_=True)
        try:
            self._commit(book, batch, sent=sent)
            written = True
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
            try:
                if written:
                    self._send_ahead()
            finally:
                self._wake(batch, own)

    def _wake(self, batch: list[_Seat], own: _Seat) -> None:
        """Give somebody who waits the lead, and everybody of a batch the word."""
        with self._lock:
            following = next(iter(self._sent or self._waiting), None)
            if following is None:
                self._led = False
                self._idle.notify_all()
            else:
                following.lead = True
                following.done.release()
        for seat in batch:
            if seat is not own:
                seat.done.release()

    def _commit(self, book: Book | None, batch: list[_Seat], *, sent: bool = False) -> None:
        """Write a batch, and whoever comes in time: from memory, or else under the chain's lock."""
        if book is not None and (sent or self._send(book, batch)) and self._written():
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
        self._book, self._rows = None, Rows()
        for one in self._waiting:
            one.answer = None

    def _send(self, book: Book, batch: list[_Seat]) -> bool:
        """Decide the rest of a batch and send it, if memory may still be true; else nothing is written.

        The keys of orders are not read: one that was used before cannot be written again, and is decided anew. Those
        of refused ones are, for a retry is never refused. A batch without anything new proves nothing of the memory.
        """
        wire = self._connected()
        undecided = [one for one in batch if one.answer is None]
        read = store.missing(wire.connection, book, [one.order for one in undecided]) if undecided else None
        with self._lock:
            if read is not None:
                book.learn(*read)
                self._decide(book, undecided)
            self._take(batch, all_=False)  # whoever came meanwhile is in the book, and so in what is written
            if not book.booked:
                return False
            packed = self._packed(book)
        if store.named(wire.connection, _refused(batch), []):
            return False
        wire.send(*packed)
        return True

    def _packed(self, book: Book) -> tuple[dict[str, object], int]:
        """Return what is written of a book, which goes on from there; under the lock."""
        packed, self._rows = store.written(book, self._rows), Rows()
        book.go_on()
        if len(book.accounts) > _MOST_KEPT:
            book.accounts = {}
        return packed

    def _written(self) -> bool:
        """Wait for what was sent, and say whether memory was true, and it is written."""
        try:
            return self._connected().collect()
        except IntegrityError:
            return False

    def _send_ahead(self) -> None:
        """Send those who wait before the others are woken, when nothing has to be read for them.

        The database goes on at once, and does not wait until threads that have their answer have let each other pass.
        """
        with self._lock:
            book, wire = self._book, self._wire
            if book is None or wire is None or not book.booked or not all(map(_made, self._waiting)):
                return
            self._take(self._sent, all_=True)
            packed = self._packed(book)
        wire.send(*packed)

    def _connected(self) -> Wire:
        if self._wire is None:
            self._wire = Wire(self._factory.sessions)
        return self._wire

    def _disconnect(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = None


def _made(seat: _Seat) -> bool:
    return isinstance(seat.answer, Transfer)


def _refused(batch: Sequence[_Seat]) -> list[str]:
    return [one.order.key for one in batch if isinstance(one.answer, LedgerError)]
