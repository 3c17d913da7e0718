"""Payouts: one bill for one withdrawal, what became of it, and what a provider says of it.

Money is reserved when a bill is made and moves only when the provider says a final state (safety.md T9): what is not
known stays reserved. Amounts that leave the house are whole 分 (fen, 0.01 元); the book's unit is 0.0001 元.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

PAYOUT_CHANGED = "market.payout_changed"  # fact_id = BillEvent.id, partition = tenant; told to whom it concerns
PAYEE_CHANGED = "market.payee_changed"  # fact_id = Payee.id, partition = tenant; told to whose money it is
UNITS_PER_FEN = 100
FEN_PER_YUAN = 100


class Provided(StrEnum):
    """A bill's state as WeChat's 商家转账 names it (pay.weixin.qq.com, doc/v3/merchant/4012716437)."""

    ACCEPTED = "ACCEPTED"
    PROCESSING = "PROCESSING"
    WAIT_USER_CONFIRM = "WAIT_USER_CONFIRM"
    TRANSFERING = "TRANSFERING"  # so spelt there
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELING = "CANCELING"
    CANCELLED = "CANCELLED"


FINAL = frozenset({Provided.SUCCESS, Provided.FAIL, Provided.CANCELLED})


class BillState(StrEnum):
    """Where a bill stands with us."""

    RESERVED = "reserved"  # on hold, never sent
    SENT = "sent"  # sent; what became of it is not known yet
    TO_CONFIRM = "to_confirm"  # the person must confirm on their phone
    CANCELLING = "cancelling"
    UNKNOWN = "unknown"  # a person must look; the money stays on hold
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({BillState.PAID, BillState.FAILED, BillState.CANCELLED})
RELEASED = frozenset({BillState.FAILED, BillState.CANCELLED})


class Step(StrEnum):
    """What is asked of the provider next."""

    CREATE = "create"
    QUERY = "query"
    CANCEL = "cancel"
    RELEASE = "release"  # asks nobody: it was never sent


class Did(StrEnum):
    """What happened to a bill: the kinds of its events."""

    RESERVED = "reserved"
    ASKED = "asked"  # a step is about to be asked; written and committed before it is
    HEARD = "heard"
    UNCLEAR = "unclear"  # no answer, or one that cannot be believed
    MISSING = "missing"  # the provider knows no such bill
    CANCEL_WANTED = "cancel_wanted"
    GAVE_UP = "gave_up"
    ODD = "odd"  # the provider contradicts the bill or itself
    RETRIED = "retried"
    DECIDED = "decided"  # by a person, from the provider's statement


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says of a bill.

    Attributes:
        number: of which bill, in our numbering.
        provider_no: the provider's own number of it; empty where it said none.
        amount_fen: None where the answer holds no amount: nothing is settled by such a one.
        openid_sha256: of whom it pays; empty where it said none.
        package: opens the page on which the person confirms; empty where there is none.
        reason: why it failed, in the provider's code.
    """

    number: str
    state: Provided
    provider_no: str = ""
    amount_fen: int | None = None
    openid_sha256: bytes = b""
    package: str = field(default="", repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a provider must know to make a bill; the same at each try.

    Attributes:
        number: ``out_bill_no``: unique for ever, digits and letters, at most 32.
        name: the person's real name; empty where none may or must be given.
    """

    number: str
    openid: str = field(repr=False)
    name: str = field(repr=False)
    amount_fen: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """The tax side of a bill.

    Attributes:
        kind: of income, as the tax law names it.
        month: ``yyyy-mm`` in which it is paid.
        units: withheld, in 0.0001 元; whole 分.
        policy: version of the rule.
        id_number: whether the person's identity number is on file; the declaration asks for it.
    """

    kind: str
    month: str
    units: int
    policy: str
    id_number: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """One withdrawal.

    Attributes:
        number: the provider's ``out_bill_no``; the same at each try, for ever.
        key: the asker's idempotency key; one bill for each of a person's keys, for ever.
        gross: units of 0.0001 元 that leave the wallet: ``fen`` and what is withheld.
        fen: what the person gets.
        hold_id: the ledger's transfer that reserves it.
        provider_no: the provider's number, once it said one.
        step: the last that was asked.
        missing: the last query said that there is no such bill.
        odd: why no answer is believed any more until a person has looked; empty else.
        problem: why the last step brought nothing.
        next_at: when it is looked at again; None for never.
        confirm_until: until when the person can confirm.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    payee_id: UUID
    number: str
    key: str
    gross: int
    fen: int
    tax: Withheld
    hold_id: UUID
    openid_sha256: bytes
    state: BillState
    made_at: datetime
    provider_no: str = ""
    step: Step | None = None
    asked_at: datetime | None = None
    missing: bool = False
    odd: str = ""
    problem: str = ""
    tries: int = 0
    next_at: datetime | None = None
    package: str = field(default="", repr=False)
    confirm_until: datetime | None = None
    cancel_at: datetime | None = None
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BillEvent:
    """One thing that happened to a bill, and the state it left it in; never changed."""

    id: UUID
    tenant_id: UUID
    bill_id: UUID
    did: Did
    state: BillState
    details: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class PayoutPolicy:
    """What a withdrawal may be, and how patient the house is; times in the units their names end with.

    Attributes:
        least_fen, most_fen: of one bill.
        day_count, day_fen: of one person in one day of ``zone``.
        name_from_fen: from here on the real name must be given.
        no_name_below_fen: below, it must not.
        confirm_h: that a person has to confirm.
        payee_wait_h: before money goes to a payee that was just named.
        again_s: pauses between tries, the last one for ever.
        create_again_h: after the first try; later no try makes a bill that the provider does not know.
        unknown_after_h: without a clear word; then a person must look.
        query_days: after which the provider tells nothing of a bill any more.
    """

    version: str
    source: str
    zone: str
    least_fen: int
    most_fen: int
    day_count: int
    day_fen: int
    name_from_fen: int
    no_name_below_fen: int
    confirm_h: float
    payee_wait_h: float
    again_s: tuple[int, ...]
    confirm_look_s: int
    create_again_h: float
    unknown_after_h: float
    query_days: int


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a person's money goes; the newest one holds.

    Attributes:
        sealed: openid and real name, sealed with the house's vault.
        masked: how it is shown: nobody learns an account from a page.
        usable_at: from when money goes there: a stolen session cannot empty a wallet overnight.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    sealed: bytes = field(repr=False)
    openid_sha256: bytes = field(repr=False)
    masked: str = ""
    masked_name: str = ""
    id_number: bool = False
    at: datetime | None = None
    usable_at: datetime | None = None


def fen_text(fen: int) -> str:
    """Return 分 as a decimal of 元 with two places."""
    sign, left = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{left // 100}.{left % 100:02d}"
