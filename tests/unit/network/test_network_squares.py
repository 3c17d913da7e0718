"""Squares of the web map: their place, their numbers' bounds, and whole units that decode to what was drawn."""

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.network.rules.tiles import DEEPEST, EXTENT, Feature, Square, encode
from pipewarden.network.rules.tiles.square import MARGIN, whole

MERCATOR = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
HALF_WORLD_M = 20_037_508.342789244  # of EPSG:3857
SQUARES = st.integers(0, DEEPEST).flatmap(
    lambda z: st.builds(Square, st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1))
)


def shapes(*wkt: str) -> np.ndarray:
    return np.array([shapely.from_wkt(one) for one in wkt], dtype=object)


@given(square=SQUARES)
def test_a_square_lies_where_the_xyz_grid_says(square: Square) -> None:
    side = 2 * HALF_WORLD_M / 2**square.z
    corners = square.to_lonlat(np.array([[0.0, 0.0], [EXTENT, EXTENT]]))
    east, north = MERCATOR.transform(corners[:, 0], corners[:, 1])
    close = 1e-9 * HALF_WORLD_M
    assert east == pytest.approx([square.x * side - HALF_WORLD_M, (square.x + 1) * side - HALF_WORLD_M], abs=close)
    assert north == pytest.approx([HALF_WORLD_M - square.y * side, HALF_WORLD_M - (square.y + 1) * side], abs=close)


@given(square=SQUARES, across=st.floats(0, EXTENT), down=st.floats(0, EXTENT))
def test_units_go_there_and_back(square: Square, across: float, down: float) -> None:
    back = square.to_units(square.to_lonlat(np.array([[across, down]])))
    assert back[0] == pytest.approx([across, down], abs=1e-3)


@given(square=SQUARES)
def test_neighbours_share_their_sides(square: Square) -> None:
    if square.x + 1 < 2**square.z:
        rim = square.to_lonlat(np.array([[EXTENT, 100.0]]))
        assert Square(square.z, square.x + 1, square.y).to_units(rim)[0] == pytest.approx([0.0, 100.0], abs=1e-3)


@given(square=SQUARES, beyond=st.floats(0.01, 2000))
def test_bounds_hold_the_square_its_margin_and_what_lies_beyond(square: Square, beyond: float) -> None:
    west, south, east, north = square.bounds(beyond)
    inner = square.to_lonlat(np.array([[-MARGIN, EXTENT + MARGIN], [EXTENT + MARGIN, -MARGIN]]))
    assert west <= inner[0, 0] <= inner[1, 0] <= east
    assert south <= inner[0, 1] <= inner[1, 1] <= north
    if abs(south) < 80 and abs(north) < 80 and square.z > 5:
        middle = (inner[0, 1] + inner[1, 1]) / 2
        assert distance_m((west, middle), (inner[0, 0], middle)) >= beyond * 0.999
        assert distance_m((east, middle), (inner[1, 0], middle)) >= beyond * 0.999
        assert distance_m((west, south), (west, inner[0, 1])) >= beyond * 0.999


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ((-1, 0, 0), "z"),
        ((23, 0, 0), "z"),
        ((0, 1, 0), "x"),
        ((0, 0, 1), "y"),
        ((14, 2**14, 0), "x"),
        ((3, 0, -1), "y"),
    ],
)
def test_numbers_out_of_range_name_their_field(numbers: tuple[int, int, int], field: str) -> None:
    with pytest.raises(InputError) as caught:
        Square(*numbers)
    assert caught.value.field == field
    assert "0 to" in caught.value.fix


def test_the_metric_frame_is_near_and_shared() -> None:
    here, beside = Square(16, 54013, 24926), Square(16, 54015, 24928)  # about 116.70, 39.51
    ((lon, lat),) = here.to_lonlat(np.array([[0.0, 0.0]])).tolist()
    assert distance_m((here.frame().lon, here.frame().lat), (lon, lat)) < 10_000
    assert here.frame() is beside.frame()


@given(square=SQUARES)
def test_a_unit_is_as_long_as_on_the_ground(square: Square) -> None:
    (a, b), (c, d) = (square.to_lonlat(np.array([[2000.0, y], [2001.0, y]])) for y in (0.0, EXTENT))
    if square.z > 6 and abs(a[1]) < 80 and abs(c[1]) < 80:
        least = min(distance_m(tuple(a), tuple(b)), distance_m(tuple(c), tuple(d)))  # type: ignore[arg-type]  # two each
        assert square.unit_m == pytest.approx(least, rel=0.005)


def test_poles_stay_finite() -> None:
    assert np.isfinite(Square(3, 0, 0).to_units(np.array([[10.0, 90.0], [10.0, -90.0]]))).all()


def test_whole_units_keep_lines_points_and_areas() -> None:
    line, point, area = whole(
        shapes("LINESTRING (0.4 0.4, 0.3 0.2, 7.6 2.2)", "POINT (3.6 4.4)", "POLYGON ((0 0, 9.6 0.4, 9.2 9.4, 0 0))")
    )
    assert line.wkt == "LINESTRING (0 0, 8 2)"
    assert point.wkt == "POINT (4 4)"
    assert area.is_valid
    assert shapely.get_coordinates(area).tolist() == np.rint(shapely.get_coordinates(area)).tolist()


def test_what_falls_together_is_empty() -> None:
    line, area, none = whole(
        shapes("LINESTRING (5.1 5.2, 5.3 4.8)", "POLYGON ((1.1 1.1, 1.3 1.1, 1.3 1.3, 1.1 1.1))", "LINESTRING EMPTY")
    )
    assert line.is_empty
    assert area.is_empty
    assert none.is_empty


@given(corners=st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), min_size=3, max_size=12))
def test_areas_never_cross_themselves_after_rounding(corners: list[tuple[float, float]]) -> None:
    area = shapely.MultiPoint(corners).convex_hull.buffer(0.7)
    (rounded,) = whole(np.array([area], dtype=object))
    assert rounded.is_valid


def test_an_encoded_tile_is_read_as_it_was_drawn() -> None:
    said: dict[str, str | bool] = {"pressure_class": "low", "assumed": False}
    ring = shapely.Polygon([(0, 0), (100, 0), (100, 80), (0, 80)], [[(10, 10), (20, 10), (20, 20)]])
    made = encode(
        {"pipes": [Feature(shapely.LineString([(-64, 5), (4160, 5)]), said)], "control": [Feature(ring, said)], "x": []}
    )
    read = mapbox_vector_tile.decode(made, default_options={"y_coord_down": True})
    assert set(read) == {"pipes", "control"}
    assert read["pipes"]["extent"] == EXTENT
    assert read["pipes"]["version"] == 2
    (line,) = read["pipes"]["features"]
    assert line["geometry"]["coordinates"] == [[-64, 5], [4160, 5]]
    assert line["properties"] == said
    assert shapely.geometry.shape(read["control"]["features"][0]["geometry"]).equals(ring)


def test_outer_rings_run_the_way_of_the_standard() -> None:
    """MVT 2.1, 4.3.4.4: an exterior ring has a positive area in the tile's own coordinates, y down."""
    made = encode({"a": [Feature(shapely.box(0, 0, 10, 10), {})]})
    read = mapbox_vector_tile.decode(made, default_options={"y_coord_down": True})
    x, y = np.array(read["a"]["features"][0]["geometry"]["coordinates"][0]).T
    assert float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) > 0


def test_nothing_is_no_bytes() -> None:
    assert encode({}) == b""
    assert encode({"pipes": []}) == b""
