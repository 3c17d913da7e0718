"""Values of the book. Amounts are whole numbers of the smallest unit: 0.0001 元, or one point; never a float."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class Asset(StrEnum):
    """What an account holds; one account holds one of them."""

    CNY = "CNY"
    PTS = "PTS"


SCALE = {Asset.CNY: 10_000, Asset.PTS: 1}  # units of one 元, of one point
MOST = 10**15  # units of one line: a hundred billion 元, so that no sum of a real book comes near 64 bits


def decimal(units: int, asset: Asset) -> str:
    """Return an amount as people read it, exactly: ``0.1300`` of CNY, ``12`` of points."""
    if SCALE[asset] == 1:
        return str(units)
    whole, rest = divmod(abs(units), SCALE[asset])
    return f"{'-' if units < 0 else ''}{whole}.{rest:04d}"


class Kind(StrEnum):
    """What a transfer does (TigerBeetle's verbs, and a reversal instead of an edit)."""

    POSTED = "posted"
    PENDING = "pending"
    POST = "post"
    VOID = "void"
    EXPIRE = "expire"
    REVERSE = "reverse"


class HoldState(StrEnum):
    """What became of a hold; one past its time is expired, whether or not the sweep has come by."""

    PENDING = "pending"
    POSTED = "posted"
    VOID = "void"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line: ``amount`` units of an asset leave one account for another."""

    source: str
    destination: str
    asset: Asset
    amount: int


@dataclass(frozen=True, slots=True)
class Order:
    """What the book is asked to do.

    Attributes:
        key: names it for ever; the same key with the same content is answered with the first transfer.
        what: a word for lists, like ``reward.clue``.
        postings: in order, each covered when its turn comes. Of a POST: none for the whole hold, or its lines with
            smaller amounts, what is left out or left over is released. Of VOID, EXPIRE and REVERSE: none.
        of: the hold to settle, or the transfer to reverse.
        details: ids and words for the statement; no personal data beyond ids.
        expires_at: of a PENDING, from when on it cannot be posted any more; part of the content, so derive it from the
            fact's time and not from the clock, or a retry is another order.
    """

    key: str
    kind: Kind
    what: str
    postings: tuple[Posting, ...] = ()
    of: UUID | None = None
    details: Mapping[str, str | int] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One entry of the book, chained to the one before it.

    Attributes:
        seq: its place in the chain, from 1 on without a gap.
        tenant_id: whose act booked it.
        postings: what it moved, or holds; of a POST what was really taken.
        inputs: SHA-256 of the order's content, by which a retry is told from another order.
        hash: SHA-256 over everything else of it, ``previous`` too.
    """

    id: UUID
    seq: int
    tenant_id: UUID
    key: str
    kind: Kind
    what: str
    postings: tuple[Posting, ...]
    of: UUID | None
    details: Mapping[str, str | int]
    at: datetime
    expires_at: datetime | None
    inputs: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Where the chain ends: kept outside, it shows later that nothing before it was written anew."""

    seq: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, and how much of it pending transfers hold."""

    address: str
    asset: Asset
    posted: int
    held: int

    @property
    def available(self) -> int:
        """Return what may still be spent."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: positive came in, negative went out."""

    transfer: Transfer
    asset: Asset
    amount: int
    balance_after: int
    cursor: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of an account's history: opening + its lines = closing, always.

    Attributes:
        opening: before the first of ``lines``.
        closing: after the last of ``lines``.
        until_closing: at the end of the whole span, of which ``lines`` may be a page.
        next: what to go on after; None when this is the last page.
    """

    address: str
    asset: Asset
    opening: int
    lines: tuple[Line, ...]
    closing: int
    until_closing: int
    next: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What walking the whole book came to; ``problems`` in words, empty when it holds."""

    accounts: int
    transfers: int
    sum_by_asset: Mapping[str, int]
    negative: int
    chain_ok: bool
    problems: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Say whether nothing is wrong."""
        return self.chain_ok and not self.negative and not self.problems and not any(self.sum_by_asset.values())
