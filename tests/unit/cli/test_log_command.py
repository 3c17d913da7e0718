"""``pipewarden log``: a level of one module, set and taken back by the command, without a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path))
    monkeypatch.setenv("PIPEWARDEN_LOG_LEVEL", "WARNING")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["log", *words])
    return done.exit_code, done.stdout


def test_a_level_is_set_shown_and_taken_back() -> None:
    code, told = run("level", "pipewarden.act", "debug", "--json")
    assert (code, json.loads(told)) == (0, {"levels": {"pipewarden.act": "DEBUG"}})
    assert json.loads(run("levels", "--json")[1]) == {"default": "WARNING", "levels": {"pipewarden.act": "DEBUG"}}
    assert "pipewarden.act" in run("levels")[1]
    assert run("level", "pipewarden.act", "default")[0] == 0
    assert json.loads(run("levels", "--json")[1])["levels"] == {}


@pytest.mark.parametrize(("module", "level", "field"), [("a b", "INFO", "MODULE"), ("a", "LOUD", "LEVEL")])
def test_what_cannot_be_is_refused_with_its_field(module: str, level: str, field: str) -> None:
    code, told = run("level", module, level, "--json")
    assert code == 2
    assert json.loads(told)["error"]["field"] == field
