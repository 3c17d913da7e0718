"""Alarms in a few columns each, for a queue that is ranked as a whole and told page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.service.seen import conditions
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.dedupe.service.seen import Wanted
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

    Narrowed = Callable[[SQLColumnExpression[UUID], SQLColumnExpression[datetime | None]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Head:
    """What an alarm is ranked by.

    Attributes:
        since: when it was first seen; when it was last changed where its pictures say no time.
        taken_at: when somebody took it last.
    """

    id: UUID
    tenant_id: UUID
    zone: Zone
    since: datetime
    taken_at: datetime | None


def heads(
    work: Work, actor: Actor, wanted: Wanted, *, narrowed: Narrowed, taken_since: datetime, limit: int
) -> list[Head]:
    """Return the newest alarms that stand for themselves and that the actor may see.

    Args:
        work: the transaction.
        actor: who asks.
        wanted: what the list is narrowed to.
        narrowed: a later slice's condition on the columns of an alarm's id and of when it was seen last.
        taken_since: an alarm that somebody took last before then is left out, unless it was seen since.
        limit: of rows.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    row = store.AlarmRow
    picked = (*conditions(actor, wanted), narrowed(row.id, row.last_seen))
    found = store.narrow(work, *picked, taken_since=taken_since, limit=limit)
    return [Head(one, tenant, Zone(zone), since, taken) for one, tenant, zone, since, taken in found]
