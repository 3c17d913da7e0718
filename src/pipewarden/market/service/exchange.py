"""Points for cash, out of the house's own purse, in one transfer of the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, FundsError, Kind, Order, Posting
from pipewarden.market.facts.wallet import Exchange
from pipewarden.market.rules import exchange as rules
from pipewarden.market.rules.payouts_file import in_force
from pipewarden.market.rules.wallet import cash_of, day_of, points_of
from pipewarden.market.service.payouts_cashier import check_person, policy_at
from pipewarden.market.store import payees as store
from pipewarden.market.store import payouts

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.wallet import Rate
    from pipewarden.people.facts import Actor

HOUSE_CASH, HOUSE_POINTS = "house:exchange:cash", "house:exchange:points"
WHAT = "exchange.points"


def rate_at(now: datetime) -> Rate | None:
    """Return the rate in force; None where there is none."""
    return in_force(store.rates(), now)


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
