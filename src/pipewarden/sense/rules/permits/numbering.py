"""Which messages of a one-call centre never came: it numbers what it sends to each station, so a hole is a lost dig."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.sense.facts import NumberGap

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_MOST_GAPS = 1000


def missing(heard: Iterable[tuple[str, date, int]], *, daily: bool) -> tuple[NumberGap, ...]:
    """Return the holes in the numbers of each station, earliest day first, 1,000 at most.

    A message that came twice or late is no hole. What follows the last number heard is not known to be missing.

    Args:
        heard: (station, the place's own day, number) of each message, in any order.
        daily: the numbers begin at 1 each day, so what came before the first of a day is missing too; else they run
            on over the days, and a hole belongs to the day of the message that came next.
    """
    series: dict[tuple[str, date | None], dict[int, date]] = defaultdict(dict)
    for station, day, number in heard:
        known = series[station, day if daily else None]
        known[number] = min(day, known.get(number, day))
    gaps = []
    for (station, _), days in series.items():
        numbers = sorted(days)
        before = 0 if daily else numbers[0] - 1
        for number in numbers:
            if number > before + 1:
                gaps.append(NumberGap(station, days[number], before + 1, number - 1))
            before = number
    return tuple(sorted(gaps, key=lambda gap: (gap.day, gap.station, gap.first))[:_MOST_GAPS])
