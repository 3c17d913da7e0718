"""Mappings are data: the shipped ones hold, and a wrong word in one is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sense import service
from pipewarden.sense.rules.permits.mapping import every, read_mapping, texts

GOOD: dict[str, Any] = {
    "source": "invented",
    "licence": "ours",
    "format": "json",
    "zone": "Asia/Shanghai",
    "crs": "EPSG:4547",
    "id": "no",
    "geometry": [{"wkt": "where"}],
    "from": [{"path": "a", "as": "day"}],
    "until": [{"path": "b", "as": "days"}],
}


def test_the_shipped_mappings_are_the_seven_sources_and_our_own_hand_over() -> None:
    found = {one.name: one for one in service.permit_mappings()}
    assert list(found) == [
        "fr-dtdict", "handover", "sf-sewer",
        "street-manager", "taipei-dig", "usan811", "usan811-gml", "wzdx", "zurich-tiefbau",
    ]  # fmt: skip
    assert all(one.licence and one.source for one in found.values())
    assert found["street-manager"].system.crs.to_epsg() == 27700


def test_without_an_extent_the_systems_own_area_holds() -> None:
    west, south, east, north = read_mapping("x", GOOD).system.extent
    assert (west < 114 < east, south < 30 < north) == (True, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": 1}, "x.colour"),
        ({"format": "csv"}, "x.format"),
        ({"zone": "Mars/Olympus"}, "x.mapping"),
        ({"crs": "EPSG:999999"}, "x.mapping"),
        ({"crs": "+proj=tmerc +lon_0=117"}, "x.mapping"),
        ({"id": None, "source": None, "geometry": None}, "x.mapping"),
        ({"geometry": [{"picture": "where"}]}, "x.geometry"),
        ({"from": [{"path": "a", "as": "lunar"}]}, "x.from.a"),
        ({"from": [{"path": "a", "as": "days"}]}, "x.from.a"),
        ({"until": [{"path": "b", "as": "moon"}]}, "x.until.b"),
        ({"until": None}, "x.from, until"),
        ({"undated": "none"}, "x.from, until"),
        ({"width": {"path": "w", "unit": "chi"}}, "x.mapping"),
        ({"width": {"path": "w", "unit": "m", "pattern": "("}}, "x.mapping"),
        ({"method": [{"path": "m", "is": ["dig"], "then": "magic"}]}, "x.method.m"),
        ({"machines": [{"path": "m", "is": ["dig"], "then": "spoon"}]}, "x.machines.m"),
        ({"urgent": [{"path": "m", "is": [True]}]}, "x.urgent.m"),
        ({"urgent": [{"path": "m"}]}, "x.urgent.m"),
        ({"parties": {"cook": {"name": "n"}}}, "x.mapping"),
        ({"hours": {"path": "h"}}, "x.mapping"),
        ({"numbering": {"station": "s"}}, "x.mapping"),
        ({"numbering": {"station": "s", "number": "n", "at": "a", "restarts": "weekly"}}, "x.numbering.restarts"),
    ],
)
def test_a_wrong_mapping_is_refused(change: dict[str, Any], field: str) -> None:
    read_mapping("x", GOOD)
    with pytest.raises(InputError) as error:
        read_mapping("x", GOOD | change)
    assert error.value.field == field


def test_every_walks_lists_and_leaves_nothing_out_of_them() -> None:
    told = {"a": [{"b": "x"}, {"b": ["y", ""]}, {"c": 1}, 5], "d": [True, 2, None, {"e": 1}], "f": " g "}
    assert every(told, "a.*.b") == ["x", "y"]
    assert texts(told, "d") == ["true", "2"]
    assert texts(told, "f") == ["g"]
    assert every(told, "a.1.b") == ["y"]
    assert every(told, "f.*.g") == every(told, "z.y") == []
