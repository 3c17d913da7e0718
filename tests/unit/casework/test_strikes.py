"""A strike from its report to its record: who is told, what is asked of whom, and what a drill never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
import shapely
from duty_town import NORTH, SOUTH, DutyTown

from pipewarden.casework import service, store
from pipewarden.casework.facts import AccidentReported, Advanced, Proof, SiteState, Struck, Urgency
from pipewarden.casework.facts.strike import (
    Damage,
    DamageSaid,
    Facility,
    Gas,
    Known,
    LineCalled,
    NumberKind,
    RootCause,
    Situation,
    StrikeOver,
    TaskDone,
    TaskGiven,
)
from pipewarden.casework.service import StepRefusedError
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.geo import distance_m
from pipewarden.network import store as network_store
from pipewarden.network.facts import Datum, Kind, NetworkVersion, Pipe, PressureClass, Regime
from pipewarden.network.facts.isolation import Basis
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

STEP = 0.001
RECORD = Damage(
    facility=Facility.MAIN,
    pressure_class=PressureClass.MEDIUM,
    diameter_mm=200.0,
    depth_m=1.1,
    work_type="open_cut",
    machine="excavator",
    filed=Known.NO,
    briefed=Known.NO,
    marked_right=Known.UNKNOWN,
    hand_dug=Known.NO,
    standby_present=Known.NO,
    root_cause=RootCause.UNFILED,
    homes=120,
    hours=5.5,
    cost_cny=80_000.0,
    near_miss=False,
)


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    return DutyTown(work, clock)


def lay(town: DutyTown, *beside: str) -> None:
    """Lay a street of three pipes east of NORTH, with a station and a valve; ``beside`` names mains 2 m off."""
    lon, lat = NORTH
    at = [(lon - STEP + n * STEP, lat) for n in range(4)]
    shapes: list[tuple[str, Kind, shapely.Geometry]] = [
        (f"M{n}", Kind.PIPE, shapely.LineString([at[n], at[n + 1]])) for n in range(3)
    ]
    shapes += [("GOV", Kind.STATION, shapely.Point(at[0])), ("V1", Kind.VALVE, shapely.Point(at[1]))]
    off = shapely.LineString([(at[1][0], lat + 0.000018), (at[3][0], lat + 0.000018)])
    shapes += [(name, Kind.PIPE, off) for name in beside]
    pipes = [
        Pipe(
            row=row,
            pipe_id=name,
            kind=kind,
            datum=Datum.CENTRE_LINE,
            pressure_class=PressureClass.HIGH if name in beside else PressureClass.MEDIUM,
            pressure="中压B",
            diameter_mm=200.0,
            material=None,
            depth_m=1.2,
            year=None,
            sigma_m=0.5,
            geometry=shapely.to_wkb(shape),
            extra={},
        )
        for row, (name, kind, shape) in enumerate(shapes, start=1)
    ]
    work = town.work
    version = NetworkVersion(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        number=1,
        regime=Regime.CITY_GAS,
        jurisdiction="CN-GB55009",
        source="street",
        crs="EPSG:4326",
        accepted=len(pipes),
        length_km=50.0,
        extent=(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01),
        imported_at=work.now(),
        active=True,
    )
    network_store.add_version(work.session, version, "test", {})
    network_store.add_pipes(work.session, work.tenant_id, version.id, pipes)


HIT = (NORTH[0] + STEP / 2, NORTH[1])


def test_one_report_opens_the_site_calls_the_owner_and_says_what_to_do(town: DutyTown) -> None:
    lay(town)
    crew = {role: town.on_duty(role) for role in (Role.PATROLLER, Role.DISPATCHER, Role.SAFETY_MANAGER)}
    citizen = town.person(Role.RESIDENT)
    file = service.report_strike(town.work, town.actor(citizen), place=HIT, words="有气味，嘶嘶响")
    assert file.site_id is not None
    site = store.sites.read(town.work, [file.site_id])[file.site_id]
    assert (site.level, site.owner_id) == (1, crew[Role.PATROLLER].id)
    assert site.strike is not None
    due = town.duties(site.id)["accident"].duty
    assert due.due_at == town.clock.now() + timedelta(hours=1)
    assert {one.person_id for one in town.calls() if one.text == "strike.opened"} == {one.id for one in crew.values()}
    assert file.plan.reach.radius_m == 150
    isolation = file.plan.isolation
    assert (isolation.basis, [one.pipe_id for one in isolation.close]) == (Basis.ISOLATED, ["V1"])
    assert set(isolation.pipes) == {"M1", "M2"}
    assert file.plan.areas == ("A",)
    assert [one.key for one in file.plan.tasks][:2] == ["valve-1", "evacuate"]
    assert all(one.person_id is not None for one in file.plan.tasks)
    fire = next(one for one in file.plan.calls if one.key == "fire")
    assert "150" in fire.words.zh
    assert "中压管 DN200" in fire.words.zh
    assert "演练" not in fire.words.zh


def test_a_second_report_of_the_same_strike_adds_to_the_first(town: DutyTown) -> None:
    town.on_duty(Role.PATROLLER)
    one = service.report_strike(town.work, town.actor(town.person(Role.RESIDENT)), place=HIT)
    before = len(town.calls())
    again = service.report_strike(
        town.work, town.actor(town.person(Role.CONTRACTOR)), place=(HIT[0] + 0.0002, HIT[1]), words="我也看到"
    )
    assert again.id == one.id
    assert again.version == 2
    assert len(town.calls()) == before


def test_a_strike_on_a_site_that_somebody_has_in_hand_stays_theirs(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    site = town.site(HIT)
    file = service.report_strike(town.work, town.actor(manager), site_id=site.id)
    assert file.site_id == site.id
    assert patroller.id in file.involved


def test_a_strike_said_on_the_sites_own_page_opens_one_too(town: DutyTown) -> None:
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site(HIT)
    service.act(
        town.work,
        town.actor(patroller),
        site.id,
        store.sites.read(town.work, [site.id])[site.id].version,
        Struck("gas"),
    )
    (file,) = service.strikes(town.work, people.operator(town.work.tenant_id), over=False, drill=False, limit=9)
    assert (file.site_id, file.words) == (site.id, "gas")


def test_a_device_reports_none_and_a_stranger_names_no_site(town: DutyTown) -> None:
    citizen = town.actor(town.person(Role.RESIDENT))
    with pytest.raises(ForbiddenError):
        service.report_strike(town.work, replace(citizen, kind=ActorKind.DEVICE), place=HIT)
    with pytest.raises((ForbiddenError, NotFoundError)):
        service.report_strike(town.work, citizen, site_id=town.site(HIT).id)
    with pytest.raises(InputError):
        service.report_strike(town.work, citizen)
    with pytest.raises(ForbiddenError):
        service.report_strike(town.work, citizen, place=HIT, drill=True)


def test_a_drill_opens_no_site_marks_everything_and_counts_nowhere(town: DutyTown) -> None:
    lay(town)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    patroller = town.on_duty(Role.PATROLLER)
    actor = town.actor(manager)
    file = service.report_strike(town.work, actor, place=HIT, drill=True)
    assert file.site_id is None
    assert (
        store.sites.page(town.work, store.SiteRow.tenant_id == town.work.tenant_id, store.SiteFilter(), limit=9) == []
    )
    texts = [one.words for one in file.plan.calls] + [one.name for one in file.plan.calls]
    texts += [one.text for one in file.plan.tasks]
    assert all("演练" in one.zh and "DRILL" in one.en for one in texts)
    assert {one.person_id for one in town.calls()} >= {manager.id, patroller.id}
    assert all(one.drill for one in town.calls())
    assert store.calls.sent(town.work, town.clock.now() - timedelta(minutes=10)) == {}
    with pytest.raises(RefusedError):
        service.act_on_strike(town.work, actor, file.id, DamageSaid(RECORD))
    found = service.strike_figures(
        town.work, actor, town.clock.now() - timedelta(days=1), town.clock.now() + timedelta(days=1)
    )
    assert (found.damages, found.unrecorded) == (0, 0)


def test_a_tick_stays_with_who_was_first(town: DutyTown) -> None:
    manager, patroller = town.on_duty(Role.SAFETY_MANAGER), town.on_duty(Role.PATROLLER)
    file = service.report_strike(town.work, town.actor(patroller), place=HIT)
    first = town.clock.now()
    service.act_on_strike(town.work, town.actor(patroller), file.id, LineCalled("fire", "车已出"))
    town.clock.advance(timedelta(minutes=1))
    made = service.act_on_strike(town.work, town.actor(manager), file.id, LineCalled("fire", ""))
    line = next(one for one in made.plan.calls if one.key == "fire")
    assert (line.done_at, line.done_by, line.said) == (first, f"person:{patroller.id}", "车已出")
    made = service.act_on_strike(town.work, town.actor(patroller), file.id, TaskDone("cordon", ""))
    assert next(one for one in made.plan.tasks if one.key == "cordon").done_at is not None
    with pytest.raises(InputError, match="no task"):
        service.act_on_strike(town.work, town.actor(patroller), file.id, TaskDone("dance", ""))
    log = service.strike_log(town.work, town.actor(manager), file.id, limit=99)
    assert [one.body.kind for one in log] == ["strike_opened", "line_called", "line_called", "task_done"]


def test_a_word_on_how_it_stands_reaches_everybody_and_nobody_is_flooded(town: DutyTown) -> None:
    manager, patroller = town.on_duty(Role.SAFETY_MANAGER), town.on_duty(Role.PATROLLER)
    file = service.report_strike(town.work, town.actor(patroller), place=HIT)
    for number in range(14):
        service.act_on_strike(town.work, town.actor(manager), file.id, Situation(f"读数 {number}", tell=True))
    news = [one for one in town.calls(patroller) if one.text == "strike.update"]
    assert len(news) == 14
    assert all("读数" in one.params["words"] for one in news)
    sent = store.calls.sent(town.work, town.clock.now() - timedelta(minutes=10))
    assert len(sent[patroller.id]) <= 10


def test_another_place_makes_a_new_plan_and_keeps_what_was_ticked(town: DutyTown) -> None:
    lay(town)
    patroller = town.on_duty(Role.PATROLLER)
    actor = town.actor(patroller)
    file = service.report_strike(town.work, actor, place=SOUTH)
    assert file.plan.isolation.basis is Basis.NONE
    assert file.plan.reach.radius_m == 300  # nothing is known there: the highest
    service.act_on_strike(town.work, actor, file.id, LineCalled("police", ""))
    service.act_on_strike(town.work, actor, file.id, TaskDone("cordon", ""))
    made = service.placed_anew(town.work, actor, file.id, place=HIT, gas=Gas.LPG)
    assert made.plan.reach.radius_m == 230
    assert [one.pipe_id for one in made.plan.isolation.close] == ["V1"]
    assert next(one for one in made.plan.calls if one.key == "police").done_at is not None
    assert next(one for one in made.plan.tasks if one.key == "cordon").done_at is not None


def test_a_missing_number_is_missing_and_a_dated_one_holds_from_its_day(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    today = town.clock.now().date()
    for number, since in (("0316-100", today), ("0316-200", today + timedelta(days=3))):
        service.set_contact(town.work, manager, NumberKind.HOTLINE, name="抢险", number=number, since=since)
    file = service.report_strike(town.work, manager, place=HIT, drill=True)
    lines = {one.key: one for one in file.plan.calls}
    assert (lines["hotline"].number, lines["hotline"].since) == ("0316-100", today)
    assert lines["hospital"].number is None
    town.clock.advance(timedelta(days=4))
    later = service.report_strike(town.work, manager, place=HIT, drill=True)
    assert {one.key: one.number for one in later.plan.calls}["hotline"] == "0316-200"


def test_a_site_does_not_close_before_its_damage_is_on_record(town: DutyTown) -> None:
    lay(town)
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    town.on_duty(Role.PATROLLER)
    file = service.report_strike(town.work, manager, place=HIT)
    assert file.site_id is not None
    draft = service.draft_damage(town.work, file)
    assert (draft.facility, draft.diameter_mm, draft.depth_m, draft.filed) == (Facility.MAIN, 200.0, 1.2, Known.NO)
    assert (draft.marked_right, draft.hand_dug, draft.root_cause) == (Known.UNKNOWN, Known.UNKNOWN, RootCause.UNFILED)
    town.happen(file.site_id, AccidentReported("应急局"))
    row = town.work.session.get_one(store.SiteRow, file.site_id)
    row.state, row.sum = "completed", {**row.sum, "state": "completed"}
    town.work.session.flush()
    proof = Proof(pictures=("0" * 64,), words="done", signed_by=("a", "b", "c"))
    with pytest.raises(StepRefusedError, match="damage record"):
        town.happen(file.site_id, Advanced(SiteState.CLOSED, proof))
    service.act_on_strike(town.work, manager, file.id, StrikeOver("气已关"))
    service.act_on_strike(town.work, manager, file.id, DamageSaid(RECORD))
    assert town.happen(file.site_id, Advanced(SiteState.CLOSED, proof)).state is SiteState.CLOSED


def test_figures_count_damages_near_misses_and_what_is_not_written_yet(town: DutyTown) -> None:
    lay(town)
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    town.on_duty(Role.PATROLLER)
    places = [HIT, SOUTH, (NORTH[0], NORTH[1] + 0.02)]
    files = [service.report_strike(town.work, manager, place=place) for place in places]
    service.act_on_strike(town.work, manager, files[0].id, DamageSaid(RECORD))
    service.act_on_strike(town.work, manager, files[1].id, DamageSaid(replace(RECORD, near_miss=True)))
    since, until = town.clock.now() - timedelta(days=1), town.clock.now() + timedelta(days=1)
    found = service.strike_figures(town.work, manager, since, until)
    assert (found.damages, found.near_misses, found.unrecorded, found.filings) == (1, 1, 1, 0)
    assert (found.per_1000_filings, found.per_100_km, found.few) == (None, 2.0, True)
    assert found.causes == {"unfiled": 1}
    assert [one.id for one in service.damages(town.work, manager, since, until)] == [files[0].id, files[1].id]
    with pytest.raises(InputError, match="below zero"):
        service.act_on_strike(town.work, manager, files[2].id, DamageSaid(replace(RECORD, homes=-1)))


def test_a_task_goes_to_whom_it_is_given(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    patroller = town.on_duty(Role.PATROLLER)
    spare = town.person(Role.LOCATOR)
    file = service.report_strike(town.work, manager, place=HIT)
    made = service.act_on_strike(town.work, manager, file.id, TaskGiven("readings", spare.id))
    assert next(one for one in made.plan.tasks if one.key == "readings").person_id == spare.id
    assert spare.id in made.involved
    with pytest.raises(InputError):
        service.act_on_strike(town.work, manager, file.id, TaskGiven("readings", town.work.ids.new()))
    with pytest.raises(ForbiddenError):
        service.act_on_strike(town.work, town.actor(patroller), file.id, StrikeOver("x"))


def test_the_circle_is_nowhere_nearer_than_its_radius() -> None:
    ring = shapely.LinearRing(service.circle(HIT, 150.0))
    spots = [ring.interpolate(part / 200, normalized=True) for part in range(200)]
    far = [distance_m(HIT, (one.x, one.y)) for one in spots]
    assert min(far) == pytest.approx(150.0, abs=0.1)
    assert max(far) < 151


def test_a_map_that_cannot_be_worked_out_never_costs_the_report(
    town: DutyTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(town)
    patroller = town.on_duty(Role.PATROLLER)

    def breaks(*_: object) -> None:
        raise ValueError("a map like no other")

    monkeypatch.setattr("pipewarden.network.rules.isolate.nearest", breaks)
    file = service.report_strike(town.work, town.actor(patroller), place=HIT)
    assert file.plan.reach.radius_m == 300
    assert file.plan.isolation.remarks == ("not_worked_out",)
    assert [one.person_id for one in town.calls() if one.text == "strike.opened"] == [patroller.id]


def test_a_map_that_takes_too_long_is_not_waited_for(town: DutyTown, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(town)
    let_go = Event()
    monkeypatch.setattr("pipewarden.network.service.isolating._PATIENCE_S", 0.05)
    monkeypatch.setattr("pipewarden.network.rules.isolate.cut", lambda *_: let_go.wait(30))
    actor = town.actor(town.on_duty(Role.PATROLLER))
    file = service.report_strike(town.work, actor, place=HIT)
    let_go.set()
    assert file.plan.isolation.remarks == ("not_worked_out",)
    monkeypatch.undo()
    made = service.placed_anew(town.work, actor, file.id)
    assert made.plan.isolation.basis is Basis.ISOLATED


def test_whoever_gets_a_part_later_is_told_of_it_as_loudly(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    file = service.report_strike(town.work, manager, place=HIT)
    later = town.on_duty(Role.PATROLLER)
    service.placed_anew(town.work, manager, file.id, place=SOUTH)
    spare = town.person(Role.LOCATOR)
    made = service.act_on_strike(town.work, manager, file.id, TaskGiven("readings", spare.id))
    for person in (later, spare):
        (call,) = town.calls(person)
        assert (call.text, call.urgency) == ("strike.opened", Urgency.ALARM)
        assert person.id in made.involved


def test_people_are_led_away_anew_where_the_strike_turns_out_to_be(town: DutyTown) -> None:
    lay(town)
    actor = town.actor(town.on_duty(Role.PATROLLER))
    file = service.report_strike(town.work, actor, place=HIT)
    for key in ("evacuate", "valve-1"):
        service.act_on_strike(town.work, actor, file.id, TaskDone(key, ""))
    made = service.placed_anew(town.work, actor, file.id, place=(HIT[0] + 0.0002, HIT[1]), gas=Gas.COAL)
    done = {one.key: one.done_at is not None for one in made.plan.tasks}
    assert (done["evacuate"], done["valve-1"]) == (False, True)


def test_a_pipe_that_was_named_stays_and_one_that_is_not_there_is_refused(town: DutyTown) -> None:
    lay(town)
    actor = town.actor(town.on_duty(Role.PATROLLER))
    file = service.report_strike(town.work, actor, place=(NORTH[0] + STEP, NORTH[1]))
    broken = file.plan.isolation.broken
    assert broken is not None
    (other,) = file.plan.isolation.others
    assert other != broken.pipe_id
    service.placed_anew(town.work, actor, file.id, pipe_id=other)
    made = service.placed_anew(town.work, actor, file.id, gas=Gas.LPG)
    assert made.plan.isolation.broken is not None
    assert made.plan.isolation.broken.pipe_id == other
    with pytest.raises(InputError, match="no pipe near"):
        service.placed_anew(town.work, actor, file.id, pipe_id="M99")


def test_a_strike_that_nobody_ended_keeps_no_later_one_quiet(town: DutyTown) -> None:
    citizen = town.actor(town.person(Role.RESIDENT))
    file = service.report_strike(town.work, citizen, place=HIT)
    town.clock.advance(timedelta(hours=7))
    patroller = town.on_duty(Role.PATROLLER)
    again = service.report_strike(town.work, citizen, place=HIT)
    assert again.id != file.id
    assert again.site_id == file.site_id
    assert [one.text for one in town.calls(patroller) if one.text == "strike.opened"] == ["strike.opened"]


def test_a_report_that_went_out_is_not_asked_for_again_by_the_next_strike(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    first = service.report_strike(town.work, manager, place=HIT)
    assert first.site_id is not None
    assert service.reported_at(town.work, [first]) == {}
    town.clock.advance(timedelta(minutes=5))
    told = town.clock.now()
    town.happen(first.site_id, AccidentReported("应急局"))
    service.act_on_strike(town.work, manager, first.id, StrikeOver("气已关"))
    town.clock.advance(timedelta(minutes=5))
    second = service.report_strike(town.work, manager, place=HIT)
    assert second.site_id == first.site_id
    assert service.reported_at(town.work, [first, second]) == {first.id: told}


def test_while_nobody_knows_which_pipe_it_is_the_widest_radius_counts(town: DutyTown) -> None:
    lay(town, "H1")
    actor = town.actor(town.on_duty(Role.PATROLLER))
    file = service.report_strike(town.work, actor, place=HIT)
    assert file.plan.isolation.broken is not None
    assert (file.plan.isolation.broken.pipe_id, file.plan.isolation.others) == ("M1", ("H1",))
    assert file.plan.reach.radius_m == 300
    assert service.placed_anew(town.work, actor, file.id, gas=Gas.NATURAL).plan.reach.radius_m == 300
    made = service.placed_anew(town.work, actor, file.id, pipe_id="M1")
    assert made.plan.reach.radius_m == 150
    made = service.placed_anew(town.work, actor, file.id, pipe_id="H1")
    assert made.plan.reach.radius_m == 300
