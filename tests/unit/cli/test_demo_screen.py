"""What a person at a terminal sees of the living demo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipewarden.cli import demo
from pipewarden.cli.app import app
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.main.demo import live
from pipewarden.main.demo.cast import Part, Seat
from pipewarden.main.demo.live import Stage
from pipewarden.main.demo.player import Step
from pipewarden.people.facts import Role
from pipewarden.sim.facts import DayScore, Discovery, UnfiledScore

if TYPE_CHECKING:
    from pathlib import Path

MORNING = datetime(2026, 11, 20, 7, 44, tzinfo=UTC)


def stage(*, console: bool = True) -> Stage:
    seats = [
        Seat(Part("dispatcher", "调度员甲", Role.DISPATCHER, "city"), "demo-dispatcher", "abcdef-ghijkl"),
        Seat(Part("resident-1", "市民甲", Role.RESIDENT, None), "demo-resident-1", "mnopqr-stuvwx"),
    ]
    return Stage("http://127.0.0.1:8000", None, seats, 14, console=console, key="pw_secret_key")  # type: ignore[arg-type]


def score(**changes: Any) -> DayScore:
    values: dict[str, Any] = {
        "works": 18, "works_shown": 15, "works_found": 13, "missed": ("W23", "S05"), "alarms": 16, "alarms_late": 1,
        "alarms_per_site": 1.25, "most_alarms_per_site": 2, "look_alikes_shown": 7, "look_alikes_alarmed": 3,
        "alarms_of_nothing": 4, "by_camera": Discovery(9, 600.0, 900.0), "by_people": Discovery(5, 1200.0, 4000.0),
        "unfiled": UnfiledScore(11, 9, 50, 8.4, 7, 10.6),
    }  # fmt: skip
    return DayScore(**values | changes)


def test_address_and_sign_ins_are_printed_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    demo._Screen().opened(stage())
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].strip() == "http://127.0.0.1:8000"
    (line,) = [one for one in lines if one.startswith("dispatcher")]
    assert line.split()[:3] == ["dispatcher", "demo-dispatcher", "abcdef-ghijkl"]
    assert "接警" in line
    assert any(one.split()[:3] == ["resident", "demo-resident-1", "mnopqr-stuvwx"] for one in lines)
    assert "pw_secret_key" not in said.out + said.err
    assert "not built" not in said.err
    assert "14 cameras" in said.err


def test_a_missing_console_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    demo._Screen().opened(stage(console=False))
    assert "console is not built" in capsys.readouterr().err


def test_progress_comes_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    screen = demo._Screen()
    for done in range(1, 81):
        screen.stepped(Step(done, 80, 0, MORNING + timedelta(minutes=done)))
    assert capsys.readouterr().err.splitlines() == ["story 09:04  80/80 events sent"]
    screen._said_at -= demo._EVERY_S + 1
    screen.stepped(Step(7, 80, 2, MORNING))
    assert capsys.readouterr().err.splitlines() == ["story 07:44  7/80 events sent, 2 refused"]


def test_the_score_says_both_parts_of_every_share(capsys: pytest.CaptureFixture[str]) -> None:
    demo._Screen().ended(score())
    said = capsys.readouterr()
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    for name, value in (
        ("works shown / found", "15 / 13"),
        ("missed", "2 (W23, S05)"),
        ("found by cameras / by people", "9 / 5"),
        ("alarms", "16"),
        ("alarms per site", "1.25, at most 2"),
        ("told after the works were over", "1"),
        ("look-alikes shown / alarmed", "7 / 3"),
        ("alarms of nothing", "4"),
    ):
        assert any(line.endswith(f" {name} {value}") for line in lines), name
    assert "say nothing about real streets" in said.err
    assert "Ctrl-C" in said.err


def test_a_day_on_which_nothing_was_found_has_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Discovery(0, None, None)
    demo._Screen().ended(score(alarms_per_site=None, most_alarms_per_site=0, missed=(), by_camera=nothing))
    out = capsys.readouterr().out
    assert "–, at most 0" in out
    assert "nan" not in out.lower()


def test_a_broken_day_names_field_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    demo._Screen().broken(InputError(field="truth.json", problem="is damaged", fix="Install anew."))
    err = capsys.readouterr().err
    assert "truth.json: is damaged" in err
    assert "fix: Install anew." in err


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Calls of the living demo, which is not run."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(live, "run", lambda settings, _audience, **words: calls.append({"home": settings.home} | words))
    return calls


def test_the_command_passes_port_and_speed_on(asked: list[dict[str, Any]], tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    assert CliRunner().invoke(app, ["demo", "--port", "8123", "--speed", "60"]).exit_code == 0
    home = tmp_path / "home"
    assert asked == [{"home": home, "port": 8000, "speed": None}, {"home": home, "port": 8123, "speed": 60.0}]


@pytest.mark.parametrize("words", [["--port", "0"], ["--port", "70000"], ["--speed", "0.5"], ["--host", "::"]])
def test_what_cannot_be_is_refused(asked: list[dict[str, Any]], words: list[str]) -> None:
    assert CliRunner().invoke(app, ["demo", *words]).exit_code == 2
    assert asked == []


def test_an_error_names_field_and_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object, **__: object) -> None:
        raise UnavailableError(field="--port", problem="127.0.0.1:8000 cannot be listened on", fix="Choose another.")

    monkeypatch.setattr(live, "run", taken)
    done = CliRunner().invoke(app, ["demo"])
    assert done.exit_code == 3
    assert "--port: 127.0.0.1:8000" in done.stderr
    assert "fix: Choose another." in done.stderr
