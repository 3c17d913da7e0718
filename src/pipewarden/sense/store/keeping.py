"""What sense still has of old pictures and tracks: every query of retention on its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select, true, tuple_, update

from pipewarden.people.service import proved_gone
from pipewarden.sense.facts import ObservationKind
from pipewarden.sense.store.river import ObservationRow, ToldRow, told_of
from pipewarden.sense.store.trips import FixRow, TripRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from pipewarden.sense.facts import Told


@dataclass(frozen=True, slots=True)
class OldPicture:
    """One picture of a tenant, whoever sent it how often: ``since`` is when it came last."""

    picture: str
    since: datetime
    cameras: tuple[UUID, ...]
    owners: tuple[UUID, ...]


def old_pictures(
    session: Session,
    tenant_id: UUID,
    *,
    looks: bool,
    before: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    owner_id: UUID | None = None,
    pictures: Collection[str] | None = None,
    limit: int,
) -> list[OldPicture]:
    """Return pictures of a tenant that are not proved to be gone, by (last came, picture).

    Args:
        session: of the transaction.
        tenant_id: whose.
        looks: those of cameras; else those that anybody sent, a picture that came both ways among them.
        before: the last time it came is this moment or earlier.
        after: past this one.
        owner_id: only what this person sent.
        pictures: only these.
        limit: pictures at most.
    """
    last = func.max(ObservationRow.received_at)
    only_frames = func.bool_and(ObservationRow.kind == ObservationKind.FRAME.value)
    having: list[ColumnElement[bool]] = [only_frames.is_(looks)]
    if before is not None:
        having.append(last <= before)
    if after is not None:
        having.append(tuple_(last, ObservationRow.picture) > after)
    if owner_id is not None:
        having.append(func.bool_or(ToldRow.owner_id == owner_id))
    cameras = func.array_remove(func.array_agg(ObservationRow.camera_id.distinct()), None)
    owners = func.array_remove(func.array_agg(ToldRow.owner_id.distinct()), None)
    rows = session.execute(
        select(ObservationRow.picture, last, cameras, owners)
        .outerjoin(ToldRow, ToldRow.observation_id == ObservationRow.id)
        .where(
            ObservationRow.tenant_id == tenant_id,
            ObservationRow.picture != "",
            true() if pictures is None else ObservationRow.picture.in_(pictures),
            ~proved_gone(tenant_id, ObservationRow.picture, ObservationRow.received_at),
        )
        .group_by(ObservationRow.picture)
        .having(and_(*having))
        .order_by(last, ObservationRow.picture)
        .limit(limit)
    )
    return [OldPicture(picture, since, tuple(seen or ()), tuple(sent or ())) for picture, since, seen, sent in rows]


def only_in(session: Session, tenant_id: UUID, observation_ids: Collection[UUID]) -> set[str]:
    """Return the pictures of these observations that no other observation of the tenant has."""
    mine = (ObservationRow.tenant_id == tenant_id, ObservationRow.picture != "")
    names = set(session.scalars(select(ObservationRow.picture).where(*mine, ObservationRow.id.in_(observation_ids))))
    others = (*mine, ObservationRow.picture.in_(names), ObservationRow.id.not_in(observation_ids))
    return names - set(session.scalars(select(ObservationRow.picture).where(*others))) if names else names


def forget_words_of(session: Session, tenant_id: UUID, observation_ids: Collection[UUID]) -> None:
    """Take words and extras out of what was told with these observations."""
    mine = (ToldRow.tenant_id == tenant_id, ToldRow.observation_id.in_(observation_ids))
    session.execute(update(ToldRow).where(*mine).values(words=None, extra={}))


def others_have(session: Session, tenant_id: UUID, pictures: Collection[str]) -> set[str]:
    """Return those pictures that another tenant has as well and that are not proved to be gone there."""
    rows = session.scalars(
        select(ObservationRow.picture)
        .where(
            ObservationRow.picture.in_(pictures),
            ObservationRow.tenant_id != tenant_id,
            ~proved_gone(ObservationRow.tenant_id, ObservationRow.picture, ObservationRow.received_at),
        )
        .distinct()
    )
    return set(rows)


def old_fixes(
    session: Session,
    tenant_id: UUID,
    *,
    before: datetime | None = None,
    after: tuple[datetime, UUID] | None = None,
    owner_id: UUID | None = None,
    limit: int,
) -> list[tuple[UUID, datetime, UUID, UUID]]:
    """Return (observation, when, camera, owner) of positions of a tenant's trips, by (when, observation)."""
    wanted: list[ColumnElement[bool]] = [FixRow.tenant_id == tenant_id]
    if before is not None:
        wanted.append(FixRow.at <= before)
    if after is not None:
        wanted.append(or_(FixRow.at > after[0], and_(FixRow.at == after[0], FixRow.observation_id > after[1])))
    if owner_id is not None:
        wanted.append(TripRow.owner_id == owner_id)
    rows = session.execute(
        select(FixRow.observation_id, FixRow.at, TripRow.camera_id, TripRow.owner_id)
        .join(TripRow, TripRow.id == FixRow.trip_id)
        .where(*wanted)
        .order_by(FixRow.at, FixRow.observation_id)
        .limit(limit)
    )
    return [(one, at, camera, owner) for one, at, camera, owner in rows]


def drop_fixes(session: Session, ids: Collection[UUID]) -> None:
    """Delete positions."""
    session.execute(delete(FixRow).where(FixRow.observation_id.in_(ids)))


def told_by(session: Session, tenant_id: UUID, owner_id: UUID, limit: int) -> list[Told]:
    """Return what a person sent, newest first."""
    mine = (ToldRow.tenant_id == tenant_id, ToldRow.owner_id == owner_id)
    rows = session.scalars(select(ToldRow).where(*mine).order_by(ToldRow.observation_id.desc()).limit(limit))
    return [told_of(row) for row in rows]


def forget_words(session: Session, tenant_id: UUID, owner_id: UUID) -> int:
    """Take words and extras out of what a person sent and return of how many rows."""
    mine = (ToldRow.tenant_id == tenant_id, ToldRow.owner_id == owner_id, ToldRow.words.is_not(None))
    return len(
        session.scalars(
            update(ToldRow).where(*mine).values(words=None, extra={}).returning(ToldRow.observation_id)
        ).all()
    )
