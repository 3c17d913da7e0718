"""A person's month: opening and lines add up to closing for each asset, or there is no statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pipewarden.kit.table import written
from pipewarden.ledger.facts import Asset
from pipewarden.market.rules import amounts

if TYPE_CHECKING:
    from pipewarden.market.facts.wallet import Stated, Statement


def shown(asset: str, amount: int) -> str:
    """Return an amount of an asset as people read it."""
    return amounts.shown(amount, Asset(asset))


def signed(asset: str, amount: int) -> str:
    """Return it with its sign, as the wallet's lists show it."""
    return shown(asset, amount) if amount < 0 else f"+{shown(asset, amount)}"


def summed(stated: Stated) -> Stated:
    """Return one asset's month when it adds up.

    Raises:
        ValueError: it does not: a mistake in the program, and no statement is given out.
    """
    balance = stated.opening
    for line in stated.lines:
        balance += line.amount
        if line.after != balance:
            raise ValueError(f"the statement's line {line.transfer} leaves {line.after}, it adds up to {balance}")
    if balance != stated.closing:
        raise ValueError(f"the statement adds up to {balance}, the book says {stated.closing}")
    return stated


def as_csv(statement: Statement) -> str:
    """Return a statement as a table: for each asset its opening, lines and closing; no cell runs as a formula."""
    columns = ("month", "asset", "at", "what", "words", "words_en", "amount", "balance", "transfer")
    rows: list[tuple[object, ...]] = []
    for one in statement.assets:
        opening, closing = shown(one.asset, one.opening), shown(one.asset, one.closing)
        first = (statement.month, one.asset, statement.since.isoformat(), "opening", "期初余额", "opening balance")
        last = (statement.month, one.asset, statement.until.isoformat(), "closing", "期末余额", "closing balance")
        rows.append((*first, None, Decimal(opening), None))
        rows += [
            (
                statement.month,
                one.asset,
                line.at.isoformat(),
                line.what,
                line.zh,
                line.en,
                Decimal(shown(one.asset, line.amount)),
                Decimal(shown(one.asset, line.after)),
                str(line.transfer),
            )
            for line in one.lines
        ]
        rows.append((*last, None, Decimal(closing), None))
    return written(columns, rows)
