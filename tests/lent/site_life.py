"""Sites in the air: events in a row, proofs that hold all that is asked for, the walk down the main path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.casework.facts import (
    Advanced,
    Arrived,
    Body,
    Discovered,
    OwnerGiven,
    Proof,
    Site,
    SiteEvent,
    SiteState,
    Verified,
)
from pipewarden.casework.rules import apply
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SITE, TENANT, ALARM, PERSON, OTHER = (UUID(int=number) for number in (1, 2, 3, 4, 5))
WHOLE = Proof(
    pictures=("a" * 64,),
    lon=116.7,
    lat=39.5,
    accuracy_m=5.0,
    words="No. 7, tight",
    signed_by=("owner", "contractor", "supervisor", "operator"),
)
PAPERS = (
    SiteState.NOTIFIED,
    SiteState.FILED,
    SiteState.LOCATED,
    SiteState.BRIEFED,
    SiteState.PLAN_SIGNED,
    SiteState.READY,
    SiteState.UNDER_STANDBY,
    SiteState.COMPLETED,
    SiteState.CLOSED,
)


def discovered(zone: Zone = Zone.PROTECTION) -> Site:
    """Return a site that was just discovered."""
    body = Discovered(ALARM, zone, 1, 116.7, 39.5, "seen")
    return apply(None, SiteEvent(UUID(int=10), TENANT, SITE, NOW, None, 1, body))


def then(site: Site, *bodies: Body, after: timedelta = timedelta(minutes=1)) -> Site:
    """Return the site after things happened to it."""
    for body in bodies:
        event = SiteEvent(UUID(int=1000 + site.version), TENANT, SITE, NOW + after, "user:1", site.version + 1, body)
        site = apply(site, event)
    return site


def sent() -> Site:
    """Return a site to which somebody was sent."""
    return then(discovered(), OwnerGiven(PERSON, "patroller", "on duty"))


def verified() -> Site:
    """Return a site where somebody has confirmed works."""
    return then(sent(), Arrived(WHOLE), Verified(true=True, code="digging", proof=WHOLE))


def advanced(to: SiteState) -> Site:
    """Return a site that went down the main path as far as ``to``."""
    return then(verified(), *_as_far_as(to))


def _as_far_as(to: SiteState) -> Iterable[Advanced]:
    for state in PAPERS[: PAPERS.index(to) + 1]:
        yield Advanced(state, WHOLE)
