"""Whom the settings name, what TLS must hold, and that the key is in no log, no record and no error."""

from __future__ import annotations

import io
import json
import logging
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import text
from vision_fake import KEY, KINDS, good, make_certificate, serve
from vision_site import SiteAnswer, jpeg, question, settings

from pipewarden.inference import service
from pipewarden.inference.adapters.endpoint import NullEndpoint, described
from pipewarden.inference.adapters.openai import Limits, OpenAiEndpoint, open_endpoint
from pipewarden.inference.facts import (
    BoxScale,
    Failure,
    FailureKind,
    Lost,
    Picture,
    PictureRole,
    VisionModel,
    VisionPolicy,
)
from pipewarden.inference.rules import Prepared, prepare
from pipewarden.inference.store import shipped_words
from pipewarden.kit.db import Base
from pipewarden.kit.errors import InputError
from pipewarden.kit.settings import Settings
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


def test_no_address_means_nobody() -> None:
    with open_endpoint(Settings()) as endpoint:
        assert isinstance(endpoint, NullEndpoint)
        assert endpoint.about is None


def test_the_settings_describe_the_model() -> None:
    told = settings("https://Vision.Example.com:443/v1/", vision_model="Qwen/Qwen2.5-VL-72B-Instruct")
    about, url, key = described(told)
    assert url == "https://Vision.Example.com:443/v1/chat/completions"
    assert about.endpoint == "https://vision.example.com"
    assert (about.scale, about.multiple, about.reply_format) == (BoxScale.PIXELS, 28, "schema")
    assert (about.price_prompt, about.timeout_s, key) == (30_000, 2.0, KEY)
    assert described(settings("https://h/v1/chat/completions"))[1] == "https://h/v1/chat/completions"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"vision_url": "vision.example.com"}, "VISION_URL"),
        ({"vision_url": "ftp://vision.example.com"}, "VISION_URL"),
        ({"vision_url": "https://user:canary@vision.example.com"}, "VISION_URL"),
        ({"vision_url": "https://vision.example.com/v1?key=1"}, "VISION_URL"),
        ({"vision_url": "https://vision.example.com:notaport"}, "VISION_URL"),
        ({"vision_url": "https://видение.example.com"}, "VISION_URL"),
        ({"vision_url": "http://vision.example.com/v1"}, "VISION_URL"),
        ({"vision_url": "http://127.0.0.1.example.com/v1"}, "VISION_URL"),
        ({"vision_model": None}, "VISION_MODEL"),
        ({"vision_model": "a\nb"}, "VISION_MODEL"),
        ({"vision_price_prompt": None}, "VISION_PRICE_PROMPT"),
        ({"vision_price_completion": None}, "VISION_PRICE_COMPLETION"),
        ({"vision_profile": "nobody"}, "VISION_PROFILE"),
        ({"vision_key": SecretStr("short")}, "VISION_KEY"),
        ({"vision_key": SecretStr("canary key with spaces")}, "VISION_KEY"),
    ],
)
def test_a_setting_that_cannot_be_is_named_and_no_secret_shown(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        described(settings("https://h/v1", **changes))
    assert caught.value.field == f"PIPEWARDEN_{field}"
    assert "canary" not in str(caught.value)


def test_plain_http_is_for_this_machine_or_by_permission() -> None:
    for url in ("http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://[::1]:8000/v1"):
        assert described(settings(url))[0].endpoint.startswith("http://")
    assert described(settings("http://10.0.0.8/v1", vision_plain_http=True))[0].endpoint == "http://10.0.0.8"


def test_settings_do_not_show_their_key() -> None:
    told = settings("https://h/v1")
    assert KEY not in repr(told) + str(told) + told.model_dump_json()


@pytest.mark.system("openssl")
def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_of_the_settings_taken(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with serve(good, certificate) as fake:
        body = json.dumps({"messages": []}).encode()
        with open_endpoint(settings(fake.url)) as endpoint:
            answer = endpoint.send(body, 3.0)
            assert isinstance(answer, Lost)
            assert (answer.kind, answer.sent) == (FailureKind.TLS, False)
        assert fake.asked == []
        fake.behave = lambda wire, _request: wire.reply(b"{}")
        with open_endpoint(settings(fake.url, vision_ca=certificate)) as endpoint:
            assert not isinstance(endpoint.send(body, 3.0), Lost)


def test_who_speaks_no_tls_is_refused_before_the_key_is_said() -> None:
    with serve(good) as fake, open_endpoint(settings(fake.url.replace("http:", "https:"))) as endpoint:
        answer = endpoint.send(b"{}", 3.0)
        assert isinstance(answer, Lost)
        assert answer.kind is FailureKind.TLS
        assert fake.asked == []


def test_nobody_there_is_unreachable() -> None:
    with open_endpoint(settings("http://127.0.0.1:1/v1")) as endpoint:
        assert endpoint.send(b"{}", 3.0) == Lost(FailureKind.UNREACHABLE, "cannot be reached", sent=False)
    with open_endpoint(settings("https://no-such-host.invalid/v1")) as endpoint:
        answer = endpoint.send(b"{}", 3.0)
        assert isinstance(answer, Lost)
        assert answer.kind in {FailureKind.UNREACHABLE, FailureKind.TIMEOUT}


def test_a_ca_file_that_is_none_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("nothing")
        with pytest.raises(InputError) as caught, open_endpoint(settings("https://h/v1", vision_ca=path)):
            pass
        assert caught.value.field == "PIPEWARDEN_VISION_CA"


def test_the_environment_turns_no_call_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serve(lambda wire, _request: wire.reply(b"{}")) as fake, open_endpoint(settings(fake.url)) as endpoint:
        assert not isinstance(endpoint.send(b"{}", 3.0), Lost)


def test_an_answer_is_bounded_by_its_own_limit() -> None:
    with serve(lambda wire, _request: wire.reply(b"x" * 2000)) as fake, open_endpoint(settings(fake.url)) as opened:
        assert isinstance(opened, OpenAiEndpoint)
        small = OpenAiEndpoint(
            opened.about, f"{fake.url}/chat/completions", "", opened._portal, limits=Limits(body=1999)
        )
        answer = small.send(b"{}", 3.0)
        assert isinstance(answer, Lost)
        assert answer.kind is FailureKind.TOO_LONG
        assert "Authorization" not in fake.headers[-1], "no key, no header"


def test_every_kind_through_the_whole_door_leaves_no_key_anywhere(
    work: Work, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """L2: each ends as an answer or a named failure, on record, within its time; the canary key is nowhere."""
    said = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    caplog.set_level(logging.DEBUG)
    ended = {}
    with serve(good) as fake, open_endpoint(settings(fake.url)) as endpoint:
        assert endpoint.about is not None
        policy = VisionPolicy((endpoint.about.endpoint,), 10**9, 6000)
        service.set_vision_policy(work, people.operator(), policy)
        for name, (behave, _) in KINDS.items():
            fake.behave = behave
            clock.advance(timedelta(seconds=120))  # a breaker that has opened lets the next one try
            told = service.ask(service.Door(endpoint), lambda: nullcontext(work), question({"kind": name}))
            assert told.ms < 1000 * (endpoint.about.timeout_s + 1)
            ended[name] = told.kind.value if isinstance(told, Failure) else None
            assert told.call_id is not None
            assert service.replay(work, told.call_id, SiteAnswer) == told
    assert ended == {name: kind for name, (_, kind) in KINDS.items()}
    rows = service.vision_calls(work, limit=1000)
    assert [one.outcome for one in rows] == [kind or "answer" for _, kind in KINDS.values()]
    assert len(caplog.records) > len(KINDS), "the libraries did speak at DEBUG"
    kept = "".join(
        str(row)
        for table in Base.metadata.sorted_tables
        if table.name.startswith("inference_")
        for row in work.session.execute(text(f"SELECT * FROM {table.name}"))  # noqa: S608  our own names
    )
    assert "wrong key ***" in kept
    for place in (kept, caplog.text, said.getvalue(), repr(endpoint)):
        assert KEY not in place


def test_no_metadata_of_a_picture_leaves() -> None:
    secret = b"Exif\x00\x00 GPS 39.5N serial CANARY-77"
    tagged = jpeg(exif=secret, comment=b"CANARY-77") + b"<script>CANARY-77</script>"
    assert tagged.count(b"CANARY-77") == 3
    asked = replace(question(), pictures=(Picture(PictureRole.FRAME, tagged),))
    about = VisionModel("m", "https://h")
    made = prepare(asked, about, shipped_words())
    assert isinstance(made, Prepared)
    assert all(b"CANARY" not in one for one in (*made.jpegs.values(), made.body(), made.text.encode()))
