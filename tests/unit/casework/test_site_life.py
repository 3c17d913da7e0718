"""The main path of domain.md 4.3: what leads where, what each step asks for, and what is refused with which clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from site_life import NOW, OTHER, PERSON, WHOLE, advanced, discovered, sent, then, verified

from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    Body,
    Declined,
    Discovered,
    Ended,
    MergedInto,
    Noted,
    OwnerGiven,
    Parted,
    Proof,
    Refusal,
    Reopened,
    RepairDeclared,
    RepairPapers,
    Replaced,
    ReportAnswered,
    Reported,
    Resumed,
    Severity,
    Site,
    SiteState,
    StandbyChecked,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationFixed,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.rules import IllegalEventError, allowed, arcs, headline, steps
from pipewarden.casework.rules.guards import GUARDS
from pipewarden.network.facts import Zone

STOP, VIOLATION, REPORT = UUID(int=20), UUID(int=21), UUID(int=22)
GRAVE = ViolationOpened(VIOLATION, "V-UNBRIEFED", Severity.MAJOR, "第三十四条", "seen digging")
LIGHT = replace(GRAVE, code="V-SIGNS", severity=Severity.MINOR)
BARE = Proof()
ENDS = {SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE}


def refusal(site: Site, body: Body) -> Refusal:
    why = allowed(site, body, NOW + timedelta(minutes=1))
    assert why is not None, body
    with pytest.raises(IllegalEventError):
        then(site, body)  # no way leads round it
    return why


def test_the_path_leads_from_discovery_to_the_archive() -> None:
    site = advanced(SiteState.CLOSED)
    assert site.state is SiteState.CLOSED
    assert not site.open
    assert site.passed == frozenset(
        one
        for one in SiteState
        if one.value
        in {"notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby", "completed", "closed"}
    )
    assert site.since == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    "paper",
    [
        one
        for one in SiteState
        if arcs()
        and one.value
        in {"notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby", "completed"}
    ],
)
def test_no_paper_no_step(paper: SiteState) -> None:
    order = list(SiteState)
    before = verified() if paper is SiteState.NOTIFIED else advanced(order[order.index(paper) - 1])
    why = refusal(before, Advanced(paper, BARE))
    assert why.code.startswith("lacks_")
    assert why.field.startswith("proof.")
    assert why.clause
    assert why.fix
    assert then(before, Advanced(paper, WHOLE)).state is paper


def test_the_forbidden_transitions_of_the_domain() -> None:
    filed = advanced(SiteState.FILED)
    assert refusal(filed, Advanced(SiteState.UNDER_STANDBY, WHOLE)).code == "not_next"  # 4 -> 9 without 6 and 7
    stopped = then(advanced(SiteState.READY), StopOrdered(STOP, "danger"))
    assert refusal(stopped, Advanced(SiteState.UNDER_STANDBY, WHOLE)).code == "stopped"  # 11 -> 9
    why = refusal(advanced(SiteState.UNDER_STANDBY), Advanced(SiteState.CLOSED, WHOLE))  # 17 without 16
    assert why.code == "not_next"
    assert "completed" in why.fix
    assert refusal(sent(), Advanced(SiteState.NOTIFIED, WHOLE)).code == "not_verified"


def test_ready_by_an_older_history_still_needs_briefing_and_plan_to_go_under_standby() -> None:
    ready = replace(
        advanced(SiteState.READY), passed=frozenset({SiteState.FILED, SiteState.LOCATED, SiteState.BRIEFED})
    )
    why = refusal(ready, Advanced(SiteState.UNDER_STANDBY, WHOLE))
    assert (why.code, why.clause) == ("lacks_plan_signed", "城镇燃气管理条例 第三十四条、第三十七条")


def test_a_refused_signature_with_a_witness_or_a_picture_hands_the_letter_over() -> None:
    site = verified()
    assert refusal(site, Advanced(SiteState.NOTIFIED, Proof(refused=True))).field == "proof.signed_by"
    for proof in (Proof(refused=True, witness="Li"), Proof(refused=True, pictures=("a" * 64,))):
        assert then(site, Advanced(SiteState.NOTIFIED, proof)).state is SiteState.NOTIFIED
    filed = advanced(SiteState.LOCATED)
    assert refusal(filed, Advanced(SiteState.BRIEFED, Proof(refused=True, witness="Li"))).field == "proof.signed_by"


def test_one_name_written_twice_is_one_signature() -> None:
    site = advanced(SiteState.LOCATED)
    assert refusal(site, Advanced(SiteState.BRIEFED, Proof(signed_by=("Li", "Li ", " ")))).field == "proof.signed_by"


def test_a_change_of_the_works_puts_the_path_back_and_forgets_briefing_and_plan() -> None:
    site = then(advanced(SiteState.UNDER_STANDBY), WorksChanged("deeper", SiteState.FILED))
    assert site.state is SiteState.FILED
    assert site.passed == {SiteState.NOTIFIED, SiteState.FILED, SiteState.LOCATED}
    assert then(site, Advanced(SiteState.BRIEFED, WHOLE)).state is SiteState.BRIEFED  # the pipe lies where it lay
    assert refusal(site, Advanced(SiteState.UNDER_STANDBY, WHOLE)).code == "not_next"
    assert refusal(advanced(SiteState.FILED), Advanced(SiteState.BRIEFED, WHOLE)).code == "not_located"
    assert refusal(verified(), WorksChanged("deeper", SiteState.FILED)).code == "not_next"
    assert refusal(advanced(SiteState.READY), WorksChanged(" ", SiteState.FILED)).field == "reason"
    assert refusal(advanced(SiteState.READY), WorksChanged("x", SiteState.LOCATED)).field == "back_to"
    assert refusal(advanced(SiteState.LOCATED), Advanced(SiteState.FILED, WHOLE)).code == "not_a_step"


def test_works_under_a_stop_order_go_on_only_when_the_operator_confirms() -> None:
    site = then(advanced(SiteState.FILED), StopOrdered(STOP, "no plan"))
    assert site.stopped
    assert headline(site) == "stopped"
    on = then(site, *(Advanced(one, WHOLE) for one in (SiteState.LOCATED, SiteState.BRIEFED, SiteState.PLAN_SIGNED)))
    assert refusal(on, Advanced(SiteState.READY, WHOLE)).clause == "城镇燃气管理条例 第三十六条"
    assert refusal(on, Advanced(SiteState.COMPLETED, WHOLE)).code == "stopped"
    assert refusal(on, StopOrdered(OTHER, "again")).code == "stopped"
    assert refusal(on, Resumed(OTHER, WHOLE)).field == "stop_id"
    assert refusal(on, Resumed(STOP, Proof(words="gone"))).field == "proof.signed_by"
    refused = then(on, StopRefused(STOP, Proof(words="they laughed")))
    assert refused.stops[0].refused_at == NOW + timedelta(minutes=1)
    assert refusal(refused, StopRefused(STOP, WHOLE)).field == "stop_id"
    resumed = then(refused, Resumed(STOP, WHOLE))
    assert not resumed.stopped
    assert then(resumed, Advanced(SiteState.READY, WHOLE)).state is SiteState.READY


def test_a_grave_violation_holds_up_the_works_and_any_holds_up_the_archive() -> None:
    signed = advanced(SiteState.PLAN_SIGNED)
    assert refusal(then(signed, GRAVE), Advanced(SiteState.READY, WHOLE)).code == "violation_open"
    assert then(signed, LIGHT, Advanced(SiteState.READY, WHOLE)).state is SiteState.READY
    assert then(advanced(SiteState.FILED), GRAVE, Advanced(SiteState.LOCATED, WHOLE)).state is SiteState.LOCATED
    done = then(advanced(SiteState.UNDER_STANDBY), LIGHT, Advanced(SiteState.COMPLETED, WHOLE))
    assert refusal(done, Advanced(SiteState.CLOSED, BARE)).code == "violation_open"
    assert headline(done) == "violation"
    fixed = then(done, ViolationFixed(VIOLATION, WHOLE))
    assert fixed.violations[0].fixed_at is not None
    assert then(fixed, Advanced(SiteState.CLOSED, BARE)).state is SiteState.CLOSED


def test_violations_are_opened_once_and_fixed_once_by_a_picture() -> None:
    site = then(verified(), GRAVE)
    assert refusal(site, replace(GRAVE, violation_id=OTHER)).code == "violation_open"
    assert refusal(site, replace(LIGHT, reason="")).field == "reason"
    assert refusal(site, ViolationFixed(OTHER, WHOLE)).field == "violation_id"
    assert refusal(site, ViolationFixed(VIOLATION, BARE)).field == "proof.pictures"
    fixed = then(site, ViolationFixed(VIOLATION, WHOLE))
    assert refusal(fixed, ViolationFixed(VIOLATION, WHOLE)).field == "violation_id"
    assert len(then(fixed, replace(GRAVE, violation_id=OTHER)).violations) == 2


def test_a_strike_is_reported_before_anything_goes_on() -> None:
    site = then(advanced(SiteState.READY), Struck("gas smells"))
    assert headline(site) == "struck"
    why = refusal(site, Advanced(SiteState.UNDER_STANDBY, WHOLE))
    assert (why.code, why.clause) == ("strike_untold", "生产安全事故报告和调查处理条例 第九条")
    assert refusal(site, Struck("again")).code == "struck"
    assert refusal(site, AccidentReported("")).field == "to"
    told = then(site, AccidentReported("住建局"))
    assert refusal(told, AccidentReported("住建局")).code == "no_strike"
    assert then(told, Advanced(SiteState.UNDER_STANDBY, WHOLE)).state is SiteState.UNDER_STANDBY
    assert len({then(told, Struck("a second one")).strike, told.strike}) == 2


def test_reports_to_authorities_and_their_answers() -> None:
    site = then(verified(), Reported(REPORT, "城管", "refused to stop"))
    assert refusal(site, ReportAnswered(OTHER, "coming")).field == "report_id"
    assert refusal(site, ReportAnswered(REPORT, "")).field == "answer"
    answered = then(site, ReportAnswered(REPORT, "coming"))
    assert answered.reports[0].answer == "coming"
    assert refusal(answered, ReportAnswered(REPORT, "coming")).field == "report_id"
    assert refusal(site, Reported(OTHER, " ", "x")).field == "to"


def test_an_emergency_repair_brings_its_papers_before_the_archive() -> None:
    site = then(verified(), RepairDeclared("water"))
    assert headline(site) == "repair"
    assert refusal(site, RepairDeclared("water")).clause == "城市道路管理条例 第三十四条"
    assert refusal(site, RepairPapers(BARE)).field == "proof.words"
    assert then(site, StandbyChecked(WHOLE)).standby_at is not None  # somebody stands by while they dig
    done = then(site, Advanced(SiteState.NOTIFIED, WHOLE), Advanced(SiteState.COMPLETED, WHOLE))
    assert refusal(done, Advanced(SiteState.CLOSED, BARE)).code == "repair_papers"
    closed = then(done, RepairPapers(WHOLE), Advanced(SiteState.CLOSED, BARE))
    assert headline(closed) == "closed"
    assert refusal(then(done, RepairPapers(WHOLE)), RepairPapers(WHOLE)).code == "no_repair"


def test_who_has_it_in_hand() -> None:
    site = sent()
    assert (site.state, site.owner_id) == (SiteState.VERIFYING, PERSON)
    assert refusal(site, OwnerGiven(PERSON, "patroller", "again")).code == "same_owner"
    assert refusal(site, OwnerGiven(OTHER, "patroller", "")).field == "why"
    accepted = then(site, Accepted(), Arrived(WHOLE))
    assert refusal(accepted, Accepted()).code == "accepted"
    handed = then(accepted, OwnerGiven(OTHER, "patroller", "shift ends"))
    assert (handed.accepted_at, handed.arrived_at, handed.state) == (None, None, SiteState.VERIFYING)
    nobody = then(site, Declined("ill"))
    assert nobody.owner_id is None
    assert refusal(nobody, Accepted()).code == "no_owner"
    assert refusal(nobody, Declined("ill")).code == "no_owner"
    assert refusal(site, Declined("")).field == "reason"


def test_looking_on_the_spot_needs_somebody_there_and_a_picture() -> None:
    assert refusal(discovered(), Arrived(WHOLE)).code == "not_dispatched"
    assert refusal(sent(), Arrived(BARE)).field == "proof.position"
    assert then(sent(), Arrived(Proof(pictures=("a" * 64,)))).arrived_at is not None
    look = Verified(true=False, code="passing_vehicle", proof=WHOLE)
    assert refusal(sent(), look).code == "not_arrived"
    there = then(sent(), Arrived(WHOLE))
    assert refusal(there, replace(look, proof=BARE)).field == "proof.pictures"
    assert refusal(there, replace(look, code="")).field == "code"
    assert then(there, look).verified is False
    assert refusal(advanced(SiteState.NOTIFIED), look).code == "not_next"


def test_standby_is_checked_where_works_stand_ready() -> None:
    assert refusal(advanced(SiteState.PLAN_SIGNED), StandbyChecked(WHOLE)).code == "not_ready"
    site = advanced(SiteState.UNDER_STANDBY)
    assert refusal(site, StandbyChecked(BARE)).field == "proof.position"
    assert then(site, StandbyChecked(WHOLE), after=timedelta(hours=2)).standby_at == NOW + timedelta(hours=2)


def test_only_looking_ends_a_site_in_range() -> None:
    until = NOW + timedelta(days=7)
    exempt = Ended(SiteState.EXEMPT, "no_digging", "lamp posts", until)
    false = Ended(SiteState.FALSE, "passing_vehicle", "drove on")
    assert refusal(sent(), exempt).code == "not_looked"
    ended = then(verified(), exempt)
    assert (ended.state, ended.watched_until, ended.open) == (SiteState.EXEMPT, until, False)
    assert then(discovered(Zone.OUTSIDE), exempt).state is SiteState.EXEMPT
    assert refusal(verified(), false).code == "verified_true"
    assert refusal(advanced(SiteState.FILED), false).code == "not_next"
    assert then(sent(), false).state is SiteState.FALSE
    assert refusal(sent(), replace(false, to=SiteState.CLOSED)).field == "to"
    assert refusal(sent(), replace(false, until=until)).field == "until"
    assert refusal(verified(), replace(exempt, until=None)).field == "until"
    assert refusal(verified(), replace(exempt, until=NOW)).field == "until"
    assert refusal(verified(), replace(exempt, until=NOW + timedelta(days=91))).field == "until"
    assert refusal(verified(), replace(exempt, reason="")).field == "reason"
    assert refusal(then(verified(), GRAVE), exempt).code == "violation_open"
    assert refusal(then(sent(), StopOrdered(STOP, "x")), false).code == "stopped"


def test_an_ended_site_takes_nothing_but_its_reopening_and_notes() -> None:
    site = advanced(SiteState.CLOSED)
    for body in (
        Advanced(SiteState.CLOSED, WHOLE),
        Struck("x"),
        GRAVE,
        OwnerGiven(OTHER, "x", "y"),
        MergedInto(OTHER, "m"),
        Replaced(Zone.CONTROL, 2, None, None, "x"),
        Parted("x"),
    ):
        assert refusal(site, body).code == "ended"
    assert then(site, Noted("a word")).state is SiteState.CLOSED
    again = then(then(site, Noted("x")), Reopened("seen again"))
    assert again.state is SiteState.DISCOVERED
    assert again.open
    assert (again.owner_id, again.verified, again.passed, again.arrived_at) == (None, None, frozenset(), None)
    assert refusal(again, Reopened("seen again")).code == "not_next"


def test_a_merged_site_takes_nothing_but_its_parting_and_notes() -> None:
    site = then(verified(), MergedInto(OTHER, "same pit"))
    assert (site.merged_into, site.open, headline(site), steps(site)) == (OTHER, False, "merged", ())
    for body in (Advanced(SiteState.NOTIFIED, WHOLE), Reopened("x"), Replaced(Zone.CONTROL, 2, None, None, "x")):
        why = refusal(site, body)
        assert why.code == "merged"
        assert str(OTHER) in why.reason
    parted = then(site, Noted("x"), Parted("two pits"))
    assert parted.open
    assert parted.state is SiteState.VERIFYING
    assert refusal(parted, Parted("x")).code == "not_merged"
    assert refusal(verified(), MergedInto(verified().id, "x")).code == "itself"


def test_what_a_site_is_never_told_twice() -> None:
    assert refusal(sent(), Discovered(None, Zone.CONTROL, 2, None, None, "x")).code == "known"
    assert refusal(sent(), Noted(" ")).field == "words"
    moved = then(sent(), Replaced(Zone.CONTROL, 2, 116.8, 39.6, "moved"))
    assert (moved.zone, moved.level, moved.lon, moved.lat) == (Zone.CONTROL, 2, 116.8, 39.6)


def test_the_next_steps_say_what_they_need_and_why_others_wait() -> None:
    told = {one.act: one for one in steps(then(advanced(SiteState.PLAN_SIGNED), StopOrdered(STOP, "x")))}
    assert set(told) == {"make_ready", "complete", "change"}
    assert [one.code for one in told["make_ready"].refused] == ["stopped"]
    assert told["make_ready"].needs is not None
    assert told["make_ready"].needs.document == "开工告知"
    assert told["change"].refused == ()
    assert {one.act for one in steps(sent())} == {"notify", "end_exempt", "end_false"}
    assert [one.act for one in steps(advanced(SiteState.CLOSED))] == ["reopen"]
    assert [one.act for one in steps(discovered())] == ["end_exempt", "end_false"]


def test_every_declared_guard_is_one_that_answers_and_none_is_idle() -> None:
    named = {name for one in arcs() for name in one.guards}
    assert named == set(GUARDS)
    assert {one.source for one in arcs()} | {one.to for one in arcs()} == set(SiteState)


def test_every_way_into_a_state_of_works_asks_for_the_stop_and_the_strike() -> None:
    for one in arcs():
        if one.to in {SiteState.READY, SiteState.UNDER_STANDBY, SiteState.COMPLETED, SiteState.CLOSED}:
            assert {"not_stopped", "strike_told"} <= set(one.guards), one
    into = [one for one in arcs() if one.to is SiteState.UNDER_STANDBY]
    assert [(one.source, "papers_whole" in one.guards) for one in into] == [(SiteState.READY, True)]
    assert [one.source for one in arcs() if one.to is SiteState.CLOSED] == [SiteState.COMPLETED]


@pytest.mark.parametrize(
    "start", [one for one in SiteState if one not in {SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE}]
)
def test_whatever_is_offered_out_of_turn_is_refused_with_where_the_path_leads(start: SiteState) -> None:
    site = replace(verified(), state=start)
    known = {one.to for one in arcs() if one.source is start}
    for to in set(SiteState) - known:
        why = allowed(site, Advanced(to, WHOLE), NOW)
        assert why is not None
        assert why.code == "not_next"
        assert why.fix.startswith("From here the path leads to ")
        assert to.value in why.reason


def test_an_unknown_place_counts_as_inside() -> None:
    until = NOW + timedelta(days=7)
    exempt = Ended(SiteState.EXEMPT, "outside", "far", until)
    assert refusal(then(discovered(Zone.UNKNOWN), OwnerGiven(PERSON, "patroller", "x")), exempt).code == "not_looked"
    outside = then(verified(), Replaced(Zone.OUTSIDE, 4, 116.8, 39.6, "moved"))
    assert refusal(outside, Advanced(SiteState.NOTIFIED, WHOLE)).code == "out_of_range"
