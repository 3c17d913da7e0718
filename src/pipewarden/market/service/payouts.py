"""Withdrawals: money is reserved and its bill written in one transaction; who pays is asked by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.facts.payouts import UNITS_PER_FEN, Bill, BillState, Did, Withheld
from pipewarden.market.facts.wallet import Earned
from pipewarden.market.rules import payees as payee_rules
from pipewarden.market.rules import payouts as rules
from pipewarden.market.rules import payouts_limits as limits
from pipewarden.market.rules.payouts_tax import withheld
from pipewarden.market.rules.wallet import cash_of, day_of, month_text, months_in_a_row
from pipewarden.market.service.payouts_cashier import check_person, policy_at, tax_rule_at
from pipewarden.market.service.payouts_sending import turned
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store import payouts as store
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import BillEvent, Payee
    from pipewarden.market.facts.wallet import TaxRule
    from pipewarden.market.service.payouts_cashier import Cashier
    from pipewarden.people.facts import Actor

WITHDRAW, USE = "wallet:withdraw", "wallet:use"
OUTSIDE, TAX = "outside:wechat", "house:tax"
WHAT = "payout.wechat"


def withdraw(work: Work, cashier: Cashier, actor: Actor, fen: int, key: str) -> Bill:
    """Reserve an amount and write the bill by which it is paid out; the same key is the same bill, for ever.

    Args:
        work: of the person's tenant.
        cashier: who pays.
        actor: a person who gave the second factor lately.
        fen: what leaves the wallet, tax included, in 分.
        key: the asker's idempotency key.

    Raises:
        ForbiddenError: the second factor was not given lately, or the role has no wallet.
        InputError: an amount out of bounds, or the key was used for another one.
        RefusedError: payouts are off; no payee, or one that was just changed; the day's limits; too little money.
    """
    check_person(actor, WITHDRAW)
    store.lock(work, f"wallet:{actor.id}")
    known = store.by_key(work, actor.id, key)
    if known is not None:
        if known.gross != fen * UNITS_PER_FEN:
            fix = "Use a new key for each request."
            raise InputError(field="Idempotency-Key", problem="was used for another withdrawal", fix=fix)
        return known
    cashier.check_open(work)
    now = work.now()
    policy = policy_at(now)
    payee = payee_rules.usable(payee_store.payee_of(work, actor.id), now)
    count, units = store.today(work, actor.id, day_of(now, policy.zone))
    limits.check_gross(policy, fen, today=count, today_fen=units // UNITS_PER_FEN)
    tax = tax_on(work, actor.id, fen * UNITS_PER_FEN, id_number=payee.id_number)
    net = fen - tax.units // UNITS_PER_FEN
    limits.check_net(policy, net)
    bill = _reserved(work, payee, key=key, fen=net, tax=tax)
    store.add(work, bill)
    store.add_event(work, bill, Did.RESERVED, {"hold": str(bill.hold_id), "gross": bill.gross, "fen": bill.fen})
    return bill  # no audit entry beside it: the book's own chain says it, and one chain is lock enough


def tax_on(work: Work, person_id: UUID, gross: int, *, id_number: bool) -> Withheld:
    """Return what is withheld of so much now, after what the person was paid before in this month and year.

    Raises:
        RefusedError: no tax rule holds today.
    """
    now = work.now()
    rule: TaxRule = tax_rule_at(now)
    month = month_text(now, rule.zone)
    before = store.taxed(work, person_id, month[:4])
    paid, kept = before.get(month, (0, 0))
    earned = Earned(
        month=paid,
        month_withheld=kept,
        year=sum(one for one, _ in before.values()),
        year_withheld=sum(one for _, one in before.values()),
        months=months_in_a_row(set(before), month),
    )
    return Withheld(rule.kind, month, withheld(rule, earned, gross), rule.version, id_number)


def _reserved(work: Work, payee: Payee, *, key: str, fen: int, tax: Withheld) -> Bill:
    bill_id, now = work.ids.new(), work.now()
    number, cash = bill_id.hex, cash_of(payee.person_id)
    ledger.open_accounts(work, (cash, Asset.CNY), (OUTSIDE, Asset.CNY), (TAX, Asset.CNY))
    lines = [Posting(cash, OUTSIDE, Asset.CNY, fen * UNITS_PER_FEN)]
    if tax.units:
        lines.append(Posting(cash, TAX, Asset.CNY, tax.units))
    details = {"bill": str(bill_id), "zh": "提现到微信零钱", "en": "withdrawn to WeChat"}
    hold = ledger.post(
        work, Order(f"payout:{number}", Kind.PENDING, WHAT, tuple(lines), details=details)
    )  # without an end: what became of the money only the provider can say
    return Bill(
        id=bill_id,
        tenant_id=work.tenant_id,
        person_id=payee.person_id,
        payee_id=payee.id,
        number=number,
        key=key,
        gross=fen * UNITS_PER_FEN + tax.units,
        fen=fen,
        tax=tax,
        hold_id=hold.id,
        openid_sha256=payee.openid_sha256,
        state=BillState.RESERVED,
        made_at=now,
        next_at=now,
    )


def cancel(work: Work, actor: Actor, bill_id: UUID) -> Bill:
    """Want a withdrawal back: at once where it was never sent, else when the provider says that it is taken back.

    Raises:
        ForbiddenError: the role has no wallet.
        NotFoundError: it is not one of yours.
        RefusedError: it is over, or wanted back already, or a person is looking at it.
    """
    check_person(actor, USE)
    bill = store.of_person(work, actor.id, bill_id, alone=True)
    if bill is None:
        raise NotFoundError.of("withdrawal")
    if not rules.can_cancel(bill):
        raise RefusedError(
            field="withdrawal", problem=f"is {bill.state} and cannot be taken back", fix="Look at what became of it."
        )
    now = work.now()
    if bill.asked_at is None:
        wanted = turned(work, bill, rules.cancel_wanted(bill, now))
        return turned(work, wanted, rules.released(wanted, now))
    return turned(work, bill, rules.cancel_wanted(bill, now))


def bill_of(work: Work, actor: Actor, bill_id: UUID) -> tuple[Bill, list[BillEvent]]:
    """Return one of one's own withdrawals with everything that happened to it.

    Raises:
        ForbiddenError: the role has no wallet.
        NotFoundError: it is not one of yours.
    """
    check_person(actor, USE)
    bill = store.of_person(work, actor.id, bill_id)
    if bill is None:
        raise NotFoundError.of("withdrawal")
    return bill, store.events(work, bill.id)


def bills_of(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Bill]:
    """Return one's own withdrawals, the newest first.

    Raises:
        ForbiddenError: the role has no wallet.
    """
    check_person(actor, USE)
    return store.bills(work, store.owned_by(actor.id), limit=limit, before=before)
