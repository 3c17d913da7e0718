"""What makes pictures a sequence: a seq.json or a declared step, never a guess from file names.

seq.json: ``{"name": …, "frames": [{"file": …, "t": seconds}, …], "start": RFC 3339?, "rendered": true?}``, or
``"step_s": seconds`` instead of frames, which then are the folder's pictures in natural order. Other keys are notes.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})
VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".ts",
        ".mts",
        ".m2ts",
        ".mpg",
        ".mpeg",
        ".flv",
        ".mjpeg",
        ".mjpg",
    }
)
_SLACK_S = 1e-6
_MAX_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One picture of a sequence: its file name and its time in seconds from the first."""

    file: str
    offset_s: float


@dataclass(frozen=True, slots=True)
class Series:
    """A folder's pictures in order of time.

    Attributes:
        start: when the first frame was taken, None when nobody says.
        rendered: the frames were drawn by a machine, which has to be said wherever they are shown.
    """

    name: str | None
    steps: tuple[Step, ...]
    start: datetime | None = None
    rendered: bool = False


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part)


def stepped(files: Iterable[str], step_s: float) -> Series:
    """Return ``files`` in natural order, ``step_s`` seconds apart.

    Raises:
        InputError: the step is not a number above 0.
    """
    if not (math.isfinite(step_s) and step_s > 0):
        raise InputError(
            field="--sequence", problem=f"{step_s} is not a number of seconds above 0", fix="Give it as --sequence 2.5."
        )
    ordered = sorted(files, key=natural_key)
    return Series(None, tuple(Step(file, index * step_s) for index, file in enumerate(ordered)))


def sample(steps: Sequence[Step], every_s: float) -> list[Step]:
    """Return the first step and then each that lies at least ``every_s`` after the one kept before it."""
    kept: list[Step] = []
    for step in steps:
        if not kept or step.offset_s >= kept[-1].offset_s + every_s - _SLACK_S:
            kept.append(step)
    return kept


def parse_seq_json(text: str, field: str, files: Iterable[str]) -> Series:
    """Read a seq.json.

    Args:
        text: its content.
        field: how people know the file; part of the error's field.
        files: the folder's picture files, for the form with ``step_s``.

    Raises:
        InputError: not JSON, no times, times that run backwards, a file outside the folder.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InputError(field=field, problem=f"is not JSON ({error})", fix="Write it as one JSON object.") from error
    if not isinstance(told, dict):
        raise InputError(field=field, problem="is not a JSON object", fix='Write it as {"name": …, "frames": […]}.')
    if "frames" in told:
        steps = _listed(told["frames"], field)
    elif isinstance(step := told.get("step_s"), int | float) and not isinstance(step, bool) and step > 0:
        steps = stepped(files, float(step)).steps
    else:
        raise InputError(
            field=field,
            problem="has neither frames nor a step_s above 0",
            fix="Add one of the two: they give the times.",
        )
    name = told.get("name")
    return Series(
        name=name if isinstance(name, str) else None,
        steps=steps,
        start=_start(told.get("start"), field),
        rendered=told.get("rendered") is True,
    )


def _listed(frames: object, field: str) -> tuple[Step, ...]:
    if not isinstance(frames, list) or not frames or len(frames) > _MAX_FRAMES:
        raise InputError(
            field=f"{field} frames", problem="is not a list of 1 to 1,000,000 frames", fix="List each file with its t."
        )
    steps: list[Step] = []
    for index, frame in enumerate(frames):
        step = _frame(frame, f"{field} frames[{index}]")
        if steps and step.offset_s <= steps[-1].offset_s:
            raise InputError(
                field=f"{field} frames[{index}].t",
                problem=f"{step.offset_s:g} does not come after {steps[-1].offset_s:g}",
                fix="List the frames in order of time, each at its own second.",
            )
        steps.append(step)
    first = steps[0].offset_s
    return tuple(Step(step.file, step.offset_s - first) for step in steps)


def _frame(frame: object, field: str) -> Step:
    file, second = (frame.get("file"), frame.get("t")) if isinstance(frame, dict) else (None, None)
    if not isinstance(file, str) or not file or "/" in file or "\\" in file or "\0" in file or file in {".", ".."}:
        raise InputError(
            field=f"{field}.file", problem=f"{file!r} is not a file of this folder", fix="Name a file beside seq.json."
        )
    if isinstance(second, bool) or not isinstance(second, int | float) or not math.isfinite(second):
        raise InputError(
            field=f"{field}.t", problem=f"{second!r} is not a number of seconds", fix="Give t as a number."
        )
    return Step(file, float(second))


def _start(value: object, field: str) -> datetime | None:
    if value is None:
        return None
    try:
        start = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        start = None
    if start is None or start.tzinfo is None:
        raise InputError(
            field=f"{field} start",
            problem=f"{value!r} is not an RFC 3339 time with its zone",
            fix="Write it as 2026-11-20T09:00:00+08:00.",
        )
    return start
