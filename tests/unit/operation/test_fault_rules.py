"""Which reading is a fault: each limit just kept and just passed, and what nobody has set up is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.act.facts.standing import MessagesStanding
from pipewarden.casework.facts.standing import SitesStanding
from pipewarden.inference.facts.standing import ModelsStanding
from pipewarden.judge.facts import Chain
from pipewarden.operation.facts import (
    Beat,
    BlindCamera,
    Fault,
    FaultKind,
    HouseReading,
    LaneReading,
    SwitchedOff,
    TenantReading,
)
from pipewarden.operation.rules import LIMITS, of_house, of_tenant, tells

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ONE = UUID(int=1)
SITES = SitesStanding(0, 0, 0, None, 0, None, {}, ())
QUIET = TenantReading(
    tenant_id=ONE,
    tenant="langfang",
    at=NOW,
    chain=Chain(NOW, 60.0, False, None, None, None),
    cameras=3,
    degraded=0,
    blind=(),
    off=(),
    unstaffed=(),
    nobody=False,
    sites=SITES,
    reviews=0,
    reviews_since=None,
    messages=MessagesStanding(0, None, {}, (), (), None, 0),
    models=ModelsStanding({}, {}, 0),
    stuck=0,
)
ALIVE = {name: Beat(name, NOW, True, "") for name in ("worker", "watchdog")}
HOUSE = HouseReading(NOW, (), {}, ALIVE, 2, 1, 0.0, head=True, fsync_s=0.002, heartbeat=False)


def ago(**more: float) -> datetime:
    return NOW - timedelta(**more)


def kinds(seen: list[Any]) -> list[FaultKind]:
    return [one.kind for one in seen]


def test_a_house_where_all_is_well_has_no_faults() -> None:
    assert of_tenant(QUIET) == []
    assert of_house(HOUSE) == []


def sites(**more: Any) -> dict[str, Any]:
    return {"sites": replace(SITES, **more)}


def messages(**more: Any) -> dict[str, Any]:
    return {"messages": replace(QUIET.messages, **more)}


CASES: list[tuple[FaultKind, dict[str, Any], dict[str, Any]]] = [
    (FaultKind.CHAIN, {"chain": replace(QUIET.chain, loud=True)}, {"chain": None}),  # type: ignore[type-var]
    (FaultKind.CAMERAS_BLIND, {"blind": (BlindCamera(ONE, "A", NOW, (), 0.0),)}, {"degraded": 3}),
    (
        FaultKind.SCREEN_OFF,
        {"off": (SwitchedOff("model:screen", "x", NOW, everywhere=True),)},
        {"off": (SwitchedOff("channel:sms", "x", NOW, everywhere=False),)},
    ),
    (FaultKind.NO_OWNER, sites(open=2, unowned=1), sites(open=2)),
    (FaultKind.NO_DEADLINE, sites(open=2, forgotten=2), sites(open=2)),
    (FaultKind.TIMERS_LATE, sites(overdue_since=ago(seconds=61)), sites(overdue_since=ago(seconds=60))),
    (
        FaultKind.REVIEWS_OLD,
        {"reviews": 4, "reviews_since": ago(minutes=31)},
        {"reviews": 4, "reviews_since": ago(minutes=30)},
    ),
    (FaultKind.NOBODY_ON_DUTY, {"nobody": True}, {"nobody": True, "cameras": 0}),
    (FaultKind.NOBODY_ON_DUTY, {"unstaffed": ("East",)}, {}),
    (FaultKind.UNREACHABLE, messages(unreachable=1), messages(reach_at=NOW)),
    (
        FaultKind.MESSAGES_LATE,
        messages(waiting=3, waiting_since=ago(seconds=301)),
        messages(waiting=3, waiting_since=ago(seconds=300)),
    ),
    (FaultKind.SUBSCRIPTION_PAUSED, messages(paused=("wall",)), {}),
    (FaultKind.MODEL_DOWN, {"models": ModelsStanding({}, {"answer": 1}, 1)}, {"models": ModelsStanding({}, {}, 0)}),
    (FaultKind.FACTS_STUCK, {"stuck": 1}, {}),
    (FaultKind.ERASURE_SOON, {"erasures": (ago(days=10, seconds=1),)}, {"erasures": (ago(days=10),)}),
    (FaultKind.ERASURE_SOON, {"erasures": (ago(days=15),)}, {}),
    (FaultKind.ERASURE_LATE, {"erasures": (ago(days=15, seconds=1),)}, {}),
]


@pytest.mark.parametrize(("kind", "wrong", "right"), CASES)
def test_each_fault_of_a_tenant_begins_past_its_limit(
    kind: FaultKind, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    assert kinds(of_tenant(replace(QUIET, **wrong))) == [kind]
    assert of_tenant(replace(QUIET, **right)) == []


def test_wishes_to_be_forgotten_are_counted_once_each_as_late_or_soon() -> None:
    asked = (ago(days=30), ago(days=16), ago(days=14), ago(days=11), ago(days=10), ago(days=1))
    found = {one.kind: one.count for one in of_tenant(replace(QUIET, erasures=asked))}
    assert found == {FaultKind.ERASURE_LATE: 2, FaultKind.ERASURE_SOON: 2}


def beats(**more: Beat) -> dict[str, Any]:
    return {"beats": ALIVE | more}


def at(moment: datetime, *, ok: bool = True) -> Beat:
    return Beat("x", moment, ok, "")


HOUSES: list[tuple[FaultKind, dict[str, Any], dict[str, Any]]] = [
    (FaultKind.QUEUE_OLD, {"lanes": (LaneReading("river", 1, 301.0),)}, {"lanes": (LaneReading("river", 9, 300.0),)}),
    (FaultKind.QUEUE_OLD, {"lag": {"perceive.screen": 301.0}}, {"lag": {"perceive.screen": 299.0}}),
    (FaultKind.WORKER_SILENT, beats(worker=at(ago(seconds=91))), beats(worker=at(ago(seconds=90)))),
    (FaultKind.WORKER_SILENT, {"beats": {}}, {}),
    (FaultKind.WATCHDOG_SILENT, beats(watchdog=at(ago(seconds=91))), {"beats": {"worker": ALIVE["worker"]}}),
    (FaultKind.HEARTBEAT_LOST, {"heartbeat": True}, beats(heartbeat=at(ago(days=9)))),
    (
        FaultKind.HEARTBEAT_LOST,
        beats(heartbeat=at(NOW, ok=False)) | {"heartbeat": True},
        beats(heartbeat=at(ago(minutes=3))) | {"heartbeat": True},
    ),
    (FaultKind.DISK_LOW, {"free": 9, "reserve": 10}, {"free": 10, "reserve": 10}),
    (FaultKind.CLOCK_OFF, {"clock_s": -5.1}, {"clock_s": 5.0}),
    (FaultKind.NOT_AT_HEAD, {"head": False}, {}),
    (FaultKind.DRILL_OLD, beats(restore_drill=at(ago(days=8))), beats(restore_drill=at(ago(days=7)))),
    (FaultKind.DRILL_OLD, beats(restore_drill=at(NOW, ok=False)), {}),
]


@pytest.mark.parametrize(("kind", "wrong", "right"), HOUSES)
def test_each_fault_of_the_house_begins_past_its_limit(
    kind: FaultKind, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    assert kinds(of_house(replace(HOUSE, **wrong))) == [kind]
    assert of_house(replace(HOUSE, **right)) == []


def test_every_kind_of_fault_is_tried_here() -> None:
    assert {kind for kind, *_ in (*CASES, *HOUSES)} == set(FaultKind)


def test_names_are_a_few_at_most() -> None:
    many = tuple(BlindCamera(ONE, f"cam {n}", NOW, (), 0.0) for n in range(50))
    (found,) = of_tenant(replace(QUIET, blind=many))
    assert (found.count, len(found.names)) == (50, 5)


@given(st.timedeltas(timedelta(0), timedelta(days=3)))
def test_what_lasts_is_told_at_once_and_once_a_day(age: timedelta) -> None:
    one = Fault(ONE, ONE, FaultKind.CHAIN, 1, (), NOW, NOW, None, None)
    assert tells(one, NOW)
    assert tells(replace(one, told_at=NOW), NOW + age) is (age >= LIMITS.again)
    assert not tells(replace(one, ended_at=NOW), NOW + age)
