"""The shipped supervision rules, by the examples inside their file, and each made to fire by a site that happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import tzset
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import shapely
from site_life import NOW, WHOLE, advanced, discovered, then, verified

from pipewarden.casework.facts import (
    Amount,
    Discovered,
    Machine,
    Permitted,
    Reopened,
    Replaced,
    Result,
    Resumed,
    SiteEvent,
    SiteState,
    StandbyChecked,
    StopOrdered,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.rules import apply
from pipewarden.casework.rules.supervision import evidence, failed_examples, judged, to_open
from pipewarden.casework.rules.supervision_facts import Scene, known_of
from pipewarden.casework.rules.supervision_file import readings
from pipewarden.casework.rules.supervision_words import holds
from pipewarden.casework.store import shipped_supervision, violations
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.casework.facts import RuleSaid, Site

LATER = NOW + timedelta(hours=1)
HERE = (116.7, 39.5)
RULES = shipped_supervision()
BY_RESULT = {True: Result.VIOLATED, False: Result.COMPLIANT, None: Result.UNKNOWN}
CASES = [(rule, number) for rule in RULES.rules for number in range(len(rule.examples))]


def said(scene: Scene, code: str, at: datetime = LATER) -> RuleSaid:
    return next(one for one in judged(RULES, scene, at) if one.code == code)


def result(code: str, site: Site, machine: Machine | None = None, permitted: Permitted | None = None) -> Result:
    return said(Scene(site, machine, permitted), code).result


@pytest.mark.parametrize(
    ("rule", "number"), CASES, ids=[f"{rule.code}-{number}-{rule.examples[number].result}" for rule, number in CASES]
)
def test_each_example_inside_the_file_is_what_its_rule_says(rule: object, number: int) -> None:
    assert rule in RULES.rules
    example = rule.examples[number]  # type: ignore[attr-defined]
    found = holds(rule.violated_when, readings(example), RULES.derived)  # type: ignore[attr-defined]
    assert BY_RESULT[found] is example.result


def test_each_rule_has_an_example_that_fires_one_that_does_not_and_one_that_does_not_know() -> None:
    assert failed_examples(RULES) == ()
    for rule in RULES.rules:
        assert {one.result for one in rule.examples} == set(Result), rule.code


def test_each_rule_says_what_the_list_of_violations_says_and_what_is_no_law_says_so() -> None:
    for rule in RULES.rules:
        kind = violations()[rule.code]
        assert (kind.clause, kind.severity, kind.zh, kind.en) == (rule.clause, rule.severity, rule.zh, rule.en)
        assert ("条例" in rule.clause) or ("GB " in rule.clause) or ("product default, not law" in rule.clause)


def test_nothing_known_is_unknown_for_every_rule() -> None:
    for rule in RULES.rules:
        assert holds(rule.violated_when, {}, RULES.derived) is None, rule.code


def ready(*more: object) -> Site:
    return then(advanced(SiteState.READY), *more)  # type: ignore[arg-type]


def machine(**more: object) -> Machine:
    return Machine(LATER, **more)  # type: ignore[arg-type]


FILED = Permitted(
    zone="Asia/Shanghai",
    area=shapely.to_wkb(shapely.box(116.6995, 39.4995, 116.7005, 39.5005)),
    method="piling",
    machines=frozenset({"dump_truck"}),
    hours=((time(8), time(18)),),
    valid_from=NOW,
    valid_until=NOW + timedelta(days=9),
)


def test_a_method_that_needs_a_plan_is_a_violation_without_one_and_none_with_it() -> None:
    assert result("V-PLAN", verified(), machine()) is Result.UNKNOWN
    assert result("V-PLAN", verified(), machine(), FILED) is Result.VIOLATED
    assert result("V-PLAN", advanced(SiteState.PLAN_SIGNED), machine(), FILED) is Result.COMPLIANT
    control = replace(verified(), zone=Zone.CONTROL)
    assert result("V-PLAN", control, machine(), FILED) is Result.COMPLIANT
    assert result("V-PLAN-CONTROL", control, machine(), FILED) is Result.COMPLIANT
    assert result("V-PLAN-CONTROL", control, machine(), replace(FILED, method="blasting")) is Result.VIOLATED


def test_blasting_is_forbidden_in_the_protection_range_and_only_there() -> None:
    blasting = replace(FILED, method="blasting")
    assert result("V-FORBIDDEN", verified(), None, blasting) is Result.VIOLATED
    assert result("V-FORBIDDEN", verified(), None, FILED) is Result.COMPLIANT
    assert result("V-FORBIDDEN", replace(verified(), zone=Zone.CONTROL), None, blasting) is Result.COMPLIANT
    assert result("V-FORBIDDEN", replace(verified(), zone=Zone.UNKNOWN), None, blasting) is Result.UNKNOWN


def test_the_area_of_the_filing_is_left_only_by_what_stands_outside_beyond_its_error() -> None:
    there, beyond = machine(place=HERE), machine(place=(116.7010, 39.5))  # 43 m east of its edge
    assert result("V-AREA", ready(), there, FILED) is Result.COMPLIANT
    assert result("V-AREA", ready(), beyond, FILED) is Result.VIOLATED
    assert result("V-AREA", ready(), replace(beyond, off_m=50.0), FILED) is Result.UNKNOWN
    assert result("V-AREA", ready(), machine(), FILED) is Result.UNKNOWN
    assert result("V-AREA", ready(), beyond) is Result.UNKNOWN


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone that the server's own clock shows."""
    monkeypatch.setenv("TZ", request.param)
    tzset()
    yield request.param
    monkeypatch.undo()
    tzset()


