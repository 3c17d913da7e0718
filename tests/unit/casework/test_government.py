"""What reports add up to, and what the rules say of answers and of disputed plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from site_life import NOW, SITE, WHOLE, discovered, then

from pipewarden.casework.facts import (
    ACCIDENT_WITHIN,
    AccidentReported,
    Enforcement,
    GovernmentReport,
    Measure,
    PlanDisputed,
    PlanReviewed,
    ReportAcknowledged,
    ReportAnswered,
    Reported,
    Site,
    SiteState,
    Struck,
)
from pipewarden.casework.rules import allowed
from pipewarden.casework.rules.government import figures
from pipewarden.casework.rules.guards import GUARDS

if TYPE_CHECKING:
    from datetime import datetime

HOUR = timedelta(hours=1)
ONE, TWO = UUID(int=71), UUID(int=72)
SINCE, UNTIL = NOW - 24 * HOUR, NOW + 24 * HOUR


def report(
    after: timedelta = timedelta(), answered: timedelta | None = None, outcome: Enforcement | None = None
) -> GovernmentReport:
    at = NOW + after
    return GovernmentReport(ONE, "城管", "x", at, None if answered is None else at + answered, "", None, outcome)


def with_reports(*reports: GovernmentReport) -> Site:
    return replace(discovered(), reports=reports)


def struck(after: timedelta, *reported: timedelta | None, site: UUID = SITE) -> list[tuple[UUID, datetime, str]]:
    """Return a strike as it happened, and its reports, each so long after it."""
    at = NOW + after
    return [(site, at, "struck"), *((site, at + one, "accident_reported") for one in reported if one is not None)]


def counted(
    *happened: tuple[UUID, datetime, str], sites: tuple[Site, ...] = (), now: timedelta = 100 * HOUR
) -> tuple[int, int, int]:
    told = figures(sites or (discovered(),), happened, SINCE, UNTIL, NOW + now)
    return told.strikes, told.strikes_in_time, told.strikes_late


def test_answers_are_measured_and_the_unanswered_counted() -> None:
    sites = [with_reports(report(answered=2 * HOUR), report(answered=6 * HOUR)), with_reports(report())]
    told = figures(sites, [], SINCE, UNTIL, NOW)
    assert (told.reports, told.answered, told.open, told.median_answer_h) == (3, 2, 1, 4.0)


def test_nothing_answered_has_no_median() -> None:
    assert figures([with_reports(report())], [], SINCE, UNTIL, NOW).median_answer_h is None


@pytest.mark.parametrize(("after", "counts"), [(-24, 1), (-24.01, 0), (23.99, 1), (24, 0)])
def test_the_end_of_the_time_is_excluded(after: float, counts: int) -> None:
    told = figures([with_reports(report(after * HOUR))], struck(after * HOUR), SINCE, UNTIL, NOW + 100 * HOUR)
    assert (told.reports, told.strikes) == (counts, counts)


def test_only_fines_are_summed() -> None:
    outcomes = [Enforcement(Measure.FINE, 5_000_000), Enforcement(Measure.FINE, 1), Enforcement(Measure.WARNING)]
    told = figures([with_reports(*(report(answered=HOUR, outcome=one) for one in outcomes))], [], SINCE, UNTIL, NOW)
    assert told.fines_fen == 5_000_001
    assert dict(told.measures) == {Measure.FINE: 2, Measure.WARNING: 1}


@pytest.mark.parametrize(
    ("reported", "now", "in_time", "late"),
    [
        (ACCIDENT_WITHIN, 5 * HOUR, 1, 0),
        (ACCIDENT_WITHIN + timedelta(seconds=1), 5 * HOUR, 0, 1),
        (None, HOUR, 0, 0),
        (None, HOUR + timedelta(seconds=1), 0, 1),
    ],
    ids=["on the hour", "a second late", "its hour still runs", "never"],
)
def test_an_accident_has_its_hour(reported: timedelta | None, now: timedelta, in_time: int, late: int) -> None:
    assert counted(*struck(timedelta(), reported), now=now) == (1, in_time, late)


def test_every_strike_of_a_site_counts_with_the_first_report_after_it() -> None:
    twice = [*struck(timedelta(), 2 * HOUR), *struck(3 * HOUR, HOUR)]
    assert counted(*twice) == (2, 1, 1)
    assert counted(*twice, *struck(5 * HOUR)) == (3, 1, 2)
    assert counted(*twice, *struck(5 * HOUR), now=5.5 * HOUR) == (3, 1, 1), "the hour of the third still runs"
    assert counted(*struck(-25 * HOUR), *struck(timedelta(), HOUR)) == (1, 1, 0), "the first is of another time"
    assert counted(*struck(timedelta(), HOUR, 2 * HOUR)) == (1, 1, 0)


def test_no_site_takes_anothers_report() -> None:
    assert counted(*struck(timedelta()), *struck(timedelta(), HOUR, site=ONE)) == (2, 1, 1)


def test_an_untold_strike_of_a_merged_site_counts_where_it_went_and_a_told_one_stays() -> None:
    kept, gone = replace(discovered(), id=ONE), replace(discovered(), merged_into=ONE)
    carried = [*struck(timedelta()), *struck(HOUR, HOUR, site=ONE)]
    assert counted(*carried, sites=(kept, gone)) == (1, 1, 0)
    assert counted(*struck(timedelta(), HOUR), sites=(gone,)) == (1, 1, 0)


def test_a_report_is_taken_in_hand_once_and_answered_once() -> None:
    site = then(discovered(), Reported(ONE, "城管", "they dig on"))
    assert allowed(site, ReportAcknowledged(TWO), NOW) is not None, "no such report"
    site = then(site, ReportAcknowledged(ONE))
    assert site.reports[0].acknowledged_at is not None
    assert allowed(site, ReportAcknowledged(ONE), NOW) is not None
    site = then(site, ReportAnswered(ONE, "fined", Enforcement(Measure.FINE, 100)))
    assert site.reports[0].outcome == Enforcement(Measure.FINE, 100)
    assert allowed(site, ReportAnswered(ONE, "again"), NOW) is not None


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        (None, None),
        (Enforcement(Measure.FINE, 1), None),
        (Enforcement(Measure.ORDER), None),
        (Enforcement(Measure.FINE), "outcome.amount_fen"),
        (Enforcement(Measure.NONE, 1), "outcome.amount_fen"),
    ],
)
def test_an_amount_belongs_to_a_fine(outcome: Enforcement | None, field: str | None) -> None:
    site = then(discovered(), Reported(ONE, "城管", "x"))
    why = allowed(site, ReportAnswered(ONE, "so", outcome), NOW)
    assert (None if why is None else why.field) == field


def disputed() -> Site:
    return then(discovered(), PlanDisputed(ONE, "建设单位", "净距太大"))


def test_a_disputed_plan_is_signed_only_after_experts_have_looked() -> None:
    guard = GUARDS["undisputed"]
    assert guard(discovered(), WHOLE) is None
    why = guard(disputed(), WHOLE)
    assert why is not None
    assert why.code == "disputed"
    for upheld in (True, False):
        reviewed = then(disputed(), PlanReviewed(ONE, upheld, ("王工",), "looked at it"))
        assert guard(reviewed, WHOLE) is None
        assert reviewed.disputes[0].upheld is upheld


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (PlanReviewed(TWO, True, ("王工",), "x"), "dispute_id"),
        (PlanReviewed(ONE, True, (), "x"), "experts"),
        (PlanReviewed(ONE, True, ("  ",), "x"), "experts"),
        (PlanReviewed(ONE, True, ("王工",), " "), "words"),
        (PlanDisputed(TWO, "施工单位", "too"), "state"),
    ],
)
def test_what_a_review_must_hold(body: PlanReviewed | PlanDisputed, field: str) -> None:
    why = allowed(disputed(), body, NOW)
    assert why is not None
    assert why.field == field


def test_a_signed_plan_is_changed_and_not_disputed() -> None:
    signed = replace(discovered(), passed=frozenset({SiteState.PLAN_SIGNED}))
    why = allowed(signed, PlanDisputed(ONE, "建设单位", "x"), NOW)
    assert why is not None
    assert "change of the works" in why.fix


def test_the_accident_is_reported_after_the_strike() -> None:
    assert allowed(discovered(), AccidentReported("应急管理局"), NOW) is not None
    site = then(discovered(), Struck("挖断"), AccidentReported("应急管理局"))
    assert site.strike is not None
    assert site.strike.reported_at is not None
