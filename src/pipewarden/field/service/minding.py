"""Reports that wait for a person: listed, placed, set aside; a phone set aside for a time; contacts seen.

A report whose ground is nobody's is shown to the people of every operator of the house who place messages: who places
it has it from then on. Its contact is seen by nobody before that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.reports import ReportState, Spot
from pipewarden.field.service.following import picture
from pipewarden.field.service.reporting import into_river
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import REPORTS, ReportRow
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Viewed
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.field.facts.reports import Report, Reporter
    from pipewarden.field.service.reporting import Desk
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

PLACE = "intake:place"
MOST_COUNTED = 1000  # a list that long is told as that many and more


@dataclass(frozen=True, slots=True)
class Minded:
    """A report as who places reports sees it, with the phone it came from, what was added to it, and where it went.

    Attributes:
        pictures: how many may be looked at.
        alarm_id: the alarm that holds it; None where the river has not said so, or never will.
        site_id: the site that has that alarm in hand, or had.
    """

    report: Report
    phone: Reporter | None
    added: tuple[str, ...]
    pictures: int
    alarm_id: UUID | None = None
    site_id: UUID | None = None


def listed(
    work: Work, actor: Actor, state: ReportState | None, *, limit: int, before: UUID | None = None
) -> list[Minded]:
    """Return reports of the tenant and those that wait for any operator, the newest first.

    Raises:
        ForbiddenError: the actor places nothing.
    """
    mine = [_seen(work, actor)]
    if state is not None:
        mine.append(ReportRow.state == state.value)
    return _whole(work, store.reports(work, *mine, limit=limit, before=before))


def gravest(
    work: Work, actor: Actor, state: ReportState, *, limit: int, after: tuple[bool, UUID] | None = None
) -> list[Minded]:
    """Return the same reports, word of danger first, then the longest waiting, past (danger, id).

    Raises:
        ForbiddenError: the actor places nothing.
    """
    mine = (_seen(work, actor), ReportRow.state == state.value)
    return _whole(work, store.grave(work, *mine, limit=limit, after=after))


def how_many(work: Work, actor: Actor, state: ReportState) -> int:
    """Return how many there are, ``MOST_COUNTED`` at most; raises as ``listed``."""
    return store.count(work, _seen(work, actor), ReportRow.state == state.value, most=MOST_COUNTED)


def place(work: Work, desk: Desk, actor: Actor, report_id: UUID, spot: Spot) -> Minded:
    """Say where a report is about; it is in the river from now on, and its operator is the one who places it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        RefusedError: it waits for nobody, or the actor acts for no operator.
    """
    found = _waiting(work, actor, report_id)
    if work.tenant_id == PLATFORM:
        raise RefusedError(field="tenant", problem="is none: you act for the platform", fix="Act for a gas company.")
    if found.tenant_id == PLATFORM:
        phone = store.reporters(work, [found.reporter_id])[found.reporter_id]
        found = replace(found, tenant_id=work.tenant_id, reporter_id=store.reporter(work, phone.device).id)
    pictures = [kept for one in found.pictures if (kept := _kept(desk, one)) is not None]
    made = into_river(work, desk, found, spot, pictures)
    values = {
        "tenant_id": found.tenant_id,
        "reporter_id": found.reporter_id,
        "state": ReportState.TAKEN.value,
        "observations": list(made),
        "lon": spot.lon,
        "lat": spot.lat,
        "accuracy_m": spot.accuracy_m,
        "decided_by": actor.id,
    }
    store.change(work, report_id, **values)
    people.record(work, actor, "report.placed", ("report", report_id))
    return _again(work, report_id)


def set_aside(work: Work, actor: Actor, report_id: UUID, reason: str) -> Minded:
    """Say that a report is none of ours, and why; it stays on record, and its reporter is told so.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        RefusedError: it waits for nobody.
    """
    found = _waiting(work, actor, report_id)
    tenant_id = work.tenant_id if found.tenant_id == PLATFORM else found.tenant_id
    values = {"tenant_id": tenant_id, "state": ReportState.ASIDE.value, "why": reason, "decided_by": actor.id}
    store.change(work, report_id, **values)
    people.record(work, actor, "report.set_aside", ("report", report_id), {"reason": reason})
    return _again(work, report_id)


def set_phone_aside(work: Work, actor: Actor, report_id: UUID, span: timedelta | None, reason: str) -> Minded:
    """Let the reports of the phone that sent one wait for a person for a time; None ends that. None is thrown away.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
    """
    people.require(actor, PLACE)
    found = people.visible(store.held(work, report_id, _seen(work, actor)), "report")
    until = None if span is None else work.now() + span
    store.set_aside(replace(work, tenant_id=found.tenant_id), found.reporter_id, until, reason)
    details: Mapping[str, object] = {"until": None if until is None else until.isoformat(), "reason": reason}
    people.record(work, actor, "reporter.set_aside", ("reporter", found.reporter_id), dict(details))
    return _again(work, report_id)


def contact(work: Work, actor: Actor, report_id: UUID, reason: str | None) -> tuple[str, UUID | None]:
    """Return how a reporter may be called back, and who it is where they were signed in; the look is on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none: nobody's ground has no contact yet.
        InputError: no reason is given.
    """
    mine = people.scope_filter(actor, PLACE, REPORTS)
    found = people.visible(store.held(work, report_id, mine, ReportRow.tenant_id == work.tenant_id), "report")
    people.viewed(work, actor, Viewed.REPORTER, ("report", report_id), reason, about=found.person_id)
    return found.contact, found.person_id


def shown(work: Work, actor: Actor, report_id: UUID, number: int) -> tuple[Report, str | None]:
    """Return a report and the SHA-256 of one of its pictures, from 1; None where the picture waits with its report.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
    """
    people.require(actor, PLACE)
    found = people.visible(
        next(iter(store.reports(work, ReportRow.id == report_id, _seen(work, actor), limit=1)), None), "report"
    )
    return found, picture(work, found, number)


def _seen(work: Work, actor: Actor) -> ColumnElement[bool]:
    mine = and_(people.scope_filter(actor, PLACE, REPORTS), ReportRow.tenant_id == work.tenant_id)
    return or_(mine, and_(ReportRow.tenant_id == PLATFORM, ReportRow.state == ReportState.WAITING.value))


def _waiting(work: Work, actor: Actor, report_id: UUID) -> Report:
    people.require(actor, PLACE)
    found = people.visible(store.held(work, report_id, _seen(work, actor)), "report")
    if found.state is not ReportState.WAITING:
        raise RefusedError(field="state", problem=f"the report is {found.state.value}", fix="List those that wait.")
    return found


def _kept(desk: Desk, sha256: str) -> bytes | None:
    try:
        return desk.waiting.get(sha256)
    except InputError:  # its days are over: the words go on without it
        return None


def _again(work: Work, report_id: UUID) -> Minded:
    return _whole(work, store.reports(work, ReportRow.id == report_id, limit=1))[0]


def _whole(work: Work, found: Sequence[Report]) -> list[Minded]:
    phones = store.reporters(work, [one.reporter_id for one in found])
    ids = [each for one in found for each in one.observations]
    alarms = dedupe.alarms_of(work, ids) if ids else {}
    sites = casework.sites_of_alarms(work, set(alarms.values())) if alarms else {}
    seen = sense.observations(work, ids) if ids else {}
    whole = []
    for one in found:
        river = sum(1 for each in one.observations if each in seen and seen[each].picture)
        pictures = river if one.state is ReportState.TAKEN else len(one.pictures)
        added = tuple(each.words for each in store.said(work, one.id, limit=50))
        alarm_id = next((alarms[each] for each in one.observations if each in alarms), None)
        site = None if alarm_id is None else sites.get(alarm_id)
        site_id = None if site is None else site.site.id
        whole.append(Minded(one, phones.get(one.reporter_id), added, pictures, alarm_id, site_id))
    return whole


def phone_aside_until(one: Minded, now: datetime) -> datetime | None:
    """Return until when a report's phone is set aside; None where it is not."""
    until = None if one.phone is None else one.phone.aside_until
    return until if until is not None and until > now else None