@pytest.mark.usefixtures("server_zone")
def test_hours_are_those_of_the_place_whatever_zone_the_server_has() -> None:
    site = ready()
    site = replace(site, since=NOW - timedelta(days=1))
    edges = {
        datetime(2026, 11, 21, 0, 0, tzinfo=UTC): Result.COMPLIANT,  # 08:00 there
        datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC): Result.VIOLATED,
        datetime(2026, 11, 21, 9, 59, 59, tzinfo=UTC): Result.COMPLIANT,  # a second before 18:00
        datetime(2026, 11, 21, 10, 0, tzinfo=UTC): Result.VIOLATED,
        NOW: Result.COMPLIANT,  # 09:00, the first moment that it is valid
        NOW - timedelta(seconds=1): Result.VIOLATED,
        NOW + timedelta(days=9): Result.VIOLATED,  # 09:00, its end is excluded
    }
    for at, wanted in edges.items():
        assert result("V-HOURS", site, Machine(at), FILED) is wanted, at
    night = replace(FILED, hours=((time(22), time(6)),))
    assert result("V-HOURS", site, Machine(datetime(2026, 11, 20, 15, 0, tzinfo=UTC)), night) is Result.COMPLIANT
    assert result("V-HOURS", site, Machine(datetime(2026, 11, 20, 22, 0, tzinfo=UTC)), night) is Result.VIOLATED


@pytest.mark.usefixtures("server_zone")
def test_a_rule_begins_at_midnight_of_the_place() -> None:
    rule = next(one for one in RULES.rules if one.code == "V-AREA")
    assert rule.since == date(2026, 1, 1)
    midnight = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert "V-AREA" in {one.code for one in judged(RULES, Scene(verified()), midnight)}
    before = {one.code for one in judged(RULES, Scene(verified()), midnight - timedelta(seconds=1))}
    assert "V-AREA" not in before
    assert "V-PLAN" in before


def test_a_machine_that_is_not_filed_shows_another_method() -> None:
    assert result("V-METHOD", ready(), machine(type="excavator"), FILED) is Result.VIOLATED
    assert result("V-METHOD", ready(), machine(type="dump_truck"), FILED) is Result.COMPLIANT
    assert result("V-METHOD", ready(), machine(type="other"), FILED) is Result.UNKNOWN
    assert result("V-METHOD", ready(), machine(type=None), FILED) is Result.UNKNOWN
    allowed = replace(FILED, machines=frozenset({"excavator"}))
    assert result("V-METHOD", ready(), machine(type="excavator"), allowed) is Result.COMPLIANT


def test_hand_digging_is_asked_for_where_the_machine_surely_stands_within_two_metres() -> None:
    def at(metres: float, off: float) -> Result:
        seen = machine(type="excavator", distance_m=Amount(metres, off))
        return result("V-HAND-DIG", ready(), seen)

    assert at(1.0, 0.5) is Result.VIOLATED
    assert at(4.0, 1.0) is Result.COMPLIANT
    assert at(1.0, 1.5) is Result.UNKNOWN
    assert result("V-HAND-DIG", ready(), machine(type="excavator")) is Result.UNKNOWN


