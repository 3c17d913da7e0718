"""Reads what orders need of the book under the chain's lock, and writes what they came to in one statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pipewarden.ledger.facts import Asset, End, Kind, Posting, Transfer
from pipewarden.ledger.rules.book import Account, Book, Target
from pipewarden.ledger.rules.chain import FIRST
from pipewarden.ledger.rules.orders import quoted
from pipewarden.ledger.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from pipewarden.ledger.facts import Order

LOCK = "SELECT seq, hash, at FROM ledger_chain WHERE id = 1 FOR UPDATE"
_FIRST = "INSERT INTO ledger_chain (id, seq, hash, at) VALUES (1, %(seq)s, %(hash)s, %(at)s) ON CONFLICT DO NOTHING"
COLUMNS = (
    "t.id, t.seq, t.tenant_id, t.key, t.kind, t.what, t.of, t.details, t.at, t.expires_at, t.inputs, t.previous, t.hash"
)
LINES = (
    "(SELECT json_agg(json_build_array(p.source, p.destination, p.asset, p.amount) ORDER BY p.line) "
    "FROM ledger_postings p WHERE p.transfer_seq = t.seq)"
)
_NAMED = (
    f"SELECT {COLUMNS}, {LINES} AS lines, "  # noqa: S608  our own words
    "(SELECT s.kind FROM ledger_transfers s WHERE s.of = t.id AND s.kind IN ('post', 'void', 'expire')) AS settled, "
    "EXISTS (SELECT FROM ledger_transfers r WHERE r.of = t.id AND r.kind = 'reverse') AS reversed "
    "FROM ledger_transfers t WHERE t.seq IN (SELECT k.seq FROM ledger_transfers k WHERE k.key = ANY(%(keys)s) "
    "UNION ALL SELECT i.seq FROM ledger_transfers i WHERE i.id = ANY(%(ids)s))"
)
_ACCOUNTS = (
    "SELECT address, asset, may_be_negative, posted, held FROM ledger_accounts WHERE address = ANY(%(addresses)s)"
)
# The chain moves only from where the batch was decided; when it does not, nothing is written and nothing is returned.
_MOVED = """moved AS (
  UPDATE ledger_chain SET seq = %(seq)s, hash = decode(%(hash)s, 'hex'), at = %(at)s
  WHERE id = 1 AND seq = %(was)s RETURNING 1 AS one
)"""
_TRANSFERS = """transfers AS (
  INSERT INTO ledger_transfers
    (seq, id, tenant_id, key, kind, what, of, details, at, expires_at, inputs, previous, hash)
  SELECT t.seq, t.id, t.tenant_id, t.key, t.kind, t.what, t.of, t.details, %(at)s, t.expires_at,
    decode(t.inputs, 'hex'), decode(t.previous, 'hex'), decode(t.hash, 'hex')
  FROM moved, json_to_recordset(%(transfers)s::json) AS t(seq bigint, id uuid, tenant_id uuid, key text, kind text,
    what text, of uuid, details text, expires_at timestamptz, inputs text, previous text, hash text)
)"""
_POSTINGS = """postings AS (
  INSERT INTO ledger_postings
    (transfer_seq, line, tenant_id, source, destination, asset, amount, source_after, destination_after)
  SELECT p.* FROM moved, json_to_recordset(%(postings)s::json) AS p(transfer_seq bigint, line smallint, tenant_id uuid,
    source text, destination text, asset text, amount bigint, source_after bigint, destination_after bigint)
)"""
_HOLDS = """opened AS (
  INSERT INTO ledger_holds (transfer_id, tenant_id, expires_at)
  SELECT h.* FROM moved, json_to_recordset(%(holds)s::json)
    AS h(transfer_id uuid, tenant_id uuid, expires_at timestamptz)
)"""
_CLOSED = """closed AS (
  DELETE FROM ledger_holds USING moved WHERE transfer_id = ANY(%(closed)s::uuid[])
)"""
# the accounts are named twice, or the planner, who takes the JSON for a hundred rows, reads the whole table
_BALANCES = """balances AS (
  UPDATE ledger_accounts a SET posted = a.posted + b.posted, held = a.held + b.held
  FROM moved, json_to_recordset(%(balances)s::json) AS b(address text, posted bigint, held bigint)
  WHERE a.address = b.address AND a.address = ANY(%(touched)s::text[]) RETURNING 1
)"""
_ALWAYS = {"transfers": _TRANSFERS, "balances": _BALANCES}
_PARTS = {"postings": _POSTINGS, "holds": _HOLDS, "closed": _CLOSED}


@cache
def _append(names: tuple[str, ...]) -> str:
    """Return the statement that writes what there is of a batch; each part costs some 20 us, be it empty or not."""
    parts = [_MOVED, *_ALWAYS.values(), *(_PARTS[one] for one in names)]
    return f"WITH {', '.join(parts)} SELECT (SELECT count(*) FROM balances) FROM moved"  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class Asked:
    """What some orders name: keys, transfers, addresses."""

    keys: list[str]
    ids: list[UUID]
    addresses: set[str]


def asked(orders: Iterable[Order]) -> Asked:
    """Return what orders name."""
    found = Asked([], [], set())
    for one in orders:
        found.keys.append(one.key)
        if one.of is not None:
            found.ids.append(one.of)
        for line in one.postings:
            found.addresses.add(line.source)
            found.addresses.add(line.destination)
    return found


def lock(connection: Connection) -> End:
    """Return the chain's end; nobody else books until the transaction ends."""
    row = connection.exec_driver_sql(LOCK).first()
    if row is None:  # the very first time
        connection.exec_driver_sql(_FIRST, {"seq": FIRST.seq, "hash": FIRST.hash, "at": FIRST.at})
        row = connection.exec_driver_sql(LOCK).one()
    return End(*row)


