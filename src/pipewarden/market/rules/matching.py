"""How well experts suit a commission: a score that is the sum of its reasons, and what stands against somebody.

Every part says its facts in one sentence, so that a client and the expert read the same reasons (PIPL art. 24).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.market.facts.commissions import Match, Reason
from pipewarden.market.facts.experts import Grade
from pipewarden.market.rules.likeness import likeness, shared, terms
from pipewarden.market.rules.wallet import yuan

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.market.facts.experts import Expert, ExpertPolicy, Scoring, Skill

_GRADES = {Grade.A: 1.0, Grade.B: 0.6, Grade.C: 0.2}
_PRIOR = (3.0, 2)  # somebody whom nobody rated counts as two clients who were indifferent
_ALIKE = 0.5  # a topic counts for a tag that it is so much alike
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What experts are matched against: a commission, or a picture.

    Attributes:
        words: title and description.
        price: of a call, units of 0.0001 yuan; None where nothing is asked for it.
        clients: tenant and names of whoever pays: who is bound to one of them must not work for it.
        barred: persons who must not: who made it, or whose picture it is.
    """

    tags: frozenset[str]
    words: str
    price: int | None
    clients: frozenset[str]
    barred: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert with what they proved, how much they have in hand, and the tenants in which they hold a role."""

    expert: Expert
    skills: Sequence[Skill]
    load: int
    bound: frozenset[str] = frozenset()


def matched(policy: ExpertPolicy, wanted: Wanted, candidates: Sequence[Candidate]) -> list[Match]:
    """Return how well each candidate suits, the best first; those who must not come last, with why.

    What somebody is likely to get right on each topic that is wanted is what they say of themselves (tags, words) until
    items with a known answer say more: a share of right answers that counts ``strength`` items beforehand. What lies
    above guessing counts, together with the clients' stars and the grade; a full load and a price above the one that
    is offered take away from it. The score is the sum of the reasons' points, some of them negative.

    A score is the same whoever else is asked for, so that client and expert read the same one.
    """
    texts = {one.expert.person_id: _text(one.expert) for one in candidates}
    asked = terms(" ".join([wanted.words, *sorted(wanted.tags)]))
    found = [_one(policy, wanted, one, _Words(asked, texts[one.expert.person_id])) for one in candidates]
    return sorted(found, key=lambda one: (bool(one.against), -one.score, one.person_id))


@dataclass(frozen=True, slots=True)
class _Words:
    """What is asked for and what somebody says of themselves, as terms."""

    asked: Counter[str]
    text: Counter[str]

    def alike(self, topic: str) -> float:
        """Return how far the text speaks of a topic: the share of its terms, or how alike the whole is."""
        mine = terms(topic)
        held = sum(one in self.text for one in mine) / len(mine) if mine else 0.0
        return max(held, likeness(self.asked, self.text))


def _text(expert: Expert) -> Counter[str]:
    return terms(" ".join([expert.job, expert.words, *sorted(expert.tags)]))


def _one(policy: ExpertPolicy, wanted: Wanted, one: Candidate, words: _Words) -> Match:
    reasons = [*_able(policy, wanted, one, words), *_standing(policy.scoring, one.expert)]
    for part in (_load(policy, one.load), _price(policy.scoring, wanted, one.expert)):
        left, reason = part
        reasons.append(replace(reason, points=sum(each.points for each in reasons) * (left - 1)))
    score = sum(each.points for each in reasons)
    ordered = sorted((_rounded(each) for each in reasons), key=lambda each: -each.points)
    against = tuple(_against(wanted, one))
    return Match(one.expert.person_id, 0.0 if against else round(score, 4), tuple(ordered), against)


def _rounded(one: Reason) -> Reason:
    return replace(one, value=round(one.value, 4), points=round(one.points, 4))


def _able(policy: ExpertPolicy, wanted: Wanted, one: Candidate, words: _Words) -> list[Reason]:
    """Return what tags, words and proof each add to what somebody is likely to get right."""
    how, topics = policy.scoring, sorted(wanted.tags) or [wanted.words]
    named = [float(topic in one.expert.tags) for topic in topics]
    said = [words.alike(topic) for topic in topics]
    proved = [_proved(topic, one.skills) for topic in topics]
    by_tags = [how.base + how.tags * tag for tag in named]
    by_words = [before + how.words * word for before, word in zip(by_tags, said, strict=True)]
    by_proof = [
        (before * how.strength + right) / (how.strength + total)
        for before, (right, total) in zip(by_words, proved, strict=True)
    ]
    steps = [
        how.skill * max(0.0, (sum(shares) / len(shares) - how.guess) / (1 - how.guess))
        for shares in (by_tags, by_words, by_proof)
    ]
    points = [after - before for before, after in zip([0.0, *steps], steps, strict=False)]
    count, both = f"{int(sum(named))}/{len(topics)}", sorted(wanted.tags & one.expert.tags)[:_SHOWN]
    alike, common = sum(said) / len(said), shared(words.asked, words.text, _SHOWN)
    right, total = round(sum(r for r, _ in proved)), round(sum(t for _, t in proved))
    zh = f"同类标准题 {right}/{total} 正确" if total else "同类标准题尚无记录"
    en = f"{right} of {total} right on like items" if total else "nothing proved on like items"
    return [
        Reason("tags", sum(named) / len(named), points[0], f"标签相符 {count}{_listed(both)}", f"{count} tags"),
        Reason("words", alike, points[1], f"文字相近 {alike:.0%}{_listed(common)}", f"{alike:.0%} alike in words"),
        Reason("skill", right / total if total else 0.0, points[2], zh, en),
    ]


def _proved(topic: str, skills: Sequence[Skill]) -> tuple[float, float]:
    """Return right answers and all answers to items of a topic; of topics that read alike a share of them."""
    right = total = 0.0
    for one in skills:
        near = 1.0 if one.topic == topic else likeness(terms(topic), terms(one.topic))
        if near >= _ALIKE:
            right += near * one.right
            total += near * (one.right + one.wrong)
    return right, total


def _standing(how: Scoring, expert: Expert) -> list[Reason]:
    mean = (expert.stars + _PRIOR[0] * _PRIOR[1]) / (expert.ratings + _PRIOR[1])
    value, grade = (mean - 1) / 4, _GRADES[expert.grade]
    zh, en = "暂无评价", "not rated yet"
    if expert.rating is not None:
        stars = f"{expert.rating:.1f}"
        zh, en = f"共创评价 {stars} 星（{expert.ratings} 次）", f"{stars} stars of {expert.ratings} clients"
    return [
        Reason("rating", value, how.rating * value, zh, en),
        Reason("grade", grade, how.grade * grade, f"{expert.grade}级专家", f"grade {expert.grade}"),
    ]


def _load(policy: ExpertPolicy, load: int) -> tuple[float, Reason]:
    """Return the share of the score that somebody's load leaves."""
    value = max(0.0, 1 - load / policy.busy)
    left = policy.scoring.busy_left + (1 - policy.scoring.busy_left) * value
    return left, Reason("load", value, 0.0, f"在手 {load} 项", f"{load} in hand")


