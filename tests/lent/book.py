"""A small book for tests: two wallets, a purse, the world; money comes from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, Kind, Order, Posting

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Checked, Transfer

PERSON = UUID("01990000-0000-7000-8000-000000000001")
OTHER = UUID("01990000-0000-7000-8000-000000000002")
WALLET, FRIEND = f"person:{PERSON}:cash", f"person:{OTHER}:cash"
OWED = f"person:{PERSON}:owed"
POINTS, FRIENDS_POINTS = f"person:{PERSON}:points", f"person:{OTHER}:points"
BANK, MINT = "outside:bank", "outside:points"
ALL = (
    (WALLET, Asset.CNY),
    (FRIEND, Asset.CNY),
    (OWED, Asset.CNY),
    (BANK, Asset.CNY),
    (POINTS, Asset.PTS),
    (FRIENDS_POINTS, Asset.PTS),
    (MINT, Asset.PTS),
)


def cash(source: str, destination: str, amount: int) -> Posting:
    return Posting(source, destination, Asset.CNY, amount)


def pay(key: str, source: str, destination: str, amount: int, **more: object) -> Order:
    return Order(key, Kind.POSTED, "test.paid", (cash(source, destination, amount),), **more)  # type: ignore[arg-type]


def hold(key: str, source: str, destination: str, amount: int, expires_at: datetime | None = None) -> Order:
    return Order(key, Kind.PENDING, "test.held", (cash(source, destination, amount),), expires_at=expires_at)


def settle(key: str, kind: Kind, of: Transfer, *lines: Posting) -> Order:
    return Order(key, kind, f"test.{kind}", tuple(lines), of=of.id)


def opened(work: Work, funds: int = 100_0000) -> None:
    """Open the accounts and put ``funds`` units into the first wallet."""
    service.open_accounts(work, *ALL)
    service.post(work, pay("funds", BANK, WALLET, funds))


def has(work: Work, address: str) -> tuple[int, int]:
    found = service.balances(work, [address])[address]
    return found.posted, found.held


def sound(work: Work) -> Checked:
    """Check the whole book, which must hold."""
    found = service.check(work)
    assert found.problems == ()
    assert found.whole
    return found
