"""The state of a site is the sum of its events; an event that the state does not allow is refused, not stored."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    VOCABULARY,
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    ContractorNamed,
    DamageRecorded,
    Declined,
    Discovered,
    Dispute,
    Ended,
    GovernmentReport,
    Kept,
    MapDoubted,
    Mark,
    Matched,
    MergedInto,
    Noted,
    OwnerGiven,
    Parted,
    PlanDisputed,
    PlanReviewed,
    Reopened,
    Repair,
    RepairDeclared,
    RepairPapers,
    Replaced,
    ReportAcknowledged,
    ReportAnswered,
    Reported,
    Resumed,
    Site,
    SiteEvent,
    SiteState,
    StandbyChecked,
    StepRecorded,
    Stop,
    StopOrdered,
    StopRefused,
    Strike,
    Struck,
    Verified,
    Violation,
    ViolationFixed,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.casework.rules import kept
from pipewarden.casework.rules.allowed import allowed
from pipewarden.casework.rules.guards import REDONE
from pipewarden.casework.rules.seen import LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


_MARKED = frozenset(what.split(".")[0] for kind in VOCABULARY.values() for what in kind.marks)


class IllegalEventError(ValueError):
    """An event that cannot follow; what a person asks for is refused before it comes to this."""


def fold(events: Iterable[SiteEvent]) -> Site:
    """Return the site that a whole history adds up to.

    Raises:
        IllegalEventError: the history is empty, or an event of it cannot follow.
    """
    site = reduce(apply, events, None)
    if site is None:
        raise IllegalEventError("a site begins with its discovery")
    return site


def apply(site: Site | None, event: SiteEvent) -> Site:
    """Return the site after one event.

    Raises:
        IllegalEventError: it cannot follow on what was.
    """
    body = event.body
    if site is None:
        if not isinstance(body, Discovered) or event.version != 1:
            raise IllegalEventError(f"{body.kind} cannot follow: a site begins with its discovery")
        return _opened(event, body)
    if event.site_id != site.id:
        raise IllegalEventError(f"an event of {event.site_id} cannot change {site.id}")
    if event.version != site.version + 1:
        raise IllegalEventError(f"version {event.version} cannot follow on {site.version}")
    why = allowed(site, body, event.at)
    if why is not None:
        raise IllegalEventError(f"{body.kind} cannot follow: {why.field}: {why.reason}")
    return _marked(replace(_APPLY[type(body)](site, event, body), version=event.version), event)


def _marked(site: Site, event: SiteEvent) -> Site:
    """Keep which event was the last of its kind; a new episode begins with none."""
    body = event.body
    if body.kind not in _MARKED:
        return site
    whats = {body.kind} | ({f"advanced.{body.to.value}"} if isinstance(body, Advanced) else set())
    kept = () if isinstance(body, Reopened) else site.marks
    fresh = (Mark(what, event.id, event.at, site.lon, site.lat) for what in sorted(whats))
    return replace(site, marks=(*(one for one in kept if one.what not in whats), *fresh))


def _opened(event: SiteEvent, body: Discovered) -> Site:
    site = Site(
        id=event.site_id,
        tenant_id=event.tenant_id,
        alarm_id=body.alarm_id,
        state=SiteState.DISCOVERED,
        since=event.at,
        zone=body.zone,
        level=body.level,
        lon=body.lon,
        lat=body.lat,
        version=1,
    )
    return _marked(site, event)


def _to(site: Site, state: SiteState, event: SiteEvent) -> Site:
    return replace(site, state=state, since=event.at)


def _replaced(site: Site, _event: SiteEvent, body: Replaced) -> Site:
    struck = site.strike is not None and site.strike.reported_at is None
    level = 1 if struck or site.gas_at is not None else body.level
    return replace(site, zone=body.zone, level=level, lon=body.lon, lat=body.lat)


def _owner_given(site: Site, event: SiteEvent, body: OwnerGiven) -> Site:
    """Whoever is sent anew has yet to arrive."""
    given = replace(site, owner_id=body.person_id, owned_since=event.at, accepted_at=None, arrived_at=None)
    return _to(given, SiteState.VERIFYING, event) if site.state is SiteState.DISCOVERED else given


def _accepted(site: Site, event: SiteEvent, _body: Accepted) -> Site:
    return replace(site, accepted_at=event.at)


def _declined(site: Site, _event: SiteEvent, _body: Declined) -> Site:
    return replace(site, owner_id=None, owned_since=None, accepted_at=None)


def _arrived(site: Site, event: SiteEvent, _body: Arrived) -> Site:
    return replace(site, arrived_at=event.at)


def _verified(site: Site, _event: SiteEvent, body: Verified) -> Site:
    return replace(site, verified=body.true)


def _advanced(site: Site, event: SiteEvent, body: Advanced) -> Site:
    on = _to(site, body.to, event)
    standby = event.at if body.to is SiteState.UNDER_STANDBY else site.standby_at
    held = kept.noted(site.kept, body.record, body.to)
    return replace(on, passed=site.passed | {body.to}, standby_at=standby, kept=held)


def _changed(site: Site, event: SiteEvent, body: WorksChanged) -> Site:
    return replace(_to(site, body.back_to, event), passed=site.passed - REDONE, kept=kept.changed(site.kept))


def _standby(site: Site, event: SiteEvent, body: StandbyChecked) -> Site:
    return replace(site, standby_at=event.at, missed_at=None, kept=kept.noted(site.kept, body.record, None))


def _missed(site: Site, event: SiteEvent, _body: StandbyMissed) -> Site:
    return replace(site, missed_at=event.at)


def _gas_found(site: Site, event: SiteEvent, _body: GasFound) -> Site:
    return replace(site, level=1, gas_at=event.at)


def _recorded(site: Site, _event: SiteEvent, body: StepRecorded) -> Site:
    return replace(site, kept=kept.noted(site.kept, body.record, body.step))


def _doubted(site: Site, event: SiteEvent, body: MapDoubted) -> Site:
    return replace(site, kept=kept.doubted(site.kept, body, event.at))


def _violation_opened(site: Site, event: SiteEvent, body: ViolationOpened) -> Site:
    fresh = Violation(
        body.violation_id, body.code, body.severity, body.clause, body.reason, opened_at=event.at, due_at=body.due_at
    )
    return replace(site, violations=(*site.violations, fresh))


def _violation_fixed(site: Site, event: SiteEvent, body: ViolationFixed) -> Site:
    return replace(
        site,
        violations=tuple(
            replace(one, fixed_at=event.at) if one.id == body.violation_id else one for one in site.violations
        ),
    )


def _stop_ordered(site: Site, event: SiteEvent, body: StopOrdered) -> Site:
    return replace(site, stops=(*site.stops, Stop(body.stop_id, body.reason, event.at)))


def _stop_refused(site: Site, event: SiteEvent, body: StopRefused) -> Site:
    return replace(
        site, stops=tuple(replace(one, refused_at=event.at) if one.id == body.stop_id else one for one in site.stops)
    )


def _resumed(site: Site, event: SiteEvent, body: Resumed) -> Site:
    if site.gas_at is not None:  # the danger is gone: its level is the place's again
        struck = site.strike is not None and site.strike.reported_at is None
        site = replace(site, gas_at=None, level=1 if struck else LEVEL[site.zone])
    return replace(
        site, stops=tuple(replace(one, resumed_at=event.at) if one.id == body.stop_id else one for one in site.stops)
    )


def _reported(site: Site, event: SiteEvent, body: Reported) -> Site:
    return replace(site, reports=(*site.reports, GovernmentReport(body.report_id, body.to, body.reason, event.at)))


def _acknowledged(site: Site, event: SiteEvent, body: ReportAcknowledged) -> Site:
    return replace(
        site,
        reports=tuple(
            replace(one, acknowledged_at=event.at) if one.id == body.report_id else one for one in site.reports
        ),
    )


def _answered(site: Site, event: SiteEvent, body: ReportAnswered) -> Site:
    return replace(
        site,
        reports=tuple(
            replace(one, answered_at=event.at, answer=body.answer, outcome=body.outcome)
            if one.id == body.report_id
            else one
            for one in site.reports
        ),
    )


def _disputed(site: Site, event: SiteEvent, body: PlanDisputed) -> Site:
    return replace(site, disputes=(*site.disputes, Dispute(body.dispute_id, body.by, body.reason, event.at)))


def _reviewed(site: Site, event: SiteEvent, body: PlanReviewed) -> Site:
    def said(one: Dispute) -> Dispute:
        return replace(one, reviewed_at=event.at, upheld=body.upheld, experts=body.experts, words=body.words)

    return replace(site, disputes=tuple(said(one) if one.id == body.dispute_id else one for one in site.disputes))


def _repair(site: Site, event: SiteEvent, body: RepairDeclared) -> Site:
    return replace(site, repair=Repair(event.at, body.utility))


def _repair_papers(site: Site, event: SiteEvent, _body: RepairPapers) -> Site:
    return site if site.repair is None else replace(site, repair=replace(site.repair, papers_at=event.at))


def _struck(site: Site, event: SiteEvent, body: Struck) -> Site:
    return replace(site, level=1, strike=Strike(event.at, body.words))


def _strike_reported(site: Site, event: SiteEvent, _body: AccidentReported) -> Site:
    if site.strike is None:
        return site
    return replace(site, level=LEVEL[site.zone], strike=replace(site.strike, reported_at=event.at))


def _damage_recorded(site: Site, event: SiteEvent, _body: DamageRecorded) -> Site:
    return site if site.strike is None else replace(site, strike=replace(site.strike, recorded_at=event.at))


def _ended(site: Site, event: SiteEvent, body: Ended) -> Site:
    return replace(_to(site, body.to, event), watched_until=body.until)


def _reopened(site: Site, event: SiteEvent, _body: Reopened) -> Site:
    """The next episode begins with nobody in hand and no papers; what was broken and reported stays on its file."""
    return replace(
        _to(site, SiteState.DISCOVERED, event),
        owner_id=None,
        owned_since=None,
        accepted_at=None,
        arrived_at=None,
        verified=None,
        standby_at=None,
        missed_at=None,
        gas_at=None,
        watched_until=None,
        passed=frozenset(),
        repair=None,
        strike=None,
        kept=Kept(),
    )


def _merged(site: Site, _event: SiteEvent, body: MergedInto) -> Site:
    return replace(site, merged_into=body.site_id)


def _parted(site: Site, _event: SiteEvent, _body: Parted) -> Site:
    return replace(site, merged_into=None)


def _matched(site: Site, _event: SiteEvent, body: Matched) -> Site:
    return replace(site, filing_id=body.filing_id)


def _contractor_named(site: Site, _event: SiteEvent, body: ContractorNamed) -> Site:
    return replace(site, contractor_id=body.contractor_id)


def _noted(site: Site, _event: SiteEvent, _body: Noted) -> Site:
    return site


_APPLY: dict[type, Callable[[Site, SiteEvent, Any], Site]] = {
    Replaced: _replaced,
    OwnerGiven: _owner_given,
    Accepted: _accepted,
    Declined: _declined,
    Arrived: _arrived,
    Verified: _verified,
    Advanced: _advanced,
    WorksChanged: _changed,
    StandbyChecked: _standby,
    StandbyMissed: _missed,
    GasFound: _gas_found,
    StepRecorded: _recorded,
    MapDoubted: _doubted,
    ViolationOpened: _violation_opened,
    ViolationFixed: _violation_fixed,
    StopOrdered: _stop_ordered,
    StopRefused: _stop_refused,
    Resumed: _resumed,
    Reported: _reported,
    ReportAcknowledged: _acknowledged,
    ReportAnswered: _answered,
    PlanDisputed: _disputed,
    PlanReviewed: _reviewed,
    RepairDeclared: _repair,
    RepairPapers: _repair_papers,
    Struck: _struck,
    AccidentReported: _strike_reported,
    DamageRecorded: _damage_recorded,
    Ended: _ended,
    Reopened: _reopened,
    MergedInto: _merged,
    Parted: _parted,
    Matched: _matched,
    ContractorNamed: _contractor_named,
    Noted: _noted,
}