def test_works_that_move_away_from_where_the_plan_was_signed_are_a_violation_until_a_change_is_declared() -> None:
    moved = Replaced(Zone.PROTECTION, 1, 116.7005, 39.5, "it was placed anew")  # 43 m
    site = ready(moved)
    assert result("V-BOUNDARY", site, machine()) is Result.VIOLATED
    assert result("V-BOUNDARY", ready(), machine()) is Result.COMPLIANT
    near = Replaced(Zone.PROTECTION, 1, 116.7001, 39.5, "it was placed anew")  # 9 m
    assert result("V-BOUNDARY", ready(near), machine()) is Result.COMPLIANT
    assert result("V-BOUNDARY", replace(site, marks=()), machine()) is Result.UNKNOWN
    changed = then(site, WorksChanged("further east", SiteState.FILED))
    assert result("V-BOUNDARY", changed, machine()) is Result.COMPLIANT


def test_a_machine_that_was_seen_before_accuses_nobody_of_what_holds_only_now() -> None:
    """What the site's next event makes of an old sighting: nothing."""
    old = Machine(NOW + timedelta(minutes=1))
    for site in (verified(), ready(), ready(WorksChanged("deeper", SiteState.FILED))):
        assert (
            to_open(RULES, Scene(site, old, FILED), LATER) == ()
            or {one.code for one in to_open(RULES, Scene(site, old, FILED), LATER)} == set()
        )
    stop = UUID(int=30)
    resumed = then(then(verified(), StopOrdered(stop, "danger")), Resumed(stop, WHOLE), after=timedelta(minutes=30))
    assert to_open(RULES, Scene(resumed, Machine(NOW + timedelta(minutes=20))), LATER) == ()


def test_what_a_violation_was_opened_by_is_said_fact_by_fact_with_its_events() -> None:
    site = advanced(SiteState.FILED)
    found = to_open(RULES, Scene(site, machine()), LATER)
    assert [one.code for one in found] == ["V-UNBRIEFED"]
    told = {one.fact: one for one in evidence(found[0])}
    assert told["site.state"].value == "filed"
    assert told["site.zone"].value == "protection"
    assert told["machine.seen_at"].value == LATER.isoformat()
    assert told["repair.declared_at"].value == "none"
    marks = {one.what: one.event_id for one in site.marks}
    assert told["works.confirmed"].events == (marks["verified"],)
    assert marks["advanced"] in told["site.state"].events
    assert set(told) == set(RULES.reads["V-UNBRIEFED"])


def test_a_violation_that_is_open_and_a_site_that_has_ended_open_none() -> None:
    scene = Scene(advanced(SiteState.FILED), machine())
    (one,) = to_open(RULES, scene, LATER)
    opened = then(scene.site, ViolationOpened(UUID(int=40), one.code, one.severity, one.clause, one.en))
    assert to_open(RULES, replace(scene, site=opened), LATER) == ()
    assert said(replace(scene, site=opened), one.code).result is Result.VIOLATED
    ended = advanced(SiteState.CLOSED)
    assert to_open(RULES, Scene(ended, machine()), LATER) == ()


def test_marks_are_the_last_of_their_kind_and_a_new_episode_begins_without() -> None:
    site = ready(StandbyChecked(WHOLE))
    twice = then(site, StandbyChecked(WHOLE))
    last = [one for one in twice.marks if one.what == "standby_checked"]
    assert [one.event_id for one in last] == [UUID(int=1000 + site.version)]
    known = known_of(Scene(twice))
    assert known["standby.checked_at"].events[0] == last[0].event_id
    closed = advanced(SiteState.CLOSED)
    again = then(closed, Reopened("seen again"))
    assert {one.what for one in again.marks} == {"reopened"}


def test_a_site_without_a_place_or_a_look_leaves_facts_out() -> None:
    body = Discovered(None, Zone.UNKNOWN, 1, None, None, "a report")
    nowhere = apply(None, SiteEvent(UUID(int=10), UUID(int=2), UUID(int=1), NOW, None, 1, body))
    known = known_of(Scene(nowhere))
    assert not {"site.zone", "works.confirmed", "works.as_of", "works.moved_m", "machine.seen_at"} & set(known)
    assert known["stop.ordered_at"].value is None
    assert known_of(Scene(nowhere, overdue=frozenset({"arrive"})))["duties.overdue"].value == frozenset({"arrive"})
    assert "site.zone" in known_of(Scene(discovered()))
