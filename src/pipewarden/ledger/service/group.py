"""Many callers, few commits: orders that come while one batch is committed are the next batch.

No thread of its own: the first caller who finds nobody writing writes for all who wait, and hands on to one of them.
Alone it is one transaction of one's own; among many it is one lock of the chain and one flush to disk for all.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger.facts import LedgerError, Order, Transfer
from pipewarden.ledger.service.writing import try_each

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import WorkFactory

MOST_BATCH = 512
_MOST_WAITING = 10_000


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
            for seat in batch:
                if seat is not own:
                    seat.done.release()
            with self._lock:
                if self._waiting:
                    following = self._waiting[0]
                    following.lead = True
                    following.done.release()
                else:
                    self._led = False
                    self._idle.notify_all()

    def _commit(self, batch: list[_Seat]) -> None:
        with self._factory.begin(self._tenant_id) as work:
            answers: list[Transfer | LedgerError] = try_each(work, [(one.tenant_id, one.order) for one in batch])
        for seat, answer in zip(batch, answers, strict=True):
            seat.answer = answer
