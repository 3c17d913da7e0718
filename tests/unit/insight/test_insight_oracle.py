"""Figures of drawn towns are what brute force makes of the same draw; what lies open still counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from insight_town import ARRIVED, AWAY, CLOSED, MONTH, NORTH, OWNER, SOUTH, InsightTown, after
from scipy.stats import binomtest

from pipewarden.insight import service
from pipewarden.insight.facts import FigureKey
from pipewarden.insight.rules.counting import rank
from pipewarden.learn.facts.outcome import Found, Papers

if TYPE_CHECKING:
    from pipewarden.insight.facts import Figure
    from pipewarden.kit.work import Work

PLACES = {"north": NORTH, "south": SOUTH, "away": AWAY, "nowhere": None}


@dataclass(frozen=True)
class Drawn:
    """One site as it is drawn: minutes after its opening; None: not yet."""

    day: int
    place: str
    owner: int | None
    there: int | None
    ends: int | None
    true: bool | None
    papers: Papers
    found: Found
    rendered: bool
    violations: int


drawn_sites = st.lists(
    st.builds(
        Drawn,
        day=st.integers(-2, 33),
        place=st.sampled_from(sorted(PLACES)),
        owner=st.none() | st.integers(0, 60),
        there=st.none() | st.integers(61, 600),
        ends=st.none() | st.integers(601, 3000),
        true=st.sampled_from([True, True, False, None]),
        papers=st.sampled_from(list(Papers)),
        found=st.sampled_from([Found.CAMERA, Found.REPORT, Found.PATROL]),
        rendered=st.booleans(),
        violations=st.integers(0, 2),
    ),
    min_size=1,
    max_size=9,
)


def write_down(town: InsightTown, draws: list[Drawn]) -> None:
    for one in draws:
        opened = after(days=one.day)
        steps = [(one.owner, OWNER), (one.there, ARRIVED), (one.ends, CLOSED)]
        then = [(opened + timedelta(minutes=at), body) for at, body in steps if at is not None]
        site = town.site(opened, *then, place=PLACES[one.place])
        if one.ends is not None:
            told = {"true": one.true, "papers": one.papers, "found": (one.found,), "rendered": one.rendered}
            ended = opened + timedelta(minutes=one.ends)
            town.outcome(ended, site_id=site.id, place=PLACES[one.place] or (None, None), **told)
        for _ in range(one.violations):
            town.violation(opened + timedelta(hours=1), place=PLACES[one.place])


def brute(draws: list[Drawn]) -> dict[str, object]:
    """Count once more, from the draw alone."""

    def inside(one: Drawn, minutes: int = 0) -> bool:
        at = after(days=one.day) + timedelta(minutes=minutes)
        return MONTH.since <= at < MONTH.until

    ended = [one for one in draws if one.ends is not None and inside(one, one.ends) and not one.rendered]
    works = [one for one in ended if one.true]
    known = [one for one in works if one.papers is not Papers.UNKNOWN]
    opened = [one for one in draws if inside(one) and not (one.rendered and one.ends is not None)]
    reach = [one for one in opened if one.there is not None or one.ends is None]
    took = [float("inf") if one.there is None else 60.0 * one.there for one in reach]
    return {
        "sources": Counter(one.found.value for one in works),
        "unfiled": (sum(one.papers is Papers.UNFILED for one in known), len(known)),
        "there": (sum(one.there is not None for one in reach), len(reach)),
        "took": took,
        "closed": (sum(one.ends is not None for one in opened), len(opened)),
        "violations": sum(one.violations for one in draws if MONTH.since <= after(days=one.day, hours=1) < MONTH.until),
        "north": sum(one.place == "north" for one in opened),
    }


def test_a_drawn_town_is_counted_as_brute_force_counts_it(work: Work) -> None:
    town = InsightTown(work)

    @settings(max_examples=8, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(draws=drawn_sites)
    def holds(draws: list[Drawn]) -> None:
        town.work = replace(work, tenant_id=work.ids.new())  # a tenant of its own: nobody else's sites count
        write_down(town, draws)
        compare(town, draws)

    holds()


def compare(town: InsightTown, draws: list[Drawn]) -> None:
    made = {one.now.key: one.now for one in service.report(town.work, town.reader(), MONTH).figures}
    expected = brute(draws)
    assert {one.key: one.hits for one in made[FigureKey.DISCOVERED_BY_SOURCE].groups} == expected["sources"]
    assert _pair(made[FigureKey.UNFILED]) == expected["unfiled"]
    extra = _violating(draws)  # each violation stands on a site of its own, opened a day before it; nobody goes there
    there = made[FigureKey.TIME_TO_SITE]
    assert (there.counted, there.of - extra) == expected["there"]
    assert there.p50 == _half(expected["took"], extra)  # type: ignore[arg-type]  # of floats
    assert made[FigureKey.VIOLATIONS_BY_CONTRACTOR].counted == expected["violations"]
    closed = made[FigureKey.TIME_TO_CLOSE]
    assert (closed.counted, closed.of - extra) == expected["closed"]
    north = [one for one in made[FigureKey.SITES_BY_AREA].groups if one.key == str(town.north.id)]
    assert sum(one.hits for one in north) == expected["north"] + _violating(draws, "north")  # type: ignore[operator]
    for key in (FigureKey.TIME_TO_SITE, FigureKey.UNFILED, FigureKey.VIOLATIONS_BY_CONTRACTOR):
        every = service.cases(town.work, town.reader(), key, MONTH)
        narrow = service.cases(town.work, town.reader(), key, MONTH, where=service.Where(town.north.id))
        assert [one for one in every if one.lat is not None and 39.5 < one.lat < 39.6] == narrow


def _half(took: list[float], waiting: int) -> float | None:
    every = sorted(took + [float("inf")] * waiting)
    found = every[-(-len(every) // 2) - 1] if every else float("inf")
    return None if found == float("inf") else found


def _pair(figure: Figure) -> tuple[float, float]:
    return figure.counted, figure.of


def _violating(draws: list[Drawn], place: str | None = None) -> int:
    day = timedelta(days=1)
    return sum(
        one.violations
        for one in draws
        if place in {None, one.place} and MONTH.since <= after(days=one.day, hours=1) - day < MONTH.until
    )


def test_the_interval_is_the_one_that_others_compute(work: Work) -> None:
    town = InsightTown(work)
    for n in range(7):
        town.outcome(after(days=1, minutes=n), papers=Papers.UNFILED if n < 3 else Papers.FILED)
    (found,) = [one.now for one in service.report(work, town.reader(), MONTH).figures if one.now.key == "unfiled"]
    theirs = binomtest(3, 7).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(0, 10))
def test_a_rank_is_a_value_that_so_many_do_not_pass(values: list[float], waiting: int) -> None:
    every = values + [float("inf")] * waiting
    for part in (0.5, 0.9):
        found = rank(every, part)
        if found is None:
            assert sum(one < float("inf") for one in every) < part * len(every)
        else:
            assert sum(one <= found for one in every) >= part * len(every)
            assert sum(one < found for one in every) < part * len(every)
    assert rank([], 0.5) is None


def test_a_month_that_holds_too_much_is_refused_and_not_cut(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipewarden.casework.service import counting  # noqa: PLC0415  one test's own

    town = InsightTown(work)
    for n in range(3):
        town.site(after(days=1, minutes=n))
        town.outcome(after(days=1, minutes=n))
    monkeypatch.setattr(counting, "MOST", 3)
    assert len(service.cases(work, town.reader(), FigureKey.TIME_TO_SITE, MONTH)) == 3
    monkeypatch.setattr(counting, "MOST", 2)
    for key in (FigureKey.TIME_TO_SITE, FigureKey.UNFILED):
        with pytest.raises(Exception, match="more than 2"):
            service.cases(work, town.reader(), key, MONTH)
