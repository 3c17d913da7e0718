"""The demo's areas tile the city: no seam, no overlap, every pipe inside, and the product takes them as they are."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, shape
from shapely.ops import unary_union

from pipewarden.people.rules.area import check_jurisdiction, check_key, read_polygon
from pipewarden.sim import service

if TYPE_CHECKING:
    from pipewarden.sim.facts import DemoArea

AREAS = service.city_areas()
BY_KEY = {area.key: area for area in AREAS}
CITY = AREAS[0]
DISTRICTS = [area for area in AREAS if area.parent == CITY.key]


def polygon(area: DemoArea) -> Polygon:
    return Polygon(area.polygon)


def children(of: DemoArea) -> list[DemoArea]:
    return [area for area in AREAS if area.parent == of.key]


def test_the_tree_has_a_city_four_districts_and_beats():
    assert CITY.parent is None
    assert CITY.jurisdiction == "CN-HE-langfang"
    assert len(DISTRICTS) == 4
    assert all(len(children(district)) >= 4 for district in DISTRICTS)
    assert len(BY_KEY) == len(AREAS)


def test_parents_come_first_and_only_the_city_names_the_law():
    seen: set[str | None] = {None}
    for area in AREAS:
        assert area.parent in seen
        seen.add(area.key)
    assert [area.key for area in AREAS if area.jurisdiction] == [CITY.key]


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
def test_the_product_takes_every_area(area: DemoArea):
    check_key(area.key)
    check_jurisdiction(area.jurisdiction)
    read_polygon(polygon(area).wkb)
    assert area.polygon[0] == area.polygon[-1]
    assert "虚构" in area.name


@pytest.mark.parametrize("parent", [CITY, *DISTRICTS], ids=lambda area: area.key)
def test_children_tile_their_parent_without_seam_or_overlap(parent: DemoArea):
    parts = [polygon(child) for child in children(parent)]
    for a, b in combinations(parts, 2):
        assert not a.overlaps(b)
        assert a.intersection(b).area == 0
    whole = polygon(parent)
    assert unary_union(parts).symmetric_difference(whole).area < 1e-12 * whole.area


def test_every_pipe_and_station_lies_in_a_district():
    together = unary_union([polygon(district) for district in DISTRICTS])
    for network in service.demo_network():
        for row in json.loads(network.path.read_text(encoding="utf-8"))["features"]:
            assert together.covers(shape(row["geometry"])), row["properties"]["pipe_id"]


def test_no_camera_stands_near_a_border():
    """A camera's alarms lie within 60 m; its district must not change with an error of the place."""
    borders = [polygon(district).boundary for district in DISTRICTS]
    for camera in service.demo_truth().cameras:
        at = shapely.Point(camera.pose.lon, camera.pose.lat)
        assert min(border.distance(at) for border in borders) > 5e-5
        assert sum(polygon(district).contains(at) for district in DISTRICTS) == 1


def test_people_report_from_inside_their_area():
    people = {person.key: person for person in service.demo_people()}
    for report in service.demo_truth().reports:
        area = polygon(BY_KEY[people[report.who].area])
        assert area.contains(shapely.Point(report.lon, report.lat))


def test_coordinates_are_short():
    numbers = np.array([place for area in AREAS for place in area.polygon])
    assert np.abs(numbers - numbers.round(7)).max() < 1e-12
