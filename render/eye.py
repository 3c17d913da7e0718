"""Look at renders (渲染) with a detector trained on photographs: how real do they look to it? A development check."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import onnxruntime as ort


class Eye:
    """NanoDet-g of detector.md: raw BGR letterboxed to 384x640; `look` gives [(class, score, x0, y0, x1, y1)]."""

    def __init__(self, path: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def look(self, picture: np.ndarray, floor: float = 0.2) -> list[tuple[Any, ...]]:
        """Boxes above `floor` after per-class NMS .5, in pixels of the picture."""
        h, w = picture.shape[:2]
        k = min(640 / w, 384 / h)
        nw, nh = round(w * k), round(h * k)
        canvas = np.full((384, 640, 3), 114, np.uint8)
        ox, oy = (640 - nw) // 2, (384 - nh) // 2
        canvas[oy : oy + nh, ox : ox + nw] = cv2.resize(picture, (nw, nh), interpolation=cv2.INTER_AREA)
        scores, boxes = self.session.run(None, {self.name: canvas.transpose(2, 0, 1)[None].astype(np.float32)})
        out: list[tuple[Any, ...]] = []
        for c, name in enumerate(["machine", "person", "cone"]):
            s = scores[0][:, c]
            keep = s > floor
            b = (boxes[0][keep] - [ox, oy, ox, oy]) / k
            xywh = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in b.tolist()]
            chosen = cv2.dnn.NMSBoxes(xywh, s[keep].tolist(), floor, 0.5) if xywh else []
            out += [(name, float(s[keep][i]), *b[i].tolist()) for i in chosen]
        return out


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two xyxy boxes."""
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    inter = w * h
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter + 1e-9)
