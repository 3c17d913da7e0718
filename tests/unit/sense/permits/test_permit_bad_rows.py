"""A bad row is refused with row, field and fix, and the good rows beside it are told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import permit_rows as rows
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.sense.facts import PermitList, PermitProblem

    Read = Callable[..., PermitList]


WHERE = "works_location_coordinates"
POINT = {"type": "Point", "coordinates": [8.53, 47.36]}
AREA = {"type": "Polygon", "coordinates": [rows.SQUARE]}


def refusal(found: PermitList, row: int = 2) -> PermitProblem:
    """Return why the one bad row is refused; the others are taken, and the list is not whole."""
    report = found.report
    assert (len(report.refused), report.whole) == (1, False)
    assert report.read == report.taken + 1 + len(report.passed)
    assert report.refused[0].row == row
    assert report.refused[0].fix
    return report.refused[0]


def beside(bad: dict[str, Any]) -> list[dict[str, Any]]:
    return [rows.taipei(), rows.taipei(AC_NO="2") | bad, rows.taipei(AC_NO="3")]


@pytest.mark.parametrize(
    ("bad", "field", "words"),
    [
        ({"CB_DA": "113/02/30"}, "CB_DA", "no day of the calendar"),
        ({"CE_DA": "2024/06/30"}, "CE_DA", "no ROC date"),
        ({"CE_DA": ""}, "CE_DA", "is missing"),
        ({"CB_DA": None}, "CB_DA", "is missing"),
        ({"CE_DA": "113/06/16"}, "CE_DA", "lies before CB_DA"),
        ({"CB_DA": "13/06/16"}, "CB_DA", "lies in the year 1924"),
        ({"LAT": None, "LON": None}, "LON, LAT", "is missing"),
        ({"LAT": 0, "LON": 0}, "LON, LAT", "is missing"),
        ({"LAT": None}, "LON, LAT", "one of the two is missing"),
        ({"LAT": "north"}, "LAT", "no number"),
        ({"LAT": 121.52, "LON": 25.04}, "LON, LAT", "degrees with x and y changed"),
        ({"LAT": 35.03}, "LON, LAT", "outside"),
        ({"LAT": 2770308.831, "LON": 302472.257}, "LON, LAT", "looks like metres"),
        ({"X": 302572.257}, "X, Y", "lies 100 m from the place in EPSG:4326"),
        ({"X": 121.5, "Y": 25.0}, "X, Y", "looks like degrees"),
        ({"AC_NO": ""}, "AC_NO", "is missing"),
        ({"AC_NO": "9" * 201}, "AC_NO", "longer than 200"),
        ({"AC_NO": {"a": 1}}, "AC_NO", "is missing"),
        ({"AC_NO": "113999001", "PURP": "other"}, "AC_NO", "stands in list.json row 1 already"),
    ],
)
def test_a_bad_row_of_taipei(read: Read, bad: dict[str, Any], field: str, words: str) -> None:
    problem = refusal(read(beside(bad), "taipei-dig"))
    assert problem.field == field
    assert words in problem.problem


def test_a_row_said_twice_is_one_permit(read: Read) -> None:
    report = read([rows.taipei(), rows.taipei()], "taipei-dig").report
    assert (report.read, report.taken, report.whole) == (2, 1, True)
    assert [(one.row, one.words) for one in report.passed] == [(2, "said before in list.json row 1")]


def test_a_row_that_is_no_object_is_refused(read: Read) -> None:
    assert refusal(read([rows.taipei(), 7], "taipei-dig")).problem == "is missing"


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "is missing"),
        ({"type": "Polygon", "coordinates": [rows.BOW_TIE]}, "not valid: Self-intersection[8.535 47.365"),
        ({"type": "Polygon", "coordinates": [rows.SQUARE[:-1]]}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": []}, "is missing"),
        ({"type": "Polygon", "coordinates": [[[8.53, 47.36]] * 5]}, "not valid"),
        ({"type": "Circle", "coordinates": 3}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": [[[x * 1e5, y * 1e5] for x, y in rows.SQUARE]]}, "looks like metres"),
        ({"type": "Polygon", "coordinates": [[[y, x] for x, y in rows.SQUARE]]}, "x and y look changed"),
        ({"type": "GeometryCollection", "geometries": [POINT, AREA]}, "holds Point and Polygon"),
        ({"type": "LineString", "coordinates": [[8.53 + i * 1e-7, 47.36] for i in range(20_001)]}, "20001 corners"),
    ],
)  # fmt: skip
def test_a_bad_shape_of_zurich(read: Read, geometry: object, words: str) -> None:
    bad = rows.zurich(Baunummer="2") | {"geometry": geometry}
    problem = refusal(read(rows.features(rows.zurich(), bad), "zurich-tiefbau"))
    assert problem.field == "geometry"
    assert words in problem.problem


def test_the_fix_of_a_self_crossing_area_says_how_to_draw_it(read: Read) -> None:
    problem = refusal(read(rows.features(rows.zurich(ring=rows.BOW_TIE)), "zurich-tiefbau"), row=1)
    assert problem.fix == (
        "Draw its border once around, without crossing or touching itself; two places are two areas."
    )


def test_an_area_of_a_whole_city_is_refused(read: Read) -> None:
    ring = [[8.44, 47.31], [8.63, 47.31], [8.63, 47.44], [8.44, 47.44], [8.44, 47.31]]
    assert "km²" in refusal(read(rows.features(rows.zurich(ring=ring)), "zurich-tiefbau"), row=1).problem


def test_a_feature_in_a_second_reference_system_is_refused(read: Read) -> None:
    other = rows.zurich(Baunummer="2") | {"crs": {"type": "name", "properties": {"name": "EPSG:2056"}}}
    problem = refusal(read(rows.features(rows.zurich(), other), "zurich-tiefbau"))
    assert (problem.field, problem.problem) == ("crs", "says EPSG:2056, but the list is in EPSG:4326")


def test_a_list_that_states_another_reference_system_is_refused_row_by_row(read: Read) -> None:
    told = rows.features(rows.zurich(), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2056"}})
    assert refusal(read(told, "zurich-tiefbau"), row=1).field == "crs"
    told = rows.features(rows.zurich(), crs={"properties": {"name": "the usual one"}})
    assert "no reference system" in refusal(read(told, "zurich-tiefbau"), row=1).problem


@pytest.mark.parametrize("said", ["EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC:1.3:CRS84"])
def test_the_same_system_under_another_name_is_taken(read: Read, said: str) -> None:
    assert read(rows.features(rows.zurich(), crs={"properties": {"name": said}}), "zurich-tiefbau").report.whole


def test_two_systems_in_one_french_file(read: Read) -> None:
    told = rows.french(rows.dict_(), rows.dict_(number="9T", ground=rows.emprise("EPSG:2154")))
    problem = refusal(read(told, "fr-dtdict"))
    assert (problem.field, problem.problem) == ("emprise@srsName", "says EPSG:2154, but the list is in EPSG:4171")


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        ("<t:emprise/>", "is missing"),
        ("", "is missing"),
        (rows.emprise("EPSG:4171", "2.3010,47.9007 2.3030,47.9003"), "holds a Polygon that is none"),
        (rows.emprise("EPSG:4171", "2.30 47.90 oops"), "holds a Polygon that is none"),
        (rows.emprise("EPSG:4171", "47.9007,2.3010 47.9003,2.3030 47.8994,2.3027 47.9007,2.3010"), "x and y look"),
    ],
)
def test_bad_french_ground(read: Read, ground: str, words: str) -> None:
    problem = refusal(read(rows.french(rows.dict_(), rows.dict_(number="9T", ground=ground)), "fr-dtdict"))
    assert problem.field == "emprise"
    assert words in problem.problem


@pytest.mark.parametrize("days", ["0", "-3", "2.5", "many", "99999"])
def test_bad_french_durations(read: Read, days: str) -> None:
    problem = refusal(read(rows.french(rows.dict_(days=days)), "fr-dtdict"), row=1)
    assert problem.field == "travauxEtLeurCalendrier.dureeDuChantierEnJours"


def test_a_bad_hour_of_french_urgent_works(read: Read) -> None:
    problem = refusal(read(rows.french(rows.atu(hour="25:00")), "fr-dtdict"), row=1)
    assert problem.field == "travauxEmplacementDureeDescription.heureDebutDesTravaux"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"WKT": "POLYGON((1 2"}, "WKT", "no WKT"),
        ({"WKT": "POLYGON((38.09 -122.27,38.09 -122.26,38.10 -122.26,38.09 -122.27))"}, "WKT", "x and y changed"),
        ({"WKT": "", "Latitude": "", "Longitude": ""}, "WKT", "is missing"),
        ({"LegalStartDate": "2026-02-30T00:00:00-07:00"}, "LegalStartDate", "no moment"),
        ({"TicketExpirationDate": "2026-09-01T00:00:00-07:00"}, "TicketExpirationDate", "lies before"),
    ],
)
def test_a_bad_ticket(read: Read, change: dict[str, str], field: str, words: str) -> None:
    problem = refusal(read(rows.ticket(**change), "usan811"), row=1)
    assert problem.field.rpartition(".")[2] == field
    assert words in problem.problem


def test_another_system_and_odd_corners_in_gml(read: Read) -> None:
    assert refusal(read(rows.dig_site(srs="EPSG:26910"), "usan811-gml"), row=1).field.endswith("@srsName")
    odd = rows.dig_site(ring="-122.27 38.09 -122.269")
    assert "odd count" in refusal(read(odd, "usan811-gml"), row=1).problem


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({WHERE: "LINESTRING(-0.53 51.89,-0.52 51.88)"}, WHERE, "degrees"),
        ({WHERE: "LINESTRING(1501251 0,1501305 9)"}, WHERE, "outside"),
        ({WHERE: None}, WHERE, "is missing"),
        ({WHERE: "POINT(nan nan)"}, WHERE, "no number"),
        ({WHERE: "POINT EMPTY"}, WHERE, "is missing"),
        ({"proposed_start_time": "2020-06-11T13:50:00.000Z"}, "proposed_start_time", "not on the day of"),
        ({"proposed_end_date": None}, "proposed_end_date", "is missing"),
    ],
)  # fmt: skip
def test_a_bad_british_row(read: Read, change: dict[str, Any], field: str, words: str) -> None:
    problem = refusal(read(rows.street(**change), "street-manager"), row=1)
    assert problem.field.rpartition(".")[2] == field
    assert words in problem.problem
