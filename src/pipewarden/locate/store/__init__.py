"""The tables of locate and every query on them."""

from pipewarden.locate.store.commissioning import ProofRow, add_proof, proofs
from pipewarden.locate.store.eyes import EyeRow, add_eye, blind, eye_events, eyes, not_online
from pipewarden.locate.store.placements import PlacedRow, PlacementRow, add, placed, read

__all__ = [
    "EyeRow",
    "PlacedRow",
    "PlacementRow",
    "ProofRow",
    "add",
    "add_eye",
    "add_proof",
    "blind",
    "eye_events",
    "eyes",
    "not_online",
    "placed",
    "proofs",
    "read",
]
