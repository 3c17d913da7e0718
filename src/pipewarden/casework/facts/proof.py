"""What shows that something happened outdoors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that something happened outdoors.

    Attributes:
        pictures: SHA-256 of stored pictures.
        lon: where the person stood, degrees WGS-84; None where no position came.
        accuracy_m: of the position, 1 sigma.
        words: what the person wrote.
        signed_by: who signed; ``refused`` with a ``witness`` or a picture stands in for a signature.
    """

    pictures: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    words: str = ""
    signed_by: tuple[str, ...] = ()
    refused: bool = False
    witness: str = ""
