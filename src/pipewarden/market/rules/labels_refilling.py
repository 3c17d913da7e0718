"""Which settled items become gold, so that whoever labels never runs out of items whose truth is known.

Gold is spent by being told (docs/adr/0039), and nobody is asked about the same item twice: so it is counted for each
person, and an item helps only who never had it.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from numpy.random import Generator

    from pipewarden.market.facts.labels import LabelPolicy


def short_of(left: Mapping[UUID, int], fresh: Mapping[UUID, int], policy: LabelPolicy) -> dict[UUID, int]:
    """Return how much gold each person lacks for what they may answer within a day; who lacks none is not in it.

    Args:
        left: by person, answers that their part still takes.
        fresh: by person, gold that still measures and that they never had.
        policy: in force: its share of gold, and the most answers a day.
    """
    wanted = {who: ceil(policy.gold * min(count, policy.day_most)) for who, count in left.items()}
    lacking = {who: count - fresh.get(who, 0) for who, count in wanted.items()}
    return {who: count for who, count in sorted(lacking.items()) if count > 0}


def chosen(short: Mapping[UUID, int], settled: Mapping[UUID, frozenset[UUID]], dice: Generator) -> list[UUID]:
    """Return the items that become gold: for who lacks most first, by chance, and no more than are lacked.

    Args:
        short: by person, see ``short_of``.
        settled: by item that could become gold, who had it.
        dice: the server's: who answered an item must not know that it will be asked of others.
    """
    found: list[UUID] = []
    for who in sorted(short, key=lambda one: (-short[one], one)):
        lacking = short[who] - sum(who not in settled[one] for one in found)
        free = sorted(one for one in settled if one not in found and who not in settled[one])
        if lacking > 0 and free:
            picked = dice.choice(len(free), min(lacking, len(free)), replace=False)
            found += [free[at] for at in sorted(picked.tolist())]
    return found
