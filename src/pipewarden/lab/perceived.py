"""What the product saw in labelled pictures, as the figures of `pipewarden eval perceive`.

Numbers of a class count the pictures in which it is labelled completely. The average precision of one machine kind asks
whether the detector finds that kind at all: a box on a machine of another kind is neither right nor wrong there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipewarden.lab.boxes import Floats, areas, overlaps
from pipewarden.lab.coco import SUPERS, Labelled
from pipewarden.lab.score import (
    Evidence,
    Figure,
    Statistic,
    average_precision,
    false_per_picture,
    figure,
    match,
    precision_at,
    recall_at,
)

KINDS = ("excavator", "loader_dozer", "dump_truck")
SIZES = (("small", 0.0, 32.0**2), ("medium", 32.0**2, 96.0**2), ("large", 96.0**2, float("inf")))  # COCO's, px²
AP_IOU, KIND_IOU = 0.5, 0.3
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Seen:
    """Boxes [n,4] in pixels of the labels and scores [n] by super, and what looking at the picture cost."""

    boxes: dict[str, Floats]
    scores: dict[str, Floats]
    ms: float


class Gathered:
    """Collects values and their intervals under dotted names."""

    def __init__(self, rounds: int) -> None:
        self.intervals: dict[str, list[float]] = {}
        self._rounds = rounds

    def put(self, name: str, evidence: Sequence[Evidence], statistic: Statistic, scale: float = 1.0) -> float | None:
        """Return the value, None where nothing can be measured; a 95 % interval over groups is kept beside it."""
        if not evidence:
            return None
        found: Figure = figure(evidence, statistic, SEED, self._rounds)
        if np.isnan(found.value):
            return None
        if not np.isnan(found.low):
            self.intervals[name] = [round(found.low * scale, 4), round(found.high * scale, 4)]
        return round(found.value * scale, 4)


def evidence_of(
    pictures: Sequence[Labelled], seen: Sequence[Seen], limit: float, objects: Callable[[Labelled], Floats], name: str
) -> list[Evidence]:
    """What the boxes of one super are worth against chosen objects, on pictures where that super is complete."""
    found = []
    for picture, one in zip(pictures, seen, strict=True):
        if name in picture.complete:
            wanted = objects(picture)
            hits = match(one.boxes[name], one.scores[name], wanted, limit)
            found.append(Evidence(picture.group, one.scores[name], hits, len(wanted)))
    return found


def kind_evidence(
    pictures: Sequence[Labelled], seen: Sequence[Seen], kind: str, limit: float = KIND_IOU
) -> list[Evidence]:
    """One machine kind, boxes on other machines left out; partly labelled pictures count only their hits."""
    found = []
    for picture, one in zip(pictures, seen, strict=True):
        wanted, others = picture.of_kind(kind)
        boxes, scores = one.boxes["machine"], one.scores["machine"]
        hits = match(boxes, scores, wanted, limit)
        elsewhere = overlaps(boxes, others).max(axis=1) >= limit if len(others) else np.zeros(len(boxes), np.bool_)
        kept = hits | ~elsewhere if "machine" in picture.complete else hits
        found.append(Evidence(picture.group, scores[kept], hits[kept], len(wanted)))
    return found


def sized_evidence(
    pictures: Sequence[Labelled], seen: Sequence[Seen], limit: float, low: float, high: float
) -> list[Evidence]:
    """Machines of one size, each matched by the best box that fits it; for recall only."""
    found = []
    for picture, one in zip(pictures, seen, strict=True):
        machines = picture.of_super("machine")
        scores = np.full(len(machines), -1.0, np.float32)
        order = np.argsort(-one.scores["machine"], kind="stable")
        boxes = one.boxes["machine"][order]
        if len(boxes) and len(machines):
            free = np.ones(len(machines), np.bool_)
            for row, score in zip(overlaps(boxes, machines), one.scores["machine"][order], strict=True):
                best = int(np.where(free, row, -1.0).argmax())
                if free[best] and row[best] >= limit:
                    free[best], scores[best] = False, score
        size = areas(machines)
        own = scores[(size >= low) & (size < high)]
        found.append(Evidence(picture.group, own, own >= 0, len(own)))
    return found


def figures(
    pictures: Sequence[Labelled], seen: Sequence[Seen], threshold: float, iou: float, rounds: int = 1000
) -> dict[str, Any]:
    """Every figure of `eval perceive` (the issue's "Machine-readable"); null where there are no boxes."""
    kept = Gathered(rounds)
    machines = evidence_of(pictures, seen, iou, lambda picture: picture.of_super("machine"), "machine")
    ap50 = {
        name: kept.put(
            f"ap50.{name}",
            evidence_of(pictures, seen, AP_IOU, lambda picture, own=name: picture.of_super(own), name),  # type: ignore[misc]
            average_precision,
        )
        for name in SUPERS
    }
    loose = evidence_of(pictures, seen, KIND_IOU, lambda picture: picture.of_super("machine"), "machine")
    ap30 = {"machine": kept.put("ap30.machine", loose, average_precision)}
    ap30 |= {kind: kept.put(f"ap30.{kind}", kind_evidence(pictures, seen, kind), average_precision) for kind in KINDS}
    return {
        "images": len(pictures),
        "ap50": ap50,
        "ap30": ap30,
        "iou": iou,
        "threshold": threshold,
        "precision": kept.put("precision", machines, precision_at(threshold)) if _any(machines) else None,
        "recall": kept.put("recall", machines, recall_at(threshold)),
        "recall_by_size": {
            name: kept.put(
                f"recall_by_size.{name}", sized_evidence(pictures, seen, iou, low, high), recall_at(threshold)
            )
            for name, low, high in SIZES
        },
        "false_positives_per_100": _false(pictures, seen, threshold, iou, kept),
        "judge_calls_per_1000": round(
            1000 * float(np.mean([(one.scores["machine"] >= threshold).sum() for one in seen])), 1
        ),
        "ms_per_frame": round(float(np.mean([one.ms for one in seen])), 2),
        "intervals": kept.intervals,
    }


def _any(evidence: Sequence[Evidence]) -> bool:
    return any(item.objects for item in evidence)


def _false(
    pictures: Sequence[Labelled], seen: Sequence[Seen], threshold: float, iou: float, kept: Gathered
) -> dict[str, float | None]:
    """False machine boxes per 100 frames that hold no machine, by where the frames come from."""
    told: dict[str, float | None] = {}
    for source in sorted({picture.source for picture in pictures if picture.quiet}):
        own = [k for k, picture in enumerate(pictures) if picture.quiet and picture.source == source]
        evidence = evidence_of(
            [pictures[k] for k in own],
            [seen[k] for k in own],
            iou,
            lambda picture: picture.of_super("machine"),
            "machine",
        )
        told[source] = kept.put(f"false_positives_per_100.{source}", evidence, false_per_picture(threshold), 100)
    return told
