"""Weights files, read once and checked: the very bytes that were hashed are the bytes that run."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.inference.facts import ModelCard

_FIX = "Restore the file from the release, or describe the new one with the lab's export command."


def read_weights(folder: Path, card: ModelCard) -> bytes:
    """Return the bytes of a weights file.

    Raises:
        InputError: the file is missing, or its size or SHA-256 is not the one in the manifest.
    """
    name, path = card.ref.name, folder / card.file
    try:
        size = path.stat().st_size
        if size != card.bytes:
            raise InputError(
                field=f"{name}.bytes", problem=f"{path} has {size} bytes, the manifest says {card.bytes}", fix=_FIX
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(field=f"{name}.file", problem=f"{path} cannot be read ({error.strerror})", fix=_FIX) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.ref.sha256:
        raise InputError(
            field=f"{name}.sha256",
            problem=f"{path} is {found[:12]}…, the manifest says {card.ref.sha256[:12]}…",
            fix=_FIX,
        )
    return content
