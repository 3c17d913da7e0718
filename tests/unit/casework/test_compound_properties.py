"""Compounds, for any file and any place: read whole or not at all, and an error of a place never makes it surer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from pipewarden.casework.facts import Compound, InCompound
from pipewarden.casework.rules.compound import MOST_KM2, holds, in_compound, read_compounds
from pipewarden.kit.errors import InputError

MIDDLE = (116.7, 39.5)
OFF = st.floats(-0.004, 0.004)
PLACES = st.tuples(OFF, OFF).map(lambda off: (MIDDLE[0] + off[0], MIDDLE[1] + off[1]))
ERRORS = st.floats(0, 400)


@st.composite
def boxes(draw: st.DrawFn) -> shapely.Polygon:
    west, south = MIDDLE[0] + draw(OFF), MIDDLE[1] + draw(OFF)
    return shapely.box(west, south, west + draw(st.floats(0.0003, 0.004)), south + draw(st.floats(0.0003, 0.004)))


COMPOUNDS = st.lists(boxes(), max_size=4).map(
    lambda areas: [
        Compound(UUID(int=number), f"c{number}", f"{number} 号院", bytes(shapely.to_wkb(one)))
        for number, one in enumerate(areas, start=1)
    ]
)


def same(points: Any, _own: str | None) -> Any:
    return np.asarray(points)


def feature(key: object, area: shapely.Geometry, **said: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": key, "properties": said, "geometry": json.loads(shapely.to_geojson(area))}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


ON_THE_EDGE = (116.701953125, 39.5)
EDGED = [Compound(UUID(int=1), "c1", "1 号院", bytes(shapely.to_wkb(shapely.box(116.7, 39.5, 116.703125, 39.501))))]


@given(COMPOUNDS, PLACES, ERRORS)
@example(EDGED, ON_THE_EDGE, 0.0)  # in metres the edge runs some nanometres beside the place
def test_a_place_is_inside_just_where_one_holds_it(
    compounds: list[Compound], place: tuple[float, float], off: float
) -> None:
    there = holds(compounds, place)
    assert (in_compound(compounds, place, off) is InCompound.INSIDE) is (there is not None)
    if there is not None:
        others = [one for one in compounds if shapely.covers(shapely.from_wkb(one.area), shapely.Point(place))]
        assert all(shapely.from_wkb(there.area).area <= shapely.from_wkb(one.area).area for one in others)


@given(COMPOUNDS, PLACES, ERRORS, ERRORS)
def test_a_larger_error_never_makes_a_place_surer(
    compounds: list[Compound], place: tuple[float, float], one: float, other: float
) -> None:
    small, large = (in_compound(compounds, place, off) for off in sorted((one, other)))
    if large is InCompound.OUTSIDE:
        assert small is InCompound.OUTSIDE
    if InCompound.INSIDE in {small, large}:
        assert small is large


@given(COMPOUNDS, PLACES, ERRORS)
def test_one_more_compound_takes_nothing_out_of_another(
    compounds: list[Compound], place: tuple[float, float], off: float
) -> None:
    order = [InCompound.OUTSIDE, InCompound.UNKNOWN, InCompound.INSIDE]
    for count in range(len(compounds)):
        fewer, more = in_compound(compounds[:count], place, off), in_compound(compounds[: count + 1], place, off)
        assert order.index(fewer) <= order.index(more)


@given(st.lists(boxes(), min_size=1, max_size=5), st.booleans())
def test_a_good_file_comes_back_in_its_order_with_what_it_said(areas: list[shapely.Polygon], numbered: bool) -> None:
    keys: list[object] = [number if numbered else f"xq-{number}" for number in range(1, len(areas) + 1)]
    body = collection(*(feature(key, one, name=f" {key} 号院 ") for key, one in zip(keys, areas, strict=True)))
    read = read_compounds(body, same, "c.geojson")
    assert [key for key, _, _ in read] == [str(one) for one in keys]
    assert [name for _, name, _ in read] == [f"{one} 号院" for one in keys]
    for (_, _, wkb), area in zip(read, areas, strict=True):
        assert shapely.equals_exact(shapely.normalize(shapely.from_wkb(wkb)), shapely.normalize(area), 1e-9)


BAD: list[tuple[Any, str]] = [
    ("no feature", "is no GeoJSON feature"),
    ({"type": "Feature", "id": "b", "properties": {}, "geometry": None}, "has no geometry"),
    (feature("b", shapely.LineString([MIDDLE, (116.701, 39.5)])), "has no area"),
    (feature("", shapely.box(*MIDDLE, 116.701, 39.501)), "has no id"),
    (feature("b", shapely.box(*MIDDLE, 116.75, 39.55)), f"more than {MOST_KM2:g}"),
    (feature("b", shapely.Polygon([MIDDLE, (116.701, 39.501), (116.701, 39.5), (116.7, 39.501)])), "no simple area"),
    (feature("a\u202eb", shapely.box(*MIDDLE, 116.701, 39.501)), "cannot be printed"),
    (feature(True, shapely.box(*MIDDLE, 116.701, 39.501)) | {"id": [1]}, "has no id"),
]


@pytest.mark.parametrize(("bad", "problem"), BAD)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_bad_feature_keeps_the_whole_file_out_and_is_named_by_its_number(
    bad: Any, problem: str, place: int
) -> None:
    features = [feature(f"good-{one}", shapely.box(116.7, 39.5, 116.701, 39.501)) for one in range(4)]
    features.insert(place, bad)
    with pytest.raises(InputError) as refused:
        read_compounds(collection(*features), same, "c.geojson")
    assert refused.value.field == f"c.geojson feature {place + 1}"
    assert problem in refused.value.problem
    assert refused.value.fix


def test_a_reference_system_that_cannot_hold_the_file_is_told_and_not_kept() -> None:
    """What the conversion makes of coordinates out of its range is no number, and no compound."""
    body = collection(feature("a", shapely.box(116.7, 39.5, 116.701, 39.501)))
    with pytest.raises(InputError, match="reference system cannot hold") as refused:
        read_compounds(body, lambda points, _own: np.full_like(np.asarray(points), np.inf), "c.geojson")
    assert refused.value.field == "c.geojson feature 1"
