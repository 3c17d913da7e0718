"""Telling the two sides of a commission: who was asked, who asks, what came, how it was taken, what was said."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.act import service as act
from pipewarden.casework.facts import Urgency
from pipewarden.market.facts.commissions import EngagementState
from pipewarden.market.facts.talks import Side
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission, CommissionEvent, Engagement
    from pipewarden.market.facts.talks import Said

_TO_EXPERT = frozenset({"offered", "delivery_accepted", "delivery_rejected", "part_rated"})
_TO_CLIENT = frozenset({"applied", "delivered", "done"})
_TO_OTHER = frozenset({"begun", "refused"})  # to whichever side did not do it
_TO_ALL = frozenset({"accepted", "cancelled", "settled"})
_GRADES = frozenset({"promoted", "demoted", "verified"})


def tell(work: Work, post: Post, event_ids: Collection[UUID]) -> int:
    """Tell whom events of the tenant's commissions concern; return how many messages that were."""
    events = store.events_by_ids(work, event_ids)
    wholes = store.by_ids(work, {one.commission_id for one in events})
    parts = {part.id: part for whole in wholes.values() for part in store.engagements(work, whole.id)}
    count = 0
    for event in events:
        whole = wholes[event.commission_id]
        persons = _whom(event, whole, list(parts.values()), parts)
        if persons:
            act.tell_persons(work, post, persons, f"commission.{event.kind}", _words(event, whole))
            count += len(persons)
    return count


def tell_experts(work: Work, post: Post, event_ids: Collection[UUID]) -> int:
    """Tell experts that their grade or their standing changed; return how many were told."""
    count = 0
    for event in expert_store.events_by_ids(work, event_ids):
        if event.kind in _GRADES:
            params = {"grade": str(event.body.get("to", "")), "event": str(event.id)}
            act.tell_persons(work, post, [event.person_id], f"expert.{event.kind}", params)
            count += 1
    return count


def tell_said(work: Work, post: Post, ids: Collection[UUID]) -> int:
    """Tell the other side that something was said: once, until they have read it; return how many were told."""
    threads: dict[tuple[UUID, UUID, Side], list[Said]] = defaultdict(list)
    for one in talks.by_ids(work, ids):
        threads[one.commission_id, one.person_id, one.side].append(one)
    wholes = store.by_ids(work, {commission for commission, _, _ in threads})
    count = 0
    for (commission_id, person_id, side), said in threads.items():
        other = Side.EXPERT if side is Side.CLIENT else Side.CLIENT
        unread = talks.unread(work, [commission_id], other).get((commission_id, person_id), 0)
        if unread > len(said):
            continue  # they were told before and have not looked yet
        whole = wholes[commission_id]
        whom = person_id if side is Side.CLIENT else whole.made_by
        params = {"title": whole.title, "said": str(said[-1].id)}
        act.tell_persons(work, post, [whom], "talk.said", params)
        count += 1
    return count


def tell_pooled(work: Work, post: Post, ids: Collection[UUID]) -> int:
    """Tell experts that pictures wait for their word, one message each; return how many were told."""
    waiting: dict[UUID, list[UUID]] = defaultdict(list)
    for one in talks.pooled_by_ids(work, ids):
        waiting[one.person_id].append(one.id)
    for person_id, shown in waiting.items():
        params = {"count": str(len(shown)), "first": str(shown[0])}
        act.tell_persons(work, post, [person_id], "pool.waiting", params, urgency=Urgency.NOTE)
    return len(waiting)


def _whom(
    event: CommissionEvent, whole: Commission, parts: Sequence[Engagement], by_id: dict[UUID, Engagement]
) -> list[UUID]:
    part = None if event.engagement_id is None else by_id.get(event.engagement_id)
    if event.kind in _TO_ALL:
        worked = {EngagementState.BEGUN, EngagementState.DONE}
        return [one.person_id for one in parts if one.commission_id == whole.id and one.state in worked]
    if part is None:
        return []
    if event.kind in _TO_EXPERT:
        return [part.person_id]
    mine = event.actor == f"person:{part.person_id}"
    if event.kind in _TO_CLIENT:
        return [whole.made_by] if mine else [part.person_id]
    if event.kind in _TO_OTHER:
        return [whole.made_by if mine else part.person_id]
    return []


def _words(event: CommissionEvent, whole: Commission) -> dict[str, str]:
    reason = event.body.get("reason") or event.body.get("why") or ""
    counts = ("wrong", "of", "charged", "items", "calls", "stars")
    told = {name: str(event.body.get(name, 0)) for name in counts}
    return told | {"title": whole.title, "reason": str(reason), "event": str(event.id)}
