"""Takes one picture from whatever a camera's address is: snapshot, stream, or a folder that is played by the clock."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters.pictures import read_picture
from pipewarden.sense.adapters.source import Bounds, readable
from pipewarden.sense.adapters.sources import open_source
from pipewarden.sense.facts import Frame
from pipewarden.sense.rules import PICTURE_SUFFIXES, Series, parse_seq_json, stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from pipewarden.kit.addresses import Network
    from pipewarden.kit.clock import Clock
    from pipewarden.sense.facts import Watch

_SEQUENCE_FILE = "seq.json"
_STEP_S = 60.0
_ENDED = "Give the watch another folder, or take start out of its seq.json to let it play in a loop."


@dataclass(frozen=True, slots=True)
class SourceGrabber:
    """Implements ``sense.ports.FrameGrabber`` with the sources that ``scan`` uses.

    Attributes:
        clock: stamps what an address sends, when it has arrived.
        opened: networks that are not public and that a tenant's cameras may lie in.
        open_s: seconds to wait for an address to answer.
        read_s: seconds to wait for one that has gone quiet.
    """

    clock: Clock
    opened: Callable[[UUID], tuple[Network, ...]]
    open_s: float = 6.0
    read_s: float = 6.0

    def grab(self, watch: Watch, now: datetime) -> Frame:
        """Return the picture of this moment; of a stream it is the first whole frame after connecting."""
        target = watch.substream or watch.source
        if "://" not in target:
            return play(Path(target), watch.started_at, now)
        bounds = Bounds(
            every_s=0.0,
            frames=1,
            retries=0,
            open_s=self.open_s,
            read_s=self.read_s,
            opened=self.opened(watch.tenant_id),
        )
        source = open_source(target, bounds, clock=self.clock)
        frames: Generator[Frame, Any, None] = source.frames  # type: ignore[assignment]  # both makers are generators
        try:
            frame = next(frames, None)
        finally:
            frames.close()  # ends the child and its connection now, not when the garbage is collected
        if frame is None:
            raise UnavailableError(field=source.stream, problem="sent no whole picture", fix="Look at it in a player.")
        return frame


def play(folder: Path, started_at: datetime, now: datetime) -> Frame:
    """Return the picture that a folder shows at ``now``.

    A ``seq.json`` gives the times; without one the pictures are a minute apart. With a ``start`` it plays once, as it
    was recorded; without it begins at ``started_at`` and plays in a loop.

    Raises:
        InputError: not a folder, no pictures, or a seq.json that cannot be used.
        UnavailableError: it has not begun yet, or is over.
    """
    series = _series(folder)
    offsets = [step.offset_s for step in series.steps]
    last_gap = offsets[-1] - offsets[-2] if len(offsets) > 1 else _STEP_S
    length = offsets[-1] + last_gap
    at = (now - (series.start or started_at)).total_seconds()
    if series.start is not None and not 0 <= at < length:
        problem = f"begins at {series.start:%Y-%m-%dT%H:%M:%S%z}" if at < 0 else "is over"
        raise UnavailableError(field=readable(folder), problem=problem, fix=_ENDED)
    step = series.steps[bisect_right(offsets, at % length) - 1]
    path = folder / step.file
    taken = now if series.start is None else series.start + timedelta(seconds=step.offset_s)
    picture = read_picture(path)
    return Frame(picture, readable(path), step.offset_s, taken, readable(step.file), rendered=series.rendered)


def _series(folder: Path) -> Series:
    field = readable(folder)
    try:
        files = [path.name for path in folder.iterdir() if path.suffix.casefold() in PICTURE_SUFFIXES]
        told = folder / _SEQUENCE_FILE
        text = told.read_text(encoding="utf-8-sig") if told.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(field=field, problem=f"cannot be read ({error})", fix="Check the path.") from error
    if not files:
        raise InputError(field=field, problem="holds no pictures", fix="Give a folder of pictures.")
    return stepped(files, _STEP_S) if text is None else parse_seq_json(text, readable(told), files)
