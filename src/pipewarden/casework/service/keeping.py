"""Pictures that prove what was done at a site: kept for years after it ended and after its last paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from pipewarden.casework.service.pictures import apart
from pipewarden.casework.store import keeping
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


class Papers(Protocol):
    """Knows when a site's last paper was issued; ``act`` has the papers, and casework has never heard of it."""

    def __call__(self, work: Work, site_ids: Collection[UUID], /) -> Mapping[UUID, datetime]:
        """Return the moment of each site's last paper; absent where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class EvidenceKeeper:
    """Implements ``people.ports.Keeper``; a piece is a site with all of its pictures.

    Attributes:
        blobs: the house's; a site's pictures lie below it in a folder of their own.
    """

    blobs: BlobStore
    papers: Papers
    cls: DataClass = DataClass.EVIDENCE

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return pictures of sites that ended before a moment, site by site; they count from the last paper on."""
        past = None if after is None else UUID(after[1].partition("/")[0])
        found: list[Kept] = []
        while not found and (sites := keeping.ended(work, before=before, after=past, limit=limit)):
            papers = self.papers(work, [one for one, _ in sites])
            for site_id, ended_at in sites:
                since = max(ended_at, papers.get(site_id, ended_at))
                found += [
                    Kept(self.cls, f"{site_id}/{one}", one, since, frozenset({f"site:{site_id}", f"picture:{one}"}))
                    for one in _pictures(self._folder(site_id).root)
                ]
            past = sites[-1][0]
        return found

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what a paper cites counts from that paper on."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Delete the files; the events that name them stay."""
        for one in items:
            site_id, _, sha256 = one.id.partition("/")
            self._folder(UUID(site_id)).path(sha256).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  same
        """Return nothing: proof of what a company did at a site is not one person's own."""
        return []

    def _folder(self, site_id: UUID) -> BlobStore:
        return apart(self.blobs, site_id)


def _pictures(folder: Path) -> list[str]:
    """Return the SHA-256 of every picture in a site's folder."""
    return sorted(one.parent.name + one.name for one in folder.glob("[0-9a-f][0-9a-f]/*") if one.name[0] != ".")
