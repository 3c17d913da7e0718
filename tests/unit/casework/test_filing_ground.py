"""What may be drawn as the ground of a filing, and what each bad drawing is told."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.rules.filing_ground import check_size, properties_of, read_area
from pipewarden.kit.errors import InputError

SQUARE = [[116.7, 39.52], [116.701, 39.52], [116.701, 39.521], [116.7, 39.521], [116.7, 39.52]]


def polygon(*corners: list[float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(corners)]}


def test_a_geometry_a_feature_and_a_collection_give_the_same_ground():
    bare = polygon(*SQUARE)
    feature = {"type": "Feature", "properties": {"method": "piling"}, "geometry": bare}
    collection = {"type": "FeatureCollection", "features": [feature]}
    assert read_area(bare) == read_area(feature) == read_area(collection)
    assert properties_of(feature) == properties_of(collection) == {"method": "piling"}
    assert properties_of(bare) == properties_of([1]) == {}
    assert check_size(shapely.from_wkb(read_area(bare))) == pytest.approx(0.00955, rel=0.01)


def test_a_hole_stays_and_parts_that_meet_become_one():
    hole = [[116.7004, 39.5204], [116.7006, 39.5204], [116.7006, 39.5206], [116.7004, 39.5204]]
    with_hole = shapely.from_wkb(read_area({"type": "Polygon", "coordinates": [SQUARE, hole]}))
    assert len(with_hole.interiors) == 1
    beside = [[116.702 if lon == 116.7 else lon, lat] for lon, lat in SQUARE]
    both = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": polygon(*p)} for p in (SQUARE, beside)],
    }
    assert shapely.from_wkb(read_area(both)).geom_type == "Polygon"


BOW = polygon([116.7, 39.5], [116.71, 39.51], [116.71, 39.5], [116.7, 39.51], [116.7, 39.5])
HUGE = polygon([116.0, 39.0], [116.2, 39.0], [116.2, 39.2], [116.0, 39.2], [116.0, 39.0])
WIDE = polygon([110.0, 39.0], [116.0, 39.0], [116.0, 39.0001], [110.0, 39.0001], [110.0, 39.0])
METRES = polygon([39500000.0, 4375000.0], [39500100.0, 4375000.0], [39500100.0, 4375100.0], [39500000.0, 4375000.0])
TURNED = polygon([39.52, 116.7], [39.521, 116.7], [39.521, 116.701], [39.52, 116.7])
LINE = {"type": "LineString", "coordinates": SQUARE}
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (BOW, "Self-intersection"),
        (HUGE, "more than 100"),
        (WIDE, "degrees"),
        (METRES, "another reference system"),
        (TURNED, "another reference system"),
        ({**polygon(*SQUARE), "crs": CRS}, "EPSG::4547"),
        ({**polygon(*SQUARE), "crs": 7}, "another reference system"),
        (LINE, "LineString, which has no area"),
        ({"type": "Point", "coordinates": [116.7, 39.5]}, "Point, which has no area"),
        ({"type": "GeometryCollection", "geometries": [polygon(*SQUARE)]}, "which has no area"),
        ({"type": "FeatureCollection", "features": []}, "without features"),
        ({"type": "Feature", "geometry": None}, "no geometry"),
        ({"type": "Polygon", "coordinates": []}, "is empty"),
        ({"type": "Polygon", "coordinates": [[[116.7, 39.5]]]}, "cannot be read"),
        ({"type": "Polygon", "coordinates": "here"}, "cannot be read"),
        ({"type": "Polygon"}, "cannot be read"),
        (polygon(*([[116.7, float("nan")]] * 4)), "no numbers|cannot be read"),
        ([], "no GeoJSON object"),
        (None, "no GeoJSON object"),
    ],
)
def test_what_is_no_ground_is_refused_with_field_and_fix(body: object, problem: str):
    with pytest.raises(InputError, match=problem) as caught:
        read_area(body, field="area")
    assert caught.value.field == "area"
    assert "WGS-84" in caught.value.fix


def test_the_usual_names_of_wgs84_are_taken():
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"):
        assert read_area({**polygon(*SQUARE), "crs": {"type": "name", "properties": {"name": name}}})


def test_a_hundred_square_kilometres_is_the_edge():
    side = 0.0898  # about 9.98 km of latitude
    wide = side / 0.7716  # cos 39.5
    under = polygon(
        [116.0, 39.5], [116.0 + wide, 39.5], [116.0 + wide, 39.5 + side], [116.0, 39.5 + side], [116.0, 39.5]
    )
    assert read_area(under)
    over = json.loads(json.dumps(under).replace(str(39.5 + side), str(39.5 + side * 1.02)))
    with pytest.raises(InputError, match="more than 100"):
        read_area(over)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers(-(10**30), 10**30) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometry", "features", "properties", "crs"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    body=st.fixed_dictionaries(
        {"type": st.sampled_from(["Polygon", "MultiPolygon", "Feature"]), "coordinates": _JSON, "geometry": _JSON}
    )
)
def test_any_json_is_ground_or_refused(body: dict[str, object]):
    with suppress(InputError):
        assert shapely.from_wkb(read_area(body)).area >= 0
