"""How far labelling is, for either side: an expert's part with its counts, a commission with its own.

How a person stands is told as it was when the day began: told at once, it would say which of the items just answered
had been gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.market.facts.labels import AnswerState, LabelKind, Standing
from pipewarden.market.rules.labels_standing import standing, told_until
from pipewarden.market.service import commissions, labelling
from pipewarden.market.service.labelling_settling import kind_of_tool
from pipewarden.market.store import commissions as whole_store
from pipewarden.market.store import labels
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.people.facts import Actor

_S = AnswerState


@dataclass(frozen=True, slots=True)
class PartProgress:
    """An expert's part: its commission, what is asked, and turns by how they stand.

    Attributes:
        waiting: drawn and not answered yet.
        returned: back at the person.
        given: answered, and neither known to be wrong nor told to be right; ``right``: that, and charged.
        charged: of all, charged to the client.
        today: answers of the person within 24 hours, of every part.
        standing: as of the start of the day.
    """

    part: Engagement
    commission: Commission
    kind: LabelKind
    waiting: int
    returned: int
    given: int
    right: int
    wrong: int
    charged: int
    today: int
    day_most: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class WholeProgress:
    """A commission's items and answers by how they stand.

    Attributes:
        items: by state, without gold.
        gold: items whose truth is known; ``fresh`` of them still measure.
        answers: by state.
        charged: answers charged so far.
    """

    commission: Commission
    kind: LabelKind
    items: dict[str, int]
    gold: int
    fresh: int
    answers: dict[str, int]
    charged: int


def part(work: Work, actor: Actor, engagement_id: UUID) -> PartProgress:
    """Return what a part of the actor's own asks, and how far it is.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such part of theirs.
    """
    mine = labelling.mine(work, actor, engagement_id)
    there = work.of(mine.tenant_id)
    whole = people.visible(whole_store.one(there, whole_store.mine(there), mine.commission_id), "commission")
    own, rules = labels.of_engagement(mine.id), labelling.policy(there)
    found, right = labels.states(there, own), labels.count(there, own, labels.in_states(_S.RIGHT), labels.charged())
    gold = labels.gold_of(there, [actor.id], until=told_until(there.now()))[actor.id]
    since = labels.given_since(there.now() - timedelta(days=1))
    return PartProgress(
        part=mine,
        commission=whole,
        kind=kind_of_tool(whole.tool),
        waiting=found[_S.DRAWN],
        returned=found[_S.RETURNED],
        given=found[_S.GIVEN] + found[_S.RIGHT] - right,
        right=right,
        wrong=found[_S.WRONG],
        charged=labels.count(there, own, labels.charged()),
        today=labels.count(there, labels.of_person(actor.id), since),
        day_most=rules.day_most,
        standing=standing(gold, rules.trial),
    )


def whole(work: Work, actor: Actor, commission_id: UUID) -> WholeProgress:
    """Return how far a commission is, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or not this one.
    """
    found = commissions.one(work, actor, commission_id)
    counts = labels.counts(work, found.id)
    mine = labels.of_commission(found.id)
    return WholeProgress(
        commission=found,
        kind=kind_of_tool(found.tool),
        items={state: count for state, count in counts.items() if state != "gold"},
        gold=counts["gold"],
        fresh=labels.fresh_gold(work, found.id, labelling.policy(work).gold_worn),
        answers={state.value: count for state, count in labels.states(work, mine).items()},
        charged=labels.count(work, mine, labels.charged()),
    )
