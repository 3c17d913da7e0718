"""What a bill is asked next and what an answer does to it: money moves by a final state alone, and once.

A bill is never made twice: each try carries the same number, after the first one the provider is asked what it knows
before anything else, and what stays unclear stays reserved (WeChat: an HTTP status other than 200 means "query this
bill", never "use a new number"; doc/v3/merchant/4012716434).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.market.facts.payouts import FINAL, OVER, Bill, BillState, Did, Provided, Step, Told

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.market.facts.payouts import PayoutPolicy

_ENDS = {
    Provided.SUCCESS: BillState.PAID,
    Provided.FAIL: BillState.FAILED,
    Provided.CANCELLED: BillState.CANCELLED,
}
_STANDS = {
    Provided.ACCEPTED: BillState.SENT,
    Provided.PROCESSING: BillState.SENT,
    Provided.WAIT_USER_CONFIRM: BillState.TO_CONFIRM,
    Provided.TRANSFERING: BillState.TO_CONFIRM,  # the page may be opened again
    Provided.CANCELING: BillState.CANCELLING,
}
_LOOK_DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event makes of a bill; ``settles`` says that its hold is to be posted or voided with it."""

    bill: Bill
    did: Did
    settles: bool = False


def next_step(bill: Bill, policy: PayoutPolicy, now: datetime, *, off: bool) -> Step | None:
    """Return what to ask of the provider now, or None where nothing may be asked.

    Args:
        bill: one that is not over.
        policy: for how long a bill may be made anew.
        now: the present.
        off: payouts are switched off: nothing is made, but what was sent is followed to its end.
    """
    wanted_back = bill.cancel_at is not None
    if bill.asked_at is None:
        if wanted_back:
            return Step.RELEASE
        return None if off else Step.CREATE
    if bill.step is not Step.QUERY:
        return Step.QUERY
    if wanted_back and not bill.odd and bill.state in {BillState.SENT, BillState.TO_CONFIRM} and not bill.missing:
        return Step.CANCEL
    young = now - bill.asked_at < timedelta(hours=policy.create_again_h)
    # once: a query that found nothing is followed by the same bill, which is then asked about again
    may_make = bill.missing and not wanted_back and not off and young and not bill.odd and not bill.provider_no
    return Step.CREATE if may_make else Step.QUERY


def asked(bill: Bill, step: Step, now: datetime, lease_s: float) -> Turn:
    """Return the bill as it is written before the provider is asked: a crash leaves a bill that must be queried."""
    made = replace(
        bill,
        step=step,
        asked_at=now if bill.asked_at is None else bill.asked_at,
        state=BillState.SENT if bill.state is BillState.RESERVED else bill.state,
        tries=bill.tries + 1,
        missing=bill.missing and step is not Step.CREATE,
        next_at=now + timedelta(seconds=lease_s),
    )
    return Turn(made, Did.ASKED)


def heard(bill: Bill, told: Told, policy: PayoutPolicy, now: datetime) -> Turn | None:
    """Return what an answer makes of a bill; None where it says nothing new.

    An answer about another bill, another amount, another payee or another end than before is no end: it is kept, told
    to a person, and nothing moves.
    """
    if told.number != bill.number:
        about = "the answer is about another bill"
        return None if bill.state in OVER else unclear(bill, policy, now, about)
    against = _against(bill, told)
    if against:
        return _odd(bill, against, now)
    if bill.state in OVER:
        return None
    known = replace(
        bill,
        provider_no=told.provider_no or bill.provider_no,
        missing=False,
        problem=told.reason,
        package=told.package or bill.package,
    )
    return _ends(bill, known, told, now) if told.state in FINAL else _stands(bill, known, told, policy, now)


def _ends(bill: Bill, known: Bill, told: Told, now: datetime) -> Turn:
    if bill.odd:
        return Turn(replace(bill, next_at=now + _LOOK_DAILY), Did.HEARD)
    if told.amount_fen is None:  # a final word without an amount: ask, and settle by what a query says
        return Turn(replace(known, problem="", next_at=now), Did.HEARD)
    ended = replace(known, state=_ENDS[told.state], next_at=None, over_at=now, package="")
    return Turn(ended, Did.HEARD, settles=True)


def _stands(bill: Bill, known: Bill, told: Told, policy: PayoutPolicy, now: datetime) -> Turn:
    state = BillState.UNKNOWN if bill.odd else _STANDS[told.state]
    confirm_until = known.confirm_until
    if state is BillState.TO_CONFIRM and confirm_until is None:
        confirm_until = now + timedelta(hours=policy.confirm_h)
    back = bill.cancel_at is not None and bill.step is Step.QUERY and state in {BillState.SENT, BillState.TO_CONFIRM}
    pause = timedelta(seconds=policy.confirm_look_s) if state is BillState.TO_CONFIRM else _pause(bill, policy)
    made = replace(known, state=state, confirm_until=confirm_until, next_at=now if back else now + pause)
    return Turn(_late(made, policy, now), Did.HEARD)


