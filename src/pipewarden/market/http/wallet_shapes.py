"""What a wallet's routes say: amounts as decimals and as units, never as floats; payees masked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.payouts import UNITS_PER_FEN, BillState, fen_text
from pipewarden.market.facts.wallet import Method, OffWhy
from pipewarden.market.rules.statements import shown, signed
from pipewarden.market.rules.wallet import yuan
from pipewarden.market.service.wallet import state_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.market.facts.payouts import Bill, BillEvent, Payee
    from pipewarden.market.facts.wallet import Entry, Exchange, Rate, Statement, Wallet


class WordsOut(BaseModel):
    """The same in two languages."""

    zh: str
    en: str


class MoneyOut(BaseModel):
    """An amount of cash."""

    amount: Annotated[str, Field(description="元 with four decimals.", examples=["12.3400"])]
    units: Annotated[int, Field(description="The same in 0.0001 元.")]


class HeldOut(BaseModel):
    """Cash and points that are not free, or not yours yet."""

    cash: MoneyOut
    points: int


class RateOut(BaseModel):
    """At which points become cash."""

    version: str
    per_yuan: Annotated[int, Field(description="Points for one 元.")]
    least: int
    day_most: int
    since: datetime
    until: Annotated[datetime | None, Field(description="null until a next rate is published.")]


class PayeeOut(BaseModel):
    """Where your money goes, masked."""

    id: UUID
    openid: str
    name: str
    id_number: bool
    at: datetime
    usable_at: Annotated[datetime, Field(description="Nothing is paid there before.")]


class LimitsOut(BaseModel):
    """What may be withdrawn and exchanged, and what of it is left today."""

    least: Annotated[str, Field(description="元 of one withdrawal.")]
    most: str
    day: str
    day_left: str
    day_count: int
    day_count_left: int
    points_least: int
    points_left: int


class TaxOut(BaseModel):
    """By which rule tax is withheld."""

    version: str
    kind: str
    method: Method
    unverified: Annotated[bool, Field(description="No tax adviser has read the rule.")]
    source: str


class PayoutsOffOut(BaseModel):
    """Why nothing can be withdrawn now."""

    why: OffWhy
    reason: Annotated[str, Field(description="What whoever switched payouts off wrote; empty where nobody did.")]


class WalletOut(BaseModel):
    """Your wallet."""

    cash: MoneyOut
    points: int
    on_hold: Annotated[HeldOut, Field(description="On its way out of the wallet.")]
    promised: Annotated[HeldOut, Field(description="Earned; in the wallet when its hold is over (/v1/me/rewards).")]
    earned_total: Annotated[MoneyOut, Field(description="累计创值: cash that ever came in, less what was taken back.")]
    exchanged_total: Annotated[MoneyOut, Field(description="累计兑换: cash that was ever paid out.")]
    rate: RateOut | None
    payee: PayeeOut | None
    limits: LimitsOut
    payouts_off: Annotated[PayoutsOffOut | None, Field(description="null while you can withdraw.")]
    tax: TaxOut


class EntryOut(BaseModel):
    """A line of 创值记录 or 兑换记录."""

    id: UUID
    title: WordsOut
    subtitle: WordsOut
    asset: Literal["CNY", "PTS"]
    amount: Annotated[str, Field(description="With its sign.", examples=["+0.5000", "+50", "-12.0000"])]
    units: int
    at: datetime


class EntryPage(BaseModel):
    """A page of one of the two lists, the newest first."""

    items: list[EntryOut]
    next: str | None


class ExchangeIn(Asked):
    """Points to be turned into cash."""

    points: Annotated[int, Field(ge=1, le=10**9, strict=True)]


class ExchangeOut(BaseModel):
    """Points that became cash."""

    id: UUID
    points: int
    cash: MoneyOut
    rate: str
    at: datetime


class WithdrawalIn(Asked):
    """What is to leave your wallet, tax included."""

    amount: Annotated[str, Field(max_length=20, description="元, at most two decimals.", examples=["12.50"]), Clean]


class ConfirmOut(BaseModel):
    """Opens the page on which you confirm, in WeChat: ``wx.requestMerchantTransfer``."""

    package: str
    page: dict[str, str]
    until: datetime | None


class BillEventOut(BaseModel):
    """One thing that happened to it."""

    did: str
    state: BillState
    at: datetime


class WithdrawalOut(BaseModel):
    """One withdrawal."""

    id: UUID
    number: Annotated[str, Field(description="商户单号: the same at each try.")]
    gross: MoneyOut
    net: Annotated[str, Field(description="What you get, in 元.")]
    withheld: MoneyOut
    tax_kind: str
    tax_month: str
    state: BillState
    words: WordsOut
    problem: Annotated[str, Field(description="The provider's code, or why nothing is known.")]
    can_cancel: bool
    confirm: ConfirmOut | None
    at: datetime
    over_at: datetime | None


class WithdrawalFileOut(WithdrawalOut):
    """One withdrawal with everything that happened to it."""

    events: list[BillEventOut]


class WithdrawalPage(BaseModel):
    """A page of your withdrawals, the newest first."""

    items: list[WithdrawalOut]
    next: str | None


class PayeeIn(Asked):
    """Where your money goes."""

    openid: Annotated[str, Field(max_length=64, description="As WeChat gave it to this house's app."), Clean]
    name: Annotated[str, Field(max_length=60, description="As on your identity card."), Clean]
    id_number: Annotated[bool, Field(description="Your identity number is on file with whoever declares the tax.")] = (
        False
    )


class StatedLineOut(BaseModel):
    """A line of your month."""

    at: datetime
    what: str
    words: WordsOut
    amount: str
    balance: str
    transfer: UUID


class StatedOut(BaseModel):
    """One asset in your month; opening and lines add up to closing."""

    asset: Literal["CNY", "PTS"]
    opening: str
    lines: list[StatedLineOut]
    closing: str


class StatementOut(BaseModel):
    """Your month."""

    month: str
    zone: str
    since: datetime
    until: datetime
    final: Annotated[bool, Field(description="The month is over.")]
    assets: list[StatedOut]
    paid: Annotated[MoneyOut, Field(description="Gross of the withdrawals that were paid in it.")]
    withheld: Annotated[MoneyOut, Field(description="Of these, income tax that was withheld.")]


def money(units: int) -> MoneyOut:
    """Return units of 0.0001 元 as they are answered."""
    return MoneyOut(amount=yuan(units), units=units)


def words(pair: tuple[str, str]) -> WordsOut:
    """Return Chinese and English as they are answered."""
    return WordsOut(zh=pair[0], en=pair[1])


def payee_out(one: Payee) -> PayeeOut:
    """Return a payee as it is shown."""
    return PayeeOut.model_validate(
        {
            "id": one.id,
            "openid": one.masked,
            "name": one.masked_name,
            "id_number": one.id_number,
            "at": one.at,
            "usable_at": one.usable_at,
        }
    )


def _rate(one: Rate) -> RateOut:
    return RateOut.model_validate(one, from_attributes=True)


def wallet_out(one: Wallet) -> WalletOut:
    """Return a wallet as it is answered."""
    left = one.limits
    return WalletOut(
        cash=money(one.cash),
        points=one.points,
        on_hold=HeldOut(cash=money(one.held), points=one.held_points),
        promised=HeldOut(cash=money(one.promised[Asset.CNY]), points=one.promised[Asset.PTS]),
        earned_total=money(one.earned),
        exchanged_total=money(one.exchanged),
        rate=None if one.rate is None else _rate(one.rate),
        payee=None if one.payee is None else payee_out(one.payee),
        limits=LimitsOut(
            least=fen_text(left.least_fen),
            most=fen_text(left.most_fen),
            day=fen_text(left.day_fen),
            day_left=fen_text(left.day_left_fen),
            day_count=left.day_count,
            day_count_left=left.day_left,
            points_least=left.points_least,
            points_left=left.points_left,
        ),
        payouts_off=None if one.off is None else PayoutsOffOut.model_validate(one.off, from_attributes=True),
        tax=TaxOut.model_validate(one.tax, from_attributes=True),
    )


def entry_out(one: Entry) -> EntryOut:
    """Return a line of a list as it is answered."""
    return EntryOut.model_validate(
        {
            "id": one.of,
            "title": words(one.title),
            "subtitle": words(one.subtitle),
            "asset": one.asset,
            "amount": signed(one.asset, one.amount),
            "units": one.amount,
            "at": one.at,
        }
    )


def exchange_out(one: Exchange) -> ExchangeOut:
    """Return an exchange as it is answered."""
    return ExchangeOut(id=one.id, points=one.points, cash=money(one.units), rate=one.rate, at=one.at)


def withdrawal_out(one: Bill, page: Mapping[str, str], *, can_cancel: bool) -> WithdrawalOut:
    """Return a withdrawal as its person sees it."""
    confirm = None
    if one.state is BillState.TO_CONFIRM and one.package:
        confirm = ConfirmOut(package=one.package, page=dict(page), until=one.confirm_until)
    return WithdrawalOut(
        id=one.id,
        number=one.number,
        gross=money(one.gross),
        net=yuan(one.fen * UNITS_PER_FEN),
        withheld=money(one.tax.units),
        tax_kind=one.tax.kind,
        tax_month=one.tax.month,
        state=one.state,
        words=words(state_words(one.state)),
        problem=one.problem,
        can_cancel=can_cancel,
        confirm=confirm,
        at=one.made_at,
        over_at=one.over_at,
    )


def event_out(one: BillEvent) -> BillEventOut:
    """Return an event of a withdrawal as its person sees it."""
    return BillEventOut(did=one.did, state=one.state, at=one.at)


def statement_out(one: Statement) -> StatementOut:
    """Return a month as it is answered."""
    assets = [
        {
            "asset": each.asset,
            "opening": shown(each.asset, each.opening),
            "closing": shown(each.asset, each.closing),
            "lines": [
                StatedLineOut(
                    at=line.at,
                    what=line.what,
                    words=WordsOut(zh=line.zh, en=line.en),
                    amount=signed(each.asset, line.amount),
                    balance=shown(each.asset, line.after),
                    transfer=line.transfer,
                )
                for line in each.lines
            ],
        }
        for each in one.assets
    ]
    return StatementOut(
        month=one.month,
        zone=one.zone,
        since=one.since,
        until=one.until,
        final=one.final,
        assets=[StatedOut.model_validate(each) for each in assets],
        paid=money(one.paid),
        withheld=money(one.withheld),
    )
