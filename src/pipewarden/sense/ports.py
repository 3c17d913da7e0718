"""What sense needs from the world: someone who turns bytes into pixels, and someone who hands over frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.sense.facts import Decoded, Frame


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
