"""Figures of the judge against scipy's, and against counts done by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from pipewarden.judge.facts import Code, FalseAlarm, Judged, ReviewCode, Source, Verdict
from pipewarden.judge.rules.figures import advise, by_reason, exact, figures, recall, rule_figures
from pipewarden.kit.shares import wilson
from pipewarden.network.facts import Zone

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=90)
ONE = Judged(
    alarm_id=UUID(int=1),
    camera_id=None,
    made_at=SINCE,
    zone=Zone.PROTECTION,
    score=0.6,
    frames=3,
    verdict=Verdict.PERSON,
    by=Source.HOUSE,
    decided=None,
    audited=False,
    stopped_by=(),
    calls=1,
    cost=20,
)
TRUE = replace(ONE, verdict=Verdict.CONFIRMED, by=Source.PERSON, decided=True)
FALSE = replace(ONE, verdict=Verdict.REJECTED, by=Source.PERSON, decided=False)
STOPPED = replace(ONE, verdict=Verdict.REJECTED, by=Source.RULE, stopped_by=(Code.PASSING,))
AUDITED_FALSE = replace(STOPPED, by=Source.PERSON, decided=False, audited=True)
AUDITED_TRUE = replace(AUDITED_FALSE, verdict=Verdict.CONFIRMED, decided=True)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    of = draw(st.integers(1, 2000))
    return draw(st.integers(0, of)), of


@settings(deadline=None)
@given(counts())
def test_both_intervals_are_scipys(counted: tuple[int, int]) -> None:
    hits, of = counted
    test = binomtest(hits, of)
    for mine, method in ((wilson(hits, of), "wilson"), (exact(hits, of), "exact")):
        theirs = test.proportion_ci(0.95, method=method)
        assert (mine.low, mine.high) == (pytest.approx(theirs.low, abs=1e-7), pytest.approx(theirs.high, abs=1e-7))
        assert mine.value == hits / of
        assert (mine.hits, mine.of) == (hits, of)


@pytest.mark.parametrize("share", [wilson, exact])
def test_nothing_counted_tells_nothing(share: object) -> None:
    told = share(0, 0)  # type: ignore[operator]
    assert (told.value, told.low, told.high) == (None, 0.0, 1.0)


def test_recall_is_unknown_before_the_first_audit_and_bounded_by_what_could_have_been_missed() -> None:
    told = recall([TRUE] * 8 + [STOPPED] * 2)
    assert (told.found, told.rejected, told.missed, told.value) == (8, 2, None, None)
    assert (told.low, told.high) == (8 / 10, 1.0)


def test_recall_multiplies_the_audited_share_up_to_all_rejections() -> None:
    told = recall([TRUE] * 30 + [STOPPED] * 90 + [AUDITED_FALSE] * 9 + [AUDITED_TRUE])
    assert (told.found, told.rejected, told.audited.hits, told.audited.of) == (30, 100, 1, 10)
    assert told.missed == pytest.approx(10)
    assert told.value == pytest.approx(30 / 40)
    share = binomtest(1, 10).proportion_ci(0.95, method="exact")
    assert (told.low, told.high) == (
        pytest.approx(30 / (30 + 100 * share.high)),
        pytest.approx(30 / (30 + 100 * share.low)),
    )


def test_a_persons_rejection_is_no_miss_of_the_judge_and_an_audits_find_no_find() -> None:
    told = recall([FALSE, FALSE, AUDITED_TRUE])
    assert (told.found, told.rejected) == (0, 1)


def test_figures_count_each_alarm_once_and_leave_audits_out_of_precision() -> None:
    told = figures([TRUE, TRUE, TRUE, FALSE, STOPPED, AUDITED_FALSE, ONE], SINCE, UNTIL)
    assert (told.alarms, told.frames, told.repeats) == (7, 21, 14)
    assert (told.confirmed, told.rejected, told.waiting) == (3, 3, 1)
    assert (told.precision.hits, told.precision.of) == (3, 4)
    assert (told.calls, told.calls_saved, told.cost) == (7, 14, 140)
    assert told.cost_per_site == pytest.approx(140 / 3)


def test_no_site_has_no_cost_and_a_report_saves_no_call() -> None:
    told = figures([replace(ONE, frames=0, calls=2)], SINCE, UNTIL)
    assert (told.cost_per_site, told.calls_saved, told.repeats) == (None, 0, 0)


def test_a_rule_answers_for_what_it_stopped_and_only_for_what_people_looked_at() -> None:
    told = {one.code: one for one in rule_figures([STOPPED, AUDITED_FALSE, AUDITED_TRUE, TRUE])}
    assert (told[Code.PASSING].stopped, told[Code.PASSING].wrong.hits, told[Code.PASSING].wrong.of) == (3, 1, 2)
    assert {one.stopped for code, one in told.items() if code is not Code.PASSING} == {0}


def test_a_threshold_is_told_with_what_it_spares_and_costs() -> None:
    rows = [replace(FALSE, score=0.50), replace(FALSE, score=0.55), replace(TRUE, score=0.58), replace(TRUE, score=0.9)]
    told = advise(rows, SINCE, UNTIL)
    assert [one.threshold for one in told] == [0.55, 0.58, 0.9]
    assert [(one.reviews, one.true_sites) for one in told] == [(1, 0), (2, 0), (3, 1)]
    assert told[2].words == "0.90: −75 % reviews, −1 true site in 90 days"
    assert told[0].words == "0.55: −25 % reviews, no true site lost in 90 days"


def test_advice_needs_reviews_of_pictures_and_is_no_endless_list() -> None:
    assert advise([replace(TRUE, score=0.0), replace(AUDITED_TRUE, score=0.7), ONE], SINCE, UNTIL) == ()
    assert len(advise([replace(TRUE, score=n / 100) for n in range(1, 100)], SINCE, UNTIL)) <= 20


def false(number: int, code: ReviewCode) -> FalseAlarm:
    return FalseAlarm(UUID(int=number), SINCE + timedelta(minutes=number), code)


def test_false_alarms_by_reason_the_commonest_first_and_no_more_than_one_reads() -> None:
    assert by_reason([]) == []
    parked = [false(number, ReviewCode.PARKED) for number in range(30, 5, -1)]
    found = by_reason([false(99, ReviewCode.WEATHER), false(98, ReviewCode.CLEANING), *parked])
    assert [(one.code, one.alarms) for one in found] == [
        (ReviewCode.PARKED, 25),
        (ReviewCode.CLEANING, 1),
        (ReviewCode.WEATHER, 1),
    ], "as many: by their words, so that the list never jumps"
    assert found[0].newest == tuple(parked[:20])
