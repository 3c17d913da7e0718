"""``pipewarden rules`` and ``risk``: what must not become what rules is refused by exit code, and leaves nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import own_rules
import pytest
from typer.testing import CliRunner

from pipewarden.casework.store import shipped_risk, shipped_supervision
from pipewarden.cli import policies, risk, supervise
from pipewarden.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

INPUT, REFUSED, NOT_FOUND = 2, 4, 5
PREVIEWS = {"rules": ("rules", "preview"), "risk": ("risk", "backtest", "--policy")}
SHIPPED = {"rules": shipped_supervision().version, "risk": shipped_risk()[-1].version}


def weights(version: str, *more: tuple[str, str]) -> str:
    """Return the shipped weights under another name, with other changes."""
    return own_rules.changed(own_rules.WEIGHTS, (f"version: {SHIPPED['risk']}", f"version: {version}"), *more)


TEXTS = {"rules": own_rules.rules, "risk": weights}
ODD = {"empty": "", "list": "- a list\n", "open": "version: [\n", "null": "null\n", "bomb": own_rules.BOMB}
GROUPS = pytest.mark.parametrize("group", ["rules", "risk"])


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


def refused(*words: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the error, which people read on stderr, too."""
    code, told, said = run(*words)
    error = told["error"]
    assert error["fix"]
    assert f"error: {error['field']}: {error['problem']}" in said
    assert f"fix: {error['fix']}" in said
    return code, error


class Desk:
    """Somebody who proposes, tries and activates texts of one group."""

    def __init__(self, group: str, folder: Path) -> None:
        self.group, self.folder = group, folder

    def file(self, version: str, more: str = "") -> str:
        path = self.folder / f"{version}.yaml"
        path.write_text(TEXTS[self.group](version) + more, encoding="utf-8")
        return str(path)

    def propose(self, version: str) -> None:
        code, told, _ = run(self.group, "propose", self.file(version), "--why", "a try")
        assert (code, told["state"]) == (0, "draft")

    def preview(self, version: str, days: int = 7) -> None:
        code, told, _ = run(*PREVIEWS[self.group], self.file(version), "--days", str(days))
        assert (code, told["kept"], told["days"]) == (0, version, days)

    def activate(self, version: str) -> None:
        code, told, _ = run(self.group, "activate", version)
        assert (code, told["state"]) == (0, "active")

    def through(self, version: str) -> None:
        self.propose(version)
        self.preview(version)
        self.activate(version)

    def versions(self) -> Any:
        code, told, _ = run(self.group, "versions")
        assert code == 0
        return told

    def states(self) -> dict[str, str]:
        return {one["version"]: one["state"] for one in self.versions()["versions"]}


@pytest.fixture
def desk(group: str, tmp_path: Path) -> Desk:
    return Desk(group, tmp_path)


@GROUPS
def test_a_name_is_given_once_and_never_the_shipped_files(desk: Desk, group: str) -> None:
    desk.propose("mine@1")
    again = desk.file("mine@1", "# a second thought\n")
    code, error = refused(group, "propose", again, "--why", "x")
    assert (code, error["field"]) == (INPUT, "mine@1.yaml: version")
    code, error = refused(group, "propose", desk.file(SHIPPED[group]), "--why", "x")
    assert (code, error["field"]) == (INPUT, f"{SHIPPED[group]}.yaml: version")
    assert desk.states() == {"mine@1": "draft"}


@GROUPS
def test_a_file_that_cannot_be_read_is_told_by_its_path(desk: Desk, group: str, tmp_path: Path) -> None:
    gone, binary, long = (tmp_path / name for name in ("gone.yaml", "binary.yaml", "long.yaml"))
    binary.write_bytes("version: 中".encode("gb18030"))
    long.write_bytes(b"#" * 1_000_001)
    for path, problem in ((gone, "No such file"), (binary, "is not UTF-8"), (long, "longer than 1 MB")):
        code, error = refused(group, "propose", str(path), "--why", "x")
        assert (code, error["field"]) == (INPUT, str(path))
        assert problem in error["problem"]
        assert refused(*PREVIEWS[group], str(path))[0] == INPUT
    code, error = refused(group, "propose", str(tmp_path), "--why", "x")
    assert (code, "directory" in error["problem"]) == (INPUT, True)
    assert desk.states() == {}