def missing(bill: Bill, policy: PayoutPolicy, now: datetime) -> Turn:
    """Return the bill after the provider said that it knows none of this number: nothing is released by that.

    One that it knew before is only asked about again, and never made anew: some copy of its books lags behind.
    """
    if bill.provider_no:
        return unclear(bill, policy, now, "the provider knew the bill and now says that it does not")
    made = replace(bill, missing=True, problem="the provider knows no such bill yet")
    again = next_step(made, policy, now, off=False) is Step.CREATE and bill.step is Step.QUERY
    pause = timedelta() if again and bill.tries <= 2 else _pause(bill, policy)  # noqa: PLR2004  the first query
    return Turn(_late(replace(made, next_at=now + pause), policy, now), Did.MISSING)


def unclear(bill: Bill, policy: PayoutPolicy, now: datetime, why: str, again_s: float | None = None) -> Turn:
    """Return the bill after a step that brought no clear answer."""
    pause = max(_pause(bill, policy), timedelta(seconds=again_s or 0))
    return Turn(_late(replace(bill, problem=why, next_at=now + pause), policy, now), Did.UNCLEAR)


def waits(bill: Bill, policy: PayoutPolicy, now: datetime) -> Bill:
    """Return the bill to be looked at later: payouts are off."""
    return replace(bill, next_at=now + timedelta(seconds=policy.again_s[-1]))


def cancel_wanted(bill: Bill, now: datetime) -> Turn:
    """Return the bill that its person wants back; what was sent comes back only when the provider says so."""
    return Turn(replace(bill, cancel_at=now, next_at=now), Did.CANCEL_WANTED)


def released(bill: Bill, now: datetime) -> Turn:
    """Return the bill that was never sent and is taken back."""
    made = replace(bill, state=BillState.CANCELLED, next_at=None, over_at=now, step=Step.RELEASE)
    return Turn(made, Did.HEARD, settles=True)


def retried(bill: Bill, now: datetime) -> Turn:
    """Return the bill that a person had looked at: it is asked about again now, and answers are believed again.

    That the provider did not know it was said before somebody had to look: it is asked again before it is made again.
    """
    state = BillState.SENT if bill.state is BillState.UNKNOWN else bill.state
    made = replace(bill, odd="", problem="", missing=False, state=state, tries=0, next_at=now)
    return Turn(made, Did.RETRIED)


def decided(bill: Bill, now: datetime, *, paid: bool) -> Turn:
    """Return the bill that a person ends by what the provider's statement shows."""
    state = BillState.PAID if paid else BillState.FAILED
    return Turn(replace(bill, state=state, next_at=None, over_at=now, package=""), Did.DECIDED, settles=True)


def can_cancel(bill: Bill) -> bool:
    """Tell whether a person may still want it back."""
    return bill.state not in OVER and bill.cancel_at is None and not bill.odd


def _against(bill: Bill, told: Told) -> str:
    end = _ENDS.get(told.state)
    checks = (
        (told.amount_fen is not None and told.amount_fen != bill.fen, "the provider names another amount"),
        (
            bool(told.openid_sha256) and told.openid_sha256 != bill.openid_sha256,
            "the provider names another payee",
        ),
        (
            bool(told.provider_no and bill.provider_no) and told.provider_no != bill.provider_no,
            "the provider has two bills of this number",
        ),
        (
            bill.state in OVER and end is not None and end is not bill.state,
            f"the provider says {told.state} of a bill that is {bill.state}",
        ),
    )
    return next((words for holds, words in checks if holds), "")


def _odd(bill: Bill, why: str, now: datetime) -> Turn:
    state = bill.state if bill.state in OVER else BillState.UNKNOWN
    next_at = None if bill.state in OVER else now + _LOOK_DAILY
    return Turn(replace(bill, odd=why, problem=why, state=state, next_at=next_at), Did.ODD)


def _pause(bill: Bill, policy: PayoutPolicy) -> timedelta:
    return timedelta(seconds=policy.again_s[min(max(bill.tries - 1, 0), len(policy.again_s) - 1)])


def _late(bill: Bill, policy: PayoutPolicy, now: datetime) -> Bill:
    """Leave a bill to a person that nobody can tell the end of in time; it is still asked about once a day."""
    age = now - (bill.asked_at or now)
    if age < timedelta(hours=policy.unknown_after_h) and not bill.odd:
        return bill
    next_at = None if age >= timedelta(days=policy.query_days) else now + _LOOK_DAILY
    return replace(bill, state=BillState.UNKNOWN, next_at=next_at)
