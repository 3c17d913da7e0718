"""How many documents one press sets in a minute, every kind in turn with all its fields filled: one JSON line.

Processor time of this process and the child counts, so that others on the machine do not; ``cost`` is the time of one
document against that of packing the font (zlib over its 10 MB) in the same run. No database takes part.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

from pipewarden.act import service
from pipewarden.act.adapters.press import ChildPress, font

AT = datetime(2026, 11, 26, 2, tzinfo=UTC)
GOAL = 1000  # documents a minute (issue "# 7.")


def spent_s(press: ChildPress) -> float:
    """Return the processor time of this process and of the press, seconds."""
    child = press._all[0].process  # noqa: SLF001  a bench may look inside
    stat = "" if child is None else Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2]
    ticks = sum(int(word) for word in stat.split()[11:13])  # user and system
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the figures; 1 when the press is slower than the goal."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=240)
    count = asked.parse_args().count
    sheets = [service.sample_sheet(spec, AT) for spec in service.shipped().values()]
    regular = (font.folder() / font.FILES[0]).read_bytes()
    with ChildPress() as press:
        for sheet in sheets:
            press.pdf(sheet, {}, AT)  # warm: fonts and template are read once
        begun = spent_s(press)
        size = sum(len(press.pdf(sheets[turn % len(sheets)], {}, AT)) for turn in range(count))
        pdf_s = spent_s(press) - begun
        begun = spent_s(press)
        for turn in range(count // 4):
            press.docx(sheets[turn % len(sheets)], {})
        docx_s = (spent_s(press) - begun) * 4
    begun = time.process_time()
    zlib.compress(regular, 6)
    plain_s = time.process_time() - begun
    figures = {
        "documents": count,
        "pdf_per_cpu_minute": round(60 * count / pdf_s),
        "docx_per_cpu_minute": round(60 * count / docx_s),
        "cost": round(pdf_s / count / plain_s, 4),
        "mean_kb": round(size / count / 1000, 1),
        "goal_per_minute": GOAL,
    }
    print(json.dumps(figures))
    return 0 if figures["pdf_per_cpu_minute"] >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
