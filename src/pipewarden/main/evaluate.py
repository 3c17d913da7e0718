"""``eval`` as use cases: labelled pictures and sequences through the product's own eye, not through a copy of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.adapters.models import open_models
from pipewarden.lab.coco import SUPERS, read_coco
from pipewarden.lab.perceived import Seen, figures
from pipewarden.main import scan
from pipewarden.main.files import open_sources
from pipewarden.main.replay import Replay
from pipewarden.perceive.rules import findings_of, pixel_box
from pipewarden.perceive.service import WANTED
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from pipewarden.inference.adapters.detector import NetDetector
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.errors import PipewardenError
    from pipewarden.lab.coco import Labelled
    from pipewarden.main.river import River

_LOWEST = 0.02  # the curve of an average precision needs what no alarm needs


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence came to.

    Attributes:
        judge_calls: questions put to the second judge: alarms that no scene rule closed and that outlasted the time a
            machine is given to drive on. One that the local judge answers from its crops is counted too; a person's
            queue is no call.
        problems: frames that could not be looked at.
    """

    frames: int
    findings: int
    alarms: int
    judge_calls: int
    problems: list[PipewardenError]


def perceive(
    coco: Path,
    images: Path,
    *,
    weights: Path,
    threshold: float | None,
    iou: float,
    threads: int,
    progress: Callable[[int, int | None], None],
) -> dict[str, Any]:
    """Return the figures of the screen on labelled pictures (see ``lab.perceived.figures``).

    Args:
        coco: COCO detection file.
        images: folder its file names start from.
        weights: folder with manifest.json.
        threshold: machine score to measure at; the manifest's when None.
        iou: overlap at which a box counts as right for precision and recall.
        threads: of one call inside the model.
        progress: called with (done, total).

    Raises:
        InputError: a file or a picture cannot be used.
    """
    pictures = read_coco(coco, images)
    detector = open_models(weights, threads=threads).detector
    told = detector.thresholds["machine"] if threshold is None else threshold
    detector.floor = _LOWEST
    seen = []
    with ChildDecoder() as decoder:
        for number, picture in enumerate(pictures, start=1):
            seen.append(_look(detector, decoder, picture))
            progress(number, len(pictures))
    return figures(pictures, seen, told, iou)


def _look(detector: NetDetector, decoder: ChildDecoder, picture: Labelled) -> Seen:
    """Detect in one picture as perceive does, in pixels of its labels."""
    content = picture.path.read_bytes()
    since = time.perf_counter()
    decoded = decoder.decode(content, name=picture.path.name, wanted=WANTED)
    found = findings_of(detector.detect(decoded.pixels), detector.classes, detector.thresholds, decoded.pixels.shape)
    spent = (time.perf_counter() - since) * 1000
    boxes: dict[str, list[list[float]]] = {name: [] for name in SUPERS}
    scores: dict[str, list[float]] = {name: [] for name in SUPERS}
    for one in found:
        box = pixel_box(one.corners, decoded.pixels.shape, round(picture.width), round(picture.height))
        boxes[one.cls.value].append([box.x, box.y, box.x + box.w, box.y + box.h])
        scores[one.cls.value].append(one.score)
    return Seen(
        boxes={name: np.array(rows, np.float32).reshape(-1, 4) for name, rows in boxes.items()},
        scores={name: np.array(row, np.float32) for name, row in scores.items()},
        ms=spent,
    )


def sequence(
    river: River,
    folder: Path,
    *,
    every_s: float,
    camera: Path | None,
    clock: SetClock,
    progress: Callable[[int, int | None], None],
) -> Sequence:
    """Return what a sequence folder comes to in the whole pipeline, as if its camera took it now.

    Args:
        river: open, on a home of its own.
        clock: that home's; it goes with the frames, and so do the judge's waiting and looking again.
        folder: pictures with ``seq.json``.
        every_s: seconds between sampled frames.
        camera: camera.yaml of who took it; None: no places on the ground.
        progress: called with the frames done.

    Raises:
        InputError: the folder or the camera file cannot be used.
    """
    known = None if camera is None else scan.load_camera(river.home, camera)
    live = Replay(river, clock)
    sources = [replace(one, frames=live.frames(one)) for one in open_sources([str(folder)], every_s=every_s)]
    result = scan.run(river, [scan.Feed(one, known, one.stream) for one in sources], progress, chunk=1)
    live.rest()
    calls = scan.settle(river).questions
    return Sequence(result.frames, result.findings, len(result.alarms), calls, result.problems)
