"""Figures of reports and accidents, for any history: no time counts one twice, none is lost between two of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from site_life import NOW, discovered

from pipewarden.casework.facts import ACCIDENT_WITHIN, Enforcement, GovernmentReport, Measure, ReportFigures, Site
from pipewarden.casework.rules.government import figures

Lived = tuple[Site, list[tuple[UUID, datetime, str]]]
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
def sites(draw: st.DrawFn) -> Lived:
    """Return a site with reports, and strikes in a row, each told before the next, or not before a new episode."""
    site = replace(discovered(), id=draw(st.uuids()), reports=tuple(draw(st.lists(reports(), max_size=3))))
    at, happened = NOW + draw(AFTER), []
    for told in draw(st.lists(st.none() | st.integers(0, 200), max_size=3)):
        happened.append((site.id, at, "struck"))
        if told is not None:
            at += timedelta(minutes=told)
            happened.append((site.id, at, "accident_reported"))
        at += draw(SOON)
    return site, happened


def summed(held: list[Lived], since: datetime, until: datetime, now: datetime) -> ReportFigures:
    return figures([site for site, _ in held], [each for _, happened in held for each in happened], since, until, now)


@given(st.lists(sites(), max_size=6), st.tuples(AFTER, AFTER, AFTER))
def test_two_times_that_meet_add_up_to_the_whole(
    held: list[Lived], edges: tuple[timedelta, timedelta, timedelta]
) -> None:
    since, middle, until = sorted(NOW + one for one in edges)
    now = NOW + 100 * HOUR
    first, second = summed(held, since, middle, now), summed(held, middle, until, now)
    whole = summed(held, since, until, now)
    for name in ADDED:
        assert getattr(first, name) + getattr(second, name) == getattr(whole, name), name
    for measure in Measure:
        assert first.measures.get(measure, 0) + second.measures.get(measure, 0) == whole.measures.get(measure, 0)


@given(st.lists(sites(), max_size=6), AFTER)
def test_what_is_counted_is_counted_once_and_as_one_thing(held: list[Lived], after: timedelta) -> None:
    now = NOW + after
    told = summed(held, NOW - 60 * HOUR, NOW + 60 * HOUR, now)
    assert told.answered + told.open == told.reports
    assert sum(told.measures.values()) <= told.answered
    assert told.strikes_in_time + told.strikes_late <= told.strikes
    waiting = told.strikes - told.strikes_in_time - told.strikes_late
    untold = [
        at
        for _, happened in held
        for number, (_, at, kind) in enumerate(happened)
        if kind == "struck" and all(later == "struck" for _, _, later in happened[number:])
    ]
    assert waiting == sum(now - at <= ACCIDENT_WITHIN for at in untold if at < NOW + 60 * HOUR), "its hour still runs"
    assert told.strikes == sum(
        kind == "struck" and at < NOW + 60 * HOUR for _, happened in held for _, at, kind in happened
    )
    assert (told.fines_fen > 0) is (told.measures.get(Measure.FINE, 0) > 0)
    took = [
        (one.answered_at - one.reported_at) / HOUR
        for site, _ in held
        for one in site.reports
        if one.answered_at is not None and NOW - 60 * HOUR <= one.reported_at < NOW + 60 * HOUR
    ]
    assert told.median_answer_h == (median(took) if took else None)


@given(st.lists(sites(), max_size=6))
def test_an_accident_in_time_stays_so_and_one_untold_becomes_late(held: list[Lived]) -> None:
    since, until = NOW - 60 * HOUR, NOW + 60 * HOUR
    early, late = summed(held, since, until, NOW), summed(held, since, until, NOW + 1000 * HOUR)
    assert early.strikes_in_time == late.strikes_in_time
    assert early.strikes_late <= late.strikes_late
    assert late.strikes_in_time + late.strikes_late == late.strikes
