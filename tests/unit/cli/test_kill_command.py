"""``pipewarden kill`` as an operator types it, on a real unit of work."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.people import service as people


@pytest.fixture(autouse=True)
def _here(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def opened(_tenant: str | None = None) -> Any:
        yield work

    monkeypatch.setattr("pipewarden.cli.opened.opened", opened)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["kill", *words])
    return done.exit_code, done.stdout


def test_off_and_on_again_in_one_command_each(work: Any) -> None:
    code, told = run("public-upload", "off", "--why", "flood of pictures", "--json")
    assert code == 0
    assert json.loads(told)["switch"] == "upload:public"
    found = people.Switchboard(work).off("upload:public")
    assert found is not None
    assert found.reason == "flood of pictures"
    shown = {one["what"]: one for one in json.loads(run("--json")[1])["items"]}
    assert shown["public-upload"]["on"] is False
    assert shown["sms"]["on"] is True
    assert "flood of pictures" in run()[1]
    assert run("public-upload", "on", "--why", "over")[0] == 0
    assert people.Switchboard(work).off("upload:public") is None


def test_everywhere_is_for_every_tenant(work: Any) -> None:
    assert run("vision", "off", "--why", "leaks", "--everywhere")[0] == 0
    (one,) = people.switches(work)
    assert one.tenant_id != work.tenant_id


@pytest.mark.parametrize(
    ("words", "field"), [(("payouts", "off"), "WHAT"), (("sms", "of"), "STATE"), (("sms", "off"), "reason")]
)
def test_what_cannot_be_is_refused(words: tuple[str, ...], field: str) -> None:
    code, told = run(*words, "--json")
    assert code == 2
    assert json.loads(told)["error"]["field"] == field
