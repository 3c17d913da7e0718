"""What tiles of the corridor add, on the demo's own renders: one JSON line. Rendered pictures: never an accuracy.

Every demo frame is looked at as a whole and again with tiles over its lower two thirds (where ground is); recall of the
true machines by the height of their visible box in original pixels, boxes that hit nothing, calls and time per frame.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.adapters import open_models
from pipewarden.inference.rules import overlaps
from pipewarden.inference.service import WEIGHTS, detect
from pipewarden.perceive.facts import FindingClass
from pipewarden.perceive.rules import findings_of
from pipewarden.perceive.service import FULL, WANTED
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.sim.facts import TrueFrame

GROUND = (0.0, 0.33, 1.0, 1.0)
SIZES = (("under_40_px", 0, 40), ("40_to_80_px", 40, 80), ("from_80_px", 80, 10_000))
HIT = 0.3
SEEN = 0.5


def frames() -> Iterator[tuple[Path, TrueFrame]]:
    """Yield every demo picture with what is true in it."""
    folders = {one.key: one.folder for one in sim.demo_cameras()}
    for camera in sim.demo_truth().cameras:
        if camera.key in folders:
            for frame in camera.frames:
                yield folders[camera.key] / Path(frame.file).name, frame


def measure(weights: Path, threads: int, threshold: float | None) -> dict[str, object]:
    """Return recall by size, false boxes, calls and milliseconds per frame, whole and tiled."""
    detector = open_models(weights, threads=threads).detector
    least = detector.thresholds["machine"] if threshold is None else threshold
    told: dict[str, object] = {"bench": "tiles", "rendered": True, "screen": detector.ref.label, "threshold": least}
    for name, corridor, wanted in (("whole", None, WANTED), ("tiled", GROUND, FULL)):
        found = {size: [0, 0] for size, _, _ in SIZES}
        wrong = calls = count = 0
        spent = 0.0
        with ChildDecoder() as decoder:
            for path, frame in frames():
                content, since = path.read_bytes(), time.perf_counter()
                decoded = decoder.decode(content, name=path.name, wanted=wanted)
                detections, asked = detect(detector, decoded.pixels, corridor)
                spent += time.perf_counter() - since
                calls, count = calls + asked, count + 1
                seen = findings_of(detections, detector.classes, detector.thresholds, decoded.pixels.shape)
                boxes = [one.corners for one in seen if one.cls is FindingClass.MACHINE and one.score >= least]
                scale = decoded.width / decoded.pixels.shape[1]
                given = np.array(boxes, np.float32).reshape(-1, 4) * np.float32(scale)
                wrong += score(given, frame, found)
        told[name] = {
            "recall": {size: None if not total else round(hit / total, 3) for size, (hit, total) in found.items()},
            "machines": {size: total for size, (_, total) in found.items()},
            "false_boxes_per_frame": round(wrong / count, 3),
            "calls_per_frame": round(calls / count, 2),
            "ms_per_frame": round(1000 * spent / count, 1),
        }
    return told


def score(boxes: np.ndarray, frame: TrueFrame, found: dict[str, list[int]]) -> int:
    """Count true machines found by size into ``found`` and return how many boxes hit no machine."""
    machines = [one for one in frame.objects if one.cls == "machine" and one.visible_box]
    true = np.array([one.visible_box for one in machines], np.float32).reshape(-1, 4)
    true[:, 2:] += true[:, :2]
    table = overlaps(boxes, true) if len(boxes) and len(true) else np.zeros((len(boxes), len(true)), np.float32)
    for place, one in enumerate(machines):
        if one.visible_fraction > SEEN:
            height = float(true[place, 3] - true[place, 1])
            size = next(name for name, low, high in SIZES if low <= height < high)
            found[size][0] += int(bool(len(boxes)) and bool((table[:, place] >= HIT).any()))
            found[size][1] += 1
    return int((table.max(axis=1) < HIT).sum()) if len(true) else len(boxes)


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with manifest.json")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--threshold", type=float)
    given = parser.parse_args()
    print(json.dumps(measure(given.weights, given.threads, given.threshold)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
