"""``pipewarden case simulate`` at its edges: the longest range, the longest time, what goes to which stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.errors import UnavailableError
from pipewarden.main import desk_weeks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.testing import Result

KEPT = {"unowned_over_120s": 0, "timers_lost": 0, "vanished": 0, "illegal_transitions_taken": 0, "sites": 3, "calls": 5}


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["case", "simulate", *words])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """What was asked for: days, how many seeds, the last of them."""
    seen: list[tuple[int, int, int]] = []

    def simulate(days: int, seeds: Iterable[int]) -> dict[str, int]:
        drawn = list(seeds)
        seen.append((days, len(drawn), drawn[-1]))
        return KEPT

    monkeypatch.setattr(desk_weeks, "simulate", simulate)
    return seen


def test_ten_thousand_seeds_are_taken_and_one_more_is_not(asked: list[tuple[int, int, int]]) -> None:
    assert run("--seeds", "1-10000", "--days", "1").exit_code == 0
    assert asked == [(1, 10_000, 10_000)]
    assert run("--seeds", "1-10001", "--days", "1").exit_code == 2
    assert run("--seeds", "0", "--days", "1").exit_code == 0
    assert asked[1:] == [(1, 1, 0)]


@pytest.mark.parametrize("seeds", [" 1", "1 - 3", "1-2-3", "1.5", "+1", "", "1000000", "一"])
def test_seeds_are_plain_numbers(asked: list[tuple[int, int, int]], seeds: str) -> None:
    refused = run(f"--seeds={seeds}", "--json")
    assert refused.exit_code == 2
    error = json.loads(refused.stdout)["error"]
    assert error["field"] == "--seeds"
    assert "1-200" in error["fix"]
    assert asked == []


@pytest.mark.parametrize(("days", "code"), [("0", 2), ("1", 0), ("366", 0), ("367", 2), ("-1", 2), ("many", 2)])
def test_a_year_is_the_longest_time(asked: list[tuple[int, int, int]], days: str, code: int) -> None:
    assert run(f"--days={days}").exit_code == code
    assert len(asked) == (code == 0)


def test_machines_get_one_line_and_nothing_else(asked: list[tuple[int, int, int]]) -> None:
    said = run("--json")
    assert json.loads(said.stdout) == KEPT
    assert len(said.stdout.splitlines()) == 1
    assert said.stderr == ""
    assert asked == [(30, 1, 1)]


def test_people_see_every_count_whether_it_held_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_weeks, "simulate", lambda _days, _seeds: KEPT | {"timers_lost": 17})
    said = run()
    assert said.exit_code == 1
    assert all(name in said.stdout for name in KEPT)
    assert "17" in said.stdout
    assert "same seed" in said.stderr


def test_what_was_only_counted_breaks_no_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_weeks, "simulate", lambda _days, _seeds: KEPT | {"restarts": 9, "calls": 400})
    assert run("--json").exit_code == 0


def test_a_database_that_does_not_come_up_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_days: int, _seeds: Iterable[int]) -> dict[str, int]:
        raise UnavailableError(field="database", problem="does not answer", fix="Start it.")

    monkeypatch.setattr(desk_weeks, "simulate", away)
    said = run("--json")
    assert said.exit_code == UnavailableError.exit_code
    assert json.loads(said.stdout)["error"] == {
        "field": "database",
        "problem": "does not answer",
        "fix": "Start it.",
    }
