"""``pipewarden insight``: figures beside the time before, and the cases of one, as people type it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from insight_town import ARRIVED, InsightTown, after
from typer.testing import CliRunner

from pipewarden.cli import insight
from pipewarden.cli.app import app
from pipewarden.insight.facts import FigureKey
from pipewarden.kit.blobs import BlobStore
from pipewarden.learn.facts.outcome import Papers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work

OCTOBER = ("--since", "2026-10-01", "--until", "2026-11-01")


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["insight", *words])
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def town(work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> InsightTown:
    """One site that was reached in half an hour, and works of which one of two was filed."""

    @contextmanager
    def given(_tenant: str | None = None) -> Iterator[Work]:
        yield work

    @contextmanager
    def with_files(_tenant: str | None = None) -> Iterator[tuple[Work, BlobStore]]:
        yield work, BlobStore(tmp_path / "blobs")

    monkeypatch.setattr(insight, "opened", given)
    monkeypatch.setattr(insight, "opened_with_files", with_files)
    made = InsightTown(work)
    made.site(after(days=3), (after(days=3, minutes=30), ARRIVED))
    made.outcome(after(days=4), papers=Papers.UNFILED)
    made.outcome(after(days=4), papers=Papers.FILED)
    return made


def test_figures_as_one_object_and_as_a_table(town: InsightTown) -> None:
    del town
    code, out, _ = run(*OCTOBER, "--json")
    told: dict[str, Any] = json.loads(out)
    assert (code, told["since"], told["compare_since"]) == (0, "2026-10-01T00:00:00+00:00", "2026-08-31T00:00:00+00:00")
    by = {one["figure"]: one for one in told["figures"]}
    assert set(by) == {one.value for one in FigureKey} - {"hot_spots"}
    assert (by["unfiled"]["now"]["counted"], by["unfiled"]["now"]["of"], by["unfiled"]["now"]["value"]) == (1, 2, 0.5)
    assert by["unfiled"]["before"]["value"] is None
    assert by["time_to_site"]["now"]["p50"] == 1800.0
    code, out, err = run(*OCTOBER)
    assert code == 0
    assert "2026-10-01 – 2026-11-01" in err
    (line,) = [one for one in out.splitlines() if "Unfiled share" in one]
    assert "50.0%" in line
    assert "1/2" in line
    (line,) = [one for one in out.splitlines() if "Time to somebody on site" in one]
    assert "P50 0.50 h, P90 0.50 h" in line


def test_the_cases_of_one_figure(town: InsightTown) -> None:
    del town
    code, out, _ = run(*OCTOBER, "--cases", "unfiled", "--json")
    *cases, last = [json.loads(line) for line in out.splitlines()]
    assert (code, last) == (0, {"summary": {"cases": 2}})
    assert {one["words"] for one in cases} == {"site · unfiled", "site · filed"}
    code, out, _ = run(*OCTOBER, "--cases", "unfiled")
    assert code == 0
    assert "施工点 · 未备案" in out


def test_the_last_thirty_days_where_no_time_is_named(town: InsightTown) -> None:
    at = town.work.now()
    code, out, _ = run("--json")
    told = json.loads(out)
    assert code == 0
    assert told["until"][:10] > f"{at:%Y-%m-%d}"
    assert all(one["now"]["counted"] == 0 for one in told["figures"] if one["figure"] != "patrol_coverage")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--cases", "lunch"), "--cases"),
        (("--since", "2026-10-02", "--until", "2026-10-01"), "--until"),
        (("--since", "2020-10-02", "--until", "2026-10-01"), "--until"),
    ],
)
def test_what_cannot_be_is_refused_by_name(town: InsightTown, words: tuple[str, ...], names: str) -> None:
    del town
    code, _, err = run(*words, "--json")
    assert code != 0
    assert names in err


def test_the_report_of_a_month_is_kept_and_written(town: InsightTown, tmp_path: Path) -> None:
    out = tmp_path / "october.pdf"
    code, said, _ = run("report", "--month", "2026-10", "--out", str(out), "--json")
    told = json.loads(said)
    assert (code, told["month"], told["version"], told["bytes"]) == (0, "2026-10", 1, out.stat().st_size)
    assert out.read_bytes().startswith(b"%PDF-1.7")
    assert BlobStore(tmp_path / "blobs" / "insight").get(told["sha256"]) == out.read_bytes()
    code, _, err = run("report", "--month", "2026-10", "--out", str(out), "--json")
    assert (code, "--out" in err) == (2, True)
    code, _, err = run("report", "--month", "2026-11", "--out", str(tmp_path / "now.pdf"), "--json")
    assert (code, "--month" in err, "is not over" in err) == (2, True, True)
    assert town.work.tenant_id
