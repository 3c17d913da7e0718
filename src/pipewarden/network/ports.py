"""What the network needs from the world: someone who reads a pipe map, and its mapping file, off a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.network.facts import Layer


class NetworkReader(Protocol):
    """Reads pipe maps and mapping files."""

    def read(self, path: Path) -> Layer:
        """Return the file's rows; InputError when it is no readable map or is larger than the limits."""
        ...

    def mapping(self, name: str | None) -> tuple[str, object]:
        """Return name and parsed YAML of a shipped mapping, of the file at this path, or of the generic one."""
        ...
