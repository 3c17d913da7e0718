"""Sites follow alarms: opened once and at once where somebody is needed, never lost when alarms merge and part."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from site_life import WHOLE
from sqlalchemy import true

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import (
    Accepted,
    Advanced,
    Arrived,
    Ended,
    OwnerGiven,
    Resumed,
    Site,
    SiteState,
    StandbyChecked,
    StopOrdered,
    Struck,
    Verified,
    ViolationFixed,
)
from pipewarden.casework.service import opening
from pipewarden.casework.store import SiteFilter
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED, JudgePolicy, ReviewCode
from pipewarden.judge.service import Bench
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

POLICY = JudgePolicy()


def sites(street: Any) -> list[Site]:
    found = store.sites.page(street.work, true(), SiteFilter(), limit=50)
    return [one.site for one in found]


def follow(street: Any, *alarm_ids: UUID) -> None:
    """Drain what changed, twice, as a river that was interrupted does; the second time changes nothing."""
    ids = list(alarm_ids) or [one.id for one in street.alarms()]
    facts = [FactRef(JUDGED, "p", street.work.tenant_id, one) for one in ids]
    jobs.drain(street.work, facts)
    before = {one.id: one.version for one in sites(street)}
    jobs.drain(street.work, facts)
    assert {one.id: one.version for one in sites(street)} == before


def kinds(street: Any, site: Site) -> list[str]:
    return [one.body.kind for one in store.history.events(street.work, site.id)]


def site_of(street: Any, alarm_id: UUID) -> Site:
    return store.sites.lock_of_alarms(street.work, [alarm_id])[alarm_id].site


def happen(street: Any, alarm_id: UUID, *bodies: Any, actor: str = "user:1") -> Site:
    return service.append(street.work, site_of(street, alarm_id), bodies, actor)


def decide(street: Any, alarm_id: UUID, code: ReviewCode, silence: timedelta | None = None) -> None:
    judge.decide(street.work, street.root(), alarm_id, code=code, words="", silence=silence, policy=POLICY)


def go_there(street: Any, alarm_id: UUID) -> Site:
    """Have somebody sent, arrived, and works confirmed."""
    given = OwnerGiven(street.work.ids.new(), "patroller", "nearest")
    looked = Verified(true=True, code="digging", proof=WHOLE)
    return happen(street, alarm_id, given, Accepted(), Arrived(WHOLE), looked)


@pytest.mark.parametrize(("zone", "level"), [(Zone.PROTECTION, 1), (Zone.CONTROL, 2), (Zone.UNKNOWN, 1)])
def test_an_alarm_that_needs_a_person_opens_one_site_at_once(street: Any, zone: Zone, level: int) -> None:
    street.zone = zone
    street.camera(calibrated=zone is not Zone.UNKNOWN)
    alarm = street.seen()
    follow(street)
    (site,) = sites(street)
    assert (site.alarm_id, site.zone, site.level, site.state) == (alarm, zone, level, SiteState.DISCOVERED)
    assert site.lon is not None  # of the machine, else of the camera that saw it
    assert kinds(street, site) == ["discovered"]


def test_an_alarm_outside_every_range_opens_none_until_it_is_placed_inside(street: Any) -> None:
    street.zone = Zone.OUTSIDE
    street.camera(calibrated=True)
    street.seen()
    follow(street)
    assert sites(street) == []
    street.zone = Zone.CONTROL
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert [one.zone for one in sites(street)] == [Zone.CONTROL]


def test_while_a_second_judge_is_asked_nobody_is_sent_and_when_it_stays_silent_time_alone_opens(
    street: Any, scripted: Callable[..., Any]
) -> None:
    street.bench = Bench(second=scripted(["never asked"]))
    alarm = street.seen()
    follow(street)
    assert sites(street) == []
    street.work.take_facts()
    street.clock.advance(timedelta(seconds=20) + POLICY.grace)
    assert jobs.look_for_waiting(street.begin) == 1
    assert [one.alarm_id for one in sites(street)] == [alarm]
    assert jobs.look_for_waiting(street.begin) == 0


def test_a_judge_that_gives_up_says_so_because_a_person_is_needed_now(
    street: Any, scripted: Callable[..., Any], says: Callable[..., Any]
) -> None:
    second = scripted([says("unsure")])
    street.bench = Bench(second=second)
    alarm = street.seen()
    case = street.case(alarm)
    follow(street)
    assert sites(street) == []
    street.work.take_facts()
    judge.hear(street.work, street.bench, case.ask_id, alarm, says("unsure"))
    told = street.work.take_facts()
    assert (JUDGED, alarm) in [(fact.kind, fact.fact_id) for fact in told]
    follow(street, alarm)
    assert [one.alarm_id for one in sites(street)] == [alarm]


def test_what_nobody_has_judged_for_a_minute_waits_for_a_person_too(street: Any) -> None:
    for _ in range(2):
        street.frame((600.0, 400.0, 120.0, 80.0))
    assert jobs.look_for_waiting(street.begin) == 0
    street.clock.advance(timedelta(minutes=2))
    assert jobs.look_for_waiting(street.begin) == 1
    assert len(sites(street)) == 1


def test_however_many_wait_and_however_long_each_gets_its_site(
    street: Any, scripted: Callable[..., Any], count_statements: list[str]
) -> None:
    street.bench = Bench(second=scripted(["never asked"]))
    made = []
    for number in range(5):
        street.camera(f"cam-{number}", calibrated=True)
        made.append(street.seen(stream=f"cam-{number}"))
    street.work.take_facts()
    street.clock.advance(timedelta(hours=30))  # the worker was away
    assert service.look_for(street.work, page=2) == 5
    assert {one.alarm_id for one in sites(street)} == set(made)
    assert service.look_for(street.work, page=2) == 0
    count_statements.clear()
    assert service.look_for(street.work, page=2) == 0
    assert not any("advisory" in one for one in count_statements)


def test_however_many_nobody_has_judged_each_gets_its_site(street: Any) -> None:
    for number in range(5):
        street.camera(f"cam-{number}", calibrated=True)
        for _ in range(2):
            street.frame((600.0, 400.0, 120.0, 80.0), stream=f"cam-{number}", step_s=1.0)
    street.clock.advance(timedelta(minutes=2))
    assert service.look_for(street.work, page=2) == 5


def test_what_lies_outside_every_range_is_not_looked_for_again_and_again(
    street: Any, count_statements: list[str]
) -> None:
    street.zone = Zone.OUTSIDE
    street.camera(calibrated=True)
    street.seen()
    street.clock.advance(timedelta(minutes=2))
    count_statements.clear()
    assert service.look_for(street.work, page=500) == 0
    assert not any("advisory" in one for one in count_statements)


def test_time_alone_opens_an_ended_site_again_when_a_machine_was_seen_there_since(
    street: Any, scripted: Callable[..., Any], count_statements: list[str]
) -> None:
    alarm = street.seen()
    follow(street)
    decide(street, alarm, ReviewCode.PASSING, timedelta(hours=1))
    follow(street)
    street.clock.advance(timedelta(hours=1))
    street.bench = Bench(second=scripted(["never asked"]))
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.FALSE  # a second judge is asked
    street.clock.advance(timedelta(seconds=20) + POLICY.grace)
    assert jobs.look_for_waiting(street.begin) == 1
    assert site_of(street, alarm).state is SiteState.DISCOVERED
    go_there(street, alarm)
    happen(street, alarm, *(Advanced(SiteState(one), WHOLE) for one in ("notified", "completed", "closed")))
    count_statements.clear()
    assert service.look_for(street.work, page=500) == 0
    assert not any("advisory" in one for one in count_statements)  # nothing was seen since


def test_a_confirmed_alarm_opens_a_site(street: Any, scripted: Callable[..., Any], says: Callable[..., Any]) -> None:
    street.bench = Bench(second=scripted([says("yes")], patience_s=0.0))
    alarm = street.seen()
    follow(street)
    assert [one.alarm_id for one in sites(street)] == [alarm]


def test_a_person_who_calls_it_false_ends_a_site_that_nobody_has_touched(street: Any) -> None:
    alarm = street.seen()
    follow(street)
    decide(street, alarm, ReviewCode.PASSING)
    follow(street)
    (site,) = sites(street)
    assert site.state is SiteState.FALSE
    ended = store.history.events(street.work, site.id)[-1]
    assert isinstance(ended.body, Ended)
    assert ended.body.code == "passing_vehicle"


def test_a_person_who_calls_it_false_ends_nothing_that_somebody_has_in_hand(street: Any) -> None:
    alarm = street.seen()
    follow(street)
    happen(street, alarm, OwnerGiven(street.work.ids.new(), "patroller", "nearest"), actor=None)
    happen(street, alarm, Accepted())
    decide(street, alarm, ReviewCode.PASSING)
    follow(street)
    assert site_of(street, alarm).open


def test_a_site_of_a_false_alarm_opens_again_when_its_silence_is_over_and_it_is_seen(street: Any) -> None:
    alarm = street.seen()
    follow(street)
    decide(street, alarm, ReviewCode.PASSING, timedelta(hours=1))
    follow(street)
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.FALSE  # silent: seen, and a person's word covers it
    street.clock.advance(timedelta(hours=1))
    street.judge()
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.DISCOVERED
    assert kinds(street, site_of(street, alarm))[-2:] == ["ended", "reopened"]


def test_a_machine_seen_again_is_no_old_news_when_the_judge_considers_it_later_than_the_river(street: Any) -> None:
    alarm = street.seen()
    follow(street)
    decide(street, alarm, ReviewCode.PASSING, timedelta(hours=1))
    follow(street)
    street.clock.advance(timedelta(hours=1))
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert site_of(street, alarm).state is SiteState.FALSE  # the judge has not considered it yet
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.DISCOVERED


def test_pictures_from_before_its_end_do_not_open_a_site_again(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    street.clock.advance(timedelta(minutes=1))
    happen(street, alarm, *(Advanced(SiteState(one), WHOLE) for one in ("notified", "completed", "closed")))
    follow(street)
    assert site_of(street, alarm).state is SiteState.CLOSED


def test_a_machine_that_is_seen_before_the_briefing_opens_one_violation_by_itself(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert site_of(street, alarm).violations == ()  # nobody has confirmed works yet
    go_there(street, alarm)
    follow(street)
    assert site_of(street, alarm).violations == ()  # nothing new was seen
    for _ in range(2):
        street.frame((600.0, 400.0, 120.0, 80.0))
        follow(street)
    (violation,) = site_of(street, alarm).violations
    assert (violation.code, violation.severity.value) == ("V-UNBRIEFED", "major")
    assert violation.clause == "城镇燃气管理条例 第三十四条、第三十七条"
    assert violation.due_at is not None
    assert violation.due_at - violation.opened_at == timedelta(hours=2)
    assert store.history.events(street.work, site_of(street, alarm).id)[-1].actor is None


def test_what_was_put_right_is_broken_again_only_by_what_is_seen_later(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    happen(street, alarm, ViolationFixed(site_of(street, alarm).violations[0].id, WHOLE))
    follow(street)
    assert len(site_of(street, alarm).violations) == 1
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert [one.fixed_at is None for one in site_of(street, alarm).violations] == [False, True]


def test_works_that_go_on_under_a_stop_order_are_a_violation_after_the_time_to_leave(street: Any) -> None:
    street.zone = Zone.CONTROL
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    stop = street.work.ids.new()
    happen(street, alarm, StopOrdered(stop, "no plan"))
    street.frame((600.0, 400.0, 120.0, 80.0), step_s=300.0)
    follow(street)
    assert site_of(street, alarm).violations == ()
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert [one.code for one in site_of(street, alarm).violations] == ["V-STOPPED-WORK"]
    happen(street, alarm, Resumed(stop, WHOLE))
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert len(site_of(street, alarm).violations) == 1


def test_ready_works_are_no_violation_while_the_supervisor_checks_in_every_hour(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    papers = ("notified", "filed", "located", "briefed", "plan_signed", "ready")
    happen(street, alarm, *(Advanced(SiteState(one), WHOLE) for one in papers))
    happen(street, alarm, StandbyChecked(WHOLE))
    street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    assert site_of(street, alarm).violations == ()
    for _ in range(6):  # an hour goes by and the supervisor does not check in again
        street.frame((600.0, 400.0, 120.0, 80.0))
    follow(street)
    (violation,) = site_of(street, alarm).violations
    assert (violation.code, violation.clause) == ("V-STANDBY", "城镇燃气管理条例 第三十七条")


def test_a_closed_site_opens_again_when_a_machine_is_seen_after_its_end(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    happen(street, alarm, *(Advanced(SiteState(one), WHOLE) for one in ("notified", "completed", "closed")))
    follow(street)
    assert site_of(street, alarm).state is SiteState.CLOSED
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.DISCOVERED


def test_an_exempt_site_is_watched_and_opens_again_when_its_watch_is_over(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    until = street.work.now() + timedelta(hours=2)
    happen(street, alarm, Ended(SiteState.EXEMPT, "no_digging", "lamp posts", until))
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.EXEMPT
    street.clock.advance(timedelta(hours=2))
    street.frame((600.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert site_of(street, alarm).state is SiteState.DISCOVERED


def test_a_site_moves_with_its_alarm_and_wandering_is_no_move(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    street.frame((601.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    assert kinds(street, site_of(street, alarm)) == ["discovered"]
    street.zone = Zone.CONTROL
    street.frame((601.0, 400.0, 120.0, 80.0))
    street.judge()
    follow(street)
    site = site_of(street, alarm)
    assert (site.zone, site.level) == (Zone.CONTROL, 2)
    assert kinds(street, site) == ["discovered", "replaced"]


def two_alarms(street: Any) -> tuple[UUID, UUID]:
    street.camera(calibrated=True)
    street.camera("cam-b", calibrated=True)
    return street.seen(), street.seen(stream="cam-b")


def merge(street: Any, kept: UUID, gone: UUID) -> None:
    dedupe.merge(street.work, kept, gone, "one pit")
    street.judge(gone, kept)
    street.work.take_facts()


def test_sites_follow_a_merge_and_a_split(street: Any) -> None:
    kept, gone = two_alarms(street)
    follow(street)
    merge(street, kept, gone)
    follow(street, gone, kept)
    assert site_of(street, gone).merged_into == site_of(street, kept).id
    assert [one.alarm_id for one in sites(street)] == [kept]
    brought = [event for event in dedupe.why(street.work, kept) if event.kind.value == "merged"][-1].findings
    assert dedupe.split(street.work, kept, brought, "two pits").id == gone
    street.judge(gone, kept)
    follow(street, gone, kept)
    assert site_of(street, gone).merged_into is None
    assert kinds(street, site_of(street, gone)) == ["discovered", "merged_into", "parted"]


def test_what_is_grave_on_a_merged_site_stays_grave_on_the_one_that_is_kept(street: Any) -> None:
    kept, gone = two_alarms(street)
    follow(street)
    go_there(street, gone)
    street.frame((600.0, 400.0, 120.0, 80.0), stream="cam-b")
    follow(street)
    happen(street, gone, StopOrdered(street.work.ids.new(), "no plan"), Struck("gas smells"))
    decide(street, kept, ReviewCode.PASSING)
    follow(street, kept)
    assert not site_of(street, kept).open
    merge(street, kept, gone)
    follow(street, gone, kept)
    site = site_of(street, kept)
    assert site.open  # the graver of two holds
    assert site.stopped
    assert site.strike is not None
    assert [one.code for one in site.violations] == ["V-UNBRIEFED"]
    assert str(site_of(street, gone).id) in site.stops[0].reason


def test_a_false_word_ends_no_site_on_which_a_stop_order_holds_that_a_merge_brought(street: Any) -> None:
    kept, gone = two_alarms(street)
    follow(street)
    go_there(street, gone)
    happen(street, gone, StopOrdered(street.work.ids.new(), "no plan"))
    merge(street, kept, gone)
    follow(street, gone, kept)
    decide(street, kept, ReviewCode.PASSING)
    follow(street, kept)
    site = site_of(street, kept)
    assert (site.open, site.stopped) == (True, True)


def test_a_merge_into_an_alarm_without_a_site_opens_one(street: Any) -> None:
    kept, gone = two_alarms(street)
    follow(street, gone)
    merge(street, kept, gone)
    follow(street, gone)
    assert site_of(street, kept).open
    assert site_of(street, gone).merged_into == site_of(street, kept).id


def test_merges_in_a_row_lead_to_the_last(street: Any) -> None:
    first, second = two_alarms(street)
    street.camera("cam-c", calibrated=True)
    third = street.seen(stream="cam-c")
    follow(street)
    merge(street, second, first)
    merge(street, third, second)
    follow(street, first, second, third)
    assert site_of(street, first).merged_into == site_of(street, third).id == site_of(street, second).merged_into
    item = judge.cases(street.work, [third])[third]
    ring = replace(item, case=replace(item.case, merged_into=third))
    with pytest.raises(RuntimeError, match="ring"):
        opening._last({third: ring}, ring)


def test_the_judge_is_told_the_places_that_somebody_has_accepted(street: Any) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    jobs.look_for_waiting(street.begin)
    assert judge.open_places(street.work) == ()  # nobody has said yes: a second machine there is heard
    site = go_there(street, alarm)
    jobs.look_for_waiting(street.begin)
    (place,) = judge.open_places(street.work)
    assert (place.key, place.alarm_id, place.ring[0]) == (str(site.id), alarm, place.ring[-1])
    happen(street, alarm, *(Advanced(SiteState(one), WHOLE) for one in ("notified", "completed", "closed")))
    jobs.look_for_waiting(street.begin)
    assert judge.open_places(street.work) == ()


def test_unchanged_places_are_not_written_again(street: Any, count_statements: list[str]) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    go_there(street, alarm)
    service.push_places(street.work)
    count_statements.clear()
    service.push_places(street.work)
    assert not any("INSERT" in one or "DELETE" in one for one in count_statements)


def test_a_drain_that_dies_is_taken_again_and_opens_one_site(street: Any) -> None:
    alarm = street.seen()
    facts = [FactRef(JUDGED, "p", street.work.tenant_id, alarm)]

    def die() -> None:
        with street.work.session.begin_nested():
            jobs.drain(street.work, facts)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()
    assert sites(street) == []
    street.work.session.expire_all()
    jobs.drain(street.work, facts)
    assert [one.alarm_id for one in sites(street)] == [alarm]


def test_facts_of_alarms_that_are_not_there_change_nothing(street: Any) -> None:
    jobs.drain(street.work, [FactRef(JUDGED, "p", street.work.tenant_id, street.work.ids.new())])
    jobs.drain(street.work, [])
    assert sites(street) == []


def test_another_tenants_alarm_opens_nothing_here(street: Any) -> None:
    alarm = street.seen()
    other = replace(street.work, tenant_id=street.work.ids.new())
    service.follow(other, [alarm])
    assert sites(street) == []


def test_a_flood_of_changes_of_one_alarm_asks_little(street: Any, count_statements: list[str]) -> None:
    street.camera(calibrated=True)
    alarm = street.seen()
    follow(street)
    count_statements.clear()
    service.follow(street.work, [alarm] * 64)
    once = len(count_statements)
    count_statements.clear()
    service.follow(street.work, [alarm])
    assert once == len(count_statements) < 15
