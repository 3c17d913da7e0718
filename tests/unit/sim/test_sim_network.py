"""The demo network: the same from the same seed, every pressure class, and gaps where registers have gaps."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from pipewarden.kit.geo import distance_m
from pipewarden.sim.rules import ORIGIN, SEED, STREETS, long_distance_geojson, network_geojson, on_street, street
from pipewarden.sim.rules.district import heading_of
from pipewarden.sim.rules.zones import class_of
from pipewarden.sim.service import demo_root

COLUMNS = {
    "pipe_id",
    "kind",
    "pressure_mpa",
    "pressure_class",
    "diameter_mm",
    "material",
    "depth_m",
    "year",
    "sigma_m",
    "street",
}
NETWORK = network_geojson()
ROWS = [row["properties"] for row in NETWORK["features"]]
PIPES = [row for row in ROWS if row["kind"] == "pipe"]


def test_same_seed_same_network():
    assert network_geojson(SEED) == NETWORK
    assert long_distance_geojson(SEED) == long_distance_geojson(SEED)


@settings(max_examples=10, deadline=None)  # a city takes a tenth of a second
@given(st.integers(0, 2**32 - 1))
def test_another_seed_keeps_the_ids_and_the_classes(seed: int):
    other = network_geojson(seed)["features"]
    assert [row["properties"]["pipe_id"] for row in other] == [row["pipe_id"] for row in ROWS]
    mains = {row["properties"]["pipe_id"]: class_of(row["properties"]) for row in other}
    for row in ROWS:
        if not row["pipe_id"].startswith("LP-2") and row["pressure_mpa"] is not None:
            assert mains[row["pipe_id"]] in {class_of(row), "high"}


def test_the_committed_network_is_the_generated_one():
    root = demo_root()
    assert json.loads((root / "network.geojson").read_text(encoding="utf-8")) == NETWORK
    assert json.loads((root / "longdistance.geojson").read_text(encoding="utf-8")) == long_distance_geojson()


def test_every_row_has_every_column():
    for row in ROWS:
        assert set(row) == COLUMNS
    assert len({row["pipe_id"] for row in ROWS}) == len(ROWS)


def test_every_pressure_class_is_there():
    labels = {row["pressure_class"] for row in PIPES if row["pressure_class"]}
    assert labels == {"低压", "中压A", "中压B", "次高压A", "次高压B", "高压A", "高压B"}
    told = [row for row in PIPES if row["pressure_mpa"] is not None or row["pressure_class"]]
    assert Counter(class_of(row) for row in told).keys() == {"low", "medium", "sub_high", "high"}


def test_labels_and_numbers_agree():
    for row in ROWS:
        if row["pressure_mpa"] is not None and row["pressure_class"]:
            alone = {"pressure_mpa": None, "pressure_class": row["pressure_class"]}
            assert class_of(row) == class_of(alone), row["pipe_id"]


@pytest.mark.parametrize("column", ["material", "depth_m", "year", "sigma_m", "pressure_mpa", "pressure_class"])
def test_attributes_are_missing_on_purpose_but_not_mostly(column: str):
    gone = sum(row[column] is None for row in PIPES)
    assert 0 < gone < len(PIPES) * 0.6


def test_some_pipe_tells_no_pressure_at_all():
    silent = [row["pipe_id"] for row in PIPES if row["pressure_mpa"] is None and row["pressure_class"] is None]
    assert silent
    assert all(key.startswith(("UNK-", "LP")) for key in silent)


def test_stations_are_points_and_polygons():
    kinds = Counter(row["geometry"]["type"] for row in NETWORK["features"] if row["properties"]["kind"] == "station")
    assert kinds["Polygon"] == 2 + 5  # gate stations, governor stations
    assert kinds["Point"] >= 70


def test_geometry_is_valid_compact_and_near_langfang():
    for row in NETWORK["features"]:
        geometry = shape(row["geometry"])
        assert geometry.is_valid
        lon, lat = geometry.centroid.coords[0]
        assert distance_m(ORIGIN, (lon, lat)) < 5000


def test_the_long_distance_line_reaches_no_street():
    for row in long_distance_geojson()["features"]:
        assert row["properties"]["pressure_mpa"] > 4
        for lon, lat in row["geometry"]["coordinates"]:
            for where in STREETS:
                for along in (where.lo, where.hi):
                    assert distance_m((lon, lat), on_street(where, along, 0)) > 300


def test_mains_run_beside_their_street():
    where = street("ns-yinhe")
    line = where.lines[0]
    parts = [row for row in NETWORK["features"] if row["properties"]["pipe_id"].startswith(f"{line.key}-0")]
    ends = [parts[0]["geometry"]["coordinates"][0], parts[-1]["geometry"]["coordinates"][-1]]
    for (lon, lat), along in zip(ends, (where.lo, where.hi), strict=True):
        assert distance_m((lon, lat), on_street(where, along, line.across_m)) < 0.01


def test_streets_are_turned_together():
    assert heading_of(street("ew-aimin")) - heading_of(street("ns-east")) == 90
    with pytest.raises(KeyError):
        street("nowhere")
