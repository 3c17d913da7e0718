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
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.dedupe.facts import Alarm, AlarmEvent, Clue, SeenClue
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


def conditions(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return what narrows a list to alarms that stand for themselves and that the actor may see.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    row = store.AlarmRow
    found = [people.scope_filter(actor, READ, store.ALARMS), row.merged_into.is_(None)]
    if wanted.zone is not None:
        found.append(row.answer["zone"].astext == wanted.zone.value)
    if wanted.since is not None:
        found.append(row.changed_at >= wanted.since)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        found.append(and_(row.lon.between(west, east), row.lat.between(south, north)))
    if wanted.acknowledged is not None:
        taken = store.taken()
        found.append(taken if wanted.acknowledged else not_(taken))
    if wanted.judged is not None:
        found.append(wanted.judged(row.id))
    begin, end = wanted.during
    if begin is not None:
        found.append(or_(row.last_seen.is_(None), row.last_seen >= begin))
    if end is not None:
        found.append(or_(row.first_seen.is_(None), row.first_seen <= end))
    if wanted.area is not None:
        found.append(people.area_filter(actor, READ, store.ALARMS, wanted.area))
    return found


def seen_alarms(work: Work, actor: Actor, wanted: Wanted, *, limit: int, before: UUID | None = None) -> list[Alarm]:
    """Return alarms that stand for themselves and that the actor may see, newest first, older than ``before``.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    narrowed = conditions(actor, wanted)
    if before is not None:
        narrowed.append(store.AlarmRow.id < before)
    return _whole(work, store.heads(work, *narrowed, limit=limit))


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


def among(work: Work, actor: Actor, alarm_ids: Collection[UUID], *, members: bool = True) -> list[Alarm]:
    """Return those of ``alarm_ids`` that the actor may see and that stand for themselves, in the order of their ids.

    Where:
        members: whether their clues are read, too; a list of hundreds shows none.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    if not alarm_ids:
        return []
    scope = people.scope_filter(actor, READ, store.ALARMS)
    row = store.AlarmRow
    found = store.heads(work, row.id.in_(set(alarm_ids)), row.merged_into.is_(None), scope, limit=len(alarm_ids))
    return sorted(_whole(work, found, members=members), key=lambda one: one.id)


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


def clues(
    work: Work, actor: Actor, alarm_id: UUID, *, limit: int, before: tuple[float, UUID] | None = None
) -> tuple[list[SeenClue], set[str]]:
    """Return clues of an alarm in reach, the newest first, and which of their pictures are rendered.

    Raises:
        ForbiddenError, NotFoundError: as for ``seen_alarm``.
    """
    alarm = seen_alarm(work, actor, alarm_id)
    there = replace(work, tenant_id=alarm.tenant_id)
    found = store.clue_page(there, alarm.id, limit=limit, before=before)
    return found, sense.rendered(there, {one.picture for one in found if one.picture})


def clue_picture(work: Work, actor: Actor, alarm_id: UUID, finding_id: UUID, permission: str) -> tuple[UUID, str]:
    """Return the tenant and the picture (SHA-256) of one clue of an alarm on which the actor holds the permission.

    Raises:
        ForbiddenError: the actor holds it nowhere.
        NotFoundError: no such alarm in reach, no such clue of it, or it has no picture: the same words for all.
    """
    try:
        alarm = seen_alarm(work, actor, alarm_id, permission)
    except NotFoundError as error:
        raise NotFoundError.of("picture") from error
    there = replace(work, tenant_id=alarm.tenant_id)
    found = next(iter(store.clue_page(there, alarm.id, limit=1, finding_id=finding_id)), None)
    if found is None or not found.picture:
        raise NotFoundError.of("picture")
    return alarm.tenant_id, found.picture


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


def _whole(work: Work, heads: Sequence[store.AlarmRow], *, members: bool = True) -> list[Alarm]:
    """Read the alarms of scoped heads with their members, each in its own tenant, in the heads' order."""
    found: dict[UUID, Alarm] = {}
    for tenant_id in sorted({head.tenant_id for head in heads}):
        ids = [head.id for head in heads if head.tenant_id == tenant_id]
        found |= store.read(replace(work, tenant_id=tenant_id), ids, with_members=members)
    return [found[head.id] for head in heads if head.id in found]
