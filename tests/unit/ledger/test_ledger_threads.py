"""Fifty threads withdraw from one wallet, with keys of their own and shared: no overdraft, one hold a key (M2)."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from book import BANK, hold, pay
from sqlalchemy import text

from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, ClosedError, FundsError, Kind, Order, Transfer
from pipewarden.ledger.store import book as store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.main.home import Home

THREADS = 50
FUNDS = 5_000


class Wallet(Protocol):
    """Something that money is withdrawn from."""

    def withdraw(self, key: str, amount: int) -> bool:
        """Say whether it was paid; the same key again is the same withdrawal."""
        ...

    def left(self) -> int:
        """Return what is left."""
        ...

    def paid(self) -> dict[str, int]:
        """Return what was paid by key, each time it was."""
        ...


def storm(wallet: Wallet, rounds: int) -> Counter[str]:
    """Let fifty threads withdraw ``rounds`` times, and hold the wallet to what must be true afterwards."""
    done: Counter[str] = Counter()
    lock = threading.Lock()

    def one(thread: int) -> None:
        chance = random.Random(thread)  # noqa: S311  repeatable
        for number in range(rounds):
            shared = number % 2 == 0
            key = f"all:{number}" if shared else f"{thread}:{number}"
            amount = 1 + number % 7 if shared else chance.randint(1, 7)  # a shared key asks for the same each time
            paid = wallet.withdraw(key, amount)
            with lock:
                done["paid" if paid else "refused"] += 1

    with ThreadPoolExecutor(THREADS) as pool:
        for waiting in [pool.submit(one, thread) for thread in range(THREADS)]:
            waiting.result()
    assert wallet.left() >= 0, "overdrawn"
    assert wallet.left() + sum(wallet.paid().values()) == FUNDS, "lost or doubled"
    return done


@dataclass(slots=True)
class Booked:
    """A wallet in the book: held and settled, as payouts do it, each step committed for itself."""

    home: Home
    post: Callable[[Order], Transfer]
    address: str = ""

    def __post_init__(self) -> None:
        with self.home.work() as work:
            self.address = f"person:{work.ids.new()}:cash"
            service.open_accounts(work, (self.address, Asset.CNY), (BANK, Asset.CNY))
            service.post(work, pay(f"funds {self.address}", BANK, self.address, FUNDS))

    def withdraw(self, key: str, amount: int) -> bool:
        try:
            held = self.post(hold(f"hold {key} {self.address}", self.address, BANK, amount))
            ending = Kind.VOID if amount == 7 else Kind.POST
            self.post(Order(f"end {key} {self.address}", ending, "x", of=held.id))
        except FundsError:
            return False
        except ClosedError as error:
            raise AssertionError("a retry of the same end is the same end") from error
        return ending is Kind.POST

    def left(self) -> int:
        with self.home.work() as work:
            found = service.balances(work, [self.address])[self.address]
        assert found.held == 0
        return found.posted

    def paid(self) -> dict[str, int]:
        with self.home.factory.sessions() as session:
            rows = session.execute(
                text(
                    "SELECT t.key, p.amount FROM ledger_transfers t JOIN ledger_postings p ON p.transfer_seq = t.seq "
                    "WHERE t.kind = 'post' AND p.source = :address"
                ),
                {"address": self.address},
            ).all()
        assert len({key for key, _ in rows}) == len(rows), "a key was paid twice"
        return dict(rows)  # type: ignore[arg-type]  pairs


class Naive:
    """How not to do it: read the balance, decide, write. The barrier lets all have read before any of them writes."""

    def __init__(self) -> None:
        self.balance, self.rows = FUNDS, Counter[str]()
        self.barrier, self.lock = threading.Barrier(THREADS), threading.Lock()

    def withdraw(self, key: str, amount: int) -> bool:
        seen = self.balance
        self.barrier.wait()
        if seen < amount:
            return False
        with self.lock:
            self.balance -= amount
            self.rows[key] += amount
        return True

    def left(self) -> int:
        return self.balance

    def paid(self) -> dict[str, int]:
        return self.rows


@pytest.fixture
def group(home: Home) -> Iterator[service.GroupCommit]:
    made = service.GroupCommit(home.factory, home.tenant_id)
    yield made
    made.close()


def alone(home: Home) -> Callable[[Order], Transfer]:
    """Each order in a transaction of its own, as requests do it; as many at once as there are connections."""
    hands = threading.Semaphore(8)

    def post(order: Order) -> Transfer:
        with hands, home.work() as work:
            return service.post(work, order)

    return post


def test_fifty_threads_overdraw_nothing_by_group_commit(
    home: Home, group: service.GroupCommit, capsys: pytest.CaptureFixture[str]
) -> None:
    wallet = Booked(home, group.post)
    done = storm(wallet, 200)
    with capsys.disabled():
        print(f"\n{THREADS} threads x 200 rounds: {dict(done)}, left {wallet.left()}, {len(wallet.paid())} paid once")  # noqa: T201
    assert done.total() == THREADS * 200
    assert done["refused"] > 0, "the wallet must run dry, or nothing was tested"


def test_fifty_threads_overdraw_nothing_each_in_its_own_transaction(home: Home) -> None:
    done = storm(Booked(home, alone(home)), 6)
    assert done.total() == THREADS * 6


def test_a_mix_of_both_overdraws_nothing(home: Home, group: service.GroupCommit) -> None:
    own, turns = alone(home), threading.local()

    def post(order: Order) -> Transfer:
        turns.count = getattr(turns, "count", 0) + 1
        return own(order) if turns.count % 5 == 0 else group.post(order)

    assert storm(Booked(home, post), 20).total() == THREADS * 20
    with home.work() as work:
        assert service.check(work).chain_ok


def test_the_naive_build_fails_it() -> None:
    with pytest.raises(AssertionError, match="overdrawn"):
        storm(Naive(), 200)


def test_without_its_lock_the_book_refuses_to_write_instead_of_overdrawing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two read the same end of the chain before either writes: the second finds the chain moved on."""
    wallet = Booked(home, alone(home))
    barrier, real = threading.Barrier(2), store.accounts

    def read(*args: object) -> object:
        found = real(*args)  # type: ignore[arg-type]
        barrier.wait()
        return found

    monkeypatch.setattr(store, "LOCK", store.LOCK.removesuffix(" FOR UPDATE"))
    monkeypatch.setattr(store, "accounts", read)

    def take(key: str) -> str:
        try:
            wallet.post(pay(f"{key} {wallet.address}", wallet.address, BANK, FUNDS))
        except RuntimeError as error:
            return str(error)
        return "paid"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(take, ["one", "two"]), key=lambda one: one == "paid")
    assert (found[1], "nothing was written" in found[0]) == ("paid", True)
    assert wallet.left() == 0
