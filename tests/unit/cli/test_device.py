"""``pipewarden device``: a message is tried without a database, and a device is registered and listed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

RUN = CliRunner()


@pytest.fixture
def message(tmp_path: Path) -> Path:
    path = tmp_path / "das.json"
    told = {"fibre": "f1", "class": "机械挖掘", "state": "start", "lon": 116.7, "lat": 39.5, "spare": 1}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_message_is_tried_without_a_database(message: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = RUN.invoke(app, ["device", "try", str(message), "--dialect", "das", "--json"])
    assert done.exit_code == 0, done.output
    said, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert (said["kind"], said["phase"], said["lon"], said["kept"]) == ("machinery", "began", 116.7, ["spare"])
    assert summary == {"summary": {"says": 1}}


def test_a_message_that_cannot_be_read_says_field_and_fix(tmp_path: Path) -> None:
    broken = tmp_path / "x.json"
    broken.write_text('{"fibre": "f1", "class": "train", "lon": 400, "lat": 1}')
    done = RUN.invoke(app, ["device", "try", str(broken), "--dialect", "das"])
    assert done.exit_code == 2
    assert "lon" in done.output
    absent = RUN.invoke(app, ["device", "try", str(tmp_path / "none"), "--dialect", "das"])
    assert absent.exit_code == 2
    unknown = RUN.invoke(app, ["device", "try", str(broken), "--dialect", "morse"])
    assert unknown.exit_code == 2
    assert "hikvision" in unknown.output


def test_a_map_of_ones_own_is_tried_before_it_is_registered(tmp_path: Path) -> None:
    told = tmp_path / "m.json"
    told.write_text('{"box": "b7", "what": "dig", "extra": true}')
    how = tmp_path / "map.json"
    how.write_text(json.dumps({"kind": "vibration", "fields": {"originator": "box", "label": "what"}}))
    done = RUN.invoke(app, ["device", "try", str(told), "--dialect", "own", "--field-map", str(how), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[0])["originator"] == "b7"


def test_every_dialect_is_named() -> None:
    done = RUN.invoke(app, ["device", "dialects"])
    assert done.exit_code == 0
    for name in ("hikvision", "gb28181", "onvif", "frigate", "das", "methane", "satellite", "machinery-gps", "own"):
        assert name in done.output


def test_a_device_is_registered_and_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path / "home"))
    tmp_path.chmod(0o755)
    bad = RUN.invoke(app, ["device", "add", "f 3", "--dialect", "das"])
    assert bad.exit_code == 2
    wrong = RUN.invoke(app, ["device", "add", "f3", "--dialect", "das", "--sender", "x"])
    assert wrong.exit_code == 2
    made = RUN.invoke(app, ["device", "add", "f3", "--dialect", "das", "--lon", "116.7", "--lat", "39.5", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["silence_s"] == 900.0
    listed = RUN.invoke(app, ["device", "list", "--json"])
    row, summary = (json.loads(line) for line in listed.stdout.splitlines())
    assert (row["key"], row["active"], summary) == ("f3", 0, {"summary": {"devices": 1}})
