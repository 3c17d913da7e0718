"""A share with its denominator and its interval: no slice reports one without the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054  # 97.5 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its denominator.

    Attributes:
        value: hits / of; None where there is nothing to count.
        low: lower end of the 95 % interval; 0 where nothing is known.
        high: upper end; 1 where nothing is known.
    """

    hits: int
    of: int
    value: float | None
    low: float
    high: float


def wilson(hits: int, of: int) -> Share:
    """Return a share with its 95 % score interval (E. B. Wilson 1927)."""
    if of == 0:
        return Share(0, 0, None, 0.0, 1.0)
    part, square = hits / of, _Z * _Z / of
    middle = (part + square / 2) / (1 + square)
    reach = _Z / (1 + square) * sqrt(part * (1 - part) / of + square / (4 * of))
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    return Share(hits, of, part, low, 1.0 if hits == of else min(1.0, middle + reach))
