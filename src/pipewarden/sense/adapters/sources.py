"""One door for every source that ``scan`` can be given: what it is decides who opens it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipewarden.kit.clock import SystemClock
from pipewarden.kit.errors import InputError
from pipewarden.sense.adapters.pictures import open_folder, open_picture, read_picture
from pipewarden.sense.adapters.snapshot import open_snapshots, probe
from pipewarden.sense.adapters.source import Bounds, Source, readable, without_password
from pipewarden.sense.adapters.video import open_stream, open_video
from pipewarden.sense.facts import ObservationKind
from pipewarden.sense.rules import PICTURE_SUFFIXES, VIDEO_SUFFIXES, check_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.clock import Clock
    from pipewarden.sense.facts import Frame

SCHEMES = ("rtsp", "rtsps", "http", "https")
_MOST = 10**9
_KINDS = "Give a picture, a folder of pictures, a video file, or an rtsp:// or http(s):// address."


def open_source(
    target: str, bounds: Bounds | None = None, *, sequence_s: float | None = None, clock: Clock | None = None
) -> Source:
    """Open a picture, a folder, a video file, a stream or a snapshot address.

    An address is not asked before its first frame is: a dead camera must not cost the other sources of a scan.

    Args:
        target: a path, or an address with one of ``SCHEMES``.
        bounds: how much to take; the defaults of ``Bounds`` otherwise.
        sequence_s: seconds between a folder's pictures, which makes it a sequence.
        clock: stamps the frames of live sources; the machine's clock otherwise.

    Raises:
        InputError: no such file, another scheme, or nothing in it that could be looked at.
    """
    limits = _checked(bounds or Bounds())
    if "://" in target:
        return _open_url(target, limits, clock or SystemClock())
    path = Path(target)
    if path.is_dir():
        return open_folder(path, limits, sequence_s=sequence_s)
    if sequence_s is not None:
        raise InputError(field="--sequence", problem=f"{target} is not a folder", fix="Leave it out, or give a folder.")
    if not path.is_file():
        raise InputError(field=readable(path), problem="does not exist", fix=_KINDS)
    return _open_file(path, limits)


def _open_file(path: Path, bounds: Bounds) -> Source:
    suffix = path.suffix.casefold()
    if suffix in VIDEO_SUFFIXES:
        return open_video(path, bounds)
    if suffix not in PICTURE_SUFFIXES:
        check_header(read_picture(path), readable(path))
    return open_picture(path)


def _open_url(url: str, bounds: Bounds, clock: Clock) -> Source:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    scheme = url.partition("://")[0].casefold()
    if scheme not in SCHEMES:
        raise InputError(
            field="PATH",
            problem=f"the scheme {scheme!r} is not read",
            fix=f"Use one of {', '.join(SCHEMES)}, or a path.",
        )
    if not host:
        raise InputError(field="PATH", problem="the address has no valid host and port", fix="Write rtsp://host/path.")
    if scheme.startswith("rtsp"):
        return open_stream(url, "rtsp", bounds, clock)
    source = Source(ObservationKind.FRAME, without_password(url), iter(()), live=True)
    source.frames = _probed(source, url, bounds, clock)
    return source


def _probed(source: Source, url: str, bounds: Bounds, clock: Clock) -> Iterator[Frame]:
    """Yield the frames of whatever the address serves, and have ``source`` tell what that is."""
    served = probe(url, bounds)
    found = open_snapshots(url, bounds, clock) if served == "snapshot" else open_stream(url, served, bounds, clock)
    source.kind, source.notes = found.kind, found.notes
    yield from found.frames


def _checked(bounds: Bounds) -> Bounds:
    for option, value, least in (
        ("--every", bounds.every_s, 0.0),
        ("--duration", bounds.duration_s, 0.0),
        ("--frames", bounds.frames, 1),
        ("retries", bounds.retries, 0),
    ):
        if value is not None and not least <= value <= _MOST:
            fix = f"Give a number from {least:g} to {_MOST}."
            raise InputError(field=option, problem=f"{value} is out of range", fix=fix)
    return bounds
