"""Sends what is due: a bill is taken in a short transaction, asked about without one, settled in another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.market.ports import UnclearError
from pipewarden.market.service import payouts_sending as sending
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.clock import Clock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Told
    from pipewarden.market.service.payouts_cashier import Cashier
    from pipewarden.market.service.payouts_sending import Taken

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 200  # steps of one hand in one sweep


def send_due(begin: Begin, cashier: Cashier, clock: Clock, *, hands: int = 2) -> int:
    """Take the next step of every bill that is due, whosever it is, and return how many steps were asked."""
    if hands == 1:
        return _one_hand(begin, cashier, clock)
    with ThreadPoolExecutor(hands, thread_name_prefix="payouts") as pool:
        working = [pool.submit(_one_hand, begin, cashier, clock) for _ in range(hands)]
        return sum(hand.result() for hand in working)


def _one_hand(begin: Begin, cashier: Cashier, clock: Clock) -> int:
    count = 0
    for _ in range(_MOST):
        with begin(PLATFORM) as work:
            taken = sending.take(work, cashier)
        if taken is None:
            break
        if taken.step is None or cashier.port is None:
            continue
        count += 1
        answer = _asked(cashier, taken, clock)
        try:
            with begin(taken.bill.tenant_id) as work:
                sending.settle(work, taken, answer)
        except OperationalError:
            raise
        except Exception:  # the lease runs out and it is taken again; others' money must not wait for it
            log.exception("a payout could not be settled", number=taken.bill.number)
    return count


def _asked(cashier: Cashier, taken: Taken, clock: Clock) -> Told | UnclearError | None:
    port = cashier.port
    if port is None:
        return UnclearError("payouts are off")
    try:
        return sending.asked(port, taken, clock.now())
    except UnclearError as error:
        log.warning("a payout is unclear", number=taken.bill.number, step=taken.step, why=error.why)
        return error
    except Exception as error:  # noqa: BLE001  whatever broke, nobody knows what the provider did
        kind = type(error).__name__  # its words may hold a name
        log.error("the provider's adapter broke", number=taken.bill.number, error=kind)  # noqa: TRY400  as above
        return UnclearError(f"the adapter broke ({kind})")
