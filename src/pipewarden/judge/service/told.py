"""What later slices and the house itself read of the judge: cases, who waits, people's decisions, open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.judge import store
from pipewarden.judge.facts import Code
from pipewarden.judge.service.reviews import item, unjudged
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import Decision, OpenPlace, ReviewItem
    from pipewarden.kit.work import Work


def cases(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, ReviewItem]:
    """Return how the judge sees those of the tenant's ``alarm_ids`` that it knows; a merged one stands for itself.

    One that nobody has judged for a minute waits for a person.
    """
    found = {row.alarm_id: item(row, case) for row, case in store.cases.rows(work, alarm_ids)}
    missing = [one for one in alarm_ids if one not in found]
    return found | {one.case.alarm_id: one for one in (unjudged(work, dedupe.known(work, missing)) if missing else ())}


def waiting(work: Work, *, page: int) -> Iterator[list[UUID]]:
    """Yield the tenant's alarms within a range that wait for a person, in pages: the unjudged, then the longest due.

    Of the unjudged also those that people reported outside every range: no judge has heard them yet.
    Those that nobody has judged for a minute are looked for among the newest until a page has none: a judge that is
    down leaves out what comes, not what came before.
    """
    before = None
    while newest := dedupe.newest(work, limit=page, before=before):
        late = [one.case.alarm_id for one in unjudged(work, newest) if one.zone is not Zone.OUTSIDE or _is_told(one)]
        yield late
        before = min(newest)
        if len(newest) < page or not late:
            break
    after = None
    while due := store.cases.due(work, work.now(), page, after=after):
        yield [alarm_id for _, alarm_id in due]
        after = due[-1]


def _is_told(one: ReviewItem) -> bool:
    return any(reason.code is Code.WORDS for reason in one.case.reasons)


def backlog(work: Work) -> tuple[int, datetime | None]:
    """Return how many alarms of the tenant wait for a person's judgement, and since when the oldest does."""
    return store.cases.backlog(work)


def open_places(work: Work) -> tuple[OpenPlace, ...]:
    """Return the tenant's open places as they were pushed last, by key."""
    return store.places.open_places(work)


def decisions(work: Work, *, limit: int, after: UUID | None = None) -> list[Decision]:
    """Return up to ``limit`` last words of the tenant's people, one an alarm, by alarm, past the alarm ``after``."""
    return store.decisions.page(work, after=after, limit=limit)


def words(work: Work, alarm_ids: Collection[UUID]) -> list[Decision]:
    """Return everything that the tenant's people decided about these alarms, by alarm, in the order it was said."""
    return store.decisions.words(work, alarm_ids) if alarm_ids else []


def calls_in_hand(work: Work) -> set[UUID]:
    """Return the recorded questions to models that a review or an audit rests on which nobody has decided yet."""
    return store.calls.in_hand(work)
