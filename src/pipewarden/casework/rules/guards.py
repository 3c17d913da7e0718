"""The guards that the main path names: each answers why a step must not be taken, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import Refusal, Severity, SiteState
from pipewarden.casework.rules import needs
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipewarden.casework.facts import Needs, Proof, Site

    Guard = Callable[[Site, Proof], Refusal | None]

# what a change of the works makes undone; the pipe stays where it was found
REDONE: Final = frozenset({SiteState.BRIEFED, SiteState.PLAN_SIGNED, SiteState.READY, SiteState.UNDER_STANDBY})


def _against(code: str, reason: str, clause: str, fix: str) -> Refusal:
    return Refusal(code, "state", reason, clause, fix)


def _verified_true(site: Site, _proof: Proof) -> Refusal | None:
    if site.verified:
        return None
    why = "nobody has confirmed works on the spot" if site.verified is None else "who looked there found no works"
    return _against("not_verified", why, needs.OPERATOR, "Have somebody look on the spot first.")


def _not_verified_true(site: Site, _proof: Proof) -> Refusal | None:
    if not site.verified:
        return None
    fix = "Follow the path, or end it as exempt with the reason."
    return _against("verified_true", "somebody on the spot has confirmed works", needs.HOUSE, fix)


def _in_range(site: Site, _proof: Proof) -> Refusal | None:
    if site.zone is not Zone.OUTSIDE:
        return None
    fix = "End it as exempt; it stays under watch."
    return _against("out_of_range", "the works lie outside every range", needs.PLAN, fix)


def _looked_or_outside(site: Site, _proof: Proof) -> Refusal | None:
    if site.zone is Zone.OUTSIDE or site.verified is not None:
        return None
    fix = "Have somebody look on the spot first."
    return _against("not_looked", "it lies within a range and nobody has looked on the spot", needs.OPERATOR, fix)


def _located_before(site: Site, _proof: Proof) -> Refusal | None:
    if SiteState.LOCATED in site.passed:
        return None
    fix = "Locate the pipe first: 管线现状确认表."
    return _against("not_located", "the pipe's position is not confirmed", needs.GUIDANCE, fix)


def _papers_whole(site: Site, _proof: Proof) -> Refusal | None:
    for paper, word in ((SiteState.BRIEFED, "the briefing"), (SiteState.PLAN_SIGNED, "the protection plan")):
        if paper not in site.passed:
            fix = f"Do {word} first, then have it made ready again."
            return _against(f"lacks_{paper.value}", f"{word} is missing", needs.STEPS[paper].clause, fix)
    return None


def _not_stopped(site: Site, _proof: Proof) -> Refusal | None:
    if not site.stopped:
        return None
    fix = "The operator confirms that the danger is gone: 复工确认单."
    return _against("stopped", "a stop order holds", needs.STOPPING, fix)


def _nothing_grave(site: Site, _proof: Proof) -> Refusal | None:
    found = next((one for one in site.violations if one.fixed_at is None and one.severity is Severity.MAJOR), None)
    if found is None:
        return None
    return _against(
        "violation_open", f"violation {found.code} is not put right", found.clause, "Confirm its fix first."
    )


def _all_fixed(site: Site, _proof: Proof) -> Refusal | None:
    found = next((one for one in site.violations if one.fixed_at is None), None)
    if found is None:
        return None
    return _against(
        "violation_open", f"violation {found.code} is not put right", found.clause, "Confirm its fix first."
    )


def _strike_told(site: Site, _proof: Proof) -> Refusal | None:
    if site.strike is None or site.strike.reported_at is not None:
        return None
    return _against("strike_untold", "a strike is not reported", needs.ACCIDENT, "Report the accident within the hour.")


def _strike_recorded(site: Site, _proof: Proof) -> Refusal | None:
    if site.strike is None or site.strike.recorded_at is not None:
        return None
    fix = "Complete the damage record on the strike's page."
    return _against("strike_unrecorded", "the strike has no damage record", needs.HOUSE, fix)


def _repair_papered(site: Site, _proof: Proof) -> Refusal | None:
    if site.repair is None or site.repair.papers_at is not None:
        return None
    return _against("repair_papers", "the papers of the emergency repair are missing", needs.REPAIR, "Add them first.")


def _undisputed(site: Site, _proof: Proof) -> Refusal | None:
    if all(one.reviewed_at is not None for one in site.disputes):
        return None
    fix = "Have experts look at it; the authority may organise that (上海市燃气管理条例 第四十一条)."
    return _against("disputed", "the parties do not agree on the plan", needs.PLAN, fix)


def _paper(to: SiteState) -> Guard:
    def guard(_site: Site, proof: Proof) -> Refusal | None:
        return needs.lacks(proof, needs.STEPS[to])

    return guard


# asked of what a person brings with the step; the others are asked of the site as it stands
PAPERS: Final[Mapping[str, SiteState]] = {
    "letter_handed": SiteState.NOTIFIED,
    "filing_complete": SiteState.FILED,
    "position_confirmed": SiteState.LOCATED,
    "briefing_signed": SiteState.BRIEFED,
    "plan_agreed": SiteState.PLAN_SIGNED,
    "start_announced": SiteState.READY,
    "supervisor_there": SiteState.UNDER_STANDBY,
    "retested": SiteState.COMPLETED,
}
GUARDS: Final[Mapping[str, Guard]] = {
    "verified_true": _verified_true,
    "not_verified_true": _not_verified_true,
    "in_range": _in_range,
    "looked_or_outside": _looked_or_outside,
    "located_before": _located_before,
    "papers_whole": _papers_whole,
    "not_stopped": _not_stopped,
    "nothing_grave": _nothing_grave,
    "all_fixed": _all_fixed,
    "strike_told": _strike_told,
    "strike_recorded": _strike_recorded,
    "repair_papered": _repair_papered,
    "undisputed": _undisputed,
    **{name: _paper(to) for name, to in PAPERS.items()},
}


def needs_of(names: tuple[str, ...]) -> Needs | None:
    """Return what a step with these guards asks a person to bring."""
    return next((needs.STEPS[PAPERS[name]] for name in names if name in PAPERS), None)
