"""Metres of pipe on a piece of ground, against lengths known by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass, Regime
from pipewarden.network.rules import index
from pipewarden.network.rules.stretches import along

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.network.rules.index import Network


def square(town: Any, west: float, south: float, side: float = 100.0) -> list[tuple[float, float]]:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return [(float(lon), float(lat)) for lon, lat in town.lonlat(corners)]


@pytest.fixture
def streets(town: Any):
    """A low pipe along y = 50, a medium one along x = 50, and a station where they cross."""
    return index.build(
        [
            town.pipe(1, "LINESTRING (-900 50, 900 50)"),
            town.pipe(2, "LINESTRING (50 -900, 50 900)", "medium"),
            town.pipe(3, "POLYGON ((40 40, 60 40, 60 60, 40 60, 40 40))", "medium"),
        ]
    )


def test_the_metres_inside_are_those_between_the_rims(town: Any, streets: Network) -> None:
    assert along(streets, [square(town, 0, 0)], []) == pytest.approx({0: 100.0, 1: 100.0}, abs=0.01)
    assert along(streets, [square(town, 60, 0)], []) == pytest.approx({0: 100.0}, abs=0.01)
    assert along(streets, [square(town, 200, 200)], []) == {}
    assert along(streets, [], []) == {}


def test_ground_seen_twice_counts_once_and_ground_seen_by_another_not_at_all(town: Any, streets: Network) -> None:
    twice = [square(town, 0, 0), square(town, 50, 0)]
    assert along(streets, twice, []) == pytest.approx({0: 150.0, 1: 100.0}, abs=0.01)
    assert along(streets, [square(town, 0, 0)], [square(town, 50, -10)]) == pytest.approx({0: 50.0, 1: 10.0}, abs=0.01)
    assert along(streets, [square(town, 0, 0)], [square(town, -10, -10, 200)]) == {}


def test_a_ring_that_crosses_itself_still_gives_ground(town: Any, streets: Network) -> None:
    bow = [(float(lon), float(lat)) for lon, lat in town.lonlat([(0, 0), (100, 100), (100, 0), (0, 100), (0, 0)])]
    assert along(streets, [bow], [])[0] == pytest.approx(100.0, abs=1.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_kept_and_what_is_taken_away_add_up(town: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [f"LINESTRING ({' , '.join(f'{x} {y}' for x, y in rng.uniform(-200, 200, (4, 2)))})" for _ in range(5)]
    network = index.build([town.pipe(n, line) for n, line in enumerate(lines)])
    a, b = square(town, *rng.uniform(-150, 50, 2).tolist()), square(town, *rng.uniform(-150, 50, 2).tolist())
    whole = sum(along(network, [a, b], []).values())
    assert sum(along(network, [a], [b]).values()) + sum(along(network, [b], []).values()) == pytest.approx(whole)


def test_the_service_adds_up_the_parts_of_a_pipe_and_names_its_class(work: Work, town: Any, tmp_path: Path) -> None:
    features = [
        town.feature("LINESTRING (-900 50, 50 50)", pipe_id="low", pressure="低压", diameter_mm=200),
        town.feature("LINESTRING (50 50, 900 50)", pipe_id="low", pressure="低压", diameter_mm=200),
        town.feature("LINESTRING (20 -900, 20 900)", pipe_id="high", pressure="高压", diameter_mm=500),
    ]
    path = town.geojson(tmp_path / "streets.geojson", features)
    assert json.loads(path.read_text())["features"]
    assert service.metres_in(work, [square(town, 0, 0)]) == []  # no network yet: no metres
    service.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    found = service.metres_in(work, [square(town, 0, 0)], [square(town, 0, 80)])
    assert [(one.pipe_id, one.pressure_class, round(one.metres, 1)) for one in found] == [
        ("low", PressureClass.LOW, 100.0),
        ("high", PressureClass.HIGH, 80.0),
    ]
    assert {one.regime for one in found} == {Regime.CITY_GAS}
