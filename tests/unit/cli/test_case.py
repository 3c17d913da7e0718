"""``pipewarden case simulate``: one JSON object, an exit code that says whether every promise held, seeds as ranges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.main import desk_weeks

if TYPE_CHECKING:
    from collections.abc import Iterable

KEYS = {"sites", "unowned_over_120s", "timers_lost", "vanished", "illegal_transitions_refused"}
HELD = {
    "sites": 4,
    "unowned_over_120s": 0,
    "timers_lost": 0,
    "vanished": 0,
    "illegal_transitions_refused": 2,
    "illegal_transitions_taken": 0,
}


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["case", "simulate", *words])
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[int]]]:
    """What the simulator was asked for; it says that everything held."""
    seen: list[tuple[int, list[int]]] = []

    def simulate(days: int, seeds: Iterable[int]) -> dict[str, int]:
        seen.append((days, list(seeds)))
        return HELD

    monkeypatch.setattr(desk_weeks, "simulate", simulate)
    return seen


@pytest.mark.parametrize(("seeds", "wanted"), [("1-3", [1, 2, 3]), ("7", [7]), ("5-5", [5])])
def test_seeds_are_a_range_with_both_ends(asked: list[tuple[int, list[int]]], seeds: str, wanted: list[int]) -> None:
    code, out, _ = run("--days", "2", "--seeds", seeds, "--json")
    assert code == 0
    assert asked == [(2, wanted)]
    assert json.loads(out) == HELD
    assert set(json.loads(out)) >= KEYS


def test_people_read_a_table(asked: list[tuple[int, list[int]]]) -> None:
    code, out, _ = run()
    assert (code, asked) == (0, [(30, [1])])
    assert "unowned_over_120s" in out


@pytest.mark.parametrize("seeds", ["3-1", "a-b", "1-", "-3", "1-99999"])
def test_what_is_no_range_is_refused(asked: list[tuple[int, list[int]]], seeds: str) -> None:
    code, out, _ = run("--seeds", seeds, "--json")
    assert code == 2
    assert json.loads(out)["error"]["field"] == "--seeds"
    assert asked == []


@pytest.mark.parametrize("name", ["unowned_over_120s", "timers_lost", "vanished", "illegal_transitions_taken"])
def test_a_promise_that_did_not_hold_ends_with_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(desk_weeks, "simulate", lambda _days, _seeds: HELD | {name: 1})
    code, out, err = run("--json")
    assert code == 1
    assert json.loads(out)[name] == 1
    assert "did not hold" in err
