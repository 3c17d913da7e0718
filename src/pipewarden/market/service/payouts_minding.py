"""What people do about payouts: look at what is open, try it again, compare with the provider's statement, decide."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.payouts import OVER, BillState
from pipewarden.market.facts.wallet import Reconciliation
from pipewarden.market.rules import payouts as rules
from pipewarden.market.rules import payouts_matching as matching
from pipewarden.market.rules.wallet import day_of
from pipewarden.market.service.payouts_sending import turned
from pipewarden.market.store import payees as payee_store
from pipewarden.market.store import payouts as store
from pipewarden.market.store.payout_tables import BillRow
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.market.rules.payouts_matching import Row
    from pipewarden.people.facts import Actor

PERMISSION = "finance:reconcile"
MOST_BYTES = matching.MOST_BYTES  # of a statement
_BILLS = ScopedTable(tenant_id=BillRow.tenant_id, owner_id=BillRow.person_id)
_ZONE = "Asia/Shanghai"
_SLACK = timedelta(hours=1)  # between a provider's booking and our hearing of it
_LONGEST_NAME = 200
_LEAST_REASON, _LONGEST_REASON = 4, 500


def bills(
    work: Work,
    actor: Actor,
    *,
    states: Sequence[BillState] = (),
    odd: bool = False,
    limit: int = 50,
    before: UUID | None = None,
) -> list[Bill]:
    """Return payouts within the actor's reach, the newest first; ``odd``: only those that a person must look at.

    Raises:
        ForbiddenError: the actor may not.
    """
    wanted = [people.scope_filter(actor, PERMISSION, _BILLS)]
    wanted += [store.in_states(states)] if states else []
    wanted += [store.odd()] if odd else []
    return store.bills(work, *wanted, limit=limit, before=before)


def retry(work: Work, actor: Actor, number: str) -> Bill:
    """Have a payout asked about again now, after somebody looked at it; answers are believed again.

    Raises:
        ForbiddenError, NotFoundError: the actor may not, or there is none of this number in reach.
        RefusedError: it is over.
    """
    bill = _held(work, actor, number)
    here = replace(work, tenant_id=bill.tenant_id)
    people.record(here, actor, "payout.retried", ("bill", bill.id), {"number": number, "odd": bill.odd})
    return turned(here, bill, rules.retried(bill, work.now()), by=str(actor.id))


def decide(work: Work, actor: Actor, number: str, *, paid: bool, reason: str) -> Bill:
    """End a payout that nobody can tell the end of, by what the provider's statement shows; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor may not, or there is none of this number in reach.
        InputError: no reason is given.
        RefusedError: it is over, or not left to a person.
    """
    why = reason.strip()
    if not _LEAST_REASON <= len(why) <= _LONGEST_REASON or not why.isprintable():
        fix = "Name the statement and its line, in 4 to 500 characters."
        raise InputError(field="reason", problem="is too short, too long or not printable", fix=fix)
    bill = _held(work, actor, number)
    if bill.state is not BillState.UNKNOWN:
        fix = "Wait: only what is unknown is decided by hand."
        raise RefusedError(field="number", problem=f"is {bill.state}: the provider still answers for it", fix=fix)
    details = {"number": number, "paid": paid, "reason": why}
    here = replace(work, tenant_id=bill.tenant_id)
    made = turned(here, bill, rules.decided(bill, work.now(), paid=paid), by=str(actor.id), reason=why)
    people.record(here, actor, "payout.decided", ("bill", bill.id), details)  # the book's lock before the audit's
    return made


def _held(work: Work, actor: Actor, number: str) -> Bill:
    bill = store.by_number(work, number, people.scope_filter(actor, PERMISSION, _BILLS), alone=True)
    if bill is None:
        raise NotFoundError.of("payout")
    if bill.state in OVER:
        raise RefusedError(field="number", problem=f"is {bill.state}", fix="Nothing more can be done with it.")
    return bill


def reconcile(work: Work, actor: Actor, name: str, content: bytes) -> Reconciliation:
    """Compare a provider's statement with our bills and write down how they differ; nothing is corrected.

    Args:
        work: of whoever asks.
        actor: sees the bills within reach; lines about others' are counted.
        name: of the file, for the record.
        content: WeChat's 资金账单 as it came.

    Raises:
        ForbiddenError: the actor may not.
        InputError: it is no such file, was cut off or changed, or holds no lines.
    """
    reach = people.scope_filter(actor, PERMISSION, _BILLS)
    rows = matching.read(content)
    if not rows:
        raise InputError(field="file", problem="holds no lines", fix="There is nothing to compare on such a day.")
    since, until = _days(rows)
    named = store.numbered(work, {one.number for one in rows})
    mine = {one.number: one for one in store.numbered(work, {row.number for row in rows}, reach)}
    mine |= {one.number: one for one in _should_be_in(work, since, until, reach)}
    found = matching.compared(rows, list(mine.values()), {one.number for one in named} - set(mine))
    differences = found.differences[: matching.MOST_DIFFERENCES]
    made = Reconciliation(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        name=name[:_LONGEST_NAME],
        sha256=hashlib.sha256(content).digest(),
        since=since,
        until=until,
        rows=len(rows) - found.other,
        other=found.other,
        matched=found.matched,
        elsewhere=found.elsewhere,
        differences=differences,
        by=actor.id,
        at=work.now(),
    )
    payee_store.add_reconciliation(work, made)
    told = {"sha256": made.sha256.hex(), "differences": len(found.differences)}
    people.record(work, actor, "payout.reconciled", ("reconciliation", made.id), told)
    return made


def _should_be_in(work: Work, since: datetime, until: datetime, reach: ColumnElement[bool]) -> list[Bill]:
    """Return the bills that must be in the statement of these days: their whole life, or all but its first hour."""
    paid = store.paid_between(work, since, until, reach)
    return [
        one
        for one in paid
        if one.over_at is not None
        and (one.over_at >= since + _SLACK or (one.asked_at is not None and one.asked_at >= since))
    ]


def _days(rows: Sequence[Row]) -> tuple[datetime, datetime]:
    first, last = min(one.at for one in rows), max(one.at for one in rows)
    after = day_of(last, _ZONE) + timedelta(days=1)  # a zone without summer time
    return day_of(first, _ZONE).astimezone(UTC), after.astimezone(UTC)


def reconciliations(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Reconciliation]:
    """Return the comparisons that were made for the tenant worked for, the newest first.

    Raises:
        ForbiddenError: the actor may not.
    """
    people.require(actor, PERMISSION)
    return payee_store.reconciliations(work, work.tenant_id, limit, before)
