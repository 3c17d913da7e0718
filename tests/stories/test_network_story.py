"""A GIS clerk brings the pipe map in, asks about points, finds a mistake and goes back."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def pipes(path: Path, shift_m: float = 0.0, *, bad: bool = False) -> Path:
    step = shift_m / 111_000
    features = [
        {
            "type": "Feature",
            "properties": {"pipe_id": f"P-{n}", "pressure": "中压A", "diameter_mm": 200},
            "geometry": {
                "type": "LineString",
                "coordinates": [[116.70, 39.53 + n * 0.001 + step], [116.71, 39.53 + n * 0.001 + step]],
            },
        }
        for n in range(4)
    ]
    if bad:
        features[2]["geometry"] = None
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def imported(run: Run, path: Path, *words: str) -> Any:
    return run(
        "network", "import", str(path), "--crs", "EPSG:4326", "--jurisdiction", "CN-HE-langfang", "--json", *words
    )


def test_dry_run_import_ask_shift_rollback(pipewarden: Run, tmp_path: Path) -> None:
    first = pipes(tmp_path / "pipes.geojson")
    dry = imported(pipewarden, first, "--dry-run")
    assert dry.code == 0
    assert dry.rows[-1]["version"] is None
    assert dry.rows[-1]["accepted"] == 4
    assert json.loads(pipewarden("zones", "none.csv", "--json").out.splitlines()[-1])["error"]["field"] == "--network"

    done = imported(pipewarden, first)
    report = done.rows[-1]
    assert list(report)[:6] == ["version", "accepted", "rejected", "length_km", "extent", "crs"]
    assert (report["version"], report["accepted"], report["rejected"], report["crs"]) == (1, 4, [], "EPSG:4326")
    assert report["length_km"] == pytest.approx(4 * 0.8598, abs=0.01)

    table = tmp_path / "digs.csv"
    table.write_text("lon,lat,who\n116.705,39.53,甲\n116.705,39.53003,乙\n116.705,39.5305,丙\n", encoding="utf-8")
    rows = list(csv.DictReader(StringIO(pipewarden("zones", str(table)).out)))
    assert [row["who"] for row in rows] == ["甲", "乙", "丙"]
    assert [row["zone"] for row in rows] == ["protection", "control", "outside"]
    assert {row["jurisdiction"] for row in rows} == {"CN-HE-langfang"}
    as_json = pipewarden("zones", str(table), "--json").rows
    for row in as_json:
        assert {"pipe_id", "distance_m", "zone", "jurisdiction", "clause"} <= set(row)
    assert as_json[0]["clause"].startswith("GB 55009")
    assert as_json[2]["clause"] is None

    moved = imported(pipewarden, pipes(tmp_path / "moved.geojson", shift_m=300))
    assert moved.code == 4
    assert "300" in moved.rows[-1]["error"]["problem"]
    assert [row["version"] for row in pipewarden("network", "versions", "--json").rows] == [1]

    assert (
        imported(pipewarden, pipes(tmp_path / "moved.geojson", shift_m=300), "--allow-shift").rows[-1]["version"] == 2
    )
    assert pipewarden("zones", str(table), "--json").rows[0]["zone"] == "outside"
    assert pipewarden("network", "rollback", "--json").rows[-1]["version"] == 1
    assert pipewarden("zones", str(table), "--json").rows[0]["zone"] == "protection"


def test_rows_that_cannot_be_used_are_listed(pipewarden: Run, tmp_path: Path) -> None:
    done = imported(pipewarden, pipes(tmp_path / "bad.geojson", bad=True))
    assert done.code == 0
    assert done.rows[-1]["accepted"] == 3
    (row,) = done.rows[-1]["rejected"]
    assert set(row) == {"row", "reason"}
    assert row["row"] == 3


@pytest.mark.parametrize(
    ("crs", "word"), [("EPSG:3857", "--crs"), ("EPSG:999999", "--crs"), ("nonsense", "--crs"), ("EPSG:4547", "--crs")]
)
def test_a_wrong_crs_writes_nothing(pipewarden: Run, tmp_path: Path, crs: str, word: str) -> None:
    path = pipes(tmp_path / "pipes.geojson")
    said = pipewarden("network", "import", str(path), "--crs", crs, "--jurisdiction", "CN-BJ", "--json")
    assert said.code == 2
    assert word in said.rows[-1]["error"]["field"]
    assert pipewarden("network", "versions", "--json").out == ""


def test_no_crs_is_refused_by_the_command_line(pipewarden: Run, tmp_path: Path) -> None:
    said = pipewarden("network", "import", str(pipes(tmp_path / "p.geojson")), "--jurisdiction", "CN-BJ")
    assert said.code == 2
    assert "--crs" in said.err


def test_zones_of_a_file_need_no_database(pipewarden: Run, tmp_path: Path) -> None:
    table = tmp_path / "digs.csv"
    table.write_text("lon,lat\n116.705,39.53\n")
    said = pipewarden(
        "zones", str(table), "--network", str(pipes(tmp_path / "p.geojson")), "--crs", "EPSG:4326",
        "--jurisdiction", "CN-SD-qingdao", "--json",
    )  # fmt: skip
    assert said.rows[0]["zone"] == "protection"
    assert "青岛" in said.rows[0]["clause"]


@pytest.mark.parametrize("body", ["lon,lat\n116.7\n", "lon,lat\nx,39\n", "a,b\n1,2\n", "lon,lat\n216,39\n", ""])
def test_a_bad_table_is_named_and_nothing_is_answered(pipewarden: Run, tmp_path: Path, body: str) -> None:
    table = tmp_path / "digs.csv"
    table.write_text(body)
    said = pipewarden(
        "zones", str(table), "--network", str(pipes(tmp_path / "p.geojson")), "--crs", "EPSG:4326",
        "--jurisdiction", "CN-BJ", "--json",
    )  # fmt: skip
    assert said.code == 2
    assert list(said.rows[-1]) == ["error"]
    assert len(said.rows) == 1
