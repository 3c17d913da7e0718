"""Sites as one person may see them: every list, get and history goes through the one scoped query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from pipewarden.casework import store
from pipewarden.casework.rules import clue_state, kept, steps
from pipewarden.casework.service.asking import evidence
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.casework.facts import ClueState, NextStep, Site, SiteEvent, StepEvidence, ViolationKind
    from pipewarden.casework.store import Column, Filed, SiteFilter
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area

READ, WORK, DECIDE = "site:read", "site:work", "site:decide"
_DUTIES = "duty:read"


def scope(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Return the condition for sites in reach; whoever has one in hand reaches it wherever it lies.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    reach = people.scope_filter(actor, permission, store.SITES)
    tenants = sorted({grant.tenant_id for grant in actor.grants_for(permission)})
    mine = and_(store.SiteRow.owner_id == actor.id, store.SiteRow.tenant_id.in_(tenants))
    return or_(reach, mine)


def sites(
    work: Work,
    actor: Actor,
    wanted: SiteFilter,
    *,
    limit: int,
    area: Area | None = None,
    after: tuple[int, datetime, UUID] | None = None,
    during: tuple[datetime | None, datetime | None] = (None, None),
) -> list[Filed]:
    """Return sites within the actor's reach: protection range first, newest first; merged ones are left out.

    ``during``: opened before the second moment and not ended before the first; None on a side is open.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    reach = _reach(actor, area)
    begin, end = during
    if begin is not None:
        reach = and_(reach, or_(store.SiteRow.ended_at.is_(None), store.SiteRow.ended_at >= begin))
    if end is not None:
        reach = and_(reach, store.SiteRow.opened_at <= end)
    return store.sites.page(work, reach, wanted, limit=limit, after=after)


def sites_by_risk(
    work: Work,
    actor: Actor,
    wanted: SiteFilter,
    *,
    limit: int,
    area: Area | None = None,
    after: tuple[int, float | None, UUID] | None = None,
) -> list[Filed]:
    """Return sites within the actor's reach, gravest level first, then the highest score; merged ones are left out.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    return store.weighed.page_by_risk(work, _reach(actor, area), wanted, limit=limit, after=after)


def sites_by_due(
    work: Work,
    actor: Actor,
    wanted: SiteFilter,
    *,
    limit: int,
    area: Area | None = None,
    after: tuple[datetime | None, UUID] | None = None,
) -> list[Filed]:
    """Return sites within the actor's reach, what is due first before all others; merged ones are left out.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    return store.shown.page_by_due(work, _reach(actor, area), wanted, limit=limit, after=after)


