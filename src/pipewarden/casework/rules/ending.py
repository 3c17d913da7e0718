"""Which events end a site, and where the episode begins that one of them ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import Advanced, Discovered, Ended, Reopened, SiteState, Struck
from pipewarden.casework.facts.ending import Origin
from pipewarden.casework.rules.fold import apply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.casework.facts import Body, Site, SiteEvent

PATROL_WORDS = "a patrol is wanted"
FILED_WORDS = "a property manager has filed works inside a compound"


def ends(body: Body) -> bool:
    """Return whether an event ends a site: closed, exempt or false. A completed one still needs somebody."""
    return isinstance(body, Ended) or (isinstance(body, Advanced) and body.to is SiteState.CLOSED)


def as_of(events: Sequence[SiteEvent], version: int) -> Site:
    """Return what a site's events add up to at one of its versions."""
    site: Site | None = None
    for event in events:
        if event.version <= version:
            site = apply(site, event)
    if site is None:
        raise ValueError("a site without events is none")
    return site


def episode(events: Sequence[SiteEvent], version: int) -> tuple[tuple[SiteEvent, ...], datetime | None]:
    """Return the events of the episode that ends at a version, and when the one before ended."""
    until = [one for one in events if one.version <= version]
    first = max(place for place, one in enumerate(until) if isinstance(one.body, Discovered | Reopened))
    ended = [one.at for one in until[:first] if ends(one.body)]
    return tuple(until[first:]), ended[-1] if ended else None


def origin(events: Sequence[SiteEvent], site: Site) -> Origin:
    """Return what opened a site for the first time."""
    first = events[0].body
    if site.alarm_id is not None:
        return Origin.ALARM
    reason = first.reason if isinstance(first, Discovered) else ""
    if reason.startswith(PATROL_WORDS):
        return Origin.PATROL
    if reason.startswith(FILED_WORDS):
        return Origin.FILING
    who = events[0].actor
    struck = who is not None and any(isinstance(one.body, Struck) and one.actor == who for one in events)
    return Origin.STRIKE if struck else Origin.PERSON
