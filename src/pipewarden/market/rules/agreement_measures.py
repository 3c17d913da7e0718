"""How far people agree beyond chance: Cohen's kappa for two, Krippendorff's alpha for any number with gaps."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.market.rules.agreement import Vote


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return kappa of two people over the items that both answered; None where it says nothing.

    J. Cohen, *A Coefficient of Agreement for Nominal Scales*, 1960: (observed - expected) / (1 - expected). It says
    nothing without items, and where both gave one and the same label throughout.
    """
    if not pairs:
        return None
    of = len(pairs)
    seen = sum(left == right for left, right in pairs) / of
    lefts, rights = Counter(left for left, _ in pairs), Counter(right for _, right in pairs)
    by_chance = sum(lefts[one] * rights[one] for one in lefts) / of**2
    return None if by_chance >= 1.0 else (seen - by_chance) / (1.0 - by_chance)


def kappas(votes: Sequence[Vote]) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Return kappa and the number of common items of every two people who share one, the names in order."""
    by_item: dict[str, dict[str, str]] = defaultdict(dict)
    for one in votes:
        by_item[one.item][one.worker] = one.label
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for given in by_item.values():
        names = sorted(given)
        for n, left in enumerate(names):
            for right in names[n + 1 :]:
                pairs[left, right].append((given[left], given[right]))
    return {who: (cohen_kappa(found), len(found)) for who, found in pairs.items()}


def krippendorff_alpha(votes: Sequence[Vote]) -> float | None:
    """Return alpha for names without order (nominal), with gaps; None where it says nothing.

    K. Krippendorff, *Computing Krippendorff's Alpha-Reliability*, 2011: 1 - observed / expected disagreement, from
    coincidences: each pair of values within an item counts 1 / (values of the item - 1). Items with one value are left
    out. It says nothing where fewer than two values can be paired, or all of them are one label.
    """
    units = _units(votes)
    coincidences: Counter[tuple[str, str]] = Counter()
    for given in units.values():
        of = sum(given.values())
        for left, n in given.items():
            for right, m in given.items():
                coincidences[left, right] += n * (m - (left == right)) / (of - 1)  # type: ignore[assignment]
    sums: Counter[str] = Counter()
    for (left, _), n in coincidences.items():
        sums[left] += n
    whole = sum(sums.values())
    expected = whole**2 - sum(n**2 for n in sums.values())
    if expected <= 0:
        return None
    observed = sum(n for (left, right), n in coincidences.items() if left != right)
    return 1.0 - (whole - 1) * observed / expected


def _units(votes: Sequence[Vote]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in votes:
        found[one.item][one.label] += 1
    return {item: given for item, given in found.items() if given.total() > 1}
