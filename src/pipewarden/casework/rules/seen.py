"""What a machine seen at a site means for it: a rule that is broken, an ended site that opens again, a new place.

Seen by whom does not matter: every picture and every report that the alarm took since casework last took note.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import Replaced, SiteState
from pipewarden.kit.geo import distance_m
from pipewarden.network.facts import RANK, Zone

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import Site

LEVEL: Final = {Zone.PROTECTION: 1, Zone.UNKNOWN: 1, Zone.CONTROL: 2, Zone.OUTSIDE: 4}  # unknown counts as inside
_UNREADY: Final = frozenset(
    {
        SiteState.VERIFYING,
        SiteState.NOTIFIED,
        SiteState.FILED,
        SiteState.LOCATED,
        SiteState.BRIEFED,
        SiteState.PLAN_SIGNED,
    }
)
_MOVED_M: Final = 5.0  # the middle of several sightings of one standing machine wanders by less (docs/adr/0008)
TO_STOP: Final = timedelta(minutes=10)  # a machine may take so long to drive off once works are stopped
REPAIR_PAPERS: Final = timedelta(hours=24)  # 城市道路管理条例 第三十四条


def broken(site: Site, seen_at: datetime) -> str | None:
    """Return the code of the violation that a machine seen at a moment opens; None when it opens none.

    Each is opened once: what is open already is not opened again, and what was put right is opened again only by what
    is seen after that.
    """
    if not site.open:
        return None
    stop = next((one for one in site.stops if one.resumed_at is None), None)
    if stop is not None:
        return _fresh(site, "V-STOPPED-WORK", seen_at) if seen_at > stop.ordered_at + TO_STOP else None
    if site.zone is not Zone.PROTECTION or site.state not in _UNREADY or not site.verified:
        return None
    if site.repair is None:
        return _fresh(site, "V-UNBRIEFED", seen_at)
    late = site.repair.papers_at is None and seen_at > site.repair.declared_at + REPAIR_PAPERS
    return _fresh(site, "V-REPAIR-PAPERS", seen_at) if late else None


def _fresh(site: Site, code: str, seen_at: datetime) -> str | None:
    same = [one for one in site.violations if one.code == code]
    return None if any(one.fixed_at is None or one.fixed_at >= seen_at for one in same) else code


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
