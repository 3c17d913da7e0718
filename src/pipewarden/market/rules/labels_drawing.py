"""Which item a person is asked about: drawn by the server, blind, never one's own, gold among them unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.market.facts.labels import Standing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from numpy.random import Generator

    from pipewarden.market.facts.labels import LabelPolicy

_WINDOW = 50  # of the least sure items: what a model doubts comes first, and yet nobody knows which is next


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that could be drawn.

    Attributes:
        gold: its truth is known.
        score: how sure a model is of it; None where none was asked, which is the least sure.
        asked: people who hold or answered it.
        authors: whose own work it shows.
        shown: of gold, to how many.
    """

    item_id: UUID
    gold: bool = False
    score: float | None = None
    asked: frozenset[UUID] = frozenset()
    authors: frozenset[UUID] = frozenset()
    shown: int = 0


def gold_due(drawn: int, gold: int, stands: Standing, policy: LabelPolicy, chance: float) -> bool:
    """Return whether the next item is to be gold.

    By chance, so that nobody can count them; without it only where the person's own share would fall below the least.

    Args:
        drawn: items that the person drew, ``gold`` of them gold.
        gold: see there.
        stands: on trial there is more of it.
        policy: in force.
        chance: 0 to 1, thrown by the server.
    """
    share = policy.trial_gold if stands is Standing.TRIAL else policy.gold
    return chance < share or gold < int(policy.gold_least * (drawn + 1))


def draw(
    candidates: Sequence[Candidate],
    person_id: UUID,
    *,
    gold: bool,
    overlap: int,
    worn: int,
    hands: Mapping[UUID, UUID],
    dice: Generator,
) -> Candidate | None:
    """Return the item, None where there is none for this person.

    Args:
        candidates: open items.
        person_id: who asks.
        gold: whether it is to be gold; where none is left for this person, another item is drawn instead.
        overlap: people an item is asked of; gold is asked of everybody, up to ``worn``.
        worn: see ``LabelPolicy.gold_worn``.
        hands: by person the first of those who hang together (``collusion.hands``): they count as one.
        dice: the server's.
    """
    mine = hands.get(person_id, person_id)
    fit = [one for one in candidates if _may(one, person_id, mine, hands)]
    plain = [one for one in fit if not one.gold and len(one.asked) < overlap]
    known = [one for one in fit if one.gold and one.shown < worn]
    pool = known or plain if gold else plain
    if not pool:
        return None
    if pool is plain:
        pool = sorted(plain, key=lambda one: (one.score is not None, one.score or 0.0, one.item_id))[:_WINDOW]
    return pool[int(dice.integers(len(pool)))]


def _may(one: Candidate, person_id: UUID, mine: UUID, hands: Mapping[UUID, UUID]) -> bool:
    """Return whether a person may be asked: neither they nor the same hand had it, nor is it their own work."""
    known: Collection[UUID] = one.asked | one.authors
    return person_id not in known and all(hands.get(who, who) != mine for who in known)
