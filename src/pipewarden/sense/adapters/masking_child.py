"""The decoding process that also masks: faces, heads and number plates are painted over before pixels leave it.

Run as a script beside ``decoder_child``, with the same limits. Paint is one solid colour: nothing of what lay under it
is in the pixels that the caller gets, so nothing can be brought back. It errs towards paint: a face that was missed is
a person shown, a lamp that was painted is only a lamp (公共安全视频图像信息系统管理条例 第二十二条, PIPL art. 26).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Corners = NDArray[np.float64]

PAINT = (60, 60, 60)  # BGR; dark grey, so that an amber evidence box still shows on it
_MACHINE, _PERSON, _VEHICLE = 0, 1, 3  # columns of the teacher's scores
_STRIDE, _SIDES = 4, 32  # of the face net: pixels per cell, and what its sides are multiples of
_LYING = 1.1  # a person's box wider than so many times its height is painted whole: where the head is, nobody knows
_FAR, _MOST_SIDE = 640, 1280  # pixels of the long side that faces are looked for in, at least and at most
_SAME = 0.5  # IoU
_GREY = 114


class Rules(NamedTuple):
    """What is painted; the numbers come from ``policy/privacy``.

    Attributes:
        face: least score of a face.
        person: least score of a person; ``head`` is the share of an upright box from its top.
        vehicle: least score of a vehicle; from ``plate`` of its height downwards it is painted.
        margin: share of a face's and a head's size that is added on each side.
    """

    face: float
    person: float
    vehicle: float
    head: float
    plate: float
    margin: float


class Masker:
    """Finds faces, persons and vehicles, and paints over what could name them."""

    def __init__(self, faces: bytes, teacher: bytes, rules: Rules) -> None:
        import cv2  # noqa: PLC0415  after the memory limit is set
        import numpy as np  # noqa: PLC0415  same
        import onnxruntime as ort  # noqa: PLC0415  same

        self.cv2, self.np, self.rules = cv2, np, rules
        cv2.setNumThreads(1)
        self.faces = cv2.dnn.readNetFromONNX(np.frombuffer(faces, np.uint8))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.net = ort.InferenceSession(teacher, options, providers=["CPUExecutionProvider"])
        self.order = [node.name for node in self.net.get_outputs()]
        _, self.rows, self.columns, _ = self.net.get_inputs()[0].shape

    def __call__(self, pixels: Pixels) -> None:
        """Paint in place over whatever in BGR ``pixels`` (rows, columns, 3) could name a person."""
        rows, columns = pixels.shape[:2]
        for left, top, right, bottom in self.boxes(pixels):
            first = (max(0, int(left)), max(0, int(top)))
            last = (min(columns, int(self.np.ceil(right))), min(rows, int(self.np.ceil(bottom))))
            pixels[first[1] : last[1], first[0] : last[0]] = PAINT

    def boxes(self, pixels: Pixels) -> list[tuple[float, float, float, float]]:
        """Return what is to be painted: left, top, right, bottom in pixels, maybe beyond the border."""
        found = [self._wider(one, down=True) for one in self._faces(pixels)]
        scores, corners = self._seen(pixels)
        found += [self._head(one) for one in self._kept(scores[:, _PERSON], corners, self.rules.person)]
        # what is rather a machine is what an alarm is about: it is never painted over for a plate that it may have
        vehicle = self.np.where(scores[:, _VEHICLE] > scores[:, _MACHINE], scores[:, _VEHICLE], 0.0)
        found += [self._plate(one) for one in self._kept(vehicle, corners, self.rules.vehicle)]
        return found

    def _wider(self, box: Corners, *, down: bool) -> tuple[float, float, float, float]:
        left, top, right, bottom = (float(value) for value in box)
        across, along = (right - left) * self.rules.margin, (bottom - top) * self.rules.margin
        return left - across, top - along, right + across, bottom + (along if down else 0.0)

    def _head(self, box: Corners) -> tuple[float, float, float, float]:
        left, top, right, bottom = (float(value) for value in box)
        wide, tall = right - left, bottom - top
        upright = wide <= _LYING * tall
        return self._wider(
            self.np.array([left, top, right, top + self.rules.head * tall if upright else bottom]), down=False
        )

    def _plate(self, box: Corners) -> tuple[float, float, float, float]:
        left, top, right, bottom = (float(value) for value in box)
        return left, top + self.rules.plate * (bottom - top), right, bottom

    def _faces(self, pixels: Pixels) -> Corners:
        """Return faces as (n, 4); far ones in a small picture are looked for in one that was made larger."""
        np, rows, columns = self.np, *pixels.shape[:2]
        long = max(rows, columns)
        scale = min(_MOST_SIDE / long, max(1.0, _FAR / long))
        wide, tall = (_SIDES * max(1, round(side * scale / _SIDES)) for side in (columns, rows))
        self.faces.setInput(self.cv2.dnn.blobFromImage(pixels, 1.0, (wide, tall)))
        heat, size, offset, _ = self.faces.forward(["537", "538", "539", "540"])
        down, across = np.where(heat[0, 0] > self.rules.face)
        high, broad = (np.exp(size[0, place, down, across]) * _STRIDE for place in (0, 1))
        y = (down + offset[0, 0, down, across] + 0.5) * _STRIDE
        x = (across + offset[0, 1, down, across] + 0.5) * _STRIDE
        corners = np.stack([x - broad / 2, y - high / 2, x + broad / 2, y + high / 2], axis=1)
        scaled: Corners = np.asarray(corners * np.array([columns / wide, rows / tall] * 2), np.float64)
        return scaled

    def _seen(self, pixels: Pixels) -> tuple[Any, Corners]:
        """Return scores (n, 4) and boxes (n, 4) of the teacher, in the picture's pixels."""
        np, rows, columns = self.np, *pixels.shape[:2]
        scale = min(self.columns / columns, self.rows / rows)
        wide, tall = max(1, round(columns * scale)), max(1, round(rows * scale))
        left, top = (self.columns - wide) // 2, (self.rows - tall) // 2
        frame = np.full((self.rows, self.columns, 3), _GREY, np.uint8)
        how = self.cv2.INTER_AREA if scale < 1 else self.cv2.INTER_LINEAR
        frame[top : top + tall, left : left + wide] = self.cv2.resize(pixels, (wide, tall), interpolation=how)
        answer = dict(zip(self.order, self.net.run(None, {"image": frame[None]}), strict=True))
        corners = (answer["boxes"][0] - np.array([left, top, left, top])) / scale
        return answer["scores"][0], np.asarray(corners, np.float64)

    def _kept(self, scores: Any, corners: Corners, least: float) -> Corners:
        """Return the boxes of one class above its score, each object once: of two at one place the surer."""
        np = self.np
        above = np.where(scores > least)[0]
        sizes = np.concatenate([corners[above, :2], corners[above, 2:] - corners[above, :2]], axis=1)
        kept = self.cv2.dnn.NMSBoxes(sizes.tolist(), scores[above].astype(float).tolist(), least, _SAME)
        chosen: Corners = np.asarray(corners[above[np.asarray(kept, int).ravel()]])
        return chosen


def prepare(arguments: list[str]) -> Masker:
    """Return a masker while files may still be opened.

    Args:
        arguments: path and SHA-256 of the face net, the same of the teacher, and the rules as JSON.
    """
    faces, teacher = _read(*arguments[0:2]), _read(*arguments[2:4])
    return Masker(faces, teacher, Rules(**json.loads(arguments[4])))


def _read(path: str, sha256: str) -> bytes:
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        sys.exit(f"{path} is not the file of the manifest")
    return content


def _beside(name: str) -> Any:
    """Return the module of a file beside this one, whatever else is installed under its name."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        sys.exit(f"{name}.py is not beside {__file__}")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


if __name__ == "__main__":
    _beside("decoder_child").main(sys.argv[1:], prepare)
