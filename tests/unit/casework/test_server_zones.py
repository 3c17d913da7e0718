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
    answers, servers = [], set()
    for zone in ZONES:
        path = os.pathsep.join([str(LENT), os.environ.get("PYTHONPATH", "")])
        run = subprocess.run(
            [sys.executable, str(LENT / "decide_here.py")],
            env={**os.environ, "TZ": zone, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr[-2000:]
        answers.append(run.stdout)
        servers.add(run.stderr.splitlines()[-1])
    assert len(servers) == len(ZONES), "each process lived in a zone of its own"
    assert all(one == other for one, other in pairwise(answers))
    told = answers[0]
    for word in ("violated", "compliant", "night", "rest_day", "working", "valid", "expired", "'file'"):
        assert word in told, word
    assert told.count("\n") > 150
