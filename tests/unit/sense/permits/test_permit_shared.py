"""The real lists: every row is taken, refused or passed over, and docs/permits.md says the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import shapely

from pipewarden.sense import service
from pipewarden.sense.adapters.permits.files import PermitFiles

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.sense.facts import PermitList

pytestmark = pytest.mark.shared
LISTS = {
    # (mapping, path): rows read, taken, refused, no permit, urgent, areas, undated
    ("taipei-dig", "taipei_dig/dig_taipei_cases.json"): (38, 38, 0, 0, 1, 0, 0),
    ("usan811", "usan811/CA_ticket.xml"): (1, 1, 0, 0, 0, 1, 0),
    ("usan811-gml", "usan811/CA_option2.gml"): (1, 1, 0, 0, 0, 1, 1),
    ("fr-dtdict", "fr_dtdict"): (2, 2, 0, 0, 0, 2, 0),
    ("street-manager", "street_manager"): (2, 1, 0, 1, 0, 0, 0),
    ("zurich-tiefbau", "zurich_city/tiefbaustelle.geojson"): (53, 53, 0, 0, 0, 53, 0),
    ("sf-sewer", "sf_sewer_works/1070I_sw_lines.geojson"): (813, 673, 0, 140, 0, 0, 673),
    ("sf-sewer", "sf_sewer_works/1070I_sw_points.geojson"): (152, 90, 0, 62, 0, 0, 90),
    ("wzdx", "wzdx/scenario1_simple_linestring_example.geojson"): (5, 5, 0, 0, 0, 0, 0),
}


def read(shared_data: Path, mapping: str, path: str) -> PermitList:
    return service.read_permits(PermitFiles(), shared_data / "geo" / "permits" / path, mapping)


@pytest.mark.parametrize(("mapping", "path"), LISTS)
def test_a_real_list(shared_data: Path, mapping: str, path: str) -> None:
    found = read(shared_data, mapping, path)
    one = found.report
    counts = (one.read, one.taken, len(one.refused), len(one.passed), one.urgent, one.areas, one.undated)
    assert counts == LISTS[mapping, path]
    for permit in found.permits:
        ground = shapely.from_wkb(permit.area or permit.line)
        assert ground.is_valid
        assert (permit.area is None) is (ground.geom_type not in {"Polygon", "MultiPolygon"})


@pytest.mark.parametrize(("mapping", "path"), LISTS)
def test_a_real_list_is_the_same_in_four_server_zones(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, mapping: str, path: str
) -> None:
    found = []
    try:
        for zone in ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            found.append(read(shared_data, mapping, path))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert all(one == found[0] for one in found[1:])


def test_the_edges_of_real_permits(shared_data: Path) -> None:
    """The first and last moment of one permit of each dated list, worked out by hand from the file."""
    begun = {
        ("taipei-dig", "taipei_dig/dig_taipei_cases.json"): ("2022-12-25T16:00", "2024-07-15T16:00"),  # to 113/07/15
        ("usan811", "usan811/CA_ticket.xml"): ("2022-09-20T00:01", "2022-10-14T07:00"),  # to the end of 10-13
        ("fr-dtdict", "fr_dtdict"): ("2016-03-31T22:00", "2016-07-09T22:00"),  # 100 days from 1 April
        ("street-manager", "street_manager"): ("2020-06-10T13:50", "2020-06-12T23:00"),
        ("zurich-tiefbau", "zurich_city/tiefbaustelle.geojson"): ("2014-10-05T22:00", "2015-04-30T22:00"),
        ("wzdx", "wzdx/scenario1_simple_linestring_example.geojson"): ("2010-01-01T01:00", "2010-01-02T01:00"),
    }  # fmt: skip
    for (mapping, path), edges in begun.items():
        one = read(shared_data, mapping, path).permits[0]
        assert one.valid_from is not None
        assert one.valid_until is not None
        assert tuple(f"{at:%Y-%m-%dT%H:%M}" for at in (one.valid_from, one.valid_until)) == edges, mapping
