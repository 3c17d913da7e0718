"""What is withheld of a payment as 劳务报酬, by the dated rule of policy/tax; unverified by a tax adviser.

Both methods withhold what is owed on the sum so far, less what was withheld so far: income of one project is taxed by
the month it is paid in (个人所得税法实施条例 第十四条), and ten small payments owe what one large one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.payouts import UNITS_PER_FEN
from pipewarden.market.facts.wallet import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.market.facts.wallet import Band, Earned, TaxRule


def withheld(rule: TaxRule, before: Earned, gross: int) -> int:
    """Return what to withhold of ``gross`` units, in whole 分 and never less than nothing.

    Args:
        rule: in force at the payment.
        before: paid and withheld in the month and the year so far.
        gross: units of 0.0001 元.
    """
    if rule.method is Method.MONTHLY:
        owed = owed_monthly(rule, before.month + gross)
        return max(0, owed - before.month_withheld)
    owed = owed_yearly(rule, before.year + gross, before.months)
    return max(0, owed - before.year_withheld)


def owed_monthly(rule: TaxRule, gross: int) -> int:
    """Return what a month's income owes (2018年第61号 第八条, 预扣率表二), in units, to the nearest 分."""
    small = gross <= rule.small
    taxable = gross - rule.small_less if small else gross * (100 - rule.less_percent) // 100
    return _by_bands(rule.bands, max(0, taxable))


def owed_yearly(rule: TaxRule, gross: int, months: int) -> int:
    """Return what a year's income owes after so many months (2025年第16号 第一条, 预扣率表一), to the nearest 分."""
    taxable = gross * (100 - rule.cumulative_less_percent) // 100 - rule.month_less * months
    return _by_bands(rule.year_bands, max(0, taxable))


def _by_bands(bands: Sequence[Band], taxable: int) -> int:
    band = next(one for one in bands if one.most is None or taxable <= one.most)
    hundredths = max(0, taxable * band.percent - band.quick * 100)  # of a unit
    per_fen = UNITS_PER_FEN * 100
    return (hundredths + per_fen // 2) // per_fen * UNITS_PER_FEN
