"""The import command against an active version: what a dry run notes, what is refused, which option takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from tests.unit.network.conftest import Town

    Run = Callable[..., Result]


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The log levels that the commands set."""
    seen: list[str] = []
    monkeypatch.setattr("pipewarden.main.log.configure", seen.append)
    return seen


@pytest.fixture
def run(tmp_path: Path, roomy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(roomy() / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def streets(town: Town, path: Path, count: int) -> Path:
    return town.geojson(
        path,
        [town.feature(f"LINESTRING (0 {30 * n}, 900 {30 * n})", id=f"s{n}", pressure="低压") for n in range(count)],
    )


def test_a_part_of_the_map_in_place_of_the_whole(run: Run, levels: list[str], town: Town, tmp_path: Path) -> None:
    whole, part = streets(town, tmp_path / "whole.geojson", 20), streets(town, tmp_path / "part.geojson", 1)
    words = ("--crs", "EPSG:4326", "--jurisdiction", "CN-GD-foshan")
    first = run("network", "import", whole, *words)
    assert first.exit_code == 0, first.output
    assert "note: no pack for CN-GD-foshan: the national ranges CN-GB55009 are used" in first.stderr

    dry = run("network", "import", part, *words, "--dry-run", "--json")
    assert dry.exit_code == 0
    report = json.loads(dry.stdout)
    (reason,) = report["would_be_refused"]
    assert reason.startswith("length: the map has 0.900 km of pipe, the active version 18.000 km")
    assert report["active_length_km"] == pytest.approx(18.0, abs=0.01)
    assert "would be refused: length" in " ".join(dry.stderr.split())

    refused = run("network", "import", part, *words, "--json")
    assert refused.exit_code == 4
    assert json.loads(refused.stdout.splitlines()[-1])["error"]["field"] == "length"
    taken = run("network", "import", part, *words, "--allow-shrink")
    assert taken.exit_code == 0, taken.output
    assert "the version active before: 18.000 km" in taken.stderr

    levels.clear()
    assert "2*" in run("network", "versions").stdout
    assert "version 1 of city_gas is active again" in run("network", "rollback").stderr
    assert len(levels) == 2


def test_a_misspelled_jurisdiction_is_asked_back(run: Run, town: Town, tmp_path: Path) -> None:
    path = streets(town, tmp_path / "whole.geojson", 2)
    said = run("network", "import", path, "--crs", "EPSG:4326", "--jurisdiction", "CN-LONG-DISTANCE", "--json")
    assert said.exit_code == 2
    error = json.loads(said.stdout.splitlines()[-1])["error"]
    assert error["field"] == "--jurisdiction"
    assert error["fix"].startswith("Did you mean CN-LONGDISTANCE?")
