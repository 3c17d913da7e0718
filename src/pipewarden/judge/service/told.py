"""What later slices and the house itself read of the judge: cases, who waits, people's decisions, open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import store
from pipewarden.judge.service.reviews import item, unjudged

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import Decision, OpenPlace, ReviewItem
    from pipewarden.kit.work import Work


_UNJUDGED_MOST = 50


def cases(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, ReviewItem]:
    """Return how the judge sees those of the tenant's ``alarm_ids`` that it knows; a merged one stands for itself.

    One that nobody has judged for a minute waits for a person.
    """
    found = {row.alarm_id: item(row, case) for row, case in store.cases.rows(work, alarm_ids)}
    missing = [one for one in alarm_ids if one not in found]
    return found | {one.case.alarm_id: one for one in (unjudged(work, dedupe.known(work, missing)) if missing else ())}


def waiting(work: Work, since: datetime, *, limit: int) -> list[UUID]:
    """Return the tenant's alarms that came to wait for a person since a moment, the newest first."""
    late = unjudged(work, dedupe.newest(work, limit=_UNJUDGED_MOST))
    return [*(one.case.alarm_id for one in late), *store.cases.due_since(work, since, work.now(), limit)]


def open_places(work: Work) -> tuple[OpenPlace, ...]:
    """Return the tenant's open places as they were pushed last, by key."""
    return store.places.open_places(work)


def decisions(work: Work, *, limit: int, after: UUID | None = None) -> list[Decision]:
    """Return up to ``limit`` last words of the tenant's people, one an alarm, by alarm, past the alarm ``after``."""
    return store.decisions.page(work, after=after, limit=limit)


def calls_in_hand(work: Work) -> set[UUID]:
    """Return the recorded questions to models that a review or an audit rests on which nobody has decided yet."""
    return store.calls.in_hand(work)
