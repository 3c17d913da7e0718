"""Points for cash, out of the house's own purse, in one transfer of the book."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, FundsError, Kind, Order, Posting
from pipewarden.market.facts.payouts import UNITS_PER_FEN
from pipewarden.market.facts.wallet import Exchange
from pipewarden.market.rules import exchange as rules
from pipewarden.market.rules.payouts_file import in_force
from pipewarden.market.rules.wallet import cash_of, day_of, points_of
from pipewarden.market.service.payouts_cashier import check_person, policy_at
from pipewarden.market.store import payees as store
from pipewarden.market.store import payouts
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ScopedRow

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.wallet import Rate
    from pipewarden.people.facts import Actor

HOUSE_CASH, HOUSE_POINTS = "house:exchange:cash", "house:exchange:points"
WHAT = "exchange.points"
_NUMBER = re.compile(r"[0-9A-Za-z.-]{4,64}")


def rate_at(now: datetime) -> Rate | None:
    """Return the rate in force; None where there is none."""
    return in_force(store.rates(), now)


def fill_purse(work: Work, actor: Actor, fen: int, number: str) -> int:
    """Put cash that came to the bank into the purse that exchanges are paid from, and return what is in it, in units.

    Args:
        work: of whoever runs the house.
        actor: may reconcile for the whole platform.
        fen: that came.
        number: of the bank's transfer; one is booked once, for ever.

    Raises:
        ForbiddenError, NotFoundError: the actor may not, or for one tenant only.
        InputError: the number is malformed, or was booked with another amount.
    """
    people.require_row(actor, "finance:reconcile", ScopedRow(tenant_id=PLATFORM), "purse")
    if not _NUMBER.fullmatch(number):
        fix = "Write the bank's number of the transfer."
        raise InputError(field="number", problem="is not 4 to 64 letters, digits, - or .", fix=fix)
    people.record(work, actor, "purse.filled", ("purse", HOUSE_CASH), {"fen": fen, "number": number})
    ledger.open_accounts(work, (HOUSE_CASH, Asset.CNY), ("outside:bank", Asset.CNY))
    line = Posting("outside:bank", HOUSE_CASH, Asset.CNY, fen * UNITS_PER_FEN)
    details = {"number": number, "zh": "兑换备用金", "en": "purse of exchanges"}
    ledger.post(work, Order(f"exchange-purse:{number}", Kind.POSTED, "purse.filled", (line,), details=details))
    return ledger.balances(work, [HOUSE_CASH])[HOUSE_CASH].available


def exchange(work: Work, actor: Actor, points: int, key: str) -> Exchange:
    """Turn points into cash at today's rate; the same key is the same exchange, for ever.

    Raises:
        ForbiddenError: the role has no wallet.
        InputError: too few points, or the key was used for another number of them.
        RefusedError: more than are left of the day; fewer points are there; the house's purse is empty.
    """
    check_person(actor, "wallet:use")
    payouts.lock(work, f"wallet:{actor.id}")
    known = store.exchange_by_key(work, actor.id, key)
    if known is not None:
        if known.points != points:
            fix = "Use a new key for each request."
            raise InputError(field="Idempotency-Key", problem="was used for another exchange", fix=fix)
        return known
    now = work.now()
    rate = rate_at(now)
    if rate is None:
        raise RefusedError(field="points", problem="have no rate today", fix="Wait until one is published.")
    today = store.exchanged_since(work, actor.id, day_of(now, policy_at(now).zone))
    units = rules.units_for(rate, points, today)
    cash, purse = cash_of(actor.id), points_of(actor.id)
    ledger.open_accounts(
        work, (cash, Asset.CNY), (purse, Asset.PTS), (HOUSE_CASH, Asset.CNY), (HOUSE_POINTS, Asset.PTS)
    )
    exchange_id = work.ids.new()
    order = Order(
        key=f"exchange:{exchange_id}",
        kind=Kind.POSTED,
        what=WHAT,
        postings=(
            Posting(purse, HOUSE_POINTS, Asset.PTS, points),
            Posting(HOUSE_CASH, cash, Asset.CNY, units),
        ),
        details={"exchange": str(exchange_id), "rate": rate.version, "zh": "积分兑换现金", "en": "points for cash"},
    )
    try:
        transfer = ledger.post(work, order)
    except FundsError as error:
        if error.address == HOUSE_CASH:
            raise RefusedError(
                field="points",
                problem="cannot be exchanged now: the house's purse for exchanges is empty",
                fix="Your points stay yours; try again when the operator has filled it.",
            ) from error
        raise
    made = Exchange(exchange_id, work.tenant_id, actor.id, key, points, units, rate.version, transfer.id, now)
    store.add_exchange(work, made)
    return made
