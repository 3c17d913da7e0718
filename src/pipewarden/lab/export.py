"""From a checkpoint to the one file the product loads: raw bytes in, scores and boxes out, eight bits inside.

Normalisation and box decoding are part of the graph, so that no caller can get them wrong; suppression stays outside.
Mean and deviation are folded into the first convolution, so that the bytes of the picture *are* its quantised input
(scale 1, zero point 114): no cast, no rounding, no transposition is left in front of the net. The last 1x1 convolutions
stay in float: their outputs carry eleven-bin distributions that eight bits would blur.
"""

import contextlib
import copy
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from pipewarden.lab.boxes import LETTERBOX_GREY, SCREEN_HEIGHT, SCREEN_WIDTH, Pixels
from pipewarden.lab.nanodet import BINS, MEAN, STD, STRIDES, NanoDet

OPSET = 17
_EXACT = 1e-3
_PERCENTILE = 99.999
_BEGIN = {"Sub", "Mul"}
_QUANTISED = ["Conv", "MaxPool", "LeakyRelu", "Concat"]


class Whole(nn.Module):  # type: ignore[misc]  # torch is read without types
    """`image` uint8 [1,384,640,3] BGR to `scores` [1,5040,3] and `boxes` [1,5040,4] xyxy in letterbox pixels."""

    def __init__(self, net: NanoDet, height: int = SCREEN_HEIGHT, width: int = SCREEN_WIDTH) -> None:
        super().__init__()
        self.net = with_bytes(net)
        self.zero, self.unit = entry_of(net)
        centres, strides = [], []
        for stride in STRIDES:
            y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
            centres.append(torch.stack([(x + 0.5) * stride, (y + 0.5) * stride], -1).reshape(-1, 2))
            strides.append(torch.full(((height // stride) * (width // stride), 1), float(stride)))
        self.register_buffer("centres", torch.cat(centres))
        self.register_buffer("strides", torch.cat(strides))
        self.register_buffer("steps", torch.arange(BINS).float().view(1, 1, 1, -1))

    def forward(self, image: Any) -> tuple[Any, Any]:
        """Scores and boxes of one frame."""
        x = image.permute(0, 3, 1, 2).float()
        x = x - self.zero if self.zero else x * self.unit
        flat = torch.cat([level.flatten(2) for level in self.net(x)], 2).permute(0, 2, 1)
        classes = self.net.classes
        sides = flat[..., classes:]
        if self.net.form.bins > 1:
            sides = (sides.reshape(1, -1, 4, BINS).softmax(-1) * self.steps).sum(-1)
        sides = sides.clamp(min=0) * self.strides
        boxes = torch.cat([self.centres - sides[..., :2], self.centres + sides[..., 2:]], -1)
        return flat[..., :classes].sigmoid(), boxes


def entry_of(net: NanoDet) -> tuple[int, float]:
    """The byte that pads the picture, and what one step of a byte is worth: 114 and 1, for the small net 0 and 1/64.

    OpenVINO computes a first convolution in int8 only where the bytes need no shift and do need a scale.
    """
    return (LETTERBOX_GREY, 1.0) if net.form.bins > 1 else (0, 1 / 64)


def with_bytes(net: NanoDet) -> NanoDet:
    """A copy whose input is `(picture - zero) * unit` (see entry_of) instead of the normalised picture.

    Exact but for the one-pixel border: padding there is that byte instead of the mean colour (103.53, 116.28, 123.675).
    """
    folded: NanoDet = copy.deepcopy(net)
    folded.to(memory_format=torch.contiguous_format).eval()
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    zero, unit = entry_of(net)
    with torch.no_grad():
        weight = folded.stem.conv.weight / std
        folded.stem.conv.bias += (weight * (zero - mean)).sum(dim=(1, 2, 3))
        folded.stem.conv.weight.copy_(weight / unit)
    return folded


def export_float(net: NanoDet, target: Path) -> None:
    """Write the whole graph in single precision."""
    whole = Whole(net).eval()
    torch.onnx.export(
        whole,
        (torch.zeros((1, SCREEN_HEIGHT, SCREEN_WIDTH, 3), dtype=torch.uint8),),
        str(target),
        dynamo=False,
        opset_version=OPSET,
        input_names=["image"],
        output_names=["scores", "boxes"],
    )


class Frames(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime is read without types
    """Letterboxed frames [384,640,3] handed to the calibrator one by one."""

    def __init__(self, frames: Sequence[Pixels]) -> None:
        self._frames = iter(frames)

    def get_next(self) -> dict[str, Any] | None:
        """The next input, None at the end."""
        frame = next(self._frames, None)
        return None if frame is None else {"image": frame[None]}


def quantise(source: Path, target: Path, frames: Sequence[Pixels], method: str = "Percentile") -> None:
    """Write an int8 QDQ graph: per-channel weights, uint8 activations, ranges from `frames` of the training data.

    The 99.999th percentile lost least of the scores of the float net on training pictures kept out of the calibration
    (mean difference of machine scores .013; least and largest value .019; 99.9th .023).
    """
    # the calibrator prints its progress; stdout belongs to the result
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        last = [node.name for node in graph.node if node.op_type == "Conv" and _is_last(node.input)]
        quantize_static(
            str(prepared),
            str(target),
            Frames(frames),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_QUANTISED,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=last + _after(graph, set(last)),
            calibrate_method=getattr(CalibrationMethod, method),
            extra_options={"CalibPercentile": _PERCENTILE},
        )
    take_bytes(target)


def _after(graph: Any, names: set[str]) -> list[str]:
    """Return the nodes behind the named ones: one scale for scores and box bins together would leave steps of .05."""
    reached = {output for node in graph.node if node.name in names for output in node.output}
    found = []
    for node in graph.node:  # in the order of computation
        if reached.intersection(node.input):
            reached.update(node.output)
            found.append(node.name)
    return found


def take_bytes(path: Path) -> None:
    """Let the picture's bytes enter the first convolution as they are: drop cast, subtraction and rounding.

    Valid because `picture - 114` quantised with scale 1 and zero point 114 is the picture again, and so is
    `picture / 64` with scale 1/64 and zero point 0; ValueError where the calibration did not see the whole range of
    bytes, because then the scale is another.
    """
    model = onnx.load(str(path))
    graph = model.graph
    makers = {output: node for node in graph.node for output in node.output}
    rounding = next(
        node for node in graph.node if node.op_type == "QuantizeLinear" and _made_by(makers, node.input[0]) in _BEGIN
    )
    shift = makers[rounding.input[0]]
    cast = makers[shift.input[0]]
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    scale, zero = float(values[rounding.input[1]]), int(values[rounding.input[2]])
    told = (LETTERBOX_GREY, 1.0) if shift.op_type == "Sub" else (0, 1 / 64)
    if abs(scale / told[1] - 1) > _EXACT or zero != told[0]:
        message = f"the input was calibrated to scale {scale}, zero point {zero}; calibrate with black and white in it"
        raise ValueError(message)
    for node in graph.node:
        for position, name in enumerate(node.input):
            if name == rounding.output[0]:
                node.input[position] = cast.input[0]
    for node in (rounding, shift, cast):
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for item in [item for item in graph.initializer if item.name not in used]:
        graph.initializer.remove(item)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _made_by(makers: dict[str, Any], name: str) -> str:
    return str(makers[name].op_type) if name in makers else ""


def _is_last(inputs: Sequence[str]) -> bool:
    return any(name.startswith("net.outs.") for name in inputs)


def largest_difference(net: NanoDet, path: Path, frame: Pixels) -> float:
    """Largest absolute difference of scores between torch and a float export, on one frame."""
    import onnxruntime as ort  # noqa: PLC0415 # only this check needs a session here

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = Whole(net).eval()(torch.from_numpy(frame[None]))[0].numpy()
    return float(np.abs(session.run(["scores"], {"image": frame[None]})[0] - expected).max())
