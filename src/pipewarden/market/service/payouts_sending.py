"""One step of one bill: taken under a lease, asked without a transaction, settled in another one.

What is to be asked is written and committed before it is asked. Who dies between the two leaves a bill that says that
something was asked, and whoever takes it next queries before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from pipewarden.kit.errors import UnavailableError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Kind, Order
from pipewarden.market.facts.payouts import OVER, PAYOUT_CHANGED, BillState, Did, Paper, Step
from pipewarden.market.ports import ForgedError
from pipewarden.market.rules import payouts as rules
from pipewarden.market.rules.payouts_limits import name_for
from pipewarden.market.service.payees import opened
from pipewarden.market.service.payouts_cashier import policy_at
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store import payouts as store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill, Told
    from pipewarden.market.ports import Payouts, UnclearError
    from pipewarden.market.rules.payouts import Turn
    from pipewarden.market.service.payouts_cashier import Cashier

log = structlog.get_logger(__name__)
LEASE_S = 60.0
_REMARK = "创值提现"
_TOLD = OVER | {BillState.TO_CONFIRM, BillState.UNKNOWN}  # where somebody hears of it
_ALWAYS = frozenset({Did.RESERVED, Did.ODD, Did.CANCEL_WANTED, Did.RETRIED, Did.DECIDED})


@dataclass(frozen=True, slots=True)
class Taken:
    """A bill whose next step is to be asked; ``step`` None where nothing is."""

    bill: Bill
    step: Step | None
    paper: Paper | None = None


def take(work: Work, cashier: Cashier) -> Taken | None:
    """Take the bill that has been due the longest, of whatever tenant, and write what it is asked; None for none."""
    bill = store.take_due(work, work.now())
    if bill is None:
        return None
    here, now = _for(work, bill), work.now()
    off = cashier.why_off(here) is not None
    step = rules.next_step(bill, policy_at(bill.made_at), now, off=off)
    if step is Step.RELEASE:
        return Taken(turned(here, bill, rules.released(bill, now)), None)
    if step is None or cashier.port is None:
        waiting = rules.waits(bill, policy_at(bill.made_at), now)
        store.change(here, waiting)
        return Taken(waiting, None)
    try:
        paper = _paper(here, cashier, bill) if step is Step.CREATE else None
    except UnavailableError as error:  # one payee that does not open must not hold up everybody's money
        return Taken(turned(here, bill, rules.unclear(bill, policy_at(bill.made_at), now, error.problem)), None)
    made = turned(here, bill, rules.asked(bill, step, now, LEASE_S))
    return Taken(made, step, paper)


def asked(port: Payouts, taken: Taken, now: datetime) -> Told | None:
    """Ask the provider; None where it knows no such bill. Holds no transaction.

    Raises:
        UnclearError: anything but a clear answer.
    """
    number = taken.bill.number
    if taken.step is Step.CREATE and taken.paper is not None:
        return port.create(taken.paper, now)
    return port.cancel(number, now) if taken.step is Step.CANCEL else port.query(number, now)


def settle(work: Work, taken: Taken, answer: Told | UnclearError | None) -> Bill | None:
    """Write down what a provider answered, and move the money where that is final; None where the bill is gone."""
    bill = store.held(work, taken.bill.id)
    if bill is None:
        return None
    here, now, policy = _for(work, bill), work.now(), policy_at(bill.made_at)
    if isinstance(answer, Exception):
        # what a notification ended meanwhile stays ended
        turn = None if bill.state in OVER else rules.unclear(bill, policy, now, answer.why, answer.again_s)
    elif answer is None:
        about = "the provider knows no such bill to take back"
        missing = taken.step is Step.QUERY
        turn = rules.missing(bill, policy, now) if missing else rules.unclear(bill, policy, now, about)
        turn = None if bill.state in OVER else turn
    else:
        turn = rules.heard(bill, answer, policy, now)
    return bill if turn is None else turned(here, bill, turn)


def notified(work: Work, cashier: Cashier, headers: Mapping[str, str], body: bytes) -> Bill | None:
    """Take a provider's notification; None where it is about no bill of ours.

    Raises:
        ForgedError: it is not the provider's own, or old, or nobody pays out here.
    """
    if cashier.port is None:
        raise ForgedError("is not expected: nobody pays out here")
    told = cashier.port.heard(headers, body, work.now())
    bill = store.by_number(work, told.number, alone=True)
    if bill is None:
        log.warning("a notification about a bill that is not ours", number=told.number)
        return None
    turn = rules.heard(bill, told, policy_at(bill.made_at), work.now())
    return bill if turn is None else turned(_for(work, bill), bill, turn, by="notification")


def turned(work: Work, before: Bill, turn: Turn, **details: object) -> Bill:
    """Write what a turn made of a bill, with its event, and settle its hold where the turn says so."""
    bill = turn.bill
    store.change(work, bill)
    told = {
        name: getattr(bill, name)
        for name in ("provider_no", "problem", "odd", "missing")
        if getattr(bill, name) != getattr(before, name)
    }
    makes = turn.did is Did.ASKED and bill.step is not Step.QUERY
    if told or makes or turn.settles or turn.did in _ALWAYS or bill.state is not before.state:
        if turn.did is Did.ASKED:
            told["step"] = bill.step
        event_id = store.add_event(work, bill, turn.did, told | details)
        if bill.state is not before.state and bill.state in _TOLD:
            work.emit(PAYOUT_CHANGED, event_id, partition=str(bill.tenant_id))
    if (bill.odd and bill.odd != before.odd) or bill.state is BillState.UNKNOWN is not before.state:
        log.error("a payout needs a person", number=bill.number, state=bill.state, odd=bill.odd)
    if turn.settles:
        _settle_hold(work, bill)
    return bill


def _settle_hold(work: Work, bill: Bill) -> None:
    paid = bill.state is BillState.PAID
    kind, word = (Kind.POST, "payout.paid") if paid else (Kind.VOID, "payout.released")
    words = ("提现到微信零钱", "withdrawn to WeChat") if paid else ("提现退回", "withdrawal returned")
    details = {"bill": str(bill.id), "zh": words[0], "en": words[1]}
    ledger.post(work, Order(f"payout:{bill.number}:end", kind, word, of=bill.hold_id, details=details))


def _paper(work: Work, cashier: Cashier, bill: Bill) -> Paper:
    payee = payee_store.payee(work, bill.payee_id)
    if payee is None:
        raise LookupError(f"bill {bill.id} has no payee")
    openid, name = opened(cashier, payee)
    named = name_for(policy_at(bill.made_at), bill.fen, name)
    return Paper(bill.number, openid, named, bill.fen, _REMARK)


def _for(work: Work, bill: Bill) -> Work:
    return replace(work, tenant_id=bill.tenant_id)
