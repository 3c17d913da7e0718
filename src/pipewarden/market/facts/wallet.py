"""A person's wallet: what is in it, what came and went, the rate at which points become cash, what tax was withheld."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.ledger.facts import Asset
    from pipewarden.market.facts.payouts import Payee

UNITS_PER_YUAN = 10_000


class Side(StrEnum):
    """The two lists of the deck's wallet screen."""

    EARNED = "earned"  # 创值记录
    EXCHANGED = "exchanged"  # 兑换记录


@dataclass(frozen=True, slots=True)
class Rate:
    """At which points become cash.

    Attributes:
        per_yuan: points for one 元; it divides 10,000.
        least, day_most: points of one exchange, and of one person's day.
        since, until: from when to when it holds; None for until a next one is published.
    """

    version: str
    source: str
    per_yuan: int
    least: int
    day_most: int
    since: datetime
    until: datetime | None


class Method(StrEnum):
    """How income tax is withheld; see policy/tax."""

    MONTHLY = "monthly"
    CUMULATIVE = "cumulative"


@dataclass(frozen=True, slots=True)
class Band:
    """Up to ``most`` units of taxable income (None: without end): ``percent`` of it less ``quick`` units."""

    most: int | None
    percent: int
    quick: int


@dataclass(frozen=True, slots=True)
class TaxRule:
    """What is withheld of labour income; amounts in units of 0.0001 元.

    Attributes:
        unverified: no tax adviser has read it.
        small, small_less: up to ``small`` a month, ``small_less`` is free of tax; above, ``less_percent`` is.
        month_less: free for each month of the year, by the cumulative method.
    """

    version: str
    source: str
    unverified: bool
    kind: str
    method: Method
    zone: str
    small: int
    small_less: int
    less_percent: int
    bands: tuple[Band, ...]
    cumulative_less_percent: int
    month_less: int
    year_bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Earned:
    """What a person was paid and had withheld before, in the tax month and year of a payment; units of 0.0001 元.

    Attributes:
        months: in a row with a payment in this year, the present one included.
    """

    month: int = 0
    month_withheld: int = 0
    year: int = 0
    year_withheld: int = 0
    months: int = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """Points that became cash.

    Attributes:
        key: the asker's idempotency key; one exchange for each of a person's keys, for ever.
        units: cash, in 0.0001 元.
        rate: version of the rate.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    key: str
    points: int
    units: int
    rate: str
    transfer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of one of the two lists.

    Attributes:
        title, subtitle: in Chinese and English.
        asset: CNY or PTS.
        amount: signed, in the asset's units.
        of: bill, exchange or transfer.
    """

    of: UUID
    title: tuple[str, str]
    subtitle: tuple[str, str]
    asset: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be withdrawn; amounts in 分, what is left of today included."""

    least_fen: int
    most_fen: int
    day_fen: int
    day_left_fen: int
    day_count: int
    day_left: int
    points_least: int
    points_left: int


class OffWhy(StrEnum):
    """Why nothing is paid out."""

    NO_PROVIDER = "no_provider"  # the house has no contract
    SWITCHED = "switched"


@dataclass(frozen=True, slots=True)
class PayoutsOff:
    """Nothing is paid out; ``reason`` is what whoever switched it off wrote, empty where nobody did."""

    why: OffWhy
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a person has; cash in 0.0001 元.

    Attributes:
        cash, points: that can be used now.
        held, held_points: on the way out.
        promised: earned and not paid yet, on hold in operators' budgets, of every tenant; no part of the others.
        earned: cash that ever came in, less what was taken back; 累计创值.
        exchanged: cash that ever went out; 累计兑换.
        off: why nothing can be withdrawn now; None while it can.
    """

    cash: int
    points: int
    held: int
    held_points: int
    promised: Mapping[Asset, int]
    earned: int
    exchanged: int
    rate: Rate | None
    payee: Payee | None
    limits: Limits
    off: PayoutsOff | None
    tax: TaxRule


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line of a monthly statement; ``amount`` signed, ``after`` the balance after it, in the asset's units."""

    at: datetime
    what: str
    zh: str
    en: str
    amount: int
    after: int
    transfer: UUID


@dataclass(frozen=True, slots=True)
class Stated:
    """One asset in one month: opening and lines add up to closing."""

    asset: str
    opening: int
    lines: tuple[StatedLine, ...]
    closing: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's month.

    Attributes:
        month: ``yyyy-mm`` of ``zone``.
        since, until: the moments it lies between.
        final: the month is over.
        paid, withheld: gross of the bills that were paid in it, and what was withheld of them; units of 0.0001 元.
    """

    person_id: UUID
    month: str
    zone: str
    since: datetime
    until: datetime
    final: bool
    assets: tuple[Stated, ...]
    paid: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Where our bills and the provider's statement do not agree; nothing is corrected by it.

    Attributes:
        kind: ``ours_only``, ``theirs_only``, ``amount_differs``, ``state_differs``.
        number: of the bill.
        ours_fen, theirs_fen: what went out by either; None where there is none.
        state: ours; empty where we have no such bill.
        line: of the file; 0 where it has none.
    """

    kind: str
    number: str
    ours_fen: int | None
    theirs_fen: int | None
    state: str
    line: int

    def as_json(self) -> Mapping[str, object]:
        """Return it for the record."""
        return {
            "kind": self.kind,
            "number": self.number,
            "ours_fen": self.ours_fen,
            "theirs_fen": self.theirs_fen,
            "state": self.state,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison with a provider's statement.

    Attributes:
        sha256: of the file as it came.
        since, until: the days it covers.
        rows: lines of the file about payouts; ``other`` about anything else.
        matched: bills that agree.
        elsewhere: lines about bills of other tenants: counted, never shown.
    """

    id: UUID
    tenant_id: UUID
    name: str
    sha256: bytes
    since: datetime
    until: datetime
    rows: int
    other: int
    matched: int
    elsewhere: int
    differences: tuple[Difference, ...]
    by: UUID
    at: datetime
