"""Metres of pipe whose range a piece of ground lies in, against lengths known by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from pipewarden.network.facts import Zone
from pipewarden.network.rules.reaching import around, beyond

if TYPE_CHECKING:
    from pipewarden.network.rules.zones import Table

PROTECTION, CONTROL = Zone.PROTECTION, Zone.CONTROL


@pytest.fixture
def streets(town: Any) -> Table:
    """Low pipe along y = 0, high pipe along x = 0, a station 10 m wide at (500, 500); DN200, 0.5 m map error."""
    return town.table(
        [
            town.pipe(1, "LINESTRING (-400 0, 400 0)"),
            town.pipe(2, "LINESTRING (0 -2000, 0 2000)", "high"),
            town.pipe(3, "POLYGON ((500 500, 510 500, 510 510, 500 510, 500 500))", "medium"),
        ]
    )


def ground(town: Any, west: float, south: float, width: float = 20.0, height: float = 20.0) -> shapely.Geometry:
    return town.shape(shapely.box(west, south, west + width, south + height))


def test_ground_on_a_pipe_counts_the_metres_within_its_range(town: Any, streets: Table) -> None:
    found = around(streets, ground(town, 300, -10))
    # 0.5 m range + 0.1 m radius + 0.5 m error, beyond both rims of 20 m
    assert found[0, PROTECTION] == pytest.approx(20 + 2 * 1.1, abs=0.12)
    assert found[0, CONTROL] == pytest.approx(2 * (5.0 - 0.5), abs=0.15)
    assert {place for place, _ in found} == {0}


def test_ground_beside_a_pipe_is_in_its_range_up_to_the_edge(town: Any, streets: Table) -> None:
    beside = around(streets, ground(town, 300, 1.0))
    assert beside[0, PROTECTION] == pytest.approx(20, abs=1.5)
    control = around(streets, ground(town, 300, 1.3))
    assert (0, PROTECTION) not in control
    assert control[0, CONTROL] > 20
    assert around(streets, ground(town, 300, 6.0)) == {}


def test_a_high_pipe_reaches_fifty_metres(town: Any, streets: Table) -> None:
    near, far = around(streets, ground(town, 50.0, 300)), around(streets, ground(town, 51.0, 300))
    assert (1, CONTROL) in near
    assert (1, PROTECTION) not in near
    assert far == {}


def test_a_station_counts_beside_around_and_under_the_ground(town: Any, streets: Table) -> None:
    inside = around(streets, ground(town, 503, 503, 2, 2))
    over = around(streets, ground(town, 490, 490, 40, 40))
    assert inside.get((2, PROTECTION), inside.get((2, CONTROL), 0.0)) == 0.0
    assert over[2, PROTECTION] == 0.0 if (2, PROTECTION) in over else (2, CONTROL) in over
    assert around(streets, ground(town, 700, 700)) == {}


def test_more_ground_never_crosses_less(town: Any, streets: Table) -> None:
    chance = np.random.default_rng(6)
    for x, y, width, more in chance.uniform([-60, -60, 1, 0], [60, 60, 40, 30], (60, 4)):
        small = around(streets, ground(town, x, y, width, width))
        large = around(streets, ground(town, x - more, y - more, width + 2 * more, width + 2 * more))
        for (place, zone), metres in small.items():
            inner = large.get((place, PROTECTION), 0.0)
            both = inner + large.get((place, CONTROL), 0.0)
            assert (inner if zone is PROTECTION else both) >= metres - 1e-6


def test_ground_far_outside_the_map_is_beyond_it(town: Any, streets: Table) -> None:
    assert not beyond(streets, ground(town, 0, 0))
    assert not beyond(streets, ground(town, 5_400, 0))
    assert beyond(streets, ground(town, 5_600, 0))
    assert beyond(streets, ground(town, 0, 0, 8_000, 10))


def test_a_line_or_point_of_a_list_is_measured_as_it_is(town: Any, streets: Table) -> None:
    line = around(streets, town.shape(shapely.LineString([(300, 0.3), (320, 0.3)])))
    assert line[0, PROTECTION] == pytest.approx(20, abs=2.5)
    assert (0, PROTECTION) in around(streets, town.shape(shapely.Point(300, 0.5)))
    assert around(streets, town.shape(shapely.Point(300, 9.0))) == {}
    assert not beyond(streets, town.shape(shapely.Point(300, 9.0)))
