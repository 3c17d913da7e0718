"""Each figure against a town that is counted by hand: the number, its denominator, what is left out, its cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from insight_town import (
    ARRIVED,
    AWAY,
    BRIEFED,
    CLOSED,
    COMPLETED,
    MONTH,
    NORTH,
    OWNER,
    PLANNED,
    SINCE,
    SOUTH,
    STANDBY,
    InsightTown,
    after,
)

from pipewarden.casework.facts import Ended, MergedInto, RepairDeclared, SiteState, WorksChanged
from pipewarden.insight import service
from pipewarden.insight.facts import FigureKey, Part, Shape, Span
from pipewarden.insight.service.figures import figure, gathered, ranked, spotted
from pipewarden.kit.errors import InputError
from pipewarden.kit.shares import wilson
from pipewarden.learn.facts.outcome import Found, Papers
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError, NotFoundError, Scope

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.insight.facts import Case, Figure
    from pipewarden.kit.work import Work

DAY = timedelta(days=1)


@pytest.fixture
def town(work: Work) -> InsightTown:
    return InsightTown(work)


def told(town: InsightTown, key: FigureKey, actor: Actor | None = None) -> tuple[Figure, list[Case]]:
    """Return a figure with its cases, which must add up to it."""
    view = gathered(town.work, actor or town.reader(), MONTH)
    found, cases = figure(view, key), view.cases(key)
    parts = [one.part for one in cases]
    assert parts.count(Part.LEFT_OUT) == sum(found.left_out.values())
    if key is not FigureKey.PATROL_COVERAGE:
        assert parts.count(Part.COUNTED) == found.counted
    if found.shape is not Shape.RATE and found.shape is not Shape.LENGTH:
        assert parts.count(Part.COUNTED) + parts.count(Part.REST) == found.of
    if key is FigureKey.DAMAGES_PER_1000_FILINGS:
        assert parts.count(Part.REST) == found.of
    assert cases == sorted(cases, key=lambda one: (one.at, one.id), reverse=True)
    return found, cases


def ids(cases: list[Case], part: Part) -> set[str]:
    return {one.id for one in cases if one.part is part}


def test_works_that_ended_are_shared_out_among_what_told_of_them_first(town: InsightTown) -> None:
    for first in ((Found.CAMERA, Found.REPORT), (Found.CAMERA,), (Found.REPORT, Found.CAMERA)):
        town.outcome(after(days=3), found=first)
    town.outcome(after(days=3), true=False)
    town.outcome(after(days=3), true=None)
    drawn = town.outcome(after(days=3), rendered=True)
    town.outcome(SINCE - timedelta(seconds=1))
    town.outcome(MONTH.until)
    found, cases = told(town, FigureKey.DISCOVERED_BY_SOURCE)
    assert [(one.key, one.hits) for one in found.groups] == [("camera", 2), ("report", 1)]
    share = wilson(2, 3)
    assert (found.groups[0].value, found.groups[0].low, found.groups[0].high) == (2 / 3, share.low, share.high)
    assert found.left_out == {"rendered": 1, "unsaid": 1, "untrue": 1}
    assert next(one.why for one in cases if one.id == str(drawn.site_id)) == "rendered"
    assert len(cases) == 6


def test_unfiled_works_are_a_share_of_those_whose_papers_are_known(town: InsightTown) -> None:
    bare = [town.outcome(after(days=n), papers=Papers.UNFILED) for n in (1, 2)]
    filed = town.outcome(after(days=2), papers=Papers.FILED)
    town.outcome(after(days=2), papers=Papers.UNKNOWN)
    town.outcome(after(days=2), papers=Papers.UNFILED, true=False)
    found, cases = told(town, FigureKey.UNFILED)
    assert (found.counted, found.of, found.value) == (2, 3, 2 / 3)
    assert (found.low, found.high) == (wilson(2, 3).low, wilson(2, 3).high)
    assert found.left_out == {"papers_unknown": 1, "untrue": 1}
    assert ids(cases, Part.COUNTED) == {str(one.site_id) for one in bare}
    assert ids(cases, Part.REST) == {str(filed.site_id)}


def test_times_count_who_still_waits_as_not_there_yet(town: InsightTown) -> None:
    for minutes in (10, 20, 30):
        opened = after(days=5)
        owner, there = opened + timedelta(minutes=1), opened + timedelta(minutes=minutes)
        town.site(opened, (owner, OWNER), (there, ARRIVED), (opened + DAY, CLOSED))
    waits = town.site(after(days=6), (after(days=6, minutes=4), OWNER))
    gone = town.site(after(days=7), (after(days=7, hours=2), Ended(SiteState.FALSE, "other", "x")))
    other = town.site(after(days=8), (after(days=9), MergedInto(waits.id, "one place")))
    found, cases = told(town, FigureKey.TIME_TO_SITE)
    assert (found.counted, found.of, found.p50, found.p90) == (3, 4, 1200.0, None)
    assert found.left_out == {"ended_without": 1, "merged": 1}
    assert {one.id: one.why for one in cases if one.part is Part.LEFT_OUT} == {
        str(gone.id): "ended_without",
        str(other.id): "merged",
    }
    (waiting,) = [one for one in cases if one.part is Part.REST]
    assert (waiting.id, waiting.value) == (str(waits.id), (town.work.now() - after(days=6)).total_seconds())
    owner_time, _ = told(town, FigureKey.TIME_TO_OWNER)
    assert (owner_time.p50, owner_time.p90, owner_time.of) == (60.0, 240.0, 4)
    closed, _ = told(town, FigureKey.TIME_TO_CLOSE)
    assert (closed.counted, closed.of, closed.p50, closed.p90) == (4, 5, 86_400.0, None)
    assert (found.value, found.low) == (None, None)


def test_rendered_sites_are_left_out_of_times_once_that_is_known(town: InsightTown) -> None:
    site = town.site(after(days=1), (after(days=2), CLOSED))
    town.outcome(after(days=2), site_id=site.id, rendered=True)
    found, _ = told(town, FigureKey.TIME_TO_CLOSE)
    assert (found.of, found.p50, found.left_out) == (0, None, {"rendered": 1})


def test_checks_of_standby_are_a_share_of_the_hours_owed(town: InsightTown) -> None:
    site = town.site(after(days=1), (after(days=2), STANDBY))
    town.shift(site, after(days=3), after(days=4), kept=5, doubted=1, missed=2)
    town.shift(site, MONTH.until - timedelta(hours=1), MONTH.until + DAY, kept=3)  # one hour of it is in the month
    far = town.site(after(days=1), (after(days=2), STANDBY), place=AWAY)
    town.shift(far, after(days=3), after(days=4), kept=1)
    found, cases = told(town, FigureKey.STANDBY_CHECKS, town.reader(Scope.AREA, town.city))
    assert (found.counted, found.of) == (7, 9)
    assert [(one.key, one.hits) for one in found.groups] == [("verified", 6), ("doubted", 1)]
    assert {one.site_id for one in cases} == {site.id}
    assert told(town, FigureKey.STANDBY_CHECKS)[0].of == 10


def test_sites_under_standby_need_somebody_there(town: InsightTown) -> None:
    stood = town.site(after(days=1), (after(days=2), STANDBY), (after(days=4), COMPLETED))
    alone = town.site(SINCE - 9 * DAY, (SINCE - 8 * DAY, STANDBY))
    over = town.site(SINCE - 9 * DAY, (SINCE - 8 * DAY, STANDBY), (SINCE - DAY, COMPLETED))
    later = town.site(after(days=30), (MONTH.until + DAY, STANDBY))
    town.site(after(days=3), (after(days=4), BRIEFED))
    for site in (stood, over, later):
        town.shift(site, SINCE - 2 * DAY, SINCE - DAY if site is over else after(days=3))
    found, cases = told(town, FigureKey.STANDBY_ATTENDED)
    assert (ids(cases, Part.COUNTED), ids(cases, Part.REST)) == ({str(stood.id)}, {str(alone.id)})
    assert (found.value, found.of) == (0.5, 2)


def test_papers_must_be_done_before_the_machine_is_seen(town: InsightTown) -> None:
    ended, seen = after(days=10), after(days=9)
    papers = ((after(days=8, hours=1), BRIEFED), (after(days=8, hours=2), PLANNED))
    ready = town.works(ended, *papers, seen=seen)
    half = town.works(ended, papers[0], seen=seen)
    late = town.works(ended, papers[0], (after(days=9, hours=1), PLANNED), seen=seen)
    changed = WorksChanged("deeper", SiteState.FILED)
    anew = town.works(ended, *papers, (after(days=8, hours=3), changed), seen=seen)
    town.works(ended, *papers, seen=seen, cls="spoil")
    town.works(ended, *papers, seen=None)
    town.works(ended, *papers, seen=seen, zone=Zone.OUTSIDE)
    town.works(ended, (after(days=8, hours=1), RepairDeclared("water works")), seen=seen)
    town.works(ended, *papers, seen=seen, true=False)
    found, cases = told(town, FigureKey.BRIEFED_BEFORE_MACHINE)
    assert ids(cases, Part.COUNTED) == {str(ready.site_id)}
    assert ids(cases, Part.REST) == {str(one.site_id) for one in (half, late, anew)}
    assert found.left_out == {"no_machine": 1, "outside": 1, "repair": 1, "unknown_time": 1, "untrue": 1}
    assert (found.value, found.low, found.high) == (0.25, wilson(1, 4).low, wilson(1, 4).high)


def test_violations_stand_under_the_firm_that_others_were_merged_into(town: InsightTown) -> None:
    big = town.contractor("建工一公司")
    small = town.contractor("建工一司", merged_into=big)
    for firm in (big, small, None):
        town.violation(after(days=4), contractor=firm)
    site, event = town.violation(after(days=5), contractor=big)
    town.strike_out(big, event, site)
    kept, counts = town.violation(after(days=5), contractor=big)
    town.strike_out(big, counts, kept, void=False)
    town.violation(after(days=5), contractor=big, from_site=site.id)
    not_theirs = next(iter(policy_not_theirs(town.work)))
    town.violation(after(days=5), code=not_theirs, contractor=big)
    town.violation(MONTH.until + DAY, contractor=big)
    found, cases = told(town, FigureKey.VIOLATIONS_BY_CONTRACTOR)
    assert [(one.key, one.name, one.hits) for one in found.groups] == [
        (str(big), "建工一公司", 3),
        ("no_contractor", "", 1),
    ]
    assert found.left_out == {"brought": 1, "not_theirs": 1, "void": 1}
    assert {one.id for one in cases if one.why == "void"} == {str(event)}


def policy_not_theirs(work: Work) -> frozenset[str]:
    from pipewarden.casework import service as casework  # noqa: PLC0415  one test's own

    return casework.contractor_policy(work).not_theirs


def test_damages_are_divided_by_filings_and_by_pipes(town: InsightTown) -> None:
    hit = town.strike(after(days=3))
    town.strike(after(days=3), "near_miss")
    town.strike(after(days=3), "unrecorded")
    town.strike(after(days=3), drill=True)
    town.strike(SINCE - DAY)
    begun = [town.filing(after(days=n)) for n in (1, 2, 3, 4)]
    town.filing(MONTH.until)
    found, cases = told(town, FigureKey.DAMAGES_PER_1000_FILINGS)
    assert (found.counted, found.of, found.value, found.few) == (1, 4, 250.0, True)
    assert found.left_out == {"near_miss": 1, "unrecorded": 1}
    assert (ids(cases, Part.COUNTED), ids(cases, Part.REST)) == ({str(hit)}, {str(one) for one in begun})
    found, cases = told(town, FigureKey.DAMAGES_PER_100_KM)
    assert (found.counted, found.of, found.value) == (1, 0.0, None)
    assert ids(cases, Part.COUNTED) == {str(hit)}


def test_nothing_at_all_is_no_zero(town: InsightTown) -> None:
    made = service.report(town.work, town.reader(), MONTH)
    assert len(made.figures) == len(FigureKey) - 1
    for one in made.figures:
        assert (one.now.counted, one.now.value, one.now.low, one.now.p50, one.apart) == (0, None, None, None, False)
    assert made.before == Span(SINCE - timedelta(days=31), SINCE)
    assert service.ranking(town.work, town.reader(), MONTH) == []
    assert service.hot_spots(town.work, town.reader(), MONTH) == []


def test_two_times_are_apart_when_their_intervals_are(town: InsightTown) -> None:
    for n in range(20):
        town.outcome(after(days=1, minutes=n), papers=Papers.UNFILED)
        town.outcome(SINCE - timedelta(days=1, minutes=n), papers=Papers.FILED)
    made = {one.now.key: one for one in service.report(town.work, town.reader(), MONTH).figures}
    assert (made[FigureKey.UNFILED].now.value, made[FigureKey.UNFILED].before.value) == (1.0, 0.0)
    assert made[FigureKey.UNFILED].apart
    same = service.report(town.work, town.reader(), MONTH, MONTH)
    assert not any(one.apart for one in same.figures)
    assert all(one.now == one.before for one in same.figures)


@pytest.mark.parametrize("key", list(FigureKey))
def test_who_reads_no_figures_reads_no_cases_either(town: InsightTown, key: FigureKey) -> None:
    nobody = Actor(kind=ActorKind.PERSON, id=town.work.tenant_id, name="x", tenant_id=town.work.tenant_id)
    with pytest.raises(ForbiddenError):
        service.cases(town.work, nobody, key, MONTH)


def everything(town: InsightTown, place: tuple[float, float], tenant: UUID | None = None) -> None:
    """Let one thing of each kind happen at a place."""
    site = town.site(after(days=2), (after(days=3), STANDBY), place=place, tenant=tenant)
    town.shift(site, after(days=3), after(days=4), kept=1)
    mine = {} if tenant is None else {"tenant_id": tenant}
    town.outcome(after(days=5), papers=Papers.UNFILED, place=place, **mine)
    town.violation(after(days=5), place=place, tenant=tenant)
    town.filing(after(days=1), place, tenant)


COUNTED = (
    FigureKey.UNFILED,
    FigureKey.TIME_TO_CLOSE,
    FigureKey.STANDBY_CHECKS,
    FigureKey.STANDBY_ATTENDED,
    FigureKey.VIOLATIONS_BY_CONTRACTOR,
    FigureKey.DAMAGES_PER_1000_FILINGS,
)


def test_everybody_counts_what_their_role_and_area_reach_and_nothing_else(town: InsightTown) -> None:
    other = people.ensure_tenant(town.work.session, town.work.clock, town.work.ids, "other-gas").id
    for place, tenant in ((NORTH, None), (SOUTH, None), (AWAY, None), (NORTH, other), (SOUTH, other)):
        everything(town, place, tenant)
    readers = {
        3: (town.reader(), None),
        1: (town.reader(Scope.AREA, town.north), None),
        2: (town.reader(Scope.TENANTS_IN_AREA, town.south), None),
        4: (town.reader(Scope.TENANTS_IN_AREA, town.city), None),
        5: (replace(town.reader(Scope.PLATFORM), name="operator"), None),
    }
    several = {FigureKey.TIME_TO_CLOSE: 2}  # the violation's site is opened, too
    for count, (actor, area) in readers.items():
        for key in COUNTED:
            cases = service.cases(town.work, actor, key, MONTH, where=service.Where(area))
            assert len([one for one in cases if one.why == ""]) == count * several.get(key, 1), (count, key)
    for actor, count in ((town.reader(), 1), (readers[4][0], 2), (readers[5][0], 2), (readers[1][0], 1)):
        for key in COUNTED:
            cases = service.cases(town.work, actor, key, MONTH, where=service.Where(town.north.id))
            assert len(cases) == count * several.get(key, 1), key
    with pytest.raises(InputError, match="outside your reach"):
        service.cases(town.work, readers[2][0], FigureKey.UNFILED, MONTH, where=service.Where(town.north.id))
    with pytest.raises(NotFoundError):
        service.cases(town.work, town.reader(), FigureKey.UNFILED, MONTH, where=service.Where(other))


def test_streets_are_ranked_by_what_happened_in_them(town: InsightTown) -> None:
    beat = town.area("beat", town.north, (116.69, 39.54, 116.71, 39.56), shared=False)
    everything(town, NORTH)
    everything(town, SOUTH)
    town.strike(after(days=2), place=SOUTH)
    everything(town, AWAY)
    town.site(after(days=4), (after(days=4, minutes=9), ARRIVED), place=NORTH)
    town.site(after(days=4), (after(days=5), Ended(SiteState.FALSE, "other", "x")), place=NORTH)
    rows = service.ranking(town.work, town.reader(), MONTH)
    assert [(one.area_id, one.sites, one.violations, one.damages) for one in rows] == [
        (town.south.id, 2, 1, 1),
        (town.north.id, 3, 1, 0),
        (None, 2, 1, 0),
    ]
    assert beat.id not in {one.area_id for one in rows}, "a street is what all tenants share"
    assert [(one.works, one.unfiled, one.known) for one in rows] == [(1, 1, 1)] * 3
    assert [one.p50_site_s for one in rows] == [None, None, None]
    for one in rows:
        if one.area_id is not None:
            cases = service.cases(town.work, town.reader(), FigureKey.SITES_BY_AREA, MONTH, group=str(one.area_id))
            kept = service.group_cases(cases, Part.COUNTED, str(one.area_id))
            assert len(kept) == one.sites


def test_cells_hold_what_lies_in_them_and_say_their_sites(town: InsightTown) -> None:
    everything(town, NORTH)
    town.strike(after(days=2), place=SOUTH)
    town.site(after(days=4), place=None)
    for resolution in (6, 8, 10):
        spots = service.hot_spots(town.work, town.reader(), MONTH, resolution=resolution)
        assert [(one.sites, one.violations, one.damages) for one in spots] == [(0, 0, 1), (2, 1, 0)]
        cell = spots[1].cell
        cases = service.cases(town.work, town.reader(), FigureKey.HOT_SPOTS, MONTH, group=cell)
        assert len(service.group_cases(cases, None, cell)) == 2
        assert abs(spots[1].lon - NORTH[0]) < 0.1
        assert spots[1].ring[0] == spots[1].ring[-1]
    assert [one.why for one in cases if one.part is Part.LEFT_OUT] == ["no_place"]
    for wrong in ("8fffffffffffff", "x", "831f33fffffffff"):
        with pytest.raises(InputError, match="H3"):
            service.cases(town.work, town.reader(), FigureKey.HOT_SPOTS, MONTH, group=wrong)


def test_a_paper_gathers_each_thing_once(town: InsightTown, count_statements: list[str]) -> None:
    """The ranking places the cases of all its figures at once; hot spots of the same view ask for nothing more."""
    everything(town, NORTH)
    town.strike(after(days=2), place=SOUTH)
    view = gathered(town.work, town.reader(), MONTH)
    count_statements.clear()
    assert ranked(view)
    places = [one for one in count_statements if "starts_with(" in one and "people_areas.west" in one]
    assert len(places) == 2, "one for what sites are grouped by, one for the cases of all"
    count_statements.clear()
    assert spotted(view)
    assert count_statements == []


def test_a_time_that_cannot_be_is_refused() -> None:
    assert service.span_of(SINCE, SINCE + timedelta(days=366)).length == timedelta(days=366)
    for until in (SINCE, SINCE - DAY, SINCE + timedelta(days=366, seconds=1)):
        with pytest.raises(InputError, match="366"):
            service.span_of(SINCE, until)
