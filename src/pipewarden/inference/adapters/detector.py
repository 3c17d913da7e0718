"""The screen behind its port: letterbox, run, pick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference.adapters.runner import output_order
from pipewarden.inference.rules import layout_of, letterbox, pick
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.inference.adapters.runner import Runner
    from pipewarden.inference.facts import Detections, ModelCard, Pixels

_CLASSES = ("machine", "person", "cone")
_FLOOR = 0.2


class NetDetector:
    """One-stage detector whose file gives ``scores`` (1, N, classes) and ``boxes`` (1, N, 4) in frame pixels."""

    def __init__(self, card: ModelCard, runner: Runner) -> None:
        port = card.inputs[0]
        self.ref = card.ref
        self.layout = layout_of(port, card.ref.name)
        self.classes = _classes(card)
        self.thresholds = _thresholds(card, self.classes)
        self.floor = _floor(card)
        self._runner = runner
        try:
            self._order = output_order(runner.outputs, "scores", "boxes")
        except KeyError as error:
            raise InputError(
                field=f"{card.ref.name}.outputs",
                problem=f"{card.file} has no output {error}",
                fix="Export the screen with outputs scores [1,N,3] and boxes [1,N,4].",
            ) from error

    def detect(self, pixels: Pixels) -> Detections:
        """Return what is seen in BGR pixels (h, w, 3), scores down to ``floor``."""
        frame, place = letterbox(pixels, self.layout.width, self.layout.height)
        answer = self._runner.run(self.layout.batch(frame[None]))
        scores, boxes = (answer[index][0] for index in self._order)
        return pick(scores, boxes, self.floor, place)


def _classes(card: ModelCard) -> tuple[str, ...]:
    told = card.extra.get("classes")
    return tuple(str(name) for name in told) if isinstance(told, list) else _CLASSES


def _thresholds(card: ModelCard, classes: tuple[str, ...]) -> dict[str, float]:
    missing = [name for name in classes if name not in card.threshold]
    if missing:
        raise InputError(
            field=f"{card.ref.name}.threshold",
            problem=f"gives no score for {', '.join(missing)}",
            fix="Add the operating point of each class to the manifest's entry.",
        )
    return {name: card.threshold[name] for name in classes}


def _floor(card: ModelCard) -> float:
    told = card.extra.get("floor", min(_FLOOR, *card.threshold.values()))
    if not isinstance(told, int | float) or not 0 < told <= 1:
        raise InputError(
            field=f"{card.ref.name}.extra.floor", problem=f"{told!r} is not above 0 and up to 1", fix="Give a score."
        )
    return float(told)
