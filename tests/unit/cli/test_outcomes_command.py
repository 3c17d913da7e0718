"""``pipewarden outcomes``: what became of sites, what it adds up to, and those of before, as people type it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from ended_site import CLOSED, PLACE, false, happens, looked, opened, outcomes
from typer.testing import CliRunner

from pipewarden.casework.facts import AccidentReported, DamageRecorded, Struck
from pipewarden.cli import outcome
from pipewarden.cli.app import app
from pipewarden.learn import service as learn
from pipewarden.main import home as main_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Opened:
    """A home that hands out the test's own transaction."""

    unit: Any

    @contextmanager
    def work(self) -> Iterator[Work]:
        yield self.unit


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["outcomes", *words])
    return said.exit_code, said.stdout, said.stderr


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def ended(work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Three sites that have ended and were not written down: one true, one struck, one false."""

    @contextmanager
    def here() -> Iterator[Work]:
        yield work

    @contextmanager
    def at_home(_settings: object) -> Iterator[Opened]:
        yield Opened(work)

    monkeypatch.setattr(outcome, "opened", here)
    monkeypatch.setattr(main_home, "open_home", at_home)
    monkeypatch.setattr(outcome, "_PAGE", 2)
    sites = [opened(work, None, (PLACE[0] + n / 10, PLACE[1])) for n in range(3)]
    happens(work, sites[0], *looked("digging", true=True), *CLOSED)
    happens(work, sites[1], Struck("hissing"), AccidentReported("应急局"), *looked("digging", true=True))
    happens(work, sites[1], *CLOSED[:2], DamageRecorded(work.ids.new()), CLOSED[2])
    happens(work, sites[2], false("other"))
    return work


@pytest.mark.usefixtures("ended")
def test_those_of_before_are_written_down_page_by_page_and_none_twice() -> None:
    assert lines(run("list", "--json")[1]) == [{"summary": {"outcomes": 0}}]
    code, out, _ = run("backfill", "--json")
    assert (code, lines(out)) == (0, [{"ended": 3, "made": 3}])
    code, _, told = run("backfill")
    assert (code, "3 endings, 0 outcomes written down, 3 were there" in told) == (0, True)


@pytest.mark.usefixtures("ended")
def test_they_are_listed_with_what_was_said() -> None:
    run("backfill")
    *rows, summary = lines(run("list", "--json")[1])
    assert summary == {"summary": {"outcomes": 3}}
    assert sorted(str(row["true"]) for row in rows) == ["False", "True", "True"]
    said = [word["code"] for row in rows for word in row["said"]]
    assert said == ["digging", "digging"]
    (hit, _) = lines(run("list", "--struck", "--json")[1])
    assert (hit["struck"], hit["root_cause"], hit["found"]) == (True, None, ["person"])
    assert lines(run("list", "--missed", "--json")[1])[-1] == {"summary": {"outcomes": 0}}
    code, out, _ = run("list")
    assert (code, "否 no" in out, "是 yes" in out) == (0, True, True)


def test_figures_stand_beside_what_they_are_a_part_of(ended: Work) -> None:
    run("backfill")
    day = f"{ended.now():%Y-%m-%d}"
    (told,) = lines(run("figures", "--since", day, "--json")[1])
    assert (told["ended"], told["true"], told["untrue"], told["struck"], told["missed"]) == (3, 2, 1, 1, 0)
    assert (told["papers_unknown"], told["unfiled"], told["rendered"]) == (2, 0, 0)
    (none,) = lines(run("figures", "--until", day, "--json")[1])
    assert none["ended"] == 0
    code, out, note = run("figures")
    assert (code, "2 works (2 unknown)" in out, "rendered sites left out: 0" in note) == (0, True, True)


def test_a_camera_that_missed_is_named(ended: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backfill")
    one = next(found for found in outcomes(ended) if found.true)
    missed = replace(one, views=("cam-7",), rendered=True)
    monkeypatch.setattr(learn, "outcomes", lambda *_given, **_more: [missed])
    _, out, _ = run("list")
    assert "cam-7" in out
    assert "渲染" in out
