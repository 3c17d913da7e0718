"""Simulated weeks at the desk: every promise holds, and a house that breaks one is caught by the same count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from pipewarden.casework import service
from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    DamageRecorded,
    Ended,
    Reported,
    Resumed,
    Site,
    SiteState,
    Stop,
    StopOrdered,
    StopRefused,
    Strike,
    Struck,
    Verified,
)
from pipewarden.casework.service import reacting, sweeping
from pipewarden.main import desk_weeks
from pipewarden.main.desk_cast import Script
from pipewarden.network.facts import Zone
from pipewarden.sim.facts import Fate, SimWorks

if TYPE_CHECKING:
    from pipewarden.casework.facts import Body

NOW = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
BROKEN = ("unowned_over_120s", "timers_lost", "vanished", "illegal_transitions_taken")


@pytest.mark.timeout(1800)
def test_ten_days_of_one_seed() -> None:
    """The CI tier; the release tier runs 200 seeds of 30 days."""
    found = desk_weeks.simulate(10, [1])
    assert {name: found[name] for name in BROKEN} == dict.fromkeys(BROKEN, 0)
    assert (found["seeds"], found["days"]) == (1, 10)
    assert found["sites"] >= 8
    assert found["calls"] >= 30
    assert found["restarts"] >= 2  # a fault test proves that the fault happened
    assert found["illegal_transitions_refused"] >= 2


@pytest.mark.release
@pytest.mark.timeout(8 * 3600)
def test_two_hundred_months() -> None:
    found = desk_weeks.simulate(30, range(1, 201))
    assert {name: found[name] for name in BROKEN} == dict.fromkeys(BROKEN, 0)
    assert found["restarts"] >= 1000


def test_a_house_that_gives_no_owner_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reacting, "wanted_owner", lambda _work, _site, _area_path: [])
    found = desk_weeks.simulate(1, [1])
    assert found["sites"] >= 1
    assert found["unowned_over_120s"] == found["sites"]


def test_a_house_whose_deadlines_do_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_pass_deadlines", lambda _work: None)
    monkeypatch.setattr(desk_weeks.store.watched, "next_moment", lambda _work: None)
    assert desk_weeks.simulate(2, [1])["timers_lost"] > 0


def works(fate: Fate) -> SimWorks:
    return SimWorks(0.0, 116.7, 39.5, Zone.PROTECTION, 1, fate)


def site(state: SiteState, **more: object) -> Site:
    known: dict[str, object] = {"owner_id": UUID(int=3), "accepted_at": NOW, "arrived_at": NOW, "verified": True}
    return Site(UUID(int=1), UUID(int=2), None, state, NOW, Zone.PROTECTION, 1, **(known | more))  # type: ignore[arg-type]


def kinds(bodies: list[Body]) -> list[type]:
    return [type(one) for one in bodies]


def test_the_script_walks_from_accepting_to_the_path() -> None:
    script = Script(works(Fate.PATH))
    assert script.next_of(site(SiteState.DISCOVERED, owner_id=None)) == []
    assert kinds(script.next_of(site(SiteState.VERIFYING, accepted_at=None))) == [Accepted]
    assert kinds(script.next_of(site(SiteState.VERIFYING, arrived_at=None))) == [Arrived]
    assert kinds(script.next_of(site(SiteState.VERIFYING, verified=None))) == [Verified]
    (step,) = script.next_of(site(SiteState.VERIFYING))
    assert isinstance(step, Advanced)
    assert step.to is SiteState.NOTIFIED
    (close,) = script.next_of(site(SiteState.COMPLETED))
    assert isinstance(close, Advanced)
    assert close.to is SiteState.CLOSED


def test_false_ones_end_and_those_seen_again_are_true_the_second_time() -> None:
    script = Script(works(Fate.SEEN_AGAIN))
    (seen,) = script.next_of(site(SiteState.VERIFYING, verified=None))
    assert isinstance(seen, Verified)
    assert not seen.true
    assert kinds(script.next_of(site(SiteState.VERIFYING, verified=False))) == [Ended]
    script.again = True
    (seen,) = script.next_of(site(SiteState.VERIFYING, verified=None))
    assert isinstance(seen, Verified)
    assert seen.true


def test_works_that_refuse_to_stop_are_reported_and_resumed() -> None:
    script = Script(works(Fate.REFUSED))
    stop = Stop(UUID(int=9), "no plan", NOW)
    assert kinds(script.next_of(site(SiteState.NOTIFIED))) == [StopOrdered]
    assert kinds(script.next_of(site(SiteState.NOTIFIED, stops=(stop,)))) == [StopRefused]
    refused = Stop(UUID(int=9), "no plan", NOW, refused_at=NOW)
    assert kinds(script.next_of(site(SiteState.NOTIFIED, stops=(refused,)))) == [Reported]
    over = Stop(UUID(int=9), "no plan", NOW, refused_at=NOW, resumed_at=NOW)
    assert kinds(script.next_of(site(SiteState.NOTIFIED, stops=(over,)))) == [Advanced]
    assert Resumed not in kinds(script.next_of(site(SiteState.NOTIFIED, stops=(over,))))


def test_a_strike_is_told_and_reported() -> None:
    script = Script(works(Fate.STRUCK))
    standing = SiteState.UNDER_STANDBY
    assert kinds(script.next_of(site(standing))) == [Struck]
    assert kinds(script.next_of(site(standing, strike=Strike(NOW, "hit")))) == [AccidentReported]
    assert kinds(script.next_of(site(standing, strike=Strike(NOW, "hit", NOW)))) == [DamageRecorded]


def test_what_is_tried_without_right_is_never_right() -> None:
    chance = np.random.default_rng(1)
    for state in SiteState:
        here = site(state)
        body = Script(works(Fate.PATH)).forbidden(here)
        assert isinstance(body, Advanced)
        ready = state in {SiteState.READY, SiteState.UNDER_STANDBY}
        assert body.to is (SiteState.CLOSED if ready else SiteState.UNDER_STANDBY)
        assert Script.pause(here, chance) > timedelta(0)


def test_the_sweep_of_the_simulation_is_the_products_own() -> None:
    assert desk_weeks.service is service
