"""What a machine seen at a site means for it: an ended site that opens again, a new place. What it breaks, rules say.

Seen by whom does not matter: every picture and every report that the alarm took since casework last took note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import Replaced, SiteState
from pipewarden.kit.geo import distance_m
from pipewarden.network.facts import RANK, Zone

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import Site

LEVEL: Final = {Zone.PROTECTION: 1, Zone.UNKNOWN: 1, Zone.CONTROL: 2, Zone.OUTSIDE: 4}  # unknown counts as inside
_MOVED_M: Final = 5.0  # the middle of several sightings of one standing machine wanders by less (docs/adr/0008)


def comes_back(site: Site, ended_at: datetime, seen_at: datetime, zone: Zone) -> str | None:
    """Return why an ended site opens again because a machine was seen there; None when it stays ended.

    An exempt one opens when its watch is over, or earlier where it is now seen in a graver range.
    """
    if seen_at <= ended_at:
        return None
    if site.state is not SiteState.EXEMPT:
        return "a machine was seen again"
    if RANK[zone] < RANK[site.zone]:
        return "a machine was seen in a graver range"
    over = site.watched_until is not None and seen_at > site.watched_until
    return "a machine was seen after its watch" if over else None


def replaced(site: Site, zone: Zone, place: tuple[float, float] | None) -> Replaced | None:
    """Return that a site's place or range is another one now; None where it only wandered."""
    if zone is site.zone and not _moved(site, place):
        return None
    lon, lat = (site.lon, site.lat) if place is None else place
    reason = f"its range is {zone.value} now" if zone is not site.zone else "it was placed anew"
    return Replaced(zone, LEVEL[zone], lon, lat, reason)


def _moved(site: Site, place: tuple[float, float] | None) -> bool:
    if place is None:
        return False
    if site.lon is None or site.lat is None:
        return True
    return distance_m((site.lon, site.lat), place) > _MOVED_M
