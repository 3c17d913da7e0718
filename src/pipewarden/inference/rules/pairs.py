"""Questions that people have settled, as lines to fine-tune a model on; split so that no place is in both.

The line repeats the recorded request word for word, pictures by hash, and adds the answer as the model should have
given it: same schema, same coordinate scale.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pipewarden.inference.facts import BoxScale
from pipewarden.inference.rules.boxscale import resized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.inference.facts import Labelled, VisionModel
    from pipewarden.inference.rules.replies import Expected

_HELD_BACK = 5  # one part in so many is for validation


def splits(rows: Sequence[Labelled]) -> dict[str, str]:
    """Return ``train`` or ``val`` by camera: cameras that share a site stay together, and stay where they were.

    A group's side depends on its cameras only, so a later export moves a camera only when a site joins two groups.
    """
    group: dict[str, str] = {}

    def root(name: str) -> str:
        while group.setdefault(name, name) != name:
            name = group[name]
        return name

    for row in rows:
        ends = sorted((root(f"camera {row.camera}"), root(f"site {row.site}")))
        group[ends[1]] = ends[0]  # the smallest name, a camera's, stands for the group
    return {row.camera: _side(root(f"camera {row.camera}")) for row in rows}


def _side(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return "val" if int.from_bytes(digest[:4], "big") % _HELD_BACK == 0 else "train"


def pair_line(row: Labelled, request: str, *, model: VisionModel, expected: Expected, split: str) -> str:
    """Return one JSON line: the messages as they were sent, the answer as it should have been.

    Args:
        row: the question and what people found.
        request: as recorded, a picture as ``sha256:…``.
        model: who was asked: the answer's box takes its scale.
        expected: the image_id that the answer repeats, and the size of the frame.
        split: ``train`` or ``val``.
    """
    messages = json.loads(request)["messages"]
    told: dict[str, Any] = {**row.answer, "image_id": expected.image_id}
    if told.get("box") is not None:
        told["box"] = _scaled(told["box"], model, expected.frame)
    line = {
        "id": str(row.call_id),
        "split": split,
        "camera": row.camera,
        "site": row.site,
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
    """Say whether an answer can be a line: it has a box of four fractions or none, and JSON can hold it."""
    box = answer.get("box")
    try:
        json.dumps(answer, allow_nan=False)
    except (TypeError, ValueError):
        return False
    if box is None:
        return True
    return isinstance(box, list | tuple) and len(box) == 4 and all(0 <= one <= 1 for one in box)  # noqa: PLR2004  a box
