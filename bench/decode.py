"""What it costs to decode a 1080p JPEG in the child process instead of in place: one JSON line on stdout.

Three times are taken in turn, round by round, so that a change of the machine's load meets all of them: a plain
``cv2.imdecode`` here on one thread; the child asked for what the screen needs (half size); the child asked for every
pixel. The bytes go in and the pixels come back through shared memory; both are counted. The figures ending in cpu are
processor time of both processes together, which another program's load does not lengthen. The picture is synthetic:
gradients, discs and text at quality 80, about 360 KB.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Callable

SCREEN = (640, 384)
FULL = (1920, 1080)
WARM_UP = 10


def synthetic() -> bytes:
    """Return a 1920 x 1080 JPEG at quality 80 without noise: sky, ground, 140 discs and 800 words."""
    rows, columns = np.mgrid[0:1080, 0:1920]
    pixels = np.stack([columns / 1920 * 200, rows / 1080 * 220, (columns + rows) / 3000 * 180], axis=-1)
    pixels = np.ascontiguousarray(pixels.astype(np.uint8))
    for number in range(140):
        centre = (number * 397 % 1920, number * 211 % 1080)
        colour = (number * 37 % 256, number * 91 % 256, number * 53 % 256)
        cv2.circle(pixels, centre, 8 + number % 37, colour, thickness=-1, lineType=cv2.LINE_AA)
    for number in range(800):
        place = (number * 137 % 1880, 10 + number * 71 % 1070)
        colour = (255 - number % 200, number % 255, 30)
        cv2.putText(pixels, f"gas {number}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise RuntimeError("the picture could not be encoded")
    return encoded.tobytes()


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that ``work`` takes."""
    since = time.perf_counter()
    work()
    return (time.perf_counter() - since) * 1e3


def processor_ms(pid: int) -> float:
    """Return the processor time that this process and the child ``pid`` have used so far."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:  # noqa: PTH123  read once a bench
        child = int(file.read().split()[0]) / 1e6
    own = resource.getrusage(resource.RUSAGE_SELF)
    return child + (own.ru_utime + own.ru_stime) * 1e3


def spent(pid: int, rounds: int, work: Callable[[], object]) -> float:
    """Return the processor milliseconds, child included, that ``work`` takes on average."""
    since = processor_ms(pid)
    for _ in range(rounds):
        work()
    return (processor_ms(pid) - since) / rounds


def measure(picture: bytes, rounds: int) -> dict[str, object]:
    """Return the medians over ``rounds``, and the ratios of each round's own pair."""
    data = np.frombuffer(picture, np.uint8)
    cv2.setNumThreads(1)
    plain, half, full = [], [], []
    with ChildDecoder() as decoder:
        for turn in range(WARM_UP + rounds):
            one = timed(lambda: cv2.imdecode(data, cv2.IMREAD_COLOR))
            two = timed(lambda: decoder.decode(picture, wanted=SCREEN))
            three = timed(lambda: decoder.decode(picture, wanted=FULL))
            if turn >= WARM_UP:
                plain.append(one)
                half.append(two)
                full.append(three)
        pid = decoder.pids()[0]
        child_cpu = spent(pid, rounds, lambda: decoder.decode(picture, wanted=SCREEN))
        plain_cpu = spent(pid, rounds, lambda: cv2.imdecode(data, cv2.IMREAD_COLOR))
        shape = decoder.decode(picture, wanted=SCREEN).pixels.shape
    ratios = sorted(b / a for a, b in zip(plain, half, strict=True))
    return {
        "bench": "decode",
        "picture_bytes": len(picture),
        "rounds": rounds,
        "plain_ms": round(statistics.median(plain), 3),
        "child_ms": round(statistics.median(half), 3),
        "plain_cpu_ms": round(plain_cpu, 3),
        "child_cpu_ms": round(child_cpu, 3),
        "child_full_ms": round(statistics.median(full), 3),
        "child_shape": list(shape),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_cpu": round(child_cpu / plain_cpu, 3),
        "ratio_p90": round(ratios[int(len(ratios) * 0.9)], 3),
        "ratio_full": round(statistics.median(b / a for a, b in zip(plain, full, strict=True)), 3),
    }


def main() -> int:
    """Print the figures; exit 1 when the ratio is above ``--limit``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--limit", type=float, default=1.1)
    given = parser.parse_args()
    figures = measure(synthetic(), given.rounds)
    print(json.dumps(figures))
    return 0 if float(str(figures["ratio"])) <= given.limit else 1


if __name__ == "__main__":
    sys.exit(main())
