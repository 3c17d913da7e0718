"""Which sites have ended, for who keeps their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def ended(work: Work, *, before: datetime, after: UUID | None, limit: int) -> list[tuple[UUID, datetime]]:
    """Return (site, when it ended) of the tenant's sites that ended by a moment, by id, past ``after``."""
    wanted: list[ColumnElement[bool]] = [SiteRow.tenant_id == work.tenant_id, SiteRow.ended_at <= before]
    if after is not None:
        wanted.append(SiteRow.id > after)
    rows = work.session.execute(select(SiteRow.id, SiteRow.ended_at).where(*wanted).order_by(SiteRow.id).limit(limit))
    return [(site_id, at) for site_id, at in rows if at is not None]
