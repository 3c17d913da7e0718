"""Which pictures an act on a site names: by their ids as it is asked, by their hashes as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.http.asked import NoteIn, ProofIn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.http.asked import Act


def pictures_of(asked: Act) -> Sequence[str]:
    """Return the pictures that an act names: by their ids as it was asked, by their hashes after ``with_pictures``."""
    if isinstance(asked, NoteIn):
        return asked.shown
    proof = getattr(asked, "proof", None)
    return proof.pictures if isinstance(proof, ProofIn) else ()


def with_pictures(asked: Act, hashes: Sequence[str]) -> Act:
    """Return an act that names its pictures by hash, as events do: the ids of the request end here."""
    if isinstance(asked, NoteIn):
        return asked.model_copy(update={"shown": list(hashes)})
    proof = getattr(asked, "proof", None)
    if not isinstance(proof, ProofIn):
        return asked
    return asked.model_copy(update={"proof": proof.model_copy(update={"pictures": list(hashes)})})
