"""How long is kept what people told another system that handed it on: words, address, where their picture lies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select, tuple_, update

from pipewarden.exchange.facts.open311 import Media
from pipewarden.exchange.store.open311 import Request311Row

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.work import Work


def old(work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[tuple[UUID, datetime]]:
    """Return (id, when it was made) of the tenant's requests that still say something, in that order."""
    row = Request311Row
    says = or_(row.description != "", row.address != "", row.media_url != "")
    wanted = [row.tenant_id == work.tenant_id, says, row.requested_at <= before]
    if after is not None:
        wanted.append(tuple_(row.requested_at, row.id) > (after[0], UUID(after[1])))
    asked = select(row.id, row.requested_at).where(*wanted).order_by(row.requested_at, row.id).limit(limit)
    return [(one, at) for one, at in work.session.execute(asked)]


def blank(work: Work, ids: Collection[UUID]) -> None:
    """Take out what people said; kind, place on the grid and what became of it stay, as anybody may read them."""
    gone = {"description": "", "address": "", "media_url": "", "repeat": b"", "media": Media.NONE.value}
    mine = (Request311Row.tenant_id == work.tenant_id, Request311Row.id.in_(set(ids)))
    work.session.execute(update(Request311Row).where(*mine).values(**gone).execution_options(synchronize_session=False))
