"""``pipewarden open311``: a city's server noted, read, listed and taken away."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from city_server import City, city
from sqlalchemy import text
from typer.testing import CliRunner

from pipewarden.cli import opened as opening
from pipewarden.cli.app import app
from pipewarden.exchange import jobs
from pipewarden.exchange.adapters.wire import GuardedWire
from pipewarden.field.service import Desk
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.outbound import Outbound
from pipewarden.kit.vault import Sealer
from pipewarden.main import open311 as wiring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

SECRET = b"a secret of this test run alone."


class Here:
    """A home around the test's own transaction."""

    def __init__(self, work: Work) -> None:
        self.one, self.tenant_id, self.factory = work, work.tenant_id, self

    @contextmanager
    def work(self) -> Iterator[Work]:
        with self.one.session.begin_nested():
            yield self.one

    @contextmanager
    def begin(self, _tenant: object) -> Iterator[Work]:
        with self.one.session.begin_nested():
            yield self.one


@pytest.fixture(autouse=True)
def here(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    made = Here(work)
    wire = GuardedWire(Outbound(read_opened("127.0.0.0/8", "X")))
    sealer = Sealer(SECRET, SystemChance().bytes)
    house = jobs.House(wire, Desk(BlobStore(tmp_path / "blobs"), SECRET), sealer, work.clock)

    @contextmanager
    def at_home(_settings: object) -> Iterator[tuple[Here, jobs.House]]:
        yield made, house

    monkeypatch.setattr(wiring, "at_home", at_home)
    monkeypatch.setattr(opening, "opened", made.work)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def there(clock: SetClock) -> Iterator[City]:
    at = (clock.now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = {"status": "open", "service_code": "dig", "requested_datetime": at, "description": "a digger"}
    rows = [
        row | {"service_request_id": "1", "lat": 39.5, "long": 116.7},
        row | {"service_request_id": 2, "address": "和平路"},
        row | {"service_request_id": "3", "service_code": "tree"},
    ]
    with city(rows=rows) as made:
        yield made


def run(*words: object, said: str | None = None) -> tuple[int, str, str]:
    made = CliRunner().invoke(app, [str(word) for word in words], input=said)
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return made.exit_code, made.stdout, " ".join(made.stderr.split())


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_city_is_added_read_listed_and_removed(there: City, work: Work) -> None:
    code, out, _ = run(
        "open311", "add", "lf", there.address, "--code", "dig=digging", "--key-stdin", "--json", said="top secret\n"
    )
    assert code == 0, out
    assert lines(out)[0]["name"] == "lf"
    code, out, err = run("open311", "pull", "lf", "--json")
    assert code == 0, err
    summary = lines(out)[-1]["summary"]
    assert (summary["taken"], summary["skipped"]) == (2, {"another service": 1})
    assert run("open311", "pull", "lf", "--json")[0] == 0
    code, out, _ = run("open311", "list", "--json")
    listed = lines(out)
    assert listed[-1] == {"summary": {"servers": 1}}
    assert (listed[0]["key"], listed[0]["problem"], listed[0]["codes"]) == (True, "", {"dig": "digging"})
    assert "top secret" not in out
    assert work.session.scalar(text("SELECT count(*) FROM field_reports")) == 2
    assert run("open311", "remove", "lf")[0] == 0
    assert lines(run("open311", "list", "--json")[1]) == [{"summary": {"servers": 0}}]
    assert work.session.scalar(text("SELECT sealed_key FROM exchange_open311_servers")) is None, "its key is forgotten"
    code, _, err = run("open311", "pull", "lf")
    assert (code, "no server" in err) == (2, True)


def test_words_for_people_say_what_came(there: City) -> None:
    run("open311", "add", "lf", there.address, "--code", "*=other")
    code, _, err = run("open311", "pull", "lf")
    assert code == 0
    assert "3 new" in err
    assert "lf" in run("open311", "list")[1]


def test_a_pull_that_fails_says_why(there: City) -> None:
    run("open311", "add", "lf", there.address, "--code", "dig=digging")
    there.instead = lambda _path: (500, "text/plain", b"")
    code, out, err = run("open311", "pull", "lf", "--json")
    assert (code, "answers 500" in err) == (3, True)
    assert lines(out)[-1]["error"]["field"] == "lf"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--code", "dig"], "--code"),
        (["--code", "dig=potholes"], "--code"),
        (["--code", "dig=digging", "--format", "csv"], "--format"),
        (["--code", "dig=digging", "--zone", "Mars"], "--zone"),
        (["--code", "dig=digging", "--since", "2026-11-01T00:00:00"], "--since"),
        (["--code", "dig=digging", "--since", "yesterday"], "--since"),
        (["--code", "dig=digging", "--key-stdin"], "api_key"),
    ],
)
def test_what_cannot_be_used_is_named(words: list[str], field: str) -> None:
    code, out, _ = run("open311", "add", "lf", "https://city.example", *words, "--json", said="\n")
    assert (code, lines(out)[-1]["error"]["field"]) == (2, field)


def test_since_says_from_when_it_is_read(there: City) -> None:
    since = datetime(2026, 11, 19, tzinfo=UTC)
    run("open311", "add", "lf", there.address, "--code", "dig=digging", "--since", since.isoformat())
    run("open311", "pull", "lf")
    assert there.asked[0][1]["start_date"] == "2026-11-18T00:00:00Z", "a day of overlap"


def test_help_teaches() -> None:
    for words in (["open311"], ["open311", "add"], ["open311", "pull"], ["open311", "remove"], ["open311", "list"]):
        code, out, _ = run(*words, "--help")
        assert code == 0
        assert out
    assert "Example" in run("open311", "add", "--help")[1]
