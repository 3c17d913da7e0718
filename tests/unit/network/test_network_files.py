"""Every format on disk, and every way it can be broken."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import shapely

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters import FileReader, archive, dbf, files, limits, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.network.facts import Layer

READER = FileReader()
LINES = ["LINESTRING (0 0, 100 0)", "LINESTRING (0 20, 100 20)"]
NAMES = ["管线甲", "管线乙"]


@dataclass(frozen=True)
class Maker:
    """Writes the same two pipes in any format."""

    folder: Path
    town: Town

    def write(
        self, name: str, driver: str, *, crs: str | None = "EPSG:4326", encoding: str | None = None, **more: object
    ) -> Path:
        path = self.folder / name
        wkb = np.array([shapely.to_wkb(self.town.shape(shapely.from_wkt(text))) for text in LINES], dtype=object)
        fields = ["名称", "pressure", "管径"]
        data = [np.array(NAMES, dtype=object), np.array(["低压", "高压"], dtype=object), np.array([110.0, 500.0])]
        options = {"encoding": encoding} if encoding else {}
        pyogrio.raw.write(
            str(path), wkb, data, fields, geometry_type="LineString", crs=crs, driver=driver, **options, **more
        )
        return path

    def shapefile(self, name: str, encoding: str = "UTF-8") -> Path:
        return self.write(f"{name}.shp", "ESRI Shapefile", encoding=encoding)


@pytest.fixture
def maker(tmp_path: Path, town: Town) -> Maker:
    return Maker(tmp_path, town)


def assert_two_pipes(layer: Layer) -> None:
    assert [s.geom_type for s in layer.shapes] == ["LineString", "LineString"]
    assert layer.columns["名称"].tolist() == NAMES
    assert layer.columns["pressure"].tolist() == ["低压", "高压"]
    assert layer.columns["管径"].tolist() == [110.0, 500.0]


def test_geojson(maker: Maker) -> None:
    layer = READER.read(maker.write("a.geojson", "GeoJSON"))
    assert_two_pipes(layer)
    assert layer.source == "a.geojson"


def test_geojson_says_its_system_only_by_its_own_member(maker: Maker, town: Town) -> None:
    plain = town.geojson(maker.folder / "plain.geojson", [town.feature(LINES[0], 名称="甲")])
    assert READER.read(plain).own_crs is None
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    first = town.geojson(maker.folder / "first.geojson", [town.feature(LINES[0])], crs=member)
    assert READER.read(first).own_crs == "urn:ogc:def:crs:EPSG::4547"
    body = {"type": "FeatureCollection", "features": [town.feature(LINES[0])], "crs": member}
    last = maker.folder / "last.json"
    last.write_text(json.dumps(body), encoding="utf-8")
    assert READER.read(last).own_crs == "urn:ogc:def:crs:EPSG::4547"


def test_geojson_with_a_byte_order_mark(maker: Maker) -> None:
    path = maker.write("a.geojson", "GeoJSON")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert_two_pipes(READER.read(path))


def test_geopackage(maker: Maker) -> None:
    layer = READER.read(maker.write("a.gpkg", "GPKG", crs="EPSG:4490"))
    assert_two_pipes(layer)
    assert layer.own_crs == "EPSG:4490"


def test_geopackage_with_two_layers(maker: Maker) -> None:
    path = maker.write("a.gpkg", "GPKG", layer="管线")
    maker.write("a.gpkg", "GPKG", layer="more", append=True)
    layer = READER.read(path)
    assert len(layer.shapes) == 4
    assert layer.columns["layer"].tolist() == ["管线", "管线", "more", "more"]


def test_layers_of_two_systems_are_refused(maker: Maker) -> None:
    path = maker.write("a.gpkg", "GPKG", layer="one")
    maker.write("a.gpkg", "GPKG", layer="two", append=True, crs="EPSG:4490")
    with pytest.raises(InputError, match="different reference systems"):
        READER.read(path)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_shapefile_with_cpg(maker: Maker, encoding: str) -> None:
    layer = READER.read(maker.shapefile("a", encoding))
    assert_two_pipes(layer)
    assert layer.remarks == ()
    assert layer.own_crs == "EPSG:4326"


def set_language(path: Path, language: int) -> None:
    with path.open("r+b") as file:
        file.seek(29)
        file.write(bytes([language]))


def test_shapefile_in_gbk_told_by_its_language_byte(maker: Maker) -> None:
    path = maker.shapefile("a", "GBK")
    path.with_suffix(".cpg").unlink()
    set_language(path.with_suffix(".dbf"), 0x4D)
    layer = READER.read(path)
    assert_two_pipes(layer)
    assert layer.remarks == ()


@pytest.mark.parametrize(("encoding", "told"), [("GBK", "gb18030"), ("UTF-8", "utf-8")])
def test_shapefile_that_says_nothing_is_tried_and_told(maker: Maker, encoding: str, told: str) -> None:
    path = maker.shapefile("a", encoding)
    path.with_suffix(".cpg").unlink()
    set_language(path.with_suffix(".dbf"), 0x57)
    layer = READER.read(path)
    assert_two_pipes(layer)
    assert told in layer.remarks[0]


@pytest.mark.parametrize(
    ("words", "codec"),
    [("UTF-8", "utf-8"), ("GBK", "gb18030"), ("936", "gb18030"), ("CP936", "gb18030"), ("ANSI 936", "gb18030"),
     ("gb2312", "gb18030"), ("65001", "utf-8"), ("ISO-8859-1", "latin-1"), ("Klingon", None)],
)  # fmt: skip
def test_what_cpg_may_say(tmp_path: Path, words: str, codec: str | None) -> None:
    (tmp_path / "a.cpg").write_text(words, encoding="ascii")
    found, _ = dbf.encoding_of(tmp_path / "a.shp")
    assert found == codec or (found is not None and codec is not None and "".encode(found) == "".encode(codec))


def test_a_character_cut_by_the_fields_width_does_not_spoil_the_text() -> None:
    raw = "燃气管线".encode("gb18030")[:-1].decode("latin-1")
    assert dbf._text(raw, "gb18030") == "燃气管"
    assert dbf._text("燃气".encode()[:-1].decode("latin-1"), "utf-8") == "燃"
    assert dbf._text(b"\xff\xfe bad \xff".decode("latin-1"), "utf-8") == "�� bad �"


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_a_companion_names_it(maker: Maker, suffix: str) -> None:
    path = maker.shapefile("a")
    path.with_suffix(suffix).unlink()
    with pytest.raises(InputError) as caught:
        READER.read(path)
    assert f"a{suffix} is missing" in caught.value.problem


def test_a_shapefile_may_be_named_by_its_table(maker: Maker) -> None:
    assert_two_pipes(READER.read(maker.shapefile("a").with_suffix(".dbf")))


def test_kml(maker: Maker) -> None:
    path = maker.folder / "a.kml"
    coordinates = " ".join(f"{x},{y}" for x, y in maker.town.lonlat([(0, 0), (50, 0)]))
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<name>中压管</name><LineString><coordinates>{coordinates}</coordinates></LineString></Placemark></Document></kml>",
        encoding="utf-8",
    )
    layer = READER.read(path)
    assert layer.columns["Name"].tolist() == ["中压管"]
    assert layer.own_crs == "EPSG:4326"
    assert layer.shapes[0].geom_type == "LineString"


@pytest.mark.parametrize(
    ("page", "encoding"), [("", "utf-8"), ("9\n$DWGCODEPAGE\n3\nANSI_936\n", "gbk"), ("", "gbk"), ("", "ascii")]
)
def test_dxf(maker: Maker, page: str, encoding: str) -> None:
    path = maker.folder / "a.dxf"
    name = "MP" if encoding == "ascii" else "中压"
    entity = f"0\nLINE\n8\n{name}\n10\n500000.0\n20\n4370000.0\n11\n500100.0\n21\n4370000.0\n"
    header = f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n{page}0\nENDSEC\n"
    path.write_text(f"{header}0\nSECTION\n2\nENTITIES\n{entity}0\nENDSEC\n0\nEOF\n", encoding=encoding)
    layer = READER.read(path)
    assert layer.columns["Layer"].tolist() == [name]
    assert layer.own_crs is None
    assert layer.shapes[0].length == pytest.approx(100.0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_wkt(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    rows = [["编号", "WKT", "压力"], ["1", '"LINESTRING (116.7 39.5, 116.71 39.5)"', "中压"], ["2", "", ""]]
    path.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding="utf-8-sig")
    layer = READER.read(path)
    assert layer.columns["编号"].tolist() == ["1", "2"]
    assert layer.columns["压力"].tolist() == ["中压", None]
    assert layer.shapes[0].geom_type == "LineString"
    assert layer.shapes[1] is None


def test_csv_in_gbk_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('编号,geometry\n甲,"LINESTRING (116.7 39.5, 116.71 39.5)"\n'.encode("gbk"))
    layer = READER.read(path)
    assert layer.columns["编号"].tolist() == ["甲"]
    assert layer.remarks == ("the text was read as GB 18030",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,x,y\n1,2,3\n", "has no WKT column"),
        ("id,wkt\n1,POINT (1 1),extra\n", "row 1"),
        ('id,wkt\n1,"POINT (1 1)\n', "not a whole CSV"),
        ("id,wkt\n", "has no rows"),
    ],
)
def test_a_bad_csv(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        READER.read(path)
    assert words in str(caught.value)


def test_opendatasoft_records(tmp_path: Path, town: Town) -> None:
    record = {"geo_point_2d": {"lon": 1, "lat": 2}, "geo_shape": town.feature(LINES[0]), "asset_id": "A", "x": {"y": 1}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([record, {"asset_id": "B", "geo_shape": None}]), encoding="utf-8")
    layer = READER.read(path)
    assert layer.columns["asset_id"].tolist() == ["A", "B"]
    assert layer.columns["x"].tolist() == ['{"y": 1}', None]
    assert layer.shapes[0].geom_type == "LineString"
    assert layer.shapes[1] is None
    assert layer.own_crs == "EPSG:4326"


@pytest.mark.parametrize("text", ["[1, 2]", "[]", "[{", '{"type": "FeatureCollection", "features": ['])
def test_json_that_is_no_map(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.json"):
        READER.read(path)


def cut(path: Path, share: float) -> Path:
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))
    return path


BROKEN: dict[str, Callable[[Maker], Path]] = {
    "cut GeoPackage": lambda m: cut(m.write("a.gpkg", "GPKG"), 0.6),
    "cut GeoJSON": lambda m: cut(m.write("a.geojson", "GeoJSON"), 0.7),
    "cut shapefile": lambda m: cut(m.shapefile("a"), 0.6),
    "header of a GeoPackage only": lambda m: cut(m.write("a.gpkg", "GPKG"), 0.002),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_file_that_is_cut_off_is_refused(maker: Maker, name: str) -> None:
    path = BROKEN[name](maker)
    with pytest.raises(InputError) as caught:
        READER.read(path)
    assert caught.value.field.startswith("a.")
    assert caught.value.fix


def test_a_damaged_page_of_a_geopackage_is_found(maker: Maker) -> None:
    path = maker.write("a.gpkg", "GPKG")
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 4))
    with pytest.raises(InputError, match="damaged"):
        READER.read(path)


def test_files_that_are_no_maps(tmp_path: Path) -> None:
    cases = {
        "none.geojson": (None, "no such file"),
        "empty.geojson": (b"", "is empty"),
        "text.shp": (b"hello", "not a pipe map"),
        "picture.gpkg": (b"\x89PNG\r\n\x1a\n" + b"0" * 100, "not a pipe map"),
        "virtual.geojson": (b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", "not a pipe map"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            READER.read(path)
        assert words in caught.value.problem, name
    with pytest.raises(InputError, match="no such file"):
        READER.read(tmp_path)


def test_a_valid_file_without_rows(tmp_path: Path, town: Town) -> None:
    with pytest.raises(InputError, match="no rows"):
        READER.read(town.geojson(tmp_path / "a.geojson", []))


def zip_of(path: Path, *members: Path, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for member in members:
            made.write(member, f"{folder}{member.name}")
    return path


def test_a_zipped_shapefile(maker: Maker) -> None:
    shape = maker.shapefile("管线", "GBK")
    members = [p for p in maker.folder.iterdir() if p.stem == "管线"]
    layer = READER.read(zip_of(maker.folder / "map.zip", *members, folder="导出/"))
    assert_two_pipes(layer)
    assert layer.source == "map.zip"
    assert shape.exists()


def test_a_zip_by_content_not_by_name(maker: Maker) -> None:
    made = zip_of(maker.folder / "x.zip", maker.write("a.geojson", "GeoJSON"))
    shutil.copy(made, maker.folder / "b.geojson")
    assert_two_pipes(READER.read(maker.folder / "b.geojson"))


def test_two_maps_or_none_in_a_zip(maker: Maker) -> None:
    a, b = maker.write("a.geojson", "GeoJSON"), maker.write("b.geojson", "GeoJSON")
    with pytest.raises(InputError, match="holds 2 maps"):
        READER.read(zip_of(maker.folder / "two.zip", a, b))
    note = maker.folder / "note.md"
    note.write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match="holds 0 maps"):
        READER.read(zip_of(maker.folder / "none.zip", note))


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.geojson", b"0" * 50_000_000)
    with pytest.raises(InputError, match="zip bomb"):
        READER.read(path)


def test_a_zip_that_lies_about_its_size_is_stopped_while_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.geojson", b"0" * 50_000_000)
    raw = bytearray(path.read_bytes())
    true = struct.pack("<I", 50_000_000)
    small = struct.pack("<I", 1000)
    raw[:] = bytes(raw).replace(true, small)
    path.write_bytes(bytes(raw))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(InputError):
        archive.unpack(path, folder)
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 1_048_576


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as made:
        for n in range(limits.MOST_MEMBERS + 1):
            made.writestr(f"{n}.txt", b"")
    with pytest.raises(InputError, match="members are more than"):
        READER.read(path)


def test_nothing_is_written_outside_the_folder(tmp_path: Path, maker: Maker) -> None:
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../../evil.geojson", maker.write("a.geojson", "GeoJSON").read_bytes())
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    assert archive.unpack(path, folder) == folder / "evil.geojson"
    assert not (tmp_path / "evil.geojson").exists()


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_zip_that_is_cut_off(maker: Maker, share: float) -> None:
    with pytest.raises(InputError, match="damaged, encrypted or cut off"):
        READER.read(cut(zip_of(maker.folder / "x.zip", maker.write("a.geojson", "GeoJSON")), share))


def test_limits_are_stated_in_the_error(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    path = maker.write("a.geojson", "GeoJSON")
    monkeypatch.setattr(files, "MOST_FEATURES", 1)
    with pytest.raises(InputError, match="more than 1 rows"):
        READER.read(path)
    monkeypatch.setattr(files, "MOST_FEATURES", 10)
    monkeypatch.setattr(files, "MOST_VERTICES", 3)
    with pytest.raises(InputError, match="4 vertices are more than 3"):
        READER.read(path)
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="are more than 10"):
        READER.read(path)
    monkeypatch.setattr(tables, "MOST_FEATURES", 0)
    with pytest.raises(InputError, match="more than 0 rows"):
        tables._check_count(1, "x")


def test_a_geometry_that_cannot_be_decoded_is_none_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,wkt\n1,LINESTRING (1 1\n2,"LINESTRING (116.7 39.5, 116.8 39.5)"\n', encoding="utf-8")
    layer = READER.read(path)
    assert layer.shapes[0] is None
    assert layer.shapes[1] is not None
