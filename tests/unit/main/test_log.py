import json
import logging
import sys
from io import StringIO

import pytest
import structlog
from pydantic import SecretStr

from pipewarden.kit.errors import InputError
from pipewarden.main import log
from pipewarden.main.web.secret import WebSettings


def test_passwords_in_addresses_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    structlog.get_logger().warning("away", url="rtsp://cam:s3cret@10.0.0.5/sub", other="postgresql://u:word@/db")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "s3cret" not in shown.err
    assert "word@" not in shown.err
    assert "***" in shown.err


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://:hidden@h/x",
        "rtsp://hidden@h",
        "http://h/x?user=a&password=hidden",
        "http://h?token=hidden&b=1",
        "rtsp://u:p@hidden@h/",
    ],
)
def test_every_way_to_write_a_secret_is_masked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    structlog.get_logger().warning("away", url=url)
    assert "hidden" not in capsys.readouterr().err


def test_levels_below_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("ERROR")
    structlog.get_logger().warning("quiet")
    assert capsys.readouterr().err == ""


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(InputError) as caught:
        log.configure("LOUD")
    assert caught.value.field == "PIPEWARDEN_LOG_LEVEL"


def test_a_log_that_nobody_reads_any_more_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = StringIO()
    monkeypatch.setattr("sys.stderr", gone)
    log.configure("INFO")
    structlog.get_logger().warning("heard")
    assert "heard" in gone.getvalue()
    gone.close()
    structlog.get_logger().warning("unheard")  # would raise ValueError: I/O operation on closed file
    fresh = StringIO()
    monkeypatch.setattr("sys.stderr", fresh)
    structlog.get_logger().warning("heard again")
    assert "heard again" in fresh.getvalue()


def test_a_line_is_one_json_object_where_nobody_sits_before_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    structlog.get_logger("pipewarden.x").info("said", count=3, name="中文\n二")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert {
        "event": "said",
        "count": 3,
        "name": "中文\n二",
        "level": "info",
        "logger": "pipewarden.x",
    }.items() <= told.items()
    assert told["timestamp"].endswith("Z")


def test_words_for_people_when_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPEWARDEN_LOG_FORM", "console")
    log.configure("INFO")
    structlog.get_logger().info("said", url="rtsp://a:hidden@h")
    told = capsys.readouterr().err
    assert not told.startswith("{")
    assert "said" in told
    assert "hidden" not in told


def test_the_standard_librarys_log_takes_the_same_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    try:
        int("postgresql://u:hidden@h/db")
    except ValueError:
        logging.getLogger("some.library").exception("went wrong with %s", "token=hidden")
    line = json.loads(capsys.readouterr().err)
    assert "hidden" not in json.dumps(line)
    assert line["logger"] == "some.library"
    assert "ValueError" in line["exception"]


def test_an_exception_that_nobody_caught_is_told_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    modules = {name: module for name, module in sys.modules.items() if name != "pytest"}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", sys.excepthook)
    with monkeypatch.context() as inner:
        inner.setattr(sys, "modules", modules)
        log.configure("INFO")
    try:
        int("Authorization: Bearer hiddenword")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    told = capsys.readouterr().err
    assert "hiddenword" not in told
    assert "ValueError" in told


def test_the_secrets_of_the_settings_are_known_by_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = WebSettings(
        secret=SecretStr("canary-of-secret"),
        vision_key=SecretStr("canary-of-vision"),
        database_url="postgresql://app:canary-of-db@h/x",
    )
    assert {"canary-of-secret", "canary-of-vision", "canary-of-db"} <= set(log.secrets_of(settings))
    monkeypatch.setenv("PIPEWARDEN_VISION_KEY", "canary-of-vision")
    log.configure("INFO")
    structlog.get_logger().info("bare canary-of-vision in a sentence", what=["canary-of-vision"])
    assert "canary" not in capsys.readouterr().err
