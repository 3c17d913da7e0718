"""What people reported: for how long, and how it goes; that something was seen there, and when, stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.field.store import keeping as store
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class ReportKeeper:
    """Implements ``people.ports.Keeper``.

    Attributes:
        blobs: where pictures lie whose report waits for a person.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.REPORTS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return reports received before a moment that still say something."""
        return [_kept(one) for one in store.old(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Return those that a person has yet to look at."""
        return {str(one.id) for one in store.by_id(work, [UUID(one.id) for one in items]) if one.waits}

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other report names."""
        ids = [UUID(one.id) for one in items]
        pictures = {picture for one in store.by_id(work, ids) for picture in one.pictures}
        store.blank(work, ids)
        for one in sorted(pictures):
            if not store.named(work, one):
                self.blobs.path(one).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_report(self, work: Work, report_id: UUID) -> list[Kept]:
        """Return what there is of one report."""
        return [_kept(one) for one in store.by_id(work, [report_id])]

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return what a person reported in their name."""
        return [_kept(one) for one in store.old(work, person_id=person_id, limit=limit)]


def _kept(one: store.OldReport) -> Kept:
    names = {f"report:{one.id}", *(f"picture:{each}" for each in one.pictures)}
    if one.person_id is not None:
        names.add(f"person:{one.person_id}")
    return Kept(DataClass.REPORTS, str(one.id), people.digest_of(str(one.id)), one.at, frozenset(names))
