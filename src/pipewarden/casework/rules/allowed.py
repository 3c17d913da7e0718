"""Whether something may happen to a site as it is: None, or the refusal with its reason, clause and fix.

The fold asks here too, so that no way leads round it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    ContractorNamed,
    DamageRecorded,
    Declined,
    Discovered,
    Ended,
    MapDoubted,
    Matched,
    Measure,
    MergedInto,
    NextStep,
    Noted,
    OwnerGiven,
    Parted,
    PlanDisputed,
    PlanReviewed,
    Proof,
    Refusal,
    Reopened,
    RepairDeclared,
    RepairPapers,
    Replaced,
    ReportAcknowledged,
    ReportAnswered,
    Reported,
    Resumed,
    SiteState,
    StandbyChecked,
    StepRecorded,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationFixed,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.casework.rules import needs
from pipewarden.casework.rules.guards import GUARDS, PAPERS, needs_of
from pipewarden.casework.rules.life import arc, arcs_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Body, Site

    Judged = Callable[[Site, Any, datetime], Refusal | None]

LONGEST_WATCH: Final = timedelta(days=90)
_CHECKED_IN: Final = frozenset({SiteState.READY, SiteState.UNDER_STANDBY})
_RECORDED: Final = frozenset(SiteState) - {
    SiteState.DISCOVERED, SiteState.VERIFYING, SiteState.COMPLETED, SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE
}  # fmt: skip
_BY_ACT: Final = frozenset({"dispatch", "change", "end_exempt", "end_false", "reopen"})  # have events of their own


def allowed(site: Site, body: Body, at: datetime) -> Refusal | None:
    """Return why ``body`` must not happen to ``site`` at a moment; None when it may."""
    if site.merged_into is not None and not isinstance(body, Parted | Noted):
        fix = f"Go on with site {site.merged_into}."
        return _against("merged", f"it was merged into site {site.merged_into}", fix)
    if site.merged_into is None and not site.open and not isinstance(body, Reopened | Noted):
        return _against("ended", f"it has ended ({site.state.value})", "Reopen it with the reason first.")
    return _RULES[type(body)](site, body, at)


def steps(site: Site) -> tuple[NextStep, ...]:
    """Return every step that leads on from where a site stands, with what it needs and why it cannot be taken now."""
    nothing = Proof()
    found = []
    for one in arcs_from(site.state):
        if one.act == "dispatch":
            continue
        told = [GUARDS[name](site, nothing) for name in one.guards if name not in PAPERS]
        refused = tuple(why for why in told if why is not None)
        found.append(NextStep(one.act, one.to, needs_of(one.guards), refused))
    return tuple(found) if site.merged_into is None else ()


def _against(code: str, reason: str, fix: str, clause: str = needs.HOUSE) -> Refusal:
    return Refusal(code, "state", reason, clause, fix)


def _empty(field: str, text: str) -> Refusal | None:
    if text.strip():
        return None
    return Refusal(f"lacks_{field}", field, "is empty", needs.HOUSE, "Write it down.")


def _path(site: Site, to: SiteState, proof: Proof) -> Refusal | None:
    way = arc(site.state, to)
    if way is None:
        on = " or ".join(one.to.value for one in arcs_from(site.state) if one.act not in _BY_ACT) or "nothing"
        reason = f"{to.value} does not follow on {site.state.value}"
        clause = needs.STEPS[to].clause if to in needs.STEPS else needs.HOUSE
        return _against("not_next", reason, f"From here the path leads to {on}.", clause)
    return next((why for name in way.guards if (why := GUARDS[name](site, proof)) is not None), None)


def _discovered(_site: Site, _body: Discovered, _at: datetime) -> Refusal:
    return _against("known", "it was discovered before", "Reopen it, or place it anew.")


def _always(_site: Site, _body: Body, _at: datetime) -> None:
    return None


def _owner_given(site: Site, body: OwnerGiven, _at: datetime) -> Refusal | None:
    if site.owner_id == body.person_id:
        return Refusal("same_owner", "person_id", "has it in hand already", needs.HOUSE, "Name somebody else.")
    return _empty("why", body.why)


def _accepted(site: Site, _body: Accepted, _at: datetime) -> Refusal | None:
    if site.owner_id is None:
        return _against("no_owner", "nobody has it in hand", "Assign it first.")
    if site.accepted_at is not None:
        return _against("accepted", "it was accepted before", "Go on with it.")
    return None


def _declined(site: Site, body: Declined, _at: datetime) -> Refusal | None:
    if site.owner_id is None:
        return _against("no_owner", "nobody has it in hand", "Assign it first.")
    return _empty("reason", body.reason)


def _arrived(site: Site, body: Arrived, _at: datetime) -> Refusal | None:
    if site.state is SiteState.DISCOVERED:
        return _against("not_dispatched", "nobody was sent there yet", "Assign it first.")
    return needs.lacks(body.proof, needs.ARRIVAL)


def _verified(site: Site, body: Verified, _at: datetime) -> Refusal | None:
    if site.state is not SiteState.VERIFYING:
        return _against("not_next", f"verifying does not follow on {site.state.value}", "Note it, or end or stop it.")
    if site.arrived_at is None:
        return _against("not_arrived", "nobody is proved on site", "Arrive there first.", needs.OPERATOR)
    return _empty("code", body.code) or needs.lacks(body.proof, needs.LOOK)


def _advanced(site: Site, body: Advanced, _at: datetime) -> Refusal | None:
    way = arc(site.state, body.to)
    if way is not None and way.act in _BY_ACT:
        return Refusal(
            "not_a_step", "to", f"{body.to.value} is reached by {way.act}", needs.HOUSE, "Send that instead."
        )
    return _path(site, body.to, body.proof)


def _changed(site: Site, body: WorksChanged, _at: datetime) -> Refusal | None:
    if body.back_to is not SiteState.FILED:
        return Refusal("back_to", "back_to", "is not filed", needs.PLAN, "A change leads back to filed.")
    return _empty("reason", body.reason) or _path(site, body.back_to, Proof())


def _standby(site: Site, body: StandbyChecked, _at: datetime) -> Refusal | None:
    if site.state not in _CHECKED_IN and site.repair is None:
        fix = "Make it ready first."
        return _against("not_ready", f"there is no standby in {site.state.value}", fix, needs.GUIDANCE)
    return needs.lacks(body.proof, needs.CHECK_IN)


def _missed(site: Site, _body: StandbyMissed, _at: datetime) -> Refusal | None:
    if site.state is SiteState.UNDER_STANDBY:
        return None
    return _against("no_standby", "nobody stands by there now", "Nothing is missed.", needs.GUIDANCE)


def _recorded(site: Site, body: StepRecorded, _at: datetime) -> Refusal | None:
    if site.state in _RECORDED:
        return None
    why = f"{body.step.value} does not follow on {site.state.value}"
    return _against("not_next", why, "Confirm works on the spot and hand over the letter first.", needs.GUIDANCE)


def _violation_opened(site: Site, body: ViolationOpened, _at: datetime) -> Refusal | None:
    if any(one.code == body.code and one.fixed_at is None for one in site.violations):
        return Refusal("violation_open", "code", f"{body.code} is open already", body.clause, "Follow that one.")
    return _empty("reason", body.reason)


def _violation_fixed(site: Site, body: ViolationFixed, _at: datetime) -> Refusal | None:
    unknown = _unknown("violation_id", body.violation_id, [one.id for one in site.violations if one.fixed_at is None])
    return unknown or needs.lacks(body.proof, needs.FIX)


def _stop_ordered(site: Site, body: StopOrdered, _at: datetime) -> Refusal | None:
    if site.stopped:
        return _against("stopped", "a stop order holds already", "Follow that one.", needs.STOPPING)
    return _empty("reason", body.reason)


def _stop_refused(site: Site, body: StopRefused, _at: datetime) -> Refusal | None:
    ids = [one.id for one in site.stops if one.resumed_at is None and one.refused_at is None]
    return _unknown("stop_id", body.stop_id, ids) or needs.lacks(body.proof, needs.REFUSED_STOP)


def _resumed(site: Site, body: Resumed, _at: datetime) -> Refusal | None:
    ids = [one.id for one in site.stops if one.resumed_at is None]
    return _unknown("stop_id", body.stop_id, ids) or needs.lacks(body.proof, needs.RESUMPTION)


def _reported(_site: Site, body: Reported, _at: datetime) -> Refusal | None:
    return _empty("to", body.to) or _empty("reason", body.reason)


def _acknowledged(site: Site, body: ReportAcknowledged, _at: datetime) -> Refusal | None:
    ids = [one.id for one in site.reports if one.answered_at is None and one.acknowledged_at is None]
    return _unknown("report_id", body.report_id, ids)


def _answered(site: Site, body: ReportAnswered, _at: datetime) -> Refusal | None:
    ids = [one.id for one in site.reports if one.answered_at is None]
    refused = _unknown("report_id", body.report_id, ids) or _empty("answer", body.answer)
    fined = body.outcome is not None and body.outcome.measure is Measure.FINE
    if refused is not None or body.outcome is None or fined == (body.outcome.amount_fen > 0):
        return refused
    fix = "Name the amount of the fine, and none with any other measure."
    return Refusal("amount", "outcome.amount_fen", "does not fit the measure", needs.HOUSE, fix)


def _disputed(site: Site, body: PlanDisputed, _at: datetime) -> Refusal | None:
    if SiteState.PLAN_SIGNED in site.passed:
        fix = "Declare a change of the works: the plan is made anew then."
        return _against("signed", "the plan is signed by all parties", fix, needs.PLAN)
    if any(one.reviewed_at is None for one in site.disputes):
        return _against("disputed", "a dispute is open already", "Have it reviewed first.", needs.PLAN)
    return _empty("by", body.by) or _empty("reason", body.reason)


def _reviewed(site: Site, body: PlanReviewed, _at: datetime) -> Refusal | None:
    ids = [one.id for one in site.disputes if one.reviewed_at is None]
    named = {one.strip() for one in body.experts} - {""}
    if (refused := _unknown("dispute_id", body.dispute_id, ids)) is not None:
        return refused
    if not named:
        return Refusal("no_experts", "experts", "names nobody", needs.PLAN, "Name who has looked at the plan.")
    return _empty("words", body.words)


def _unknown(field: str, wanted: UUID, ids: Sequence[UUID]) -> Refusal | None:
    if wanted in ids:
        return None
    return Refusal("not_open", field, "is none that is open here", needs.HOUSE, "Ask for the site again.")


def _repair(site: Site, body: RepairDeclared, _at: datetime) -> Refusal | None:
    if site.repair is not None:
        return _against("repair", "an emergency repair is declared already", "Add its papers.", needs.REPAIR)
    return _empty("utility", body.utility)


def _repair_papers(site: Site, body: RepairPapers, _at: datetime) -> Refusal | None:
    if site.repair is None or site.repair.papers_at is not None:
        return _against("no_repair", "no emergency repair waits for papers", "Declare it first.", needs.REPAIR)
    return needs.lacks(body.proof, needs.PAPERS)


def _struck(site: Site, body: Struck, _at: datetime) -> Refusal | None:
    if site.strike is not None and site.strike.reported_at is None:
        return _against("struck", "a strike is on record and not reported", "Report it.", needs.ACCIDENT)
    return _empty("words", body.words)


def _strike_reported(site: Site, body: AccidentReported, _at: datetime) -> Refusal | None:
    if site.strike is None or site.strike.reported_at is not None:
        return _against("no_strike", "no strike waits for its report", "Record the strike first.", needs.ACCIDENT)
    return _empty("to", body.to)


def _damage_recorded(site: Site, _body: DamageRecorded, _at: datetime) -> Refusal | None:
    if site.strike is None:
        return _against("no_strike", "no strike is on record", "Record the strike first.", needs.ACCIDENT)
    return None


def _ended(site: Site, body: Ended, at: datetime) -> Refusal | None:
    if body.to not in {SiteState.EXEMPT, SiteState.FALSE}:
        return Refusal(
            "not_an_end", "to", "is neither exempt nor false", needs.HOUSE, "Advance along the path instead."
        )
    if (body.to is SiteState.EXEMPT) != (body.until is not None):
        return Refusal(
            "watch", "until", "is given exactly for an exempt one", needs.HOUSE, "Name the end of its watch."
        )
    if body.until is not None and not timedelta() < body.until - at <= LONGEST_WATCH:
        fix = f"Watch it up to {LONGEST_WATCH.days} days; it can be exempt again."
        return Refusal("watch", "until", f"is not within {LONGEST_WATCH.days} days from now", needs.HOUSE, fix)
    return _empty("code", body.code) or _empty("reason", body.reason) or _path(site, body.to, Proof())


def _matched(site: Site, body: Matched, _at: datetime) -> Refusal | None:
    if site.filing_id == body.filing_id:
        return _against("same_filing", "belongs to that filing already", "Go on with it.")
    return None


def _contractor_named(site: Site, body: ContractorNamed, _at: datetime) -> Refusal | None:
    if site.contractor_id == body.contractor_id:
        return Refusal("same_contractor", "name", "is the contractor already", needs.HOUSE, "Go on with the site.")
    return _empty("name", body.name) or _empty("reason", body.reason)


def _reopened(site: Site, body: Reopened, _at: datetime) -> Refusal | None:
    return _empty("reason", body.reason) or _path(site, SiteState.DISCOVERED, Proof())


def _merged(site: Site, body: MergedInto, _at: datetime) -> Refusal | None:
    if body.site_id == site.id:
        return Refusal("itself", "site_id", "is the site itself", needs.HOUSE, "Name another.")
    return None


def _parted(site: Site, _body: Parted, _at: datetime) -> Refusal | None:
    return None if site.merged_into is not None else _against("not_merged", "it stands for itself", "Nothing to do.")


def _noted(_site: Site, body: Noted, _at: datetime) -> Refusal | None:
    return None if body.pictures else _empty("words", body.words)


_RULES: Final[Mapping[type, Judged]] = {
    Discovered: _discovered,
    Replaced: _always,
    OwnerGiven: _owner_given,
    Accepted: _accepted,
    Declined: _declined,
    Arrived: _arrived,
    Verified: _verified,
    Advanced: _advanced,
    WorksChanged: _changed,
    StandbyChecked: _standby,
    StandbyMissed: _missed,
    GasFound: _always,
    StepRecorded: _recorded,
    MapDoubted: _always,
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
