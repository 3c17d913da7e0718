"""What slices up-river say that somebody earned, as wishes: confirmed clues, answers to tasks, reviews that count."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.casework import service as casework
from pipewarden.field import service as field
from pipewarden.judge import service as judge
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import OPEN_STATES, Wish
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.rules.refuting import own_word
from pipewarden.market.service.refuting import refuse_one
from pipewarden.market.service.taking import take
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import ActorKind
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipewarden.judge.facts import Decision
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward

_LATE = timedelta(days=7)  # a drain is never so far behind: what is older was decided before the market was there


def clues_wanted(work: Work, ids: Collection[UUID]) -> list[Reward]:
    """Take wishes for clues (``field.reward_wanted``), and return the rewards that are new."""
    wished = field.rewards_by_id(work, ids)
    sites = casework.sites_by_id(work, {one.site_id for one in wished})
    return take(
        work,
        [
            (
                Wish(
                    kind=PayKind.CLUE,
                    case=f"site:{one.site_id}",
                    person_id=one.person_id,
                    at=one.at,
                    level=sites[one.site_id].level,
                    claim_key=one.report_id if one.person_id is None else None,
                    site_id=one.site_id,
                ),
                own_word(casework.happened(work, one.site_id), one.person_id),
            )
            for one in wished
        ],
    )


def points_earned(work: Work, ids: Collection[UUID]) -> list[Reward]:
    """Take points for answers to tasks (``field.points_earned``); field gives none for what is not verified."""
    return take(
        work,
        [
            (Wish(PayKind.TASK, f"answer:{one.id}", one.person_id, one.at, points=one.points), None)
            for one in field.points_by_id(work, ids)
        ],
    )


def reviews_judged(work: Work, alarm_ids: Collection[UUID]) -> list[Reward]:
    """Take what people decided about alarms (``judge.judged``): the first word of each earns, while it stands.

    A later word of somebody else that says the opposite refuses what is still on hold; the house pays for agreement,
    not for clicks (safety.md T8).
    """
    begun, decided = work.now() - _LATE, judge.words(work, alarm_ids)
    said = {alarm_id: list(words) for alarm_id, words in groupby(decided, lambda one: one.alarm_id)}
    wishes = [wish for words in said.values() if (wish := _review(words, begun)) is not None]
    over = {one.case for one in wishes if _overruled(said[UUID(one.case.partition(":")[2])])}
    there = store.of_cases(work, over)  # before the book is locked: who pays them holds them and waits for it
    made = take(work, [(one, None) for one in wishes])
    for reward in [*there, *made]:
        if reward.case in over and reward.state in OPEN_STATES:
            refuse_one(work, reward, rules.OVERRULED, None)
    return made


def indoor_reviewed(work: Work, check_ids: Collection[UUID]) -> list[Reward]:
    """Take what people said about pictures of gas at home (``perceive.indoor_reviewed``): the first word earns."""
    wishes = []
    for one in perceive.indoor_reviewed(work, check_ids):
        kind, _, name = ("", "", "") if one.review is None else one.review.actor.partition(":")
        if one.review is not None and kind == ActorKind.PERSON:
            wishes.append(Wish(PayKind.INDOOR_REVIEW, f"indoor:{one.id}", UUID(name), one.review.at))
    return take(work, [(one, None) for one in wishes])


def _review(words: Sequence[Decision], begun: datetime) -> Wish | None:
    """Return what the first word earns; nothing where it was said before anybody was paid for one."""
    first = words[0]
    kind, _, name = first.actor.partition(":")
    if kind != ActorKind.PERSON or first.at < begun:
        return None
    return Wish(PayKind.REVIEW, f"alarm:{first.alarm_id}", UUID(name), first.at)


def _overruled(words: Sequence[Decision]) -> bool:
    """Return whether the last word of somebody else contradicts the reviewer's own last one."""
    mine = [one for one in words if one.actor == words[0].actor]
    others = [one for one in words if one.actor != words[0].actor]
    return bool(others) and others[-1].said.true is not mine[-1].said.true
