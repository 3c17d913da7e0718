"""What is asked of the book: balances, single transfers, pieces of an account's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from pipewarden.ledger.facts import Asset, Balance, End, Line
from pipewarden.ledger.rules.chain import FIRST
from pipewarden.ledger.store.book import COLUMNS, LINES, transfer
from pipewarden.ledger.store.tables import AccountRow, ChainRow, HoldRow, TransferRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_SIDES = """
  SELECT transfer_seq AS seq, line, asset, -amount AS amount, source_after AS after FROM ledger_postings
  WHERE source = :address AND source_after IS NOT NULL AND {span}
  UNION ALL
  SELECT transfer_seq AS seq, line, asset, amount, destination_after AS after FROM ledger_postings
  WHERE destination = :address AND source_after IS NOT NULL AND {span}
"""
_PAGE = (
    f"SELECT {COLUMNS}, {LINES} AS lines, s.line AS at_line, s.asset, s.amount, s.after FROM ("  # noqa: S608  our own words
    + _SIDES.format(span="(transfer_seq, line) > (:seq, :line) AND transfer_seq < :end")
    + ") AS s JOIN ledger_transfers t ON t.seq = s.seq ORDER BY s.seq, s.line LIMIT :limit"
)
_LAST = """
  SELECT transfer_seq AS seq, line, {side}_after AS after FROM ledger_postings
  WHERE {side} = :address AND source_after IS NOT NULL AND (transfer_seq, line) <= (:seq, :line)
  ORDER BY transfer_seq DESC, line DESC LIMIT 1
"""
_OPENING = (
    f"SELECT after FROM (({_LAST.format(side='source')}) UNION ALL ({_LAST.format(side='destination')})) AS s "  # noqa: S608  our own words
    "ORDER BY seq DESC, line DESC LIMIT 1"
)


def open_accounts(
    session: Session, tenant_id: UUID, wanted: Mapping[str, Asset], negative: Collection[str], now: datetime
) -> None:
    """Insert the accounts that are not there yet."""
    rows = [
        {
            "address": address,
            "tenant_id": tenant_id,
            "asset": asset.value,
            "may_be_negative": address in negative,
            "posted": 0,
            "held": 0,
            "opened_at": now,
        }
        for address, asset in sorted(wanted.items())  # in one order, so that two who open the same ones cannot deadlock
    ]
    if rows:
        session.execute(insert(AccountRow).values(rows).on_conflict_do_nothing())


def balances(session: Session, addresses: Collection[str]) -> dict[str, Balance]:
    """Return the balances of those accounts that are open."""
    rows = session.execute(
        select(AccountRow.address, AccountRow.asset, AccountRow.posted, AccountRow.held).where(
            AccountRow.address.in_(addresses)
        )
    )
    return {row.address: Balance(row.address, Asset(row.asset), row.posted, row.held) for row in rows}


def due(session: Session, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return tenant and transfer of open holds that are past their time, the oldest first."""
    rows = session.execute(
        select(HoldRow.tenant_id, HoldRow.transfer_id)
        .where(HoldRow.expires_at <= now)
        .order_by(HoldRow.expires_at, HoldRow.transfer_id)
        .limit(limit)
    )
    return [(row.tenant_id, row.transfer_id) for row in rows]


def first_at(session: Session, moment: datetime) -> int:
    """Return the place in the chain from which on nothing is older than a moment; transfers never go back in time."""
    found = session.scalar(
        select(TransferRow.seq).where(TransferRow.at >= moment).order_by(TransferRow.at, TransferRow.seq).limit(1)
    )
    return found if found is not None else (session.scalar(select(func.max(TransferRow.seq))) or 0) + 1


def balance_at(session: Session, address: str, cursor: tuple[int, int]) -> int:
    """Return an account's balance after its last line that is not behind a place (transfer, line)."""
    found = session.scalar(text(_OPENING), {"address": address, "seq": cursor[0], "line": cursor[1]})
    return found or 0


def page(session: Session, address: str, after: tuple[int, int], end: int, limit: int) -> list[Line]:
    """Return an account's lines behind a place and before a transfer, in the chain's order."""
    rows = session.execute(
        text(_PAGE), {"address": address, "seq": after[0], "line": after[1], "end": end, "limit": limit}
    )
    return [Line(transfer(row), Asset(row.asset), row.amount, row.after, (row.seq, row.at_line)) for row in rows]


def chain_end(session: Session) -> End:
    """Return where the chain ends, without a lock."""
    row = session.execute(select(ChainRow.seq, ChainRow.hash, ChainRow.at)).first()
    return FIRST if row is None else End(row.seq, row.hash, row.at)
