"""What happened to sites, as it is written and read; append-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy import and_, func, or_, select

from pipewarden.casework.facts import Body, SiteEvent, SiteState
from pipewarden.casework.store.tables import SiteEventRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work

BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="kind")])
ENDS = or_(  # as rules.ending.ends has it
    SiteEventRow.kind == "ended",
    and_(SiteEventRow.kind == "advanced", SiteEventRow.body["to"].astext == SiteState.CLOSED.value),
)


def events(work: Work, site_id: UUID, *, limit: int | None = None, after: int = 0) -> list[SiteEvent]:
    """Return what happened to a site past its version ``after``, oldest first."""
    rows = work.session.scalars(
        select(SiteEventRow)
        .where(SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.site_id == site_id, SiteEventRow.version > after)
        .order_by(SiteEventRow.version)
        .limit(limit)
    )
    return [_event(row) for row in rows]


def events_by_id(work: Work, event_ids: Collection[UUID]) -> dict[UUID, SiteEvent]:
    """Return those of ``event_ids`` that there are, of the tenant: what ``casework.changed`` names."""
    rows = work.session.scalars(
        select(SiteEventRow).where(SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.id.in_(set(event_ids)))
    )
    return {row.id: _event(row) for row in rows}


def happened_since(work: Work, since: datetime) -> list[UUID]:
    """Return the tenant's sites to which anything happened since a moment, by id."""
    found = select(SiteEventRow.site_id).where(SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.at >= since)
    return list(work.session.scalars(found.distinct().order_by(SiteEventRow.site_id)))


def last_of(work: Work, site_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when anything last happened to each of the tenant's sites among ``site_ids``."""
    mine = (SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.site_id.in_(set(site_ids)))
    found = select(SiteEventRow.site_id, func.max(SiteEventRow.at)).where(*mine).group_by(SiteEventRow.site_id)
    return dict(work.session.execute(found).all())


def sites_of_events(work: Work, event_ids: Collection[UUID]) -> set[UUID]:
    """Return the sites, of any tenant, to which these events happened: the caller scopes them."""
    return set(work.session.scalars(select(SiteEventRow.site_id).where(SiteEventRow.id.in_(set(event_ids)))))


def ends(work: Work, *, after: int, limit: int) -> list[tuple[int, UUID]]:
    """Return the tenant's events past the place ``after`` that ended a site, oldest first, each with its place."""
    rows = work.session.execute(
        select(SiteEventRow.seq, SiteEventRow.id)
        .where(SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.seq > after, ENDS)
        .order_by(SiteEventRow.seq)
        .limit(limit)
    )
    return [(seq, event_id) for seq, event_id in rows]


def ends_among(work: Work, event_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's events that ended a site; none of them is read."""
    mine = SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.id.in_(set(event_ids))
    return set(work.session.scalars(select(SiteEventRow.id).where(*mine, ENDS)))


def names_picture(work: Work, site_id: UUID, sha256: str) -> bool:
    """Return whether anything that happened on a site names a picture."""
    body = SiteEventRow.body
    named = or_(body["proof"]["pictures"].contains([sha256]), body["pictures"].contains([sha256]))
    found = select(SiteEventRow.seq).where(
        SiteEventRow.tenant_id == work.tenant_id, SiteEventRow.site_id == site_id, named
    )
    return work.session.scalar(found.limit(1)) is not None


def _event(row: SiteEventRow) -> SiteEvent:
    return SiteEvent(
        id=row.id,
        tenant_id=row.tenant_id,
        site_id=row.site_id,
        at=row.at,
        actor=row.actor,
        version=row.version,
        body=BODY.validate_python(row.body),
        made_at=row.made_at,
    )


def event_columns(event: SiteEvent) -> dict[str, object]:
    """Return an event as its row."""
    return {
        "id": event.id,
        "tenant_id": event.tenant_id,
        "site_id": event.site_id,
        "version": event.version,
        "kind": event.body.kind,
        "at": event.at,
        "actor": event.actor,
        "body": BODY.dump_python(event.body, mode="json"),
        "made_at": event.made_at,
    }
