"""Which point learns which object, and what an error costs: task-aligned assignment and the focal, overlap, bin losses.

Quality focal loss and distribution focal loss: Li et al. 2020 (arXiv:2006.04388); task alignment: Feng et al. 2021
(arXiv:2108.07755); GIoU: Rezatofighi et al. 2019 (arXiv:1902.09630). Shapes: B pictures, N points, G objects.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from pipewarden.lab.nanodet import BINS

TOP = 10
_NEAR = 0.75  # a point may lie this many strides outside the middle of a tiny box
_REACH = 12  # a box must be smaller than this many strides per half side at its level
_PREFERRED = 5.0  # side in strides a level is best at; only a weak prior for an untrained head


@dataclass(frozen=True, slots=True)
class Points:
    """Net outputs unrolled: `logits` [B,N,C], `bins` [B,N,4,11] or [B,N,4,1], `centres` [N,2] pixels, `strides` [N]."""

    logits: Any
    bins: Any
    centres: Any
    strides: Any

    def first(self, classes: int) -> "Points":
        """The same with the logits of the first classes alone."""
        return Points(self.logits[..., :classes], self.bins, self.centres, self.strides)

    def boxes(self) -> Any:
        """Expected boxes [B,N,4], xyxy pixels."""
        sides = self.sides() * self.strides[:, None]
        return torch.cat([self.centres - sides[..., :2], self.centres + sides[..., 2:]], -1)

    def sides(self) -> Any:
        """Expected distances [B,N,4] left, top, right, bottom, in strides."""
        if self.bins.shape[-1] == 1:
            return self.bins[..., 0].clamp(min=0)
        return self.bins.softmax(-1) @ torch.arange(BINS, dtype=self.bins.dtype, device=self.bins.device)


@dataclass(frozen=True, slots=True)
class Targets:
    """`taken` [B,N] bool, `quality` [B,N] in 0..1, `scores` [B,N,C] soft class targets, `boxes` [B,N,4]."""

    taken: Any
    quality: Any
    scores: Any
    boxes: Any


def unroll(maps: list[Any], classes: int, height: int) -> Points:
    """Join the level maps [B,C+4*bins,h,w] of an input `height` pixels high."""
    logits, bins, centres, strides = [], [], [], []
    for level in maps:
        batch, _, rows, columns = level.shape
        stride = height / rows
        flat = level.float().permute(0, 2, 3, 1).reshape(batch, rows * columns, -1)
        logits.append(flat[..., :classes])
        bins.append(flat[..., classes:].reshape(batch, rows * columns, 4, -1))
        down, across = (torch.arange(count, device=level.device) for count in (rows, columns))
        y, x = torch.meshgrid(down, across, indexing="ij")
        centres.append(torch.stack([(x + 0.5) * stride, (y + 0.5) * stride], -1).reshape(-1, 2))
        strides.append(torch.full((rows * columns,), stride, device=level.device))
    return Points(torch.cat(logits, 1), torch.cat(bins, 1), torch.cat(centres), torch.cat(strides))


def pair_overlap(first: Any, second: Any, *, generalised: bool = False) -> Any:
    """IoU (or GIoU) of two broadcastable box tensors [...,4]."""
    shared = _area(torch.maximum(first[..., :2], second[..., :2]), torch.minimum(first[..., 2:], second[..., 2:]))
    union = _area(first[..., :2], first[..., 2:]) + _area(second[..., :2], second[..., 2:]) - shared + 1e-6
    overlap = shared / union
    if not generalised:
        return overlap
    hull = _area(torch.minimum(first[..., :2], second[..., :2]), torch.maximum(first[..., 2:], second[..., 2:])) + 1e-6
    return overlap - (hull - union) / hull


def _area(low: Any, high: Any) -> Any:
    sides = (high - low).clamp(min=0)
    return sides[..., 0] * sides[..., 1]


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
def assign(points: Points, boxes: Any, classes: Any, valid: Any) -> Targets:
    """Choose points for objects: `boxes` [B,G,4], `classes` [B,G] long, `valid` [B,G] bool.

    Alignment is score^0.5 x IoU^4; each object takes its best points, as many as its summed IoU says (2 to 10); a
    point wanted twice goes to the better alignment.
    """
    batch, count = classes.shape
    total = points.centres.shape[0]
    predicted = points.boxes()
    allowed, prior = _candidates(points, boxes, valid)
    overlap = pair_overlap(predicted[:, None], boxes[:, :, None]) * allowed
    own = points.logits.sigmoid().gather(2, classes[:, None, :].expand(batch, total, count)).permute(0, 2, 1)
    alignment = own.clamp(min=1e-4) ** 0.5 * (overlap + 0.1 * prior) ** 4 * allowed

    top = min(TOP, total)
    values, indices = alignment.topk(top, -1)
    wanted = overlap.topk(top, -1)[0].sum(-1).round().clamp(2, top)
    chosen = (values > 0) & (torch.arange(top, device=values.device) < wanted[..., None])
    taken_by = torch.zeros_like(allowed).scatter_(2, indices, chosen)

    won = torch.where(taken_by, alignment, torch.zeros_like(alignment))
    best, owner = won.max(1)
    taken = best > 0
    strongest = won.amax(-1, keepdim=True) + 1e-12
    nearest = (overlap * taken_by).amax(-1, keepdim=True).clamp(min=0.15)
    quality = (won / strongest * nearest).gather(1, owner[:, None])[:, 0] * taken
    scores = torch.zeros_like(points.logits)
    scores.scatter_(2, classes.gather(1, owner)[..., None], quality[..., None])
    return Targets(taken, quality, scores, boxes.gather(1, owner[..., None].expand(batch, total, 4)))


def _candidates(points: Points, boxes: Any, valid: Any) -> tuple[Any, Any]:
    """Allowed point-object pairs [B,G,N] and a weak preference for the middle and the fitting level."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    half = (boxes[..., 2:] - boxes[..., :2]) / 2
    strides = points.strides[None, None]
    reach = torch.maximum(half[:, :, None, :], strides[..., None] * _NEAR)
    offset = points.centres[None, None] - centre[:, :, None]
    longest = half.amax(-1)[:, :, None]
    allowed = (offset.abs() < reach).all(-1) & valid[..., None] & (longest < strides * _REACH)
    middle = torch.exp(-(offset / (reach + 1e-6)).pow(2).sum(-1))
    fit = ((longest * 2) / (strides * _PREFERRED)).clamp(min=1e-3).log().abs().mul(-0.8).exp()
    return allowed, middle * fit


