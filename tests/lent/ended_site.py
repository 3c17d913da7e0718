"""Sites that end, over whatever street they stand in: opened, looked at, closed, and what is left of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from site_life import NOW, PERSON, WHOLE

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Advanced, Arrived, Body, Discovered, Ended, OwnerGiven, SiteState, Verified
from pipewarden.learn import service as learn
from pipewarden.learn.store import OutcomeFilter, OutcomeRow
from pipewarden.learn.store import outcomes as store
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts.outcome import Outcome

ACTOR = f"person:{PERSON}"
PLACE = (116.7, 39.5)
CLOSED = (
    Advanced(SiteState.NOTIFIED, WHOLE),
    Advanced(SiteState.COMPLETED, WHOLE),
    Advanced(SiteState.CLOSED, WHOLE),
)


def opened(work: Work, alarm: UUID | None, place: tuple[float, float] | None = PLACE) -> Site:
    """Return a site of an alarm, or one that somebody told of."""
    lon, lat = (None, None) if place is None else place
    return casework.open_site(work, Discovered(alarm, Zone.PROTECTION, 1, lon, lat, "a test"))


def looked(code: str, *, true: bool) -> tuple[Body, ...]:
    """Return that somebody was sent, went there, and what they said."""
    return OwnerGiven(PERSON, "patroller", "on duty"), Arrived(WHOLE), Verified(true=true, code=code, proof=WHOLE)


def false(code: str) -> Ended:
    """Return that a site ends as no works."""
    return Ended(SiteState.FALSE, code, "nobody digs")


def exempt(code: str) -> Ended:
    """Return that a site ends as none that needs us."""
    return Ended(SiteState.EXEMPT, code, "nothing to do with pipes", NOW + timedelta(days=90))


def happens(work: Work, site: Site, *bodies: Body) -> Site:
    """Let things happen to a site, a person's doing; return it."""
    held = casework_store.sites.lock(work, [site.id])[site.id]
    return casework.append(work, held, bodies, ACTOR)


def conclude(work: Work, *sites: Site) -> int:
    """Take every event of some sites as the drain does; return how many outcomes are new."""
    ids = [one.id for site in sites for one in casework_store.history.events(work, site.id)]
    return learn.conclude(work, ids)


def outcomes(work: Work, **wanted: object) -> list[Outcome]:
    """Return the tenant's outcomes, those that ended last first."""
    asked = OutcomeFilter(**wanted)  # type: ignore[arg-type]
    return store.page(work, OutcomeRow.tenant_id == work.tenant_id, asked, limit=100)


def ended_at(town: Any, tenant: UUID, place: tuple[float, float]) -> str:
    """Let somebody at the desk end a site of a tenant; return the id of its outcome."""
    with town.at(tenant) as work:
        site = happens(work, opened(work, None, place), false("other"))
        conclude(work, site)
        return str(outcomes(work, site_id=site.id)[0].id)
