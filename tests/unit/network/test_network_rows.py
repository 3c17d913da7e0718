"""Rows in, pipes and reasons out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Kind, Layer, PressureClass
from pipewarden.network.rules import crs, gcj, mapping, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.network.conftest import Town

GENERIC = mapping.FileMapping(
    mapping="m", columns={"id": {"columns": ["id"]}, "pressure": {"columns": ["p"], "unit": "bar"}}
)  # type: ignore[dict-item]
STATIONS = GENERIC.model_copy(update={"points": "station", "polygons": "station"})


def layer(shapes: Sequence[shapely.Geometry | None], own_crs: str | None = None, **columns: Sequence[object]) -> Layer:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    values = {name: np.array(cells, dtype=object) for name, cells in columns.items()}
    return Layer(source="map.gpkg", columns=values, shapes=made, own_crs=own_crs)


def take(made: Layer, code: str = "EPSG:4326", columns: mapping.FileMapping = GENERIC, **more: Any) -> rows.Taken:
    return rows.take(made, crs.declare(code), columns, china=more.pop("china", True), **more)


def test_good_rows_become_pipes(town: Town) -> None:
    line = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    taken = take(layer([line], id=["A-1"], p=[4.0], road=["和平路"]))
    (pipe,) = taken.pipes
    assert (pipe.row, pipe.pipe_id, pipe.kind, pipe.pressure_class) == (1, "A-1", Kind.PIPE, PressureClass.MEDIUM)
    assert pipe.extra == {"road": "和平路"}
    assert shapely.from_wkb(pipe.geometry).equals(line)
    assert taken.length_km == pytest.approx(0.1, rel=1e-6)
    assert taken.extent == pytest.approx(tuple(line.bounds))
    assert taken.rejected == ()
    assert taken.unknown == {"pressure_class": 0, "diameter_mm": 1, "sigma_m": 1}


BAD = [
    (None, "no geometry"),
    (shapely.LineString(), "empty geometry"),
    (shapely.Polygon(), "empty geometry"),
    (shapely.LineString([(116.7, 39.5), (116.7, 39.5)]), "no length"),
    (shapely.LineString([(116.7, 39.5), (np.nan, 39.5)]), "not a finite number"),
    (shapely.Point(116.7, 39.5), "`points: station`"),
    (shapely.box(116.7, 39.5, 116.8, 39.6), "`polygons: station`"),
    (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "invalid polygon: Self-intersection"),
    (shapely.MultiPoint([(116.7, 39.5), (116.8, 39.5)]), "a MultiPoint is neither"),
    (shapely.GeometryCollection([shapely.Point(116.7, 39.5)]), "a GeometryCollection is neither"),
]


@pytest.mark.parametrize(("shape", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_row_is_rejected_with_its_reason_and_the_rest_stays(
    town: Town, shape: shapely.Geometry | None, words: str
) -> None:
    good = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    taken = take(layer([good, shape], id=["a", "b"]))
    assert [p.pipe_id for p in taken.pipes] == ["a"]
    ((row, reason),) = taken.rejected
    assert row == 2
    assert words in reason


def test_nothing_usable_is_an_error_with_the_reasons() -> None:
    with pytest.raises(InputError) as caught:
        take(layer([None, shapely.LineString()], id=["a", "b"]))
    assert caught.value.field == "map.gpkg"
    assert "1 x no geometry" in caught.value.problem
    assert "1 x empty geometry" in caught.value.problem


def test_a_line_that_crosses_itself_is_taken_and_told(town: Town) -> None:
    loop = town.shape(shapely.LineString([(0, 0), (50, 50), (50, 0), (0, 50)]))
    taken = take(layer([loop], id=["a"]))
    assert len(taken.pipes) == 1
    assert (1, "the line crosses itself; it is taken as it is") in taken.warnings


def test_stations_by_mapping_or_by_row(town: Town) -> None:
    area, dot = town.shape(shapely.box(0, 0, 20, 20)), town.shape(shapely.Point(90, 0))
    taken = take(layer([area, dot], id=["a", "b"]), columns=STATIONS)
    assert [p.kind for p in taken.pipes] == [Kind.STATION, Kind.STATION]
    assert taken.length_km == 0.0
    by_row = mapping.FileMapping.model_validate({"mapping": "m", "columns": {"kind": {"columns": ["kind"]}}})
    line = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    mixed = take(layer([area, dot, line, line], kind=["station", "pipe", "station", None]), columns=by_row)
    assert [p.row for p in mixed.pipes] == [1, 4]
    assert [row for row, _ in mixed.rejected] == [2, 3]
    assert "says pipe, but is drawn as a Point" in mixed.rejected[0][1]
    assert "says station, but is drawn as a LineString" in mixed.rejected[1][1]


def test_multi_lines_and_heights_are_fine(town: Town) -> None:
    multi = town.shape(shapely.MultiLineString([[(0, 0), (10, 0)], [(20, 0), (50, 0)]]))
    high = shapely.from_wkt("LINESTRING Z (116.7 39.5 12, 116.701 39.5 15)")
    taken = take(layer([multi, high], id=["a", "b"]))
    assert len(taken.pipes) == 2
    assert not shapely.has_z(shapely.from_wkb(taken.pipes[1].geometry))
    assert taken.length_km == pytest.approx(0.04 + 0.08598, rel=1e-3)


def test_true_duplicates_are_rejected_parts_of_a_pipe_are_kept(town: Town) -> None:
    a, b = (town.shape(shapely.LineString([(x, 0), (x + 10, 0)])) for x in (0, 10))
    c = town.shape(shapely.LineString([(0, 9), (5, 9)]))
    taken = take(layer([a, b, a, c], id=["A", "A", "A", "B"]))
    assert [(p.row, p.pipe_id) for p in taken.pipes] == [(1, "A"), (2, "A"), (4, "B")]
    assert taken.rejected == ((3, "the same id and geometry as row 1"),)
    assert any("1 ids stand on several rows" in words for _, words in taken.warnings)


def test_an_id_column_that_is_none_is_replaced_by_row_numbers(town: Town) -> None:
    shapes = [town.shape(shapely.LineString([(x, 0), (x + 10, 0)])) for x in range(0, 60, 10)]
    taken = take(layer(shapes, id=[100] * 6))
    assert [p.pipe_id for p in taken.pipes] == [f"row-{n}" for n in range(1, 7)]
    assert taken.pipes[0].extra["source_id"] == "100"
    assert any("rows are numbered" in words for _, words in taken.warnings)


def test_rows_without_an_id_are_numbered(town: Town) -> None:
    shapes = [town.shape(shapely.LineString([(x, 0), (x + 10, 0)])) for x in (0, 10)]
    assert [p.pipe_id for p in take(layer(shapes, id=["a", None])).pipes] == ["a", "row-2"]


def test_a_projected_map_comes_out_in_wgs84_with_its_length() -> None:
    local = Transformer.from_crs("OGC:CRS84", "EPSG:4548", always_xy=True)
    x, y = local.transform(116.7, 39.5)
    line = shapely.LineString([(x, y), (x + 3000, y + 4000)])
    taken = take(layer([line], id=["a"]), "EPSG:4548")
    world = shapely.get_coordinates(shapely.from_wkb(taken.pipes[0].geometry))
    assert world[0] == pytest.approx([116.7, 39.5], abs=1e-9)
    assert world.shape[0] == 11  # cut every 500 m, because it is straight in its own projection
    assert taken.length_km == pytest.approx(5.0, rel=2e-4)
    assert Geod(ellps="WGS84").line_length(world[:, 0], world[:, 1]) / 1000 == pytest.approx(taken.length_km)


def test_shifted_maps_come_back_to_their_streets(town: Town) -> None:
    line = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    for name, forward in (("GCJ-02", gcj.wgs84_to_gcj02), ("BD-09", gcj.wgs84_to_bd09)):
        shifted = shapely.transform(line, forward)
        taken = take(layer([shifted], own_crs="EPSG:4326", id=["a"]), name)
        back = shapely.get_coordinates(shapely.from_wkb(taken.pipes[0].geometry))
        assert np.abs(back - shapely.get_coordinates(line)).max() < 1e-9
        assert any(f"{name} counts" in words for _, words in taken.warnings)


def test_one_row_off_the_globe_is_rejected_alone(town: Town) -> None:
    shapes = [town.shape(shapely.LineString([(x, 0), (x + 10, 0)])) for x in range(0, 3000, 10)]
    shapes[7] = shapely.LineString([(999, 39.5), (999, 39.6)])
    taken = take(layer(shapes, id=list(range(300))))
    assert len(taken.pipes) == 299
    assert taken.rejected == ((8, "a coordinate lies outside of what EPSG:4326 can hold"),)


def test_swapped_axes_that_fit_degrees_are_caught_by_the_jurisdiction() -> None:
    swapped = shapely.LineString([(26.5, 101.7), (26.6, 101.7)])
    with pytest.raises(InputError, match="axes look swapped"):
        take(layer([swapped], id=["a"]))
    south = shapely.LineString([(40.0, 80.0), (40.01, 80.0)])  # as (80 E, 40 N) it is in Xinjiang
    with pytest.raises(InputError, match="in China with x and y changed"):
        take(layer([south], id=["a"]))


def test_a_map_outside_china_is_told_that_the_law_does_not_hold_there() -> None:
    abroad = shapely.LineString([(7.88, 48.45), (7.881, 48.45)])
    taken = take(layer([abroad], id=["a"]))
    assert any("outside China" in words for _, words in taken.warnings)
    assert not any("outside China" in words for _, words in take(layer([abroad], id=["a"]), china=False).warnings)


def test_a_missing_column_is_told_once(town: Town) -> None:
    line = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    nothing = mapping.FileMapping(mapping="none")
    warnings = [words for row, words in take(layer([line]), columns=nothing).warnings if row == 0]
    assert warnings == [
        "no column gives the pressure class: it stays unknown and counts as the strictest plausible",
        "no column gives the diameter: it stays unknown and counts as the strictest plausible",
    ]


def test_values_that_json_cannot_hold_become_text_or_nothing(town: Town) -> None:
    line = town.shape(shapely.LineString([(0, 0), (100, 0)]))
    made = layer(
        [line], a=[np.float64("nan")], b=[np.int64(5)], c=[np.datetime64("2020-01-02")], d=["x\x00y"], e=[True]
    )
    assert take(made).pipes[0].extra == {"a": None, "b": 5, "c": "2020-01-02", "d": "xy", "e": True}


def test_progress_ends_with_the_whole(town: Town) -> None:
    shapes = [town.shape(shapely.LineString([(x, 0), (x + 5, 0)])) for x in range(0, 60_000, 5)]
    seen: list[tuple[int, int]] = []
    take(layer(shapes, id=list(range(12_000))), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(5000, 12_000), (10_000, 12_000), (12_000, 12_000)]


def test_warnings_are_bounded(town: Town) -> None:
    count = rows._MOST_WARNINGS + 50
    shapes = [town.shape(shapely.LineString([(x, 0), (x + 5, 0)])) for x in range(0, 5 * count, 5)]
    taken = take(layer(shapes, id=list(range(count)), p=["sturdy"] * count))
    assert len(taken.warnings) == rows._MOST_WARNINGS + 1
    assert "more warnings" in taken.warnings[-1][1]
    assert taken.unknown["pressure_class"] == count
