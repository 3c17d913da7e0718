"""M2 (safety.md): fifty threads on one wallet against a provider that misbehaves: no overdraft, one payout per key."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pay_bills import policy
from pay_town import Paying, crowded, paying
from sqlalchemy import select

from pipewarden.kit.errors import InputError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, FundsError, Kind, Order, Posting
from pipewarden.market.facts.payouts import OVER, BillState
from pipewarden.market.rules.payouts_file import _midnight
from pipewarden.market.rules.wallet import cash_of
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store.payout_tables import BillRow
from pipewarden.market.store.payouts import bill_of

if TYPE_CHECKING:
    from pay_fake import Bank

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill

THREADS = 50
FEN = 5_000
FUNDS_YUAN = 3_000  # for sixty of the withdrawals that are wanted


def habits(seed: int, did: Counter[str]) -> object:
    """A provider that breaks about every second request in one of five ways."""
    chance = np.random.default_rng(seed)
    words = ["cut", "five", "broken", "limit", "hide", None, None, None, None]

    def habit(_bank: Bank, _method: str, _path: str) -> str | None:
        word = words[int(chance.integers(len(words)))]
        did[str(word)] += 1
        return word

    return habit


def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one person withdraw as often as they like; the wallet alone is the bound."""
    free = policy(day_count=10**6, day_fen=10**9, again_s=(1, 2, 5))
    editions = [(_midnight(datetime(2026, 1, 1)), free)]  # noqa: DTZ001  a day
    monkeypatch.setattr(payee_store, "payout_policies", lambda: editions)


def crowd(town: Paying, rounds: int, seed: int) -> Counter[str]:
    """Fifty threads want money, by keys that many of them share; one of them turns the clock."""
    started = threading.Barrier(THREADS)

    def one(number: int) -> Counter[str]:
        chance = np.random.default_rng([seed, number])
        ended: Counter[str] = Counter()
        started.wait()
        for _ in range(rounds):
            key = f"k{int(chance.integers(120))}"
            fen = FEN if key != "k7" else int(chance.choice([FEN, FEN + 1]))
            try:
                bill = town.withdraw(fen, key)
                ended[f"made {bill.key}"] += 1
            except FundsError:
                ended["no funds"] += 1
            except InputError as error:
                ended[error.field] += 1
        return ended

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(THREADS)), Counter())


def everything(town: Paying) -> list[Bill]:
    with town.begin() as work:
        rows = work.session.scalars(select(BillRow).where(BillRow.person_id == town.person.id))
        return [bill_of(row) for row in rows]


def storm(home: Home, monkeypatch: pytest.MonkeyPatch, *, rounds: int, seed: int) -> dict[str, object]:
    """Run the whole story and hold it to the promise; return its figures."""
    no_limits(monkeypatch)
    did: Counter[str] = Counter()
    with (
        crowded(home, THREADS) as sessions,
        paying(home, yuan=FUNDS_YUAN, confirms=True, habit=habits(seed, did), sessions=sessions) as town,
    ):
        stop = threading.Event()

        def job() -> None:
            while not stop.is_set():
                town.run(hands=2)
                town.clock.advance(timedelta(seconds=2))

        beside = threading.Thread(target=job)
        beside.start()
        try:
            ended = crowd(town, rounds, seed)
        finally:
            stop.set()
            beside.join()
        town.there.habit = None
        for _ in range(40):
            town.run(hands=2)
            town.later(seconds=10)
        return held_to(town, ended, did)


def held_to(town: Paying, ended: Counter[str], did: Counter[str]) -> dict[str, object]:
    bills = everything(town)
    payments = Counter(number for number, _ in town.there.paid)
    made = {name for name in ended if name.startswith("made ")}
    assert len({one.key for one in bills}) == len(bills) == len(made), "one bill for each key that was answered"
    assert set(payments) == {one.number for one in bills}
    assert max(payments.values()) == 1, "exactly one payout for each key"
    assert all(one.state is BillState.PAID for one in bills)
    assert all(one.state in OVER for one in bills)
    paid = sum(fen for _, fen in town.there.paid)
    assert paid == sum(one.fen for one in bills)
    posted, held = town.has()
    assert held == 0
    assert posted == FUNDS_YUAN * 10_000 - sum(one.gross for one in bills), "nothing is lost"
    assert 0 <= posted < (FEN + 1) * 100, "the wallet was really drawn to its bottom"
    town.sound()
    faults = sum(did[word] for word in ("cut", "five", "broken", "limit", "hide"))
    assert all(did[word] for word in ("cut", "five", "broken", "limit", "hide")), did
    attempts = sum(ended.values())
    return {
        "attempts": attempts,
        "bills": len(bills),
        "payments": sum(payments.values()),
        "no_funds": ended["no funds"],
        "other_content": ended["Idempotency-Key"],
        "faults": faults,
        "requests": len(town.there.asked),
        "left_units": posted,
    }


def test_fifty_threads_overdraw_nothing_and_pay_each_key_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = storm(home, monkeypatch, rounds=20, seed=11)
    assert figures["attempts"] == THREADS * 20
    print(figures)  # noqa: T201  the figures of a failing run


@pytest.mark.release
@pytest.mark.timeout(1800)
def test_fifty_threads_two_hundred_rounds(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = storm(home, monkeypatch, rounds=200, seed=200)
    assert figures["attempts"] == THREADS * 200
    print(figures)  # noqa: T201  the figures are the point


def naive(town: Paying, barrier: threading.Barrier, fen: int) -> bool:
    """What a build would do that reads the balance, decides, and writes what it decided."""
    with town.begin() as work:
        has = ledger.balances(work, [cash_of(town.person.id)])[cash_of(town.person.id)].available
    barrier.wait()
    return has >= fen * 100


def test_the_interleaving_that_a_naive_build_loses_by(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who read before either writes would both be paid; the house pays one of them."""
    no_limits(monkeypatch)
    with paying(home, yuan=60) as town:
        barrier = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: naive(town, barrier, FEN), range(2)))
        assert both == [True, True], "read and then written, both would be let through: 100 of 60 元"

        def ours(number: int) -> str:
            barrier.wait()
            try:
                return town.withdraw(FEN, f"race-{number}").number
            except FundsError:
                return ""

        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(ours, range(2)))
        assert sum(bool(one) for one in made) == 1
        assert town.has() == (600_000, 500_000)
        town.sound()


def test_the_book_itself_refuses_what_a_careless_caller_reserves(home: Home) -> None:
    """Without the lock of the person, the database's own check is the last line."""
    with paying(home, yuan=60) as town:
        cash = cash_of(town.person.id)

        def hold(number: int) -> bool:
            try:
                with town.begin() as work:
                    ledger.open_account(work, "outside:wechat", Asset.CNY)
                    line = Posting(cash, "outside:wechat", Asset.CNY, 500_000)
                    ledger.post(work, Order(f"careless:{town.person.id}:{number}", Kind.PENDING, "test.held", (line,)))
            except FundsError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(hold, range(8))) == 1
        town.sound()
