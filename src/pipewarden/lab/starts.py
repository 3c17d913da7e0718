"""Where a run begins: COCO, earlier checkpoints, shipped ONNX files, or the mean of several of them.

The mean of nets fine-tuned from one start often beats each of them (model soups: Wortsman et al. 2022,
arXiv:2203.05482); which start a run had is written in its plan.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from pipewarden.kit.errors import InputError
from pipewarden.lab.dataset import CLASSES
from pipewarden.lab.export import entry_of
from pipewarden.lab.memory import without_memory
from pipewarden.lab.nanodet import BINS, MEAN, STD, Form, NanoDet, load_coco, with_our_head, with_vehicles


def first_net(starts: Sequence[Path], blob: Path) -> NanoDet:
    """The net a run begins with: COCO with our head, or the mean of the given files; three classes become four."""
    coco = load_coco(blob)
    if not starts:
        return with_our_head(coco)
    nets = [read_net(path) for path in starts]
    nets = [net if net.classes == len(CLASSES) else with_vehicles(net, coco) for net in nets]
    return mean_of(nets)


def mean_of(nets: Sequence[NanoDet]) -> NanoDet:
    """A net whose weights are the mean of the given ones."""
    out = NanoDet(nets[0].classes, nets[0].form)
    states = [net.state_dict() for net in nets]
    out.load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
    return out


def read_net(path: Path) -> NanoDet:
    """The net of a checkpoint (its averaged weights), of an exported ONNX file, or of the experiment in ../shared.

    InputError where the file is none of these.
    """
    if path.suffix == ".onnx":
        return from_onnx(path)
    state = torch.load(path, weights_only=True, map_location="cpu")
    if "average" in state:
        return without_memory(net_of(state["average"]))
    if "stem.c.weight" in state:
        return _from_experiment(state)
    raise InputError(field=str(path), problem="holds no detector of ours", fix="Name a checkpoint.pt of `lab train`.")


def net_of(state: dict[str, Any]) -> NanoDet:
    """A net from its state; its form is read off the names and shapes."""
    stages = [len(state[f"stage{number}.enter.conv.weight"]) for number in range(1, 5)]
    blocks = [sum(f"stage{n}.blocks.{k}.first.conv.bias" in state for k in range(9)) for n in range(1, 5)]
    outputs = len(state["outs.0.bias"])
    form = Form(
        len(state["stem.conv.weight"]),
        (stages[0], stages[1], stages[2], stages[3]),
        (blocks[0], blocks[1], blocks[2], blocks[3]),
        len(state["laterals.0.weight"]),
        BINS if outputs > 4 * BINS else 1,
        patch=state["stem.conv.weight"].shape[-1] > 3,  # noqa: PLR2004 # the side of the other stem
    )
    net = NanoDet(outputs - 4 * form.bins, form)
    net.load_state_dict(state)
    return net


def from_onnx(path: Path) -> NanoDet:
    """The net of a file written by `lab export`, its int8 weights turned back into floats."""
    graph = onnx.load(str(path)).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    state: dict[str, Any] = {}
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        # torch names a nested module twice in the path of a node: blocks/blocks.0/first/conv
        name = node.name.removeprefix("/net/").removesuffix("/Conv").replace("blocks/blocks.", "blocks.")
        for kind, source in zip(("weight", "bias"), node.input[1:3], strict=True):
            state[f"{name.replace('/', '.')}.{kind}"] = torch.from_numpy(_floats(values, makers, source))
    if "stem.conv.weight" not in state:
        raise InputError(field=str(path), problem="is no detector of ours", fix="Name a file of `lab export`.")
    net = net_of(state)
    zero, unit = entry_of(net)
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    with torch.no_grad():
        net.stem.conv.weight *= unit
        net.stem.conv.bias -= (net.stem.conv.weight * (zero - mean)).sum(dim=(1, 2, 3))
        net.stem.conv.weight *= std
    return net


def _floats(values: dict[str, Any], makers: dict[str, Any], name: str) -> Any:
    if name in values:
        return values[name].copy()
    node = makers[name]
    whole, scale, zero = (values[source].astype(np.float32) for source in node.input[:3])
    if scale.size > 1:  # one scale per output channel
        along = (-1, *[1] * (whole.ndim - 1))
        scale, zero = scale.reshape(along), zero.reshape(along)
    return (whole - zero) * scale


def _from_experiment(state: dict[str, Any]) -> NanoDet:
    """The net of docs/detector.md's experiment, whose modules have one-letter names."""
    net = NanoDet(len(state["p.0.bias"]) - 4 * BINS)
    names = ["stem.c"]
    for stage, blocks in ((1, 1), (2, 2), (3, 2), (4, 3)):
        inner = [f"s{stage}.r.{block}.{half}.c" for block in range(blocks) for half in "ab"]
        names += [f"s{stage}.i.c", *inner, f"s{stage}.o.c"]
    names += [f"lat.{level}" for level in range(3)]
    names += [name for level in range(3) for name in (f"h.{level}.c", f"p.{level}")]
    with torch.no_grad():
        for conv, name in zip(net.convolutions(), names, strict=True):
            conv.weight.copy_(state[f"{name}.weight"])
            conv.bias.copy_(state[f"{name}.bias"])
    return net
