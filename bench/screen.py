"""What a 1080p JPEG costs on its way to boxes, besides the network: one JSON line on stdout.

Three times are taken in turn, round by round, so that a change of the machine's load meets all of them: a plain
``cv2.imdecode`` in this process; the whole way (decoding child, letterbox, network, suppression, boxes in original
pixels); and inside it the network alone. The figure to reach is ``ratio`` <= 1.3: (whole way - network) / plain decode
in processor time, this process and the child together, the unit of performance.md. Wall time is told beside it (median
of the rounds' ratios, and best against best), because on busy cores it also counts how long the child waits its turn.

The picture is synthetic unless ``--picture`` names one; its size in bytes is told, because entropy decoding grows
with it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipewarden.inference.adapters import open_models
from pipewarden.inference.service import WEIGHTS
from pipewarden.perceive.rules import findings_of, pixel_box
from pipewarden.perceive.service import WANTED
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from pipewarden.inference.adapters.runner import Runner

LIMIT = 1.3
WARM_UP = 5


class TimedRunner:
    """Passes everything on and remembers how long the network took."""

    def __init__(self, runner: Runner) -> None:
        self.inputs, self.outputs = runner.inputs, runner.outputs
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self._runner = runner

    def run(self, batch: Any) -> list[Any]:
        """Run the network."""
        since, cpu_since = time.perf_counter(), time.thread_time()
        answer = self._runner.run(batch)
        self.seconds = time.perf_counter() - since
        self.cpu_seconds = time.thread_time() - cpu_since
        return answer


def on_processor(pid: int) -> float:
    """Return the seconds a process has run, all its threads (Linux schedstat, nanoseconds)."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def synthetic(seed: int) -> bytes:
    """Return a 1920 x 1080 JPEG at quality 80: structure at every scale, about 360 KB like a camera's frame."""
    generator = np.random.default_rng(seed)
    pixels = np.full((1080, 1920, 3), 110, np.float32)
    for cells, strength in ((9, 60), (60, 30), (240, 16), (960, 9)):
        coarse = generator.normal(0, strength, (cells * 9 // 16, cells, 3)).astype(np.float32)
        pixels += cv2.resize(coarse, (1920, 1080), interpolation=cv2.INTER_LINEAR)
    done, encoded = cv2.imencode(".jpg", pixels.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise RuntimeError("OpenCV must be able to encode pixels as JPEG")
    return bytes(encoded.tobytes())


def measure(picture: bytes, weights: Path, rounds: int, threads: int) -> dict[str, object]:
    """Return medians of wall time and means of processor time, in milliseconds, over ``rounds`` rounds, warmed up."""
    models = open_models(weights, threads=threads)
    detector = models.detector
    timed = TimedRunner(detector._runner)  # noqa: SLF001  the network must be timed where it runs
    detector._runner = timed  # noqa: SLF001  same
    times: list[tuple[float, float, float, float]] = []
    cpu_plain = cpu_around = cpu_child = 0.0
    boxes = 0
    buffer = np.frombuffer(picture, np.uint8)
    with ChildDecoder() as decoder:
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                cpu_plain = cpu_around = 0.0
                cpu_child = -sum(map(on_processor, decoder.pids()))
            start, cpu_start = time.perf_counter(), time.thread_time()
            plain_pixels = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
            middle, cpu_middle = time.perf_counter(), time.thread_time()
            decoded = decoder.decode(picture, name="bench", wanted=WANTED)
            ready = time.perf_counter()
            detections = detector.detect(decoded.pixels)
            seen = findings_of(detections, detector.classes, detector.thresholds, decoded.pixels.shape)
            found = [pixel_box(one.corners, decoded.pixels.shape, decoded.width, decoded.height) for one in seen]
            end, cpu_end = time.perf_counter(), time.thread_time()
            boxes = len(found)
            cpu_plain += cpu_middle - cpu_start
            cpu_around += cpu_end - cpu_middle - timed.cpu_seconds
            if number >= WARM_UP:
                times.append((middle - start, ready - middle, end - ready - timed.seconds, timed.seconds))
            del plain_pixels
        cpu_child += sum(map(on_processor, decoder.pids()))
    plain, child, around, network = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    ratio = (cpu_around + cpu_child) / cpu_plain
    outside = [row[1] + row[2] for row in times]
    return {
        "bench": "screen",
        "picture_bytes": len(picture),
        "rounds": rounds,
        "threads": threads,
        "screen": detector.ref.label,
        "boxes": boxes,
        "plain_decode_ms": round(plain, 2),
        "child_decode_ms": round(child, 2),
        "letterbox_and_boxes_ms": round(around, 2),
        "outside_network_ms": round(statistics.median(outside) * 1000, 2),
        "network_ms": round(network, 2),
        "plain_cpu_ms": round(cpu_plain / rounds * 1000, 2),
        "outside_cpu_ms": round((cpu_around + cpu_child) / rounds * 1000, 2),
        "ratio_wall": round(statistics.median(out / row[0] for out, row in zip(outside, times, strict=True)), 3),
        "ratio_wall_best": round(min(outside) / min(row[0] for row in times), 3),
        "ratio": round(ratio, 3),
        "limit": LIMIT,
        "holds": ratio <= LIMIT,
    }


def main() -> int:
    """Measure, print one line and return 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with manifest.json")
    parser.add_argument("--picture", type=Path, help="a JPEG to use in place of the synthetic one")
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    picture = given.picture.read_bytes() if given.picture else synthetic(given.seed)
    result = measure(picture, given.weights, given.rounds, given.threads)
    print(json.dumps(result))
    return 0 if result["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
