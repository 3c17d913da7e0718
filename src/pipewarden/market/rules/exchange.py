"""Points for cash: whole points, at the rate of the day, never more than a day's bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.wallet import UNITS_PER_YUAN

if TYPE_CHECKING:
    from pipewarden.market.facts.wallet import Rate


def units_for(rate: Rate, points: int, today: int) -> int:
    """Return the cash for points, in 0.0001 元; exact, because a point is a whole number of units.

    Args:
        rate: in force.
        points: asked for.
        today: points that the person exchanged today.

    Raises:
        InputError: fewer than the least.
        RefusedError: more than are left of the day.
    """
    if points < rate.least:
        raise InputError(field="points", problem=f"are fewer than {rate.least}", fix="Wait until you have more.")
    if today + points > rate.day_most:
        left = max(0, rate.day_most - today)
        raise RefusedError(
            field="points",
            problem=f"are more than are left of today ({left} of {rate.day_most})",
            fix="Exchange fewer, or the rest tomorrow.",
        )
    return points * (UNITS_PER_YUAN // rate.per_yuan)
