"""What tests of labelling share: the shipped policy, and a town of honest people and rings at work (safety.md M5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

import pipewarden
from pipewarden.market.facts.labels import Standing
from pipewarden.market.rules.agreement import Vote, dawid_skene
from pipewarden.market.rules.collusion import people_together
from pipewarden.market.rules.labels_drawing import gold_due
from pipewarden.market.rules.labels_policy import policy_at, read_labelling
from pipewarden.market.rules.labels_standing import standing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipewarden.market.facts.labels import LabelPolicy

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)
FILE = Path(pipewarden.__file__).parent / "policy" / "labelling" / "CN.yaml"


def policy() -> LabelPolicy:
    return policy_at(read_labelling(yaml.safe_load(FILE.read_text(encoding="utf-8")), FILE.name), NOW)


@dataclass(frozen=True)
class Town:
    """How many work, how they cheat, and how long.

    ``how``: ``same`` = a ring agrees on one label for ever; ``hash`` = on a label for each item, so that its members
    agree wherever they meet; ``pool`` = the same, and each gold that one of them was told of is known to all at once;
    ``leak`` = somebody inside gave them every gold there is.
    """

    people: int = 1000
    ring: int = 50
    how: str = "hash"
    days: int = 14
    daily: int = 20
    labels: int = 6
    overlap: int = 3


@dataclass
class Ended:
    """Who earned what; accounts below ``ring`` are the ring's."""

    earned: NDArray[np.int64]
    stands: list[Standing]
    flagged: set[int]
    ring: int
    gold: int
    drawn: int
    right: float
    met: int

    @property
    def share(self) -> float:
        """What a member of the ring earned, as a share of what an honest person did."""
        return float(self.earned[: self.ring].mean() / self.earned[self.ring :].mean())

    @property
    def false_flags(self) -> float:
        """The share of honest people who were stopped or named."""
        honest = range(self.ring, len(self.stands))
        named = sum(self.stands[one] is Standing.STOPPED or one in self.flagged for one in honest)
        return named / len(honest)


class _Chance:
    """Numbers of a generator in blocks: one at a time they are what a simulation spends its time on."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        self._block: list[float] = []

    def random(self) -> float:
        if not self._block:
            self._block = self.dice.random(65_536).tolist()
        return self._block.pop()

    def below(self, most: int) -> int:
        return int(self.random() * most)


class _Work:
    """One town at work; every step by the rules that the services use."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.rules, self.chance = town, policy(), _Chance(seed)
        self.skill = self.chance.dice.beta(27, 3, town.people).tolist()  # 0.9 on the mean, 0.8 and more for most
        self.truth: list[int] = []
        self.decoy: list[int] = []
        self.votes: list[dict[int, int]] = []
        self.gold: dict[int, int] = {}  # item to how many saw it, of those that measure somebody
        self.golds: list[int] = []  # every item whose truth was known from the beginning
        self.marks: list[list[bool]] = [[] for _ in range(town.people)]
        self.drawn = [[0, 0] for _ in range(town.people)]  # all, gold
        self.day: dict[int, int] = {}
        self.good: list[list[bool]] = []  # by day, who stood good
        self.told: set[int] = set()
        self.met = 0
        for _ in range(max(60, town.people // 2)):
            self.add_gold()

    def add_gold(self) -> None:
        item = self.item(clear=True)
        self.gold[item] = 0
        self.golds.append(item)

    def item(self, *, clear: bool = False) -> int:
        labels = self.town.labels
        common = self.chance.random() < 0.4  # the first label is as frequent as that
        self.truth.append(0 if common else 1 + self.chance.below(labels - 1))
        hard = not clear and self.chance.random() < 0.1  # one item in ten misleads half of those who look
        self.decoy.append((self.truth[-1] + 1) % labels if hard else -1)
        self.votes.append({})
        return len(self.truth) - 1

    def answer(self, who: int, item: int) -> int:
        town = self.town
        if who < town.ring:
            if (town.how == "pool" and item in self.told) or (town.how == "leak" and item in self.gold):
                return self.truth[item]
            return 0 if town.how == "same" else (item * 7919) % town.labels
        if self.decoy[item] >= 0 and self.chance.random() < 0.5:
            return self.decoy[item]
        return self.truth[item] if self.chance.random() < self.skill[who] else self.chance.below(town.labels)

    def measure(self, who: int, pool: list[int]) -> bool:
        item = pool[self.chance.below(len(pool))]
        if who in self.votes[item] or self.gold.get(item, self.rules.gold_worn) >= self.rules.gold_worn:
            return False
        said = self.votes[item][who] = self.answer(who, item)
        self.marks[who].append(said == self.truth[item])
        self.gold[item] += 1
        if said != self.truth[item]:  # it comes back with its reason, and measures nobody any more
            self.gold[item] = self.rules.gold_worn
            if who < self.town.ring:
                self.told.add(item)
        return True

    def work_day(self, day: int) -> None:
        town, rules = self.town, self.rules
        stands = [standing(found, rules.trial) for found in self.marks]
        self.good.append([one is Standing.GOOD for one in stands])
        slots: list[int] = []
        pool = [one for one, shown in self.gold.items() if shown < rules.gold_worn]
        for who in range(town.people):
            if stands[who] is Standing.STOPPED:
                continue
            mine = self.drawn[who]
            for _ in range(town.daily):
                due = gold_due(mine[0], mine[1], stands[who], rules, self.chance.random())
                measured = due and any(self.measure(who, pool) for _ in range(8))
                mine[0] += 1
                mine[1] += measured
                slots += [] if measured else [who]
        self.share_out(slots, day)
        for _ in range(max(0, town.people // 2 - sum(shown < rules.gold_worn for shown in self.gold.values()))):
            self.add_gold()  # settled items that all agreed on measure others from now on

    def share_out(self, slots: list[int], day: int) -> None:
        k, order = self.town.overlap, np.array(slots)
        self.chance.dice.shuffle(order)
        for n in range(0, len(order) - k + 1, k):  # so many people at random for an item, each once
            item = self.item()
            group = {int(one) for one in order[n : n + k]}
            self.votes[item] = {who: self.answer(who, item) for who in group}
            self.met += sum(who < self.town.ring for who in group) > 1
            self.day[item] = day

    def end(self) -> Ended:
        town, rules = self.town, self.rules
        plain = [Vote(f"{i}", f"{w}", f"{label}") for i, given in enumerate(self.votes) for w, label in given.items()]
        agreed = dawid_skene(plain, {f"{one}": f"{self.truth[one]}" for one in self.golds}).best()
        earned, right = np.zeros(town.people, np.int64), 0
        for item, day in self.day.items():
            label, sure = agreed[f"{item}"]
            right += int(label) == self.truth[item]
            paid = day + rules.hold.days
            if sure >= rules.sure and paid < town.days:
                for who, said in self.votes[item].items():
                    earned[who] += f"{said}" == label and any(good[who] for good in self.good[paid:])
        found = people_together(plain, {item: label for item, (label, _) in agreed.items()})
        return Ended(
            earned=earned,
            stands=[standing(one, rules.trial) for one in self.marks],
            flagged={int(one.who[0]) for one in found if one.named},
            ring=town.ring,
            gold=sum(one[1] for one in self.drawn),
            drawn=sum(one[0] for one in self.drawn),
            right=right / len(self.day),
            met=self.met,
        )


def work_through(town: Town, seed: int) -> Ended:
    """Let a town work for its days and return who earned what, and who was stopped or named."""
    made = _Work(town, seed)
    for day in range(town.days):
        made.work_day(day)
    return made.end()
