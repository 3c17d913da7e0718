"""What insight needs from the world: a press for its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.act.facts import Sheet


class Press(Protocol):
    """What draws a sheet; see ``act.ports.Press``, whose real one it is."""

    def pdf(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> bytes:
        """Return the sheet as PDF/A-2b.

        Raises:
            InputError: it cannot be drawn, or not within the limits.
            UnavailableError: the font or the press itself is not there.
        """
        ...
