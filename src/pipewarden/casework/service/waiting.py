"""The dispatcher's queue: alarms and sites in reach that need somebody, the worst first; an alarm and its site once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, not_

from pipewarden.casework import store
from pipewarden.casework.facts.waiting import Hand, View, Waiting
from pipewarden.casework.rules import LEVEL
from pipewarden.casework.rules.waiting import hand, place, ranked
from pipewarden.casework.service import minding, seen
from pipewarden.casework.store import waiting as rows
from pipewarden.casework.store.duty_tables import DUTIES
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.casework.facts import Shelf
    from pipewarden.casework.rules.waiting import Place
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Zone
    from pipewarden.people.facts import Actor, Area

_TAKEN_STAYS = timedelta(hours=12)  # a shift: what was taken, became no site and was not seen since then leaves
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Ask:
    """What the queue is narrowed to; what is None or empty narrows nothing.

    Attributes:
        named: only these alarms and sites, by their ids.
    """

    view: View = View.NOW
    zone: Zone | None = None
    area: Area | None = None
    hands: tuple[Hand, ...] = ()
    named: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as it stands.

    Attributes:
        items: of one page, the worst first; ``places`` where each stands, ``hands`` in whose hand it is.
        more: others follow.
        counts: how many things are in each view; of the one that was asked for before ``hands`` narrows it.
        whole: every one was counted; False where there were more than can be ranked at a time.
    """

    items: list[Waiting]
    places: list[Place]
    hands: list[Hand]
    more: bool
    counts: dict[View, int]
    whole: bool


def queue(work: Work, actor: Actor, ask: Ask, *, limit: int, after: Place | None = None) -> Queue:
    """Return one page of the queue within the actor's reach; who reads no sites or duties gets what they may see.

    Raises:
        ForbiddenError: the actor sees no alarms.
    """
    people.require(actor, dedupe.READ)
    now = work.now()
    sites = _sites(work, actor, ask)
    alarms = _alarms(work, actor, ask, silent=False)
    silent = _alarms(work, actor, ask, silent=True)
    views = {
        View.NOW: [one for one in sites if one.shelf_id is None] + alarms,
        View.SHELVED: [one for one in sites if one.shelf_id is not None],
        View.SILENT: silent,
    }
    wanted = [one for one in views[ask.view] if not ask.hands or hand(one, now) in ask.hands]
    found = ranked(wanted, now, after=after)[: limit + 1]
    page = found[:limit]
    return Queue(
        items=page,
        places=[place(one, now) for one in page],
        hands=[hand(one, now) for one in page],
        more=len(found) > limit,
        counts={view: len(them) for view, them in views.items()},
        whole=max(len(sites), len(alarms), len(silent)) < _MOST,
    )


def sites_among(work: Work, actor: Actor, found: Sequence[Waiting]) -> dict[UUID, Filed]:
    """Return the sites of one page, by id."""
    ids = [one.site_id for one in found if one.site_id is not None]
    return {} if not ids else {one.site.id: one for one in store.sites.some(work, seen.scope(actor, seen.READ), ids)}


def duties_among(work: Work, actor: Actor, found: Sequence[Waiting]) -> dict[UUID, store.owed.Kept]:
    """Return by site what is due next on each of one page; nothing to who reads no duties."""
    ids = [one.site_id for one in found if one.site_id is not None]
    if not ids or not actor.grants_for(minding.READ):
        return {}
    return rows.next_duties(work, people.scope_filter(actor, minding.READ, DUTIES), ids)


def shelves_among(work: Work, actor: Actor, found: Sequence[Waiting]) -> dict[UUID, Shelf]:
    """Return by id the shelves on which sites of one page lie."""
    ids = {one.shelf_id for one in found if one.shelf_id is not None}
    return {} if not ids else {one.id: one for one in minding.shelves(work, actor) if one.id in ids}


def _sites(work: Work, actor: Actor, ask: Ask) -> list[Waiting]:
    scope = _site_scope(actor)
    if scope is None:
        return []
    narrowed = store.narrowed.conditions(store.SiteFilter(zones=() if ask.zone is None else (ask.zone,)))
    if ask.area is not None:
        narrowed.append(people.area_filter(actor, seen.READ, store.SITES, ask.area))
    if ask.named:
        narrowed.append(rows.named(ask.named))
    return rows.open_sites(work, scope, *narrowed, shelves=bool(actor.grants_for(minding.READ)), limit=_MOST)


def _alarms(work: Work, actor: Actor, ask: Ask, *, silent: bool) -> list[Waiting]:
    """Return alarms that no site in reach stands for: those that need somebody, or those that are silent now."""
    scope, now = _site_scope(actor), work.now()

    def narrowed(
        alarm_id: SQLColumnExpression[UUID], last_seen: SQLColumnExpression[datetime | None]
    ) -> ColumnElement[bool]:
        alone = not_(rows.followed(alarm_id, scope))
        if ask.named:
            alone = and_(alone, alarm_id.in_(set(ask.named)))
        still = judge.silent(alarm_id, last_seen, now)
        return and_(alone, still, judge.silent_past(alarm_id, now)) if silent else and_(alone, not_(still))

    wanted = dedupe.Wanted(zone=ask.zone, area=ask.area)
    found = dedupe.heads(work, actor, wanted, narrowed=narrowed, taken_since=now - _TAKEN_STAYS, limit=_MOST)
    return [_waiting(one) for one in found]


def _waiting(one: dedupe.Head) -> Waiting:
    return Waiting(
        id=one.id,
        tenant_id=one.tenant_id,
        alarm_id=one.id,
        site_id=None,
        level=LEVEL[one.zone],
        struck=False,
        taken=one.taken_at is not None,
        due_at=None,
        risk=None,
        since=one.since,
    )


def _site_scope(actor: Actor) -> ColumnElement[bool] | None:
    return seen.scope(actor, seen.READ) if actor.grants_for(seen.READ) else None
