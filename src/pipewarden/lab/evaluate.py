"""The figures of the model card, measured on the ONNX file that ships and on real pictures only.

Street frames are the honest test; val comes from the projects the training data come from and is optimistic.
"""

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipewarden.lab.boxes import SCREEN_HEIGHT, SCREEN_WIDTH
from pipewarden.lab.dataset import CLASSES, Picture, Source, read_split, read_street
from pipewarden.lab.detail import details
from pipewarden.lab.manifest import sha256_of
from pipewarden.lab.recur import alarms, sampled, strength
from pipewarden.lab.score import (
    Evidence,
    average_precision,
    best_threshold,
    false_per_picture,
    figure,
    match,
    precision_at,
    recall_at,
)
from pipewarden.lab.screen import Detections, Screen

VAL_IOU = 0.5
STREET_IOU = 0.3  # boxes there are drawn by eye to within 6 pixels
SEED = 20261122
EVERY_SECONDS = 1.0
SEQUENCES = ("street_fixed_residential", "site_fixed_cctv", "dashcam_workzone_chicago")
QUIET = ("street_fixed_residential", "site_fixed_cctv")
Tick = Callable[[str], None]


def evidence_of(pictures: Sequence[Picture], found: Sequence[Detections], index: int, limit: float) -> list[Evidence]:
    """What the detections of one class are worth, picture by picture."""
    items = []
    for picture, detections in zip(pictures, found, strict=True):
        own = detections.of(index)
        objects = picture.boxes_of(index)
        items.append(Evidence(picture.group, own.scores, match(own.boxes, own.scores, objects, limit), len(objects)))
    return items


def fully_labelled(pictures: Sequence[Picture], name: str) -> list[int]:
    """Positions of the pictures in which every object of a class is labelled."""
    return [k for k, picture in enumerate(pictures) if name in picture.labelled]


def val_figures(pictures: Sequence[Picture], found: Sequence[Detections], names: Sequence[str]) -> dict[str, Any]:
    """AP at IoU 0.5 per class on fully labelled pictures, and the machine class by source."""
    figures: dict[str, Any] = {}
    for index, name in enumerate(names):
        where = fully_labelled(pictures, name)
        evidence = evidence_of([pictures[k] for k in where], [found[k] for k in where], index, VAL_IOU)
        figures[name] = asdict(figure(evidence, average_precision, SEED))
    for label, source in (("css", Source.CSS), ("kerou", Source.KEROU), ("coco128", Source.COCO)):
        where = [k for k, picture in enumerate(pictures) if picture.source is source]
        evidence = evidence_of([pictures[k] for k in where], [found[k] for k in where], 0, VAL_IOU)
        figures[f"machine_{label}"] = asdict(figure(evidence, average_precision, SEED))
    return figures


def street_figures(pictures: Sequence[Picture], found: Sequence[Detections], threshold: float) -> dict[str, Any]:
    """Machines on street frames: AP, and what the working threshold means there."""
    evidence = evidence_of(pictures, found, 0, STREET_IOU)
    quiet = [item for item, picture in zip(evidence, pictures, strict=True) if picture.negative]
    return {
        "threshold": threshold,
        "ap": asdict(figure(evidence, average_precision, SEED)),
        "recall": asdict(figure(evidence, recall_at(threshold), SEED)),
        "precision": asdict(figure(evidence, precision_at(threshold), SEED)),
        "false_per_quiet_frame": asdict(figure(quiet, false_per_picture(threshold), SEED)),
        "by_threshold": [_row(evidence, quiet, value / 100) for value in range(10, 75, 5)],
    }


