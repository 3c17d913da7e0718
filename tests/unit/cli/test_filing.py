"""``pipewarden filing check``: the decision without a database, and what a bad file or option is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

RUN = CliRunner()
SQUARE = [[116.7, 39.52], [116.701, 39.52], [116.701, 39.521], [116.7, 39.521], [116.7, 39.52]]
SAID = {"method": "open_cut", "valid_from": "2026-03-10", "valid_until": "2026-03-20", "machines": ["excavator"]}


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    file = tmp_path / "works.geojson"
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    file.write_text(json.dumps({"type": "Feature", "properties": SAID, "geometry": geometry}))
    return file


def ask(*words: object) -> dict[str, Any]:
    run = RUN.invoke(app, ["filing", "check", *map(str, words), "--json"])
    assert run.exit_code == 0, run.output
    return dict(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("place", "due", "law"),
    [
        ("CN-HE-langfang", "2026-03-05T00:00:00+08:00", True),
        ("CN-SD-qingdao", "2026-03-07T00:00:00+08:00", True),
        ("CN-ZJ-hangzhou", "2026-03-09T00:00:00+08:00", True),
        ("CN-LONGDISTANCE", "2026-03-03T00:00:00+08:00", True),
        ("CN-BJ", "2026-03-05T00:00:00+08:00", False),
        ("CN-GD-shenzhen", "2026-03-05T00:00:00+08:00", False),
    ],
)
def test_one_filing_in_six_jurisdictions(drawn: Path, place: str, due: str, *, law: bool):
    found = ask(drawn, "--place", place, "--at", "2026-03-06")
    notice = next(one for one in found["required"] if one["kind"] == "file")
    assert (notice["due_at"], notice["law"]) == (due, law)
    assert found["late"] is (due <= "2026-03-06")
    assert found["zone"] == "unknown"


def test_options_stand_above_the_file(drawn: Path):
    found = ask(drawn, "--place", "CN-HE", "--at", "2026-03-06", "--from", "2026-03-30", "--until", "2026-03-31")
    assert not found["late"]
    urgent = ask(drawn, "--place", "CN-HE", "--at", "2026-03-10T20:00", "--urgent", "--method", "excavation")
    assert (urgent["urgent"], urgent["late"], urgent["method"]) == (True, False, "excavation")


def test_a_map_gives_metres_by_class_and_zone(drawn: Path, tmp_path: Path):
    pipes = tmp_path / "pipes.geojson"
    line = {"type": "LineString", "coordinates": [[116.695, 39.5205], [116.706, 39.5205]]}
    row = {"type": "Feature", "properties": {"id": "g1", "pressure": "中压A"}, "geometry": line}
    pipes.write_text(json.dumps({"type": "FeatureCollection", "features": [row]}, ensure_ascii=False))
    said = ("--network", pipes, "--crs", "EPSG:4326", "--jurisdiction", "CN-HE-langfang")
    found = ask(drawn, "--place", "CN-HE-langfang", "--at", "2026-03-06", *said)
    assert found["zone"] == "protection"
    first = found["overlaps"][0]
    assert (first["pressure_class"], first["zone"], first["stations"]) == ("medium", "protection", 0)
    assert 86 < first["metres"] < 90
    assert "g1" not in json.dumps(found)


def test_a_table_for_people_names_clause_and_moment(drawn: Path):
    run = RUN.invoke(app, ["filing", "check", str(drawn), "--place", "CN-HE", "--at", "2026-03-06"])
    assert run.exit_code == 0
    assert "河北省燃气管理条例 第四十三条" in run.stdout
    assert "< 2026-03-05 00:00 (late)" in run.stdout


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--place", "CN-HE-lanfang"], "place"),
        (["--place", "CN-HE", "--at", "yesterday"], "--at"),
        (["--place", "CN-HE", "--method", "dig"], "method"),
        (["--place", "CN-HE", "--until", "2026-03-01"], "valid_until"),
        (["--place", "CN-HE", "--at", "2001-01-01"], "place"),
    ],
)
def test_a_bad_option_is_told_by_its_field(drawn: Path, words: list[str], field: str):
    run = RUN.invoke(app, ["filing", "check", str(drawn), *words, "--json"])
    assert run.exit_code == 2
    assert json.loads(run.stdout.splitlines()[-1])["error"]["field"] == field


def drawn_as(*corners: list[float], kind: str = "Polygon", **more: object) -> dict[str, object]:
    return {"type": kind, "coordinates": [[*corners, corners[0]]] if kind == "Polygon" else list(corners), **more}


CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
CORNER = ([116.7, 39.5], [116.701, 39.5], [116.701, 39.501])
BAD_GROUND = {
    "crosses": (drawn_as([116.7, 39.5], [116.71, 39.51], [116.71, 39.5], [116.7, 39.51]), "Self-intersection"),
    "100 km2": (drawn_as([116.5, 39.4], [116.8, 39.4], [116.8, 39.6], [116.5, 39.6]), "more than 100"),
    "line": (drawn_as(*CORNER, kind="LineString"), "which has no area"),
    "metres": (drawn_as([5e5, 4e6], [5e5 + 99, 4e6], [5e5 + 99, 4e6 + 99]), "another reference system"),
    "crs": (drawn_as(*CORNER, crs=CRS), "EPSG::4547"),
    "turned": (drawn_as([39.52, 116.7], [39.521, 116.7], [39.521, 116.701]), "another reference system"),
}


@pytest.mark.parametrize("bad", BAD_GROUND)
def test_ground_that_cannot_be_meant_is_told_by_field_and_fix(tmp_path: Path, bad: str):
    body, problem = BAD_GROUND[bad]
    file = tmp_path / "bad.geojson"
    file.write_text(json.dumps(body))
    run = RUN.invoke(app, ["filing", "check", str(file), "--place", "CN-HE", "--json"])
    told = json.loads(run.stdout.splitlines()[-1])["error"]
    assert (run.exit_code, problem in told["problem"], bool(told["fix"])) == (2, True, True), told


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}'])
def test_a_bad_file_is_told(tmp_path: Path, text: str):
    file = tmp_path / "bad.geojson"
    file.write_text(text)
    run = RUN.invoke(app, ["filing", "check", str(file), "--place", "CN-HE", "--json"])
    assert run.exit_code == 2
    assert json.loads(run.stdout.splitlines()[-1])["error"]["fix"]
