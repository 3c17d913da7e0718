"""What the small net learns from the large one: its scores at every point, and its boxes where it sees something.

Knowledge distillation (Hinton, Vinyals, Dean 2015, arXiv:1503.02531) for dense detectors: both nets have the same
points, so no assignment is needed, and the teacher also speaks where a source labels nothing. The teacher looks at each
sample once and the student many times, because two cores cannot afford it otherwise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from pipewarden.lab.assign import Points, pair_overlap
from pipewarden.lab.mine import normalised
from pipewarden.lab.nanodet import SCREEN, STRIDES, NanoDet
from pipewarden.lab.shrink import shrink

LABELS = 0.5  # weight of the labels beside the teacher
_SEEN = 0.1  # teacher score from which its box is worth learning

Batch = tuple[Any, Any, Any, Any]  # pixels [B,3,S,S], marks [B,G,5], valid [B,G], weights [B,4,S/8,S/8]


@dataclass(frozen=True, slots=True)
class Taught:
    """A batch of samples with what the teacher says of them."""

    batch: Batch
    told: Points


def imitation_loss(student: Points, teacher: Points) -> Any:
    """Focal distance of the scores plus overlap distance of the boxes, weighted by the teacher's certainty."""
    certain = teacher.logits.sigmoid().amax(-1)
    scores, norm = score_distance(student.logits, teacher.logits), _norm(certain)
    seen = certain > _SEEN
    if not seen.any():
        return scores
    apart = 1 - pair_overlap(student.boxes()[seen], teacher.boxes()[seen], generalised=True)
    return scores + 2 * (apart * certain[seen]).sum() / norm


def score_distance(logits: Any, told: Any) -> Any:
    """Focal distance of scores [B,N,C] from those told, both as logits, by how much is to be seen."""
    goal = told.sigmoid()
    focus = (logits.sigmoid() - goal).abs().pow(2).detach()
    entropy = functional.binary_cross_entropy_with_logits(logits, goal, reduction="none")
    return (entropy * focus).sum() / _norm(goal.amax(-1))


def _norm(certain: Any) -> Any:
    return (certain * (certain > _SEEN)).sum().clamp(min=4)


def first_student(teacher: NanoDet, pixels: Any, seed: int) -> NanoDet:
    """The small net refitted to the teacher on training samples [N,3,S,S]."""
    student: NanoDet = shrink(teacher, SCREEN, normalised(pixels), seed)
    return student


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
def taught(batch: Batch, look: Callable[[Any], Points]) -> Taught:
    """Ask the teacher about one batch; its answer is kept in half precision."""
    points = look(normalised(batch[0]))
    told = Points(points.logits.half(), points.sides()[..., None].half(), points.centres, points.strides)
    return Taught(batch, told)


def lessons_without_end(batches: Sequence[Taught], generator: np.random.Generator) -> Iterator[Taught]:
    """The batches in ever new order, each as it is or mirrored."""
    while True:
        for index in generator.permutation(len(batches)):
            one = _float(batches[int(index)])
            yield mirrored(one) if generator.random() < 0.5 else one  # noqa: PLR2004 # an even chance


def _float(one: Taught) -> Taught:
    told = one.told
    return Taught(one.batch, Points(told.logits.float(), told.bins.float(), told.centres, told.strides))


def mirrored(one: Taught) -> Taught:
    """Left and right exchanged: pixels, marks, loss weights, and the teacher's answer point by point."""
    pixels, marks, valid, weights = one.batch
    side = pixels.shape[-1]
    marks = marks.clone()
    marks[..., [0, 2]] = side - marks[..., [2, 0]]
    flipped = pixels.flip(-1).contiguous(memory_format=torch.channels_last)
    order = _mirrored_points(pixels.shape[-2], side)
    bins = one.told.bins[:, order][:, :, [2, 1, 0, 3]]
    told = Points(one.told.logits[:, order], bins, one.told.centres, one.told.strides)
    return Taught((flipped, marks, valid, weights.flip(-1)), told)


def _mirrored_points(rows: int, columns: int) -> Any:
    parts, first = [], 0
    for stride in STRIDES:
        down, across = rows // stride, columns // stride
        parts.append(first + torch.arange(down * across).reshape(down, across).flip(-1).flatten())
        first += down * across
    return torch.cat(parts)
