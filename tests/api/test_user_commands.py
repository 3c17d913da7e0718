"""`pipewarden user factor` and `pipewarden user sessions`: the way back in, and out, from the machine itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, AuditFilter, Role

if TYPE_CHECKING:
    from pipewarden.kit.postgres import Urls


@pytest.fixture
def run(town: Any, api_urls: Urls) -> Any:
    environment = dict(os.environ) | {
        "PIPEWARDEN_HOME": str(town.home.folder),
        "PIPEWARDEN_DATABASE_URL": api_urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": api_urls.owner,
        "COLUMNS": "200",
    }

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pipewarden", "user", *words]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=120)

    return command


def login_of(town: Any, who: Any) -> str:
    with town.at(PLATFORM) as work:
        return str(work.session.scalar(text("SELECT login FROM people_persons WHERE id = :id"), {"id": who.id}))


def said(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_lost_factor_is_reset_from_the_machine(town: Any, run: Any) -> None:
    guard = town.person(Role.SECURITY_ADMIN)
    login = login_of(town, guard)
    listed = run("factor", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    *rows, summary = said(listed)
    mine = next(row for row in rows if row["login"] == login)
    assert (mine["owed"], mine["codes_left"], mine["roles"]) == (True, 10, ["security_admin"])
    assert summary["summary"]["persons"] == len(rows)
    stranger = login_of(town, town.who("dispatcher_b"))
    assert stranger not in {row["login"] for row in rows}, "one tenant at a time"
    done = run("factor", "reset", login, "--json")
    assert (done.returncode, said(done)) == (0, [{"login": login, "reset": True}])
    assert town.client.as_(guard, "GET", "/v1/me").status_code == 401
    again = run("factor", "reset", login, "--json")
    assert again.returncode == 4
    assert said(again)[-1]["error"]["field"] == "second_factor"
    shown = run("factor", "list")
    assert "owe a second factor and have none" in shown.stderr
    assert any(login in line and "owed, by 20" in line for line in shown.stdout.splitlines())


def test_a_person_is_signed_out_everywhere_from_the_machine(town: Any, run: Any) -> None:
    who = town.person(Role.PATROLLER, area=town.east)
    login = login_of(town, who)
    open_now = run("sessions", login, "--json")
    assert open_now.returncode == 0, open_now.stderr
    assert said(open_now)[-1] == {"summary": {"sessions": 1, "ended": 0}}
    assert said(open_now)[0]["factor_at"]
    assert town.client.as_(who, "GET", "/v1/me").status_code == 200
    ended = run("sessions", login, "--end")
    assert ended.returncode == 0, ended.stderr
    assert "1 ended" in ended.stderr
    assert who.token not in ended.stdout + ended.stderr
    assert town.client.as_(who, "GET", "/v1/me").status_code == 401
    assert said(run("sessions", login, "--json")) == [{"summary": {"sessions": 0, "ended": 0}}]


@pytest.mark.parametrize("words", [("factor", "reset", "nobody-here"), ("sessions", "nobody-here")])
def test_somebody_who_is_not_there_is_said(run: Any, words: tuple[str, ...]) -> None:
    done = run(*words, "--json")
    assert done.returncode == 5
    assert said(done)[-1]["error"]["field"] == "person"


@pytest.mark.parametrize("words", [("factor", "list"), ("factor", "reset", "x.y"), ("sessions", "x.y")])
def test_a_tenant_that_is_not_there_is_said(run: Any, words: tuple[str, ...]) -> None:
    done = run(*words, "--tenant", "moon", "--json")
    assert done.returncode == 2
    assert said(done)[-1]["error"]["field"] == "--tenant"


def test_a_role_is_edited_from_the_machine_for_one_tenant_and_on_record(town: Any, run: Any) -> None:
    who = town.person(Role.LOCATOR, area=town.east)
    before = said(run("role", "locator", "--json"))[0]
    assert (before["edited"], before["permissions"]["network:read"]) == (False, "area")
    words = ("role", "locator", "--add", "network:export", "--scope", "area", "--json")
    nameless = run(*words)
    assert (nameless.returncode, said(nameless)[-1]["error"]["field"]) == (2, "reason")
    done = run(*words, "--reason", "GIS team")
    assert done.returncode == 0, done.stderr
    assert said(done)[0]["permissions"] == before["permissions"] | {"network:export": "area"}
    with town.at(town.a) as work:
        held = people.actor_of(work, who.id)
        assert held is not None
        assert "network:export" in held.permissions()
        (entry, *_) = people.audit_page(work, people.operator(town.a), AuditFilter(), limit=1)
    assert (entry.act, "GIS team" in entry.details) == ("role.edited", True)
    with town.at(town.b) as work:
        assert "network:export" not in people.permitted(work, town.b, Role.LOCATOR)
    back = run("role", "locator", "--remove", "network:export", "--reason", "over")
    assert back.returncode == 0, back.stderr
    assert "network:export" not in back.stdout
    assert said(run("role", "locator", "--json"))[0]["permissions"] == before["permissions"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("nobody",), "ROLE"),
        (("locator", "--add", "network:export", "--scope", "world"), "--scope"),
        (("locator", "--remove", "network:export"), "--remove"),
    ],
)
def test_an_edit_that_cannot_be_is_named(run: Any, words: tuple[str, ...], field: str) -> None:
    done = run("role", *words, "--reason", "x", "--json")
    assert (done.returncode, said(done)[-1]["error"]["field"]) == (2, field)
