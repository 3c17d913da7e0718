"""The geofence bench: a ratio in one run, no zone may differ; the whole size in the release tier."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench" / "geofence.py"
KEYS = {
    "segments",
    "points",
    "ratio",
    "kernel_cpu_s",
    "shapely_cpu_s",
    "zone_differences",
    "worst_distance_difference_m",
}


def run(*words: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, str(BENCH), *words], capture_output=True, text=True, check=True, timeout=280)
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    result: dict[str, float] = json.loads(lines[0])
    assert set(result) >= KEYS
    return result


def test_a_small_run_agrees_with_shapely_and_is_faster() -> None:
    result = run("--points", "20000", "--segments", "4000")
    assert result["zone_differences"] == 0
    assert result["worst_distance_difference_m"] < 1e-9
    assert result["ratio"] >= 5


@pytest.mark.release
def test_a_million_points_against_two_hundred_thousand_segments() -> None:
    result = run("--checked", "300000")
    assert result["points"] == 1_000_000
    assert result["segments"] >= 200_000
    assert result["zone_differences"] == 0
    assert result["ratio"] >= 60
