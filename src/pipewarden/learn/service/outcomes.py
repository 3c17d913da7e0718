"""Outcomes of sites that have ended: written down once each, read as far as one may see, added up."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.learn.facts.outcome import Found, Shown
from pipewarden.learn.rules.outcome import Sighted, found, holds, of_episode, outcome_of, saw, truth
from pipewarden.learn.store import OUTCOMES
from pipewarden.learn.store import outcomes as store
from pipewarden.locate import service as locate
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.ending import Ending
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts.outcome import Outcome, OutcomeFigures
    from pipewarden.learn.store.outcomes import OutcomeFilter
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Camera

READ = "outcome:read"


def conclude(work: Work, event_ids: Collection[UUID]) -> int:
    """Write down the outcome of each site that one of these events ended; return how many are new.

    One that is there already stays as it is, so that the same event may come again and again.
    """
    last = casework.ends_among(work, event_ids)
    fresh = last - store.known(work, last) if last else set()
    if not fresh:
        return 0
    views = _Views(work)
    made = [outcome_of(work.ids.new(), one, _sighted(work, one, views)) for one in casework.endings(work, fresh)]
    return store.add(work, made)


def catch_up(work: Work, *, after: int, limit: int) -> tuple[int | None, int, int]:
    """Write down outcomes of sites that ended before anybody wrote them down, a page of events at a time.

    Returns:
        The place to go on after (None: that was all), how many endings the page had, how many outcomes are new.
    """
    page = casework.ended_events(work, after=after, limit=limit)
    made = conclude(work, [event_id for _, event_id in page])
    return page[-1][0] if len(page) == limit else None, len(page), made


def outcomes(
    work: Work,
    actor: Actor,
    wanted: OutcomeFilter,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    permission: str = READ,
) -> list[Outcome]:
    """Return outcomes within the actor's reach by a permission, those that ended last first.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    return store.page(work, people.scope_filter(actor, permission, OUTCOMES), wanted, limit=limit, before=before)


def outcome_figures(
    work: Work, actor: Actor, since: datetime, until: datetime, permission: str = READ
) -> OutcomeFigures:
    """Return what the sites that ended in a time add up to; raises as ``outcomes``."""
    return store.figures(work, people.scope_filter(actor, permission, OUTCOMES), since, until)


def rendered_sites(work: Work, site_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some sites of which a picture was rendered, as far as they have ended; the caller scopes them."""
    return store.rendered(work, site_ids)


class _Views:
    """The ground that the tenant's watched cameras see, worked out once for all endings of a transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @cached_property
    def _rings(self) -> list[tuple[Camera, datetime, tuple[tuple[float, float], ...]]]:
        begun = {one.camera_id: one.started_at for one in sense.watches(self._work)}
        fixed = [one for one in sense.all_cameras(self._work) if one.id in begun and not (one.moves or one.test)]
        seen = [(one, locate.coverage(self._work, one)) for one in fixed]
        return [(one, begun[one.id], view.ring) for one, view in seen if view is not None]

    def of(self, lon: float, lat: float, since: datetime, until: datetime) -> tuple[Camera, ...]:
        """Return the cameras that had a place in view and brought pictures between two moments, by key."""
        there = [one for one, begun, ring in self._rings if begun <= until and holds(ring, lon, lat)]
        online = [one for one in there if saw(sense.camera_events(self._work, one.id), since, until)]
        return tuple(sorted(online, key=lambda one: one.key))


def _sighted(work: Work, ending: Ending, views: _Views) -> Sighted:
    site, until = ending.site, ending.event.at
    own = () if site.alarm_id is None else (site.alarm_id,)
    alarm_ids = tuple(dict.fromkeys((*own, *ending.alarms)))
    known = dedupe.known(work, alarm_ids)
    clues = dedupe.shown(work, dict.fromkeys(known, until))
    members = [one for alarm_id in known for one in _members(work, alarm_id)]
    came = sense.observations(work, sorted({observation for _, observation in members}))
    observations = of_episode(came.values(), ending.since, until)
    there = {one.id for one in observations}
    head = known.get(site.alarm_id) if site.alarm_id is not None else None
    boxes = {one: (clue.box.x, clue.box.y, clue.box.w, clue.box.h) for one, clue in clues.items()}
    pictures = {one: clue.picture for one, clue in clues.items()}
    unraised = truth(ending) is True and Found.CAMERA not in found(ending, observations)
    blind: tuple[Camera, ...] = ()
    if unraised and site.lon is not None and site.lat is not None:
        blind = views.of(site.lon, site.lat, ending.opened_at, until)
    return Sighted(
        shown=tuple(Shown(one, pictures.get(one, ""), boxes.get(one)) for one in alarm_ids),
        cls=None if head is None else head.cls,
        type=None if head is None else head.type,
        observations=observations,
        models=tuple(sorted(perceive.models_of(work, [finding for finding, at in members if at in there]))),
        views=blind,
    )


def _members(work: Work, alarm_id: UUID) -> list[tuple[UUID, UUID]]:
    """Return finding and observation of each member of an alarm, or of the one it was merged into."""
    return [(one.finding_id, one.observation_id) for one in dedupe.alarm(work, alarm_id).members]
