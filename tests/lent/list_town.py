"""Lists imported by a tenant, as several suites do it: the tenant's area is drawn around wherever the list lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from pipewarden.casework import service, store
from pipewarden.main.files import read_permits, read_sent_permits
from pipewarden.people import service as people
from pipewarden.people.facts import NewArea

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.casework.facts import FilingEvent, Gap, ListImport
    from pipewarden.casework.store.filings import KeptFiling
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import PermitList


@dataclass(slots=True)
class ListTown:
    """A tenant that imports lists."""

    work: Work

    def area(self, west: float, south: float, east: float, north: float) -> None:
        """Draw an area of the tenant's own."""
        wkb = bytes(shapely.to_wkb(shapely.box(west, south, east, north)))
        root = people.operator(self.work.tenant_id)
        people.add_area(self.work, root, NewArea(f"a{west:.0f}-{south:.0f}", "own", wkb=wkb))

    def take(self, told: object, mapping: str, **how: Any) -> ListImport:
        """Import rows (JSON) or text (XML)."""
        content = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
        return self.took(read_sent_permits("list", content.encode(), mapping), **how)

    def file(self, path: Path, mapping: str, **how: Any) -> ListImport:
        """Import a file or folder."""
        return self.took(read_permits(path, mapping), **how)

    def took(self, found: PermitList, **how: Any) -> ListImport:
        """Import what was read."""
        return service.import_list(self.work, people.operator(self.work.tenant_id), found, **how)

    def filings(self) -> list[KeptFiling]:
        """Return every filing, newest first."""
        wanted = service.FilingFilter(at=self.work.now())
        return service.filings(self.work, people.operator(self.work.tenant_id), wanted, limit=10_000)

    def events(self, filing_id: UUID) -> list[FilingEvent]:
        """Return what happened to one."""
        return store.filings.events(self.work, filing_id, limit=100)

    def gaps(self) -> list[Gap]:
        """Return the open holes."""
        return store.lists.gaps(self.work, store.lists.GapFilter())

    def breaches(self) -> list[tuple[str, str]]:
        """Return what the house has found wrong with itself and told nobody yet."""
        return [(one.what, one.words) for one in store.watched.untold(self.work, limit=100)]
