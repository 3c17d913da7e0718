"""The supervision rules at work on stored sites: asked after every event, with evidence, and tried before they act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from duty_town import DutyTown
from filed_street import BOX, dig, follow, happen, see, the_site
from site_life import WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Advanced,
    Machine,
    Noted,
    Replaced,
    Result,
    SiteState,
    StandbyChecked,
    StopOrdered,
    ViolationFixed,
    ViolationOpened,
)
from pipewarden.casework.service import supervising
from pipewarden.casework.service.machines import machine_of
from pipewarden.casework.store import SUPERVISION_FILE
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import RuleSaid

SHIPPED = SUPERVISION_FILE.read_text(encoding="utf-8")
MINE = SHIPPED.replace("version: CN@1", "version: mine@1")


def codes(street: Any) -> list[str]:
    return [one.code for one in the_site(street).violations]


def test_a_violation_by_a_rule_carries_the_facts_that_it_read_and_the_events_that_say_them(street: Any) -> None:
    dig(street, "notified", "filed")
    see(street)
    event = store.history.events(street.work, the_site(street).id)[-1]
    assert isinstance(event.body, ViolationOpened)
    assert (event.actor, event.body.code) == (None, "V-UNBRIEFED")
    told = {one.fact: one for one in event.body.evidence}
    assert set(told) == set(store.shipped_supervision().reads["V-UNBRIEFED"])
    by_id = {one.id: one.body for one in store.history.events(street.work, event.site_id)}
    assert [by_id[one].kind for one in told["works.confirmed"].events] == ["verified"]
    assert told["site.state"].value == "filed"
    assert "a machine was seen at" in event.body.reason
    assert event.body.rules == "CN@1"


def test_an_event_that_makes_a_rule_violated_opens_its_violation_with_it(
    street: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing new is seen: what a person does is enough."""
    asked = "all: [on_file, papers.plan, {compare: {fact: works.moved_m, more: {m: 20}}}]\n    news: machine.seen_at"
    assert asked in SHIPPED
    given, _ = service.check(
        SHIPPED.replace(asked, "all: [site.stopped, papers.plan]\n    news: works.as_of"), "mine.yaml"
    )
    monkeypatch.setattr(store, "shipped_supervision", lambda: given)
    dig(street, "notified", "filed", "located", "briefed", "plan_signed")
    assert codes(street) == []
    happen(street, StopOrdered(street.work.ids.new(), "danger"))
    assert codes(street) == ["V-BOUNDARY"]
    events = store.history.events(street.work, the_site(street).id)
    assert [one.body.kind for one in events][-2:] == ["stop_ordered", "violation_opened"]
    assert isinstance(events[-1].body, ViolationOpened)
    stopped = next(one for one in events[-1].body.evidence if one.fact == "site.stopped")
    assert stopped.events == (events[-2].id,)
    happen(street, Noted("looked again"))
    assert codes(street) == ["V-BOUNDARY"]


def test_what_was_seen_before_accuses_nobody_at_the_next_event(street: Any) -> None:
    """Nor does what the judge rejects: a person at the review called it a passing vehicle."""
    dig(street)
    street.frame(BOX)
    silence = timedelta(hours=1)
    (alarm,) = street.alarms()
    told = {"code": ReviewCode.PASSING, "words": "", "silence": silence, "policy": JudgePolicy()}
    judge.decide(street.work, street.root(), alarm.id, **told)
    follow(street)
    happen(street, Noted("x"), Replaced(Zone.PROTECTION, 1, 116.7, 39.5, "placed anew"))
    assert codes(street) == []
    assert said(street, "V-UNBRIEFED").result is Result.UNKNOWN


def test_what_was_put_right_is_not_opened_again_by_the_next_event(street: Any) -> None:
    dig(street)
    see(street)
    assert codes(street) == ["V-UNBRIEFED"]
    happen(street, ViolationFixed(the_site(street).violations[0].id, WHOLE))
    happen(street, Noted("all quiet"), Advanced(SiteState.NOTIFIED, WHOLE))
    assert codes(street) == ["V-UNBRIEFED"]


