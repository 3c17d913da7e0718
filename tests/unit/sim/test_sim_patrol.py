"""The operator's patrol that the product is compared with: it rides every pipe in time, and sees what is under way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shapely.geometry import shape

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim import service as sim
from pipewarden.sim.facts import TrueWork, WorkClass
from pipewarden.sim.rules.patrol import ROUNDS_S, SIGHT_M, SPEED_MPS, STEP_M, met, patrol
from pipewarden.sim.rules.zones import class_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAME = LocalFrame(116.7, 39.53)
DAY_S = 12 * 3600.0


def main(*corners: tuple[float, float], label: str = "中压A") -> dict[str, Any]:
    lonlat = FRAME.to_lonlat(np.array(corners)).tolist()
    geometry = {"type": "LineString", "coordinates": lonlat}
    return {"geometry": geometry, "properties": {"pressure_mpa": None, "pressure_class": label}}


def works(east: float, north: float, start: float = 0.0, end: float = DAY_S) -> TrueWork:
    lon, lat = FRAME.to_lonlat(np.array([[east, north]]))[0]
    return TrueWork(
        "W", WorkClass.HAND_DIG, None, float(lon), float(lat), start, end, "control", "P", 1.0, False, (), ()
    )


def lines(*rows: dict[str, Any]) -> dict[str, Any]:
    """A network with one row for each crew and weekday that could be sent, so that somebody is sent to each."""
    return {"features": [*rows]}


CROSS = [main((0, 0), (2000, 0)), main((0, 100), (0, 2000)), main((-100, 0), (-2000, 0)), main((0, -100), (0, -2000))]
LOW = [main((3000.0 + 200 * n, 0), (3000.0 + 200 * n, 500), label="低压") for n in range(7)]


@pytest.fixture(scope="module")
def network() -> dict[str, Any]:
    return json.loads(sim.demo_network()[0].path.read_text(encoding="utf-8"))


def places(rounds: Sequence[Any]) -> np.ndarray:
    return np.vstack([one.frame.to_lonlat(one.places) for one in rounds])


def test_twice_a_day_every_main_and_a_seventh_of_the_rest_is_ridden(network: dict[str, Any]) -> None:
    rounds = patrol(network, 3)
    assert sorted(round(float(one.seconds[0])) for one in rounds) == sorted([*ROUNDS_S] * 4 + [ROUNDS_S[0]])
    frame = rounds[0].frame
    rows = [one for one in network["features"] if one["geometry"]["type"] == "LineString"]
    ridden = {"main": 0, "low": 0}
    counts = {"main": 0, "low": 0}
    ways = [np.vstack([one.places for one in rounds if one.seconds[0] == begins]) for begins in ROUNDS_S]
    for row in rows:
        kind = "low" if class_of(row["properties"]) == "low" else "main"
        middle = frame.to_metres(np.array([shape(row["geometry"]).interpolate(0.5, normalized=True).coords[0]]))[0]
        counts[kind] += 1
        ridden[kind] += all(np.hypot(*(way - middle).T).min() < STEP_M for way in ways[: 2 if kind == "main" else 1])
    assert ridden["main"] == counts["main"] > 300
    assert counts["low"] / 7 - 5 <= ridden["low"] < counts["low"] / 2  # beside them those that lie along a main


def test_nobody_rides_faster_than_a_bicycle(network: dict[str, Any]) -> None:
    for one in patrol(network, 5):
        gaps = np.hypot(*np.diff(one.places, axis=0).T)
        assert gaps.max() / np.diff(one.seconds).min() <= SPEED_MPS * 1.001
        assert one.seconds[-1] <= DAY_S, "a crew is home when the day is over"


def test_a_seed_is_a_day_and_another_another(network: dict[str, Any]) -> None:
    one, same, other = (places(patrol(network, seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert one.shape != other.shape or not np.allclose(one, other)


def test_works_within_sight_and_under_way_are_met_when_the_crew_comes_by() -> None:
    rounds = patrol(lines(*CROSS, *LOW), 0)
    found = met([works(1000, SIGHT_M - 5)], rounds)
    assert ROUNDS_S[0] <= found["W"] <= ROUNDS_S[0] + 3 * 2000 / SPEED_MPS
    later = met([works(1000, 5, start=found["W"] + 3600)], rounds)
    assert later["W"] >= ROUNDS_S[1], "after the morning's round only the afternoon's can meet them"


@pytest.mark.parametrize(
    "unseen",
    [works(1000, SIGHT_M + 5), works(1000, 5, start=0, end=ROUNDS_S[0] - 1), works(1000, 5, start=11.9 * 3600)],
    ids=["farther off than one sees", "over before the round", "begun after the last"],
)
def test_what_is_not_there_or_too_far_is_not_met(unseen: TrueWork) -> None:
    assert met([unseen], patrol(lines(*CROSS, *LOW), 0)) == {}


def test_low_pressure_has_its_weekday() -> None:
    days = [met([works(3205, 250)], patrol(lines(*CROSS, *LOW), seed)) for seed in range(40)]
    assert 0 < sum(bool(one) for one in days) < len(days) / 2


def test_the_service_draws_so_many_days() -> None:
    days = sim.patrol_days(2)
    keys = {one.key for one in sim.demo_truth().works}
    assert len(days) == 2
    assert all(set(day) <= keys for day in days)
    assert any(days)
