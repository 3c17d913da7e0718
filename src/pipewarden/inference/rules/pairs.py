"""Questions that people have settled, as lines to fine-tune a model on.

The line repeats the recorded request word for word, pictures by hash, and adds the answer as the model should have
given it: same schema, same coordinate scale.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipewarden.inference.facts import BoxScale
from pipewarden.inference.rules.boxscale import resized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.inference.facts import Labelled, VisionModel
    from pipewarden.inference.rules.replies import Expected


def pair_line(row: Labelled, request: str, *, model: VisionModel, expected: Expected) -> str:
    """Return one JSON line: the messages as they were sent, the answer as it should have been.

    Args:
        row: the question and what people found.
        request: as recorded, a picture as ``sha256:…``.
        model: who was asked: the answer's box takes its scale.
        expected: the image_id that the answer repeats, and the size of the frame.
    """
    messages = json.loads(request)["messages"]
    told: dict[str, Any] = {**row.answer, "image_id": expected.image_id}
    if told.get("box") is not None:
        told["box"] = _scaled(told["box"], model, expected.frame)
    line = {
        "id": str(row.call_id),
        "split": row.split,
        "camera": row.camera,
        "rendered": row.rendered,
        "images": [
            part["image_url"]["url"].removeprefix("sha256:")
            for message in messages
            for part in message["content"]
            if part["type"] == "image_url"
        ],
        "messages": messages,
        "answer": json.dumps(told, ensure_ascii=False, sort_keys=True),
    }
    return json.dumps(line, ensure_ascii=False, sort_keys=True)


def _scaled(box: Sequence[float], model: VisionModel, frame: tuple[int, int]) -> list[float]:
    """Return a box of fractions in the model's scale."""
    if model.scale is BoxScale.UNIT:
        return [round(one, 4) for one in box]
    across, down = (
        (1000, 1000) if model.scale is BoxScale.THOUSAND else resized(*frame, model.multiple, model.most_pixels)
    )
    return [round(one * side) for one, side in zip(box, (across, down, across, down), strict=True)]


def fits(answer: Mapping[str, object]) -> bool:
    """Say whether an answer can stand in a line: it has a box of four fractions or none, and JSON can hold it."""
    box = answer.get("box")
    try:
        json.dumps(answer, allow_nan=False)
    except (TypeError, ValueError):
        return False
    if box is None:
        return True
    return isinstance(box, list | tuple) and len(box) == 4 and all(0 <= one <= 1 for one in box)  # noqa: PLR2004  a box
