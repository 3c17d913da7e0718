"""What a site's events open, close and drop, and by when: every duty of the shipped policy in its own case."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import yaml

import pipewarden
from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    Discovered,
    DutyState,
    Ended,
    MergedInto,
    OwnerGiven,
    Parted,
    Proof,
    Reopened,
    RepairDeclared,
    RepairPapers,
    ReportAnswered,
    Reported,
    Resumed,
    Severity,
    Site,
    SiteDuty,
    SiteEvent,
    SiteState,
    StandbyChecked,
    Stop,
    StopOrdered,
    StopRefused,
    Strike,
    Struck,
    Verified,
    Violation,
    ViolationFixed,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.rules.duties import Changes, due_of, is_critical, is_danger, ladder_of, owed, pause, resume
from pipewarden.casework.rules.duty_file import read_policy
from pipewarden.casework.store.duty_policy import shipped_duties
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from pipewarden.casework.facts import Body

POLICY = shipped_duties()
FOLDER = Path(pipewarden.__file__).parent / "policy"
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # Wednesday 10:00 in China
TENANT, SITE, OWNER, THING = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
S = SiteState


def site(state: SiteState = S.DISCOVERED, zone: Zone = Zone.PROTECTION, **more: Any) -> Site:
    return Site(SITE, TENANT, None, state, NOW, zone, more.pop("level", 2), owner_id=OWNER, **more)


def event(body: Body) -> SiteEvent:
    return SiteEvent(UUID(int=99), TENANT, SITE, NOW, None, 5, body)


def duty(kind: str, about: UUID | None = None, state: DutyState = DutyState.OPEN) -> SiteDuty:
    made = UUID(int=hash(kind) % 10**9)
    return SiteDuty(made, TENANT, SITE, kind, about, OWNER, "owner", "", "", NOW, NOW + timedelta(hours=1), state)


def opened(changes: Changes) -> dict[str, timedelta]:
    return {one.rule.kind: one.due.due_at - NOW for one in changes.opened}


def gone(changes: Changes) -> tuple[set[str], set[str]]:
    return {one.kind for one in changes.done}, {one.kind for one, _ in changes.dropped}


def step(body: Body, before: Site | None, after: Site, *duties: SiteDuty) -> Changes:
    return owed(POLICY, before, event(body), after, duties)


def advance(to: SiteState, zone: Zone, *duties: SiteDuty, back: SiteState = S.DISCOVERED) -> Changes:
    return step(Advanced(to, Proof()), site(back, zone), site(to, zone), *duties)


MIN, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FOUND = Discovered(None, Zone.PROTECTION, 2, None, None, "seen")


@pytest.mark.parametrize(("zone", "time"), [(Zone.PROTECTION, 30), (Zone.UNKNOWN, 30), (Zone.CONTROL, 60)])
def test_a_new_site_wants_somebody_there(zone: Zone, time: int) -> None:
    assert opened(step(FOUND, None, site(zone=zone))) == {"arrive": time * MIN}


def test_an_owner_has_five_minutes_to_accept_and_the_next_one_has_their_own() -> None:
    given = step(OwnerGiven(OWNER, "patroller", ""), site(), site(), duty("arrive"))
    assert opened(given) == {"accept": 5 * MIN}
    again = step(OwnerGiven(THING, "patroller", ""), site(), site(), duty("accept"), duty("arrive"))
    assert (opened(again), gone(again)) == ({"accept": 5 * MIN}, (set(), {"accept"}))


def test_who_accepts_or_comes_has_accepted() -> None:
    assert gone(step(Accepted(), site(), site(), duty("accept"), duty("arrive"))) == ({"accept"}, set())
    came = step(Arrived(Proof()), site(), site(), duty("accept"), duty("arrive"))
    assert (opened(came), gone(came)) == ({"verify": 30 * MIN}, ({"accept", "arrive"}, set()))


def test_true_works_are_notified_at_the_same_visit() -> None:
    seen = step(Verified(True, "digging", Proof()), site(), site(S.VERIFYING), duty("verify"))
    assert (opened(seen), gone(seen)) == ({"notify": H}, ({"verify"}, set()))
    nothing = step(Verified(False, "no_works", Proof()), site(), site(S.VERIFYING))
    assert opened(nothing) == {"conclude": H}
    assert gone(step(Ended(S.FALSE, "no_works", ""), site(), site(S.FALSE), duty("conclude"))) == ({"conclude"}, set())


@pytest.mark.parametrize(
    ("to", "zone", "wanted"),
    [
        (S.NOTIFIED, Zone.PROTECTION, {"filing": D}),
        (S.NOTIFIED, Zone.CONTROL, {"filing": 2 * D + 8 * H}),  # until Friday 18:00
        (S.FILED, Zone.CONTROL, {"reply": 2 * D + 8 * H, "brief": D}),
        (S.BRIEFED, Zone.CONTROL, {"plan": 5 * D + 8 * H}),
        (S.PLAN_SIGNED, Zone.CONTROL, {"ready": 5 * D + 8 * H}),
        (S.READY, Zone.CONTROL, {"start": 7 * D}),
        (S.UNDER_STANDBY, Zone.PROTECTION, {"standby": H}),
        (S.UNDER_STANDBY, Zone.CONTROL, {"standby": 12 * H}),
        (S.COMPLETED, Zone.CONTROL, {"recheck": D, "close": 7 * D}),
    ],
)
def test_each_step_of_the_path_opens_what_comes_next(to: SiteState, zone: Zone, wanted: dict[str, timedelta]) -> None:
    assert opened(advance(to, zone)) == wanted


def test_the_path_closes_what_was_owed_for_the_step() -> None:
    assert gone(advance(S.FILED, Zone.CONTROL, duty("filing"), back=S.NOTIFIED)) == ({"filing"}, set())
    assert gone(advance(S.LOCATED, Zone.CONTROL, duty("reply"), duty("brief"), back=S.FILED)) == ({"reply"}, set())
    assert gone(advance(S.CLOSED, Zone.CONTROL, duty("close"), duty("recheck"), back=S.COMPLETED)) == (
        {"close", "recheck"},
        set(),
    )


def test_every_state_that_is_open_owes_something() -> None:
    """A site with no next deadline would be forgotten (safety.md 0.10)."""
    for state in S:
        if site(state).open and state not in {S.DISCOVERED, S.VERIFYING, S.LOCATED}:
            assert opened(advance(state, Zone.PROTECTION)), state
    located = advance(S.LOCATED, Zone.PROTECTION, duty("reply"), duty("brief"), back=S.FILED)
    assert {"brief"} == {"brief", "reply"} - gone(located)[0]


def test_standing_by_is_asked_for_again_every_hour() -> None:
    here = site(S.UNDER_STANDBY)
    checked = step(StandbyChecked(Proof()), here, here, duty("standby"))
    assert (opened(checked), gone(checked)) == ({"standby": H}, ({"standby"}, set()))


@pytest.mark.parametrize(("severity", "time"), [(Severity.MAJOR, 2), (Severity.MINOR, 24)])
def test_a_violation_is_put_right_in_its_own_time_and_closed_by_its_own_word(severity: Severity, time: int) -> None:
    here = site(S.UNDER_STANDBY)
    body = ViolationOpened(THING, "V-PLAN", severity, "条例 34", "")
    found = step(body, here, here)
    assert opened(found) == {"rectify": time * H}
    assert found.opened[0].about == THING
    held = [duty("rectify", THING), replace(duty("rectify", SITE), id=UUID(int=7))]
    fixed = step(ViolationFixed(THING, Proof()), here, here, *held)
    assert [one.about for one in fixed.done] == [THING]
    assert opened(step(body, here, here, duty("rectify", THING))) == {}  # said twice


def test_a_refused_stop_order_is_reported_within_half_an_hour() -> None:
    here = site(S.UNDER_STANDBY)
    assert opened(step(StopOrdered(THING, ""), here, here)) == {"stopped": D}
    refused = step(StopRefused(THING, Proof()), here, here, duty("stopped", THING))
    assert (opened(refused), gone(refused)[0]) == ({"report": 30 * MIN}, {"stopped"})
    told = step(Reported(SITE, "城管", ""), here, here, duty("report", THING))
    assert (opened(told), gone(told)[0]) == ({"answer": D}, {"report"})
    assert gone(step(ReportAnswered(SITE, "罚款"), here, here, duty("answer", SITE)))[0] == {"answer"}
    assert gone(step(Resumed(THING, Proof()), here, here, duty("report", THING), duty("stopped", THING)))[0] == {
        "report",
        "stopped",
    }


def test_a_strike_is_reported_within_the_hour_and_a_repair_has_a_day_for_its_papers() -> None:
    here = site()
    assert opened(step(Struck("broken"), here, here)) == {"accident": H}
    assert gone(step(AccidentReported("应急局"), here, here, duty("accident")))[0] == {"accident"}
    assert opened(step(RepairDeclared("water"), here, here)) == {"repair_papers": D}
    assert gone(step(RepairPapers(Proof()), here, here, duty("repair_papers")))[0] == {"repair_papers"}


def test_changed_works_drop_what_no_longer_fits_and_owe_the_briefing_anew() -> None:
    before, after = site(S.UNDER_STANDBY, Zone.CONTROL), site(S.FILED, Zone.CONTROL)
    changed = step(WorksChanged("deeper", S.FILED), before, after, duty("standby"), duty("rectify", THING))
    assert set(opened(changed)) == {"reply", "brief"}
    assert gone(changed) == (set(), {"standby"})


def test_an_ended_or_merged_site_owes_nothing() -> None:
    held = (duty("arrive"), duty("accept"), duty("rectify", THING, DutyState.PAUSED))
    ended = step(Ended(S.FALSE, "no_works", ""), site(), site(S.FALSE), *held)
    assert (opened(ended), gone(ended)[1]) == ({}, {"arrive", "accept", "rectify"})
    merged = step(MergedInto(THING, ""), site(), replace(site(), merged_into=THING), *held)
    assert {why for _, why in merged.dropped} == {"merged into another site"}


@pytest.mark.parametrize("body", [Reopened("seen again"), Parted("two sites")])
def test_a_site_that_comes_back_owes_what_its_state_owes_and_what_was_never_put_right(body: Body) -> None:
    assert opened(step(body, site(S.FALSE), site())) == {"arrive": 30 * MIN}
    assert opened(step(body, site(S.CLOSED), site(S.BRIEFED))) == {"plan": 5 * D + 8 * H}
    broken = Violation(THING, "V-PLAN", Severity.MAJOR, "", "", NOW)
    stops = (Stop(SITE, "", NOW), Stop(OWNER, "", NOW, refused_at=NOW), Stop(TENANT, "", NOW, resumed_at=NOW))
    after = site(S.BRIEFED, violations=(broken, replace(broken, id=SITE, fixed_at=NOW)), stops=stops)
    back = step(body, site(S.CLOSED), after)
    assert {(one.rule.kind, one.about, one.due.due_at - NOW) for one in back.opened} == {
        ("plan", None, 5 * D + 8 * H),
        ("rectify", THING, 2 * H),
        ("stopped", SITE, D),
        ("report", OWNER, 30 * MIN),
    }


def test_a_parted_site_that_was_being_verified_is_looked_at_again() -> None:
    assert opened(step(Parted("two"), site(S.VERIFYING), site(S.VERIFYING))) == {"arrive": 30 * MIN}


def test_a_violation_that_brings_its_own_time_is_due_then() -> None:
    here = site(S.UNDER_STANDBY)
    own = ViolationOpened(THING, "V-PLAN", Severity.MAJOR, "", "", due_at=NOW + 4 * H)
    assert opened(step(own, here, here)) == {"rectify": 4 * H}


def test_an_unknown_year_is_named_by_what_opens() -> None:
    late = SiteEvent(THING, TENANT, SITE, datetime(2026, 12, 31, 2, tzinfo=UTC), None, 3, Advanced(S.FILED, Proof()))
    reply = owed(POLICY, site(S.NOTIFIED), late, site(S.FILED, Zone.CONTROL), ()).opened[0]
    assert (reply.rule.kind, reply.due.unknown) == ("reply", {2027})


def test_danger_climbs_faster() -> None:
    rule = POLICY.duties["accept"]
    assert ladder_of(POLICY, rule, site()).key == "danger"
    assert ladder_of(POLICY, rule, site(zone=Zone.CONTROL)).key == "usual"
    assert ladder_of(POLICY, rule, site(zone=Zone.CONTROL, level=1)).key == "danger"
    assert ladder_of(POLICY, POLICY.duties["reply"], site()).key == "papers"


def test_what_is_critical() -> None:
    plain = site(zone=Zone.CONTROL)
    assert not is_critical(plain)
    assert not is_danger(plain)
    assert is_critical(replace(plain, level=1))
    assert is_critical(replace(plain, strike=Strike(NOW, "hit")))
    assert not is_critical(replace(plain, strike=Strike(NOW, "hit", reported_at=NOW)))
    assert is_critical(replace(plain, stops=(Stop(THING, "", NOW, refused_at=NOW),)))
    assert not is_critical(replace(plain, stops=(Stop(THING, "", NOW, refused_at=NOW, resumed_at=NOW),)))
    assert is_danger(replace(plain, zone=Zone.UNKNOWN))


def test_a_pause_is_taken_out_of_the_deadline_and_only_for_a_named_reason() -> None:
    running = duty("arrive")
    paused = pause(POLICY, running, "storm", NOW + 10 * MIN, NOW + 2 * H)
    assert (paused.state, paused.pause_reason, paused.due_at) == (DutyState.PAUSED, "storm", running.due_at)
    back = resume(paused, NOW + 40 * MIN)
    assert (back.state, back.due_at) == (DutyState.OPEN, running.due_at + 30 * MIN)
    assert resume(running, NOW) == running
    assert resume(paused, NOW).due_at == running.due_at  # the clock was set back: nobody loses time by it
    for kind, reason, until, words in (
        ("arrive", "lunch", NOW + H, "Use one of: road_closed, storm"),
        ("accept", "storm", NOW + H, "cannot be paused"),
        ("arrive", "storm", NOW + 30 * D, "within 7 days"),
        ("arrive", "storm", NOW, "within 7 days"),
    ):
        with pytest.raises(InputError, match=words):
            pause(POLICY, duty(kind), reason, NOW, until)
    with pytest.raises(InputError, match="is paused"):
        pause(POLICY, paused, "storm", NOW, NOW + H)


def test_a_wanted_patrol_brings_its_own_time() -> None:
    assert not POLICY.duties["patrol"].opens
    assert due_of(POLICY.calendar, POLICY.duties["patrol"], None, Zone.CONTROL, NOW).due_at == NOW + H


def written() -> tuple[Any, Any]:
    return tuple(
        yaml.safe_load((FOLDER / name / "CN.yaml").read_text(encoding="utf-8")) for name in ("duties", "escalation")
    )  # type: ignore[return-value]


def test_every_duty_says_whether_its_time_is_law() -> None:
    for rule in POLICY.duties.values():
        assert "product default (not law)" in rule.clause or "第" in rule.clause
        assert rule.zh
        assert rule.en


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d, _e: d["duties"].append(d["duties"][0]), "stands twice"),
        (lambda d, _e: d["duties"][0].update(ladder="none"), "names a ladder 'none'"),
        (lambda d, _e: d["duties"][0].update(role="boss"), "names a role 'boss'"),
        (lambda d, _e: d["duties"][0].update(opens=[{"event": "sneezed"}]), "names an event 'sneezed'"),
        (lambda d, _e: d["duties"][0].update(due=[{"in": "PT5M", "zones": ["control"]}]), "fits everywhere"),
        (lambda d, _e: d["duties"][0].pop("clause"), "clause: Field required"),
        (lambda _d, e: e["ladders"].pop("usual"), "danger or usual is missing|names a ladder 'usual'"),
        (lambda _d, e: e["ladders"]["danger"]["steps"].reverse(), "does not climb from zero"),
        (lambda _d, e: e["ladders"]["danger"].update(rounds=0), "greater than or equal to 1"),
    ],
)
def test_a_policy_that_does_not_fit_together_is_refused(change: Any, words: str) -> None:
    duties, ladders = (deepcopy(one) for one in written())
    change(duties, ladders)
    with pytest.raises(InputError, match=words):
        read_policy(duties, ladders, list(POLICY.calendar.years.values()))
