"""What sense needs from the world: someone who turns bytes into pixels, and someone who hands over frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Decoded, Frame, ListedRow, Watch


class PictureDecoder(Protocol):
    """Turns untrusted bytes into pixels without putting the caller at risk."""

    def decode(self, picture: bytes, *, wanted: tuple[int, int], name: str = "picture") -> Decoded:
        """Return the picture upright, no smaller than what fits into the box ``wanted`` needs.

        Args:
            picture: a JPEG, PNG, WebP or HEIC file.
            wanted: width and height in pixels of the box that the caller will fit the picture into.
            name: how people know the picture; becomes the error's field.

        Raises:
            InputError: the picture cannot or must not be decoded.
        """
        ...


class FrameSource(Protocol):
    """Hands over one source's frames in order of time."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames until the source ends or its bounds are reached.

        Raises:
            InputError: the source is not what it says it is.
            UnavailableError: it does not answer at all.
        """
        ...


class FrameGrabber(Protocol):
    """Takes one picture from a camera, now."""

    def grab(self, watch: Watch, now: datetime) -> Frame:
        """Return the camera's picture of this moment; holds no transaction and ends within a minute.

        Raises:
            InputError: what answers is not a picture.
            UnavailableError: nothing answers.
        """
        ...


class CameraProber(Protocol):
    """Asks cameras' addresses whether somebody listens there, without taking a picture."""

    def reach(self, asked: Sequence[tuple[UUID, str]]) -> list[bool | None]:
        """Return of each tenant's address whether it answers, None where its name could not be looked up in time.

        One that the tenant's cameras may not have does not answer.

        Holds no transaction and never raises.
        """
        ...


class InUse(Protocol):
    """Knows which pictures later slices still point at."""

    def __call__(self, work: Work, pictures: Collection[str]) -> set[str]:
        """Return those of ``pictures`` (SHA-256) that a finding or an alarm's evidence of any tenant names."""
        ...


class PermitReader(Protocol):
    """Reads permit lists off a disk."""

    def files(self, path: Path, form: str) -> list[Path]:
        """Return the file, or a folder's files of this form (json, xml); InputError when there is none."""
        ...

    def rows(self, file: Path, form: str, names: Sequence[str]) -> list[ListedRow]:
        """Return a file's rows; InputError when it is unreadable, too large or holds none."""
        ...
