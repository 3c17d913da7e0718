"""The dispatcher's Now over HTTP: one ranked queue of what needs somebody, each thing with all that its card says.

It lies in ``main`` because a card joins what dedupe and casework answer: an alarm, its site, its next duty, its shelf.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework.facts.waiting import Hand, View
from pipewarden.casework.http import sites_out
from pipewarden.casework.http.duties import DutyOut, ShelfOut, duties_out
from pipewarden.casework.http.told import SiteOut
from pipewarden.casework.service import waiting
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.http import AlarmOut, VerdictsHere, alarms_out
from pipewarden.kit.web import CursorsHere, PageQuery, WorkHere, actor_of, router
from pipewarden.network.facts import Zone  # noqa: TC001  FastAPI resolves it at run time
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.casework.rules.waiting import Place
    from pipewarden.dedupe.ports import Verdicts
    from pipewarden.kit.work import Work

routes = router(tags=["alarms"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class NowQuery(PageQuery):
    """How the queue is asked."""

    view: Annotated[View, Field(description="What needs somebody, what was shelved, or what a verdict silences.")] = (
        View.NOW
    )
    zone: Zone | None = None
    area: Annotated[UUID | None, Field(description="Inside this area's outline.")] = None
    hand: Annotated[tuple[Hand, ...], Field(max_length=5, description="Only what is in such a hand.")] = ()
    about: Annotated[tuple[UUID, ...], Field(max_length=50, description="Only these alarms and sites.")] = ()


class NowOut(BaseModel):
    """One thing that needs somebody: an alarm, a site, or an alarm with its site."""

    id: Annotated[UUID, Field(description="Of the alarm where there is one, else of the site.")]
    level: Annotated[int, Field(description="1 (danger) to 4: of a site its `risk_level`, of an alarm its zone's.")]
    hand: Annotated[Hand, Field(description="In whose hand it is, the worst first.")]
    place: Annotated[list[float | str | None], Field(description="What it was ranked by; a smaller one comes first.")]
    alarm: Annotated[AlarmOut | None, Field(description="Empty where the works were filed and nothing was seen.")]
    site: Annotated[SiteOut | None, Field(description="Empty while it has become none, or you read no sites.")]
    duty: Annotated[DutyOut | None, Field(description="What is due next there.")]
    shelf: ShelfOut | None


class NowCounts(BaseModel):
    """How many things are in each view, before `hand` narrows them."""

    now: int
    shelved: int
    silent: int


class NowPage(BaseModel):
    """A page of the queue, the worst first."""

    items: list[NowOut]
    next: str | None
    counts: Annotated[NowCounts | None, Field(description="Empty where `about` asks for some.")]
    whole: Annotated[bool, Field(description="False where there is more than is ranked at a time.")]
    at: Annotated[datetime, Field(description="The moment for which it was ranked.")]


@routes.get("/now")
def list_now(
    work: WorkHere,
    actor: ActorHere,
    cursors: CursorsHere,
    verdicts: VerdictsHere,
    asked: Annotated[NowQuery, Query()],
) -> NowPage:
    """List what needs somebody, the worst first: alarms and open sites as far as your role and area reach.

    An alarm and its site are one item. Its place may change while you page; the stream tells of it.
    """
    people.require(actor, dedupe.READ)
    ask = waiting.Ask(
        view=asked.view,
        zone=asked.zone,
        area=None if asked.area is None else people.area(work, asked.area),
        hands=asked.hand,
        named=asked.about,
    )
    found = waiting.queue(work, actor, ask, limit=asked.limit, after=_after(cursors.read("now", asked.cursor)))
    items = _items(work, actor, found, verdicts)
    shown: list[tuple[UUID, object]] = [
        (one.alarm.tenant_id, one.alarm.acknowledged_by) for one in items if one.alarm is not None
    ]
    shown += [(one.site.tenant_id, one.site.owner_id) for one in items if one.site is not None]
    shown += [(one.duty.tenant_id, one.duty.person_id) for one in items if one.duty is not None]
    people.listed(work, actor, "now", asked.model_dump(exclude={"cursor", "about"}), shown)
    return NowPage(
        items=items,
        next=cursors.write("now", _told(found.places[-1])) if found.more else None,
        counts=None if asked.about else NowCounts(**{view.value: count for view, count in found.counts.items()}),
        whole=found.whole,
        at=work.now(),
    )


def _items(work: Work, actor: Actor, found: waiting.Queue, verdicts: Verdicts) -> list[NowOut]:
    """Return the items of a page with what each of them joins, in four questions however many there are."""
    ids = [one.alarm_id for one in found.items if one.alarm_id is not None]
    alarms = {one.id: one for one in alarms_out(work, dedupe.among(work, actor, ids, members=False), verdicts)}
    filed = waiting.sites_among(work, actor, found.items)
    sites = {one.id: one for one in sites_out(work, actor, list(filed.values()))}
    kept = waiting.duties_among(work, actor, found.items)
    duties = dict(zip(kept, duties_out(work, list(kept.values())), strict=True))
    shelves = waiting.shelves_among(work, actor, found.items)
    return [
        NowOut(
            id=one.id,
            level=one.level,
            hand=hand,
            place=_told(place),
            alarm=None if one.alarm_id is None else alarms.get(one.alarm_id),
            site=None if one.site_id is None else sites.get(one.site_id),
            duty=None if one.site_id is None else duties.get(one.site_id),
            shelf=None
            if one.shelf_id is None or one.shelf_id not in shelves
            else ShelfOut.model_validate(shelves[one.shelf_id], from_attributes=True),
        )
        for one, place, hand in zip(found.items, found.places, found.hands, strict=True)
    ]


def _told(place: Place) -> list[float | str | None]:
    """Return a place as JSON can say it: no deadline and no risk are empty."""
    return [None if isinstance(one, float) and math.isinf(one) else one for one in place]


def _after(told: list[float | str | None] | None) -> Place | None:
    """Return a place as the queue is ranked by."""
    if told is None:
        return None
    level, hand, due, risk, since, name = told
    return (
        int(level or 0),
        int(hand or 0),
        math.inf if due is None else float(due),
        -math.inf if risk is None else float(risk),
        float(since or 0),
        str(name),
    )
