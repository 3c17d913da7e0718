"""Signs that people answer together instead of each alone: wrong in the same way too often, or one hand behind many.

Two honest people who are wrong are wrong in the same way as often as everybody is: the share is counted over all who
were wrong where the same was true, so that a picture that misleads everybody accuses nobody. Who agrees far more often
than that is told to a person who decides; nothing here takes anybody's pay (safety.md T8). Right answers accuse nobody:
they agree because the truth is one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipewarden.market.rules.agreement import Vote

LEAST_TOGETHER = 4  # wrong answers side by side; fewer prove nothing about anybody
RISK = 0.001  # that one honest person of a whole round is named, over all that are looked at (Bonferroni)
LEAST_CHANCE = 0.05  # honest wrong answers are alike so often at least: what misled two may have settled as the truth
_PRIOR = 1.0  # pseudo-counts for shares seen seldom


@dataclass(frozen=True, slots=True)
class Together:
    """Wrong answers that two people, or one person and all others, gave to the same items.

    Attributes:
        who: one name, or two in order.
        same: how often both gave the same wrong answer, of ``of`` items that both had wrong.
        expected: how often honest people would have.
        chance: that honest people agree so often or more, 0 to 1, over this one test.
        named: it is so unlikely that a person has to look.
    """

    who: tuple[str, ...]
    same: int
    of: int
    expected: float
    chance: float
    named: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """What several accounts have in common: a payee, a browser; ``value`` is a hash of it, never itself."""

    kind: str
    value: str
    who: tuple[str, ...]


@dataclass(slots=True)
class _Counts:
    same: int = 0
    of: int = 0
    expected: float = 0.0


def pairs_together(votes: Sequence[Vote], truth: Mapping[str, str]) -> list[Together]:
    """Return every two people who had enough items wrong side by side, the least likely first.

    Args:
        votes: one for each item and person.
        truth: by item, of gold and of what was settled; other items are left out.
    """
    counts: dict[tuple[str, ...], _Counts] = defaultdict(_Counts)
    for _, left, right, same, chance in _wrong_pairs(votes, truth):
        _count(counts[left, right], same=same, chance=chance)
    return _judged(counts)


def people_together(votes: Sequence[Vote], truth: Mapping[str, str]) -> list[Together]:
    """Return every person who had enough items wrong beside others, the least likely first.

    In a large ring two members seldom meet twice; each of them meets others of the ring often enough.
    """
    counts: dict[tuple[str, ...], _Counts] = defaultdict(_Counts)
    seen: set[tuple[str, str]] = set()
    for item, left, right, same, chance in _wrong_pairs(votes, truth):
        for who in (left, right):
            if (who, item) not in seen:  # once an item: three who fell for one picture are no three proofs
                seen.add((who, item))
                _count(counts[who,], same=same, chance=chance)
    return _judged(counts)


def ties(known: Iterable[tuple[str, str, str]]) -> list[Tie]:
    """Return what more than one account has in common, by kind and value.

    Args:
        known: who, a kind (``payee``, ``browser``) and a hash; empty hashes are nobody's.
    """
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    for who, kind, value in known:
        if value:
            shared[kind, value].add(who)
    return [Tie(kind, value, tuple(sorted(who))) for (kind, value), who in sorted(shared.items()) if len(who) > 1]


def hands(links: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return by person the first name of all who hang together by links; who is in none is not named.

    People of one hand count once: they are never asked about the same item.
    """
    above: dict[str, str] = {}

    def top(one: str) -> str:
        while above.setdefault(one, one) != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for link in links:
        for other in link[1:]:
            low, high = sorted((top(link[0]), top(other)))
            above[high] = low
    return {one: top(one) for one in sorted(above)}


def tail(same: int, of: int, chance: float) -> float:
    """Return how likely ``same`` or more of ``of`` are by a chance each (binomial)."""
    if same <= 0:
        return 1.0
    if chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0
    return min(1.0, sum(exp(_log_of(n, of, chance)) for n in range(same, of + 1)))


def _log_of(hits: int, of: int, chance: float) -> float:
    ways = lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)
    return ways + hits * log(chance) + (of - hits) * log(1.0 - chance)


def _wrong_pairs(votes: Sequence[Vote], truth: Mapping[str, str]) -> list[tuple[str, str, str, bool, float]]:
    """Return each two wrong answers to one item: which, who, whether they are the same, and how frequent that is.

    The share at large is that of pairs with the same truth between people who are not wrong unusually often: a ring
    makes up much of all wrong answers, and would else be the very measure that it is held against.
    """
    wrong: dict[str, list[Vote]] = defaultdict(list)
    for one in votes:
        if one.item in truth and one.label != truth[one.item]:
            wrong[one.item].append(one)
    calm = _calm([one for one in votes if one.item in truth], truth)
    found: list[tuple[str, str, str, str, bool]] = []
    agreeing: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for item, given in wrong.items():
        given.sort(key=lambda one: one.worker)
        for n, left in enumerate(given):
            for right in given[n + 1 :]:
                same = left.label == right.label
                found.append((item, left.worker, right.worker, truth[item], same))
                counts = left.worker in calm and right.worker in calm
                agreeing[truth[item]] += same and counts
                whole[truth[item]] += counts
    at_large = (agreeing.total() + _PRIOR) / (whole.total() + 2 * _PRIOR)
    return [
        (item, left, right, same, (agreeing[true] + at_large * _PRIOR) / (whole[true] + _PRIOR))
        for item, left, right, true, same in found
    ]


def _calm(votes: Sequence[Vote], truth: Mapping[str, str]) -> set[str]:
    """Return the three quarters of people who are wrong least often, and who is wrong as seldom as they."""
    given = Counter(one.worker for one in votes)
    wrong = Counter(one.worker for one in votes if one.label != truth[one.item])
    shares = sorted(wrong[who] / given[who] for who in given)
    border = shares[(3 * len(shares) - 1) // 4] if shares else 0.0
    return {who for who in given if wrong[who] / given[who] <= border}


def _count(counts: _Counts, *, same: bool, chance: float) -> None:
    counts.same += same
    counts.of += 1
    counts.expected += chance


def _judged(counts: Mapping[tuple[str, ...], _Counts]) -> list[Together]:
    enough = {who: one for who, one in counts.items() if one.of >= LEAST_TOGETHER}
    found = []
    for who, one in enough.items():
        chance = tail(one.same, one.of, max(one.expected / one.of, LEAST_CHANCE))
        found.append(Together(who, one.same, one.of, one.expected, chance, named=chance * len(enough) < RISK))
    return sorted(found, key=lambda one: (one.chance, one.who))
