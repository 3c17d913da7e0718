"""Curves into a file: the graph itself gives calibrated scores, so that every engine and every reader has the same."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pipewarden.lab.calibrate import EDGE, Curve

_LAST = "calibrate_Sigmoid"


def bake(source: Path, target: Path, curves: Sequence[Curve]) -> None:
    """Write the graph of ``source`` with the curves behind its scores, one per class in the order of the classes.

    Raises:
        ValueError: the file is calibrated already, or has no output ``scores`` of as many classes.
    """
    model = onnx.load(str(source))
    graph = model.graph
    if any(node.name == _LAST for node in graph.node):
        message = f"{source.name} is calibrated already"
        raise ValueError(message)
    output = next((one for one in graph.output if one.name == "scores"), None)
    if output is None or output.type.tensor_type.shape.dim[-1].dim_value != len(curves):
        message = f"{source.name} has no output scores of {len(curves)} classes"
        raise ValueError(message)
    for node in graph.node:
        for outputs in (node.output, node.input):
            for place, name in enumerate(outputs):
                if name == "scores":
                    outputs[place] = "raw_scores"
    values = {
        "calibrated_low": np.float32(EDGE),
        "calibrated_high": np.float32(1 - EDGE),
        "calibrated_one": np.float32(1),
        "calibrated_slope": np.array([one.slope for one in curves], np.float32),
        "calibrated_shift": np.array([one.shift for one in curves], np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in values.items())
    steps = [
        ("Clip", ["raw_scores", "calibrated_low", "calibrated_high"], "calibrated_kept"),
        ("Sub", ["calibrated_one", "calibrated_kept"], "calibrated_rest"),
        ("Div", ["calibrated_kept", "calibrated_rest"], "calibrated_odds"),
        ("Log", ["calibrated_odds"], "calibrated_logit"),
        ("Mul", ["calibrated_logit", "calibrated_slope"], "calibrated_scaled"),
        ("Add", ["calibrated_scaled", "calibrated_shift"], "calibrated_moved"),
        ("Sigmoid", ["calibrated_moved"], "scores"),
    ]
    graph.node.extend(
        helper.make_node(kind, inputs, [output], name=f"calibrate_{kind}") for kind, inputs, output in steps
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
