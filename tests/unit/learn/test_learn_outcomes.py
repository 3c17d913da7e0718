"""What becomes of a site is written down once, as it was then: truth, how it was found, what was in force."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ended_site import ACTOR, CLOSED, PLACE, conclude, exempt, false, happens, looked, opened, outcomes
from site_life import WHOLE
from sqlalchemy import MetaData, text
from sqlalchemy.exc import ProgrammingError

from pipewarden.casework import service as casework
from pipewarden.casework.facts import (
    CHANGED,
    AccidentReported,
    DamageRecorded,
    Discovered,
    MergedInto,
    Reopened,
    SiteState,
    Struck,
    ViolationFixed,
    ViolationOpened,
)
from pipewarden.casework.facts import Severity as Grave
from pipewarden.casework.rules.ending import ends
from pipewarden.casework.store import SiteRow, history
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.db import Base
from pipewarden.kit.emit import Consumer
from pipewarden.learn import jobs
from pipewarden.learn import service as learn
from pipewarden.learn.facts.outcome import Found, Papers
from pipewarden.locate import service as locate
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, Grant, Role, Scope
from pipewarden.sense import service as sense
from pipewarden.sense import store as sense_store
from pipewarden.sense.facts import CameraEvent, CameraState

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

A, B = (600.0, 400.0, 120.0, 80.0), (900.0, 300.0, 90.0, 60.0)
OURS = ("learn_outcomes",)


def test_the_migration_makes_what_the_code_expects(home: Home) -> None:
    wanted = MetaData()
    for name in OURS:
        Base.metadata.tables[name].to_metadata(wanted)
    with home.factory.sessions() as session:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in OURS}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, wanted) == []


def test_works_that_a_camera_found_and_that_went_to_their_end(street: Any) -> None:
    alarm = street.seen(2, *A)
    site = opened(street.work, alarm)
    begun = street.clock.now()
    street.clock.advance(timedelta(minutes=20))
    happens(street.work, site, *looked("digging", true=True))
    seen_at = street.clock.now()
    broken = ViolationOpened(street.work.ids.new(), "V-SIGNS", Grave.MINOR, "第三十六条", "no sign", rules="2026-1")
    street.clock.advance(timedelta(hours=1))
    fixed = ViolationFixed(broken.violation_id, WHOLE)
    happens(street.work, site, broken, fixed, *CLOSED)
    assert conclude(street.work, site) == 1
    (one,) = outcomes(street.work)
    assert (one.ended, one.code, one.true, one.papers) == (SiteState.CLOSED, "closed", True, Papers.UNKNOWN)
    assert [(said.true, said.code, said.actor, said.at) for said in one.said] == [(True, "digging", ACTOR, seen_at)]
    assert (one.found, one.source, one.models) == ((Found.CAMERA,), "cam-a", ("test-1",))
    assert (one.cls, one.type, one.zone, one.level) == ("machine", "excavator", Zone.PROTECTION, 1)
    assert (one.opened_at, one.arrived_at, one.verified_at) == (begun, seen_at, seen_at)
    assert (one.ended_at, one.first_seen) == (street.clock.now(), begun - timedelta(minutes=10))
    assert "V-SIGNS" in one.violations
    assert one.policies["supervision"]
    assert (one.struck, one.views, one.missed, one.rendered) == (None, (), False, False)
    (shown,) = one.alarms
    assert (shown.alarm_id, shown.box, one.own_alarm) == (alarm, A, True)
    assert len(shown.picture) == 64


@pytest.mark.parametrize(
    ("bodies", "true", "ended"),
    [
        ((*looked("parked_machine", true=False), false("parked_machine")), False, SiteState.FALSE),
        ((false("weather_or_light"),), False, SiteState.FALSE),
        ((*looked("digging", true=True), exempt("outside")), True, SiteState.EXEMPT),
        ((*looked("other", true=False), exempt("no_digging")), False, SiteState.EXEMPT),
    ],
)
def test_how_it_ended_says_whether_there_were_works(
    street: Any, bodies: tuple[Any, ...], true: bool, ended: SiteState
) -> None:
    site = opened(street.work, street.seen(2, *A))
    happens(street.work, site, *bodies)
    conclude(street.work, site)
    (one,) = outcomes(street.work)
    assert (one.true, one.ended, one.code) == (true, ended, bodies[-1].code)
    assert [said.code for said in one.said] == [body.code for body in bodies[:-1] if body.kind == "verified"]


def test_where_nobody_looked_nobody_knows(street: Any) -> None:
    street.zone = Zone.OUTSIDE
    site = casework.open_site(street.work, Discovered(None, Zone.OUTSIDE, 4, *PLACE, "a test"))
    happens(street.work, site, exempt("outside"))
    conclude(street.work, site)
    (one,) = outcomes(street.work)
    assert (one.true, one.missed) == (None, False)
    assert (one.found, one.alarms, one.own_alarm) == ((Found.PERSON,), (), False)


def test_the_same_event_again_leaves_no_second_outcome_and_a_completed_site_has_none_yet(street: Any) -> None:
    site = opened(street.work, street.seen(2, *A))
    happens(street.work, site, *looked("digging", true=True), *CLOSED[:2])
    assert conclude(street.work, site) == 0
    happens(street.work, site, CLOSED[2])
    assert [conclude(street.work, site) for _ in range(3)] == [1, 0, 0]
    assert len(outcomes(street.work, whole=True)) == 1


def test_ended_again_the_newer_one_counts_and_the_older_one_stays(street: Any) -> None:
    site = opened(street.work, street.seen(2, *A))
    happens(street.work, site, false("weather_or_light"))
    conclude(street.work, site)
    street.clock.advance(timedelta(hours=5))
    happens(street.work, site, Reopened("somebody digs there after all"))
    reopened = street.clock.now()
    street.seen(1, *A)
    happens(street.work, site, *looked("digging", true=True), *CLOSED)
    assert conclude(street.work, site) == 1
    (now,) = outcomes(street.work)
    assert (now.true, now.opened_at, now.ended_at) == (True, reopened, street.clock.now())
    assert now.first_seen == street.clock.now(), "what was seen of the episode before is not of this one"
    older = [one for one in outcomes(street.work, whole=True) if one.id != now.id]
    assert [(one.true, one.said) for one in older] == [(False, ())]
    since, until = street.clock.now() - timedelta(days=9), street.clock.now() + timedelta(days=1)
    assert learn.outcome_figures(street.work, street.root(), since, until).ended == 1


def test_an_outcome_is_never_changed(home: Home) -> None:
    with home.factory.sessions() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("UPDATE learn_outcomes SET works = true"))


def watched(street: Any, *states: tuple[float, CameraState], rendered: bool = False) -> UUID:
    """A camera that is looked at and sees ``in_view``; its states by hours from now."""
    camera: UUID = street.camera(calibrated=True, rendered=rendered)
    sense.watch(street.work, camera, "https://camera.example/1.jpg")
    for hours, state in states:
        at = street.clock.now() + timedelta(hours=hours)
        told = CameraEvent(street.work.ids.new(), street.work.tenant_id, camera, state, at, at, None)
        sense_store.add_state(street.work.session, told)
    return camera


def in_view(street: Any) -> tuple[float, float]:
    """A place in the middle of what the camera sees."""
    (camera,) = [one for one in sense.all_cameras(street.work) if one.key == "cam-a"]
    view = locate.coverage(street.work, camera)
    assert view is not None
    corners = view.ring[:-1]
    return sum(lon for lon, _ in corners) / len(corners), sum(lat for _, lat in corners) / len(corners)


def told_of(street: Any, place: tuple[float, float]) -> Any:
    """Works that a person reports and somebody confirms, and that end."""
    alarm = street.alarm_of(street.report(at=place))
    site = opened(street.work, alarm, place)
    street.clock.advance(timedelta(hours=2))
    happens(street.work, site, *looked("digging", true=True), *CLOSED)
    conclude(street.work, site)
    return outcomes(street.work)[0]


def test_works_in_view_of_a_camera_that_raised_nothing_are_missed(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE))
    one = told_of(street, in_view(street))
    assert (one.found, one.views, one.missed) == ((Found.REPORT,), ("cam-a",), True)
    assert one.source.startswith("phone-")


@pytest.mark.parametrize(
    ("states", "missed"),
    [
        ((), False),
        (((-3.0, CameraState.ONLINE), (-1.0, CameraState.OFFLINE)), False),
        (((-3.0, CameraState.ONLINE), (1.0, CameraState.OFFLINE)), True),
        (((-3.0, CameraState.OFFLINE), (1.0, CameraState.ONLINE)), True),
        (((-3.0, CameraState.STALLED), (9.0, CameraState.ONLINE)), False),
    ],
)
def test_a_camera_that_brought_no_pictures_then_missed_nothing(
    street: Any, states: tuple[tuple[float, CameraState], ...], missed: bool
) -> None:
    watched(street, *states)
    assert told_of(street, in_view(street)).missed is missed


def test_what_no_camera_had_in_view_is_not_missed(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE))
    assert not told_of(street, (PLACE[0] + 0.2, PLACE[1])).missed


def test_what_is_no_works_was_not_missed(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE))
    place = in_view(street)
    site = opened(street.work, street.alarm_of(street.report(at=place)), place)
    happens(street.work, site, false("other"))
    conclude(street.work, site)
    (one,) = outcomes(street.work)
    assert (one.missed, one.views) == (False, ())


def test_a_camera_that_raised_a_site_taken_over_has_not_missed_it(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE))
    place = in_view(street)
    seen = opened(street.work, street.seen(2, *A, stream="cam-b"), place)
    told = opened(street.work, street.alarm_of(street.report(at=place)), place)
    casework.append(street.work, seen, [MergedInto(told.id, "one pit")])
    happens(street.work, told, *looked("digging", true=True), *CLOSED)
    conclude(street.work, told, seen)
    (one,) = outcomes(street.work)
    assert (set(one.found), one.missed) == ({Found.CAMERA, Found.REPORT}, False)
    assert [shown.alarm_id for shown in one.alarms] == [told.alarm_id, seen.alarm_id]


def test_rendered_sites_are_marked_and_counted_in_no_figure(street: Any) -> None:
    street.camera("cam-r", rendered=True)
    drawn = opened(street.work, street.seen(2, *A, stream="cam-r"))
    real = opened(street.work, street.seen(2, *A, stream="cam-p"), (PLACE[0] + 0.1, PLACE[1]))
    for site in (drawn, real):
        happens(street.work, site, *looked("digging", true=True), *CLOSED)
    conclude(street.work, drawn, real)
    assert {one.site_id: one.rendered for one in outcomes(street.work)} == {drawn.id: True, real.id: False}
    since, until = street.clock.now() - timedelta(days=1), street.clock.now() + timedelta(days=1)
    figures = learn.outcome_figures(street.work, street.root(), since, until)
    assert (figures.ended, figures.true, figures.in_view, figures.missed, figures.rendered) == (1, 1, 1, 0, 1)


def test_a_miss_of_a_rendered_camera_is_a_rendered_one(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE), rendered=True)
    one = told_of(street, in_view(street))
    assert (one.missed, one.rendered) == (True, True)


def test_figures_have_what_they_are_a_part_of(street: Any) -> None:
    watched(street, (-1.0, CameraState.ONLINE))
    told_of(street, in_view(street))
    sites = [opened(street.work, None, (PLACE[0] + n / 10, PLACE[1])) for n in range(1, 4)]
    happens(street.work, sites[0], *looked("digging", true=True), *CLOSED)
    happens(street.work, sites[1], false("other"))
    happens(street.work, sites[2], Struck("hissing"), AccidentReported("应急局"), *looked("digging", true=True))
    strike_id = street.work.ids.new()
    happens(street.work, sites[2], *CLOSED[:2], DamageRecorded(strike_id), CLOSED[2])
    row = street.work.session.get_one(SiteRow, sites[0].id)  # as the renewal of every change leaves it
    row.filing = "unfiled"
    street.work.session.flush()
    conclude(street.work, *sites)
    since, until = street.clock.now() - timedelta(days=1), street.clock.now() + timedelta(seconds=1)
    one = learn.outcome_figures(street.work, street.root(), since, until)
    assert (one.ended, one.true, one.untrue, one.unsaid) == (4, 3, 1, 0)
    assert (one.unfiled, one.papers_unknown) == (1, 2)
    assert (one.in_view, one.missed, one.struck, one.near_misses) == (1, 1, 1, 0)
    assert len(outcomes(street.work, missed=True)) == len(outcomes(street.work, struck=True)) == 1
    assert len(outcomes(street.work, true=False)) == 1
    assert outcomes(street.work, since=until) == outcomes(street.work, until=since) == []
    assert learn.outcome_figures(street.work, street.root(), until, until + timedelta(days=1)).ended == 0


def test_what_ends_nothing_costs_the_drain_one_question(street: Any, count_statements: list[str]) -> None:
    site = opened(street.work, None)
    happens(street.work, site, *looked("digging", true=True), *CLOSED[:2])
    ids = [one.id for one in history.events(street.work, site.id)]
    assert len(ids) > 4
    count_statements.clear()
    assert learn.conclude(street.work, ids) == 0
    assert len(count_statements) == 1


def test_the_query_and_the_rule_mean_the_same_ends(street: Any) -> None:
    sites = [opened(street.work, None, (PLACE[0] + n, PLACE[1])) for n in range(3)]
    happens(street.work, sites[0], *looked("digging", true=True), *CLOSED, Reopened("back"), false("other"))
    happens(street.work, sites[1], *looked("digging", true=True), exempt("outside"))
    casework.append(street.work, sites[2], [MergedInto(sites[0].id, "one pit")])
    events = [one for site in sites for one in history.events(street.work, site.id)]
    found = casework.ends_among(street.work, [one.id for one in events])
    assert found == {one.id for one in events if ends(one.body)}
    assert len(found) == 3
    assert {event_id for _, event_id in casework.ended_events(street.work, after=0, limit=99)} == found


def test_what_a_merge_or_a_note_brings_is_no_end(street: Any) -> None:
    a, b = (opened(street.work, street.seen(2, *A, stream=f"cam-{n}")) for n in "ab")
    casework.append(street.work, a, [MergedInto(b.id, "one pit")])
    assert conclude(street.work, a, b) == 0


def test_nobody_sees_anothers_outcomes(street: Any) -> None:
    site = opened(street.work, street.seen(2, *A))
    happens(street.work, site, false("weather_or_light"))
    conclude(street.work, site)
    stranger = people.ensure_tenant(street.work.session, street.work.clock, street.work.ids, "stranger")
    theirs = replace(street.work, tenant_id=stranger.id)
    event = outcomes(street.work)[0].event_id
    assert learn.conclude(theirs, [event]) == 0
    assert learn.catch_up(theirs, after=0, limit=10) == (None, 0, 0)
    grant = Grant(learn.READ_OUTCOMES, Scope.TENANT, stranger.id, None, Role.SAFETY_MANAGER)
    manager = replace(street.root(), grants=(grant,))
    assert learn.outcomes(theirs, manager, learn.OutcomeFilter(), limit=10) == []
    there = replace(manager, grants=(replace(grant, tenant_id=street.work.tenant_id),))
    assert len(learn.outcomes(street.work, there, learn.OutcomeFilter(), limit=10)) == 1
    assert len(learn.outcomes(street.work, street.root(), learn.OutcomeFilter(), limit=10)) == 1
    nobody = replace(street.root(), grants=())
    with pytest.raises(ForbiddenError):
        learn.outcomes(street.work, nobody, learn.OutcomeFilter(), limit=10)
    with pytest.raises(ForbiddenError):
        learn.outcome_figures(street.work, nobody, street.clock.now(), street.clock.now())


def test_what_ended_before_is_caught_up_page_by_page_as_it_was_then(street: Any) -> None:
    sites = [opened(street.work, street.seen(2, *A, stream=f"cam-{n}")) for n in range(5)]
    for site in sites:
        happens(street.work, site, *looked("digging", true=True), *CLOSED)
    happens(street.work, sites[0], Reopened("they are back"))
    picture = dedupe.alarm(street.work, sites[0].alarm_id).evidence
    street.seen(2, *A, stream="cam-0", scores=[0.99])
    assert dedupe.alarm(street.work, sites[0].alarm_id).evidence != picture
    place, pages = 0, []
    while place is not None:
        place, count, made = learn.catch_up(street.work, after=place, limit=2)
        pages.append((count, made))
    assert pages == [(2, 2), (2, 2), (1, 1)]
    assert learn.catch_up(street.work, after=0, limit=10) == (None, 5, 0), "again, and nothing is new"
    (first,) = outcomes(street.work, site_id=sites[0].id)
    assert (first.ended, first.true, first.alarms[0].picture) == (SiteState.CLOSED, True, picture)


def test_pages_follow_one_another_without_a_gap(street: Any) -> None:
    for n in range(5):
        site = opened(street.work, None, (PLACE[0] + n, PLACE[1]))
        happens(street.work, site, false("other"))
        conclude(street.work, site)
    found, before = [], None
    while page := learn.outcomes(street.work, street.root(), learn.OutcomeFilter(), limit=2, before=before):
        found += page
        before = (page[-1].ended_at, page[-1].id)
    assert len({one.id for one in found}) == len(found) == 5


def close_false(work: Work, lon: float) -> UUID:
    site = casework.open_site(work, Discovered(None, Zone.PROTECTION, 1, lon, 20.0, "a test"))
    return casework.append(work, site, [false("other")], ACTOR).id


def lose(home: Home) -> None:
    with home.work() as work:
        close_false(work, 100.0)
        raise ZeroDivisionError


def test_it_follows_in_the_queue_and_a_transaction_that_fails_leaves_nothing(home: Home) -> None:
    with suppress(ValueError):  # the run's home is shared
        home.registry.add(Consumer("learn.conclude", CHANGED, jobs.drain, batch=64))
    with pytest.raises(ZeroDivisionError):
        lose(home)
    with home.work() as work:
        before = {one.site_id for one in outcomes(work)}
        kept = close_false(work, 101.0)
        assert {one.site_id for one in outcomes(work)} == before, "not in the request of whoever ends it"
    home.queue.run_until_idle()
    with home.work() as work:
        (one,) = outcomes(work, site_id=kept)
        assert (one.lon, one.true) == (101.0, False)
        assert not [one for one in outcomes(work) if one.lon == 100.0]
