"""Pictures on disk: one file, a folder of single pictures, or a folder that says it is a sequence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.sense.adapters.source import Source, readable
from pipewarden.sense.facts import Frame, ObservationKind
from pipewarden.sense.rules import MAX_BYTES, PICTURE_SUFFIXES, natural_key, parse_seq_json, sample, stepped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.sense.adapters.source import Bounds
    from pipewarden.sense.rules import Series, Step

_SEQUENCE_FILE = "seq.json"
_MAX_SEQUENCE_FILE = 64 << 20


def read_picture(path: Path) -> bytes:
    """Return the file's bytes, at most one more than the limit, so that the header check can refuse what is too large.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise InputError(field=readable(path), problem=problem, fix="Check the path and its permissions.") from error


def open_picture(path: Path) -> Source:
    """Return the source of one picture, which cannot confirm itself."""
    return Source(ObservationKind.SINGLE, readable(path.resolve()), _singles([path]))


def open_folder(folder: Path, bounds: Bounds, *, sequence_s: float | None) -> Source:
    """Return a folder's pictures: a sequence if it holds a seq.json or ``sequence_s`` is given, else single pictures.

    Args:
        folder: looked at without its sub-folders.
        bounds: ``every_s`` thins a sequence; ``frames`` and ``duration_s`` cut it short.
        sequence_s: seconds between neighbours in natural order; overrides the times of a seq.json.

    Raises:
        InputError: no pictures, or a seq.json that cannot be used.
    """
    try:
        names = [path.name for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise InputError(field=readable(folder), problem=problem, fix="Check the path and its permissions.") from error
    pictures = [name for name in names if _suffix(name) in PICTURE_SUFFIXES]
    if not pictures:
        fix = "Give a folder of JPEG, PNG, WebP or HEIC files; sub-folders are not searched."
        raise InputError(field=readable(folder), problem="holds no pictures", fix=fix)
    notes = (
        [f"{left} other files were left out"]
        if (left := len(names) - len(pictures) - (_SEQUENCE_FILE in names))
        else []
    )
    stream = readable(folder.resolve())
    if sequence_s is not None:
        series = stepped(pictures, sequence_s)
    elif _SEQUENCE_FILE in names:
        series = _read_series(folder, pictures)
    else:
        singles = [folder / name for name in sorted(pictures, key=natural_key)][: bounds.frames]
        return Source(ObservationKind.SINGLE, stream, _singles(singles), notes=notes)
    return Source(
        ObservationKind.FRAME,
        stream,
        _frames(folder, series, _cut(series, bounds)),
        rendered=series.rendered,
        notes=notes,
    )


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2].casefold()


def _read_series(folder: Path, pictures: list[str]) -> Series:
    path = folder / _SEQUENCE_FILE
    field = readable(path)
    try:
        if path.stat().st_size > _MAX_SEQUENCE_FILE:
            raise InputError(field=field, problem="is larger than 64 MB", fix="List only this folder's frames.")
        series = parse_seq_json(path.read_text(encoding="utf-8-sig"), field, pictures)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(field=field, problem=f"cannot be read ({error})", fix="Save it as UTF-8 JSON.") from error
    present = set(pictures)
    if absent := next((step.file for step in series.steps if step.file not in present), None):
        fix = "Bring the file, or take it out of the list."
        raise InputError(field=field, problem=f"lists {absent!r}, which is not a picture in this folder", fix=fix)
    return series


def _cut(series: Series, bounds: Bounds) -> list[Step]:
    steps = sample(series.steps, bounds.every_s)[: bounds.frames]
    return [step for step in steps if bounds.duration_s is None or step.offset_s <= bounds.duration_s]


def _frames(folder: Path, series: Series, steps: list[Step]) -> Iterator[Frame]:
    for step in steps:
        at = None if series.start is None else series.start + timedelta(seconds=step.offset_s)
        path, name = folder / step.file, readable(step.file)
        yield Frame(read_picture(path), readable(path), step.offset_s, at, source_id=name)


def _singles(paths: list[Path]) -> Iterator[Frame]:
    for path in paths:
        yield Frame(read_picture(path), readable(path), 0.0, None, source_id=readable(path.name))
