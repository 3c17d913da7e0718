"""Columns to attributes: units, labels, two languages, nothing defaulted."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
import yaml

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Datum, Kind, PressureClass
from pipewarden.network.rules import mapping

if TYPE_CHECKING:
    from pathlib import Path

READER = FileReader()


def shipped(name: str | None) -> mapping.FileMapping:
    source, body = READER.mapping(name)
    return mapping.read_mapping(body, source)


def read(row: dict[str, object], name: str | None = None) -> mapping.Attributes:
    return mapping.read_row(row, mapping.used_columns(shipped(name), row))


@pytest.mark.parametrize("name", ["generic", "demo", "cadent-gpi", "schutterwald", "kaohsiung", "scigrid"])
def test_every_shipped_mapping_is_valid_and_named_as_its_file(name: str) -> None:
    assert shipped(name).mapping == name
    assert shipped(name).datum is Datum.CENTRE_LINE


def test_chinese_columns() -> None:
    got = read(
        {"管线编号": "G-01", "压力级制": "次高压A", "管径": "DN300", "材质": "钢", "埋深": "1.2", "建设年代": "2011年"}
    )
    assert got.pipe_id == "G-01"
    assert got.pressure_class is PressureClass.SUB_HIGH
    assert got.pressure == "次高压A"
    assert got.diameter_mm == 300.0
    assert (got.material, got.depth_m, got.year, got.sigma_m) == ("钢", 1.2, 2011, None)
    assert got.problems == ()


def test_english_columns_in_any_case() -> None:
    got = read({"PIPE_ID": 7, "Pressure_MPa": 0.4, "Diameter_mm": 160.0, "Material": "PE100", "Accuracy_m": 0.15})
    assert got.pipe_id == "7"
    assert got.pressure_class is PressureClass.MEDIUM
    assert got.pressure == "0.4 MPa"
    assert (got.diameter_mm, got.sigma_m) == (160.0, 0.15)


def test_whole_numbers_read_as_floats_stay_whole_ids() -> None:
    assert read({"gid": 12.0}).pipe_id == "12"
    assert read({"gid": 12.5}).pipe_id == "12.5"


@pytest.mark.parametrize("empty", [None, "", "  ", "未知", "不详", "NULL", "n/a", "-", math.nan])
def test_what_is_missing_stays_unknown(empty: object) -> None:
    got = read({"管线编号": empty, "压力": empty, "管径": empty, "材质": empty, "埋深": empty, "建设年代": empty})
    assert got == mapping.Attributes(None, None, PressureClass.UNKNOWN, None, None, None, None, None, None, ())


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"diameter_mm": "big"}, "diameter"),
        ({"diameter_mm": -5}, "diameter"),
        ({"diameter_mm": 90000}, "diameter"),
        ({"depth_m": "deep"}, "depth"),
        ({"pressure": "sturdy"}, "pressure"),
        ({"year": "long ago"}, "year"),
        ({"sigma_m": 0}, "sigma"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_told(row: dict[str, object], word: str) -> None:
    got = read(row)
    assert len(got.problems) == 1
    assert got.problems[0].startswith(word)
    assert (got.pressure_class, got.diameter_mm, got.depth_m, got.year, got.sigma_m) == (
        PressureClass.UNKNOWN,
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "mm"), [("DN300", 300.0), ("φ219×6", 219.0), ("dn 110", 110.0), ("160mm", 160.0), (63, 63.0)]
)
def test_diameters_as_people_write_them(text: object, mm: float) -> None:
    assert read({"管径": text}).diameter_mm == mm


def test_an_empty_cell_falls_to_the_next_column() -> None:
    row = {"pressure_mpa": None, "pressure_class": "高压", "diameter_mm": math.nan, "dn": "DN200"}
    got = read(row)
    assert got.pressure_class is PressureClass.HIGH
    assert got.diameter_mm == 200.0


def test_columns_that_disagree_give_the_stricter_class_and_say_so() -> None:
    got = read({"pressure_mpa": 0.3, "pressure_class": "高压"}, "demo")
    assert got.pressure_class is PressureClass.HIGH
    assert "disagree" in got.problems[0]
    agree = read({"pressure_mpa": 0.3, "pressure_class": "中压"}, "demo")
    assert agree.problems == ()
    assert agree.pressure == "0.3 MPa"


def test_kinds() -> None:
    assert read({"kind": "station"}).kind is Kind.STATION
    assert read({"类型": "调压箱"}).kind is Kind.STATION
    assert read({"类型": "管段"}).kind is Kind.PIPE
    odd = read({"类型": "阴极保护桩"})
    assert odd.kind is None
    assert "阴极保护桩" in odd.problems[0]


@pytest.mark.parametrize(
    ("tier", "cls"), [("LP", "low"), ("MP", "medium"), ("IP", "sub_high"), ("HP", "high"), ("??", "unknown")]
)
def test_british_tiers(tier: str, cls: str) -> None:
    assert read({"pressure": tier}, "cadent-gpi").pressure_class == cls


@pytest.mark.parametrize(("value", "unit", "mm"), [(500.0, "MM", 500.0), (12, "IN", 304.8), (8, None, 8.0)])
def test_a_unit_of_its_own_per_row(value: float, unit: str | None, mm: float) -> None:
    got = read({"diameter": value, "diam_unit": unit}, "cadent-gpi")
    assert got.diameter_mm == pytest.approx(mm)


def test_a_unit_nobody_knows_is_told() -> None:
    got = read({"diameter": 5, "diam_unit": "CUBIT"}, "cadent-gpi")
    assert got.diameter_mm is None
    assert "cubit" in got.problems[0]


def test_an_accuracy_the_source_states_for_the_whole_file() -> None:
    assert read({"ID": 100, "NAME": "欣高"}, "kaohsiung").sigma_m == 30.0
    assert read({"ID": 100}, "kaohsiung").pipe_id is None


@pytest.mark.shared
def test_the_cadent_record(shared_data: Path) -> None:
    record = json.loads((shared_data / "geo/network/cadent_gpi_sample/one_record.json").read_text(encoding="utf-8"))[0]
    got = read(record, "cadent-gpi")
    assert got.pipe_id == "CDT1274021173"
    assert (got.pressure_class, got.pressure) == (PressureClass.LOW, "LP")
    assert (got.diameter_mm, got.material, got.depth_m, got.year) == (500.0, "PE", None, 2009)


def body(**change: object) -> dict[str, object]:
    good: dict[str, object] = yaml.safe_load(
        """
        mapping: mine
        columns:
          id: {columns: [nr]}
          pressure: {columns: [p], unit: bar}
        """
    )
    return good | change


def test_a_users_own_mapping(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(body(datum="outer_edge", points="station")), encoding="utf-8")
    source, content = READER.mapping(str(path))
    own = mapping.read_mapping(content, source)
    assert (own.datum, own.points, own.polygons) == (Datum.OUTER_EDGE, "station", "reject")
    got = mapping.read_row({"nr": "x", "p": "16"}, mapping.used_columns(own, ["nr", "p"]))
    assert (got.pipe_id, got.pressure_class, got.pressure) == ("x", PressureClass.SUB_HIGH, "16 bar")


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"colour": "red"}, "colour", "Extra inputs"),
        ({"points": "pipe"}, "points", "station"),
        ({"columns": {"girth": {"columns": ["x"]}}}, "columns.girth", "Input should be"),
        ({"columns": {"pressure": {"columns": ["p"], "unit": "psi"}}}, "(whole file)", "unit must be one of"),
        ({"columns": {"pressure": {"columns": ["p"]}}}, "(whole file)", "unit must be one of"),
        ({"columns": {"pressure": {"columns": ["p"], "unit": "label", "labels": {"x": "huge"}}}}, "(whole", "huge"),
        ({"columns": {"sigma": {"constant": 3, "unit": "m"}}}, "columns.sigma", "why"),
        ({"columns": {"id": {"unit": "m"}}}, "columns.id", "give columns"),
        ({"columns": {"id": {"columns": [False]}}}, "columns.id.0.columns.0", "valid string"),  # YAML reads no as False
        ({"columns": "id"}, "columns", "valid dictionary"),
    ],
)
def test_a_wrong_mapping_is_refused_naming_the_key(change: dict[str, object], key: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        mapping.read_mapping(body(**change), "mine.yaml")
    assert caught.value.field.startswith(f"mine.yaml: {key}")
    assert words in caught.value.problem


def test_a_mapping_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        READER.mapping("nothing")
    assert caught.value.field == "--map"
    assert "cadent-gpi" in caught.value.fix


def test_a_mapping_that_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("a: [1,\n b", encoding="utf-8")
    with pytest.raises(InputError, match="is no YAML"):
        READER.mapping(str(path))


def test_names_cut_by_a_shapefile_are_found() -> None:
    got = read({"pressure_c": "高压", "install_ye": "2009", "管线编号": "x"})
    assert (got.pressure_class, got.year) == (PressureClass.HIGH, 2009)


def test_a_cut_name_that_means_another_column_is_not_taken_for_it() -> None:
    got = read({"diameter_m": 0.5})  # also what a shapefile makes of diameter_mm
    assert got.diameter_mm == 500.0
    cut = read({"diameter_m": 500.0})
    assert cut.diameter_mm is None
    assert "cannot be read as m" in cut.problems[0]
