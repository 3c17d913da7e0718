"""What a call costs, how it is shared, and whether it fits its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.metering import MeterState, Split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.market.facts.metering import Meter, Price

TEN_THOUSAND = 10_000


class ExhaustedError(RefusedError):
    """The next call does not fit the budget (409)."""

    @classmethod
    def of(cls) -> ExhaustedError:
        """Return the error."""
        return cls(field="demand", problem="budget exhausted", fix="Raise the budget, or open another demand.")


class WantedError(RefusedError):
    """Every call that was wanted is there (409)."""

    @classmethod
    def of(cls) -> WantedError:
        """Return the error."""
        return cls(field="demand", problem="has all the calls that were wanted", fix="Open another demand.")


def price_at(prices: Sequence[Price], at: datetime) -> int:
    """Return the price of a moment: the newest that had begun.

    Raises:
        RefusedError: nothing was priced by then: nobody works for a price that is named later.
    """
    begun = [one for one in prices if one.since <= at]
    if not begun:
        raise RefusedError(field="capability", problem="had no price then", fix="Set a price first.")
    return max(begun, key=lambda one: one.since).units


def split(units: int, house_share: int) -> Split:
    """Return how the price of one call is shared, each part rounded down and the rest named.

    By the call and not by the batch, so that it makes no difference how calls are gathered.

    Args:
        units: of 0.0001 yuan.
        house_share: parts of ten thousand.
    """
    house = units * house_share // TEN_THOUSAND
    expert = units * (TEN_THOUSAND - house_share) // TEN_THOUSAND
    return Split(expert, house, units - house - expert)


def fits(left: int, committed: int, units: int) -> bool:
    """Return whether a call fits: what is free in the book, less what other calls took that is not booked yet."""
    return left - committed >= units


def calls_within(budget: int, price: int) -> tuple[int, int]:
    """Return how many calls a budget pays, and what is left of it."""
    return divmod(budget, price)


def again(meter: Meter, now: datetime) -> bool:
    """Return whether a call that is there may be admitted anew: it failed, or was never answered in time."""
    return meter.state is MeterState.RELEASED or (meter.state is MeterState.ADMITTED and now >= meter.until)
