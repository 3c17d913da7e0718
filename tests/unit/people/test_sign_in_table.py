"""The table of docs/sign-in.md: every case that is claimed has its test, under its own name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "sign-in.md"
ROW = re.compile(r"^\| (\d+) \| (\w[\w -]*): (.+) \| `(tests/[\w/]+\.py)::(test_\w+)` \|$")
KINDS = {"session", "csrf", "headers", "secret", "guessing", "second factor", "replay", "step-up", "separation"}


def rows() -> list[tuple[str, ...]]:
    lines = PAGE.read_text(encoding="utf-8").partition("## What is tried")[2].splitlines()
    cells = [line for line in lines if line.startswith("| ") and not line.startswith("| #")]
    found = [ROW.match(line) for line in cells]
    assert all(found), [line for line, one in zip(cells, found, strict=True) if one is None]
    return [one.groups() for one in found if one is not None]


def names_in(path: Path) -> set[str]:
    read = ast.parse(path.read_text(encoding="utf-8"))
    return {one.name for one in read.body if isinstance(one, ast.FunctionDef)}


def test_thirty_cases_and_more_of_every_kind_are_tried() -> None:
    found = rows()
    assert [int(row[0]) for row in found] == list(range(1, len(found) + 1))
    assert len({row[4] for row in found}) == len(found) >= 30, "each has a test of its own"
    assert {row[1] for row in found} == KINDS


def test_every_row_names_a_test_that_is_there() -> None:
    known = {file: names_in(ROOT / file) for file in {row[3] for row in rows()}}
    assert [f"{row[3]}::{row[4]}" for row in rows() if row[4] not in known[row[3]]] == []
