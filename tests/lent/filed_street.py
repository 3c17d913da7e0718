"""The judge's street with works that are filed: seen, confirmed on the spot, filed around a place, followed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from site_life import WHOLE
from sqlalchemy import true

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import Advanced, Answered, Arrived, Method, OwnerGiven, SiteState, Verified, Works
from pipewarden.casework.store import SiteFilter
from pipewarden.judge.facts import JUDGED
from pipewarden.kit.geo import LocalFrame
from pipewarden.kit.work import FactRef
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site
    from pipewarden.casework.store.filings import KeptFiling

BOX = (600.0, 400.0, 120.0, 80.0)
DAY = timedelta(days=1)


def follow(street: Any) -> None:
    """Let sites follow every alarm."""
    jobs.drain(street.work, [FactRef(JUDGED, "p", street.work.tenant_id, one.id) for one in street.alarms()])


def the_site(street: Any) -> Site:
    """Return the only site."""
    (found,) = store.sites.page(street.work, true(), SiteFilter(), limit=9)
    return found.site


def happen(street: Any, *bodies: Any) -> Site:
    """Let a person do things to the only site."""
    site = store.sites.lock(street.work, [the_site(street).id])[the_site(street).id]
    return service.append(street.work, site, bodies, "user:1")


def dig(street: Any, *papers: str) -> Site:
    """Have works seen and confirmed by somebody on the spot, and the papers done."""
    street.camera(calibrated=True)
    street.seen()
    follow(street)
    looked = Verified(true=True, code="digging", proof=WHOLE)
    given = OwnerGiven(street.work.ids.new(), "patroller", "nearest")
    return happen(street, given, Arrived(WHOLE), looked, *(Advanced(SiteState(one), WHOLE) for one in papers))


def see(street: Any) -> None:
    """Have the machine seen once more."""
    street.frame(BOX)
    follow(street)


def filed(
    there: Any, place: tuple[float, float], east: float = 0.0, *, answered: bool = True, **more: Any
) -> KeptFiling:
    """File works of 40 m by 40 m, ``east`` metres of a place, that run from yesterday for ten days."""
    corners = np.array([(-20, -20), (20, -20), (20, 20), (-20, 20)]) + np.array([east, 0])
    area = bytes(shapely.to_wkb(shapely.Polygon(LocalFrame(*place).to_lonlat(corners))))
    now = there.clock.now()
    told: dict[str, Any] = {"valid_from": now - DAY, "valid_until": now + 9 * DAY, "machines": ("excavator",)} | more
    works = Works("CN-HE-langfang", told.pop("area", area), told.pop("method", Method.OPEN_CUT), **told)
    kept = service.file_works(there.work, people.operator(), works)
    return act(there, kept, Answered("x")) if answered else kept


def act(there: Any, kept: KeptFiling, body: Any) -> KeptFiling:
    """Let the operator do one thing to a filing."""
    return service.act_on_filing(there.work, people.operator(), kept.filing.id, kept.filing.version, body)


def place_of(street: Any) -> tuple[float, float]:
    """Return where the only site is."""
    site = the_site(street)
    assert site.lon is not None
    assert site.lat is not None
    return site.lon, site.lat
