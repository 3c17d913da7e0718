"""What is kept of a site beside its events is brought up to date: filing, contractor's record, risk.

The lists are ordered and narrowed by it. It is done a moment after whatever happened (the drain of
``casework.changed``), at once where a filing or a compound changed, and by the look of every few seconds for all that
was left: other weights, a record that changed elsewhere, a site that somebody held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Matched
from pipewarden.casework.service import ruling
from pipewarden.casework.service.files import append
from pipewarden.casework.service.machines import last_machine
from pipewarden.casework.service.matching import found, ground_of
from pipewarden.casework.service.records import record_site
from pipewarden.casework.service.weighing import weigh

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.casework.facts import Match, RiskPolicy
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work


def renew(work: Work, site_ids: Collection[UUID], contractor_ids: Collection[UUID] = ()) -> int:
    """Match, record and weigh sites anew; return how many. One that somebody else holds waits for the next look.

    Contractors are held after all sites, ``contractor_ids`` (whose records changed elsewhere) among them: two that
    renew never wait for each other.
    """
    policy = ruling.risk(work, work.now())
    changed = set(contractor_ids)
    there = store.weighed.lock_free(work, site_ids) if site_ids else []
    for filed in there:
        changed |= _renewed(work, policy, filed)
    store.contractors.touch(work, changed)
    return len(there)


def renew_waiting(work: Work, *, limit: int) -> int:
    """Renew what waits for it, the gravest first; return how many."""
    return renew(work, store.weighed.unweighed(work, ruling.risk(work, work.now()).version, limit=limit))


def renew_changed(work: Work, event_ids: Collection[UUID]) -> None:
    """Renew the tenant's sites to which these events happened."""
    renew(work, store.history.sites_of_events(work, event_ids))


def _renewed(work: Work, policy: RiskPolicy, filed: Filed) -> set[UUID]:
    site = filed.site
    told: Match | None = None
    compound: str | None = None
    if site.open:
        machine = last_machine(work, filed)
        ground, compound = ground_of(work, site, machine)
        told = found(work, site, machine, ground)[0]
        if told.filing_id != site.filing_id:
            site = append(work, site, [Matched(told.filing_id, told.reason, told.score, told.version)])
    who, changed = record_site(work, site, filed.contractor_id)
    kept = None
    if told is not None:
        said = weigh(work, policy, replace(filed, site=site), ground)
        placed = site.lon is not None and site.lat is not None
        known = told.version and (placed or told.nearest_id is not None)
        kept = store.Weighed(
            filing="filed" if told.filing_id is not None else "unfiled" if known else "unknown",
            filing_score=told.score,
            compound=compound,
            contractor_id=who,
            risk_score=said.score,
            risk_level=said.level,
            risk_version=said.version,
        )
    store.weighed.keep(work, site.id, kept)
    return changed
