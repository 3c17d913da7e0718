"""Walks the whole book: the chain in batches here, sums in the database, so that memory stays small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.ledger.facts import Asset
from pipewarden.ledger.store.book import COLUMNS, LINES, transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from pipewarden.ledger.facts import Transfer

_BATCH = 1000
_MOST = 20  # problems of one kind that are told
_WALK = f"SELECT {COLUMNS}, {LINES} AS lines FROM ledger_transfers t WHERE t.seq > :seq ORDER BY t.seq LIMIT :limit"  # noqa: S608  our own words
_LEGS = """(
  SELECT p.transfer_seq AS seq, p.line, p.source AS address, p.asset, -p.amount AS amount, p.source_after AS after
  FROM ledger_postings p JOIN ledger_transfers t ON t.seq = p.transfer_seq AND t.kind IN ('posted', 'post', 'reverse')
  UNION ALL
  SELECT p.transfer_seq, p.line, p.destination, p.asset, p.amount, p.destination_after
  FROM ledger_postings p JOIN ledger_transfers t ON t.seq = p.transfer_seq AND t.kind IN ('posted', 'post', 'reverse')
) AS l"""
_OPEN = """ledger_transfers t WHERE t.kind = 'pending' AND NOT EXISTS (
  SELECT FROM ledger_transfers s WHERE s.of = t.id AND s.kind IN ('post', 'void', 'expire'))"""
_FAULTS = (  # each says in words what is wrong, one row a problem
    f"""
    SELECT address || ' has posted ' || coalesce(a.posted::text, 'no account') || ', its postings say '
      || coalesce(s.posted, 0)
    FROM ledger_accounts a FULL JOIN (SELECT address, sum(amount) AS posted FROM {_LEGS} GROUP BY address) AS s
      USING (address)
    WHERE a.posted IS DISTINCT FROM coalesce(s.posted, 0)
    """,  # noqa: S608  our own words
    f"""
    SELECT address || ' has held ' || coalesce(a.held::text, 'no account') || ', its open holds say '
      || coalesce(s.held, 0)
    FROM ledger_accounts a FULL JOIN (
      SELECT p.source AS address, sum(p.amount) AS held FROM ledger_postings p
      WHERE p.transfer_seq IN (SELECT t.seq FROM {_OPEN}) GROUP BY p.source
    ) AS s USING (address)
    WHERE a.held IS DISTINCT FROM coalesce(s.held, 0)
    """,  # noqa: S608  as above
    f"""
    SELECT 'transfer ' || seq || ' says ' || coalesce(after::text, 'nothing') || ' is left on ' || address
      || ', its postings say ' || total
    FROM (SELECT *, sum(amount) OVER (PARTITION BY address ORDER BY seq, line) AS total FROM {_LEGS}) AS x
    WHERE after IS DISTINCT FROM total
    """,  # noqa: S608  as above
    f"""
    SELECT 'transfer ' || l.seq || ' moves ' || l.asset || ' on ' || address || ', which holds ' || a.asset
    FROM {_LEGS} JOIN ledger_accounts a USING (address) WHERE a.asset <> l.asset
    """,  # noqa: S608  as above
    """
    SELECT 'transfer ' || t.seq || ', ' || t.kind || ', has ' || count(p.line) || ' lines'
    FROM ledger_transfers t LEFT JOIN ledger_postings p ON p.transfer_seq = t.seq GROUP BY t.seq, t.kind
    HAVING (t.kind IN ('void', 'expire')) IS DISTINCT FROM (count(p.line) = 0)
    """,
    """
    SELECT 'a posting belongs to transfer ' || p.transfer_seq || ', which is missing' FROM ledger_postings p
    WHERE NOT EXISTS (SELECT FROM ledger_transfers t WHERE t.seq = p.transfer_seq)
    """,
    """
    SELECT address || ' may be negative, which its address does not allow' FROM ledger_accounts
    WHERE may_be_negative AND address !~ '^(outside[:]|person[:].+[:]owed(_points)?$)'
    """,
    """
    SELECT 'transfer ' || t.seq || ' was settled or reversed ' || count(*) || ' times'
    FROM ledger_transfers t JOIN ledger_transfers s ON s.of = t.id
    GROUP BY t.seq, s.kind = 'reverse' HAVING count(*) > 1
    """,
    """
    SELECT 'key ' || key || ' was used ' || count(*) || ' times' FROM ledger_transfers
    GROUP BY key HAVING count(*) > 1
    """,
    """
    SELECT 'transfer ' || s.seq || ' is a ' || s.kind || ' of ' || coalesce(t.kind, 'nothing')
    FROM ledger_transfers s
      LEFT JOIN ledger_transfers t ON t.id = s.of AND t.seq < s.seq AND t.tenant_id = s.tenant_id
    WHERE (s.kind IN ('post', 'void', 'expire') AND t.kind IS DISTINCT FROM 'pending')
      OR (s.kind = 'reverse' AND (t.kind IS NULL OR t.kind NOT IN ('posted', 'post')))
      OR (s.kind IN ('posted', 'pending') AND s.of IS NOT NULL)
    """,
    """
    SELECT 'transfer ' || s.seq || ', ' || s.kind || ', settles a hold on the wrong side of its time'
    FROM ledger_transfers s JOIN ledger_transfers t ON t.id = s.of AND t.kind = 'pending'
    WHERE (s.kind IN ('post', 'void') AND t.expires_at <= s.at)
      OR (s.kind = 'expire' AND (t.expires_at IS NULL OR t.expires_at > s.at))
    """,
    """
    SELECT 'transfer ' || s.seq || ' takes more than its hold has'
    FROM ledger_transfers s JOIN ledger_transfers t ON t.id = s.of
      JOIN ledger_postings p ON p.transfer_seq = s.seq
      LEFT JOIN ledger_postings h ON h.transfer_seq = t.seq
        AND (h.source, h.destination, h.asset) = (p.source, p.destination, p.asset)
    WHERE s.kind = 'post' AND p.amount > coalesce(h.amount, 0)
    """,
    """
    SELECT 'transfer ' || s.seq || ' does not give back what it reverses'
    FROM ledger_transfers s JOIN ledger_transfers t ON t.id = s.of
    WHERE s.kind = 'reverse' AND EXISTS (
      SELECT FROM (SELECT * FROM ledger_postings WHERE transfer_seq = s.seq) AS r
        FULL JOIN (SELECT * FROM ledger_postings WHERE transfer_seq = t.seq) AS o
          ON (r.source, r.destination, r.asset) = (o.destination, o.source, o.asset)
      WHERE r.amount IS DISTINCT FROM o.amount)
    """,
    f"""
    SELECT 'hold ' || coalesce(h.transfer_id, o.id) || ' is ' || CASE WHEN h.transfer_id IS NULL THEN 'open'
      ELSE 'settled' END || ', the list of open holds says otherwise'
    FROM ledger_holds h FULL JOIN (SELECT t.id, t.expires_at FROM {_OPEN}) AS o ON o.id = h.transfer_id
    WHERE h.transfer_id IS NULL OR o.id IS NULL OR o.expires_at IS DISTINCT FROM h.expires_at
    """,  # noqa: S608  as above
)
_NEGATIVE = "SELECT count(*) FROM ledger_accounts WHERE posted - held < 0 AND NOT may_be_negative"
_SUMS = "SELECT asset, sum(posted)::bigint FROM ledger_accounts GROUP BY asset"


def transfers(session: Session) -> Iterator[tuple[Transfer, str]]:
    """Return every transfer with its details as they were written, in the chain's order."""
    seq: int | None = -(2**62)  # also what somebody put before the first
    while seq is not None:
        rows = session.execute(text(_WALK), {"seq": seq, "limit": _BATCH}).all()
        seq = rows[-1].seq if len(rows) == _BATCH else None
        for row in rows:
            yield transfer(row), row.details


def faults(session: Session) -> list[str]:
    """Return what does not hold between accounts, transfers, postings and holds, in words; some of each kind."""
    found: list[str] = []
    for asked in _FAULTS:
        words = list(session.scalars(text(f"{asked} LIMIT {_MOST + 1}")))
        found += words[:_MOST] + ["and more of the kind"] * (len(words) > _MOST)
    return found


def sums(session: Session) -> dict[str, int]:
    """Return what all accounts of each asset add up to."""
    return {asset.value: 0 for asset in Asset} | {row[0]: row[1] for row in session.execute(text(_SUMS))}


def counted(session: Session) -> tuple[int, int]:
    """Return how many accounts there are, and how many have less than nothing and may not."""
    accounts = session.scalar(text("SELECT count(*) FROM ledger_accounts")) or 0
    return accounts, session.scalar(text(_NEGATIVE)) or 0
