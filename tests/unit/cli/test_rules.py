"""``pipewarden rules``: a file is checked and previewed; exit codes, one JSON object, an error with line and fix."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import Arrived, Discovered, OwnerGiven, Proof, StopOrdered, Verified
from pipewarden.casework.store import SUPERVISION_FILE
from pipewarden.cli import supervise
from pipewarden.cli.app import app
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.casework.facts import Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

SHIPPED = SUPERVISION_FILE.read_text(encoding="utf-8")
PROOF = Proof(pictures=("a" * 64,), lon=116.7, lat=39.5, words="there")


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["rules", *words])
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The shipped rules as a file of one's own."""
    path = tmp_path / "mine.yaml"
    path.write_text(SHIPPED, encoding="utf-8")
    return path


@pytest.fixture
def stopped(work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site under a stop order where a machine was seen six minutes after it, in the home that the commands open."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(supervise, "opened", opened)
    alarm_id = work.ids.new()
    made = service.open_site(work, Discovered(alarm_id, Zone.CONTROL, 2, 116.7, 39.5, "seen"))
    looked = Verified(true=True, code="digging", proof=PROOF)
    stop = StopOrdered(work.ids.new(), "danger")
    made = service.append(work, made, [OwnerGiven(work.ids.new(), "patroller", "x"), Arrived(PROOF), looked, stop])
    clock.advance(timedelta(minutes=6))
    monkeypatch.setattr("pipewarden.dedupe.service.moments", lambda *_, **__: [(clock.now(), "excavator")])
    return made


def test_the_shipped_rules_are_whole(mine: Path) -> None:
    code, out, err = run("check", str(mine))
    assert (code, out) == (0, "")
    assert "CN@1: 13 rules" in err
    assert "0 that do not hold" in err
    code, out, _ = run("check", str(mine), "--json")
    told = json.loads(out)
    assert (code, told["rules"], told["failed"]) == (0, 13, [])
    assert told["examples"] > 40


def test_an_example_that_does_not_hold_is_told_and_ends_with_1(mine: Path) -> None:
    mine.write_text(SHIPPED.replace("by: PT10M", "by: PT9M"), encoding="utf-8")
    code, out, err = run("check", str(mine), "--json")
    assert code == 1
    assert json.loads(out)["failed"] == ["V-STOPPED-WORK example 1: is violated, compliant was wanted"]
    code, _, err = run("check", str(mine))
    assert (code, "V-STOPPED-WORK example 1" in err) == (1, True)


@pytest.mark.parametrize("command", ["check", "preview"])
def test_a_slip_ends_with_2_and_names_line_path_and_fix(mine: Path, command: str) -> None:
    mine.write_text(SHIPPED.replace("fact: site.zone, is: control", "fact: site.zome, is: control"), encoding="utf-8")
    code, out, err = run(command, str(mine), "--json")
    told = json.loads(out)["error"]
    assert code == 2
    assert told["field"].startswith("mine.yaml:")
    assert told["field"].endswith("compare.fact")
    assert told["fix"] == "Did you mean site.zone?"
    assert "site.zome" in err


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert run("check", str(tmp_path / "none.yaml"))[0] == 2
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"\xff\xfe")
    assert "UTF-8" in run("check", str(binary))[2]
    binary.write_bytes(b" " * 1_000_001)
    assert "1 MB" in run("check", str(binary))[2]


def test_a_preview_says_by_code_and_site_what_would_have_changed(mine: Path, stopped: Site) -> None:
    code, out, _ = run("preview", str(mine), "--days", "7", "--json")
    told = json.loads(out)
    assert (code, told["newly"], told["no_longer"], told["sites"], told["days"]) == (0, [], [], 1, 7)
    mine.write_text(SHIPPED.replace("by: PT10M", "by: PT5M"), encoding="utf-8")
    code, out, _ = run("preview", str(mine), "--json")
    assert (code, json.loads(out)["error"]["field"]) == (2, "mine.yaml: version")
    edit = SHIPPED.replace("by: PT10M", "by: PT5M").replace("version: CN@1", "version: mine@1")
    mine.write_text(edit, encoding="utf-8")
    code, out, _ = run("preview", str(mine), "--days", "7", "--json")
    (row,) = json.loads(out)["newly"]
    assert (code, row["code"], row["site_id"]) == (0, "V-STOPPED-WORK", str(stopped.id))
    code, out, err = run("preview", str(mine))
    assert code == 0
    assert "newly violated" in out
    assert str(stopped.id) in out
    assert "1 sites" in err
