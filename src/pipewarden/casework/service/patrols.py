"""Patrols that the river wants become duties: nobody else looks where no camera can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Discovered, SiteDuty
from pipewarden.casework.rules import LEVEL
from pipewarden.casework.rules.duties import ladder_of
from pipewarden.casework.rules.ending import PATROL_WORDS
from pipewarden.casework.service.files import open_site
from pipewarden.casework.service.finding import area_of, holder_for
from pipewarden.casework.service.reacting import begin_chain
from pipewarden.casework.store.owed import Kept
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import Policy

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.dedupe.facts import PatrolWanted
    from pipewarden.kit.work import Work

PATROL = "patrol"
_REACH_M = Policy().patrol_reach_m  # this near to a site it is about that site, whatever its own error


def patrol_wanted(work: Work, patrol_ids: Collection[UUID]) -> None:
    """Owe each wanted patrol: by the site that lies there, else by one opened for it. None is lost, none doubled."""
    for wanted in dedupe.patrols_by_id(work, patrol_ids):
        near = store.watched.open_near(work, (wanted.lon, wanted.lat), max(_REACH_M, wanted.radius_m))
        site = store.sites.lock(work, [near]).get(near) if near is not None else None
        if site is None or not site.open:
            level, why = LEVEL[wanted.zone], f"{PATROL_WORDS}: {wanted.reason.value}"
            body = Discovered(None, wanted.zone, level, wanted.lon, wanted.lat, why)
            site = open_site(work, body)
        _owe(work, site, wanted)


def looked_for(work: Work, site: Site) -> bool:
    """Return whether somebody still has to look at a site for a wanted patrol: no word about a picture settles that."""
    return bool(_running(work, site))


def hand_on(work: Work, gone: Site, kept: Site) -> None:
    """Owe by a site that takes another one over what patrols are wanted there; none is lost with the one that goes."""
    wanted = [duty.about for duty in _running(work, gone) if duty.about is not None]
    for one in dedupe.patrols_by_id(work, wanted):
        _owe(work, kept, one)


def _running(work: Work, site: Site) -> list[SiteDuty]:
    return [one.duty for one in store.owed.running(work, site.id) if one.duty.kind == PATROL]


def _owe(work: Work, site: Site, wanted: PatrolWanted) -> None:
    policy = store.shipped_duties()
    rule = policy.duties[PATROL]
    ladder, area_path = ladder_of(policy, rule, site), area_of(work, wanted.lon, wanted.lat)
    holder = holder_for(work, rule.role, site, area_path)
    duty = SiteDuty(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        site_id=site.id,
        kind=PATROL,
        about=wanted.id,
        person_id=None if holder is None else holder.person_id,
        role=rule.role,
        why="" if holder is None else holder.why,
        clause=rule.clause,
        opened_at=work.now(),
        due_at=wanted.due_at,
    )
    if store.owed.add(work, Kept(duty, area_path, wanted.lon, wanted.lat, ladder.key)):
        begin_chain(work, duty, ladder)
        store.sites.set_next_due(work, site.id, store.owed.next_due(work, site.id))
