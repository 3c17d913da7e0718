import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "run_tests.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_tests", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ci_refuses_skips_but_for_data_and_training(tool: ModuleType) -> None:
    lines = [
        "SKIPPED [1] tests/a.py:3: system program absent: /usr/bin/chromium",
        "SKIPPED [2] tests/b.py:3: real data absent: /x/shared/data",
        "SKIPPED [1] tests/c.py:3: torch is not installed: the extra `train` brings it",
    ]
    assert tool.refused_skips(lines) == lines[:1]


def test_a_skip_is_told_loudly_and_refused_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("import pytest\ndef test_x():\n    pytest.skip('no such program')\n")

    def run(ci: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(TOOL), str(tmp_path), "-c", "/dev/null", "--rootdir", str(tmp_path)],
            env={"CI": ci, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    at_home, in_ci = run("false"), run("true")
    assert at_home.returncode == 0
    assert "SKIPPED" in at_home.stderr
    assert in_ci.returncode == 1
    assert "CI refuses this skip" in in_ci.stderr


@pytest.mark.parametrize(
    ("out", "again"),
    [
        (
            "FAILED tests/browser/test_a.py::test_x[a b] - AssertionError: a - b\n",
            ["tests/browser/test_a.py::test_x[a b]"],
        ),
        ("FAILED tests/browser/a.py::x - E\nERROR tests/browser/a.py::x - console\n", ["tests/browser/a.py::x"]),
        ("FAILED tests/browser/a.py::x\nFAILED tests/api/b.py::y\n", []),
        ("ERROR tests/unit/b.py::y\n", []),
        ("".join(f"FAILED tests/browser/a.py::x{number}\n" for number in range(4)), []),
        ("12 passed\n", []),
    ],
)
def test_only_a_few_pages_are_asked_again(tool: ModuleType, out: str, again: list[str]) -> None:
    assert tool.late_pages(out) == again


@pytest.fixture
def page(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return how a run ends where a page fails so many times before it passes."""
    pages = tmp_path / "tests" / "browser"
    pages.mkdir(parents=True)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.delenv("CI", raising=False)

    def run(fails: int, *words: str) -> int:
        (pages / "test_late.py").write_text(
            "from pathlib import Path\n"
            "def test_late():\n"
            "    tries = Path(__file__).with_name('tries')\n"
            "    tries.write_text(tries.read_text() + 'x' if tries.exists() else 'x')\n"
            f"    assert len(tries.read_text()) > {fails}\n"
        )
        code: int = tool.main(["-c", "/dev/null", "--rootdir", str(tmp_path), "tests", *words])
        return code

    return run


@pytest.mark.parametrize(("fails", "code", "named"), [(0, 0, False), (1, 0, True), (2, 1, False)])
def test_a_page_passes_at_its_second_try_alone_and_is_named(
    page: Callable[..., int], capsys: pytest.CaptureFixture[str], fails: int, code: int, *, named: bool
) -> None:
    assert page(fails) == code
    told = "FLAKY, passed alone, to be mended: tests/browser/test_late.py::test_late"
    assert (told in capsys.readouterr().err) == named


def test_the_long_tier_gives_no_second_try(page: Callable[..., int]) -> None:
    assert page(1, "--report") == 1