def _row(evidence: Sequence[Evidence], quiet: Sequence[Evidence], threshold: float) -> dict[str, float | None]:
    precision = precision_at(threshold)(evidence)
    return {
        "threshold": threshold,
        "recall": round(recall_at(threshold)(evidence), 3),
        "precision": None if np.isnan(precision) else round(precision, 3),
        "false_per_quiet_frame": round(false_per_picture(threshold)(quiet), 3),
    }


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sequence seen once: `times` in seconds from its first frame, machine detections per frame."""

    times: list[float]
    found: list[Detections]

    def runs(self) -> list[list[Detections]]:
        """The sequence sampled at one second or more, once for every frame of the first second as the start."""
        starts = [k for k, at in enumerate(self.times) if at < EVERY_SECONDS]
        return [[self.found[k] for k in sampled(self.times, EVERY_SECONDS, start)] for start in starts]


def record(folder: Path, screen: Screen, tick: Tick) -> Recorded:
    """Detect machines in every frame of a sequence folder (`seq.json` names frames and seconds)."""
    frames = json.loads((folder / "seq.json").read_text(encoding="utf-8"))["frames"]
    found = []
    for frame in frames:
        found.append(screen.of_file(folder / frame["file"]).of(0))
        tick(folder.name)
    return Recorded([float(frame["t"]) for frame in frames], found)


def sequence_figures(recorded: Recorded, threshold: float) -> dict[str, Any]:
    """Alarms of the 2-of-3 rule over every choice of the first frame."""
    runs = recorded.runs()
    return {
        "frames": len(recorded.found),
        "sampled": len(runs[0]),
        "strength": max(strength(run) for run in runs),
        "alarms_min": min(alarms(run, threshold) for run in runs),
        "alarms_max": max(alarms(run, threshold) for run in runs),
    }


def working_threshold(quiet_strengths: Sequence[float], margin: float = 0.05, lowest: float = 0.3) -> float:
    """The machine threshold: above what quiet sequences reach by `margin`, never under `lowest`, rounded up."""
    return float(np.ceil((max([lowest - margin, *quiet_strengths]) + margin) * 100) / 100)


def speed(screen: Screen, runs: int = 40) -> dict[str, float]:
    """Milliseconds per frame of the net alone, minimum and median."""
    frame = np.full((SCREEN_HEIGHT, SCREEN_WIDTH, 3), 90, np.uint8)
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        screen.raw(frame)
        spent.append((time.perf_counter() - start) * 1000)
    return {"min_ms": round(min(spent), 2), "median_ms": round(float(np.median(spent)), 2)}


def evaluate_screen(weights: Path, data: Path, threshold: float | None, tick: Tick) -> dict[str, Any]:
    """Every figure of a screening detector; a threshold that is not given is chosen from the quiet sequences."""
    screen = Screen(weights)
    val, street = read_split(data, "val"), read_street(data)
    on_val = [_ticked(screen, picture, tick, "val") for picture in val]
    on_street = [_ticked(screen, picture, tick, "street_dev") for picture in street]
    recorded = {name: record(data / "sequences" / name, screen, tick) for name in SEQUENCES}
    if threshold is None:
        threshold = working_threshold([strength(run) for name in QUIET for run in recorded[name].runs()])
    thresholds = {"machine": threshold}
    for index, name in enumerate(CLASSES[1 : screen.classes], start=1):
        where = fully_labelled(val, name)
        thresholds[name] = best_threshold(
            evidence_of([val[k] for k in where], [on_val[k] for k in where], index, VAL_IOU)
        )
    return {
        "file": weights.name,
        "sha256": sha256_of(weights),
        "bytes": weights.stat().st_size,
        "threshold": thresholds,
        "val": val_figures(val, on_val, CLASSES[: screen.classes]),
        "detail": details(data, on_val, on_street, threshold),
        "street_dev": street_figures(street, on_street, threshold),
        "sequences": {name: sequence_figures(item, threshold) for name, item in recorded.items()},
        "speed": {"threads_1": speed(Screen(weights, threads=1)), "threads_2": speed(screen)},
        "machine": platform.processor() or platform.machine(),
    }


def _ticked(screen: Screen, picture: Picture, tick: Tick, label: str) -> Detections:
    found = screen.of_file(picture.path)
    tick(label)
    return found


def save_figures(path: Path, key: str, figures: dict[str, Any]) -> None:
    """Put figures under `key` (slashes nest) into a JSON file, leaving the rest as it is."""
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    place = whole
    *parents, last = key.split("/")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = _plain(figures)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)


def _plain(value: Any) -> Any:
    """NaN becomes null, floats keep four digits."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value
