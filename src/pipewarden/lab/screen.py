"""Run an exported screening detector exactly as the product will: letterbox, ONNX Runtime, suppression per class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from pipewarden.lab.boxes import Floats, Pixels, letterbox, suppress
from pipewarden.lab.dataset import read_bgr

_LOWEST = 0.02
_MOST_BEFORE = 400
_MOST_AFTER = 60


@dataclass(frozen=True, slots=True)
class Detections:
    """`boxes` [n,4] xyxy in pixels of the picture, `scores` [n], `classes` [n] (in the order of dataset.CLASSES)."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.int64]

    def of(self, index: int) -> "Detections":
        """Only one class."""
        kept = self.classes == index
        return Detections(self.boxes[kept], self.scores[kept], self.classes[kept])

    def above(self, threshold: float) -> "Detections":
        """Only scores of at least `threshold`."""
        kept = self.scores >= threshold
        return Detections(self.boxes[kept], self.scores[kept], self.classes[kept])


class Screen:
    """A detector file of this package; understands raw uint8 NHWC and raw float NCHW inputs, both BGR."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        port = self._session.get_inputs()[0]
        self._name, self._bytes = port.name, port.type == "tensor(uint8)"
        self.classes = int(self._session.get_outputs()[0].shape[-1])

    def tensor(self, frame: Pixels) -> NDArray[np.uint8] | Floats:
        """The input tensor of a letterboxed frame [384,640,3]."""
        if self._bytes:
            return frame[None]
        return np.ascontiguousarray(frame.transpose(2, 0, 1)[None], np.float32)

    def raw(self, frame: Pixels) -> tuple[Floats, Floats]:
        """Scores [5040,classes] and boxes [5040,4] in letterbox pixels."""
        scores, boxes = self._session.run(None, {self._name: self.tensor(frame)})
        return scores[0], boxes[0]

    def __call__(self, picture: Pixels) -> Detections:
        """Everything above 0.02 in a BGR picture, after suppression."""
        boxed = letterbox(picture)
        scores, boxes = self.raw(boxed.pixels)
        kept_boxes, kept_scores, kept_classes = [], [], []
        for index in range(scores.shape[1]):
            column = scores[:, index]
            candidates = np.flatnonzero(column > _LOWEST)
            candidates = candidates[np.argsort(-column[candidates], kind="stable")[:_MOST_BEFORE]]
            chosen = candidates[suppress(boxes[candidates], column[candidates])[:_MOST_AFTER]]
            kept_boxes.append(boxed.to_picture(boxes[chosen], picture.shape[1], picture.shape[0]))
            kept_scores.append(column[chosen])
            kept_classes.append(np.full(len(chosen), index, np.int64))
        return Detections(np.concatenate(kept_boxes), np.concatenate(kept_scores), np.concatenate(kept_classes))

    def of_file(self, path: Path) -> Detections:
        """Detections in a picture file of the trusted local data set."""
        return self(read_bgr(path))
