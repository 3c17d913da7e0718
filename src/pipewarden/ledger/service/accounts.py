"""Accounts: opened once, read by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import OrderError
from pipewarden.ledger.rules.addresses import is_address, may_be_negative, shown
from pipewarden.ledger.store import book
from pipewarden.ledger.store import reading as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Asset, Balance


def open_accounts(work: Work, *wanted: tuple[str, Asset]) -> None:
    """Open accounts (address and asset) that are not open yet; whether one may fall below nothing its address says.

    Raises:
        OrderError: an address is none, or its account holds another asset.
    """
    assets = dict(wanted)
    for address, asset in wanted:
        if not is_address(address):
            fix = "Write it like person:ID:cash."
            raise OrderError(field="address", problem=f"{address[:60]!r} is no address", fix=fix)
        if assets[address] is not asset:
            raise _other(address)
    known = store.balances(work.session, assets)
    missing = {address: asset for address, asset in assets.items() if address not in known}
    if missing:
        book.lock(work.session.connection())  # first: or one waits for the chain, one for an account the other opens
        negative = set(filter(may_be_negative, missing))
        store.open_accounts(work.session, work.tenant_id, missing, negative, work.now())
    for address, found in store.balances(work.session, assets).items():
        if found.asset is not assets[address]:
            raise _other(address)


def open_account(work: Work, address: str, asset: Asset) -> None:
    """Open one account, if it is not open yet.

    Raises:
        OrderError: the address is none, or its account holds another asset.
    """
    open_accounts(work, (address, asset))


def _other(address: str) -> OrderError:
    fix = "An account holds one asset for ever: name another account."
    return OrderError(field="asset", problem=f"{shown(address)} holds another one", fix=fix)


def balances(work: Work, addresses: Iterable[str]) -> dict[str, Balance]:
    """Return the balances of those accounts that are open, by address."""
    wanted = set(addresses)
    return store.balances(work.session, wanted) if wanted else {}
