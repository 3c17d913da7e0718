"""What the rules for blind cameras say of real sequences, beside the synthetic 合成 tables of test_blind_measured.py.

Healthy cameras, so every fault told is a false one. The frames stand a fraction of a second apart, so each look skips
some; a fixed camera is held against its own first pictures. Nothing is said about weeks: the clips last seconds.
Run: ``python bench/eyes.py ../shared/data/sequences``.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from pipewarden.perceive.rules import Limits, Past, Sight, agrees, judge_sight, shows, teaches, view_name, view_of

SKIPS = (1, 4, 12)  # frames from one look to the next
STEP = timedelta(minutes=10)


def watch(folder: Path, skip: int) -> tuple[int, Counter[str], Counter[str]]:
    """Judge every so-manieth picture of a folder; return looks, what single looks showed, and the faults told."""
    limits, sight, at = Limits(), Sight(), datetime(2026, 11, 1, tzinfo=UTC)
    last, names, references, agreed = None, [], [], 0
    shown_by, told = Counter[str](), Counter[str]()
    files = sorted(folder.glob("*.jpg"))[::skip]
    for file in files:
        view = view_of(np.asarray(cv2.imread(str(file)), np.uint8))
        name = view_name(view)
        shown = shows(view, name, Past(() if last is None else (last,), references, names), limits)
        before = sight.fault
        sight = judge_sight(sight, shown, at, limits)
        agreed = 0 if shown else agreed + 1 if last is not None and agrees(view, last, limits) else 1
        fits = teaches(view, references, limits) if references else agreed >= limits.agree
        if shown is None and sight.fault is None and fits:
            references.append(view)
        if shown is not None:
            shown_by[shown.value] += 1
        if sight.fault is not None and sight.fault is not before:
            told[sight.fault.value] += 1
        last, at = view, at + STEP
        names.append(name)
    return len(files), shown_by, told


def main(root: Path) -> None:
    """Print one line per sequence and step."""
    print("| sequence | every | looks | suspect looks | faults told |\n|---|---|---|---|---|")
    for folder in sorted(one for one in root.iterdir() if one.is_dir()):
        for skip in SKIPS:
            looks, suspect, told = watch(folder, skip)
            print(f"| {folder.name} | {skip} | {looks} | {dict(suspect)} | {dict(told)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
