"""A person's month out of the book: opening and lines add up to closing for each asset, or no statement is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.wallet import Stated, StatedLine, Statement
from pipewarden.market.rules import statements as rules
from pipewarden.market.rules.wallet import cash_of, month_of, points_of
from pipewarden.market.service.payouts_cashier import check_person, tax_rule_at
from pipewarden.market.store import payouts as store

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Line
    from pipewarden.people.facts import Actor

_MOST_LINES = 20_000
_PAGE = 1000


def statement(work: Work, actor: Actor, month: str) -> Statement:
    """Return the actor's month; one that is not over ends with what there is now.

    Raises:
        ForbiddenError: the role has no wallet.
        InputError: the month is none, or lies ahead.
    """
    check_person(actor, "wallet:use")
    zone = tax_rule_at(work.now()).zone
    since, until = month_of(month, zone)
    if since > work.now():
        raise InputError(field="month", problem="lies ahead", fix="Ask for this month or an earlier one.")
    paid = store.paid_between(work, since, until, store.owned_by(actor.id))
    accounts = ((cash_of(actor.id), Asset.CNY), (points_of(actor.id), Asset.PTS))
    open_ones = ledger.balances(work, [address for address, _ in accounts])
    return Statement(
        person_id=actor.id,
        month=month,
        zone=zone,
        since=since,
        until=until,
        final=until <= work.now(),
        assets=tuple(
            _stated(work, address, asset, since, until) if address in open_ones else Stated(asset.value, 0, (), 0)
            for address, asset in accounts
        ),
        paid=sum(one.gross for one in paid),
        withheld=sum(one.tax.units for one in paid),
    )


def _stated(work: Work, address: str, asset: Asset, since: datetime, until: datetime) -> Stated:
    page = ledger.statement(work, address, asset, since, until, limit=_PAGE)
    opening, lines = page.opening, list(page.lines)
    while page.next is not None and len(lines) < _MOST_LINES:
        page = ledger.statement(work, address, asset, since, until, page.next, _PAGE)
        lines += page.lines
    return rules.summed(Stated(asset.value, opening, tuple(map(_line, lines)), page.until_closing))


def _line(line: Line) -> StatedLine:
    transfer = line.transfer
    zh, en = (str(transfer.details.get(language, transfer.what)) for language in ("zh", "en"))
    return StatedLine(transfer.at, transfer.what, zh, en, line.amount, line.balance_after, transfer.id)
