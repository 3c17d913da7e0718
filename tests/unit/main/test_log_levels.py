"""A module may be made to speak, or to be still, while the house runs."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from pipewarden.kit.errors import InputError
from pipewarden.main import log
from pipewarden.main.log_levels import FILE, Levels, read_levels, write_level

if TYPE_CHECKING:
    from pathlib import Path


def test_a_package_speaks_for_its_modules_and_the_nearest_name_holds(tmp_path: Path) -> None:
    write_level(tmp_path, "pipewarden.act", "DEBUG")
    write_level(tmp_path, "pipewarden.act.jobs", "error")
    levels = Levels(tmp_path, logging.WARNING, lambda: 0.0)
    assert levels.of("pipewarden.act.service.sending") == logging.DEBUG
    assert levels.of("pipewarden.act.jobs") == logging.ERROR
    assert levels.of("pipewarden.actor") == logging.WARNING
    assert levels.of("") == logging.WARNING


def test_a_change_is_heard_within_two_seconds_and_can_be_taken_back(tmp_path: Path) -> None:
    moment = [0.0]
    levels = Levels(tmp_path, logging.WARNING, lambda: moment[0])
    assert levels.of("httpx") == logging.WARNING
    write_level(tmp_path, "httpx", "DEBUG")
    assert levels.of("httpx") == logging.WARNING, "the file is not looked at for every line"
    moment[0] = 2.0
    assert levels.of("httpx") == logging.DEBUG
    assert logging.getLogger("httpx").level == logging.DEBUG, "a library's own log, too"
    write_level(tmp_path, "httpx", None)
    moment[0] = 4.0
    assert levels.of("httpx") == logging.WARNING
    assert logging.getLogger("httpx").level == logging.NOTSET


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": "LOUD", "b": 3}'])
def test_a_file_that_makes_no_sense_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert read_levels(tmp_path) == {}
    assert Levels(tmp_path, logging.INFO, lambda: 0.0).of("a") == logging.INFO


@pytest.mark.parametrize(("module", "level"), [("", "DEBUG"), ("a b", "DEBUG"), ("../x", "DEBUG"), ("a", "LOUD")])
def test_what_is_no_module_and_no_level_is_refused(module: str, level: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_level(tmp_path, module, level)
    assert not (tmp_path / FILE).exists()


def test_only_so_many_modules_have_a_level_of_their_own(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({f"m{n}": "INFO" for n in range(100)}), encoding="utf-8")
    with pytest.raises(InputError):
        write_level(tmp_path, "one.more", "INFO")


def test_a_running_process_hears_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path))
    write_level(tmp_path, "pipewarden.casework", "DEBUG")
    log.configure("ERROR")
    structlog.get_logger("pipewarden.casework.jobs").debug("heard", password="s3cret")  # noqa: S106  a canary
    structlog.get_logger("pipewarden.act").warning("unheard")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("heard", "debug", "pipewarden.casework.jobs")
    assert line["password"] == "***"  # noqa: S105  hidden
    write_level(tmp_path, "pipewarden.casework", None)
