"""Runs pytest and says loudly what was skipped; with ``--report`` writes the dated report of the long tier.

Tests of pages share two cores with two other test processes in CI, and a page that is late there may be a page that is
right. So at most three of them that failed are asked once more, alone, each named as one to mend; whatever fails alone,
or is no test of a page, or comes in greater number, fails the run. The long tier gives no second try.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXCUSED = ("real data absent", "the extra `train` brings it")
PAGES = "tests/browser/"
MOST_AGAIN = 3


def main(words: list[str]) -> int:
    """Run the tests with ``words`` for pytest and return its exit code."""
    report = "--report" in words
    words = [word for word in words if word != "--report"]
    started = time.monotonic()
    run = _pytest(words)
    skipped = [line for line in run.stdout.splitlines() if line.startswith("SKIPPED")]
    if skipped:
        print(f"\n{len(skipped)} kinds of test were SKIPPED (see above); CI installs what they need", file=sys.stderr)
    code = run.returncode
    if report:
        _write_report(run, words, time.monotonic() - started)
    elif code == 1 and (again := late_pages(run.stdout)):
        code = _pytest(["-p", "no:xdist", *again]).returncode
        for test in again if code == 0 else ():
            print(f"FLAKY, passed alone, to be mended: {test}", file=sys.stderr)
    refused = refused_skips(skipped) if os.environ.get("CI") == "true" else []
    for line in refused:
        print(f"CI refuses this skip: {line}", file=sys.stderr)
    return code or len(refused)


def _pytest(words: list[str]) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rsfE", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stdout.write(run.stdout)
    return run


def late_pages(out: str) -> list[str]:
    """Return the tests that failed, if they are few and all tests of pages: they may be asked again alone."""
    told = [line.split(" - ")[0].split(" ", 1) for line in out.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    failed = list(dict.fromkeys(test for _, test in told))
    few = len(failed) <= MOST_AGAIN and all(test.startswith(PAGES) for test in failed)
    return failed if few else []


def refused_skips(skipped: list[str]) -> list[str]:
    """Return the skips that CI does not take: all but real data that is not beside the project, and training extras."""
    return [line for line in skipped if not any(reason in line for reason in EXCUSED)]


def _write_report(run: subprocess.CompletedProcess[str], words: list[str], seconds: float) -> None:
    now = datetime.now(UTC)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    ).stdout.strip()
    told = ("SKIPPED", "FAILED", "ERROR")
    tail = "\n".join(
        line for line in run.stdout.splitlines() if line.startswith(told) or " passed" in line or " failed" in line
    )
    folder = ROOT / "docs" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{now:%Y-%m-%d}-release-tests.md").write_text(
        f"# Long test tier, {now:%Y-%m-%d}\n\n"
        f"Commit {commit}, Python {platform.python_version()}, {platform.machine()}, exit code {run.returncode}, "
        f"{seconds:.0f} s: `pytest {' '.join(words)}`.\n\n```\n{tail}\n```\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
