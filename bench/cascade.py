"""How many more frames a second the screen takes than a plain convolutional detector of YOLO11n's cost: one JSON line.

The peer is our own graph: 3x3 convolutions in YOLO11n's widths with rectifiers (the activation OpenVINO fuses best), a
top-down and bottom-up neck and three heads with distance bins, brought to 3.93 GFLOP at 384x640, what YOLO11n costs
there (docs/performance.md, B). Its weights are random, so it says nothing of accuracy. Both nets are int8, take the
letterboxed bytes and give scores and boxes. The peer runs in OpenVINO (one thread, latency hint), the screen there and
in ONNX Runtime, in turn, round by round, so that a change of the machine's load meets all. The figure to reach is
``ratio`` >= 2: the median over rounds of peer time / screen time, the screen in whichever of the two is quicker, named
in ``engine``. ``ratio_jpeg`` adds to both the same decode and letterbox of a 1080p JPEG.

OpenVINO is no dependency of the product: without it the line says ``"skipped"`` and why.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.runner import OnnxRunner
from pipewarden.inference.rules import letterbox
from pipewarden.inference.service import WEIGHTS, read_manifest
from screen import synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 2.0
ROWS, COLUMNS = 384, 640
GFLOP = 3.93
BINS = 16  # per side, as YOLO11n has them
CLASSES = 4
WIDTHS = (16, 32, 64, 128, 256)
DEPTHS = (0, 1, 2, 3, 1)  # plain convolutions after each halving
NECK = 64
WARM_UP = 10
COLUMN_NAMES = ("decode_and_letterbox", "peer", "openvino", "onnxruntime")

Array = NDArray[Any]


class PlainNet:
    """Builds the peer as an OpenVINO graph; counts multiply-adds as it goes."""

    def __init__(self, openvino: Any, seed: int) -> None:
        self._ops = openvino.opset13
        self._openvino = openvino
        self._generator = np.random.default_rng(seed)
        self.macs = 0

    def _rounded(self, x: Any, low: Array, high: Array, levels: int) -> Any:
        low, high = (self._ops.constant(value.astype(np.float32)) for value in (low, high))
        return self._ops.fake_quantize(x, low, high, low, high, levels)

    def conv(self, x: Any, width: int, *, side: int = 3, stride: int = 1, last: bool = False) -> Any:
        """One int8 convolution, with a rectifier unless it is the last; He weights keep the ranges alive."""
        inputs, rows, columns = (int(x.get_output_shape(0)[axis]) for axis in (1, 2, 3))
        self.macs += side * side * inputs * width * (rows // stride) * (columns // stride)
        deviation = (2 / (side * side * inputs)) ** 0.5
        weights = self._generator.normal(0, deviation, (width, inputs, side, side)).astype(np.float32)
        reach = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
        kernel = self._rounded(self._ops.constant(weights), -reach, reach, 255)
        given = self._rounded(x, np.zeros((1, 1, 1, 1)), np.full((1, 1, 1, 1), 6.0), 256)
        edge = side // 2
        out = self._ops.convolution(given, kernel, [stride, stride], [edge, edge], [edge, edge], [1, 1])
        out = self._ops.add(out, self._ops.constant(np.full((1, width, 1, 1), 0.01, np.float32)))
        return out if last else self._ops.relu(out)

    def _resized(self, x: Any, like: Any) -> Any:
        rows, columns = (int(like.get_output_shape(0)[axis]) for axis in (2, 3))
        sizes = self._ops.constant(np.array([rows, columns], np.int64))
        axes = self._ops.constant(np.array([2, 3], np.int64))
        return self._ops.interpolate(x, sizes, "nearest", "sizes", axes=axes)

    def levels(self, image: Any) -> list[Any]:
        """Backbone and neck: three maps of NECK channels at strides 8, 16 and 32."""
        ops = self._ops
        x = ops.convert(ops.transpose(image, ops.constant(np.array([0, 3, 1, 2], np.int64))), "f32")
        x = ops.multiply(x, ops.constant(np.float32(6 / 255)))
        kept = []
        for width, depth in zip(WIDTHS, DEPTHS, strict=True):
            x = self.conv(x, width, stride=2)
            for _ in range(depth):
                x = self.conv(x, width)
            kept.append(x)
        low, mid, top = (self.conv(level, NECK, side=1) for level in kept[2:])
        mid = self.conv(ops.add(mid, self._resized(top, mid)), NECK)
        low = self.conv(ops.add(low, self._resized(mid, low)), NECK)
        mid = ops.add(mid, self.conv(low, NECK, stride=2))
        return [low, mid, ops.add(top, self.conv(mid, NECK, stride=2))]

    def build(self) -> Any:
        """The whole graph: uint8 [1,384,640,3] to scores [1,N,4] and boxes [1,N,4]."""
        ops = self._ops
        image = ops.parameter([1, ROWS, COLUMNS, 3], np.uint8, name="image")
        scores, sides, centres, strides = [], [], [], []
        for level, stride in zip(self.levels(image), (8, 16, 32), strict=True):
            head = self.conv(self.conv(level, NECK), NECK)
            for found, width in ((scores, CLASSES), (sides, 4 * BINS)):
                flat = ops.constant(np.array([1, width, -1], np.int64))
                found.append(ops.reshape(self.conv(head, width, side=1, last=True), flat, special_zero=False))
            y, x = np.mgrid[: ROWS // stride, : COLUMNS // stride]
            centres.append(np.stack([(x + 0.5) * stride, (y + 0.5) * stride]).reshape(2, -1))
            strides.append(np.full((1, y.size), stride))
        split = ops.constant(np.array([1, 4, BINS, -1], np.int64))
        chances = ops.softmax(ops.reshape(ops.concat(sides, 2), split, special_zero=False), 2)
        steps = ops.constant(np.arange(BINS, dtype=np.float32).reshape(1, 1, BINS, 1))
        reach = ops.reduce_sum(ops.multiply(chances, steps), ops.constant(np.array([2], np.int64)))
        reach = ops.multiply(reach, ops.constant(np.concatenate(strides, 1).astype(np.float32)))
        middle = np.concatenate(centres, 1).astype(np.float32)
        signs = np.array([-1, -1, 1, 1], np.float32).reshape(4, 1)
        boxes = ops.add(ops.multiply(reach, ops.constant(signs)), ops.constant(np.concatenate([middle, middle])))
        turn = ops.constant(np.array([0, 2, 1], np.int64))
        outputs = [ops.transpose(ops.sigmoid(ops.concat(scores, 2)), turn), ops.transpose(boxes, turn)]
        return self._openvino.Model(outputs, [image], "plain")


def compiled(openvino: Any, model: Any, threads: int) -> Callable[[Array], object]:
    """Compile for the processor at its best for one frame at a time, and return what runs a frame [1,384,640,3]."""
    config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    request = openvino.Core().compile_model(model, "CPU", config).create_infer_request()
    return lambda frame: request.infer([frame], share_inputs=True, share_outputs=True)


def timed(run: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    since = time.perf_counter()
    run()
    return (time.perf_counter() - since) * 1000


def measure(folder: Path, name: str, rounds: int, threads: int, seed: int) -> dict[str, object]:
    """Return times in milliseconds (medians over rounds) and the ratios."""
    try:
        openvino = importlib.import_module("openvino")
    except ImportError:
        return {"bench": "cascade", "skipped": "openvino is not installed; run: pip install openvino"}
    card = read_manifest(folder)[name]
    content = read_weights(folder, card)
    net = PlainNet(openvino, seed)
    peer = compiled(openvino, net.build(), threads)
    screen = compiled(openvino, openvino.Core().read_model(content), threads)
    own = OnnxRunner(content, card.ref.label, threads)
    picture = np.frombuffer(synthetic(seed), np.uint8)

    def frame() -> Array:
        pixels = cv2.imdecode(picture, cv2.IMREAD_REDUCED_COLOR_2)
        return letterbox(np.asarray(pixels, np.uint8), COLUMNS, ROWS)[0][None]

    given, rows = frame(), []
    for number in range(WARM_UP + rounds):
        row = timed(frame), timed(lambda: peer(given)), timed(lambda: screen(given)), timed(lambda: own.run(given))
        if number >= WARM_UP:
            rows.append(row)
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    least = [min(column) for column in zip(*rows, strict=True)]
    own_column = 3 if medians[3] < medians[2] else 2
    ratio = statistics.median(row[1] / row[own_column] for row in rows)
    return {
        "bench": "cascade",
        "screen": card.ref.label,
        "peer_gflop": round(2 * net.macs / 1e9, 2),
        "peer_gflop_aim": GFLOP,
        "rounds": rounds,
        "threads": threads,
        "engine": COLUMN_NAMES[own_column],
        "median_ms": {name: round(value, 2) for name, value in zip(COLUMN_NAMES, medians, strict=True)},
        "best_ms": {name: round(value, 2) for name, value in zip(COLUMN_NAMES, least, strict=True)},
        "ratio": round(ratio, 3),
        "ratio_best": round(least[1] / least[own_column], 3),
        "ratio_jpeg": round(statistics.median((row[0] + row[1]) / (row[0] + row[own_column]) for row in rows), 3),
        "limit": LIMIT,
        "holds": ratio >= LIMIT,
    }


def main() -> int:
    """Measure, print one line and return 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with manifest.json")
    parser.add_argument("--model", default="screen", help="which entry of the manifest")
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    result = measure(given.weights, given.model, given.rounds, given.threads, given.seed)
    print(json.dumps(result))
    return 0 if result.get("holds", True) else 1


if __name__ == "__main__":
    sys.exit(main())
