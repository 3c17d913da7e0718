"""The demo city hangs together: about 140 km, every main and block fed from a gate, no pipe joined to a wrong one.

How pipes join is read from the drawn network alone, not from the plan that drew it: a pipe joins what its end lies on,
mains of one grade join where they cross, and only stations join different grades.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from shapely import STRtree, transform
from shapely.geometry import Point, shape

from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.sim.facts import Axis
from pipewarden.sim.rules import CITY_STREETS, ORIGIN, STREETS, all_lines, network_geojson, street
from pipewarden.sim.rules.blocks import cells
from pipewarden.sim.rules.city import GRADES, REGULATORS, grade_of, main_at
from pipewarden.sim.service import demo_network, demo_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

TOUCH_M = 1.0  # a wandering main lies up to half a metre beside its axis
FRAME = LocalFrame(*ORIGIN)
ORDER = ["低压", "中压B", "中压A", "次高压B", "次高压A", "高压B", "高压A"]
LIMITS_MPA = (0.01, 0.2, 0.4, 0.8, 1.6, 2.5, 4.0)
FEATURES: list[Any] = network_geojson()["features"]  # type: ignore[assignment]
BY_ID = {row["properties"]["pipe_id"]: row for row in FEATURES}


def grade(row: dict[str, Any]) -> str | None:
    """Label of a row, from its number where that is all it tells (GB 50028)."""
    told = row["properties"]
    if told["pressure_class"]:
        return str(told["pressure_class"])
    number = told["pressure_mpa"]
    return (
        None if number is None else next(label for label, top in zip(ORDER, LIMITS_MPA, strict=True) if number <= top)
    )


def is_station(key: str) -> bool:
    return bool(BY_ID[key]["properties"]["kind"] == "station")


@cache
def drawn() -> dict[str, BaseGeometry]:
    return {key: transform(shape(row["geometry"]), FRAME.to_metres) for key, row in BY_ID.items()}


@cache
def stations() -> list[BaseGeometry]:
    return [geometry for key, geometry in drawn().items() if is_station(key)]


@cache
def joints() -> dict[str, frozenset[str]]:
    """What each pipe and station is joined to."""
    keys, shapes = list(drawn()), list(drawn().values())
    tree = STRtree(shapes)
    out: dict[str, set[str]] = defaultdict(set)
    for key, geometry in drawn().items():
        near = [keys[n] for n in tree.query(geometry.buffer(TOUCH_M)) if keys[n] != key]
        for other in near:
            if joined(key, other):
                out[key].add(other)
                out[other].add(key)
    return {key: frozenset(found) for key, found in out.items()}


def joined(a: str, b: str) -> bool:
    if is_station(a):
        return False
    if is_station(b):
        return any(Point(end).distance(drawn()[b]) <= TOUCH_M for end in ends(a))
    if any(Point(end).distance(drawn()[b]) <= TOUCH_M for end in ends(a) if not in_a_station(end)):
        return True
    return grade(BY_ID[a]) == grade(BY_ID[b]) is not None and drawn()[a].crosses(drawn()[b])


def ends(key: str) -> tuple[Any, Any]:
    corners = drawn()[key].coords
    return corners[0], corners[-1]


def in_a_station(end: Any) -> bool:
    """Pipes that meet there are joined by the station, not by each other."""
    return any(station.distance(Point(end)) <= TOUCH_M for station in stations())


def reach(starts: list[str], graph: Mapping[str, frozenset[str]] | None = None) -> set[str]:
    """What gas reaches from the gates: along pipes of one grade, and through stations to an equal or lower one."""
    seen, todo = set(starts), [(start, len(ORDER) - 1) for start in starts]
    while todo:
        key, level = todo.pop()
        for other in (graph or joints()).get(key, ()):
            label = grade(BY_ID[other])
            up = level if label is None or is_station(other) else ORDER.index(label)
            if other not in seen and up <= level:
                seen.add(other)
                todo.append((other, up))
    return seen


def test_the_product_measures_about_140_km():
    """137.84 km are what the pilot watches (domain.md 1.1)."""
    report = measured(0)
    assert report.rejected == ()
    assert report.accepted == len(FEATURES)
    assert 130 <= report.length_km <= 150
    by_hand = sum(
        distance_m(tuple(a), tuple(b))
        for row in FEATURES
        if row["geometry"]["type"] == "LineString"
        for a, b in pairwise(row["geometry"]["coordinates"])
    )
    assert report.length_km == pytest.approx(by_hand / 1000, rel=1e-6)
    told = (Path(__file__).parents[3] / "docs/demo-city.md").read_text(encoding="utf-8")
    assert f"**{report.length_km:.2f}**" in told, "docs/demo-city.md gives another length"
    assert f"{report.accepted} rows" in told


def test_the_long_distance_line_is_beside_not_inside():
    assert 4 < measured(1).length_km < 8
    assert measured(1).regime.value == "long_distance"


def measured(n: int) -> Any:
    given = demo_network()[n]
    return network.open_file(
        FileReader(), given.path, crs=given.crs, jurisdiction=given.jurisdiction, mapping="demo"
    ).report


def test_the_file_stays_small_and_its_coordinates_short():
    assert (demo_root() / "network.geojson").stat().st_size < 300_000
    text = (demo_root() / "network.geojson").read_text(encoding="utf-8")
    assert max(len(repr(n).split(".")[1]) for row in json.loads(text)["features"] for n in flat(row)) <= 7


def flat(row: dict[str, Any]) -> list[float]:
    return (
        [n for lonlat in shape(row["geometry"]).boundary.coords for n in lonlat]
        if row["geometry"]["type"] == "Polygon"
        else [n for lonlat in shape(row["geometry"]).coords for n in lonlat]
    )


def test_every_grade_has_its_kilometres():
    length: Counter[str] = Counter()
    for key, row in BY_ID.items():
        if not is_station(key):
            length[grade(row) or "untold"] += drawn()[key].length
    assert set(length) == {*ORDER, "untold"}
    assert all(length[label] > 2000 for label in ORDER)
    assert length["低压"] > length["次高压A"]
    assert length["untold"] < 0.02 * length.total()


def test_every_kind_of_station_is_there():
    kinds = Counter(key.rstrip("0123456789-+").split("-")[0] for key in BY_ID if is_station(key))
    assert kinds["GATE"] == 2
    assert kinds["GOV"] >= 5
    assert kinds["RS"] >= 10
    assert kinds["RB"] >= 60
    for key in BY_ID:
        if is_station(key):
            fenced = BY_ID[key]["geometry"]["type"] == "Polygon"
            assert fenced == key.startswith(("GATE", "GOV")), key


def test_no_pipe_is_isolated_and_gas_reaches_all_of_them():
    reached = reach(["GATE-01", "GATE-02"])
    assert sorted(set(BY_ID) - reached) == []


def test_one_gate_alone_feeds_the_city():
    assert reach(["GATE-01"]) == reach(["GATE-02"]) == set(BY_ID)


def test_cutting_a_service_pipe_is_noticed():
    """The test above can fail: a block whose feed is gone is not reached."""
    feed = next(key for key in BY_ID if key.startswith("FEED0"))
    block = feed.removeprefix("FEED")
    cut = {key: found - {feed} for key, found in joints().items() if key != feed}
    reached = reach(["GATE-01"], cut)
    assert {f"RB{block}", f"LP{block}-1"}.isdisjoint(reached)


def test_every_low_pressure_block_has_a_box_that_a_medium_main_feeds():
    blocks = {key.split("-")[0].removeprefix("LP") for key in BY_ID if key.startswith("LP") and key[2] != "-"}
    boxes = [key for key in BY_ID if key.startswith("RB")]
    assert len(boxes) >= 60
    assert blocks
    for box in boxes:
        around = {grade(BY_ID[other]) for other in joints()[box]} - {None}
        assert "低压" in around
        assert around & {"中压A", "中压B"}
        assert around <= {"低压", "中压A", "中压B"}


def test_no_pipe_ends_on_a_pipe_of_another_grade():
    for key, others in joints().items():
        for other in others:
            labels = {grade(BY_ID[key]), grade(BY_ID[other])} - {None}
            assert is_station(key) or is_station(other) or len(labels) <= 1, (key, other)


@pytest.mark.parametrize("one", REGULATORS, ids=lambda one: one.key)
def test_a_regulator_lets_pressure_down_between_the_mains_it_names(one: Any):
    labels = {grade(BY_ID[other]) for other in joints()[one.key]}
    assert labels == {grade_of(one.upper).label, grade_of(one.lower).label}
    assert grade_of(one.upper).mpa > grade_of(one.lower).mpa
    for suffix, main in (("IN", one.upper), ("OUT", one.lower)):
        assert any(other.startswith(main) for other in joints()[f"{one.key}-{suffix}"]), (one.key, suffix)


def test_high_pressure_a_keeps_to_the_rim():
    """GB 55009-2021 5.1.3: none through housing; the rim is where no cell with low-pressure pipes lies beyond it."""
    for key, (where, _) in all_lines().items():
        if key.startswith("HP-A"):
            assert main_at(key) in {-3605.0, 1005.0, 1995.0}, where.key


def test_no_high_pressure_main_passes_through_a_block():
    high = [drawn()[key] for key in BY_ID if key.startswith(("HP-", "GOV-01"))]
    for key in BY_ID:
        if key.startswith(("LP0", "RB0")):  # the blocks of the grown city; their feeds come from the streets
            assert min(line.distance(drawn()[key]) for line in high) > 50, key  # clear of its control range


def test_grades_follow_the_standard_s_limits():
    for made, top in zip(
        [GRADES[key] for key in ("LP", "MB", "MA", "SH-B", "SH-A", "HP-B", "HP-A")], LIMITS_MPA, strict=True
    ):
        assert made.mpa <= top
        assert made.label == ORDER[LIMITS_MPA.index(top)]


def test_streets_have_chinese_names_and_their_own_keys():
    keys = [where.key for where in STREETS + CITY_STREETS]
    assert len(set(keys)) == len(keys)
    for where in CITY_STREETS:
        assert where.name.endswith("路" if where.axis is Axis.NORTH else "道")
        assert street(where.key) is where
        assert all(abs(line.across_m) < where.width_m / 2 for line in where.lines)
    assert len({where.name for where in STREETS + CITY_STREETS}) >= 18


def test_the_city_leaves_the_district_s_cameras_their_ground():
    """No new pipe brings a zone to a site that its picture was not made for."""
    old = {line.key for where in STREETS for line in where.lines}
    truth = json.loads((demo_root() / "truth.json").read_text(encoding="utf-8"))
    assert all(any(site["nearest_pipe"].startswith(key) for key in old) for site in truth["sites"])


def test_blocks_lie_between_streets():
    assert len(cells()) > 60
    for cell in cells():
        assert cell.x[0] < cell.x[1]
        assert cell.holds(sum(cell.x) / 2, sum(cell.y) / 2)
        assert not cell.holds(cell.x[0] - 1, sum(cell.y) / 2)
    assert len({cell.key for cell in cells()}) == len(cells())
