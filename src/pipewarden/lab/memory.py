"""Keep what COCO taught a net while few pictures teach it the rest.

Learning without forgetting (Li and Hoiem 2016, arXiv:1606.09282): while it trains, the net has eighty outputs more, and
on every sample they must say what the untouched COCO net says there. They are dropped afterwards, so the file and its
speed stay as they were.
"""

from typing import Any

import torch

from pipewarden.lab.dataset import CLASSES
from pipewarden.lab.nanodet import COCO_CLASSES, NanoDet

_SILENT = -4.6  # logit of an output that has learnt nothing yet


def with_memory(net: NanoDet, coco: NanoDet) -> NanoDet:
    """The net with COCO's outputs behind its own; they start from COCO's where the necks are alike."""
    own = net.classes
    out = NanoDet(own + COCO_CLASSES, net.form)
    _copy_body(net, out)
    with torch.no_grad():
        for ours, theirs, known in zip(out.outs, net.outs, coco.outs, strict=True):
            alike = known.weight.shape[1] == theirs.weight.shape[1]
            rows = (
                known.weight[:COCO_CLASSES]
                if alike
                else theirs.weight.new_zeros(COCO_CLASSES, *theirs.weight.shape[1:])
            )
            bias = known.bias[:COCO_CLASSES] if alike else theirs.bias.new_full((COCO_CLASSES,), _SILENT)
            ours.weight.copy_(torch.cat([theirs.weight[:own], rows, theirs.weight[own:]]))
            ours.bias.copy_(torch.cat([theirs.bias[:own], bias, theirs.bias[own:]]))
    return out


def without_memory(net: NanoDet) -> NanoDet:
    """The net with its own outputs alone, as it ships; one without memory stays as it is."""
    own = len(CLASSES)
    if net.classes <= own:
        return net
    out = NanoDet(own, net.form)
    _copy_body(net, out)
    with torch.no_grad():
        for ours, theirs in zip(out.outs, net.outs, strict=True):
            ours.weight.copy_(torch.cat([theirs.weight[:own], theirs.weight[net.classes :]]))
            ours.bias.copy_(torch.cat([theirs.bias[:own], theirs.bias[net.classes :]]))
    return out


def _copy_body(net: NanoDet, out: NanoDet) -> None:
    state: dict[str, Any] = {name: value for name, value in net.state_dict().items() if not name.startswith("outs.")}
    out.load_state_dict(state, strict=False)