def _price(how: Scoring, wanted: Wanted, expert: Expert) -> tuple[float, Reason]:
    """Return the share of the score that the price somebody asks for leaves."""
    floor = expert.price_floor
    if wanted.price is None or floor is None or floor <= wanted.price:
        return 1.0, Reason("price", 1.0, 0.0, "接受此价格", "works for this price")
    value = max(0.0, 1 - (floor - wanted.price) / wanted.price)
    left = how.price_left + (1 - how.price_left) * value
    return left, Reason("price", value, 0.0, f"期望 {yuan(floor)} 元/次", f"asks {yuan(floor)} yuan a call")


def _listed(words: Sequence[str]) -> str:
    return f"（{'、'.join(words)}）" if words else ""


def _against(wanted: Wanted, one: Candidate) -> list[Reason]:
    expert = one.expert
    found = []
    if expert.person_id in wanted.barred:
        found.append(Reason("own", 0, 0, "本人的需求或图片", "it is their own"))
    if wanted.clients & (expert.conflicts | one.bound | {folded(expert.employer)}):
        found.append(Reason("conflict", 0, 0, "利益冲突：与需求方有关联", "bound to the client"))
    if not expert.available:
        found.append(Reason("away", 0, 0, "暂不接单", "takes no work now"))
    return found


def folded(name: str) -> str:
    """Return a company's name as it is compared: without spaces, in lower case."""
    return "".join(name.split()).lower()
