"""The shipped file with and without calibration; needs onnx, which is of the `train` extra."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed: the extra `train` brings it")

from pipewarden.inference.service import WEIGHTS
from pipewarden.lab.bake import bake
from pipewarden.lab.calibrate import Curve
from pipewarden.lab.screen import Screen

SHIPPED = WEIGHTS / "screen-1.onnx"


def test_the_file_says_what_the_curve_says_and_its_boxes_stay(tmp_path: Path) -> None:
    raw = Screen(SHIPPED)
    curves = [Curve(1.5, -0.7), Curve(0.8, 0.2), Curve()][: raw.classes]
    bake(SHIPPED, tmp_path / "calibrated.onnx", curves)
    calibrated = Screen(tmp_path / "calibrated.onnx")
    frame = np.random.default_rng(5).integers(0, 256, (384, 640, 3)).astype(np.uint8)
    (scores, boxes), (told, same) = raw.raw(frame), calibrated.raw(frame)
    assert np.array_equal(boxes, same)
    for index, curve in enumerate(curves):
        assert told[:, index] == pytest.approx(curve(scores[:, index]), abs=1e-4)


def test_a_file_of_other_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no output scores of 7 classes"):
        bake(SHIPPED, tmp_path / "out.onnx", [Curve()] * 7)


def test_a_file_is_calibrated_once(tmp_path: Path) -> None:
    curves = [Curve(1.5, -0.7)] * Screen(SHIPPED).classes
    bake(SHIPPED, tmp_path / "once.onnx", curves)
    with pytest.raises(ValueError, match="calibrated already"):
        bake(tmp_path / "once.onnx", tmp_path / "twice.onnx", curves)
