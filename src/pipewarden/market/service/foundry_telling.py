"""Telling reviewers that a version waits for them, and its author what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act import service as act
from pipewarden.market.facts.foundry import Act
from pipewarden.market.rules.foundry import accepted_by
from pipewarden.market.service import foundry_reviewing
from pipewarden.market.store import foundry as store
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Line, VersionEvent

_MOST = 50  # reviewers who are told of one version, the longest in the house first


def tell(work: Work, post: Post, event_ids: Collection[UUID]) -> int:
    """Tell whom events of the tenant's versions concern; return how many messages that were."""
    count = 0
    for line, number, event in store.events_by_ids(work, event_ids):
        persons = _reviewers(work, line, event) if event.act is Act.ASKED else [line.author_id]
        whom = [one for one in persons if one != event.actor_id]
        if whom:
            reason = event.body.get("words") or event.body.get("reason") or ""
            told = {"title": line.title, "number": str(number), "reason": str(reason), "event": str(event.id)}
            act.tell_persons(work, post, whom, f"capability.{event.act}", told)
            count += len(whom)
    return count


def _reviewers(work: Work, line: Line, event: VersionEvent) -> list[UUID]:
    """Return the tenant's experts whose review nothing stands against."""
    accepted = accepted_by(store.events(work, event.version_id))
    there = [who for _, who in people.holders(work, [Role.EXPERT])][:_MOST]
    against = foundry_reviewing.against_each(work, there, line, accepted)
    return [one for one in there if against[one] is None]
