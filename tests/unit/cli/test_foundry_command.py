"""``pipewarden capability``, as people type it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from foundry_town import Foundry
from market_town import MarketTown
from typer.testing import CliRunner

from pipewarden.cli import foundry
from pipewarden.cli.app import app
from pipewarden.market.facts.foundry import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["capability", *words])
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def here(work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(foundry, "opened", opened)
    return Foundry(MarketTown(work, clock))


def test_capabilities_are_listed_with_what_sells(here: Foundry) -> None:
    here.live(Kind.RULE)
    here.build(Kind.KNOWLEDGE, "a-text")
    code, out, _ = run("list", "--json")
    first, second, summary = (json.loads(one) for one in out.splitlines())
    assert (code, summary) == (0, {"summary": {"capabilities": 2}})
    assert (first["slug"], first["live"], first["newest"]["state"]) == ("a-text", None, "draft")
    assert (second["live"]["price"], second["calls"]) == ("0.1300 CNY", 20)
    code, out, _ = run("list")
    assert (code, "a-text" in out, "0.1300" in out) == (0, True, True)


def test_a_capability_is_shown_with_figures_and_contract(here: Foundry) -> None:
    slug = here.selling(Kind.KNOWLEDGE)
    code, out, _ = run("show", slug, "--json")
    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert told["versions"][0]["figures"]["frozen"]["right"]["of"] == 2
    assert told["versions"][0]["card"]["cannot"]["en"].startswith("It cites")
    assert told["contracts"][0]["expert"] == 7000
    assert "canary" in run("show", slug)[1]


def test_what_is_not_there_is_said(here: Foundry) -> None:
    _ = here
    code, _, err = run("show", "never-there")
    assert code != 0
    assert err.startswith("error: capability: does not exist")
