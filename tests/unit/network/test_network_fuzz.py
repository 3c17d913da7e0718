"""Damaged maps and odd cells: an InputError or an honest result, never another exception."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader, dbf
from pipewarden.network.facts import PressureClass
from pipewarden.network.rules import mapping, pressure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

READER = FileReader()
DRIVERS = {"a.gpkg": "GPKG", "a.geojson": "GeoJSON", "a.shp": "ESRI Shapefile", "a.kml": "KML", "a.dxf": "DXF"}


def write(path: Path, town: Town, driver: str) -> None:
    lines = [shapely.LineString([(x, 0), (x + 30, 5)]) for x in range(0, 300, 30)]
    wkb = np.array([shapely.to_wkb(town.shape(line)) for line in lines], dtype=object)
    names = np.array([f"管线{n}" for n in range(10)], dtype=object)
    fields, data = (["Layer"], [names]) if driver == "DXF" else (["name", "压力"], [names, names])
    crs = None if driver == "DXF" else "EPSG:4326"
    pyogrio.raw.write(str(path), wkb, data, fields, geometry_type="LineString", crs=crs, driver=driver)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, town: Town) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    for name, driver in DRIVERS.items():
        write(folder / name, town, driver)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            made.write(folder / f"a{suffix}", f"b{suffix}")
    return folder


def attempt(path: Path) -> str:
    """Read, and take what was read; the outcome is a word."""
    try:
        network = service.open_file(READER, path, crs="EPSG:4326", jurisdiction="CN-GB55009")
    except InputError as error:
        return "refused" if error.field and error.problem and error.fix else "refused without a reason"
    assert network.report.accepted > 0
    return "taken"


@pytest.mark.parametrize("name", [*DRIVERS, "a.zip"])
def test_a_whole_file_is_taken(originals: Path, name: str) -> None:
    assert attempt(originals / name) == "taken"


@pytest.mark.parametrize("name", [*DRIVERS, "a.zip"])
def test_a_file_cut_anywhere_is_refused_or_honest(originals: Path, tmp_path: Path, name: str) -> None:
    whole = (originals / name).read_bytes()
    for path in originals.iterdir():
        shutil.copy(path, tmp_path)
    outcomes = []
    for share in np.linspace(0.0, 0.98, 15):
        (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
        outcomes.append(attempt(tmp_path / name))
    refused = outcomes.count("refused")
    # a drawing or a KML that stops between two entities is still a drawing; the others must always notice
    assert refused == len(outcomes) or name in {"a.dxf", "a.kml"}
    assert outcomes[0] == "refused"


@pytest.mark.parametrize("name", [*DRIVERS, "a.dbf", "a.zip"])
def test_flipped_bytes_never_crash(originals: Path, tmp_path: Path, name: str) -> None:
    whole = (originals / name).read_bytes()
    for path in originals.iterdir():
        shutil.copy(path, tmp_path)
    rng = np.random.default_rng(len(whole))
    target = tmp_path / ("a.shp" if name == "a.dbf" else name)
    for _ in range(25):
        broken = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 8000), 12):
            broken[place] = int(rng.integers(0, 256))
        (tmp_path / name).write_bytes(bytes(broken))
        assert attempt(target) in {"taken", "refused"}


@pytest.mark.parametrize(
    "magic", [b"\x00\x00\x27\x0a", b"SQLite format 3\x00", b"{", b"[", b"<kml", b"0\nSECTION\n", b"PK\x03\x04"]
)
def test_noise_behind_every_magic_word_is_refused(tmp_path: Path, magic: bytes) -> None:
    rng = np.random.default_rng(7)
    for n in range(5):
        path = tmp_path / f"n{n}.map"
        path.write_bytes(magic + rng.bytes(5000))
        assert attempt(path) == "refused"


cells = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.sampled_from(["DN300", "0.4MPa", "低压", "φ219×6", "2009-09-22", "未知", "-5", "1e400", "０．４"]),
)
GENERIC = mapping.read_mapping(READER.mapping(None)[1], "generic.yaml")
COLUMNS = ["pipe_id", "压力", "pressure_mpa", "管径", "diameter_m", "埋深", "year", "sigma_m", "材质", "类型"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), cells))
def test_any_cell_is_read_or_told(row: dict[str, object]) -> None:
    got = mapping.read_row(row, mapping.used_columns(GENERIC, COLUMNS))
    assert got.diameter_mm is None or 0 < got.diameter_mm <= 3000
    assert got.depth_m is None or 0 < got.depth_m <= 100
    assert got.sigma_m is None or 0 < got.sigma_m <= 1000
    assert got.year is None or 1800 <= got.year <= 2200
    assert got.pressure_class in PressureClass


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_any_label_has_a_class(label: str) -> None:
    assert pressure.class_of_label(label) in PressureClass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(["utf-8", "gb18030", "big5hkscs", "cp932", "cp1252"]))
def test_any_bytes_of_a_table_become_text(raw: bytes, codec: str) -> None:
    assert isinstance(dbf._text(raw.decode("latin-1"), codec), str)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="燃气管线中压ABC123", max_size=12), st.sampled_from(["utf-8", "gb18030"]), st.integers(0, 3))
def test_text_cut_by_a_field_keeps_its_whole_letters(text: str, codec: str, drop: int) -> None:
    raw = text.encode(codec)
    cut = raw[: max(0, len(raw) - drop)]
    got = dbf._text(cut.decode("latin-1"), codec)
    assert text.startswith(got) or codec == "gb18030"
    assert len(text) - len(got) <= drop
