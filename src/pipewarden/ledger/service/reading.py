"""Single transfers, what became of a hold, and pieces of an account's history that always sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import End, HoldState, Kind, OrderError, Statement, Transfer
from pipewarden.ledger.rules.addresses import shown
from pipewarden.ledger.rules.book import state_of
from pipewarden.ledger.store import book as store
from pipewarden.ledger.store import reading

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Asset
    from pipewarden.ledger.rules.book import Target

_MOST = 1000


def transfer(work: Work, transfer_id: UUID) -> Transfer | None:
    """Return a transfer of the tenant worked for."""
    return _mine(work, store.named(work.session.connection(), [], [transfer_id]))


def by_key(work: Work, key: str) -> Transfer | None:
    """Return the transfer that a key of the tenant worked for is good for."""
    return _mine(work, store.named(work.session.connection(), [key], []))


def _mine(work: Work, found: list[Target]) -> Transfer | None:
    return found[0].transfer if found and found[0].transfer.tenant_id == work.tenant_id else None


def hold_state(work: Work, transfer_id: UUID) -> HoldState:
    """Return what became of a hold until now.

    Raises:
        OrderError: it names no hold of the tenant worked for.
    """
    found = store.named(work.session.connection(), [], [transfer_id])
    if _mine(work, found) is None or found[0].transfer.kind is not Kind.PENDING:
        raise OrderError(field="id", problem="names no hold", fix="Name the transfer that was booked as pending.")
    return state_of(found[0], work.now())


def statement(  # noqa: PLR0917  a span and a page of it
    work: Work,
    address: str,
    asset: Asset,
    since: datetime,
    until: datetime,
    after: tuple[int, int] | None = None,
    limit: int = 100,
) -> Statement:
    """Return an account's lines booked from ``since`` and before ``until``, or the page of them behind ``after``.

    Only what moved: a hold is no line until it is posted. Whose account it is the caller has to know.

    Raises:
        OrderError: there is no such account, or it holds another asset.
    """
    found = reading.balances(work.session, [address]).get(address)
    if found is None or found.asset is not asset:
        fix = "Name an account that is open, with its asset."
        raise OrderError(field="address", problem=f"{shown(address)[:60]} is no account of {asset}", fix=fix)
    begin, end = reading.first_at(work.session, since), reading.first_at(work.session, until)
    start = max((begin, -1), after or (0, 0))
    lines = reading.page(work.session, address, start, end, min(limit, _MOST) + 1)
    opening = reading.balance_at(work.session, address, start)
    shown_, more = lines[: min(limit, _MOST)], len(lines) > min(limit, _MOST)
    return Statement(
        address=address,
        asset=asset,
        opening=opening,
        lines=tuple(shown_),
        closing=shown_[-1].balance_after if shown_ else opening,
        until_closing=reading.balance_at(work.session, address, (max(begin, end), -1)),
        next=shown_[-1].cursor if more else None,
    )


def end(work: Work) -> End:
    """Return where the chain ends, to be kept outside."""
    return reading.chain_end(work.session)
