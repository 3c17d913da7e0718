"""Orders become transfers: all or none of them, or each on its own merit, in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import Kind, LedgerError, Order, Transfer
from pipewarden.ledger.store import book as store
from pipewarden.ledger.store import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.ledger.rules.book import Book


def write(work: Work, orders: Sequence[Order]) -> list[Transfer]:
    """Book all of ``orders``, in order, or nothing; a key that was used before is answered with its first transfer.

    Call it late in the transaction: the chain is locked until its end, and with it every other writer.

    Raises:
        LedgerError: the first refusal; nothing was written.
    """
    if not orders:
        return []
    connection = work.session.connection()
    book = store.open_book(connection, orders, work.now())
    made = [book.take(one, work.tenant_id, work.ids.new) for one in orders]
    store.append(connection, book)
    return made


def post(work: Work, order: Order) -> Transfer:
    """Book one order; see ``write``.

    Raises:
        LedgerError: it was refused.
    """
    return write(work, [order])[0]


def try_write(work: Work, orders: Sequence[Order]) -> list[Transfer | LedgerError]:
    """Book each of ``orders`` that can be booked, in order, and return the transfer or the refusal of each."""
    return try_each(work, [(work.tenant_id, one) for one in orders])


def try_each(work: Work, orders: Sequence[tuple[UUID, Order]]) -> list[Transfer | LedgerError]:
    """Book orders of several tenants, each on its own merit; see ``try_write``."""
    return book_each(work, orders)[0] if orders else []


def book_each(work: Work, orders: Sequence[tuple[UUID, Order]]) -> tuple[list[Transfer | LedgerError], Book]:
    """Book orders as ``try_each`` does, and return the book as it then stands, too."""
    connection = work.session.connection()
    book = store.open_book(connection, [one for _, one in orders], work.now())
    found = taken(book, orders, work.ids.new)
    store.append(connection, book)
    return found, book


def taken(book: Book, orders: Iterable[tuple[UUID, Order]], new_id: Callable[[], UUID]) -> list[Transfer | LedgerError]:
    """Decide orders, each on its own merit; nothing is written."""
    found: list[Transfer | LedgerError] = []
    for tenant_id, order in orders:
        try:
            found.append(book.take(order, tenant_id, new_id))
        except LedgerError as error:
            found.append(error)
    return found


def expire_due(work: Work, now: datetime, limit: int = 500) -> int:
    """Release holds of every tenant that are past their time, the oldest first, and return how many."""
    orders = [
        (tenant_id, Order(f"expire:{hold_id}", Kind.EXPIRE, "expired", of=hold_id))
        for tenant_id, hold_id in reading.due(work.session, now, limit)
    ]
    return sum(isinstance(one, Transfer) for one in try_each(work, orders))
