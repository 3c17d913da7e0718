"""Four server time zones give equal results: filings, permits, hours of supervision, nights of risk, matching, windows.

Each zone is the ``TZ`` of a process of its own, which decides around the edges of days and hours and prints it all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati")
LENT = Path(__file__).resolve().parents[2] / "lent"


def test_four_server_zones_decide_alike() -> None:
    path = os.pathsep.join([str(LENT), os.environ.get("PYTHONPATH", "")])
    running = [
        subprocess.Popen(
            [sys.executable, str(LENT / "decide_here.py")],
            env={**os.environ, "TZ": zone, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for zone in ZONES
    ]
    said = [one.communicate(timeout=300) for one in running]
    assert [one.returncode for one in running] == [0] * len(ZONES), said[0][1][-2000:]
    assert len({errors.splitlines()[-1] for _, errors in said}) == len(ZONES), "each lived in a zone of its own"
    answers = [out for out, _ in said]
    assert all(one == other for one, other in pairwise(answers))
    for word in ("violated", "compliant", "night", "rest_day", "working", "valid", "expired", "'file'"):
        assert word in answers[0], word
    assert answers[0].count("\n") > len(ZONES) * 20
