"""``pipewarden risk``: a site is explained, weights are tried on what happened; exit codes, one JSON object."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import FACTORS, Discovered
from pipewarden.casework.store import RISK_FILE
from pipewarden.cli import risk
from pipewarden.cli.app import app
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work

SHIPPED = RISK_FILE.read_text(encoding="utf-8")


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["risk", *words])
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def outside(work: Work, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site outside every range, in the home that the commands open."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(risk, "opened", opened)
    return service.open_site(work, Discovered(None, Zone.OUTSIDE, 4, 116.7, 39.5, "seen"))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Weights under which what lies outside counts as what lies far in the control range, and red begins at 66."""
    path = tmp_path / "mine.yaml"
    text = SHIPPED.replace("CN-risk@2", "mine@1").replace("outside: {weight: 0.15", "outside: {weight: 0.4")
    text = text.replace("from: 80, below: null", "from: 66, below: null").replace("below: 80", "below: 66")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_site_is_explained_factor_by_factor(outside: Site) -> None:
    code, out, _ = run("explain", str(outside.id), "--json")
    told = json.loads(out)
    assert (code, told["site_id"], told["version"]) == (0, str(outside.id), "CN-risk@2")
    assert [one["factor"] for one in told["factors"]] == list(FACTORS)
    assert sum(one["points"] for one in told["factors"]) == pytest.approx(told["score"])
    code, out, err = run("explain", str(outside.id))
    assert code == 0
    assert all(factor in out for factor in FACTORS)
    assert "level 4 (score 4, floor 4)" in err


def test_what_is_no_site_is_refused(outside: Site) -> None:
    assert outside.open
    code, out, _ = run("explain", "somewhere", "--json")
    assert (code, json.loads(out)["error"]["field"]) == (2, "SITE_ID")
    assert run("explain", "00000000-0000-0000-0000-000000000001")[0] != 0


def test_a_backtest_says_who_would_have_been_called_sooner_and_why(outside: Site, mine: Path) -> None:
    code, out, _ = run("backtest", "--policy", str(mine), "--days", "7", "--json")
    told = json.loads(out)
    (row,) = told["sooner"]
    assert (code, told["later"], told["sites"], told["days"]) == (0, [], 1, 7)
    assert (row["site_id"], row["before"], row["after"]) == (str(outside.id), 4, 1)
    assert row["reasons"] == ["zone"]
    assert {"who": "dispatcher", "before_min": 15.0, "after_min": 5.0} in row["called"]
    assert told["by_reason"] == [{"change": "sooner", "before": 4, "after": 1, "reason": "zone", "sites": 1}]
    code, out, err = run("backtest", "--policy", str(mine))
    assert code == 0
    assert "sooner" in out
    assert f"{outside.id} 4 -> 1" in err
    assert "dispatcher 15 min -> 5 min" in err
    assert "authority never -> 60 min" in err
    assert "1 sooner, 0 later" in err


def test_the_shipped_weights_change_nothing(outside: Site, tmp_path: Path) -> None:
    assert outside.open
    path = tmp_path / "same.yaml"
    path.write_text(SHIPPED, encoding="utf-8")
    code, out, _ = run("backtest", "--policy", str(path), "--json")
    told = json.loads(out)
    assert (code, told["sooner"], told["later"], told["by_reason"]) == (0, [], [], [])
    assert told["before"] == told["after"] == {"1": 0, "2": 0, "3": 0, "4": 1}


def test_a_slip_ends_with_2_and_names_line_path_and_fix(outside: Site, mine: Path) -> None:
    assert outside.open
    mine.write_text(SHIPPED.replace("excavator:", "excavater:"), encoding="utf-8")
    code, out, _ = run("backtest", "--policy", str(mine), "--json")
    told = json.loads(out)["error"]
    assert (code, told["fix"]) == (2, "Did you mean excavator?")
    assert told["field"].startswith("mine.yaml:")
    assert told["field"].endswith("factors.works.excavater")
