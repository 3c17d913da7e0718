"""The index: every piece of every shape, frames that cover the globe, grids that stay bounded."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from pipewarden.network.rules import index, zones

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

GEOD = Geod(ellps="WGS84")


def total(network: index.Network) -> float:
    return sum(float(np.hypot(*frame.lines[:, 2:4].T).sum()) for frame in network.frames)


@pytest.mark.parametrize(
    ("shape", "segments", "length"),
    [
        ("LINESTRING (0 0, 30 40, 30 50)", 2, 60.0),
        ("MULTILINESTRING ((0 0, 10 0), (0 5, 10 5, 10 15))", 3, 30.0),
        ("POINT (3 4)", 1, 0.0),
        ("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", 4, 40.0),
        ("POLYGON ((0 0, 90 0, 90 90, 0 90, 0 0), (10 10, 20 10, 20 20, 10 20, 10 10))", 8, 400.0),
        ("MULTIPOLYGON (((0 0, 10 0, 10 10, 0 0)), ((20 0, 30 0, 30 10, 20 0)))", 6, 2 * (20 + 10 * 2**0.5)),
    ],
)
def test_every_piece_of_every_shape_is_there(town: Town, shape: str, segments: int, length: float) -> None:
    network = index.build([town.pipe(1, shape)])
    assert network.segments == segments
    assert total(network) == pytest.approx(length, abs=1e-4)
    areas = "POLYGON" in shape
    assert ((network.frames[0].group >= 0) == areas).all()
    assert len(network.frames[0].areas) == int(areas)


def test_parts_of_an_area_have_groups_of_their_own(town: Town) -> None:
    two = "MULTIPOLYGON (((0 0, 10 0, 10 10, 0 0)), ((20 0, 30 0, 30 10, 20 0)))"
    network = index.build([town.pipe(1, "LINESTRING (0 0, 1 1)"), town.pipe(2, two)])
    frame = network.frames[0]
    assert len(set(frame.group[frame.pipe == 1].tolist())) == 2
    assert (frame.group[frame.pipe == 0] == -1).all()
    assert frame.area_pipes.tolist() == [1]


def test_what_the_pipes_say_is_kept(town: Town) -> None:
    network = index.build(
        [
            town.pipe(1, "LINESTRING (0 0, 9 0)", "high", diameter_mm=None, sigma_m=2.5, pipe_id="a"),
            town.pipe(2, "POINT (5 5)", "unknown", diameter_mm=300.0, sigma_m=None, pipe_id="b"),
        ]
    )
    assert network.ids == ("a", "b")
    assert network.station.tolist() == [False, True]
    assert network.point.tolist() == [False, True]
    assert math.isnan(network.diameter_mm[0])
    assert network.sigma_m[0] == 2.5
    assert math.isnan(network.sigma_m[1])


@settings(max_examples=40, deadline=None)
@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(-0.4, 0.4), st.floats(-0.3, 0.3))
def test_lengths_agree_with_the_globe_anywhere(lon: float, lat: float, east: float, north: float) -> None:
    from dataclasses import replace  # noqa: PLC0415  only here

    if abs(east) + abs(north) < 1e-3:
        return
    line = shapely.LineString([(lon, lat), (lon + east, lat + north)])
    dense = shapely.get_coordinates(shapely.segmentize(line, 0.0005))
    true = GEOD.line_length(dense[:, 0], dense[:, 1])
    pipe = replace(PIPE[0], geometry=shapely.to_wkb(line))
    assert total(index.build([pipe])) == pytest.approx(true, rel=1e-5)


PIPE: list = []


@pytest.fixture(autouse=True)
def _one_pipe(town: Town) -> None:
    PIPE[:] = [town.pipe(1, "LINESTRING (0 0, 9 0)")]


@pytest.mark.parametrize(
    ("west", "east", "count"), [(116.0, 116.5, 1), (100.0, 103.0, 1), (100.0, 103.1, 2), (-9, 28, 13)]
)
def test_strips_cover_every_longitude_once(west: float, east: float, count: int) -> None:
    strips = index._strips(np.array([[west, 10.0, west, 11.0], [east, 10.0, east, 11.0]]))
    assert len(strips) == count
    assert strips[0][0] == -math.inf
    assert strips[-1][1] == math.inf
    assert all(a[1] == b[0] for a, b in pairwise(strips))
    assert all(b - a <= index.STRIP_DEGREES + 1e-9 for a, b in strips[1:-1])


def test_neighbouring_strips_know_each_others_pipes(town: Town) -> None:
    lines = [shapely.LineString([(lon, 40.0), (lon + 0.001, 40.0)]) for lon in (100.0, 102.9, 103.2, 105.9)]
    network = index.build(
        [town.pipe(n, "POINT (0 0)", geometry=shapely.to_wkb(line)) for n, line in enumerate(lines, 1)]
    )
    assert [sorted(set(frame.pipe.tolist())) for frame in network.frames] == [[0, 1, 2], [1, 2, 3]]


def test_the_answer_is_the_same_on_both_sides_of_a_strips_rim(town: Town) -> None:
    lines = [shapely.LineString([(lon, 40.0), (lon, 40.001)]) for lon in (100.0, 102.9999, 106.0)]
    pipes = [
        town.pipe(n, "LINESTRING (0 0, 1 1)", "high", geometry=shapely.to_wkb(line)) for n, line in enumerate(lines, 1)
    ]
    table = town.table(pipes)
    rim = table.network.frames[0].east
    near_rim = np.array([[rim - 1e-9, 40.0005], [rim + 1e-9, 40.0005]])
    got = zones.answer(table, near_rim, None)
    assert got.near.tolist() == [1, 1]
    assert got.edge[0] == pytest.approx(got.edge[1], rel=5e-4)
    assert got.zone[0] == got.zone[1]


def test_a_network_across_a_continent_keeps_its_grids_bounded(town: Town) -> None:
    line = shapely.LineString([(10.0, 36.0), (12.5, 60.0)])
    network = index.build([town.pipe(1, "LINESTRING (0 0, 1 1)", geometry=shapely.to_wkb(line))])
    frame = network.frames[0]
    assert int(frame.shape.prod()) < 1.2 * index._MOST_CELLS
    assert frame.start.size == int(frame.shape.prod()) + 1


def test_too_many_pieces_are_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_MOST_PIECES", 100)
    line = shapely.LineString([(10.0, 36.0), (12.0, 40.0)])
    with pytest.raises(ValueError, match="are more than the 100"):
        index.build([town.pipe(1, "LINESTRING (0 0, 1 1)", geometry=shapely.to_wkb(line))])


def test_cut_pieces_join_without_a_gap(town: Town) -> None:
    line = shapely.LineString([(116.0, 39.0), (116.1, 39.05), (116.1, 39.2)])
    network = index.build([town.pipe(1, "LINESTRING (0 0, 1 1)", geometry=shapely.to_wkb(line))])
    lines = network.frames[0].lines
    starts = {(round(x, 3), round(y, 3)) for x, y in lines[:, :2]}
    ends = {(round(x, 3), round(y, 3)) for x, y in lines[:, :2] + lines[:, 2:4]}
    assert len(starts - ends) == 1
    assert len(ends - starts) == 1


def test_the_tree_over_the_lines_is_made_once(town: Town) -> None:
    frame = index.build([town.pipe(1, "LINESTRING (0 0, 9 0)")]).frames[0]
    assert frame.trees == []
    assert frame.tree() is frame.tree()
    assert len(frame.trees) == 1
