"""``pipewarden strike``: reported, shown, drilled; a slip is told by its option."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipewarden.casework import store
from pipewarden.cli import strike
from pipewarden.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import Work

PLACE = ("--lon", "116.7", "--lat", "39.55")


@pytest.fixture(autouse=True)
def _home(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home that the commands open."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(strike, "opened", opened)


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["strike", *words])
    return said.exit_code, said.stdout, said.stderr


def told(*words: str) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_report_opens_a_site_and_shows_again(work: Work) -> None:
    made = told("report", *PLACE, "--words", "gas hisses", "--gas", "lpg")
    assert (made["drill"], made["radius_m"], made["isolation"]) == (False, 450, "none")
    assert made["site_id"] is not None
    again = told("show", made["id"])
    assert again == made
    assert {one["key"]: one["number"] for one in made["calls"]}["hotline"] is None
    assert len(store.strikes.page(work, store.STRIKES.tenant_id == work.tenant_id, over=None, drill=None, limit=9)) == 1


def test_a_drill_says_so_on_every_line() -> None:
    code, out, err = run("drill", *PLACE)
    assert code == 0
    assert "演练" in err
    assert "DRILL" in err
    assert "演练" in out
    assert told("drill", *PLACE)["site_id"] is None


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("report",), "lon"),
        (("report", "--lon", "116.7"), "--lat"),
        (("report", *PLACE, "--gas", "air"), "--gas"),
        (("report", "--site", "x"), "--site"),
        (("show", "x"), "STRIKE"),
    ],
)
def test_a_slip_is_told_by_its_option(words: tuple[str, ...], field: str) -> None:
    code, _, err = run(*words)
    assert code != 0
    assert field in err
