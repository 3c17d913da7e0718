"""What perceive needs from the world: pixels of a picture that nobody trusts, decoded elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.sense.facts import Observation


class DecodedPicture(Protocol):
    """Pixels, and how large the picture really is."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Return BGR pixels (rows, columns, 3), maybe fewer than the picture has, at the same aspect."""
        ...

    @property
    def width(self) -> int:
        """Return the columns of the original picture."""
        ...

    @property
    def height(self) -> int:
        """Return the rows of the original picture."""
        ...


class PictureDecoder(Protocol):
    """Decodes pictures in a child process with limits (sense has the real one)."""

    def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> DecodedPicture:
        """Return the pixels of ``picture``.

        Args:
            picture: the file's bytes.
            name: what to call it in an error.
            wanted: width, height in pixels that suffice; a large picture may be decoded at a fraction not below it.

        Raises:
            InputError: the picture cannot be used.
            UnavailableError: the decoder itself is down.
        """
        ...


class Corridor(Protocol):
    """Knows where a camera's picture shows the pipe's corridor far away, for those cameras that are to be tiled."""

    def __call__(self, observation: Observation, /) -> tuple[float, float, float, float] | None:
        """Return left, top, right, bottom as shares 0-1 of the picture; None to look at the whole picture only."""
        ...
