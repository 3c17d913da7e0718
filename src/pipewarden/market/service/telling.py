"""Telling people of their rewards: what is on hold and until when, what came, what was refused or taken back and why.

Who manages the money is told when a budget can pay no more: somebody has earned it and waits.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act import service as act
from pipewarden.casework.facts import Urgency
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.rewards import ClawedBack, Held, Paid, Refused, Unfunded
from pipewarden.market.rules.amounts import shown
from pipewarden.market.rules.rewarding import LOCAL
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import rewards as store
from pipewarden.market.store.budgets import of_tenant
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward, RewardEvent

_TOLD = (Held, Paid, Refused, ClawedBack)
_MANAGERS = (Role.TENANT_ADMIN, Role.SAFETY_MANAGER)
_DAY = timedelta(days=1)
_UNITS = {Asset.CNY: "元", Asset.PTS: "积分"}


def tell(work: Work, post: Post, event_ids: Collection[UUID]) -> int:
    """Tell whom these events concern, one message a case and kind of news; return how many messages that were."""
    events = store.events(work, event_ids)
    rewards = store.by_ids(work, {one.reward_id for one in events})
    news: dict[tuple[UUID, str, str], list[tuple[RewardEvent, Reward]]] = defaultdict(list)
    for event in events:
        reward = rewards[event.reward_id]
        if isinstance(event.body, _TOLD) and reward.person_id is not None:
            news[reward.person_id, reward.case, event.body.kind].append((event, reward))
    for (person_id, _, kind), theirs in news.items():
        act.tell_persons(work, post, [person_id], f"reward.{kind}", _words(work, theirs), urgency=Urgency.NOTE)
    waiting = [rewards[one.reward_id] for one in events if isinstance(one.body, Unfunded)]
    told = bool(waiting) and _must_know(work, waiting, event_ids)
    if told:
        params = {"count": str(len(waiting)), "amounts": _amounts(waiting), "reward": str(waiting[0].id)}
        managers = sorted({person_id for _, person_id in people.holders(work, list(_MANAGERS))})
        act.tell_persons(work, post, managers, "reward.unfunded", params, urgency=Urgency.DUE)
    return len(news) + told


def _must_know(work: Work, waiting: Sequence[Reward], event_ids: Collection[UUID]) -> bool:
    """Return whether who manages the money is told that it is short: once a day, where there ever was a budget.

    A tenant that never made one has not begun to pay; what is earned there waits, and its finances say so.
    """
    pays = any(one.purpose is BudgetFor.REWARDS and one.asset in {r.asset for r in waiting} for one in of_tenant(work))
    return pays and not store.unfunded_since(work, work.now() - _DAY, apart=event_ids)


def _words(work: Work, theirs: Sequence[tuple[RewardEvent, Reward]]) -> dict[str, str]:
    (event, first), rewards = theirs[0], [reward for _, reward in theirs]
    rule = edition_at(work, first.earned_at).rules.get(first.rule)
    said = {
        "amounts": _amounts(rewards),
        "zh": first.kind.value if rule is None else rule.zh,
        "en": first.kind.value if rule is None else rule.en,
        "reward": str(first.id),  # not shown: it keeps two that read the same apart
    }
    match event.body:
        case Held():
            said["when"] = f"{event.body.pay_at.astimezone(LOCAL):%m-%d %H:%M}"
        case Refused() | ClawedBack():
            said["reason"] = event.body.reason
        case _:
            pass
    return said


def _amounts(rewards: Sequence[Reward]) -> str:
    sums: dict[Asset, int] = defaultdict(int)
    for one in rewards:
        sums[one.asset] += one.units
    return "，".join(f"{shown(units, asset)} {_UNITS[asset]}" for asset, units in sorted(sums.items()))
