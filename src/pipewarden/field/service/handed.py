"""What other systems that hand on reports need of them: to find them again, and to bring a picture after the words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.field.facts.reports import ReportState, Spot
from pipewarden.field.service.reporting import into_river
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import ReportRow
from pipewarden.people.facts import NotFoundError
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.field.facts.reports import Report
    from pipewarden.field.service.reporting import Desk
    from pipewarden.kit.work import Work

_ASSUMED_M = 50.0


def report(work: Work, report_id: UUID) -> Report:
    """Return a report of the tenant, for the house's own work.

    Raises:
        NotFoundError: the tenant has none of this id.
    """
    found = store.reports(work, ReportRow.id == report_id, ReportRow.tenant_id == work.tenant_id, limit=1)
    if not found:
        raise NotFoundError.of("report")
    return found[0]


def received_since(work: Work, since: datetime, *, limit: int, before: UUID | None = None) -> list[Report]:
    """Return the tenant's reports that were received since a moment, the newest first."""
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.received_at >= since)
    return store.reports(work, *mine, limit=limit, before=before)


def spoken(work: Work, draft: UUID) -> bool:
    """Say whether added words of this draft are there."""
    return store.said_by_draft(work, draft) is not None


def add_pictures(work: Work, desk: Desk, report_id: UUID, pictures: Sequence[bytes]) -> Report:
    """Bring pictures after the words: into the river where the report is there, else to where its pictures wait.

    Raises:
        NotFoundError: the tenant has no such report.
        InputError: a file is no picture; the words stand all the same.
    """
    found = report(work, report_id)
    store.lock(work, f"draft:{found.draft}")
    found = report(work, report_id)
    for number, one in enumerate(pictures, start=1):
        sense.check_picture(one, f"picture {number}")
    if found.state is ReportState.TAKEN and found.lon is not None and found.lat is not None:
        place = Spot(found.lon, found.lat, found.accuracy_m or _ASSUMED_M, found.said_crs, "device")
        made = into_river(work, desk, found, place, list(pictures), first=len(found.observations))
        store.change(work, found.id, observations=[*found.observations, *made])
        return replace(found, observations=(*found.observations, *made))
    kept = [*found.pictures, *(desk.waiting.put(one) for one in pictures)]
    store.change(work, found.id, pictures=kept)
    return replace(found, pictures=tuple(kept))
