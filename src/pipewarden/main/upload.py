"""``upload`` as a use case: a folder of pictures and a track become a trip on a server, in pieces that survive a break.

It speaks to the server as any vehicle's box would, by the public API and with a device's key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.sense.adapters.told import read_told
from pipewarden.sense.rules import PICTURE_SUFFIXES, Track, fix_at, natural_key, own_digest, read_gpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo
    from pathlib import Path

    from pipewarden.sense.adapters.told import Told
    from pipewarden.sense.facts import Fix

BATCH = 8
_BATCH_BYTES = 24 << 20
_LARGEST = 25 << 20
_TRIES = 6
_AGAIN = {409, 429, 502, 503, 504}
NO_TIME = "the picture says no time"


@dataclass(frozen=True, slots=True)
class Clocked:
    """How times are found.

    Attributes:
        zone: of the camera's clock, where a picture names none.
        offset: added to the camera's clock; negative for a camera that is ahead.
        start: time of the first picture, for pictures that say none; ``every_s`` later the next, by file name.
    """

    zone: tzinfo
    offset: timedelta = timedelta(0)
    start: datetime | None = None
    every_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of the folder with its time and place; ``why`` says what is missing."""

    path: Path
    sha256: str
    at: datetime | None
    fix: Fix | None
    why: str | None


@dataclass(slots=True)
class Uploaded:
    """What became of the folder.

    Attributes:
        why: reasons for pictures without a place, or not sent at all, with their number.
    """

    trip: str = ""
    sent: int = 0
    known: int = 0
    unplaced: int = 0
    flagged: int = 0
    skipped: int = 0
    why: Counter[str] = field(default_factory=Counter)


def open_track(path: Path | None) -> Track | None:
    """Read the track of a GPX file; None for none.

    Raises:
        InputError: it is no GPX with times.
    """
    return None if path is None else read_gpx(path.read_bytes(), str(path))


def shots(folder: Path, track: Track | None, clocked: Clocked) -> Iterator[Shot]:
    """Yield the folder's pictures by file name, each with its time, and its place by the track or by itself.

    Raises:
        InputError: the folder holds no pictures.
    """
    pictures = (one for one in folder.iterdir() if one.suffix.lower() in PICTURE_SUFFIXES and one.is_file())
    paths = sorted(pictures, key=lambda one: natural_key(one.name))
    if not paths:
        raise InputError(field=str(folder), problem="holds no pictures", fix="Name a folder of JPEG or PNG files.")
    seen: set[str] = set()
    for number, path in enumerate(paths):
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in seen:
            yield Shot(path, sha256, None, None, "the same picture again")
            continue
        seen.add(sha256)
        if len(content) > _LARGEST:
            yield Shot(path, sha256, None, None, "larger than 25 MB")
            continue
        yield _shot(Shot(path, sha256, None, None, NO_TIME), read_told(content, clocked.zone), number, track, clocked)


def _shot(bare: Shot, told: Told, number: int, track: Track | None, clocked: Clocked) -> Shot:
    """Return a shot with its time and place: of the track, else of the picture itself."""
    at = None if told.at is None else told.at + clocked.offset
    if clocked.start is not None:
        at = clocked.start + timedelta(seconds=number * clocked.every_s) + clocked.offset
    if at is None:
        return bare
    tracked = "neither a track nor the picture says where" if track is None else fix_at(track, at)
    if isinstance(tracked, str):
        return replace(bare, at=at, fix=told.fix, why=None if told.fix is not None else tracked)
    if tracked.course_deg is None and told.fix is not None:  # it stood: the picture's own compass still knows
        tracked = replace(tracked, heading_deg=told.fix.heading_deg, sigma_deg=told.fix.sigma_deg)
    return replace(bare, at=at, fix=tracked, why=None)


def upload(
    client: httpx.Client,
    vehicle: str,
    name: str,
    found: Sequence[Shot],
    *,
    progress: Callable[[int, int | None], None],
    pause: Callable[[float], object] = time.sleep,
) -> Uploaded:
    """Send what the server does not have yet and return what became of the folder.

    Raises:
        RefusedError: the server refuses the key, the vehicle or a picture.
        UnavailableError: the server does not answer, six times in a row; what was sent is kept, run it again.
    """
    done = Uploaded()
    begun = _ask(client, pause, "POST", "/v1/trips", json={"vehicle": vehicle, "name": name})
    done.trip = str(begun["id"])
    held = set(_held(client, pause, done.trip))
    for one in found:
        if one.why is not None:
            done.why[one.why] += 1
        done.skipped += one.at is None
        done.unplaced += one.at is not None and one.fix is None
        done.flagged += one.fix is not None and bool(one.fix.flags)
    timed = sorted((one for one in found if one.at is not None), key=lambda one: (one.at, one.path.name))
    waiting = [one for one in timed if own_digest(done.trip, one.sha256) not in held]
    done.known = len(timed) - len(waiting)
    progress(done.known, len(timed))
    for batch in _batches(waiting):
        _ask(client, pause, "POST", f"/v1/trips/{done.trip}/frames", files=_form(batch))
        done.sent += len(batch)
        progress(done.known + done.sent, len(timed))
    return done


def _held(client: httpx.Client, pause: Callable[[float], object], trip: str) -> Iterator[str]:
    cursor = None
    while True:
        params = {"limit": 200} | ({} if cursor is None else {"cursor": cursor})
        page = _ask(client, pause, "GET", f"/v1/trips/{trip}/frames", params=params)
        yield from (one["own_digest"] for one in page["items"] if one["own_digest"])
        cursor = page["next"]
        if cursor is None:
            return


def _batches(waiting: Sequence[Shot]) -> Iterator[list[Shot]]:
    batch: list[Shot] = []
    size = 0
    for one in waiting:
        more = one.path.stat().st_size
        if batch and (len(batch) == BATCH or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += more
    if batch:
        yield batch


def _form(batch: Sequence[Shot]) -> list[tuple[str, Any]]:
    frames = [
        {
            "name": one.path.name[:200],
            "at": None if one.at is None else one.at.isoformat(),
            "fix": None if one.fix is None else asdict(one.fix) | {"flags": list(one.fix.flags)},
            "why": one.why,
        }
        for one in batch
    ]
    files: list[tuple[str, Any]] = [("frames", (None, json.dumps(frames, ensure_ascii=False)))]
    return files + [("pictures", (one.path.name, one.path.read_bytes(), "application/octet-stream")) for one in batch]


def _ask(client: httpx.Client, pause: Callable[[float], object], method: str, path: str, **more: Any) -> Any:
    problem = ""
    for attempt in range(_TRIES):
        if attempt:
            pause(min(2.0**attempt, 30.0))
        try:
            answer = client.request(method, path, **more)
        except httpx.TransportError as error:
            problem = error.__class__.__name__
            continue
        if answer.is_success:
            return answer.json()
        if answer.status_code not in _AGAIN:
            raise _refused(answer)
        problem = f"answers {answer.status_code}"
    raise UnavailableError(
        field="--server", problem=f"does not take it ({problem})", fix="Run the same command again: it goes on."
    )


def _refused(answer: httpx.Response) -> RefusedError:
    try:
        told: Mapping[str, object] = answer.json()
    except ValueError:
        told = {}
    return RefusedError(
        field=str(told.get("field") or f"HTTP {answer.status_code}"),
        problem=str(told.get("detail") or "refused"),
        fix=str(told.get("fix") or "Check --server and the key."),
    )
