"""An account's lines from the newest backwards: what a person looks through on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.ledger.facts import Asset, Line
from pipewarden.ledger.store.book import COLUMNS, LINES, transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_SIDE = """
  SELECT transfer_seq AS seq, line, asset, {sign}amount AS amount, {side}_after AS after FROM ledger_postings
  WHERE {side} = ANY(:addresses) AND source_after IS NOT NULL AND (transfer_seq, line) < (:seq, :line)
"""
_LATEST = (
    f"SELECT {COLUMNS}, {LINES} AS lines, s.line AS at_line, s.asset, s.amount, s.after FROM ("  # noqa: S608  our own words
    + _SIDE.format(side="source", sign="-")
    + " UNION ALL "
    + _SIDE.format(side="destination", sign="")
    + ") AS s JOIN ledger_transfers t ON t.seq = s.seq "
    "WHERE split_part(t.what, '.', 1) <> ALL(:without) ORDER BY s.seq DESC, s.line DESC LIMIT :limit"
)
_NEWEST = (2**62, 0)


def latest(
    session: Session, addresses: Sequence[str], before: tuple[int, int] | None, limit: int, without: Sequence[str]
) -> list[Line]:
    """Return lines of accounts before a place, the newest first, but those whose ``what`` begins with these words."""
    seq, line = before or _NEWEST
    told = {"addresses": list(addresses), "seq": seq, "line": line, "limit": limit, "without": list(without)}
    rows = session.execute(text(_LATEST), told)
    return [Line(transfer(row), Asset(row.asset), row.amount, row.after, (row.seq, row.at_line)) for row in rows]
