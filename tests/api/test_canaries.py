"""X2: canary secrets in every secret field, then 300 errors at DEBUG: none in logs, errors, metrics, exports."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import SecretStr

from pipewarden.exchange import service as exchange
from pipewarden.main import log
from pipewarden.main.web import problems
from pipewarden.main.web.secret import WebSettings
from pipewarden.operation.adapters.outside import Handle
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ERRORS = 300
CANARY = "canary-7f3a9c"
SECRETS = {
    name: f"{CANARY}-{name}-0123456789abcdef0123456789"
    for name, field in WebSettings.model_fields.items()
    if "SecretStr" in str(field.annotation)
}
URL = f"postgresql://app:{CANARY}-db@db.example.org/pipewarden"
KEY = "693a91f6-7bc4-4bc4-97a0-canary7f3a9c"
PHONE = "13812345678"


class BrokenError(Exception):
    """An error whose words hold what no line may say."""


def words(number: int) -> str:
    """Return a sentence with a secret in one of the ways in which they turn up."""
    several = [
        f"connect to {URL} failed",
        f"rtsp://admin:{CANARY}@10.0.0.5/h264 gave no frame",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY} answered 500",
        f"Authorization: Bearer {CANARY}{CANARY}",
        f"{{'password': '{CANARY}', 'phone': '{PHONE}'}}",
        f"token={CANARY}&other=1",
        f"called {PHONE} in vain",
        *SECRETS.values(),
    ]
    return several[number % len(several)]


def fail(number: int) -> None:
    """Raise an error whose words, and whose cause's, hold a secret."""
    raise BrokenError(words(number)) from ValueError(words(number + 1))


def listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Configure the log at DEBUG with every secret of the settings set, and return what it says."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"PIPEWARDEN_{name.upper()}", value)
    monkeypatch.setenv("PIPEWARDEN_DATABASE_URL", URL)
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path))
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    log.configure("DEBUG")
    logging.getLogger().setLevel(logging.DEBUG)
    return said


def clean(said: str) -> None:
    assert CANARY not in said
    assert "canary7f3a9c" not in said
    assert PHONE not in said


def test_every_secret_of_the_settings_is_tried() -> None:
    assert {"secret", "vision_key", "mqtt_password", "mail_password", "metrics_key", "heartbeat_url"} <= SECRETS.keys()


def test_three_hundred_errors_leave_no_secret_in_any_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = listen(tmp_path, monkeypatch)
    house, library = structlog.get_logger("pipewarden.test"), logging.getLogger("some.library")
    for number in range(ERRORS):
        try:
            fail(number)
        except BrokenError as error:
            match number % 3:
                case 0:
                    house.exception("it broke", url=words(number + 2), settings={"password": CANARY, "n": number})
                case 1:
                    library.exception("it broke: %s", words(number + 2))
                case _:
                    house.error("it broke", error=error, headers={"Cookie": CANARY}, words=[words(number + 2)])
    lines = spoken.getvalue().splitlines()
    assert len(lines) == ERRORS, "each error made one line"
    assert all(json.loads(line) for line in lines)
    clean(spoken.getvalue())


def test_errors_answers_metrics_and_exports_hold_none_of_them(
    town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = listen(tmp_path, monkeypatch)
    numbers = iter(range(10**6))

    def broken(*_args: Any, **_more: Any) -> Any:
        raise BrokenError(words(next(numbers)))

    settings = town.home.settings.model_copy(
        update={"metrics_key": SecretStr(SECRETS["metrics_key"]), "vision_key": SecretStr(SECRETS["vision_key"])}
    )
    state, who = town.app.state, town.who("safety_manager")
    with town.home.work() as work:
        people.set_contacts(work, people.operator(town.a), who.id, [NewContact(ContactKind.WECOM, KEY)])
    home, state.home = state.home, replace(state.home, settings=settings)
    client = type(town.client)(town.app, raise_server_exceptions=False)
    try:
        with monkeypatch.context() as inner:
            inner.setattr("pipewarden.operation.http.service.tenant_reading", broken)
            for _ in range(30):
                answer = client.as_(who, "GET", "/v1/operation")
                assert answer.status_code == 500
                assert answer.json().keys() <= {"type", "title", "status", "detail", "fix"}
                clean(answer.text)
        headers = {"Authorization": f"Bearer {SECRETS['metrics_key']}"}
        for path in ("/metrics", "/statusz"):
            clean(client.get(path, headers=headers).text)
        for path in ("/v1/operation", "/v1/me", f"/v1/people/{who.id}/contacts", "/v1/sites?limit=200"):
            clean(client.as_(who, "GET", path).text)
        with town.at(town.a) as work:
            for what in exchange.LISTS:
                clean(exchange.export(work, people.operator(town.a), what, None))
    finally:
        state.home = home
    assert "unexpected error" in spoken.getvalue(), "each was on record"
    clean(spoken.getvalue())


def test_what_is_shown_of_the_settings_themselves_hides_them() -> None:
    settings = WebSettings(**{name: SecretStr(value) for name, value in SECRETS.items()})  # type: ignore[arg-type]
    clean(repr(settings))
    clean(repr(Handle(None, SECRETS["heartbeat_url"])))  # type: ignore[arg-type]  # it is not used here
    assert problems.problem(500, "x").body
