"""What learning needs from the world: labelled pictures from somewhere, and somewhere to put an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipewarden.learn.facts import Sample


class LabelledPictures(Protocol):
    """Pictures with labels, their bytes already in the blob store."""

    def samples(self) -> Iterator[Sample]:
        """Yield every picture that can be read.

        Raises:
            InputError: the labels cannot be read at all.
        """
        ...


class ExportFolder(Protocol):
    """Takes a data set out as files."""

    def picture(self, name: str, content: bytes) -> None:
        """Write one picture, re-encoded by nobody: the hash in its name stays true."""
        ...

    def document(self, name: str, content: Mapping[str, object]) -> None:
        """Write one JSON document, after every picture it names."""
        ...

    def lines(self, name: str, rows: Sequence[str]) -> None:
        """Write one text of a row a line, after every picture it names."""
        ...
