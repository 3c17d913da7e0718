"""Each source's shape comes to the same permit; rows are invented."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import permit_rows as rows
import pytest
import shapely
from pyproj import Geod

from pipewarden.sense.facts import Method, Party, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.sense.facts import Permit, PermitList

    Read = Callable[..., PermitList]

GEOD = Geod(ellps="WGS84")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def only(found: PermitList) -> Permit:
    assert found.report.refused == ()
    assert len(found.permits) == 1
    return found.permits[0]


def square_metres(one: Permit) -> float:
    assert one.area is not None
    area = shapely.from_wkb(one.area)
    assert area.is_valid
    return abs(GEOD.geometry_area_perimeter(area)[0])


def test_taipei(read: Read) -> None:
    one = only(read([rows.taipei()], "taipei-dig"))
    assert (one.source, one.source_id, one.zone) == ("taipei-dig", "113999001", "Asia/Taipei")
    assert (one.valid_from, one.valid_until) == (utc(2024, 6, 16, 16), utc(2024, 6, 19, 16))
    assert (one.method, one.hours, one.urgent) == (Method.OPEN_CUT, ((540, 960),), False)
    assert one.parties == (
        Party(Role.CONTRACTOR, "某某營造有限公司", "0000000000"),
        Party(Role.OWNER, "某單位"),
    )
    assert one.area is None
    assert shapely.from_wkb(one.line).equals(shapely.Point(121.52, 25.04))


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("日間施工9時30分至16時，巷弄假日不施工", ((570, 960),)),
        ("自09時00分至17時00分", ((540, 1020),)),
        ("自00時00分至23時59分", ((0, 1440),)),
        ("0800至1700", ((480, 1020),)),
        ("道附人孔0900-1700;路改銑鋪2200-0600", ((540, 1020), (1320, 360))),
        ("日夜間施工24小時(施工車輛避開上下尖峰時段7~9)", ((0, 1440),)),
        ("10時至15時(工作井24小時占用道路)", ((600, 900),)),
    ],
)
def test_hours_in_words(read: Read, words: str, hours: tuple[tuple[int, int], ...]) -> None:
    found = read([rows.taipei(CO_TI=words)], "taipei-dig")
    assert only(found).hours == hours
    assert [one.field for one in found.report.warned] == ["LON, LAT"]


@pytest.mark.parametrize("words", ["依交維計畫訂定時間施工", "25時至26時", "9時75分至16時", "9時至24時30分"])
def test_hours_that_are_not_read_are_said(read: Read, words: str) -> None:
    found = read([rows.taipei(CO_TI=words)], "taipei-dig")
    assert (only(found).hours, only(found).hours_words) == ((), words)
    assert [one.words for one in found.report.warned if one.field == "CO_TI"] == [
        f"the hours are not read, all day counts: {words}"
    ]


def test_urgent_works_of_taipei(read: Read) -> None:
    found = read([rows.taipei(PURP="搶修", WITEM="")], "taipei-dig")
    assert (only(found).urgent, only(found).method, found.report.urgent) == (True, Method.EXCAVATION, 1)


def test_a_one_call_ticket(read: Read) -> None:
    one = only(read(rows.ticket(), "usan811"))
    assert (one.source_id, one.revision, one.status) == ("2026091500019", "000", "Original")
    assert (one.valid_from, one.valid_until) == (utc(2026, 9, 20, 0, 1), utc(2026, 10, 14, 7))
    assert one.depth_m == pytest.approx(84 * 0.0254, abs=1e-4)
    assert one.parties[0] == Party(Role.CONTRACTOR, "Invented Digging", "0")
    assert one.width_m is None
    assert shapely.from_wkb(one.area).equals(shapely.from_wkt(rows.WKT))
    assert (one.method, one.machines, one.urgent) == (Method.EXCAVATION, (), False)


@pytest.mark.parametrize(
    ("change", "method"),
    [
        ({"Explosives": "true", "Boring": "true"}, Method.BLASTING),
        ({"Boring": "true"}, Method.TRENCHLESS),
        ({"ExcavationMethod": "Trenching"}, Method.OPEN_CUT),
        ({"ExcavationMethod": "Auger"}, Method.DRILLING),
        ({"ExcavationMethod": "Unknown"}, Method.OTHER),
    ],
)
def test_methods_of_a_ticket(read: Read, change: dict[str, str], method: Method) -> None:
    assert only(read(rows.ticket(**change), "usan811")).method is method


def test_a_ticket_without_an_area_takes_its_own_size(read: Read) -> None:
    one = only(read(rows.ticket(WKT="", ExcavationMethod="Backhoe"), "usan811"))
    radius = 35 * 0.3048
    assert one.width_m == pytest.approx(2 * radius, abs=1e-3)
    assert square_metres(one) == pytest.approx(math.pi * radius**2, rel=0.01)
    assert shapely.from_wkb(one.area).centroid.distance(shapely.Point(-122.2695, 38.0905)) < 1e-7
    assert one.machines == ("excavator",)


def test_a_ticket_with_neither_area_nor_size_stays_a_point(read: Read) -> None:
    found = read(rows.ticket(WKT="", ExcavationSize="5215 Sq Ft"), "usan811")
    assert (only(found).area, only(found).width_m) == (None, None)
    assert {one.field.rpartition(".")[2] for one in found.report.warned} == {"ExcavationSize", "Latitude"}


def test_emergency_and_cancelled_tickets(read: Read) -> None:
    assert only(read(rows.ticket(IsEmergency="true"), "usan811")).urgent
    assert only(read(rows.ticket(TicketType="Emergency"), "usan811")).urgent
    found = read(rows.ticket(TicketStatus="Cancel"), "usan811")
    assert found.permits == ()
    assert [one.words for one in found.report.passed] == ["the ticket is cancelled"]


def test_dig_sites_as_gml(read: Read) -> None:
    found = read(rows.dig_site(), "usan811-gml")
    one = only(found)
    assert (one.source_id, one.valid_from, found.report.undated) == ("2026-000", None, 1)
    assert shapely.from_wkb(one.area).bounds == pytest.approx((-122.27, 38.09, -122.269, 38.091))
    assert not one.covers(utc(2026, 9, 20))


def test_a_french_declaration(read: Read) -> None:
    one = only(read(rows.french(rows.dict_()), "fr-dtdict"))
    assert (one.valid_from, one.valid_until) == (utc(2026, 3, 31, 22), utc(2026, 7, 9, 22))
    assert (one.method, one.machines, one.depth_m) == (Method.EXCAVATION, ("excavator",), 2.0)
    assert [(party.role, party.name) for party in one.parties] == [
        (Role.CONTRACTOR, "Inventé SA"),
        (Role.OWNER, "Commune inventée"),
    ]
    assert shapely.from_wkb(one.area).bounds == pytest.approx((2.301, 47.8994, 2.303, 47.9007))


def test_the_dict_part_of_a_joint_declaration_is_the_row(read: Read) -> None:
    part = rows.dict_().replace("t:DICT>", "t:partieDICT>")
    joint = f"<t:dtDictConjointes><t:partieDT>{rows.emprise()}</t:partieDT>{part}</t:dtDictConjointes>"
    found = read(rows.french(joint), "fr-dtdict")
    assert (found.report.read, only(found).source_id) == (1, "1T")


@pytest.mark.parametrize(
    ("hour", "halves", "last"), [("08:00", "4", 25), ("08:00", "3", 25), ("13:30", "4", 26), ("13:30", "1", 24)]
)
def test_french_urgent_works_count_half_days(read: Read, hour: str, halves: str, last: int) -> None:
    found = read(rows.french(rows.atu(hour=f"{hour}:00.000+02:00", halves=halves)), "fr-dtdict")
    one = only(found)
    assert (one.urgent, found.report.urgent, one.method) == (True, 1, Method.EXCAVATION)
    assert (one.valid_from, one.valid_until) == (utc(2026, 8, 23, 22), utc(2026, 8, last, 22))


def test_urgent_works_that_are_over_and_projects_are_said(read: Read) -> None:
    found = read(rows.french(rows.atu(over="true")), "fr-dtdict")
    assert [one.words for one in found.report.warned] == ["the urgent works are said to be over"]
    project = rows.dict_().replace("t:DICT>", "t:DT>").replace("travauxEtLeurCalendrier", "projetEtSonCalendrier")
    found = read(rows.french(project), "fr-dtdict")
    assert [one.field for one in found.report.warned] == ["@row"]


def test_two_french_areas_are_one_place(read: Read) -> None:
    near = "2.3020,47.9000 2.3040,47.9000 2.3030,47.8990 2.3020,47.9000"
    far = "2.3100,47.9000 2.3110,47.9000 2.3110,47.8990 2.3100,47.9000"
    one = only(read(rows.french(rows.dict_(ground=rows.emprise("EPSG:4171", rows.RING, near, far))), "fr-dtdict"))
    area = shapely.from_wkb(one.area)
    assert (area.geom_type, len(area.geoms), area.is_valid) == ("MultiPolygon", 2, True)


def test_a_british_permit(read: Read) -> None:
    found = read(rows.street(), "street-manager")
    one = only(found)
    assert (one.source_id, one.revision, one.status) == ("TSR99-01", "1", "granted")
    assert (one.valid_from, one.valid_until) == (utc(2020, 6, 9, 23), utc(2020, 6, 12, 23))
    line = shapely.from_wkb(one.line)
    assert GEOD.geometry_length(line) == pytest.approx(50, rel=0.001)
    assert line.coords[0] == pytest.approx((-0.128354, 51.503991), abs=1e-5)
    assert len(found.report.warned) == 1


def test_british_times_beside_the_days_count(read: Read) -> None:
    told = rows.street(proposed_start_time="2020-06-10T13:50:00.000Z", proposed_end_time="2020-06-12T09:00:00.000Z")
    one = only(read(told, "street-manager"))
    assert (one.valid_from, one.valid_until) == (utc(2020, 6, 10, 13, 50), utc(2020, 6, 12, 9))


@pytest.mark.parametrize("ends", ["2020-06-12T23:00:00.000Z", "2020-06-12T22:59:00.000Z", "2020-06-12T22:59:59.000Z"])
def test_midnight_as_a_british_time_is_the_end_of_the_day(read: Read, ends: str) -> None:
    assert only(read(rows.street(proposed_end_time=ends), "street-manager")).valid_until == utc(2020, 6, 12, 23)


@pytest.mark.parametrize(
    "change",
    [{"permit_status": "refused"}, {"cancelled": "Yes"}, {"work_status_ref": "completed"}, {"activity_type": "event"}],
)
def test_british_rows_that_are_no_permit(read: Read, change: dict[str, str]) -> None:
    report = read(rows.street(**change), "street-manager").report
    assert (report.taken, len(report.passed), report.whole) == (0, 1, True)


def test_british_immediate_works_and_permits_that_are_asked_for(read: Read) -> None:
    found = read(rows.street(work_category_ref="immediate_urgent", permit_status="submitted"), "street-manager")
    assert only(found).urgent
    assert "the permit is not granted yet" in [one.words for one in found.report.warned]


def test_zurich(read: Read) -> None:
    found = read(rows.features(rows.zurich()), "zurich-tiefbau")
    one = only(found)
    assert (one.valid_from, one.valid_until) == (utc(2015, 2, 8, 23), utc(2015, 9, 28, 22))
    assert (one.method, one.work, one.place) == (Method.OPEN_CUT, "Kanalersatz in offener Bauweise", "Musterstrasse")
    assert shapely.from_wkb(one.area).equals(shapely.Polygon(rows.SQUARE))
    assert (found.report.areas, found.report.warned) == (1, ())


def test_overlapping_parts_of_one_area_are_united(read: Read) -> None:
    row = rows.zurich()
    moved = [[x + 0.005, y] for x, y in rows.SQUARE]
    row["geometry"] = {"type": "MultiPolygon", "coordinates": [[rows.SQUARE], [moved]]}
    area = shapely.from_wkb(only(read(rows.features(row), "zurich-tiefbau")).area)
    assert (area.geom_type, area.is_valid) == ("Polygon", True)
    assert area.area == pytest.approx(1.5e-4, rel=1e-6)


def test_san_francisco(read: Read) -> None:
    told = rows.features(
        rows.sewer(),
        rows.sewer(id_a="P-2", scope="Line (E) 8in main"),
        rows.sewer(id_a="P-3", scope="(E) to remain"),
        rows.sewer("Point", id_a="5", scope="Mortar (E) manhole"),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    )
    found = read(told, "sf-sewer")
    report = found.report
    assert (report.read, report.taken, len(report.passed), report.areas, report.undated) == (4, 3, 1, 0, 3)
    assert report.by_method == {Method.EXCAVATION: 1, Method.TRENCHLESS: 1, Method.OTHER: 1}
    assert (report.begins, report.ends, report.whole) == (None, None, True)
    assert {one.words for one in report.warned if one.field == "geometry"} == {
        "a line without a width: kept as it is, it covers no ground until somebody draws the area",
        "a point without a width: kept as it is, it covers no ground until somebody draws the area",
    }


def test_road_events(read: Read) -> None:
    told = rows.features(
        rows.road_event(types_of_work=[{"type_name": "painting"}, {"type_name": "below-road-work"}]),
        rows.road_event(core_details={"event_type": "detour"}) | {"id": "e2"},
        rows.road_event(is_end_date_verified=False) | {"id": "e3"},
    )
    found = read(told, "wzdx")
    assert [one.method for one in found.permits] == [Method.EXCAVATION, Method.OTHER]
    assert (found.permits[0].valid_from, found.permits[0].valid_until) == (utc(2026, 1, 1, 14), utc(2026, 1, 5, 23))
    assert found.permits[0].place == "I-1"
    assert [one.words for one in found.report.passed] == ["no work zone"]
    assert "the end is not verified" in [one.words for one in found.report.warned]
