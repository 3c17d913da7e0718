"""What field needs of the house around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work


class LetGo(Protocol):
    """Deletes pictures of the river that somebody wants gone; what proves something, or is held, stays."""

    def __call__(self, work: Work, observations: Collection[UUID], rule: str, /) -> int:
        """Delete the pictures that came with these observations alone, each with a proof; return how many stay."""
