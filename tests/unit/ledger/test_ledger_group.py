"""Many threads, few commits: everybody hears of their own order, after its commit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from book import BANK, cash, hold, pay, settle
from sqlalchemy.exc import OperationalError

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, ClosedError, FundsError, Kind, Order, OrderError, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home


@pytest.fixture
def wallet(home: Home) -> str:
    """A wallet of its own with 10,000 units, committed."""
    with home.work() as work:
        address = f"person:{work.ids.new()}:cash"
        service.open_accounts(work, (address, Asset.CNY), (BANK, Asset.CNY))
        service.post(work, pay(f"fund {address}", BANK, address, 10_000))
    return address


@pytest.fixture
def group(home: Home) -> Iterator[service.GroupCommit]:
    made = service.GroupCommit(home.factory, home.tenant_id)
    yield made
    made.close()


def posted(home: Home, address: str) -> int:
    with home.work() as work:
        return service.balances(work, [address])[address].posted


def test_one_alone_is_answered_after_its_commit(home: Home, group: service.GroupCommit, wallet: str) -> None:
    made = group.post(pay(f"a {wallet}", wallet, BANK, 7))
    assert posted(home, wallet) == 9_993
    with home.work() as work:
        assert service.transfer(work, made.id) == made
    assert group.post(pay(f"a {wallet}", wallet, BANK, 7)) == made


def test_many_at_once_are_each_answered_and_the_bad_one_fails_alone(
    home: Home, group: service.GroupCommit, wallet: str
) -> None:
    def one(number: int) -> Transfer | FundsError:
        try:
            return group.post(pay(f"{number} {wallet}", wallet, BANK, 20_000 if number % 10 == 0 else number))
        except FundsError as error:
            return error

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(one, range(1, 101)))
    refused = [number for number, got in enumerate(found, 1) if isinstance(got, FundsError)]
    assert refused == list(range(10, 101, 10))
    assert posted(home, wallet) == 10_000 - sum(n for n in range(1, 101) if n % 10)
    assert all(got.key == f"{n} {wallet}" for n, got in enumerate(found, 1) if isinstance(got, Transfer))


def test_a_batch_that_cannot_be_committed_answers_all_of_it_and_the_next_goes_on(
    home: Home, group: service.GroupCommit, wallet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(group, "_commit", broken)
        with ThreadPoolExecutor(5) as pool:
            waiting = [pool.submit(group.post, pay(f"{n} {wallet}", wallet, BANK, 1)) for n in range(5)]
        assert all(isinstance(one.exception(), OSError) for one in waiting)
    assert posted(home, wallet) == 10_000
    group.post(pay(f"0 {wallet}", wallet, BANK, 1))
    assert posted(home, wallet) == 9_999


def test_an_order_may_be_of_another_tenant(group: service.GroupCommit, wallet: str) -> None:
    tenant = UUID(int=77)
    made = group.post(Order(f"t {wallet}", Kind.POSTED, "x", (cash(wallet, BANK, 1),)), tenant_id=tenant)
    assert made.tenant_id == tenant


def test_closed_it_takes_no_more_and_has_answered_who_waited(
    home: Home, group: service.GroupCommit, wallet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    commit = group._commit

    def slow(*args: Any, **more: Any) -> None:
        begun.set()
        go.wait()
        commit(*args, **more)

    monkeypatch.setattr(group, "_commit", slow)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(group.post, pay(f"{n} {wallet}", wallet, BANK, 1)) for n in range(3)]
        begun.wait()
        closing = pool.submit(group.close)
        while not group._closed:
            pass
        with pytest.raises(UnavailableError, match="closed"):
            group.post(pay(f"late {wallet}", wallet, BANK, 1))
        assert not closing.done()
        go.set()
        closing.result()
        assert all(isinstance(one.result(), Transfer) for one in waiting)
    assert posted(home, wallet) == 9_997


def test_only_so_many_wait(home: Home, wallet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipewarden.ledger.service.group._MOST_WAITING", 0)
    group = service.GroupCommit(home.factory, home.tenant_id)
    with pytest.raises(UnavailableError, match="waiting"):
        group.post(pay(f"a {wallet}", wallet, BANK, 1))


def test_what_is_no_order_at_all_meets_nobody_else(home: Home, group: service.GroupCommit, wallet: str) -> None:
    with pytest.raises(OrderError, match="is none"):
        group.post(pay(f"a {wallet}", wallet, BANK, 0))
    with pytest.raises(TypeError):
        group.post(pay(7, wallet, BANK, 1))  # type: ignore[arg-type]  a mistake in the program
    with home.work() as work:
        assert service.by_key(work, f"a {wallet}") is None


def test_a_retry_of_a_settled_hold_is_answered_from_memory_too(group: service.GroupCommit, wallet: str) -> None:
    held = group.post(hold(f"h {wallet}", wallet, BANK, 50))
    ended = group.post(settle(f"p {wallet}", Kind.POST, held))
    group.post(pay(f"x {wallet}", wallet, BANK, 1))
    assert group.post(settle(f"p {wallet}", Kind.POST, held)) == ended
    with pytest.raises(ClosedError):
        group.post(settle(f"q {wallet}", Kind.VOID, held))


def test_a_connection_that_is_gone_fails_one_batch_and_is_opened_again(
    home: Home, group: service.GroupCommit, wallet: str
) -> None:
    for number in range(2):  # the second one is written from memory
        group.post(pay(f"{number} {wallet}", wallet, BANK, 1))
    assert group._wire is not None
    backend = group._wire.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(home.urls().app, autocommit=True) as other:  # of the same role
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    with pytest.raises(OperationalError):
        group.post(pay(f"gone {wallet}", wallet, BANK, 1))
    group.post(pay(f"gone {wallet}", wallet, BANK, 1))
    group.post(pay(f"after {wallet}", wallet, BANK, 1))
    assert posted(home, wallet) == 10_000 - 4


def test_memory_is_bounded(
    home: Home, group: service.GroupCommit, wallet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipewarden.ledger.service.group._MOST_KEPT", 1)
    for number in range(6):
        group.post(pay(f"{number} {wallet}", wallet, BANK, 1))
    assert group._book is not None
    assert len(group._book.accounts) <= 2
    assert posted(home, wallet) == 9_994
