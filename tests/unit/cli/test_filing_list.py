"""``pipewarden filing list`` and ``show``: what was filed, where it stands, what it was answered."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import Cancelled, Method, Works
from pipewarden.cli import filing
from pipewarden.cli.app import app
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.work import Work

AREA = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["filing", *words])
    return said.exit_code, said.stdout, said.stderr


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def made(work: Work, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """A filing that waits and one that was cancelled, in the home that the commands open."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(filing, "opened", opened)
    begins = work.now() + timedelta(days=2)
    works = Works("CN-HE-langfang", AREA, Method.PILING, begins, begins + timedelta(days=3))
    root = people.operator(work.tenant_id)
    kept = [service.file_works(work, root, works) for _ in range(2)]
    service.act_on_filing(work, root, kept[1].filing.id, kept[1].filing.version, Cancelled("不做了"))
    return [one.filing.id for one in kept]


def test_a_list_says_how_each_stands(made: list[UUID]) -> None:
    code, out, _ = run("list", "--json")
    rows = lines(out)
    assert (code, rows[-1]) == (0, {"summary": {"filings": 2}})
    assert [(row["id"], row["state"]) for row in rows[:-1]] == [(str(made[1]), "cancelled"), (str(made[0]), "filed")]
    assert [row["id"] for row in lines(run("list", "--state", "filed", "--json")[1])[:-1]] == [str(made[0])]
    assert str(made[0]) in run("list")[1]


def test_one_is_shown_with_its_answer_and_its_history(made: list[UUID]) -> None:
    told = lines(run("show", str(made[1]), "--json")[1])[0]
    assert [one["kind"] for one in told["events"]] == ["filed", "checked", "cancelled"]
    assert (told["late"], told["decision"]["place"]) == (True, "CN-HE-langfang")
    code, out, said = run("show", str(made[0]))
    assert code == 0
    assert "河北省燃气管理条例 第四十三条" in out
    assert "checked the house" in said


@pytest.mark.parametrize(
    ("words", "field"),
    [(["list", "--state", "lost"], "--state"), (["show", "x"], "FILING")],
)
def test_a_wrong_word_is_told_by_its_field(made: list[UUID], words: list[str], field: str) -> None:
    _ = made
    code, out, _ = run(*words, "--json")
    assert (code, lines(out)[-1]["error"]["field"]) == (2, field)


def test_a_filing_that_is_not_there_is_told(made: list[UUID]) -> None:
    _ = made
    code, _, said = run("show", "00000000-0000-7000-8000-000000000000")
    assert code != 0
    assert "filing" in said
