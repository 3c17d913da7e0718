"""The commands in one process: what they print, in both voices, on a home of their own."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipewarden.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def home(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def last(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def network(tmp_path: Path, *geometries: object, **columns: object) -> Path:
    features = [
        {"type": "Feature", "properties": {"id": f"P{n}", **columns}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    path = tmp_path / "pipes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def line(*places: tuple[float, float]) -> dict[str, object]:
    return {"type": "LineString", "coordinates": [list(place) for place in places]}


STREET = line((116.70, 39.53), (116.71, 39.53))
WORDS = ("--crs", "EPSG:4326", "--jurisdiction", "CN-HE-langfang")


def test_import_speaks_to_people(run: Run, tmp_path: Path) -> None:
    said = run("network", "import", network(tmp_path, STREET, None, STREET), *WORDS)
    assert said.exit_code == 0, said.output
    assert "2 accepted, 1 rejected" in said.stderr
    assert "version 1 is active" in said.stderr
    assert "a row left out is a pipe nobody is warned of" in said.stderr
    assert "rejected" in said.stdout


def test_a_dry_run_says_so_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    said = run("network", "import", network(tmp_path, STREET), *WORDS, "--dry-run")
    assert "dry run, nothing written" in said.stderr
    assert run("network", "versions", "--json").stdout == ""


def test_an_unknown_pressure_is_told_at_import_and_at_the_answer(run: Run, tmp_path: Path) -> None:
    report = last(run("network", "import", network(tmp_path, STREET), *WORDS, "--json"))
    assert report["unknown"]["pressure_class"] == 1
    table = tmp_path / "p.csv"
    table.write_text("lon,lat\n116.705,39.5302\n")
    answer = last(run("zones", table, "--json"))
    assert answer["zone"] == "control"  # 22 m: only the strictest class reaches so far
    assert "unknown" in answer["assumed"]


def test_versions_mark_the_active_one(run: Run, tmp_path: Path) -> None:
    path = network(tmp_path, STREET)
    run("network", "import", path, *WORDS)
    run("network", "import", path, *WORDS)
    rows = [json.loads(row) for row in run("network", "versions", "--json").stdout.splitlines()]
    assert [(row["version"], row["active"]) for row in rows] == [(2, True), (1, False)]
    assert "2*" in run("network", "versions").stdout
    assert "version 1 of city_gas is active again" in run("network", "rollback").stderr


def test_rolling_back_nothing_is_refused(run: Run) -> None:
    said = run("network", "rollback", "--json")
    assert said.exit_code == 4
    assert set(last(said)["error"]) == {"field", "problem", "fix"}


def test_an_unknown_regime_is_refused(run: Run) -> None:
    said = run("network", "rollback", "--regime", "steam", "--json")
    assert said.exit_code == 2
    assert last(said)["error"]["field"] == "--regime"


@pytest.mark.parametrize(
    ("geometries", "code"),
    [
        ((None, None), 2),
        (({"type": "LineString", "coordinates": []},), 2),
        ((line((116.70, 39.53), (116.70, 39.53)),), 2),
        (
            (
                STREET,
                {"type": "Polygon", "coordinates": [[[116.7, 39.5], [116.71, 39.5], [116.7, 39.51], [116.7, 39.5]]]},
            ),
            0,
        ),
        ((line((116.70, 39.53), (116.71, 39.54), (116.71, 39.53), (116.70, 39.54)),), 0),
    ],
)
def test_odd_geometries_are_refused_or_told(
    run: Run, tmp_path: Path, geometries: tuple[object, ...], code: int
) -> None:
    said = run("network", "import", network(tmp_path, *geometries), *WORDS, "--json")
    assert said.exit_code == code, said.output
    if code:
        assert last(said)["error"]["fix"]
        assert run("network", "versions", "--json").stdout == ""


def test_a_damaged_file_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pipes.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [')
    said = run("network", "import", path, *WORDS, "--json")
    assert said.exit_code == 2
    assert "pipes.geojson" in last(said)["error"]["field"]


def test_an_unknown_jurisdiction_lists_the_known_ones(run: Run, tmp_path: Path) -> None:
    said = run("network", "import", network(tmp_path, STREET), "--crs", "EPSG:4326", "--jurisdiction", "XX", "--json")
    assert said.exit_code == 2
    assert "CN-GB55009" in json.dumps(last(said)["error"])


def test_zones_keep_the_table_and_add_columns(run: Run, tmp_path: Path, home: Path) -> None:
    path = network(tmp_path, STREET, pressure="低压", diameter=160)
    table = tmp_path / "digs.csv"
    table.write_text('\ufefflon,lat,备注\n116.705,39.53,"含,逗号"\n', encoding="utf-8")
    said = run("zones", table, "--network", path, *WORDS)
    (row,) = csv.DictReader(StringIO(said.stdout))
    assert row["备注"] == "含,逗号"
    assert row["zone"] == "protection"
    assert row["distance_m"] == "0.0"
    assert row["pack_id"] == "CN-HE-langfang"
    assert not home.exists()


def test_zones_without_a_network_say_what_to_do(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "digs.csv"
    table.write_text("lon,lat\n116.7,39.5\n")
    said = run("zones", table)
    assert said.exit_code == 2
    assert said.stdout == ""
    assert "network import" in said.stderr


def test_migrate_says_where(run: Run, home: Path) -> None:
    assert last(run("db", "migrate", "--json")) == {"home": str(home), "migrated": True}
    assert str(home) in run("db", "migrate").stderr.replace("\n", "")


def test_a_log_level_that_is_none_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_LOG_LEVEL", "LOUD")
    said = run("network", "import", network(tmp_path, STREET), *WORDS, "--json")
    assert said.exit_code == 2
    assert last(said)["error"]["field"] == "PIPEWARDEN_LOG_LEVEL"
