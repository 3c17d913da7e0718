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
from pipewarden.casework.service.finding import areas_of
from pipewarden.casework.service.reacting import wanted_owner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work

log = structlog.get_logger(__name__)
_MOST = 200  # sites that are given away in one go; the rest comes with the next look, a minute later


@dataclass(frozen=True, slots=True)
class Audited:
    """How many open sites broke a promise when they were looked at."""

    unowned: int
    forgotten: int


def audit(work: Work) -> Audited:
    """Look at every open site of a tenant; what breaks a promise is counted, mended where it can be, and told."""
    unowned = store.watched.unowned(work)
    _find_owners(work, unowned)
    forgotten = store.watched.forgotten(work)
    for what, words, site_ids in (
        ("no_owner", "an open site has no owner", store.watched.unowned(work) if unowned else ()),
        ("no_deadline", "an open site has nothing to become due", forgotten),
    ):
        store.watched.add_breaches(work, what, words, site_ids)
    found = Audited(len(unowned), len(forgotten))
    if unowned or forgotten:
        log.error("open sites broke a promise", tenant=str(work.tenant_id), **asdict(found))
    return found


def _find_owners(work: Work, unowned: Mapping[UUID, tuple[float, float] | None]) -> None:
    """Give sites to who takes them; of an area where nobody does no second site is asked about."""
    nobody: set[str | None] = set()
    given = 0
    for site_id, area_path in zip(unowned, areas_of(work, list(unowned.values())), strict=True):
        if given == _MOST:
            return
        if area_path in nobody:
            continue
        site = store.sites.lock(work, [site_id])[site_id]
        if not site.open or site.owner_id is not None:  # it was read before it was held
            continue
        owner = wanted_owner(work, site, area_path)
        if owner:
            append(work, site, owner)
            given += 1
        else:
            nobody.add(area_path)
