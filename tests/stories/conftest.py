"""Stories run the command line as people do: as a program, in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from replayed import lived  # noqa: F401  a fixture

from pipewarden.inference.service import WEIGHTS, read_manifest


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON: anything else there fails the test."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def weights() -> None:
    """The shipped models must be there; a story without them would prove nothing."""
    assert {"screen", "look", "type"} <= set(read_manifest(WEIGHTS))


@pytest.fixture(scope="session")
def pipewarden_in(roomy: Callable[[], Path]) -> Callable[..., Said]:
    """Run the command line in a folder, with a home that belongs to the folder."""
    homes: dict[Path, Path] = {}

    def home_of(folder: Path) -> Path:
        if folder not in homes:
            homes[folder] = roomy() / "home"
        return homes[folder]

    def run(folder: Path, *words: str, timeout: float = 240) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "pipewarden", *words],
            cwd=folder,
            env={**os.environ, "PIPEWARDEN_HOME": str(home_of(folder)), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def pipewarden(tmp_path: Path, pipewarden_in: Callable[..., Said]) -> Callable[..., Said]:
    """Run the command line in the test's own folder."""
    return lambda *words: pipewarden_in(tmp_path, *words)
