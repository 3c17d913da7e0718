"""When answers to an item settle, what they settle on, and whose answer agrees with it.

An answer is taken apart into questions with one label each (does the scene match, is this hazard there, which choice);
each question is weighed by Dawid and Skene's model over everything that the commission's people answered, so that a
person's word counts as much as it was right elsewhere. Shapes and prices follow with the same weights.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.market.facts.labels import AnswerState, Choice, Said, Shape
from pipewarden.market.rules import agreement_boxes
from pipewarden.market.rules.agreement import Vote, dawid_skene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pipewarden.market.facts.labels import Answer, LabelPolicy

    _Best = dict[str, dict[str, tuple[str, float]]]

SCENE, HAZARD, CHOICE = "scene", "hazard", "choice"
YES, NO = "yes", "no"
_LEAST_F1 = 2 / 3  # of hazards: one of two found and nothing invented


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What the answers to one item say together.

    Attributes:
        said: the settled answer.
        sure: how likely its least likely part is, 0 to 1.
        parts: questions that were weighed.
    """

    said: Said
    sure: float
    parts: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all answers say together: by item what was settled on, by person how often right."""

    items: Mapping[str, Reckoned]
    right: Mapping[str, float]


def questions(said: Said, hazards: Collection[str]) -> dict[tuple[str, str], str]:
    """Return an answer taken apart: (kind, what) to its label. A picture that does not match is asked no further."""
    parts = {(SCENE, ""): YES if said.matches else NO}
    if said.choice is not None:
        parts[CHOICE, ""] = said.choice.value
    if said.matches and said.choice is None:
        parts |= {(HAZARD, one): YES if one in said.hazards else NO for one in hazards}
    return parts


def votes_of(answers: Mapping[str, Mapping[str, Said]], hazards: Collection[str]) -> dict[str, list[Vote]]:
    """Return the votes by kind of question; an item of a vote is ``item/what``."""
    found: dict[str, list[Vote]] = defaultdict(list)
    for item, given in answers.items():
        for who, said in given.items():
            for (kind, what), label in questions(said, hazards).items():
                found[kind].append(Vote(f"{item}/{what}", who, label))
    return found


def whole_vote(item: str, who: str, said: Said) -> Vote:
    """Return an answer as one label: scene, hazards in order, choice. Marks and prices, which vary, are left out."""
    parts = [YES if said.matches else NO, *sorted(said.hazards), *([said.choice.value] if said.choice else [])]
    return Vote(item, who, " ".join(parts))


def weigh(
    answers: Mapping[str, Mapping[str, Said]], gold: Mapping[str, Said], hazards: Sequence[str], policy: LabelPolicy
) -> Weighed:
    """Return what the answers say together.

    Args:
        answers: by item and person.
        gold: by item, where the truth is known.
        hazards: ids of the list that is asked, in its order.
        policy: in force.
    """
    truths = votes_of({item: {"": said} for item, said in gold.items()}, hazards)
    best: _Best = {}
    shares: dict[str, list[float]] = defaultdict(list)
    for kind, votes in votes_of(answers, hazards).items():
        agreed = dawid_skene(votes, {one.item: one.label for one in truths.get(kind, ())})
        best[kind] = agreed.best()
        for who, share in agreed.right().items():
            shares[who].append(share)
    right = {who: sum(found) / len(found) for who, found in shares.items()}
    items = {
        item: _reckoned(item, given, best, right, hazards=hazards, overlap=policy.boxes)
        for item, given in answers.items()
        if given
    }
    return Weighed(items, right)


def agrees(said: Said, settled: Said, policy: LabelPolicy) -> bool:
    """Return whether an answer is right by what was settled.

    The scene and a choice have to be the same; hazards and shapes are right from two thirds (F1) and half (F1 at the
    policy's overlap) on; a price within the policy's band. Where nothing was to be found, finding nothing is right.
    """
    if said.matches != settled.matches or said.choice != settled.choice:
        return False
    if not settled.matches:
        return True
    if _f1(said.hazards, settled.hazards) < _LEAST_F1:
        return False
    if settled.shapes and agreement_boxes.iou_f1(said.shapes, settled.shapes, policy.boxes) < policy.boxes:
        return False
    return settled.price is None or _priced(said.price, settled.price, policy.price_band)


def why_not(said: Said, settled: Said, policy: LabelPolicy) -> str:
    """Return in Chinese and English what is wrong with an answer, for who gave it; empty where it agrees."""
    if agrees(said, settled, policy):
        return ""
    if said.matches != settled.matches:
        return "场景应为匹配 / the scene matches" if settled.matches else "场景应为不匹配 / the scene does not match"
    if said.choice != settled.choice:
        return f"复核结论应为 {settled.choice} / the answer is {settled.choice}"
    if _f1(said.hazards, settled.hazards) < _LEAST_F1:
        named = ", ".join(settled.hazards)
        return f"隐患应为：{named or '无'} / hazards: {named or 'none'}"
    if settled.price is not None and not _priced(said.price, settled.price, policy.price_band):
        return f"核价应为 {settled.price / 10_000:.2f} 元 / the price is {settled.price / 10_000:.2f} yuan"
    return "标注位置不符 / the marks lie elsewhere"


def judged(one: Answer, settled: Said, policy: LabelPolicy) -> Answer:
    """Return an answer as it stands by what its item settled on, paid or not; one that says nothing stays as it is."""
    if one.said is None:
        return one
    why = why_not(one.said, settled, policy)
    return replace(one, state=AnswerState.WRONG if why else AnswerState.RIGHT, reason=why)


def _reckoned(
    item: str,
    given: Mapping[str, Said],
    best: _Best,
    right: Mapping[str, float],
    *,
    hazards: Sequence[str],
    overlap: float,
) -> Reckoned:
    counts = _counts(given, hazards)
    scene, sure = best[SCENE][f"{item}/"]
    chances, choice, seen = [_backed(sure, counts[SCENE, ""], scene)], None, []
    if scene == NO:
        return Reckoned(Said(matches=False), chances[0], 1)
    if f"{item}/" in best.get(CHOICE, {}):
        label, chance = best[CHOICE][f"{item}/"]
        choice = Choice(label)
        chances.append(_backed(chance, counts[CHOICE, ""], label))
    for one in hazards if choice is None else ():
        label, chance = best.get(HAZARD, {}).get(f"{item}/{one}", (NO, 0.0))
        seen += [one] if label == YES else []
        chances.append(_backed(chance, counts[HAZARD, one], label))
    weights = {who: right[who] for who, said in given.items() if said.matches}
    drawn = {who: [shape for shape in given[who].shapes if _fits(shape, seen, hazards)] for who in weights}
    shapes = tuple(agreement_boxes.consensus(drawn, weights, overlap))
    prices = [(said.price, weights[who]) for who, said in given.items() if who in weights and said.price is not None]
    said = Said(matches=True, hazards=tuple(seen), shapes=shapes, price=middle(prices), choice=choice)
    return Reckoned(said, min(chances), len(chances))


def _counts(given: Mapping[str, Said], hazards: Collection[str]) -> dict[tuple[str, str], Counter[str]]:
    """Return how many people gave each label to each question of one item."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for said in given.values():
        for question, label in questions(said, hazards).items():
            found[question][label] += 1
    return found


def _backed(chance: float, given: Counter[str], label: str) -> float:
    """Return how sure a label is: an even chance at most where no more than half of the people gave it.

    With few answers the model is surer than it has cause to be; what only it says asks for another person.
    """
    return chance if given[label] * 2 > given.total() else min(chance, 0.5)


def middle(prices: Iterable[tuple[int, float]]) -> int | None:
    """Return the weighted median: the lowest price with half of the weight at or below it; None without any."""
    ordered = sorted(prices)
    half, below = sum(weight for _, weight in ordered) / 2, 0.0
    for price, weight in ordered:
        below += weight
        if below >= half:
            return price
    return None


def _fits(shape: Shape, seen: Collection[str], hazards: Collection[str]) -> bool:
    """Return whether a shape may stand: it marks a hazard that is seen, or a class that is none of the list."""
    return shape.label in seen or shape.label not in hazards


def _f1(mine: Collection[str], others: Collection[str]) -> float:
    both = len(set(mine) & set(others))
    return 1.0 if not mine and not others else 2 * both / (len(set(mine)) + len(set(others)))


def _priced(mine: int | None, settled: int, band: float) -> bool:
    return mine is not None and abs(mine - settled) <= band * settled
