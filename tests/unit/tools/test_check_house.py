"""Each house rule catches its breach and lets good code pass."""

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import grimp
import pytest

HERE = Path("x.py")


@pytest.fixture(scope="module")
def house() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "tools" / "check_house.py"
    spec = importlib.util.spec_from_file_location("check_house", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_house"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now(tz=None)",
        "import time\nx = time.time()",
        "from uuid import uuid4\nuuid4()",
        "import uuid\nuuid.uuid4()",
        "import random",
        "from random import choice",
        "import secrets",
        "import numpy as np\nnp.random.default_rng()",
        "import numpy as np\nnp.random.seed(1)",
        "import os\nos.urandom(8)",
    ],
)
def test_clock_chance_and_ids_are_caught(house: ModuleType, code: str) -> None:
    assert len(house.banned_calls(ast.parse(code), HERE)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "def f(now): return now",
        "import time\ntime.monotonic()\ntime.perf_counter()",
        "import numpy as np\nnp.random.default_rng(seed)",
        "work.now()\nwork.ids.new()",
        "self.random(3)",
    ],
)
def test_good_code_passes(house: ModuleType, code: str) -> None:
    assert house.banned_calls(ast.parse(code), HERE) == []


def test_long_files_and_functions_are_caught(house: ModuleType) -> None:
    body = "def f():\n" + "    x = 1\n" * 70
    assert [breach.words for breach in house.too_long(ast.parse(body), 71, HERE)] == ["f has 71 lines, 70 allowed"]
    assert house.too_long(ast.parse("def f():\n" + "    x = 1\n" * 69), 70, HERE) == []
    assert len(house.too_long(ast.parse("x = 1"), 401, HERE)) == 1


def graph(*edges: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    modules = {"p"} | {part for edge in edges for part in edge}
    for module in sorted(modules | {m.rsplit(".", 1)[0] for m in modules if "." in m}):
        made.add_module(module)
    for importer, imported in edges:
        made.add_import(importer=importer, imported=imported)
    return made


def test_private_modules_are_private(house: ModuleType) -> None:
    bad = graph(("p.dedupe.service", "p.locate.store"))
    assert house.private_imports(bad, "p") == ["p.dedupe.service imports p.locate.store, which is private to p.locate"]
    good = graph(
        ("p.dedupe.service", "p.locate.service"),
        ("p.dedupe.rules", "p.locate.facts"),
        ("p.locate.service", "p.locate.store"),
        ("p.main.river", "p.locate.adapters"),
        ("p.locate.store", "p.kit.db"),
    )
    assert house.private_imports(good, "p") == []


def test_rings_are_found(house: ModuleType) -> None:
    ring = graph(("p.a.service", "p.b.service"), ("p.b.facts", "p.a.facts"))
    assert house.rings(ring, "p") == ["a and b import each other"]
    assert house.rings(graph(("p.a.service", "p.b.service")), "p") == []


def test_sizes_are_summed_and_tests_must_keep_up(house: ModuleType) -> None:
    words, enough = house.sizes([10, 20, 100], 90, 90)
    assert enough
    assert words == "3 modules, lines: median 20, p90 100, max 100; lines of code: tests / package = 90 / 90 = 1.00"
    assert not house.sizes([10, 20, 100], 90, 89)[1]


def test_only_code_counts_as_code(house: ModuleType) -> None:
    text = '"""Why.\n\nMore."""\n\n# a comment\nx = 1\n\n\ndef f():\n    """Say."""\n    return (\n        x\n    )\n'
    assert house.code_lines(text) == 5


def test_the_tree_itself_is_clean(house: ModuleType) -> None:
    assert house.main() == 0
