"""Whether a withdrawal may be made as it is asked: the provider's bounds, and the day's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.payouts import fen_text

if TYPE_CHECKING:
    from pipewarden.market.facts.payouts import PayoutPolicy


def check_gross(policy: PayoutPolicy, gross_fen: int, *, today: int, today_fen: int) -> None:
    """Refuse an amount out of bounds, or more than is left of the day.

    Args:
        policy: in force.
        gross_fen: what is to leave the wallet.
        today: withdrawals of the person today; those that came back do not count.
        today_fen: what they sum to, in 分.

    Raises:
        InputError: too little or too much for one.
        RefusedError: too many, or too much for one day.
    """
    if not policy.least_fen <= gross_fen <= policy.most_fen:
        bounds = f"{fen_text(policy.least_fen)} to {fen_text(policy.most_fen)}"
        raise InputError(field="amount", problem=f"is not within {bounds} 元", fix="Withdraw within these bounds.")
    if today >= policy.day_count:
        raise RefusedError(
            field="amount",
            problem=f"would be today's {today + 1}th withdrawal, {policy.day_count} are allowed",
            fix="Withdraw tomorrow.",
        )
    if today_fen + gross_fen > policy.day_fen:
        left = fen_text(max(0, policy.day_fen - today_fen))
        raise RefusedError(
            field="amount", problem=f"is more than is left of today ({left} 元)", fix="Withdraw less, or tomorrow."
        )


def check_net(policy: PayoutPolicy, fen: int) -> None:
    """Refuse what after tax is less than the provider pays.

    Raises:
        InputError: it is.
    """
    if fen < policy.least_fen:
        raise InputError(
            field="amount",
            problem=f"leaves {fen_text(fen)} 元 after tax, less than {fen_text(policy.least_fen)}",
            fix="Withdraw more at once.",
        )


def name_for(policy: PayoutPolicy, fen: int, name: str) -> str:
    """Return the real name that must go with so much, or nothing where none may."""
    return "" if fen < policy.no_name_below_fen else name
