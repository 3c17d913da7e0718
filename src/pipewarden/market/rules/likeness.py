"""How alike two Chinese texts are: cosine of pairs of characters.

Pairs need no dictionary: rjieba is not among our packages, and the words of gas (软管, 搭挂重物) are in no common one.
"""

from __future__ import annotations

import math
import re
from collections import Counter

_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")


def terms(text: str) -> Counter[str]:
    """Return the terms of a text: pairs of Chinese characters, a lone one as it is, and Latin words and numbers."""
    found: Counter[str] = Counter()
    for run in _RUNS.findall(text.lower()):
        if run[0] >= "\u3400" and len(run) > 1:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found[run] += 1
    return found


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return 0 to 1: the cosine of two texts' terms, a term's count dampened by 1 + ln."""
    first, second = _vector(one), _vector(other)
    if not first or not second:
        return 0.0
    dot = math.fsum(value * second[term] for term, value in first.items() if term in second)
    sizes = math.sqrt(math.fsum(v * v for v in first.values()) * math.fsum(v * v for v in second.values()))
    return min(1.0, dot / sizes)


def shared(one: Counter[str], other: Counter[str], most: int) -> list[str]:
    """Return terms that two texts share, the longest first: the words that a reason shows."""
    both = sorted(one.keys() & other.keys(), key=lambda term: (-len(term), -min(one[term], other[term]), term))
    return both[:most]


def _vector(found: Counter[str]) -> dict[str, float]:
    return {term: 1 + math.log(count) for term, count in found.items()}
