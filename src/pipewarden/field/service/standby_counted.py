"""What later slices count of standing by: hours owed and shifts, read-only. The caller scopes the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.store import standby as store
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.field.facts.standby import OwedHour
    from pipewarden.kit.work import Work

MOST = 200_000


def owed_hours(work: Work, tenant_ids: Collection[UUID], since: datetime, until: datetime) -> list[OwedHour]:
    """Return every check that some tenants' shifts owed in a time: those that came and those that did not.

    Raises:
        InputError: there are more than ``MOST``.
    """
    found = store.owed_hours(work, tenant_ids, since, until, limit=MOST + 1)
    if len(found) > MOST:
        problem = f"the time holds more than {MOST} hours of standing by"
        raise InputError(field="until", problem=problem, fix="Ask for a shorter time.")
    return found


def shifts_at(work: Work, site_ids: Collection[UUID], since: datetime, until: datetime) -> dict[UUID, datetime]:
    """Return those of some sites where somebody stood by at any time of a period, with since when."""
    return store.shifts_at(work, site_ids, since, until)
