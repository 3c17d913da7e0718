"""Checks that the house keeps its promises: every open site has an owner and something that will become due.

It reads what the pipeline has written and trusts none of its steps (safety.md 0.10). What it finds it mends where it
can, and tells the safety manager once a day.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import structlog

from pipewarden.casework import store
from pipewarden.casework.service.files import append
from pipewarden.casework.service.finding import area_of
from pipewarden.casework.service.reacting import wanted_owner

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Audited:
    """How many open sites broke a promise when they were looked at."""

    unowned: int
    forgotten: int


def audit(work: Work) -> Audited:
    """Look at every open site of a tenant; what breaks a promise is counted, mended where it can be, and told."""
    unowned = store.watched.unowned(work)
    for site in store.sites.lock(work, unowned).values():
        if site.open and site.owner_id is None:  # it was read before it was held
            append(work, site, wanted_owner(work, site, area_of(work, site.lon, site.lat)))
    forgotten = store.watched.forgotten(work)
    for what, words, site_ids in (
        ("no_owner", "an open site has no owner", store.watched.unowned(work)),
        ("no_deadline", "an open site has nothing to become due", forgotten),
    ):
        for site_id in site_ids:
            store.watched.add_breach(work, what, site_id, words, site_id=site_id)
    found = Audited(len(unowned), len(forgotten))
    if unowned or forgotten:
        log.error("open sites broke a promise", tenant=str(work.tenant_id), **asdict(found))
    return found
