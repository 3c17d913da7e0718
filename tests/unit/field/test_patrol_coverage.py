"""Coverage by pipe metre × due cycle against a brute-force answer, centimetre by centimetre; and the due cycles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from tests.unit.field.test_patrol_pipes import TOWN, laid, pipe, seen, walk

import pipewarden
from pipewarden.field.rules import patrol_coverage as rules
from pipewarden.field.rules.patrol_file import due_of, read_patrol
from pipewarden.field.rules.patrol_pipes import inside
from pipewarden.field.rules.patrol_seen import pack, unpack
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import PressureClass

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = 86_400.0
FILE = Path(pipewarden.__file__).parent / "policy" / "patrol" / "CN.yaml"
DUE = {cls: (timedelta(days=7 if cls is PressureClass.LOW else 1), "test") for cls in PressureClass}


def rows(line: list[int], low: list[float], high: list[float], days_ago: list[float]) -> rules.Rows:
    at = np.array([NOW.timestamp() - one * DAY for one in days_ago])
    return rules.Rows(np.array(line, dtype=np.int64), np.array(low, float), np.array(high, float), at)


NONE = rows([], [], [], [])


def test_an_unpatrolled_network_is_wholly_overdue() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]), pipe("l", [(0, 50), (40, 50)], cls="low"))
    found = rules.profile(mains, NONE)
    told = {one.pressure_class: one for one in rules.figures(mains, found, DUE, NOW)}
    assert told[PressureClass.MEDIUM].metres == pytest.approx(100, abs=0.01)
    assert (
        told[PressureClass.MEDIUM].overdue_m == told[PressureClass.MEDIUM].never_m == told[PressureClass.MEDIUM].metres
    )
    assert told[PressureClass.LOW].covered_m == 0
    assert set(told) == {PressureClass.MEDIUM, PressureClass.LOW}


def test_each_class_has_its_own_cycle() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]), pipe("l", [(0, 50), (100, 50)], cls="low"))
    found = rules.profile(mains, rows([0, 0, 1, 1], [0, 50, 0, 50], [50, 100, 50, 100], [0.5, 1.5, 6.5, 7.5]))
    told = {one.pressure_class: one for one in rules.figures(mains, found, DUE, NOW)}
    for cls in (PressureClass.MEDIUM, PressureClass.LOW):
        assert (told[cls].covered_m, told[cls].overdue_m, told[cls].never_m) == (
            pytest.approx(50, abs=0.01),
            pytest.approx(50, abs=0.01),
            0.0,
        )


def test_the_last_visit_counts_whatever_the_order_of_rows() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]))
    for days in ([0.2, 3.0], [3.0, 0.2]):
        found = rules.profile(mains, rows([0, 0], [0, 0], [100, 100], days))
        (one,) = rules.figures(mains, found, DUE, NOW)
        assert one.overdue_m == 0


def test_missed_stretches_tell_where_and_since_when() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]))
    found = rules.profile(mains, rows([0, 0], [0, 30], [30, 60], [0.5, 3.0]))
    columns = rules.missed(mains, found, DUE, NOW)
    never, late = (rules.told(mains, *one) for one in zip(*(side.tolist() for side in columns), strict=True))
    assert (never.from_m, never.to_m) == (pytest.approx(60), pytest.approx(100, abs=0.01))
    assert (never.last_seen, never.overdue_s) == (None, None)
    assert (late.from_m, late.to_m, late.last_seen) == (pytest.approx(30), pytest.approx(60), NOW - timedelta(days=3))
    assert late.overdue_s == pytest.approx(2 * DAY)
    assert TOWN.to_metres(np.array(late.line)) == pytest.approx(np.array([[30, 0], [60, 0]]), abs=0.01)


def test_a_stretch_shorter_than_a_metre_is_counted_and_not_listed() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]))
    found = rules.profile(mains, rows([0, 0], [0, 50.5], [50, 100.1], [0.1, 0.1]))
    (one,) = rules.figures(mains, found, DUE, NOW)
    assert one.overdue_m == pytest.approx(0.5, abs=1e-6)
    assert len(rules.missed(mains, found, DUE, NOW)[0]) == 0


def test_only_the_ground_asked_about_counts() -> None:
    mains = laid(pipe("m", [(0, 0), (100, 0)]), pipe("n", [(0, 500), (100, 500)]))
    ground = shapely.Polygon(TOWN.to_lonlat(np.array([(40, -9), (200, -9), (200, 9), (40, 9)], dtype=float)))
    found = rules.profile(mains, rows([0], [0], [70], [0.1]), inside(mains, ground))
    (one,) = rules.figures(mains, found, DUE, NOW)
    assert (one.metres, one.covered_m) == (pytest.approx(60, abs=0.01), pytest.approx(30, abs=0.01))
    low, high, _, _ = rules.missed(mains, found, DUE, NOW)
    assert (low.tolist(), high.tolist()) == ([pytest.approx(70)], [pytest.approx(100, abs=0.01)])


def test_coverage_is_what_brute_force_says() -> None:
    """Every pipe sampled each half metre, each leg of each track measured against each sample: no index, no algebra."""
    chance = np.random.default_rng(20261126)
    ends = chance.uniform(0, 800, (30, 2, 2))
    classes = chance.choice(["low", "medium", "high"], 30)
    mains = laid(
        *(
            pipe(f"p{n}", *[[tuple(a), tuple(b)]], cls=cls)
            for n, ((a, b), cls) in enumerate(zip(ends, classes, strict=True))
        )
    )
    tracks = [
        walk(
            *(tuple(one) for one in np.cumsum(chance.normal(0, 60, (25, 2)), axis=0) + 400),
            began=NOW.timestamp() - ago * DAY,
        )
        for ago in chance.uniform(0.1, 12, 40)
    ]
    packed = [pack(seen(mains, one).stretches) for one in tracks]
    found = rules.profile(mains, unpack(mains, packed))
    figures = {one.pressure_class.value: one for one in rules.figures(mains, found, DUE, NOW)}
    brute = {cls: _brute(ends[classes == cls], tracks, DUE[PressureClass(cls)][0]) for cls in figures}
    assert set(figures) == {"low", "medium", "high"}
    for cls, one in figures.items():
        assert one.covered_m == pytest.approx(brute[cls], rel=0.005, abs=2.0)
        assert 0.02 * one.metres < one.covered_m < 0.98 * one.metres  # or the comparison would say nothing


def _brute(ends: Any, tracks: list[Any], cycle: timedelta) -> float:
    covered = 0.0
    for a, b in ends:
        size = float(np.hypot(*(b - a)))
        places = np.arange(0.25, size, 0.5)
        points = shapely.points(a + places[:, None] / size * (b - a))
        hit = np.zeros(len(places), dtype=bool)
        for one in tracks:
            if one.t0[0] < NOW.timestamp() - cycle.total_seconds() - 1e5:
                continue
            for p, q, at in zip(one.a, one.b, one.t0, strict=True):
                if at >= NOW.timestamp() - cycle.total_seconds():
                    hit |= shapely.distance(points, shapely.LineString([p, q])) <= 15.0
        covered += float(hit.sum()) * 0.5
    return covered


def test_the_shipped_cycles_are_practice_and_say_so() -> None:
    policy = patrol_policy()
    every, source = due_of(policy, "CN-HE-langfang", PressureClass.MEDIUM)
    assert (every, "not law" in source) == (timedelta(days=1), True)
    assert due_of(policy, "CN-HE-langfang", PressureClass.LOW)[0] == timedelta(days=7)
    assert due_of(policy, "CN-AH-anqing", PressureClass.HIGH)[0] == timedelta(hours=12)
    assert due_of(policy, "CN-AH", PressureClass.HIGH)[0] == timedelta(days=1)
    assert due_of(policy, "XX", PressureClass.LOW) == due_of(policy, "CN", PressureClass.LOW)
    strictest = min(every for every, _ in policy.due["CN"].values())
    assert policy.due["CN"][PressureClass.UNKNOWN][0] == strictest


def changed(change: Any) -> dict[str, Any]:
    body: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(body)
    return body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda body: body["see"].reverse(), "CN.yaml: see"),
        (lambda body: body["see"].clear(), "CN.yaml: see"),
        (lambda body: body["see"][0].update(metres=-1), "CN.yaml: see.0.metres"),
        (lambda body: body["see"][0].pop("source"), "CN.yaml: see.0.source"),
        (lambda body: body["due"].pop("CN"), "CN.yaml: due"),
        (lambda body: body["due"]["CN"].pop("low"), "CN.yaml: due.CN"),
        (lambda body: body["due"]["CN"]["low"].update(every="PT1M"), "CN.yaml: due.CN.low.every"),
        (lambda body: body["track"].update(wrong=1), "CN.yaml: track.wrong"),
        (lambda body: body["track"].update(agree=1), "CN.yaml: track.agree"),
    ],
)
def test_a_slip_in_the_file_is_told_by_its_key(change: Any, field: str) -> None:
    with pytest.raises(InputError) as told:
        read_patrol(changed(change), "CN.yaml")
    assert told.value.field == field
