"""What later slices read of sites that have ended: the house's own reading, of one tenant, scoped by no person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts.ending import Ending
from pipewarden.casework.rules.ending import as_of, episode, origin
from pipewarden.casework.store.strike_tables import StrikeRow
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Site, SiteEvent
    from pipewarden.casework.facts.strike import StrikeFile
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work

_EVERY = 100  # strikes of one episode
_INSTANT = timedelta(microseconds=1)  # what happens at the end itself is in


def ends_among(work: Work, event_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's events that ended a site."""
    return store.history.ends_among(work, event_ids)


def endings(work: Work, event_ids: Collection[UUID]) -> list[Ending]:
    """Return what those of the tenant's events ended, each site as it stood then; the rest ended nothing."""
    found = store.history.events_by_id(work, ends_among(work, event_ids))
    last = sorted(found.values(), key=lambda one: (one.at, one.id))
    mine = SiteRow.tenant_id == work.tenant_id
    filed = {one.site.id: one for one in store.sites.some(work, mine, {one.site_id for one in last})}
    return [_ending(work, one, filed[one.site_id]) for one in last]


def _ending(work: Work, event: SiteEvent, filed: Filed) -> Ending:
    events = store.history.events(work, event.site_id)
    site = as_of(events, event.version)
    there, since = episode(events, event.version)
    return Ending(
        event=event,
        site=site,
        events=there,
        since=since,
        origin=origin(events, site),
        filing=_filing(site, filed),
        alarms=tuple(store.sites.taken_over(work, site.id)),
        strike=_strike(work, site, there[0].at, event.at),
        risk_version=filed.risk_version,
    )


def _filing(site: Site, filed: Filed) -> str:
    """Return what was known of its filing; the row may have been matched anew since."""
    if site.filing_id is not None:
        return "filed"
    return "unknown" if filed.filing == "unknown" else "unfiled"


def _strike(work: Work, site: Site, since: datetime, until: datetime) -> StrikeFile | None:
    if site.strike is None:
        return None
    of_site = (StrikeRow.tenant_id == work.tenant_id) & (StrikeRow.site_id == site.id)
    found = store.strikes.within(work, of_site, since, until + _INSTANT, limit=_EVERY)
    return found[-1] if found else None


def ended_events(work: Work, *, after: int, limit: int) -> list[tuple[int, UUID]]:
    """Return the tenant's events that ended a site, oldest first, past a place, each with its own."""
    return store.history.ends(work, after=after, limit=limit)


def open_again(work: Work, site_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's sites that need somebody now."""
    return {one.id for one in store.sites.read(work, site_ids).values() if one.open}
