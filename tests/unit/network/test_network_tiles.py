"""What a tile shows against shapely's own buffers, cuts and unions; and that it shows nothing it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.network import store
from pipewarden.network.facts import Datum, Pipe, Regime
from pipewarden.network.rules import packs, tiles, zones
from pipewarden.network.rules.tiles import EXTENT, Feature, Square, drawing
from pipewarden.network.rules.tiles.square import MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
UNIT = 0.75  # half a unit each way by rounding, and the rim's simplification


def square_at(lon: float, lat: float, z: int) -> Square:
    down = 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)
    return Square(z, int((lon / 360 + 0.5) * 2**z), int(down * 2**z))


def plan(town: Any, pipes: Sequence[Pipe], jurisdiction: str = "CN-GB55009") -> tiles.Plan:
    table = town.table(pipes, jurisdiction)
    regime = packs.regime_of(store.shipped_packs(), jurisdiction)
    return tiles.Plan(tiles.lay_out(pipes), regime, table.protect, table.control)


def drawn(town: Any, pipes: Sequence[Pipe], z: int, **more: Any) -> dict[str, list[Feature]]:
    jurisdiction = more.pop("jurisdiction", "CN-GB55009")
    square = more.pop("square", None) or square_at(town.lon, town.lat, z)
    return tiles.draw([plan(town, pipes, jurisdiction)], square, more.pop("ground", None))


def in_units(town: Any, square: Square, metres: shapely.Geometry) -> shapely.Geometry:
    """A geometry in metres of the town as units of a square, the long way round."""
    return shapely.transform(town.shape(metres), square.to_units)


def one(features: Sequence[Feature], **said: object) -> Feature:
    (found,) = [each for each in features if said.items() <= each.properties.items()]
    return found


@pytest.mark.parametrize("z", [13, 15, 17, 19])
@pytest.mark.parametrize(
    ("cls", "protect", "control"),
    [("low", 0.5, 5.0), ("medium", 0.5, 5.0), ("sub_high", 1.5, 15.0), ("high", 5.0, 50.0), ("unknown", 5.0, 50.0)],
)
def test_ranges_of_city_gas_are_buffers_from_the_outer_edge(
    town: Any, z: int, cls: str, protect: float, control: float
) -> None:
    line = shapely.LineString([(-300, -40), (20, 10), (300, 60)])
    square = square_at(town.lon, town.lat, z)
    found = drawn(town, [town.pipe(1, line, cls, diameter_mm=400.0)], z)
    for layer, reach in (("protection", protect), ("control", control)):
        true = in_units(town, square, line.buffer(reach + 0.2, quad_segs=64)).intersection(WHOLE)
        shape = one(found[layer], pressure_class=cls).shape
        assert shape.within(true.buffer(UNIT + 0.5))
        assert true.buffer(-UNIT - 0.5).difference(shape).area < 1


@pytest.mark.parametrize("z", [14, 18])
def test_ranges_of_long_distance_are_buffers_from_the_centre_line(town: Any, z: int) -> None:
    line = shapely.LineString([(-300, 30), (300, 40)])
    square = square_at(town.lon, town.lat, z)
    found = drawn(town, [town.pipe(1, line, "high", diameter_mm=1000.0)], z, jurisdiction="CN-LONGDISTANCE")
    for layer, reach in (("protection", 5.0), ("control", 50.0)):
        true = in_units(town, square, line.buffer(reach, quad_segs=64)).intersection(WHOLE)
        shape = one(found[layer], regime="long_distance").shape
        assert shape.symmetric_difference(true).area < true.length * (UNIT + 0.5)
        assert shape.within(true.buffer(UNIT + 0.5))


def test_an_edge_that_is_drawn_already_gets_no_radius(town: Any) -> None:
    line = shapely.LineString([(-100, 10), (100, 10)])
    found = [
        drawn(town, [town.pipe(1, line, "medium", diameter_mm=1000.0, datum=datum)], 20)["control"][0].shape
        for datum in (Datum.OUTER_EDGE, Datum.CENTRE_LINE)
    ]
    assert found[0].area < found[1].area


def test_ranges_of_one_class_are_one_shape_without_overlaps(town: Any) -> None:
    crossing = ["LINESTRING (-200 0, 200 0)", "LINESTRING (0 -200, 0 200)", "LINESTRING (-200 3, 200 3)"]
    pipes = [town.pipe(n, line, "medium") for n, line in enumerate(crossing, start=1)]
    pipes.append(town.pipe(9, "LINESTRING (-200 -1, 200 -1)", "high"))
    found = drawn(town, pipes, 16)
    assert sorted(str(each.properties["pressure_class"]) for each in found["control"]) == ["high", "medium"]
    medium = one(found["control"], pressure_class="medium").shape
    assert medium.is_valid
    square = square_at(town.lon, town.lat, 16)
    true = in_units(town, square, shapely.unary_union([shapely.from_wkt(line).buffer(5.1) for line in crossing]))
    assert medium.area == pytest.approx(true.intersection(WHOLE).area, rel=0.01)


def test_pipes_of_one_class_keep_their_own_radius(town: Any) -> None:
    wide, thin = "LINESTRING (-90 0, 90 0)", "LINESTRING (-90 60, 90 60)"
    pipes = [town.pipe(1, wide, "medium", diameter_mm=1200.0), town.pipe(2, thin, "medium", diameter_mm=100.0)]
    square = square_at(town.lon, town.lat, 18)
    shape = one(drawn(town, pipes, 18)["control"], pressure_class="medium").shape
    true = shapely.union_all(
        [
            in_units(town, square, shapely.from_wkt(wide).buffer(5.6)),
            in_units(town, square, shapely.from_wkt(thin).buffer(5.05)),
        ]
    ).intersection(WHOLE)
    assert shape.symmetric_difference(true).area < true.length * 1.2


@given(seed=st.integers(0, 10_000), z=st.integers(16, 20))
def test_a_point_is_drawn_in_the_zone_that_is_answered(town: Any, seed: int, z: int) -> None:
    """The answer for points and the drawn ranges are two ways to the same law: they agree but for two units of rim."""
    chance = np.random.default_rng(seed)
    classes = ["low", "medium", "sub_high", "high", "unknown"]
    pipes = [
        town.pipe(n, shapely.LineString(chance.uniform(-150, 150, (3, 2))), str(chance.choice(classes)))
        for n in range(1, 5)
    ]
    square = square_at(town.lon, town.lat, z)
    found = tiles.draw([plan(town, pipes)], square, None)
    area = {
        layer: shapely.union_all([each.shape for each in found.get(layer, [])]) for layer in ("protection", "control")
    }
    units = chance.uniform(0, EXTENT, (200, 2))
    said = zones.answer(town.table(pipes), square.to_lonlat(units), None).zone
    for layer, least in (("protection", 2), ("control", 1)):
        points = shapely.points(units)
        sure = ~(shapely.distance(points, area[layer].boundary) <= 2)  # no rim at all is nan
        inside = shapely.contains_properly(area[layer], points)
        assert (inside == (said >= least))[sure].all()


def test_stations_are_points_and_their_ranges_go_around_the_fence(town: Any) -> None:
    fence = shapely.box(-20, -10, 20, 10)
    pipes = [town.pipe(1, fence, "high"), town.pipe(2, "POINT (60 0)", "medium")]
    square = square_at(town.lon, town.lat, 18)
    found = drawn(town, pipes, 18)
    assert {each.properties["pipe_id"] for each in found["stations"]} == {"p1", "p2"}
    assert all(each.shape.geom_type == "Point" for each in found["stations"])
    assert one(found["stations"], pipe_id="p1").shape.within(in_units(town, square, fence))
    true = in_units(town, square, fence.buffer(5.0))  # station_protect_m of GB 55009 for high
    around = one(found["protection"], pressure_class="high").shape
    assert around.symmetric_difference(true.intersection(WHOLE)).area < true.length * 1.5
    assumed_fence = in_units(town, square, shapely.Point(60, 0).buffer(5.0 + 1.0))  # 5 m are taken around a point
    assert one(found["protection"], pressure_class="medium").shape.area == pytest.approx(assumed_fence.area, rel=0.05)
    assert "pipes" not in found


@pytest.mark.parametrize(
    ("z", "layers"),
    [
        (0, set()),
        (8, set()),
        (9, {"pipes"}),
        (10, {"pipes"}),
        (11, {"pipes", "stations"}),
        (12, {"pipes", "stations"}),
        (13, {"pipes", "stations", "protection", "control"}),
        (22, {"pipes", "stations", "protection", "control"}),
    ],
)
def test_each_zoom_shows_what_it_should(town: Any, z: int, layers: set[str]) -> None:
    square = square_at(town.lon, town.lat, z)
    ((x, y),) = town.frame.to_metres(square.to_lonlat(np.array([[2000.0, 2000.0]]))).tolist()
    step = 3 if z == 22 else 400
    pipes = [town.pipe(1, shapely.LineString([(x - step, y), (x + step, y)])), town.pipe(2, shapely.Point(x, y))]
    if z >= 9:
        assert set(drawn(town, pipes, z)) == layers
    else:
        assert drawn(town, pipes, z) == {}


def test_a_pipe_says_what_the_contract_says_and_no_more(town: Any) -> None:
    known = town.pipe(
        1, "LINESTRING (-50 0, 50 0)", "medium", pressure="中压A", material="PE", depth_m=1.2, year=2004,
        extra={"owner": "secret", "password": "x"},
    )  # fmt: skip
    bare = town.pipe(2, "LINESTRING (-50 9, 50 9)", "unknown", diameter_mm=None)
    found = drawn(town, [known, bare], 16)
    assert one(found["pipes"], pipe_id="p1").properties == {
        "pipe_id": "p1",
        "label": "中压A · DN200 · PE · 埋深 1.2 m · 2004",
        "pressure_class": "medium",
        "regime": "city_gas",
        "assumed": False,
    }
    assert one(found["pipes"], pipe_id="p2").properties == {
        "pipe_id": "p2", "label": "", "pressure_class": "unknown", "regime": "city_gas", "assumed": True,
    }  # fmt: skip
    assert one(found["control"], pressure_class="unknown").properties == {
        "pressure_class": "unknown", "regime": "city_gas", "assumed": True,
    }  # fmt: skip


def test_an_unknown_class_is_drawn_as_wide_as_the_strictest(town: Any) -> None:
    line = "LINESTRING (-50 20, 50 20)"
    found = [drawn(town, [town.pipe(1, line, cls)], 17)["control"][0].shape for cls in ("unknown", "high", "low")]
    assert found[0].equals(found[1])
    assert found[2].within(found[0])


@given(seed=st.integers(0, 10_000), z=st.integers(9, 22))
def test_nothing_leaves_the_square_and_its_margin(town: Any, seed: int, z: int) -> None:
    chance = np.random.default_rng(seed)
    pipes = [
        town.pipe(n, shapely.LineString(chance.normal(0, 40 * 2.0 ** (20 - z), (4, 2))), "high") for n in range(1, 4)
    ]
    pipes.append(town.pipe(9, shapely.Point(chance.normal(0, 20, 2))))
    square = square_at(town.lon, town.lat, z)
    for features in tiles.draw([plan(town, pipes)], square, None).values():
        for each in features:
            assert each.shape.is_valid
            corners = shapely.get_coordinates(each.shape)
            assert (corners >= -MARGIN).all()
            assert (corners <= EXTENT + MARGIN).all()
            assert (corners == np.rint(corners)).all()


@given(seed=st.integers(0, 10_000), z=st.integers(9, 18))
def test_lines_stay_within_a_quarter_pixel_of_the_truth(town: Any, seed: int, z: int) -> None:
    chance = np.random.default_rng(seed)
    steps = np.cumsum(chance.normal(0, 30, (60, 2)), axis=0)
    pipe = town.pipe(1, shapely.LineString(steps))
    square = square_at(town.lon, town.lat, z)
    true = shapely.transform(shapely.from_wkb(pipe.geometry), square.to_units)
    for each in tiles.draw([plan(town, [pipe])], square, None).get("pipes", []):
        assert shapely.hausdorff_distance(each.shape, true.intersection(WHOLE), densify=0.1) < 2.0 + 0.71 + 0.5


def test_lines_meet_across_the_side_of_two_squares(town: Any) -> None:
    square = square_at(town.lon, town.lat, 16)
    beside = Square(16, square.x + 1, square.y)
    chance = np.random.default_rng(7)
    across = np.linspace(EXTENT - 900, EXTENT + 900, 80)
    lonlat = square.to_lonlat(np.column_stack([across, 2000 + chance.normal(0, 3, 80)]))
    pipe = town.pipe(1, shapely.LineString(town.frame.to_metres(lonlat)))
    left, right = (tiles.draw([plan(town, [pipe])], each, None)["pipes"][0].shape for each in (square, beside))
    shifted = shapely.transform(right, lambda xy: xy + np.array([EXTENT, 0]))
    shared = shapely.box(EXTENT - MARGIN, 0, EXTENT + MARGIN, EXTENT)
    assert shapely.hausdorff_distance(left.intersection(shared), shifted.intersection(shared)) <= 1.5


def test_a_long_straight_segment_is_straight_in_degrees(town: Any) -> None:
    pipe = town.pipe(1, "LINESTRING (0 0, 1 1)")
    far = shapely.LineString([(116.2, 39.3), (117.2, 39.7)])
    pipe = type(pipe)(**{name: getattr(pipe, name) for name in pipe.__slots__} | {"geometry": shapely.to_wkb(far)})
    square = square_at(116.7, 39.5, 18)
    shape = tiles.draw([plan(town, [pipe])], square, None)["pipes"][0].shape
    at = square.to_units(np.array([[116.7, 39.5]]))
    assert shape.distance(shapely.Point(at[0])) < 1.5


def test_ranges_of_a_pipeline_across_a_continent_are_drawn_where_one_looks(town: Any) -> None:
    square = square_at(town.lon, town.lat, 17)
    ((_, lat),) = square.to_lonlat(np.array([[0.0, EXTENT / 2]])).tolist()
    across = shapely.LineString([(-120.0, lat), (175.0, lat)])  # straight in degrees: along the parallel
    pipe = town.pipe(1, "LINESTRING (0 0, 1 1)", "high")
    pipe = type(pipe)(**{name: getattr(pipe, name) for name in pipe.__slots__} | {"geometry": shapely.to_wkb(across)})
    (shape,) = (each.shape for each in tiles.draw([plan(town, [pipe])], square, None)["control"])
    west, north, east, south = shape.bounds
    assert (west, east) == (-MARGIN, EXTENT + MARGIN)
    reach = pytest.approx(50.1 / square.unit_m, rel=0.004)  # the mercator's sphere is no ellipsoid
    assert (EXTENT / 2 - north, south - EXTENT / 2) == (reach, reach)


def test_very_many_pipes_are_joined_by_class_without_names(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_PIPES", 5)
    chain = [town.pipe(n, f"LINESTRING ({n * 20} 0, {n * 20 + 20} 0)", "low") for n in range(1, 6)]
    pipes = [*chain, town.pipe(6, "LINESTRING (0 9, 50 9)", "unknown")]
    found = drawn(town, pipes, 14)["pipes"]
    assert [each.properties for each in found] == [
        {"pressure_class": "low", "regime": "city_gas", "assumed": False},
        {"pressure_class": "unknown", "regime": "city_gas", "assumed": True},
    ]
    assert found[0].shape.geom_type == "LineString"  # end to end, so that simplifying spans the joints
    lone = shapely.union_all([each.shape for each in drawn(town, chain, 14)["pipes"]])
    assert shapely.hausdorff_distance(found[0].shape, lone) <= 2.5


def test_without_a_law_pipes_are_drawn_and_no_ranges(town: Any) -> None:
    pipes = [town.pipe(1, "LINESTRING (-50 0, 50 0)")]
    lawless = tiles.Plan(tiles.lay_out(pipes), Regime.CITY_GAS, None, None)
    assert set(tiles.draw([lawless], square_at(town.lon, town.lat, 16), None)) == {"pipes"}


def test_two_regimes_share_the_layers(town: Any) -> None:
    city = plan(town, [town.pipe(1, "LINESTRING (-50 0, 50 0)", "high")])
    far = plan(town, [town.pipe(2, "LINESTRING (-50 60, 50 60)", "high")], "CN-LONGDISTANCE")
    found = tiles.draw([city, far], square_at(town.lon, town.lat, 16), None)
    assert {str(each.properties["regime"]) for each in found["pipes"]} == {"city_gas", "long_distance"}
    assert len(found["control"]) == 2


def test_an_empty_square_has_no_layers(town: Any) -> None:
    pipes = [town.pipe(1, "LINESTRING (-50 0, 50 0)")]
    assert drawn(town, pipes, 14, square=square_at(90.0, 30.0, 14)) == {}
    assert tiles.draw([], square_at(town.lon, town.lat, 14), None) == {}


def test_a_range_reaches_into_a_square_without_its_pipe(town: Any) -> None:
    square = square_at(town.lon, town.lat, 18)
    ((x, y),) = town.frame.to_metres(square.to_lonlat(np.array([[EXTENT + 300.0, 2000.0]]))).tolist()
    found = drawn(town, [town.pipe(1, shapely.LineString([(x, y - 200), (x, y + 200)]), "high")], 18)
    assert "pipes" not in found
    assert found["control"][0].shape.area > 0


class TestGround:
    """What lies outside of the reader's ground is not in the bytes."""

    def ground(self, town: Any, west: float = -1000, east: float = 0) -> bytes:
        return bytes(shapely.to_wkb(town.shape(shapely.box(west, -1000, east, 1000))))

    @pytest.mark.parametrize("z", [14, 16, 18])
    def test_a_line_is_cut_at_the_rim(self, town: Any, z: int) -> None:
        pipes = [town.pipe(1, "LINESTRING (-200 5, 200 5)", "high"), town.pipe(2, "LINESTRING (5 90, 200 90)", "high")]
        square = square_at(town.lon, town.lat, z)
        found = drawn(town, pipes, z, ground=self.ground(town))
        rim = in_units(town, square, shapely.box(-1000, -1000, 0, 1000)).buffer(0.75)
        for features in found.values():
            assert all(each.shape.within(rim) for each in features)
        assert {each.properties["pipe_id"] for each in found["pipes"]} == {"p1"}
        assert found["pipes"][0].shape.length > 0

    def test_a_range_reaches_in_although_its_pipe_lies_outside(self, town: Any) -> None:
        """A dig there can hit it: what is drawn says what the answer for a point there says."""
        found = drawn(town, [town.pipe(1, "LINESTRING (3 -90, 3 90)", "high")], 17, ground=self.ground(town))
        assert set(found) == {"protection", "control"}
        assert b"p1" not in tiles.encode(found)

    def test_a_station_outside_is_not_drawn(self, town: Any) -> None:
        pipes = [town.pipe(1, "POINT (-30 0)"), town.pipe(2, "POINT (30 0)")]
        found = drawn(town, pipes, 17, ground=self.ground(town))
        assert [each.properties["pipe_id"] for each in found["stations"]] == ["p1"]

    def test_a_station_on_the_rim_is_marked_inside(self, town: Any) -> None:
        square = square_at(town.lon, town.lat, 17)
        found = drawn(town, [town.pipe(1, shapely.box(-10, -5, 90, 5))], 17, ground=self.ground(town))
        assert found["stations"][0].shape.within(in_units(town, square, shapely.box(-10, -5, 0, 5)).buffer(0.75))

    def test_holes_are_no_ground(self, town: Any) -> None:
        ring = shapely.box(-500, -500, 500, 500).difference(shapely.box(-60, -60, 60, 60))
        ground = bytes(shapely.to_wkb(town.shape(ring)))
        pipes = [town.pipe(1, "LINESTRING (-50 0, 50 0)"), town.pipe(2, "LINESTRING (-50 100, 50 100)")]
        found = drawn(town, pipes, 16, ground=ground)
        assert [each.properties["pipe_id"] for each in found["pipes"]] == ["p2"]

    @pytest.mark.parametrize("wkt", ["POLYGON EMPTY", "POLYGON ((1 1, 2 1, 2 2, 1 1))"])
    def test_no_ground_here_is_nothing_at_all(self, town: Any, wkt: str) -> None:
        pipes = [town.pipe(1, "LINESTRING (-50 0, 50 0)", "high")]
        assert drawn(town, pipes, 16, ground=bytes(shapely.to_wkb(shapely.from_wkt(wkt)))) == {}

    @pytest.mark.parametrize("side", ["corner", "edge"])
    def test_ground_that_also_touches_the_square_from_outside_breaks_nothing(self, town: Any, side: str) -> None:
        """Cut to the square such ground is areas, points and lines at once."""
        square = square_at(town.lon, town.lat, 17)
        far = EXTENT + MARGIN
        touching = shapely.box(far, far, far + 500, far + 500) if side == "corner" else shapely.box(far, 0, far + 9, 90)
        rim = shapely.MultiPolygon([shapely.box(0, 0, 2000, 2000), touching])
        west, south, east, north = square.bounds(1.0)
        for ground in (
            shapely.transform(rim, square.to_lonlat),
            shapely.MultiPolygon(
                [shapely.box(west, south, (west + east) / 2, north), shapely.box(east, north, 170, 60)]
            ),
        ):
            pipes = [town.pipe(1, "LINESTRING (-300 5, 300 5)", "high"), town.pipe(2, shapely.box(-9, -9, 9, 9))]
            found = drawn(town, pipes, 17, square=square, ground=bytes(shapely.to_wkb(ground)))
            assert all(each.shape.geom_type != "GeometryCollection" for each in found.get("control", []))

    def test_a_line_that_only_touches_the_rim_leaves_no_dot(self, town: Any) -> None:
        found = drawn(town, [town.pipe(1, "LINESTRING (0 10, 50 10)", "low")], 18, ground=self.ground(town))
        assert "pipes" not in found

    @given(seed=st.integers(0, 10_000), z=st.integers(13, 20))
    def test_any_ground_holds_whatever_is_drawn(self, town: Any, seed: int, z: int) -> None:
        chance = np.random.default_rng(seed)
        pipes = [town.pipe(n, shapely.LineString(chance.uniform(-120, 120, (5, 2))), "sub_high") for n in range(1, 5)]
        star = shapely.MultiPoint(chance.uniform(-150, 150, (5, 2))).convex_hull
        hole = shapely.Point(chance.uniform(-60, 60, 2)).buffer(30)
        ground = town.shape(star.difference(hole))
        square = square_at(town.lon, town.lat, z)
        rim = shapely.transform(ground, square.to_units).buffer(0.75)
        for features in tiles.draw([plan(town, pipes)], square, bytes(shapely.to_wkb(ground))).values():
            for each in features:
                assert each.shape.within(rim)

    def test_the_whole_ground_changes_nothing(self, town: Any) -> None:
        pipes = [town.pipe(1, "LINESTRING (-200 5, 200 90)", "high"), town.pipe(2, "POINT (30 0)")]
        square = square_at(town.lon, town.lat, 16)
        wide = bytes(shapely.to_wkb(shapely.box(100, 30, 130, 50)))
        free = mapbox_vector_tile.decode(tiles.encode(drawn(town, pipes, 16, square=square)))
        assert mapbox_vector_tile.decode(tiles.encode(drawn(town, pipes, 16, square=square, ground=wide))) == free
