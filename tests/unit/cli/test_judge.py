"""`pipewarden judge` in one process: figures with their denominators, the queue in pages, the question list by file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
import yaml
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.judge import store
from pipewarden.kit.settings import load_settings
from pipewarden.main.home import open_home
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from click.testing import Result

    from pipewarden.kit.work import Work

    Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Run:
    """Run a command for a tenant of the test's own."""
    monkeypatch.setenv("PIPEWARDEN_HOME", str(folder))
    monkeypatch.setenv("PIPEWARDEN_TENANT", f"t{crc32(request.node.name.encode())}")
    return lambda *words: CliRunner().invoke(app, ["judge", *map(str, words)])


def rows(said: Result) -> list[dict[str, Any]]:
    assert said.exit_code == 0, said.output
    return [json.loads(line) for line in said.stdout.splitlines()]


def error(said: Result, code: int = 2) -> dict[str, str]:
    assert said.exit_code == code, said.output
    told: dict[str, str] = json.loads(said.stdout.splitlines()[-1])["error"]
    return told


def waiting(work: Work, count: int, camera: UUID | None = None) -> list[UUID]:
    """Make cases that wait for a person, as the judge makes them before it has judged."""
    made = sorted(work.ids.new() for _ in range(count))
    store.cases.lock(work, made)
    for one in made:
        row = work.session.get_one(store.CaseRow, one)
        row.camera_id = camera
    return made


def test_figures_say_what_there_is_and_what_there_is_not(run: Run) -> None:
    (told,) = rows(run("figures", "--json"))
    assert (told["camera"], told["alarms"], told["cost_per_site"], told["advice"]) == (None, 0, None, [])
    assert told["precision"] == {"hits": 0, "of": 0, "value": None, "low": 0.0, "high": 1.0}
    assert told["recall"]["value"] is None
    assert "分母 of" in run("figures").output


def test_figures_are_of_one_camera_since_a_day_and_of_this_tenant(run: Run) -> None:
    with open_home(load_settings()) as home:
        with home.work() as work:
            camera = sense.register_camera(work, NewCamera(key="cam-01", name="one")).id
            waiting(work, 2, camera)
            waiting(work, 3)
        with home.factory.sessions() as session, session.begin():
            other = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "stranger").id
        with home.factory.begin(other) as work:
            waiting(work, 5)
    assert rows(run("figures", "--json"))[0]["alarms"] == 5
    (told,) = rows(run("figures", "--camera", "cam-01", "--since", "2026-01-01", "--json"))
    assert (told["camera"], told["alarms"], told["waiting"]) == ("cam-01", 2, 2)
    assert told["since"] == "2026-01-01T00:00:00+00:00"
    assert "Did you mean cam-01?" in error(run("figures", "--camera", "cam-02", "--json"))["fix"]
    assert error(run("figures", "--since", "soon", "--json"))["field"] == "--since"
    assert error(run("figures", "--since", "2199-01-01", "--json"))["field"] == "since"


def test_the_queue_comes_in_pages_and_holds_no_other_tenants_alarms(run: Run) -> None:
    with open_home(load_settings()) as home:
        with home.work() as work:
            made = waiting(work, 5)
        with home.factory.sessions() as session, session.begin():
            other = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "queue-stranger").id
        with home.factory.begin(other) as work:
            waiting(work, 2)
    *first, summary = rows(run("queue", "--limit", 3, "--json"))
    *rest, end = rows(run("queue", "--limit", 3, "--cursor", summary["summary"]["next"], "--json"))
    assert [one["alarm"] for one in [*first, *rest]] == [str(one) for one in made]
    assert end == {"summary": {"reviews": 2, "next": None}}
    assert first[0]["zone"] == "unknown"
    assert set(first[0]) == {"alarm", "zone", "rank", "reasons", "due_at", "score", "frames", "camera", "lon", "lat",
                             "audit", "taken_by"}  # fmt: skip
    said = run("queue", "--limit", 3)
    assert str(made[0]) in said.stdout
    assert "--cursor" in said.output
    assert error(run("queue", "--cursor", "x_y", "--json"))["field"] == "--cursor"


def test_questions_are_shown_edited_put_in_force_and_put_back(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    shipped = run("questions", "show")
    body = yaml.safe_load(shipped.stdout)
    file.write_text(shipped.stdout, encoding="utf-8")
    assert error(run("questions", "set", file, "--json"))["field"] == "version"
    body["version"] = "own@1"
    body["questions"][0]["zh"] = "是挖掘机吗？"
    file.write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    (made,) = rows(run("questions", "set", file, "--json"))
    assert (made["version"], made["questions"][0]["zh"]) == ("own@1", "是挖掘机吗？")
    assert yaml.safe_load(run("questions", "show").stdout) == body
    assert rows(run("questions", "reset", "--json"))[0]["version"] == yaml.safe_load(shipped.stdout)["version"]
    assert run("questions", "show").stdout == shipped.stdout


@pytest.mark.parametrize("words", ["{", "a list", "version: own@2"])
def test_a_list_that_is_none_is_refused_and_nothing_changes(run: Run, tmp_path: Path, words: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(words, encoding="utf-8")
    before = run("questions", "show").stdout
    assert error(run("questions", "set", file, "--json"))["problem"]
    assert run("questions", "show").stdout == before
