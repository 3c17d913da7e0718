"""The declared reference system: never guessed, never contradicted, never out of its area."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS, Transformer

from pipewarden.kit.errors import InputError
from pipewarden.network.rules import crs, gcj

LANGFANG = np.array([[116.70, 39.50], [116.75, 39.55]])


def project(code: str, lonlat: np.ndarray) -> np.ndarray:
    there = Transformer.from_crs("OGC:CRS84", code, always_xy=True)
    return np.column_stack(there.transform(lonlat[:, 0], lonlat[:, 1]))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("EPSG:4547", "EPSG:4547"),
        ("epsg:4490", "EPSG:4490"),
        (" 4548 ", "EPSG:4548"),
        ("gcj02", "GCJ-02"),
        ("GCJ_02", "GCJ-02"),
        ("bd-09", "BD-09"),
        ("BD09LL", "BD-09"),
        (CRS.from_epsg(4547).to_wkt(), "EPSG:4547"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
    ],
)
def test_what_can_be_declared(words: str, name: str) -> None:
    assert crs.declare(words).name == name


def test_a_city_grid_of_its_own_can_be_declared() -> None:
    grid = "+proj=tmerc +lat_0=0 +lon_0=116.68 +k=1 +x_0=40000 +y_0=-4300000 +ellps=GRS80 +units=m"
    declared = crs.declare(grid)
    assert declared.projected
    local = project(grid, LANGFANG)
    assert np.abs(crs.to_wgs84(declared, local) - LANGFANG).max() < 1e-9


@pytest.mark.parametrize("words", [None, "", "   "])
def test_nothing_declared_is_an_error_that_teaches(words: str | None) -> None:
    with pytest.raises(InputError) as caught:
        crs.declare(words)
    assert caught.value.field == "--crs"
    assert "never guessed" in caught.value.problem
    assert "EPSG:4547" in caught.value.fix


@pytest.mark.parametrize("words", ["bogus", "EPSG:999999", "WGS-48", "4326 4547"])
def test_an_unknown_system_is_an_error(words: str) -> None:
    with pytest.raises(InputError, match="PROJ does not know"):
        crs.declare(words)


@pytest.mark.parametrize("words", ["EPSG:5773", "EPSG:4978"])
def test_a_height_or_an_earth_centred_system_is_no_map(words: str) -> None:
    with pytest.raises(InputError, match="not a geographic or projected"):
        crs.declare(words)


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:4490", "EPSG:4548", "EPSG:3857", "EPSG:32650", "EPSG:4527"])
def test_coordinates_come_back_as_longitude_and_latitude(code: str) -> None:
    declared = crs.declare(code)
    assert np.abs(crs.to_wgs84(declared, project(code, LANGFANG)) - LANGFANG).max() < 1e-8


def test_shifted_coordinates_come_back() -> None:
    assert np.abs(crs.to_wgs84(crs.declare("GCJ-02"), gcj.wgs84_to_gcj02(LANGFANG)) - LANGFANG).max() < 1e-9
    assert np.abs(crs.to_wgs84(crs.declare("BD-09"), gcj.wgs84_to_bd09(LANGFANG)) - LANGFANG).max() < 1e-9


def test_metres_declared_as_degrees_are_told() -> None:
    with pytest.raises(InputError, match="look like metres of a projection"):
        crs.check_area(crs.declare("EPSG:4326"), project("EPSG:4548", LANGFANG))
    with pytest.raises(InputError, match="look like metres"):
        crs.check_area(crs.declare("GCJ-02"), project("EPSG:4548", LANGFANG))


def test_swapped_axes_are_told() -> None:
    with pytest.raises(InputError, match="axes look swapped"):
        crs.check_area(crs.declare("EPSG:4326"), LANGFANG[:, ::-1])


@pytest.mark.parametrize("code", ["EPSG:4548", "EPSG:4527", "EPSG:32650"])
def test_north_before_east_as_chinese_surveys_write_it_is_told(code: str) -> None:
    with pytest.raises(InputError, match="axes look swapped"):
        crs.check_area(crs.declare(code), project(code, LANGFANG)[:, ::-1])


def test_another_zone_is_told() -> None:
    with pytest.raises(InputError, match=r"is meant for|cannot hold"):
        crs.check_area(crs.declare("EPSG:4527"), project("EPSG:4548", LANGFANG))


def test_a_zone_without_its_number_cannot_be_told_from_its_neighbour() -> None:
    """Eastings around 500 km fit every zone: this is why the shift against the active version is checked too."""
    crs.check_area(crs.declare("EPSG:4547"), project("EPSG:4548", LANGFANG))


def test_degrees_declared_as_a_zone_are_told() -> None:
    with pytest.raises(InputError, match="look like degrees"):
        crs.check_area(crs.declare("EPSG:4548"), LANGFANG)


def test_shifted_coordinates_exist_in_china_only() -> None:
    with pytest.raises(InputError, match="in China only"):
        crs.check_area(crs.declare("GCJ-02"), np.array([[7.88, 48.45]]))


def test_the_right_declaration_passes() -> None:
    crs.check_area(crs.declare("EPSG:4548"), project("EPSG:4548", LANGFANG))
    crs.check_area(crs.declare("BD-09"), gcj.wgs84_to_bd09(LANGFANG))
    crs.check_area(crs.declare("EPSG:4326"), np.empty((0, 2)))


def test_one_stray_row_in_a_hundred_does_not_condemn_the_file() -> None:
    many = np.vstack([np.tile(LANGFANG, (100, 1)), [[999.0, 999.0]]])
    crs.check_area(crs.declare("EPSG:4326"), many)


def test_a_file_that_says_nothing_or_the_same_is_quiet() -> None:
    assert crs.check_own(crs.declare("EPSG:4326"), None, LANGFANG) is None
    assert crs.check_own(crs.declare("EPSG:4326"), "urn:ogc:def:crs:OGC:1.3:CRS84", LANGFANG) is None
    assert crs.check_own(crs.declare("EPSG:4548"), CRS.from_epsg(4548).to_wkt(), LANGFANG) is None
    esri = CRS.from_epsg(4548).to_wkt("WKT1_ESRI")  # other names for the same system
    assert "the same as EPSG:4548" in (
        crs.check_own(crs.declare("EPSG:4548"), esri, project("EPSG:4548", LANGFANG)) or ""
    )


def test_the_same_within_ten_centimetres_is_allowed_and_said() -> None:
    remark = crs.check_own(crs.declare("EPSG:4490"), "EPSG:4326", LANGFANG)
    assert remark is not None
    assert "within 0.1 m" in remark


def test_a_contradiction_names_both() -> None:
    with pytest.raises(InputError, match=r"EPSG:4326 was declared, but the file itself says EPSG:4548"):
        crs.check_own(crs.declare("EPSG:4326"), "EPSG:4548", project("EPSG:4548", LANGFANG))
    with pytest.raises(InputError, match="GCJ-02 was declared, but the file itself says EPSG:4548"):
        crs.check_own(crs.declare("GCJ-02"), "EPSG:4548", LANGFANG)


def test_gcj02_over_a_tag_of_wgs84_is_allowed_and_said() -> None:
    remark = crs.check_own(crs.declare("GCJ-02"), "EPSG:4326", LANGFANG)
    assert remark is not None
    assert "GCJ-02 counts" in remark


def test_an_unreadable_tag_is_said() -> None:
    remark = crs.check_own(crs.declare("EPSG:4326"), 'LOCAL_CS["somewhere', LANGFANG)
    assert remark is not None
    assert "cannot be read" in remark


def test_degrees_declared_as_metres_are_refused() -> None:
    with pytest.raises(InputError, match="look like degrees"):
        crs.check_area(crs.declare("EPSG:3857"), np.array([[116.7, 39.5], [116.71, 39.53]]))
    crs.check_area(crs.declare("EPSG:3857"), np.array([[0.0, 0.0], [116.71, 395.3]]))
