"""The market's round: one tenant after the other, each step in a transaction of its own, whatever another breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from pipewarden.market.service import (
    booking,
    commissions_settling,
    deliveries,
    holding,
    labelling_settling,
    matching_pool,
    settling,
)
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST_TURNS = 1000  # of one step of one tenant: a round that does not end would keep everybody else waiting


def settle_rewards(begin: Begin) -> int:
    """Pay what is due, let go what nobody claimed, hold what waited for money; return how many rewards moved.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return _each(begin, settling.tenants_due, (holding.fund_waiting, settling.pay_due, settling.lapse_due))


def settle_meters(begin: Begin) -> int:
    """Book every tenant's delivered calls and end demands that are over, a transaction each; return how many ended.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return _one_by_one(begin, booking.tenants_metering, booking.unsettled, booking.settle_one)


def settle_commissions(begin: Begin) -> int:
    """Accept deliveries whose client is silent, settle parts and commissions whose hold is over; return how many.

    Each part and each commission has a transaction of its own: who funds one waits for it, and for no other.

    Raises:
        Exception: the last fault, once everything has had its turn.
    """
    tenants = commissions_settling.tenants_due
    return (
        _each(begin, deliveries.tenants_waiting, (deliveries.lapse,))
        + _one_by_one(begin, tenants, commissions_settling.parts_due, commissions_settling.settle_part)
        + _one_by_one(begin, tenants, commissions_settling.due, commissions_settling.settle)
    )


def push_pool(begin: Begin) -> int:
    """Show pictures of self-inspections that wait for a person to the experts who suit them; return how many.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return _each(begin, matching_pool.tenants_with_checks, (matching_pool.push,))


def settle_labels(begin: Begin) -> int:
    """Go through every tenant's labelling: late turns back, agreement settled, work charged; return how much moved.

    Raises:
        Exception: the last fault, once every tenant has had its turn.
    """
    return _each(begin, labelling_settling.tenants_working, (labelling_settling.round_of,))


def _each(begin: Begin, tenants: Callable[[Work], Iterable[UUID]], steps: Iterable[Callable[[Work], int]]) -> int:
    with begin(PLATFORM) as work:
        waiting = list(tenants(work))
    count, broken = 0, None
    for tenant_id in waiting:
        for step in steps:
            try:
                count += _until_done(begin, tenant_id, step)
            except Exception as error:
                log.exception("a tenant's turn broke", tenant=str(tenant_id), step=step.__name__)
                broken = error
    if broken is not None:
        raise broken
    return count


def _one_by_one(
    begin: Begin,
    tenants: Callable[[Work], Iterable[UUID]],
    waiting: Callable[[Work], Iterable[UUID]],
    settle: Callable[[Work, UUID], bool],
) -> int:
    """Settle what waits of every tenant, each in a transaction of its own, whatever another breaks; return how many."""
    with begin(PLATFORM) as work:
        asked = list(tenants(work))
    count, broken = 0, None
    for tenant_id in asked:
        with begin(tenant_id) as work:
            found = list(waiting(work))
        for one in found:
            try:
                with begin(tenant_id) as work:
                    count += settle(work, one)
            except Exception as error:
                log.exception("one could not be settled", tenant=str(tenant_id), step=settle.__name__, id=str(one))
                broken = error
    if broken is not None:
        raise broken
    return count


def _until_done(begin: Begin, tenant_id: UUID, step: Callable[[Work], int]) -> int:
    """Repeat a step, a transaction each, until it finds nothing more."""
    total = 0
    for _ in range(_MOST_TURNS):
        with begin(tenant_id) as work:
            done = step(work)
        total += done
        if not done:
            break
    return total
