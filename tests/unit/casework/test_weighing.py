"""The risk of stored sites, and what other weights would have done: nothing is written, nothing is silenced."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from duty_town import DutyTown
from filed_street import BOX, follow, happen, the_site
from site_life import WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import Advanced, Arrived, OwnerGiven, Replaced, Risk, SiteState, Verified
from pipewarden.casework.rules.duties import is_critical
from pipewarden.casework.service import weighing
from pipewarden.casework.store import RISK_FILE
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import PressureClass, Zone
from pipewarden.people.facts import NotFoundError, Role

BESIDE = (720.0, 400.0, 120.0, 80.0)
SHIPPED = RISK_FILE.read_text(encoding="utf-8")
MINE = SHIPPED.replace("CN-risk@2", "mine@1")


def moved_to(street: Any, zone: Zone, level: int) -> None:
    happen(street, Replaced(zone, level, 116.7, 39.5, "placed anew"))


@pytest.fixture
def dug(street: Any) -> Any:
    """A site that was seen, in the control range as far as its file says."""
    street.camera(calibrated=True)
    street.seen()
    follow(street)
    moved_to(street, Zone.CONTROL, 2)
    return street


def asked(street: Any) -> Risk:
    return service.risk_of(street.work, street.root(), the_site(street).id)[1]


def said(found: Risk) -> dict[str, str]:
    return {one.factor: one.value for one in found.factors}


def test_a_site_is_weighed_by_what_is_known_of_it(dug: Any) -> None:
    found = asked(dug)
    known = said(found)
    assert (known["works"], known["zone"], known["papers"]) == ("excavator", "control_near", "unfiled")
    assert (known["pressure"], known["machines"], known["moved"]) == ("unknown", "one", "none_agreed")
    assert known["time"] == "working"
    assert (found.version, found.floor, found.level) == ("CN-risk@2", 2, 1)


def test_papers_lower_the_score_and_the_zone_holds_the_level(dug: Any) -> None:
    before = asked(dug)
    happen(dug, OwnerGiven(dug.work.ids.new(), "patroller", "x"), Arrived(WHOLE))
    happen(dug, Verified(true=True, code="digging", proof=WHOLE))
    for state in ("notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby"):
        happen(dug, Advanced(SiteState(state), WHOLE))
    after = asked(dug)
    assert said(after)["papers"] == "standby"
    assert said(after)["moved"] == "in_place"
    assert after.score < before.score
    assert after.level <= 2
    moved_to(dug, Zone.PROTECTION, 1)
    assert asked(dug).level == 1


def test_machines_of_one_picture_are_counted(street: Any) -> None:
    street.camera(calibrated=True)
    for _ in range(3):
        street.frame(BOX, BESIDE)
    follow(street)
    assert said(asked(street))["machines"] == "several"


def test_the_class_of_the_pipe_counts_and_the_error_of_the_place_is_on_the_safe_side(
    dug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alarm,) = dug.alarms()
    version = dug.work.ids.new()
    whole = weighing.dedupe.alarm(dug.work, alarm.id)
    assert whole.ground is not None
    sigma = whole.ground.sigma_m

    def lies(metres: float) -> Risk:
        answer = replace(whole.answer, distance_m=metres, zone_pipe_id="p1", network_version_id=version)
        monkeypatch.setattr(weighing.dedupe, "alarm", lambda *_: replace(whole, answer=answer))
        return asked(dug)

    monkeypatch.setattr(weighing.network, "classes", lambda *_: {(version, "p1"): PressureClass.LOW})
    assert said(lies(5.0 + 2 * sigma))["zone"] == "control_near"
    far = lies(5.1 + 2 * sigma)
    assert (said(far)["zone"], said(far)["pressure"]) == ("control_far", "low")
    assert far.level == 2
    monkeypatch.setattr(weighing.network, "classes", lambda *_: {})
    assert said(lies(1.0))["pressure"] == "unknown"


def test_a_machine_is_never_taken_for_the_people_beside_it(dug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = weighing.dedupe.alarm(dug.work, dug.alarms()[0].id)
    monkeypatch.setattr(weighing.dedupe, "alarm", lambda *_: replace(whole, cls="person", type=None))
    filed = service.site(dug.work, dug.root(), the_site(dug).id)
    assert filed.machine_s is not None
    assert said(asked(dug))["works"] == "unknown"
    monkeypatch.setattr(weighing.seen, "site", lambda *_: replace(filed, machine_s=None))
    known = said(asked(dug))
    assert (known["works"], known["time"]) == ("crew", "unknown")


def test_a_site_without_an_alarm_is_unknown_and_so_grave(street: Any) -> None:
    town = DutyTown(street.work, street.clock)
    site = town.site(zone=Zone.UNKNOWN, level=1)
    _, found = service.risk_of(street.work, street.root(), site.id)
    known = said(found)
    assert [known[one] for one in ("works", "zone", "pressure", "time", "machines")] == ["unknown"] * 5
    assert (found.scored, found.level) == (1, 1)
    elsewhere = town.actor(town.person(Role.PATROLLER, area=town.south))
    with pytest.raises(NotFoundError):
        service.risk_of(street.work, elsewhere, site.id)


def test_asking_writes_nothing_and_leaves_what_is_critical_critical(dug: Any) -> None:
    moved_to(dug, Zone.PROTECTION, 1)
    dug.work.take_facts()
    before = the_site(dug)
    mild = MINE
    for weight in ("1.0, zh: 保护范围", "1.0, zh: 位置未知"):
        mild = mild.replace(f"weight: {weight}", f"weight: 0.7{weight[3:]}")
    found = service.backtest(dug.work, mild, "mine.yaml", 30)
    assert the_site(dug) == before
    assert is_critical(before)
    assert (found.kept[1], found.before[1], found.after[1]) == (1, 1, 1)
    assert (found.sooner, found.later) == ((), ())
    assert not dug.work.take_facts()


def tried(street: Any, text: str, days: int = 30) -> service.Backtest:
    return service.backtest(street.work, text, "mine.yaml", days)


def test_the_shipped_weights_change_nothing(dug: Any) -> None:
    found = tried(dug, SHIPPED)
    assert (found.sites, found.sooner, found.later) == (1, (), ())
    assert found.before == found.after
    assert found.scored_before == found.scored_after
    assert found.moments >= 3


@pytest.fixture
def outside(street: Any) -> Any:
    """A site outside every range, by day and by one machine."""
    town = DutyTown(street.work, street.clock)
    site = town.site(zone=Zone.OUTSIDE, level=4)
    happening = store.sites.read(street.work, [site.id])[site.id]
    assert happening.level == 4
    return street


def test_graver_weights_call_sooner_and_say_by_which_factor(outside: Any) -> None:
    edit = MINE.replace("outside: {weight: 0.15", "outside: {weight: 0.4")
    found = tried(outside, edit)
    (change,) = found.sooner
    assert found.later == ()
    assert (change.before, change.reasons) == (4, ("zone",))
    assert change.after < 4
    assert change.after_score > change.before_score
    assert (found.before[4], found.after[4], found.after[change.after]) == (1, 0, 1)


def test_reaching_level_1_would_call_on_the_ladder_of_danger(outside: Any) -> None:
    edit = MINE.replace("outside: {weight: 0.15", "outside: {weight: 0.4")
    edit = edit.replace("from: 80, below: null", "from: 66, below: null").replace("below: 80", "below: 66")
    (change,) = tried(outside, edit).sooner
    assert change.after == 1
    calls = {one.who.value: (one.before, one.after) for one in change.called}
    assert calls["dispatcher"] == (timedelta(minutes=15), timedelta(minutes=5))
    assert calls["authority"] == (None, timedelta(minutes=60))
    assert "owner" not in calls  # at once under both


def test_milder_levels_call_later_and_the_reason_is_where_they_begin(dug: Any) -> None:
    edit = MINE.replace("from: 80, below: null", "from: 900, below: null").replace("below: 80", "below: 900")
    moved_to(dug, Zone.OUTSIDE, 4)
    dug.clock.advance(timedelta(days=2))
    moved_to(dug, Zone.CONTROL, 2)
    found = tried(dug, edit, days=1)
    (change,) = found.later
    assert found.sooner == ()
    assert (change.before, change.after, change.reasons) == (1, 2, ("levels",))
    assert {one.who.value for one in change.called} >= {"dispatcher", "safety_manager"}
    assert found.sites == 1


def test_an_edit_has_a_version_of_its_own_and_a_slip_tests_nothing(dug: Any) -> None:
    with pytest.raises(InputError, match="bears the version of the weights in force"):
        tried(dug, SHIPPED.replace("near_m: 5.0", "near_m: 6.0"))
    with pytest.raises(InputError, match=r"mine\.yaml:"):
        tried(dug, MINE.replace("near_m", "nere_m"))


def test_what_happened_before_the_days_asked_for_is_left_out(dug: Any) -> None:
    dug.clock.advance(timedelta(days=40))
    assert tried(dug, SHIPPED).sites == 0
    assert tried(dug, SHIPPED, days=60).sites == 1
