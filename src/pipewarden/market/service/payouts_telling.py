"""Telling people of their money: confirm it in time, it came, it came back, it will go somewhere else from now on.

The wait of a new payee protects only whoever hears of it; whoever must confirm within a day must not have to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.act import service as act
from pipewarden.casework.facts import Urgency
from pipewarden.market.facts.payouts import BillState, fen_text
from pipewarden.market.service.payouts_cashier import policy_at
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store import payouts as store
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work

_NOTES = {
    BillState.PAID: "payout.paid",
    BillState.FAILED: "payout.failed",
    BillState.CANCELLED: "payout.cancelled",
}


def tell_bills(work: Work, post: Post, event_ids: Collection[UUID]) -> int:
    """Tell whom these events of bills concern; return how many messages that were.

    A bill that only a person can end is told to who administers the tenant, and not to whose money it is: they see it
    in their wallet, and there is nothing that they could do.
    """
    count = 0
    for event, bill in store.told_by(work, event_ids):
        params = {"amount": fen_text(bill.fen), "number": bill.number}
        if event.state is BillState.UNKNOWN:
            minders = sorted({person_id for _, person_id in people.holders(work, [Role.TENANT_ADMIN])})
            act.tell_persons(work, post, minders, "payout.unknown", params, urgency=Urgency.DUE)
            count += len(minders)
        elif event.state is BillState.TO_CONFIRM and bill.confirm_until is not None:
            params["when"] = _local(bill.confirm_until, bill.made_at)
            act.tell_persons(work, post, [bill.person_id], "payout.to_confirm", params, urgency=Urgency.DUE)
            count += 1
        elif event.state in _NOTES:
            act.tell_persons(work, post, [bill.person_id], _NOTES[event.state], params)
            count += 1
    return count


def tell_payees(work: Work, post: Post, payee_ids: Collection[UUID]) -> int:
    """Tell people that their money goes somewhere else from now on; return how many messages that were."""
    found = [one for one in (payee_store.payee(work, each) for each in payee_ids) if one is not None]
    for one in found:
        when = "" if one.usable_at is None or one.at is None else _local(one.usable_at, one.at)
        # the id is not shown: it keeps two that read the same apart
        params = {"masked": one.masked, "name": one.masked_name, "when": when, "payee": str(one.id)}
        act.tell_persons(work, post, [one.person_id], "payee.changed", params, urgency=Urgency.DUE)
    return len(found)


def _local(at: datetime, made_at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(policy_at(made_at).zone)):%m-%d %H:%M}"
