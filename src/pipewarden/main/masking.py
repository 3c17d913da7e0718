"""Opens the decoder that masks, by the shipped privacy policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.people import service as people
from pipewarden.sense.adapters.masking import masking_decoder

if TYPE_CHECKING:
    from pipewarden.sense.adapters.decoder import ChildDecoder


def masking() -> ChildDecoder:
    """Return a decoder whose pixels are masked; use it as a context manager.

    Raises:
        InputError: the weights folder lacks a net.
    """
    return masking_decoder(people.privacy_policy().mask)
