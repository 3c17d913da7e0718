"""The command line teaches, and refuses what it cannot use before it starts a database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app

run = CliRunner().invoke


@pytest.mark.parametrize(
    ("words", "taught"),
    [
        ([], "scan"),
        (["scan"], "2 of 3"),
        (["zones"], "lon"),
        (["network", "import"], "GCJ-02"),
        (["network", "rollback"], "city_gas"),
        (["demo"], "rendered"),
        (["camera", "add"], "docs/cameras.md"),
        (["camera", "list"], "user, password"),
        (["camera", "watch"], "--source-stdin < address.txt"),
        (["camera", "unwatch"], "forget its address"),
        (["camera", "events"], "stalled"),
        (["db", "migrate"], "newest"),
    ],
)
def test_help_teaches(words: list[str], taught: str) -> None:
    shown = run(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert taught in shown.stdout


def test_help_is_quick_because_heavy_parts_wait() -> None:
    heavy = "{'cv2', 'numba', 'onnxruntime', 'torch', 'av'}"
    code = f"import sys; import pipewarden.cli.app; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_a_network_without_crs_is_refused_at_once(tmp_path: Path) -> None:
    shown = run(app, ["scan", str(tmp_path), "--network", "x.geojson", "--json"])
    assert shown.exit_code == 2
    assert json.loads(shown.stdout.splitlines()[-1])["error"]["field"] == "--crs"


def test_a_network_without_jurisdiction_is_refused_at_once(tmp_path: Path) -> None:
    shown = run(app, ["scan", str(tmp_path), "--network", "x.geojson", "--crs", "EPSG:4326", "--json"])
    assert json.loads(shown.stdout.splitlines()[-1])["error"]["field"] == "--jurisdiction"


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    shown = run(app, ["scan", str(tmp_path / "none"), "--json"])
    assert shown.exit_code == 2
    assert "none" in json.loads(shown.stdout.splitlines()[-1])["error"]["field"]


def test_version() -> None:
    assert run(app, ["version"]).stdout.strip() == "0.1.0"
    assert json.loads(run(app, ["version", "--json"]).stdout) == {"version": "0.1.0"}
