"""Strikes as one person may see them, the damage records as a file, and what they add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts.strike import StrikeFigures
from pipewarden.casework.rules import strike as rules
from pipewarden.casework.service.machines import last_machine
from pipewarden.casework.service.matching import filing_of
from pipewarden.casework.store.tables import SiteRow
from pipewarden.network import service as network
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.strike import Damage, StrikeContact, StrikeEvent, StrikeFile
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ, DECIDE, PIPES = "strike:read", "strike:decide", "network:read"
_MOST = 10_000
_MOST_CONTACTS = 200
_MOST_OF_SITE, _MOST_LOG = 10, 500


def strike(work: Work, actor: Actor, strike_id: UUID, permission: str = READ) -> StrikeFile:
    """Return one strike.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.STRIKES)
    return people.visible(store.strikes.one(work, scope, strike_id), "strike")


def strikes(
    work: Work, actor: Actor, *, over: bool | None, drill: bool | None, limit: int, after: UUID | None = None
) -> list[StrikeFile]:
    """Return strikes within the actor's reach, newest first.

    Raises:
        ForbiddenError: the actor reads no strikes.
    """
    scope = people.scope_filter(actor, READ, store.STRIKES)
    return store.strikes.page(work, scope, over=over, drill=drill, limit=limit, after=after)


def strike_log(work: Work, actor: Actor, strike_id: UUID, *, limit: int, after: int = 0) -> list[StrikeEvent]:
    """Return what happened to a strike past its version ``after``, oldest first.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no sites (a reporter sees the strike, not who does what), or
            there is none in reach.
    """
    people.require(actor, "site:read")
    file = strike(work, actor, strike_id)
    return store.strikes.events(replace(work, tenant_id=file.tenant_id), strike_id, limit=limit, after=after)


def strikes_of_site(work: Work, actor: Actor, site_id: UUID) -> list[tuple[StrikeFile, tuple[StrikeEvent, ...]]]:
    """Return the last strikes of a site, oldest first, each with its log; those only that the actor may read."""
    if not (actor.grants_for(READ) and actor.grants_for("site:read")):
        return []
    scope = people.scope_filter(actor, READ, store.STRIKES)
    found = store.strikes.of_site(work, scope, site_id, limit=_MOST_OF_SITE)
    log = store.strikes.events
    return [(one, tuple(log(replace(work, tenant_id=one.tenant_id), one.id, limit=_MOST_LOG))) for one in found]


def sees(work: Work, actor: Actor, files: Collection[StrikeFile], permission: str) -> set[UUID]:
    """Return on which of these strikes the actor holds a permission: what else of them they are shown."""
    if not actor.grants_for(permission) or not files:
        return set()
    scope = people.scope_filter(actor, permission, store.STRIKES)
    return store.strikes.inside(work, scope, [one.id for one in files])


def reported_at(work: Work, files: Collection[StrikeFile]) -> dict[UUID, datetime]:
    """Return, by strike, when the statutory report went out: the first on its site from the strike on; else left out.

    Where the site was merged into another, that one's counts: it took the duty over.
    """
    ids = {one.site_id for one in files if one.site_id is not None}
    mine = SiteRow.tenant_id.in_({one.tenant_id for one in files})
    into = {one.site.id: one.site.merged_into for one in store.sites.some(work, mine, ids)} if ids else {}
    both = {one for pair in into.items() for one in pair if one is not None}
    told = store.government.accidents(work, both) if both else []
    sent = [(at, site_id) for site_id, at, kind in told if kind == "accident_reported"]
    found = {
        one.id: min((at for at, there in sent if there in _places(one, into) and at >= one.at), default=None)
        for one in files
    }
    return {strike_id: at for strike_id, at in found.items() if at is not None}


def _places(file: StrikeFile, into: Mapping[UUID, UUID | None]) -> set[UUID | None]:
    return set() if file.site_id is None else {file.site_id, into.get(file.site_id)}


def _filed(work: Work, file: StrikeFile) -> Filed | None:
    if file.site_id is None:
        return None
    return store.sites.one(work, SiteRow.tenant_id == file.tenant_id, file.site_id)


def draft_damage(work: Work, file: StrikeFile) -> Damage:
    """Return the damage record as far as the site, its filing and the map fill it; a person completes it."""
    there = replace(work, tenant_id=file.tenant_id)
    found = _filed(there, file)
    match = None if found is None else filing_of(there, found)
    filing = None if match is None or match.filing_id is None else store.filings.lock(there, match.filing_id)
    machine = None if found is None else last_machine(there, found)
    return rules.prefilled(
        file,
        None if found is None else found.site,
        filed=filing is not None,
        work_type="" if filing is None else filing.works.method.value,
        machine="" if machine is None or machine.type is None else str(machine.type),
        now=work.now(),
    )


def damages(work: Work, actor: Actor, since: datetime, until: datetime) -> list[StrikeFile]:
    """Return the real strikes with a damage record within the actor's reach, oldest first.

    Raises:
        ForbiddenError: the actor decides on no strikes.
    """
    scope = people.scope_filter(actor, DECIDE, store.STRIKES)
    return [one for one in store.strikes.within(work, scope, since, until, limit=_MOST) if one.damage is not None]


def strike_figures(
    work: Work,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    permission: str = DECIDE,
    pipes_km: float | None = None,
) -> StrikeFigures:
    """Return damages per 1,000 filed works and per 100 km, with every count; drills are never among them.

    Args:
        work: the transaction.
        actor: who asks.
        since: from then on.
        until: until before then.
        permission: over whose rows.
        pipes_km: the pipes within the actor's reach; the tenant's active networks when None.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    scope = people.scope_filter(actor, permission, store.STRIKES)
    found = store.strikes.within(work, scope, since, until, limit=_MOST)
    told = [one.damage for one in found if one.damage is not None]
    real = [one for one in told if not one.near_miss]
    filings = store.strikes.filed_works(work, people.scope_filter(actor, permission, store.FILINGS), since, until)
    km = sum(one.length_km for one in network.versions(work) if one.active) if pipes_km is None else pipes_km
    return StrikeFigures(
        since=since,
        until=until,
        damages=len(real),
        near_misses=len(told) - len(real),
        unrecorded=len(found) - len(told),
        filings=filings,
        km=round(km, 3),
        per_1000_filings=rules.rate(len(real), filings, 1000.0),
        per_100_km=rules.rate(len(real), km, 100.0),
        few=rules.few(len(real)),
        causes=dict(Counter(one.root_cause.value for one in real)),
    )


def strike_contacts(work: Work, actor: Actor) -> Sequence[StrikeContact]:
    """Return the numbers on record, newest first.

    Raises:
        ForbiddenError: the actor works on no strikes.
    """
    people.require(actor, "strike:work")
    mine = store.STRIKE_CONTACTS.tenant_id == work.tenant_id
    return store.strikes.contacts(work, mine, limit=_MOST_CONTACTS)