def detection_loss(points: Points, targets: Targets, weights: Any) -> tuple[Any, dict[str, float]]:
    """Loss and its parts; `weights` [B,N,C] scales the background part, taken classes always count whole."""
    logits, soft = points.logits, targets.scores
    norm = targets.quality.sum().clamp(min=4)
    focus = (logits.sigmoid() - soft).abs().pow(2).detach()
    spatial = torch.where(soft > 0, torch.ones_like(weights), weights)
    entropy = functional.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    focal = (entropy * focus * spatial).sum() / norm
    if not targets.taken.any():
        return focal, {"class": float(focal.detach()), "box": 0.0, "bins": 0.0, "taken": 0.0}
    box, bins = _box_losses(points, targets)
    box, bins = box / norm, bins / norm
    parts = {"class": focal, "box": box, "bins": bins, "taken": targets.taken.sum()}
    return focal + 2 * box + 0.25 * bins, {name: float(part.detach()) for name, part in parts.items()}


def _box_losses(points: Points, targets: Targets) -> tuple[Any, Any]:
    taken = targets.taken
    batch, total = taken.shape
    quality, goal = targets.quality[taken], targets.boxes[taken]
    overlap = pair_overlap(points.boxes()[taken], goal, generalised=True)
    loss = ((1 - overlap) * quality).sum()
    if points.bins.shape[-1] == 1:
        return loss, loss.new_zeros(())
    centres = points.centres[None].expand(batch, total, 2)[taken]
    strides = points.strides[None].expand(batch, total)[taken][:, None]
    sides = (torch.cat([centres - goal[:, :2], goal[:, 2:] - centres], 1) / strides).clamp(0, BINS - 1.01)
    lower = sides.long()
    share = sides - lower
    chance = points.bins[taken].log_softmax(-1)
    low = chance.gather(-1, lower[..., None])[..., 0]
    high = chance.gather(-1, lower[..., None] + 1)[..., 0]
    bins = -(low * (1 - share) + high * share).mean(-1)
    return loss, (bins * quality).sum()


def spread_weights(maps: list[Any], weights: Any) -> Any:
    """The spatial loss mask [B,C,S/8,S/8] at every point: [B,N,C]."""
    levels = [functional.interpolate(weights, size=level.shape[-2:], mode="nearest") for level in maps]
    return torch.cat([level.flatten(2).permute(0, 2, 1) for level in levels], 1)