def test_standby_is_missed_an_hour_after_the_last_check_in(street: Any) -> None:
    dig(street, "notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby")
    for _ in range(5):
        see(street)
    assert codes(street) == []
    happen(street, StandbyChecked(WHOLE))
    for _ in range(6):
        see(street)
    assert codes(street) == []
    see(street)
    assert codes(street) == ["V-STANDBY"]


def test_a_rule_costs_an_event_no_statement_and_only_one_when_a_rule_asks_for_duties(
    street: Any, count_statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dig(street)

    def cost() -> int:
        site = store.sites.lock(street.work, [the_site(street).id])[the_site(street).id]
        count_statements.clear()
        service.append(street.work, site, [Noted("x")], "user:1")
        return len(count_statements)

    usual = cost()
    monkeypatch.setattr("pipewarden.casework.service.files.broken", lambda _work, _site: [])
    assert cost() == usual - 1, "the filing of the site is the only thing that they ask for"
    monkeypatch.undo()
    text = SHIPPED.replace(
        "      all: [on_file, not: permit.in_area]", "      within: {fact: duties.overdue, of: [brief]}"
    )
    given, _ = service.check(text, "mine.yaml")
    monkeypatch.setattr(store, "shipped_supervision", lambda: given)
    assert cost() == usual + 2, "and once the moment at which the next duty is late"
    assert cost() == usual + 1


def said(street: Any, code: str) -> RuleSaid:
    _, found = service.rules_of(street.work, street.root(), the_site(street).id)
    return next(one for one in found if one.code == code)


def test_what_every_rule_says_of_a_site_can_be_read_with_every_fact(street: Any) -> None:
    dig(street, "notified", "filed")
    policy, found = service.rules_of(street.work, street.root(), the_site(street).id)
    assert [one.code for one in found] == [one.code for one in policy.rules]
    for one in found:
        assert [fact.name for fact in one.facts] == list(policy.reads[one.code])
    assert said(street, "V-UNBRIEFED").result is Result.COMPLIANT
    area = next(fact for fact in said(street, "V-AREA").facts if fact.name == "permit.in_area")
    assert (said(street, "V-METHOD").result, area.value, area.events) == (Result.COMPLIANT, None, ())
    see(street)
    assert said(street, "V-UNBRIEFED").result is Result.VIOLATED
    assert said(street, "V-METHOD").result is Result.UNKNOWN


def test_the_machine_of_an_alarm_is_where_its_camera_says_with_its_error(street: Any) -> None:
    street.camera(calibrated=True)
    street.seen()
    (alarm,) = street.alarms()
    seen = machine_of(alarm, street.clock.now())
    assert alarm.ground is not None
    assert (seen.type, seen.place) == ("excavator", (alarm.ground.lon, alarm.ground.lat))
    assert seen.off_m == pytest.approx(2 * alarm.ground.sigma_m)
    assert seen.distance_m is None  # the street's answers have none
    near = replace(alarm, answer=replace(alarm.answer, distance_m=1.5))
    measured = machine_of(near, street.clock.now()).distance_m
    assert measured is not None
    assert (measured.value, measured.off) == (1.5, seen.off_m)
    nowhere = machine_of(replace(alarm, ground=None), street.clock.now())
    assert nowhere == Machine(street.clock.now(), "excavator")


def test_a_site_out_of_reach_has_no_rules(street: Any) -> None:
    town = DutyTown(street.work, street.clock)
    site = town.site(zone=Zone.PROTECTION)
    elsewhere = town.actor(town.person(Role.PATROLLER, area=town.south))
    with pytest.raises(NotFoundError):
        service.rules_of(street.work, elsewhere, site.id)
    _, found = service.rules_of(street.work, people.operator(street.work.tenant_id), site.id)
    assert next(one for one in found if one.code == "V-UNBRIEFED").result is Result.COMPLIANT


def previewed(street: Any, text: str, days: int = 30) -> service.Preview:
    before = the_site(street).version
    found = service.preview(street.work, text, "mine.yaml", days)
    assert the_site(street).version == before
    return found


def test_the_shipped_file_changes_nothing_on_what_happened(street: Any) -> None:
    dig(street, "notified")
    see(street)
    found = previewed(street, SHIPPED)
    assert (found.newly, found.no_longer, found.same) == ((), (), {"V-UNBRIEFED": 1})
    assert (found.sites, found.moments > 5) == (1, True)


def test_an_edit_has_a_version_of_its_own(street: Any) -> None:
    edit = SHIPPED.replace("then: machine.works_at, by: PT1H", "then: machine.works_at, by: PT30M")
    with pytest.raises(InputError, match="bears the version of the rules in force"):
        service.preview(street.work, edit, "mine.yaml", 30)


def changes(found: tuple[service.Change, ...]) -> list[tuple[str, UUID]]:
    return [(one.code, one.site_id) for one in found]


def test_an_edit_says_which_sites_it_would_have_accused_and_which_not(street: Any) -> None:
    dig(street, "notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby")
    for _ in range(5):
        see(street)
    site = the_site(street)
    stricter = MINE.replace("then: machine.works_at, by: PT1H", "then: machine.works_at, by: PT30M")
    found = previewed(street, stricter)
    assert (changes(found.newly), found.no_longer) == ([("V-STANDBY", site.id)], ())
    assert found.newly[0].at - site.since == timedelta(minutes=40)
    see(street)
    see(street)
    assert codes(street) == ["V-STANDBY"]
    milder = MINE.replace("then: machine.works_at, by: PT1H", "then: machine.works_at, by: PT3H")
    found = previewed(street, milder)
    assert (found.newly, changes(found.no_longer)) == ((), [("V-STANDBY", site.id)])
    street.clock.advance(timedelta(days=10))
    assert previewed(street, milder, days=9).moments == 0


def test_a_file_that_is_refused_is_previewed_on_nothing(street: Any) -> None:
    with pytest.raises(InputError, match=r"Did you mean works\.as_of"):
        service.preview(street.work, SHIPPED.replace("works.as_of", "works.asof", 1), "mine.yaml", 30)


def test_several_rules_that_are_violated_at_once_open_each_once(street: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is new finds two breaches on a site of before, whatever happens to it next."""
    quiet, _ = service.check(SHIPPED.replace("since: 2011-03-01", "since: 2030-01-01"), "mine.yaml")
    monkeypatch.setattr(store, "shipped_supervision", lambda: quiet)
    dig(street, "notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby")
    happen(street, StopOrdered(street.work.ids.new(), "danger"))
    for _ in range(8):
        see(street)
    assert codes(street) == []
    louder, _ = service.check(SHIPPED.replace("        - not: site.stopped\n", ""), "mine.yaml")
    monkeypatch.setattr(store, "shipped_supervision", lambda: louder)
    see(street)
    assert sorted(codes(street)) == ["V-STANDBY", "V-STOPPED-WORK"]
    assert [one.body.kind for one in store.history.events(street.work, the_site(street).id)][-2:] == [
        "violation_opened",
        "violation_opened",
    ]


def test_a_site_and_an_event_of_before_there_were_marks_and_evidence_are_read(street: Any) -> None:
    dig(street, "notified")
    see(street)
    event = store.history.events(street.work, the_site(street).id)[-1]
    old = store.history.BODY.dump_python(event.body, mode="json")
    del old["evidence"], old["rules"]
    assert store.history.BODY.validate_python(old) == replace(event.body, evidence=(), rules="")
    bare = replace(the_site(street), marks=())
    assert supervising.broken(street.work, bare) == []
