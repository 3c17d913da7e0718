"""The next batch is on its way before those of the one before are woken, and what is on its way is told truly."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from book import BANK, cash, hold, pay, settle
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, Kind, Order, Transfer
from pipewarden.ledger.service.group import GroupCommit, _Seat
from pipewarden.ledger.store import book as store
from pipewarden.ledger.store.rows import Rows
from pipewarden.ledger.store.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.ledger.rules.book import Book
    from pipewarden.main.home import Home

TENANT = UUID(int=5)


@pytest.fixture
def wallet(home: Home) -> str:
    """A wallet of its own with 10,000 units, committed."""
    with home.work() as work:
        address = f"person:{work.ids.new()}:cash"
        service.open_accounts(work, (address, Asset.CNY), (BANK, Asset.CNY))
        service.post(work, pay(f"fund {address}", BANK, address, 10_000))
    return address


@pytest.fixture
def wire(home: Home) -> Iterator[Wire]:
    made = Wire(home.factory.sessions)
    yield made
    made.close()


def read(home: Home, *orders: Order) -> Book:
    """The book as it stands, with what these orders touch; the chain is not locked any more."""
    with home.work() as work:
        return store.open_book(work.session.connection(), orders, work.now())


def posted(home: Home, address: str) -> int:
    with home.work() as work:
        return service.balances(work, [address])[address].posted


def test_what_was_sent_is_written_and_said_so(home: Home, wire: Wire, wallet: str) -> None:
    order = pay(f"w {wallet}", wallet, BANK, 7)
    book = read(home, order)
    made = book.take(order, home.tenant_id, home.factory.ids.new)
    wire.send(*store.written(book))
    assert wire.collect()
    with home.work() as work:
        assert service.transfer(work, made.id) == made
    assert posted(home, wallet) == 9_993


def test_from_where_the_chain_has_moved_nothing_is_written(home: Home, wire: Wire, wallet: str) -> None:
    order = pay(f"late {wallet}", wallet, BANK, 7)
    book = read(home, order)
    book.take(order, TENANT, home.factory.ids.new)
    with home.work() as work:
        service.post(work, pay(f"first {wallet}", wallet, BANK, 1))
    wire.send(*store.written(book))
    assert not wire.collect()
    assert posted(home, wallet) == 9_999


def test_a_key_that_was_used_refuses_the_whole_batch_and_the_wire_goes_on(home: Home, wire: Wire, wallet: str) -> None:
    again, fresh = pay(f"fund {wallet}", wallet, BANK, 7), pay(f"fresh {wallet}", wallet, BANK, 1)
    book = read(home, again, fresh)
    book.keys = {}
    for one in (again, fresh):
        book.take(one, TENANT, home.factory.ids.new)
    wire.send(*store.written(book))
    with pytest.raises(IntegrityError):
        wire.collect()
    assert posted(home, wallet) == 10_000
    book = read(home, fresh)
    book.take(fresh, TENANT, home.factory.ids.new)
    wire.send(*store.written(book))
    assert wire.collect()


def test_a_balance_that_is_not_there_is_a_mistake_in_the_program(home: Home, wire: Wire, wallet: str) -> None:
    order = pay(f"b {wallet}", wallet, BANK, 7)
    book = read(home, order)
    book.take(order, TENANT, home.factory.ids.new)
    parameters, balances = store.written(book)
    wire.send(parameters, balances + 1)
    with pytest.raises(RuntimeError, match="2 of 3 balances"):
        wire.collect()


def test_what_went_wrong_on_the_way_is_told_when_it_is_collected(wire: Wire) -> None:
    wire.send({"transfers": "[]", "balances": "[]"}, 0)  # half of what the statement needs
    with pytest.raises(KeyError):
        wire.collect()


def test_a_connection_that_ended_meanwhile_is_told_as_the_database_s_word(home: Home, wallet: str) -> None:
    wire, order = Wire(home.factory.sessions), pay(f"e {wallet}", wallet, BANK, 7)
    book = read(home, order)
    book.take(order, TENANT, home.factory.ids.new)
    wire._driver.close()
    wire.send(*store.written(book))
    with pytest.raises(DBAPIError):
        wire.collect()
    wire.close()
    assert posted(home, wallet) == 10_000


def test_the_connection_is_given_back_as_it_was_taken(home: Home, wallet: str) -> None:
    order = pay(f"g {wallet}", wallet, BANK, 7)
    book = read(home, order)
    book.take(order, TENANT, home.factory.ids.new)
    wire = Wire(home.factory.sessions)
    wire.send(*store.written(book))
    assert wire.collect()
    connection = wire._driver
    assert not connection.closed
    wire.close()
    names = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'ledger%'"
    with connection.cursor() as cursor:
        assert cursor.execute(names).fetchone() == (0,)
        assert cursor.execute("SHOW plan_cache_mode").fetchone() == ("auto",)
    connection.rollback()


def test_rows_that_came_one_by_one_are_those_of_all_at_once(home: Home, wallet: str) -> None:
    held = hold(f"h {wallet}", wallet, BANK, 30)
    orders = [pay(f"1 {wallet}", wallet, BANK, 7, details={"zh": '"线索"\\'}), held]
    book, rows = read(home, *orders), Rows()
    for one in orders:
        made = book.take(one, TENANT, home.factory.ids.new)
        rows.follow(book.booked)
    book.take(settle(f"2 {wallet}", Kind.POST, made, cash(wallet, BANK, 20)), TENANT, home.factory.ids.new)
    assert (len(rows.transfers), len(rows.postings), len(rows.holds), rows.closed) == (2, 2, 1, [])
    assert store.written(book, rows) == store.written(book)
    assert (len(rows.transfers), rows.closed) == (3, [made.id])


def test_the_next_batch_is_sent_before_the_one_before_is_woken(
    home: Home, wallet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = GroupCommit(home.factory, home.tenant_id)
    group.post(pay(f"0 {wallet}", wallet, BANK, 1))  # from here on it remembers
    told: list[str] = []
    collect, send, wake = Wire.collect, Wire.send, GroupCommit._wake
    held, come = threading.Event(), threading.Event()

    def slow(self: Wire) -> bool:
        if not come.is_set():
            held.set()
            come.wait()
        return collect(self)

    def sent(self: Wire, parameters: dict[str, object], balances: int) -> None:
        told.append("sent")
        send(self, parameters, balances)

    def woken(self: GroupCommit, batch: list[_Seat], own: _Seat) -> None:
        told.append(f"woken {len(batch)}")
        wake(self, batch, own)

    monkeypatch.setattr(Wire, "collect", slow)
    monkeypatch.setattr(Wire, "send", sent)
    monkeypatch.setattr(GroupCommit, "_wake", woken)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(group.post, pay(f"1 {wallet}", wallet, BANK, 1))
        held.wait()
        rest = [pool.submit(group.post, pay(f"{n} {wallet}", wallet, BANK, 1)) for n in (2, 3, 4)]
        while len(group._waiting) < 3:
            pass
        come.set()
        assert all(isinstance(one.result(), Transfer) for one in (first, *rest))
    group.close()
    assert told == ["sent", "sent", "woken 1", "woken 3"]
    assert posted(home, wallet) == 9_995


def test_a_batch_that_was_sent_ahead_and_failed_fails_alone(
    home: Home, wallet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = GroupCommit(home.factory, home.tenant_id)
    group.post(pay(f"0 {wallet}", wallet, BANK, 1))
    seat = _Seat(home.tenant_id, pay(f"1 {wallet}", wallet, BANK, 1), home.factory.ids.new())
    group._connected()

    def broken(*_: object) -> None:
        raise OSError("the socket is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "_send", broken)
        group._enter(seat)
        group._send_ahead()
        assert group._sent == [seat]
        group._lead(seat)
    assert isinstance(seat.answer, OSError)
    group._led = False
    assert group.post(pay(f"1 {wallet}", wallet, BANK, 1)).key == f"1 {wallet}"
    group.close()
    assert posted(home, wallet) == 9_998
