"""A table of points: kept columns, added columns, and errors that name row and column."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from pipewarden.cli.zones import zones as zones_command
from pipewarden.kit.errors import InputError
from pipewarden.network import service
from pipewarden.network.adapters import FileReader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

READER = FileReader()


@pytest.fixture
def network(town: Town, tmp_path: Path) -> service.FileNetwork:
    path = town.geojson(
        tmp_path / "net.geojson",
        [town.feature("LINESTRING (-50 0, 50 0)", pipe_id="A", pressure="低压", diameter_mm=200)],
    )
    return service.open_file(READER, path, crs="EPSG:4326", jurisdiction="CN-HA-luoyang")


def table(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def at(town: Town, north: float) -> str:
    lon, lat = town.lonlat([(0.0, north)])[0]
    return f"{lon!s},{lat!s}"


def test_kept_and_added_columns(town: Town, tmp_path: Path, network: service.FileNetwork) -> None:
    path = table(
        tmp_path / "p.csv", f"编号,lon,lat,备注\n007,{at(town, 0.5)},挖掘机\n008,{at(town, 100)},\n", "utf-8-sig"
    )
    got = service.zones_csv(None, path, at=town.at, network=network)
    first, second = got.rows()
    assert first["编号"] == "007"
    assert first["备注"] == "挖掘机"
    assert isinstance(first["lon"], float)
    assert {name: first[name] for name in ("pipe_id", "distance_m", "zone", "jurisdiction", "clause", "pack_id")} == {
        "pipe_id": "A",
        "distance_m": 0.4,
        "zone": "protection",
        "jurisdiction": "CN-HA-luoyang",
        "clause": "洛阳市燃气管理条例 第三十四条（一）",
        "pack_id": "CN-HA-luoyang",
    }
    assert (second["zone"], second["clause"], second["zone_pipe_id"]) == ("outside", None, None)
    assert second["distance_m"] == pytest.approx(99.9, abs=0.002)
    assert list(first) == list(got.columns)
    json.dumps(first)


def test_the_header_may_be_written_in_capitals_with_semicolons(
    town: Town, tmp_path: Path, network: service.FileNetwork
) -> None:
    path = table(tmp_path / "p.csv", f"ID;LON;Lat\n1;{at(town, 0).replace(',', ';')}\n")
    (row,) = service.zones_csv(None, path, at=town.at, network=network).rows()
    assert row["zone"] == "protection"
    assert {"lon", "lat"} <= set(row)


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("x,lat\n1,2\n", "column lon", "is missing"),
        ("lon,x\n1,2\n", "column lat", "is missing"),
        ("lon,lat,LON\n1,2,3\n", "column lon", "stands there twice"),
        ("", "column lon", "is missing"),
        ("lon,lat,zone\n1,2,3\n", "column zone", "the answer adds"),
        ("pipe_id,lon,lat\n1,2,3\n", "column pipe_id", "the answer adds"),
        ("lon,lat,a,b,a\n116.7,39.5,1,2,3\n", "column a", "stands there twice"),
        ("lon,lat, a,a \n116.7,39.5,1,2\n", "column a", "stands there twice"),
        ("lon,lat,,\n116.7,39.5,,\n", "column 4", "has no name"),
        ("lon,lat\n116.7,39.5\n116.7,north\n", "row 2 column lat", "'north' is no number"),
        ("lon,lat\n,39.5\n", "row 1 column lon", "is empty"),
        ("lon,lat\n116.7,39.5\n\n39.5,116.7\n", "row 3 column lat", "out of range"),
        ("lon,lat\nnan,39.5\n", "row 1 column lon", "no number"),
        ("lon,lat\ninf,39.5\n", "row 1 column lon", "out of range"),
        ("lon,lat\n116.7,39.5,1\n", "row 1", "3 cells"),
        ('lon,lat\n"116.7,39.5\n', "p.csv", "not a whole CSV"),
    ],
)
def test_a_bad_table_names_row_and_column(  # noqa: PLR0917  fixtures and one case
    town: Town, tmp_path: Path, network: service.FileNetwork, text: str, field: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        service.zones_csv(None, table(tmp_path / "p.csv", text), at=town.at, network=network)
    assert field in caught.value.field
    assert words in caught.value.problem
    assert caught.value.fix


def test_a_table_that_is_not_there_or_no_text(town: Town, tmp_path: Path, network: service.FileNetwork) -> None:
    with pytest.raises(InputError, match="no such file"):
        service.zones_csv(None, tmp_path / "none.csv", at=town.at, network=network)
    (tmp_path / "b.csv").write_bytes(b"lon,lat\n\xff\xff\xff,1\n")
    with pytest.raises(InputError, match="neither UTF-8"):
        service.zones_csv(None, tmp_path / "b.csv", at=town.at, network=network)


def test_the_command_writes_what_was_answered_below_its_own_heading(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town.geojson(tmp_path / "n.geojson", [town.feature("LINESTRING (-50 0, 50 0)", id="A", pressure="低压")])
    path = table(tmp_path / "p.csv", f"Zone,lon,lat,note\nmine,{at(town, 4)},x\n")
    zones_command(path, network=tmp_path / "n.geojson", crs="EPSG:4326", jurisdiction="CN-BJ")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["Zone"], row["note"], row["zone"], row["pipe_id"]) == ("mine", "x", "control", "A")
    assert (row["jurisdiction"], row["pack_id"], row["zone_pipe_id"]) == ("CN-BJ", "CN-BJ", "A")


def test_gbk_tables_are_read(town: Town, tmp_path: Path, network: service.FileNetwork) -> None:
    path = table(tmp_path / "p.csv", f"名称,lon,lat\n工地,{at(town, 3)}\n", "gbk")
    (row,) = service.zones_csv(None, path, at=town.at, network=network).rows()
    assert (row["名称"], row["zone"]) == ("工地", "control")


def test_an_empty_table_gives_an_empty_answer(town: Town, tmp_path: Path, network: service.FileNetwork) -> None:
    got = service.zones_csv(None, table(tmp_path / "p.csv", "lon,lat\n"), at=town.at, network=network)
    assert list(got.rows()) == []


def test_the_stored_network_is_asked_and_progress_told(work: Work, town: Town, tmp_path: Path) -> None:
    path = table(tmp_path / "p.csv", f"lon,lat\n{at(town, 0)}\n{at(town, 4)}\n")
    (unknown, _) = service.zones_csv(work, path, at=town.at).rows()
    assert (unknown["zone"], unknown["pipe_id"], unknown["distance_m"], unknown["clause"]) == (
        "unknown",
        None,
        None,
        None,
    )
    source = town.geojson(tmp_path / "n.geojson", [town.feature("LINESTRING (-50 0, 50 0)", id="x", pressure="中压")])
    made = service.import_network(work, READER, source, crs="EPSG:4326", jurisdiction="CN-SD-qingdao")
    seen: list[tuple[int, int]] = []
    got = service.zones_csv(work, path, at=town.at, progress=lambda done, total: seen.append((done, total)))
    assert [row["zone"] for row in got.rows()] == ["protection", "control"]
    assert seen == [(2, 2)]
    again = service.zones_csv(work, path, at=town.at, version_id=made.version_id)
    assert list(again.rows()) == list(got.rows())


def test_someone_must_be_asked(town: Town, tmp_path: Path) -> None:
    path = table(tmp_path / "p.csv", f"lon,lat\n{at(town, 0)}\n")
    with pytest.raises(ValueError, match="either"):
        service.zones_csv(None, path, at=town.at)


def test_many_points_answer_as_one_by_one(town: Town, tmp_path: Path, network: service.FileNetwork) -> None:
    rows = "\n".join(at(town, north / 20) for north in range(-400, 400))
    got = service.zones_csv(None, table(tmp_path / "p.csv", f"lon,lat\n{rows}\n"), at=town.at, network=network)
    single = [
        service.answer_file(network, [[float(x) for x in line.split(",")]], at=town.at)[0]
        for line in rows.split("\n")[::37]
    ]  # type: ignore[arg-type]
    assert list(got.answers[::37]) == single
