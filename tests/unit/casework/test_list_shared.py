"""The real lists as filings of a tenant whose area lies around each; docs/permits.md says the same counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import shapely
from list_town import ListTown

from pipewarden.casework.facts import Took

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.casework.facts import ListImport
    from pipewarden.kit.work import Work

pytestmark = pytest.mark.shared
LISTS = {
    # (mapping, path, place): read, filed, left out, no permit, urgent, without area
    ("taipei-dig", "taipei_dig/dig_taipei_cases.json", None): (38, 38, 0, 0, 1, 38),
    ("usan811", "usan811/CA_ticket.xml", None): (1, 1, 0, 0, 0, 0),
    ("usan811-gml", "usan811/CA_option2.gml", None): (1, 0, 1, 0, 0, 0),
    ("fr-dtdict", "fr_dtdict", None): (2, 2, 0, 0, 0, 0),
    ("street-manager", "street_manager", None): (2, 1, 0, 1, 0, 1),
    ("zurich-tiefbau", "zurich_city/tiefbaustelle.geojson", None): (53, 53, 0, 0, 0, 0),
    ("sf-sewer", "sf_sewer_works/1070I_sw_lines.geojson", None): (813, 0, 673, 140, 0, 0),
    ("sf-sewer", "sf_sewer_works/1070I_sw_points.geojson", None): (152, 0, 90, 62, 0, 0),
    ("wzdx", "wzdx/scenario1_simple_linestring_example.geojson", "US-IA"): (5, 5, 0, 0, 0, 5),
}
AROUND = {
    "taipei-dig": (121.4, 24.9, 121.7, 25.3),
    "usan811": (-124.6, 32.5, -114.0, 42.1),
    "usan811-gml": (-124.6, 32.5, -114.0, 42.1),
    "fr-dtdict": (-5.0, 41.0, 10.0, 51.5),
    "street-manager": (-6.5, 49.8, 2.0, 56.0),
    "zurich-tiefbau": (8.4, 47.3, 8.7, 47.5),
    "sf-sewer": (-122.6, 37.6, -122.3, 37.9),
    "wzdx": (-96.7, 40.3, -90.1, 43.6),
}
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati")


def took(report: ListImport) -> tuple[int, ...]:
    counts = (report.read, report.count(Took.FILED), report.count(Took.LEFT_OUT), len(report.passed))
    return (*counts, report.urgent, report.without_area)


@pytest.mark.parametrize(("mapping", "path", "place"), LISTS)
def test_a_real_list_is_imported(work: Work, shared_data: Path, mapping: str, path: str, place: str | None) -> None:
    town, file = ListTown(work), shared_data / "geo" / "permits" / path
    town.area(*AROUND[mapping])
    report = town.file(file, mapping, place=place)
    assert (report.refused, took(report)) == ((), LISTS[mapping, path, place])
    for kept in town.filings():
        ground = shapely.from_wkb(kept.filing.works.area)
        assert (ground.geom_type in {"Polygon", "MultiPolygon"}) is (report.without_area == 0)
    again = town.file(file, mapping, place=place)
    assert again.count(Took.UNCHANGED) == report.count(Took.FILED)
    assert len(town.filings()) == report.count(Took.FILED)


def test_elsewhere_nothing_of_it_is_filed(work: Work, shared_data: Path) -> None:
    town = ListTown(work)
    town.area(116.6, 39.4, 116.8, 39.6)
    report = town.file(shared_data / "geo/permits/zurich_city/tiefbaustelle.geojson", "zurich-tiefbau")
    assert {one.words for one in report.rows} == {"outside every area of this operator"}
    assert town.filings() == []


def test_no_period_moves_with_the_servers_zone(work: Work, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    town = ListTown(work)
    try:
        for zone in ZONES:
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            for mapping, path, place in LISTS:
                town.file(shared_data / "geo" / "permits" / path, mapping, place=place)
            periods = {
                (one.filing.works.source, one.filing.works.source_id): (
                    one.filing.works.valid_from,
                    one.filing.works.valid_until,
                    one.filing.works.hours,
                )
                for one in town.filings()
            }
            found.append((len(town.filings()), periods))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found[0][0] == sum(one[1] for one in LISTS.values())
    assert all(one == found[0] for one in found), "what is read in another zone says the same, so nothing is revised"
