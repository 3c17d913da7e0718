"""A person's wallet as on the deck's screen: what is in it, and what came and went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.payouts import UNITS_PER_FEN, BillState
from pipewarden.market.facts.wallet import Entry, Limits, Wallet
from pipewarden.market.rules.wallet import cash_of, day_of, fen_of, points_of, yuan
from pipewarden.market.service.exchange import rate_at
from pipewarden.market.service.payouts_cashier import check_person, policy_at, tax_rule_at
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store import payouts as store
from pipewarden.market.store import rewards

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Line
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.market.facts.wallet import Exchange
    from pipewarden.market.service.payouts_cashier import Cashier
    from pipewarden.people.facts import Actor

__all__ = ["earned", "exchanged", "fen_of", "held_of", "state_words", "wallet", "yuan"]
USE = "wallet:use"
_NOT_EARNED = ("exchange", "payout")
_STATES = {
    BillState.RESERVED: ("等待发出", "waiting to be sent"),
    BillState.SENT: ("处理中", "under way"),
    BillState.TO_CONFIRM: ("待您确认收款", "confirm it on your phone"),
    BillState.CANCELLING: ("撤销中", "being taken back"),
    BillState.UNKNOWN: ("核对中", "being looked into"),
    BillState.PAID: ("已到账", "paid"),
    BillState.FAILED: ("未成功，已退回", "failed and returned"),
    BillState.CANCELLED: ("已撤销，已退回", "taken back and returned"),
}


def wallet(work: Work, cashier: Cashier, actor: Actor) -> Wallet:
    """Return what the actor has.

    Raises:
        ForbiddenError: the role has no wallet.
    """
    check_person(actor, USE)
    cash, points = cash_of(actor.id), points_of(actor.id)
    found = ledger.balances(work, [cash, points])
    money, score = found.get(cash), found.get(points)
    posted = 0 if money is None else money.posted
    out = store.paid_out(work, actor.id)
    return Wallet(
        cash=0 if money is None else money.available,
        points=0 if score is None else score.available,
        held=0 if money is None else money.held,
        held_points=0 if score is None else score.held,
        promised=rewards.promised(work, actor.id),
        earned=posted + out,
        exchanged=out,
        rate=rate_at(work.now()),
        payee=payee_store.payee_of(work, actor.id),
        limits=_limits(work, actor),
        off=cashier.why_off(work),
        tax=tax_rule_at(work.now()),
    )


def _limits(work: Work, actor: Actor) -> Limits:
    now = work.now()
    policy, rate = policy_at(now), rate_at(now)
    since = day_of(now, policy.zone)
    count, units = store.today(work, actor.id, since)
    left = 0 if rate is None else rate.day_most - payee_store.exchanged_since(work, actor.id, since)
    return Limits(
        least_fen=policy.least_fen,
        most_fen=policy.most_fen,
        day_fen=policy.day_fen,
        day_left_fen=max(0, policy.day_fen - units // UNITS_PER_FEN),
        day_count=policy.day_count,
        day_left=max(0, policy.day_count - count),
        points_least=0 if rate is None else rate.least,
        points_left=max(0, left),
    )


def earned(
    work: Work, actor: Actor, *, limit: int, before: tuple[int, int] | None = None
) -> list[tuple[Entry, tuple[int, int]]]:
    """Return 创值记录: what was earned in cash and points, the newest first, each with its place in the list.

    Raises:
        ForbiddenError: the role has no wallet.
    """
    check_person(actor, USE)
    accounts = [cash_of(actor.id), points_of(actor.id)]
    lines = ledger.latest(work, accounts, before, limit, _NOT_EARNED)
    return [(_earned(one), one.cursor) for one in lines]


def _earned(line: Line) -> Entry:
    details = line.transfer.details
    title = (str(details.get("zh", line.transfer.what)), str(details.get("en", line.transfer.what)))
    subtitle = ("创值", "earned") if line.amount > 0 else ("追回", "taken back")
    return Entry(line.transfer.id, title, subtitle, line.asset.value, line.amount, line.transfer.at)


def exchanged(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Entry]:
    """Return 兑换记录: points that became cash, and withdrawals with how they stand, the newest first.

    Raises:
        ForbiddenError: the role has no wallet.
    """
    check_person(actor, USE)
    out = store.bills(work, store.owned_by(actor.id), limit=limit, before=before)
    into = payee_store.exchanges(work, actor.id, limit, before)
    entries = [*map(_withdrawn, out), *map(_exchanged, into)]
    return sorted(entries, key=lambda one: one.of, reverse=True)[:limit]


def _withdrawn(bill: Bill) -> Entry:
    title = ("提现到微信零钱", "withdrawn to WeChat")
    return Entry(bill.id, title, _STATES[bill.state], Asset.CNY.value, -bill.gross, bill.made_at)


def _exchanged(one: Exchange) -> Entry:
    title = (f"{one.points} 积分兑换现金", f"{one.points} points for cash")
    return Entry(one.id, title, ("兑换", "exchanged"), Asset.CNY.value, one.units, one.at)


def held_of(work: Work, person_id: UUID, most: int) -> dict[str, list[dict[str, object]]]:
    """Return what the house keeps of a person's money, for the copy of their own data (PIPL art. 45); payees masked.

    The book itself is their monthly statements.
    """
    named = payee_store.payees_of(work, person_id, most)
    out = store.bills(work, store.owned_by(person_id), limit=most)
    into = payee_store.exchanges(work, person_id, most)
    return {
        "payees": [
            {"openid": one.masked, "name": one.masked_name, "at": None if one.at is None else one.at.isoformat()}
            for one in named
        ],
        "withdrawals": [
            {
                "number": one.number,
                "amount": yuan(one.gross),
                "withheld": yuan(one.tax.units),
                "state": one.state.value,
                "at": one.made_at.isoformat(),
            }
            for one in out
        ],
        "exchanges": [{"points": one.points, "amount": yuan(one.units), "at": one.at.isoformat()} for one in into],
    }


def state_words(state: BillState) -> tuple[str, str]:
    """Return how a withdrawal stands, in Chinese and English."""
    return _STATES[state]
