"""``pipewarden indoor`` in one process: the list, what waits in pages, and figures or their absence."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.settings import load_settings
from pipewarden.main.home import open_home
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def run(roomy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(roomy() / "home"))
    return lambda *words: CliRunner().invoke(app, ["indoor", *words])


def rows(said: Result) -> list[dict[str, Any]]:
    assert said.exit_code == 0, said.output
    return [json.loads(line) for line in said.stdout.splitlines()]


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


def sent(count: int) -> list[str]:
    """Send pictures, have the first one reviewed, and return their ids, oldest first."""
    with open_home(load_settings()) as home, home.work() as work:
        root = people.operator(work.tenant_id)
        ids = [perceive.take_indoor(work, home.blobs, root, picture(one)).check.id for one in range(count)]
        perceive.review_indoor(work, root, ids[0], matches=True, seen=["hose_old"])
    return [str(one) for one in ids]


def test_the_list_of_hazards_needs_no_home() -> None:
    (told,) = rows(CliRunner().invoke(app, ["indoor", "hazards", "--json"]))
    assert len(told["hazards"]) == 13
    shown = CliRunner().invoke(app, ["indoor", "hazards"])
    assert "第二十八条" in shown.output


def test_pictures_page_and_those_that_wait_are_picked(run: Run) -> None:
    ids = sent(3)
    *first, summary = rows(run("list", "--limit", "2", "--json"))
    assert [one["id"] for one in first] == ids[:0:-1]
    *rest, last = rows(run("list", "--limit", "2", "--before", summary["summary"]["next"], "--json"))
    assert [(one["id"], one["state"], one["hazards"]) for one in rest] == [(ids[0], "reviewed", ["hose_old"])]
    assert last["summary"]["next"] is None
    *waiting, _ = rows(run("list", "--waits", "--json"))
    assert {one["id"] for one in waiting} == set(ids[1:])
    wrong = run("list", "--before", "x", "--json")
    assert (wrong.exit_code, json.loads(wrong.stdout.splitlines()[-1])["error"]["field"]) == (2, "--before")


def test_figures_are_of_own_photographs_or_not_there(run: Run) -> None:
    (empty,) = rows(run("figures", "--json"))
    assert (empty["pictures"], empty["model"]["any"]["precision"]["value"]) == (0, None)
    sent(2)
    (told,) = rows(run("figures", "--json"))
    assert (told["pictures"], told["answered"], told["rendered"]) == (1, 0, 0)
    shown = run("figures")
    assert shown.exit_code == 0, shown.output
    assert "photographs judged: 1" in shown.output
