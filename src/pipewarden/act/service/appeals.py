"""Both sides are told of an appeal: when it is made, and how and why it was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.rules.plan import LOCAL
from pipewarden.act.service.calling import tell_persons
from pipewarden.casework import service as casework
from pipewarden.casework.facts import AppealState, Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work


def tell_appeals(work: Work, post: Post, appeal_ids: Collection[UUID]) -> int:
    """Tell who speaks for the contractor, who made the appeal, and the safety managers; return how many were told."""
    count = 0
    for appeal_id in sorted(set(appeal_ids)):
        found = casework.appeal_told(work, appeal_id)
        if found is None:
            continue
        managers = {one for _, one in people.holders(work, [Role.SAFETY_MANAGER])}
        persons = sorted(found.persons | managers)
        still_open = found.appeal.state is AppealState.OPEN
        params = {
            "name": found.contractor.name,
            "kind": found.entry.kind.value,
            "day": f"{found.entry.at.astimezone(LOCAL):%Y-%m-%d}",
            "due": f"{found.appeal.due_at.astimezone(LOCAL):%Y-%m-%d}",
            "reason": found.appeal.reason if still_open else found.appeal.words,
        }
        text = "appeal.open" if still_open else f"appeal.{found.appeal.state.value}"
        tell_persons(work, post, persons, text, params, urgency=Urgency.NOTE)
        count += len(persons)
    return count