def open_book(connection: Connection, orders: Sequence[Order], now: datetime) -> Book:
    """Lock the chain and read what ``orders`` may touch."""
    book = Book(lock(connection), now, {})
    complete(connection, book, orders, keys=True)
    return book


def complete(connection: Connection, book: Book, orders: Sequence[Order], *, keys: bool = False) -> None:
    """Read what ``orders`` may touch and the book has not; the transfers of their keys only when asked to."""
    targets, found = missing(connection, book, orders, keys=keys)
    book.learn(targets, found)


def missing(
    connection: Connection, book: Book, orders: Sequence[Order], *, keys: bool = False
) -> tuple[list[Target], dict[str, Account]]:
    """Return what ``complete`` would add to the book."""
    wanted = asked(orders)
    addresses = wanted.addresses
    targets = named(connection, wanted.keys if keys else [], wanted.ids)
    for target in targets:
        for line in target.transfer.postings:
            addresses.update((line.source, line.destination))
    return targets, accounts(connection, [one for one in addresses if one not in book.accounts])


def named(connection: Connection, keys: Collection[str], ids: Collection[UUID]) -> list[Target]:
    """Return the transfers with one of these keys or ids, and what was done with them."""
    if not keys and not ids:
        return []
    rows = connection.exec_driver_sql(_NAMED, {"keys": list(keys), "ids": list(ids)})
    return [
        Target(transfer(row), None if row.settled is None else Kind(row.settled), reversed=row.reversed) for row in rows
    ]


def transfer(row: Any) -> Transfer:
    """Return the transfer of a row of ``COLUMNS`` and ``lines``."""
    return Transfer(
        id=row.id,
        seq=row.seq,
        tenant_id=row.tenant_id,
        key=row.key,
        kind=Kind(row.kind),
        what=row.what,
        postings=tuple(Posting(one[0], one[1], Asset(one[2]), one[3]) for one in row.lines or ()),
        of=row.of,
        details=json.loads(row.details),
        at=row.at,
        expires_at=row.expires_at,
        inputs=bytes(row.inputs),
        previous=bytes(row.previous),
        hash=bytes(row.hash),
    )


def accounts(connection: Connection, addresses: Collection[str]) -> dict[str, Account]:
    """Return the accounts that are open of those named."""
    if not addresses:
        return {}
    rows = connection.exec_driver_sql(_ACCOUNTS, {"addresses": list(addresses)})
    return {row[0]: Account(row[0], Asset(row[1]), row[2], row[3], row[4]) for row in rows}


def append(connection: Connection, book: Book) -> None:
    """Write what was booked, under the chain's lock.

    Raises:
        RuntimeError: the chain or an account is not as it was read under the lock: a mistake in the program.
    """
    if book.booked and not append_if(connection, *written(book)):
        raise RuntimeError(f"the chain moved on from transfer {book.was.seq} under its lock: nothing was written")


def append_if(connection: Connection, parameters: dict[str, object], balances: int) -> bool:
    """Write what was booked if the chain still ends where the batch began, and say so; else nothing was written.

    Where:
        parameters: as ``written`` made them, and how many balances change.

    Raises:
        RuntimeError: not every balance was there to change: a mistake in the program.
    """
    found = connection.exec_driver_sql(statement(parameters), parameters).scalar()
    return found is not None and all_written(found, balances)


def statement(parameters: dict[str, object]) -> str:
    """Return the statement that writes these parameters; it returns a row with a count, or none."""
    return _append(tuple(name for name in _PARTS if name in parameters))


def all_written(found: int, balances: int) -> bool:
    """Return True.

    Raises:
        RuntimeError: not every balance was there to change: a mistake in the program.
    """
    if found != balances:
        raise RuntimeError(f"{found} of {balances} balances were written")
    return True


def _array(words: Iterable[object]) -> str:
    """Return addresses or ids as PostgreSQL writes an array; neither has anything in it that needs more than quotes.

    The driver would look at each of them, for a third of the time of the whole statement.
    """
    return "{" + ",".join(f'"{one}"' for one in words) + "}"


def written(book: Book, rows: Rows | None = None) -> tuple[dict[str, object], int]:
    """Return the parameters of what is written of a batch, and how many balances change.

    Where:
        rows: those of what was booked so far, when somebody added them as it was.
    """
    rows = Rows() if rows is None else rows
    rows.follow(book.booked)
    changed = book.changed()
    balances = [
        f'{{"address":{quoted(one.address)},"posted":{one.posted - one.was[0]},"held":{one.held - one.was[1]}}}'
        for one in changed
    ]
    end = book.end
    parts = {"postings": rows.postings, "holds": rows.holds}
    return {
        "was": book.was.seq,
        "seq": end.seq,
        "hash": end.hash.hex(),
        "at": end.at.isoformat(),
        "transfers": f"[{','.join(rows.transfers)}]",
        "balances": f"[{','.join(balances)}]",
        "touched": _array(one.address for one in changed),
        **{name: f"[{','.join(found)}]" for name, found in parts.items() if found},
        **({"closed": _array(rows.closed)} if rows.closed else {}),
    }, len(balances)
