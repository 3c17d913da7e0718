"""How the people of a commission agree, and signs that some of them answer together: told to people, never acted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.market.rules import collusion, labels_settling
from pipewarden.market.rules.agreement_measures import kappas, krippendorff_alpha
from pipewarden.market.rules.labels_standing import standing
from pipewarden.market.service import commissions, labelling
from pipewarden.market.service.labelling_settling import known
from pipewarden.market.store import labels
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Said, Standing
    from pipewarden.market.rules.agreement import Vote
    from pipewarden.market.rules.collusion import Tie, Together
    from pipewarden.people.facts import Actor

_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """Cohen's kappa of two people by the scene, over their common items; None where it says nothing."""

    who: tuple[str, str]
    kappa: float | None
    items: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How people of a commission agree.

    Attributes:
        alpha: Krippendorff's by kind of question; None where it says nothing.
        kappa: of every two people, those with the most common items first.
        right: by person, how often right after Dawid and Skene.
        together: people who were wrong in the same way as others more often than chance allows.
        pairs: the same of two people.
        ties: accounts with one payee, or one address and browser.
        names: by person, of all who answered; ``standing``: how each stands by gold, now.
    """

    items: int
    answers: int
    alpha: dict[str, float | None]
    kappa: tuple[Pair, ...]
    right: dict[str, float]
    together: tuple[Together, ...]
    pairs: tuple[Together, ...]
    ties: tuple[Tie, ...]
    names: dict[UUID, str]
    standing: dict[UUID, Standing]


def figures(work: Work, actor: Actor, commission_id: UUID) -> Figures:
    """Return how the people of a commission agree over its newest answers, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
    """
    commissions.managed(work, actor, commission_id)
    items, given = known(work, commission_id, ())
    hazards = perceive.hazards().ids
    gold = {key: one.gold for key, one in items.items() if one.gold is not None}
    found = labels_settling.weigh(given, gold, hazards, labelling.policy(work))
    votes = labels_settling.votes_of(given, hazards)
    truths = {key: one.settled or one.gold for key, one in items.items()}
    whole = _whole(given, {key: said for key, said in truths.items() if said is not None})
    who = {UUID(one) for told in given.values() for one in told}
    trial = labelling.policy(work).trial
    agreeing = kappas(votes.get(labels_settling.SCENE, []))
    return Figures(
        items=len(given),
        answers=sum(len(one) for one in given.values()),
        alpha={kind: krippendorff_alpha(told) for kind, told in votes.items()},
        kappa=tuple(sorted((Pair(two, *told) for two, told in agreeing.items()), key=_most_first)[:_MOST_PAIRS]),
        right=dict(found.right),
        together=tuple(one for one in collusion.people_together(*whole) if one.named),
        pairs=tuple(one for one in collusion.pairs_together(*whole) if one.named)[:_MOST_PAIRS],
        ties=tuple(_ties(work, who)[:_MOST_PAIRS]),
        names=people.person_names(work, who),
        standing={one: standing(marks, trial) for one, marks in labels.gold_of(work, who).items()},
    )


def _most_first(one: Pair) -> tuple[int, tuple[str, str]]:
    return -one.items, one.who


def _ties(work: Work, who: Collection[UUID]) -> list[Tie]:
    payees = [(str(one), "payee", account) for one, account in labels.payees_of(work, who).items()]
    browsers = people.browsers_of(work, who)
    return collusion.ties([*payees, *((str(one), "browser", it) for one, seen in browsers.items() for it in seen)])


def _whole(given: Mapping[str, Mapping[str, Said]], truth: Mapping[str, Said]) -> tuple[list[Vote], dict[str, str]]:
    """Return answers as one label each, the whole of what was said: who is wrong alike says the same whole."""
    votes = [labels_settling.whole_vote(item, who, said) for item, told in given.items() for who, said in told.items()]
    return votes, {item: labels_settling.whole_vote(item, "", said).label for item, said in truth.items()}