def sites_by_opening(
    work: Work,
    actor: Actor,
    wanted: SiteFilter,
    *,
    limit: int,
    area: Area | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[Filed]:
    """Return sites within the actor's reach, opened last first; merged ones are left out.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    return store.shown.page_by_opening(work, _reach(actor, area), wanted, limit=limit, after=after)


def board(work: Work, actor: Actor, wanted: SiteFilter, *, each: int, area: Area | None = None) -> list[Column]:
    """Return the states of the main path with the sites within the actor's reach that stand there, due first.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    return store.shown.columns(work, _reach(actor, area), wanted, each=each)


def _reach(actor: Actor, area: Area | None) -> ColumnElement[bool]:
    reach = scope(actor, READ)
    return reach if area is None else and_(reach, people.area_filter(actor, READ, store.SITES, area))


@dataclass(frozen=True, slots=True)
class Beside:
    """What other rows say of a site, as far as who asks may read those.

    Attributes:
        pipe_id: the pipe nearest to its alarm's place, ``distance_m`` from there; None without an alarm or a pipe.
        next_duty: which kind of duty is due next; None where none runs.
    """

    pipe_id: str | None = None
    distance_m: float | None = None
    next_duty: str | None = None


def beside(work: Work, actor: Actor, found: Sequence[Filed]) -> Mapping[UUID, Beside]:
    """Return what stands beside each site: two statements a tenant, however many; the caller has scoped the sites."""
    alarms, owed = bool(actor.grants_for(dedupe.READ)), bool(actor.grants_for(_DUTIES))
    told: dict[UUID, Beside] = {}
    for tenant_id in sorted({one.site.tenant_id for one in found}):
        there = replace(work, tenant_id=tenant_id)
        mine = [one.site for one in found if one.site.tenant_id == tenant_id]
        raised = [site.alarm_id for site in mine if site.alarm_id is not None]
        answers = dedupe.answers(there, raised) if alarms and raised else {}
        kinds = store.owed.next_kinds(there, [site.id for site in mine if site.open]) if owed else {}
        for site in mine:
            answer = None if site.alarm_id is None else answers.get(site.alarm_id)
            pipe, far = (None, None) if answer is None else (answer.pipe_id, answer.distance_m)
            told[site.id] = Beside(pipe, far, kinds.get(site.id))
    return told


def site(work: Work, actor: Actor, site_id: UUID, permission: str = READ) -> Filed:
    """Return one site, also one that was merged or has ended.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    return people.visible(store.sites.one(work, scope(actor, permission), site_id), "site")


def changed(work: Work, actor: Actor, event_ids: Collection[UUID]) -> list[Filed]:
    """Return the sites, within the actor's reach, to which these events happened, by id.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    return store.sites.some(work, scope(actor, READ), store.history.sites_of_events(work, event_ids))


def changed_at(work: Work, site_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when anything last happened to each of the tenant's sites: the caller has scoped them."""
    return store.history.last_of(work, site_ids)


def history(work: Work, actor: Actor, site_id: UUID, *, limit: int, after: int = 0) -> list[SiteEvent]:
    """Return what happened to a site in reach past its version ``after``, oldest first.

    Raises:
        ForbiddenError, NotFoundError: as for ``site``.
    """
    found = site(work, actor, site_id).site
    return store.history.events(replace(work, tenant_id=found.tenant_id), site_id, limit=limit, after=after)


@dataclass(frozen=True, slots=True)
class Onward:
    """What may come next at a site.

    Attributes:
        may_work: the actor may do what people on the spot do there.
        may_decide: the actor may decide there.
        kinds: violations that can be opened, in the order of their list.
        evidence: what each step asks for at this site, by step; substeps and the check-in of the standby among them.
        done: steps and substeps that were done and still hold.
    """

    site: Site
    steps: tuple[NextStep, ...]
    may_work: bool
    may_decide: bool
    kinds: tuple[ViolationKind, ...]
    evidence: Mapping[str, StepEvidence]
    done: frozenset[str]


def onward(work: Work, actor: Actor, site_id: UUID) -> Onward:
    """Return the next steps of a site in reach, each with what it needs and why it is refused now.

    Raises:
        ForbiddenError, NotFoundError: as for ``site``.
    """
    found = site(work, actor, site_id).site
    may = [
        bool(actor.grants_for(one))
        and found.tenant_id == work.tenant_id
        and store.sites.one(work, scope(actor, one), site_id) is not None
        for one in (WORK, DECIDE)
    ]
    there = replace(work, tenant_id=found.tenant_id)
    asked = evidence(there, found) if found.open else {}
    return Onward(
        found, steps(found), may[0], may[1], tuple(store.violations().values()), asked, kept.done(found, work.now())
    )


def names(work: Work, found: Sequence[Filed]) -> Mapping[UUID, str]:
    """Return the names of those who have sites in hand; the caller has scoped the sites."""
    return people.person_names(work, [one.site.owner_id for one in found if one.site.owner_id is not None])


def clues(work: Work, found: Sequence[Filed]) -> Mapping[UUID, ClueState]:
    """Return where the clue of each site stands; a site without an alarm has none. The caller has scoped the sites."""
    untaken: dict[UUID, list[UUID]] = {}
    for site in (one.site for one in found):
        if site.open and site.owner_id is None and site.alarm_id is not None:
            untaken.setdefault(site.tenant_id, []).append(site.alarm_id)
    verdicts = {
        alarm_id: item.case.verdict
        for tenant_id, alarm_ids in sorted(untaken.items())
        for alarm_id, item in judge.cases(replace(work, tenant_id=tenant_id), alarm_ids).items()
    }
    now = work.now()
    return {
        one.site.id: clue_state(
            one.site,
            verdicts.get(one.site.alarm_id),
            late=one.next_due_at is not None and one.next_due_at <= now,
        )
        for one in found
        if one.site.alarm_id is not None
    }
