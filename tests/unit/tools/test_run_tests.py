import importlib.util
import subprocess
import sys
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
