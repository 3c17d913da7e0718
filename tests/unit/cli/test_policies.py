"""``pipewarden rules`` and ``risk``: proposed, previewed by the very text, activated, taken back; slips are refused."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import own_rules
import pytest
from typer.testing import CliRunner

from pipewarden.cli import policies, risk, supervise
from pipewarden.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work


@pytest.fixture(autouse=True)
def _home(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    for module in (policies, risk, supervise):
        monkeypatch.setattr(module, "opened", opened)


def run(*words: str) -> tuple[int, Any, str]:
    said = CliRunner().invoke(app, [*words, "--json"])
    return said.exit_code, json.loads(said.stdout) if said.stdout.strip() else None, said.stderr


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


PREVIEWS = {"rules": ("rules", "preview"), "risk": ("risk", "backtest", "--policy")}
TEXTS = {"rules": (own_rules.rules, "CN@1"), "risk": (own_rules.weights, "CN-risk@2")}


@pytest.mark.parametrize("group", ["rules", "risk"])
def test_a_file_becomes_what_rules_and_is_taken_back(tmp_path: Path, group: str) -> None:
    text, shipped = TEXTS[group]
    path = written(tmp_path, text("cli@1"))
    code, told, _ = run(*PREVIEWS[group], path)
    assert (code, told["kept"]) == (0, None)
    code, told, _ = run(group, "propose", path, "--why", "tried on the night shift")
    assert (code, told["state"], told["base"], told["made_by"].split(":")[0]) == (0, "draft", shipped, "operator")
    code, told, _ = run(group, "activate", "cli@1")
    assert (code, told["error"]["field"]) == (4, "version")
    code, told, _ = run(*PREVIEWS[group], path, "--days", "14")
    assert (code, told["kept"]) == (0, "cli@1")
    written(tmp_path, text("cli@1") + "# another text\n")
    assert run(*PREVIEWS[group], path)[1]["kept"] is None
    code, told, _ = run(group, "activate", "cli@1")
    assert (code, told["state"], told["previewed"]["days"]) == (0, "active", 14)
    code, told, _ = run(group, "versions")
    assert (told["version"], told["own"], told["base_moved"]) == ("cli@1", True, False)
    assert [one["version"] for one in told["versions"]] == ["cli@1"]
    code, told, _ = run(group, "rollback", "--why", "enough")
    assert (code, told) == (0, {"version": shipped, "own": False})
    assert run(group, "rollback", "--why", "enough")[0] == 4


@pytest.mark.parametrize("slip", own_rules.SLIPS)
@pytest.mark.parametrize("command", ["propose", "check", "preview"])
def test_a_rule_file_with_a_slip_is_refused_with_line_path_and_fix_and_nothing_is_stored(
    tmp_path: Path, command: str, slip: str
) -> None:
    text, path, fix = own_rules.SLIPS[slip]
    more = ["--why", "x"] if command == "propose" else []
    code, told, _ = run("rules", command, written(tmp_path, text), *more)
    assert code == 2
    error = told["error"]
    assert (error["fix"], error["field"].startswith("mine.yaml:"), error["field"].endswith(path)) == (fix, True, True)
    assert run("rules", "versions")[1]["versions"] == []


def test_people_read_it_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, own_rules.rules("cli@1"))

    def said(*words: str) -> str:
        found = CliRunner().invoke(app, ["rules", *words])
        assert found.exit_code == 0, found.stderr
        return found.stdout + found.stderr

    assert "nothing was kept" in said("preview", path)
    assert "cli@1: draft" in said("propose", path, "--why", "x")
    assert "kept with cli@1" in said("preview", path)
    assert "cli@1: active" in said("activate", "cli@1")
    assert "cli@1 rules" in said("versions")
    assert "CN@1 rules, the shipped file" in said("rollback", "--why", "x")
