"""Alarms as one person may see them: every list, get and stream goes through the one scoped query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, not_, or_

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import EventKind
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.dedupe.facts import Alarm, AlarmEvent, Clue
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Zone
    from pipewarden.people.facts import Area

READ = "alarm:read"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alarms a list asks for; None asks for all.

    Attributes:
        since: changed at or after.
        area: inside this area's outline or one below it.
        acknowledged: whether somebody has taken it.
        bbox: west, south, east, north, degrees WGS-84.
        judged: a later slice's condition on the column of the alarm's id.
        during: first seen before the second moment and last seen after the first; None on a side is open. An alarm
            whose pictures say no time is in every one.
    """

    zone: Zone | None = None
    since: datetime | None = None
    area: Area | None = None
    acknowledged: bool | None = None
    bbox: tuple[float, float, float, float] | None = None
    judged: Callable[[SQLColumnExpression[UUID]], ColumnElement[bool]] | None = None
    during: tuple[datetime | None, datetime | None] = (None, None)


def seen_alarms(work: Work, actor: Actor, wanted: Wanted, *, limit: int, before: UUID | None = None) -> list[Alarm]:
    """Return alarms that stand for themselves and that the actor may see, newest first, older than ``before``.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    row = store.AlarmRow
    conditions = [people.scope_filter(actor, READ, store.ALARMS), row.merged_into.is_(None)]
    if before is not None:
        conditions.append(row.id < before)
    if wanted.zone is not None:
        conditions.append(row.answer["zone"].astext == wanted.zone.value)
    if wanted.since is not None:
        conditions.append(row.changed_at >= wanted.since)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        conditions.append(and_(row.lon.between(west, east), row.lat.between(south, north)))
    if wanted.acknowledged is not None:
        taken = store.taken()
        conditions.append(taken if wanted.acknowledged else not_(taken))
    if wanted.judged is not None:
        conditions.append(wanted.judged(row.id))
    begin, end = wanted.during
    if begin is not None:
        conditions.append(or_(row.last_seen.is_(None), row.last_seen >= begin))
    if end is not None:
        conditions.append(or_(row.first_seen.is_(None), row.first_seen <= end))
    if wanted.area is not None:
        conditions.append(people.area_filter(actor, READ, store.ALARMS, wanted.area))
    return _whole(work, store.heads(work, *conditions, limit=limit))


def seen_alarm(work: Work, actor: Actor, alarm_id: UUID, permission: str = READ) -> Alarm:
    """Return the alarm, or the one it was merged into, if the actor holds the permission on it.

    Raises:
        ForbiddenError: the actor holds it nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.ALARMS)
    head = next(iter(store.heads(work, store.AlarmRow.id == alarm_id, scope, limit=1)), None)
    if head is None:
        raise NotFoundError.of("alarm")
    if head.merged_into is not None:
        # what it was merged into may stand elsewhere: the same question is asked of that one
        kept = store.resolve(replace(work, tenant_id=head.tenant_id), alarm_id)
        head = next(iter(store.heads(work, store.AlarmRow.id == kept, scope, limit=1)), None)
    return people.visible(next(iter(_whole(work, [] if head is None else [head])), None), "alarm")


def among(work: Work, actor: Actor, alarm_ids: Collection[UUID]) -> list[Alarm]:
    """Return those of ``alarm_ids`` that the actor may see and that stand for themselves, in the order of their ids.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    if not alarm_ids:
        return []
    scope = people.scope_filter(actor, READ, store.ALARMS)
    row = store.AlarmRow
    found = store.heads(work, row.id.in_(set(alarm_ids)), row.merged_into.is_(None), scope, limit=len(alarm_ids))
    return sorted(_whole(work, found), key=lambda one: one.id)


def history(
    work: Work, actor: Actor, alarm_id: UUID, *, limit: int, after: UUID | None = None
) -> list[tuple[UUID, AlarmEvent]]:
    """Return up to ``limit`` events of an alarm in reach that follow ``after``, oldest first, each with its id.

    Raises:
        ForbiddenError, NotFoundError: as for ``seen_alarm``.
    """
    seen_alarm(work, actor, alarm_id)
    head = store.heads(work, store.AlarmRow.id == alarm_id, limit=1)[0]
    return store.event_page(replace(work, tenant_id=head.tenant_id), alarm_id, after=after, limit=limit)


def moments(work: Work, alarm_id: UUID, *, limit: int) -> list[tuple[datetime, str | None]]:
    """Return when the machines of an alarm of the tenant were seen, oldest first, and their types; no person asks."""
    return [(datetime.fromtimestamp(at, UTC), kind) for at, kind in store.moments(work, alarm_id, limit=limit)]


def shown(work: Work, moments: Mapping[UUID, datetime]) -> dict[UUID, Clue]:
    """Return by alarm of the tenant the machine that stood for it at a moment; absent where no picture showed one.

    What a merge brought later was not shown then.
    """
    brought: dict[UUID, set[UUID]] = {one: set() for one in moments}
    for event in store.events_of(work, moments, EventKind.MERGED):
        if event.at > moments[event.alarm_id]:
            brought[event.alarm_id] |= set(event.findings)
    step = timedelta(milliseconds=1)  # an id tells its millisecond: the one of the moment itself is in
    found = {one: store.best_machine(work, one, at + step, brought[one]) for one, at in moments.items()}
    return {one: clue for one, clue in found.items() if clue is not None}


def _whole(work: Work, heads: Sequence[store.AlarmRow]) -> list[Alarm]:
    """Read the alarms of scoped heads with their members, each in its own tenant, in the heads' order."""
    found: dict[UUID, Alarm] = {}
    for tenant_id in sorted({head.tenant_id for head in heads}):
        ids = [head.id for head in heads if head.tenant_id == tenant_id]
        found |= store.read(replace(work, tenant_id=tenant_id), ids)
    return [found[head.id] for head in heads if head.id in found]
