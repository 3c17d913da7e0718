"""The finer figures of a detector: recall by machine kind and by size, false boxes by where quiet frames come from.

The same arithmetic as `pipewarden eval perceive`, on the same labels, so that a card and a customer's run compare.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipewarden.lab.coco import SUPERS, read_coco
from pipewarden.lab.perceived import SEED, Seen, figures, kind_evidence
from pipewarden.lab.score import figure, recall_at
from pipewarden.lab.screen import Detections

_SETS = (("val", "construction", 0.5), ("street_dev", "street_dev", 0.3))
_KEPT = ("ap30", "precision", "recall", "recall_by_size", "false_positives_per_100", "intervals")


def seen_of(found: Detections) -> Seen:
    """A detector's raw answer in the shape that `eval perceive` measures."""
    own = {name: found.of(index) for index, name in enumerate(SUPERS)}
    boxes = {name: one.boxes for name, one in own.items()}
    return Seen(boxes, {name: one.scores for name, one in own.items()}, ms=0.0)


def details(
    data: Path, on_val: Sequence[Detections], on_street: Sequence[Detections], threshold: float
) -> dict[str, Any]:
    """Figures of val (IoU 0.5) and street_dev (IoU 0.3) at the working threshold; detections in the labels' order."""
    told: dict[str, Any] = {}
    for (name, folder, iou), found in zip(_SETS, (on_val, on_street), strict=True):
        pictures = read_coco(data / folder / f"instances_{name}.json", data / folder / "images")
        seen = [seen_of(one) for one in found]
        whole = figures(pictures, seen, threshold, iou)
        own = {key: whole[key] for key in _KEPT}
        diggers = kind_evidence(pictures, seen, "excavator", iou)
        if any(item.objects for item in diggers):
            recall = figure(diggers, recall_at(threshold), SEED)
            own["excavator_recall"] = {"value": recall.value, "low": recall.low, "high": recall.high}
        told[name] = own
    return told
