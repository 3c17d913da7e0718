"""Reports to authorities: listed, taken in hand and answered by the authority itself, added up.

An authority orders nothing at another's site here. It answers what that company has reported to it, and nothing else:
the one act that a role may do across tenants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.rules.government import figures
from pipewarden.casework.service import seen
from pipewarden.casework.service.files import append
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import GovernmentReport, ReportAcknowledged, ReportAnswered, ReportFigures
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

ANSWER = "government:answer"
MOST_SITES = 20_000
KINDS = ("discovered", "violation_opened", "violation_fixed", "stop_ordered", "stop_refused", "struck")


@dataclass(frozen=True, slots=True)
class ReportFound:
    """One report within reach; ``event_id`` is where the list goes on."""

    event_id: UUID
    filed: Filed
    report: GovernmentReport


@dataclass(frozen=True, slots=True)
class GovernmentFigures:
    """The figures of a time within the actor's reach.

    Attributes:
        counts: events by tenant and kind.
        whole: whether every site counted; False where there were more than ``MOST_SITES``.
    """

    figures: ReportFigures
    counts: dict[tuple[UUID, str], int]
    whole: bool


def reports(work: Work, actor: Actor, *, limit: int, after: tuple[datetime, UUID] | None = None) -> list[ReportFound]:
    """Return reports to authorities within the actor's reach, newest first.

    Raises:
        ForbiddenError: the actor reads no sites.
    """
    scope = seen.scope(actor, seen.READ)
    rows = store.government.reported(work, scope, limit=limit, after=after)
    sites = {one.site.id: one for one in store.sites.some(work, scope, {site_id for _, site_id, _ in rows})}
    found = []
    for event_id, site_id, report_id in rows:
        mine = next(one for one in sites[site_id].site.reports if one.id == report_id)
        found.append(ReportFound(event_id, sites[site_id], mine))
    return found


def answer_report(work: Work, actor: Actor, site_id: UUID, body: ReportAcknowledged | ReportAnswered) -> Filed:
    """Let an authority take a report in hand, or answer it; the site's own people hear of it as of every event.

    Raises:
        ForbiddenError, NotFoundError: the actor is no authority, or not there.
        StepRefusedError: no such report is open at the site.
    """
    found = seen.site(work, actor, site_id, ANSWER).site
    there = replace(work, tenant_id=found.tenant_id)
    held = store.sites.lock(there, [site_id]).get(site_id)
    if held is None:
        raise NotFoundError.of("site")
    site = append(there, held, [body], f"{actor.kind}:{actor.id}")
    people.record(there, actor, f"site.{body.kind}", ("site", site_id), {"version": site.version})
    return seen.site(work, actor, site_id, ANSWER)


def government_figures(work: Work, actor: Actor, since: datetime, until: datetime) -> GovernmentFigures:
    """Return what happened from ``since`` until before ``until`` within the actor's reach.

    Raises:
        ForbiddenError: the actor reads no sites.
        InputError: the time is empty or longer than 366 days.
    """
    if not 0 < (until - since).total_seconds() <= 366 * 86_400:
        raise InputError(field="until", problem="is not within 366 days after since", fix="Ask for a shorter time.")
    scope = seen.scope(actor, seen.READ)
    ids = store.government.sites_with(work, scope, since, until, ("reported", "struck"), limit=MOST_SITES + 1)
    sites = [one.site for one in store.sites.some(work, scope, ids[:MOST_SITES])]
    counted = dict(store.government.counts(work, scope, since, until, KINDS))
    accidents = store.government.accidents(work, [one.id for one in sites])
    return GovernmentFigures(figures(sites, accidents, since, until, work.now()), counted, len(ids) <= MOST_SITES)
