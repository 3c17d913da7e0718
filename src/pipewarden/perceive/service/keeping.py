"""Pictures of gas at home: for how long, and how they go, words and features with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.people.facts.privacy import DataClass, Kept
from pipewarden.perceive.store import indoor_keeping as store

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class IndoorKeeper:
    """Implements ``people.ports.Keeper``.

    Attributes:
        blobs: where the pictures of homes lie, apart from the streets'.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.INDOOR

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return pictures sent before a moment."""
        return [_kept(one) for one in store.old(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what was answered and reviewed stays, its picture does not."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other home's row names."""
        store.blank(work, [one.id for one in items])
        for one in items:
            if not store.named(work, one.digest):
                self.blobs.path(one.digest).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return the pictures of a person's home."""
        return [_kept(one) for one in store.old(work, owner_id=person_id, limit=limit)]


def _kept(one: store.OldRoom) -> Kept:
    names = frozenset({f"picture:{one.picture}", f"person:{one.owner_id}"})
    return Kept(DataClass.INDOOR, str(one.id), one.picture, one.at, names)
