from io import StringIO

import pytest
import structlog

from pipewarden.kit.errors import InputError
from pipewarden.main import log


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
