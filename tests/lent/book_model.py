"""The book once more, as simply as it can be said: what the real one must agree with after every step."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from book import ALL

from pipewarden.ledger.facts import ClosedError, FundsError, KeyReusedError, Kind, OrderError, Posting

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.ledger.facts import LedgerError, Order, Transfer

ASSETS = dict(ALL)
SETTLE = {Kind.POST, Kind.VOID, Kind.EXPIRE}


@dataclass(slots=True)
class Entry:
    """One order that was taken."""

    order: Order
    lines: tuple[Posting, ...]
    settled: Kind | None = None
    reversed: bool = False
    transfer: Transfer | None = None

    def state(self, now: datetime) -> str:
        """What became of a hold."""
        if self.settled is not None:
            return {Kind.POST: "posted", Kind.VOID: "void", Kind.EXPIRE: "expired"}[self.settled]
        at = self.order.expires_at
        return "expired" if at is not None and at <= now else "pending"


@dataclass(slots=True)
class Model:
    """Balances, holds and keys in memory."""

    posted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASSETS, 0))
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASSETS, 0))
    keys: dict[str, Entry] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def of(self, transfer_id: UUID | None) -> Entry | None:
        found = [one for one in self.entries if one.transfer is not None and one.transfer.id == transfer_id]
        return found[0] if found else None

    def do(self, order: Order, now: datetime) -> Entry | type[LedgerError]:
        """Do what the book should do, and return the entry, or which refusal."""
        if any(not 0 < one.amount <= 10**15 or one.source == one.destination for one in order.postings):
            return OrderError
        if order.key in self.keys:
            known = self.keys[order.key]
            return known if known.order == order else KeyReusedError
        if order.kind in SETTLE:
            return self._settle(order, now)
        if order.kind is Kind.REVERSE:
            return self._reverse(order)
        return self._taken(order, order.postings)

    def _settle(self, order: Order, now: datetime) -> Entry | type[LedgerError]:
        entry = self.of(order.of)
        if entry is None or entry.order.kind is not Kind.PENDING:
            return OrderError
        expires_at = entry.order.expires_at
        over = expires_at is not None and expires_at <= now
        if entry.settled is not None or (over and order.kind is not Kind.EXPIRE):
            return ClosedError
        if order.kind is Kind.EXPIRE and not over:
            return OrderError
        lines = (order.postings or entry.lines) if order.kind is Kind.POST else ()
        for line in lines:
            mine = [one.amount for one in entry.lines if same(one, line)]
            if not mine or line.amount > mine[0]:
                return OrderError
        for line in entry.lines:
            self.held[line.source] -= line.amount
        made = self._taken(order, lines)
        assert isinstance(made, Entry), "what is held can always be posted"
        entry.settled = order.kind
        return made

    def _reverse(self, order: Order) -> Entry | type[LedgerError]:
        entry = self.of(order.of)
        if entry is None or entry.order.kind not in {Kind.POSTED, Kind.POST}:
            return OrderError
        if entry.reversed:
            return ClosedError
        back = tuple(Posting(one.destination, one.source, one.asset, one.amount) for one in entry.lines[::-1])
        made = self._taken(order, back)
        if isinstance(made, Entry):
            entry.reversed = True
        return made

    def _taken(self, order: Order, lines: tuple[Posting, ...]) -> Entry | type[LedgerError]:
        if any({ASSETS.get(one.source), ASSETS.get(one.destination)} != {one.asset} for one in lines):
            return OrderError
        posted, held = dict(self.posted), dict(self.held)
        for line in lines:
            free = line.source.startswith("outside:") or line.source.endswith(":owed")
            if not free and posted[line.source] - held[line.source] < line.amount:
                return FundsError
            if order.kind is Kind.PENDING:
                held[line.source] += line.amount
            else:
                posted[line.source] -= line.amount
                posted[line.destination] += line.amount
        self.posted, self.held = posted, held
        entry = Entry(order, lines)
        self.keys[order.key] = entry
        self.entries.append(entry)
        return entry


def same(one: Posting, other: Posting) -> bool:
    return (one.source, one.destination, one.asset) == (other.source, other.destination, other.asset)


def hashed(one: Transfer) -> bytes:
    """The hash of a transfer, written down once more; a book out there must still hold in ten years."""
    details = json.dumps(dict(one.details), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    utc = [None if at is None else at.isoformat(timespec="microseconds") for at in (one.at, one.expires_at)]
    lines = [[line.source, line.destination, line.asset.value, line.amount] for line in one.postings]
    head = [one.seq, str(one.id), str(one.tenant_id), one.key, one.kind.value, one.what, lines]
    tail = [None if one.of is None else str(one.of), details, *utc, one.inputs.hex(), one.previous.hex()]
    text = json.dumps(head + tail, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