@GROUPS
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_no_policy_is_refused_and_nothing_is_stored(desk: Desk, group: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    code, error = refused(group, "propose", str(path), "--why", "x")
    assert code == INPUT
    assert error["field"].startswith("odd.yaml")
    assert desk.states() == {}


@GROUPS
def test_why_is_asked_for_and_days_are_within_a_year(desk: Desk, group: str) -> None:
    path = desk.file("mine@1")
    for words in (
        (group, "propose", path),
        (group, "rollback"),
        (group, "activate"),
        (*PREVIEWS[group], path, "--days", "0"),
        (*PREVIEWS[group], path, "--days", "367"),
        (*PREVIEWS[group], path, "--days", "week"),
    ):
        said = CliRunner().invoke(app, list(words))
        assert (said.exit_code, said.stdout) == (INPUT, ""), words
    assert desk.states() == {}


@GROUPS
def test_only_what_is_there_is_activated_or_taken_back(desk: Desk, group: str) -> None:
    code, error = refused(group, "activate", "nobody@1")
    assert (code, error["field"]) == (NOT_FOUND, "policy")
    code, error = refused(group, "activate", SHIPPED[group])
    assert code == NOT_FOUND, "the shipped file rules without being activated"
    code, error = refused(group, "rollback", "--why", "x")
    assert (code, error["field"]) == (REFUSED, "kind")
    told = desk.versions()
    assert (told["version"], told["own"], told["base_moved"]) == (told["shipped"], False, False)


@GROUPS
def test_a_preview_of_six_days_is_too_short_and_one_of_last_week_too_old(
    desk: Desk, group: str, clock: SetClock
) -> None:
    desk.propose("mine@1")
    desk.preview("mine@1", days=6)
    code, error = refused(group, "activate", "mine@1")
    assert (code, error["field"], "6 days" in error["problem"]) == (REFUSED, "version", True)
    desk.preview("mine@1", days=7)
    clock.advance(timedelta(days=7, seconds=1))
    code, error = refused(group, "activate", "mine@1")
    assert (code, "its preview is of" in error["problem"]) == (REFUSED, True)
    assert desk.states() == {"mine@1": "previewed"}
    desk.preview("mine@1", days=7)
    clock.advance(timedelta(days=7))
    desk.activate("mine@1")
    code, error = refused(group, "activate", "mine@1")
    assert (code, error["problem"]) == (REFUSED, "mine@1 rules already")


@GROUPS
def test_what_was_tried_against_another_text_is_tried_anew(desk: Desk, group: str) -> None:
    for version in ("one@1", "two@1"):
        desk.propose(version)
        desk.preview(version)
    desk.activate("one@1")
    code, error = refused(group, "activate", "two@1")
    assert (code, "not what it was compared with" in error["problem"]) == (REFUSED, True)
    assert desk.states() == {"one@1": "active", "two@1": "previewed"}
    desk.preview("two@1")
    desk.activate("two@1")
    assert desk.states() == {"one@1": "retired", "two@1": "active"}


@GROUPS
def test_versions_are_taken_back_one_by_one_as_far_as_the_shipped_file(desk: Desk, group: str) -> None:
    for version in ("one@1", "two@1", "three@1"):
        desk.through(version)
    for version in ("two@1", "one@1"):
        code, told, _ = run(group, "rollback", "--why", "worse")
        assert (code, told) == (0, {"version": version, "own": True})
        assert desk.versions()["version"] == version
        assert [one for one, state in desk.states().items() if state == "active"] == [version]
    code, told, _ = run(group, "rollback", "--why", "worse")
    assert (code, told["own"]) == (0, False)
    assert set(desk.states().values()) == {"retired"}
    code, error = refused(group, "activate", "three@1")
    assert (code, error["field"]) == (REFUSED, "version"), "what was taken back is tried again before it rules"
    desk.preview("three@1")
    desk.activate("three@1")
    assert desk.versions()["version"] == "three@1"


@GROUPS
def test_what_rules_is_not_previewed_with_itself(desk: Desk, group: str) -> None:
    desk.through("mine@1")
    code, told, _ = run(*PREVIEWS[group], desk.file("mine@1"))
    assert (code, told["kept"]) == (0, None)
    assert [told.get(name, []) for name in ("newly", "no_longer", "sooner", "later")] == [[]] * 4
    (row,) = desk.versions()["versions"]
    assert (row["state"], row["previewed"]["days"], row["why"]) == ("active", 7, "a try")
    assert len(row["sha256"]) == 64


def test_rules_whose_examples_fail_or_that_drop_a_law_are_no_draft(tmp_path: Path) -> None:
    text = own_rules.changed(own_rules.SHIPPED, ("version: CN@1", "version: mine@1"))
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("by: PT10M", "by: PT9M"), encoding="utf-8")
    code, error = refused("rules", "propose", str(path), "--why", "x")
    assert (code, error["field"]) == (INPUT, "mine.yaml: examples")
    assert "V-STOPPED-WORK example 1" in error["problem"]
    path.write_text(text.split("  - code: V-REPAIR-PAPERS")[0], encoding="utf-8")
    code, error = refused("rules", "propose", str(path), "--why", "x")
    assert (code, "V-REPAIR-PAPERS is law" in error["problem"]) == (INPUT, True), error
    assert run("rules", "versions")[1]["versions"] == []


def test_weights_never_lower_a_band_by_a_slip(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    for old, new in (("from: 80, below: null", "from: 90, below: null"), ("weight: 1.2,", "weight: -1.2,")):
        path.write_text(weights("mine@1", (old, new)), encoding="utf-8")
        for words in (("risk", "propose", str(path), "--why", "x"), ("risk", "backtest", "--policy", str(path))):
            code, error = refused(*words)
            assert (code, error["field"].startswith("mine.yaml:")) == (INPUT, True), error
    assert run("risk", "versions")[1]["versions"] == []
