"""What the network needs from the world: readers of pipe maps and mapping files, and base maps' squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.network.facts import Layer
    from pipewarden.network.facts.basemaps import Fetched


class NetworkReader(Protocol):
    """Reads pipe maps and mapping files."""

    def read(self, path: Path) -> Layer:
        """Return the file's rows; InputError when it is no readable map or is larger than the limits."""
        ...

    def mapping(self, name: str | None) -> tuple[str, object]:
        """Return name and parsed YAML of a shipped mapping, of the file at this path, or of the generic one."""
        ...


class Squares(Protocol):
    """Where the squares of one base map come from."""

    def get(self, z: int, x: int, y: int) -> Fetched:
        """Return a square by its XYZ numbers; UnavailableError without an address when its source is away."""
        ...
