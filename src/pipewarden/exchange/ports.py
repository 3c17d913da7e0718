"""What exchange needs of the outside: a guarded way to cities' servers and to pictures, and files of map layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.exchange.facts.gis import Feature, LayerAbout, LayerName


@dataclass(frozen=True, slots=True)
class Got:
    """What came back, also when it is an error."""

    status: int
    body: bytes


class Wire(Protocol):
    """Asks strangers; every address is checked before the first byte, and what comes back is bounded."""

    def get(self, url: str, params: Mapping[str, str], *, tenant: str, most: int, within_s: float) -> Got:
        """Get an address, and where it leads, three steps at most.

        Raises:
            RefusedError: an address is not allowed.
            UnavailableError: it does not answer in time.
            InputError: the answer is larger than ``most`` bytes.
        """
        ...

    def post(self, url: str, form: Mapping[str, str], *, tenant: str, within_s: float) -> Got:
        """Post a form; it follows nothing, and goes to no public address without TLS.

        Raises:
            RefusedError, UnavailableError: as for ``get``.
        """
        ...


class MapFile(Protocol):
    """A file of map layers that is being written."""

    def begin(self, name: LayerName, about: LayerAbout) -> None:
        """Begin a layer; what is added next belongs to it."""
        ...

    def add(self, features: Sequence[Feature]) -> None:
        """Write features; they need not be kept by who gives them."""
        ...

    def end(self, mark: Mapping[str, str]) -> tuple[int, str]:
        """Write who took it, close the file and return its size in bytes and its SHA-256 in hex."""
        ...
