"""The shipped ladders and duties as people read them: a change here is a change of who is woken when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipewarden.casework.facts import SiteState, Urgency, Who
from pipewarden.casework.store import shipped_duties
from pipewarden.people.facts import Role

POLICY = shipped_duties()
MIN = timedelta(minutes=1)

LADDERS = {
    "danger": [("owner", 0), ("dispatcher", 5), ("lead", 15), ("safety_manager", 30), ("authority", 60)],
    "usual": [("owner", 0), ("dispatcher", 15), ("lead", 30), ("safety_manager", 60)],
    "papers": [("owner", 0), ("dispatcher", 120), ("safety_manager", 1440)],
    "notice": [("owner", 0), ("dispatcher", 720), ("safety_manager", 1440)],
    "day": [("owner", 0), ("deputy", 30), ("dispatcher", 60), ("safety_manager", 120)],
}
WHOSE = {
    "accept": "owner",
    "arrive": "owner",
    "verify": "owner",
    "notify": "owner",
    "conclude": "owner",
    "filing": "owner",
    "reply": "dispatcher",
    "brief": "owner",
    "plan": "owner",
    "ready": "dispatcher",
    "start": "owner",
    "standby": "standby_supervisor",
    "standby_missed": "dispatcher",
    "gas": "safety_manager",
    "recheck": "owner",
    "close": "dispatcher",
    "rectify": "owner",
    "stopped": "owner",
    "report": "safety_manager",
    "answer": "safety_manager",
    "accident": "safety_manager",
    "repair_papers": "owner",
    "patrol": "patroller",
}
AT_ONCE = {"accept", "report", "accident", "patrol", "standby_missed", "gas"}


@pytest.mark.parametrize("key", LADDERS)
def test_who_is_called_when(key: str) -> None:
    assert [(one.who.value, one.after // MIN) for one in POLICY.ladders[key].steps] == LADDERS[key]


def test_only_danger_sounds() -> None:
    for key, ladder in POLICY.ladders.items():
        loud = {one.urgency for one in ladder.steps}
        assert loud == ({Urgency.ALARM} if key == "danger" else {Urgency.DUE})


def test_every_ladder_begins_with_the_owner_and_reaches_the_manager() -> None:
    for ladder in POLICY.ladders.values():
        who = [one.who for one in ladder.steps]
        assert who[0] is Who.OWNER
        assert Who.SAFETY_MANAGER in who
        assert len(who) == len(set(who))
        assert ladder.again >= 15 * MIN
        assert ladder.proof <= ladder.steps[-1].after


def test_whose_each_duty_is() -> None:
    assert {kind: rule.role for kind, rule in POLICY.duties.items()} == WHOSE
    assert {rule.role for rule in POLICY.duties.values()} - {"owner"} <= {role.value for role in Role}


def test_which_chains_begin_at_once() -> None:
    assert {kind for kind, rule in POLICY.duties.items() if rule.at_once} == AT_ONCE


def test_what_cannot_wait_cannot_be_paused() -> None:
    for kind in AT_ONCE:
        assert POLICY.duties[kind].pauses == frozenset()
    assert POLICY.duties["rectify"].pauses == frozenset()


def test_a_duty_of_the_path_is_dropped_where_it_no_longer_fits() -> None:
    hung = {"accept", "rectify", "stopped", "report", "answer", "accident", "repair_papers", "patrol", "gas"}
    for kind, rule in POLICY.duties.items():
        assert bool(rule.while_in) == (kind not in hung), kind
        assert not rule.while_in & {SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE}
