"""The compliance map names only what is there, says what is missing, and is the page that people read."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipewarden.kit.errors import InputError
from pipewarden.main import compliance
from pipewarden.main.compliance import State

if TYPE_CHECKING:
    from pipewarden.main.compliance import Requirement

ROOT = Path(__file__).resolve().parents[3]
ALL = [(standard.key, one) for standard in compliance.shipped() for one in standard.requirements]


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name for one in functions if one.name.startswith("test_")}


@pytest.mark.parametrize(("key", "one"), ALL, ids=[f"{key} {one.clause}" for key, one in ALL])
def test_what_is_named_is_there(key: str, one: Requirement) -> None:
    assert key
    for where in one.where:
        path = ROOT / where if where.startswith("docs/") else ROOT / "src" / "pipewarden" / where
        assert path.exists(), where
    for named in one.tests:
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), file
        found = named_in(ROOT / file)
        assert found, f"{file} tests nothing"
        assert not test or test in found, named


def test_every_part_of_each_standard_is_spoken_of() -> None:
    """Leaving a chapter out would be a gap that nobody sees."""
    said = {standard.key: " ".join(one.clause for one in standard.requirements) for standard in compliance.shipped()}
    chapters = [one.clause for one in next(s for s in compliance.shipped() if s.key == "asvs5").requirements]
    assert chapters == [f"V{number}" for number in range(1, 18)]
    assert all(f"8.1.4.{number}" in said["mlps3"] for number in range(1, 12))
    assert all(f"8.1.{number}" in said["mlps3"] for number in range(1, 6))
    assert "8.1.6-8.1.10" in said["mlps3"], "the organisation's own part"
    articles = ("24", "26", "28-29", "38-40", "44-47", "51", "55-56", "57")  # safety.md 2.6
    assert all(f"art. {one}" in said["pipl"] for one in articles)


def test_the_page_is_made_of_the_files() -> None:
    text = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
    assert text.endswith(compliance.page(compliance.shipped())), "run make docs"
    for _, one in ALL:
        assert f"| {one.clause} | {one.asks} | {one.state} |" in text
        assert one.gap in text


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"state": "met", "gap": "something"}, "whether anything is missing"),
        ({"state": "partly", "gap": ""}, "whether anything is missing"),
        ({"state": "gap", "gap": ""}, "whether anything is missing"),
        ({"state": "met", "tests": []}, "met by nothing"),
        ({"state": "partly", "gap": "x", "where": []}, "partly by nothing"),
        ({"stat": "met"}, "has 'stat'"),
    ],
)
def test_a_claim_without_what_it_rests_on_is_refused(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    good = {"clause": "1", "asks": "x", "state": "met", "where": ["kit/web.py"], "tests": ["tests/conftest.py"]}
    for key in compliance.ORDER:
        wanted = [good | change] if key == "pipl" else [good]
        told = {"key": key, "title": key, "version": "1", "source": "s", "requirements": wanted}
        (tmp_path / f"{key}.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(InputError, match=problem) as caught:
        compliance.shipped(tmp_path)
    assert caught.value.field == "pipl 1"


def test_a_clause_stands_once(tmp_path: Path) -> None:
    one = {"clause": "1", "asks": "x", "state": "gap", "gap": "all"}
    told = {"key": "mlps3", "title": "t", "version": "1", "source": "s", "requirements": [one, one]}
    (tmp_path / "mlps3.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        compliance.shipped(tmp_path)


def test_gaps_are_counted_on_the_page() -> None:
    for standard in compliance.shipped():
        gaps = sum(one.state is State.GAP for one in standard.requirements)
        assert f"{gaps} gap." in compliance.page([standard])
