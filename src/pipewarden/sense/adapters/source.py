"""What opening any source gives, whatever stands behind it: a name, a kind, and frames in order of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.addresses import Network
    from pipewarden.sense.facts import Frame, ObservationKind

_SECRETS = re.compile(r"((?:^|&)[^=&]*(?:pass|pwd|psw|token|secret|auth|key|user|usr)[^=&]*=)[^&]*", re.IGNORECASE)


@dataclass(slots=True)
class Source:
    """An opened source. Implements ``sense.ports.FrameSource``; its frames can be walked once.

    Attributes:
        kind: whether its frames follow each other in time, so that they can confirm one another; of an http address
            it is settled when the first frame comes.
        stream: its name, without passwords; the partition of all that comes from it.
        frames: the frames in order of time.
        rendered: the frames were drawn by a machine; say so wherever they are shown.
        live: it is an address that is looked at now and never comes again; files and folders are not.
        notes: what was left out, for people; complete once the frames are exhausted.
    """

    kind: ObservationKind
    stream: str
    frames: Iterator[Frame]
    rendered: bool = False
    live: bool = False
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            InputError: it is not what it says it is, or a file that breaks off before its end.
            UnavailableError: it does not answer, or was lost; the frames before that have been yielded.
        """
        return self.frames


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a source is taken, and how patiently.

    Attributes:
        every_s: seconds between the frames that are kept.
        frames: stop after so many, None for no such bound.
        duration_s: stop after so many seconds of the source, None for no such bound.
        retries: how often a lost stream is opened again before it is given up; a minute of frames clears the count.
        open_s: seconds to wait for a stream to open.
        read_s: seconds to wait for a stream that has gone quiet.
        opened: networks that are not public and that an address may lie in.
    """

    every_s: float = 1.0
    frames: int | None = None
    duration_s: float | None = None
    retries: int = 2
    open_s: float = 6.0
    read_s: float = 6.0
    opened: tuple[Network, ...] = ()


def closed_camera(name: str) -> UnavailableError:
    """Return the error of an address that cameras may not have; nothing was connected to."""
    fix = "Ask the operator to add its network to PIPEWARDEN_CAMERA_OPEN."
    return UnavailableError(field=name, problem="lies in a network that is not opened to cameras", fix=fix)


def readable(path: Path | str) -> str:
    """Return a file's name as text that any database takes: bytes that are not UTF-8 become escapes."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def without_password(url: str) -> str:
    """Return ``url`` without user, password and the query values that look like them, for logs and rows."""
    parts = urlsplit(url)
    query = _SECRETS.sub(r"\1***", parts.query)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))
