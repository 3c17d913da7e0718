"""Figures of reports and accidents, for any history: no time counts one twice, none is lost between two of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from statistics import median
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from site_life import NOW, discovered

from pipewarden.casework.facts import ACCIDENT_WITHIN, Enforcement, GovernmentReport, Measure, Site, Strike
from pipewarden.casework.rules.government import figures

HOUR = timedelta(hours=1)
AFTER = st.integers(-3000, 3000).map(lambda minutes: timedelta(minutes=minutes))
SOON = st.integers(0, 3000).map(lambda minutes: timedelta(minutes=minutes))
ADDED = ("reports", "acknowledged", "answered", "open", "fines_fen", "strikes", "strikes_in_time", "strikes_late")


@st.composite
def reports(draw: st.DrawFn) -> GovernmentReport:
    at = NOW + draw(AFTER)
    answered = draw(st.none() | SOON)
    measure = draw(st.sampled_from(Measure))
    outcome = Enforcement(measure, draw(st.integers(1, 10**9)) if measure is Measure.FINE else 0)
    return GovernmentReport(
        UUID(int=9),
        "城管",
        "x",
        at,
        answered_at=None if answered is None else at + answered,
        acknowledged_at=draw(st.none() | st.just(at)),
        outcome=None if answered is None else draw(st.none() | st.just(outcome)),
    )


@st.composite
def sites(draw: st.DrawFn) -> Site:
    at = NOW + draw(AFTER)
    told = draw(st.none() | st.integers(0, 200).map(lambda minutes: timedelta(minutes=minutes)))
    hit = Strike(at, "hit", None if told is None else at + told)
    return replace(
        discovered(), reports=tuple(draw(st.lists(reports(), max_size=3))), strike=draw(st.none() | st.just(hit))
    )


@given(st.lists(sites(), max_size=6), st.tuples(AFTER, AFTER, AFTER))
def test_two_times_that_meet_add_up_to_the_whole(
    held: list[Site], edges: tuple[timedelta, timedelta, timedelta]
) -> None:
    since, middle, until = sorted(NOW + one for one in edges)
    now = NOW + 100 * HOUR
    first, second = figures(held, since, middle, now), figures(held, middle, until, now)
    whole = figures(held, since, until, now)
    for name in ADDED:
        assert getattr(first, name) + getattr(second, name) == getattr(whole, name), name
    for measure in Measure:
        assert first.measures.get(measure, 0) + second.measures.get(measure, 0) == whole.measures.get(measure, 0)


@given(st.lists(sites(), max_size=6), AFTER)
def test_what_is_counted_is_counted_once_and_as_one_thing(held: list[Site], after: timedelta) -> None:
    now = NOW + after
    told = figures(held, NOW - 60 * HOUR, NOW + 60 * HOUR, now)
    assert told.answered + told.open == told.reports
    assert sum(told.measures.values()) <= told.answered
    assert told.strikes_in_time + told.strikes_late <= told.strikes
    waiting = told.strikes - told.strikes_in_time - told.strikes_late
    untold = [one.strike for one in held if one.strike is not None and one.strike.reported_at is None]
    assert waiting == sum(now - one.at <= ACCIDENT_WITHIN for one in untold), "its hour is not over yet"
    assert (told.fines_fen > 0) is (told.measures.get(Measure.FINE, 0) > 0)
    took = [
        (one.answered_at - one.reported_at) / HOUR
        for site in held
        for one in site.reports
        if one.answered_at is not None and NOW - 60 * HOUR <= one.reported_at < NOW + 60 * HOUR
    ]
    assert told.median_answer_h == (median(took) if took else None)


@given(st.lists(sites(), max_size=6))
def test_an_accident_in_time_stays_so_and_one_untold_becomes_late(held: list[Site]) -> None:
    since, until = NOW - 60 * HOUR, NOW + 60 * HOUR
    early, late = figures(held, since, until, NOW), figures(held, since, until, NOW + 1000 * HOUR)
    assert early.strikes_in_time == late.strikes_in_time
    assert early.strikes_late <= late.strikes_late
    assert late.strikes_in_time + late.strikes_late == late.strikes
