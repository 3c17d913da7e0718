"""Cameras that are looked at by the clock: the schedule that workers share, what each look took, what it showed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from pipewarden.kit.db import Base
from pipewarden.sense.facts import CameraEvent, CameraState, Health, Keeping, Outcome, Pulse, Watch
from pipewarden.sense.store.river import CameraRow, ObservationRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class WatchRow(Base):
    """The schedule of one camera; ``lease`` names the worker that is looking right now."""

    __tablename__ = "sense_watches"
    __table_args__ = (Index("ix_sense_watches_due", "tenant_id", "due_at"),)

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    substream: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    state: Mapped[str | None] = mapped_column(Text)
    last: Mapped[str | None] = mapped_column(Text)
    run: Mapped[int]
    run_since: Mapped[datetime | None]
    bad_since: Mapped[datetime | None]
    close_left: Mapped[int]
    picture: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime | None]
    sighted_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)


class LookRow(Base):
    """What the house took by itself and may thin out; an observation that somebody sent has no such row."""

    __tablename__ = "sense_looks"
    __table_args__ = (
        Index("ix_sense_looks_camera_keeping_at", "camera_id", "keeping", "at"),
        Index("ix_sense_looks_keeping_id", "tenant_id", "keeping", "observation_id"),
        Index("ix_sense_looks_picture", "picture"),
    )

    observation_id: Mapped[UUID] = mapped_column(ForeignKey("sense_observations.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    at: Mapped[datetime]
    picture: Mapped[str] = mapped_column(Text)
    close: Mapped[bool]
    keeping: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None]


class CameraStateRow(Base):
    """A camera's state changed; written once."""

    __tablename__ = "sense_camera_states"
    __table_args__ = (Index("ix_sense_camera_states_camera_id", "camera_id", "at"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    since: Mapped[datetime]
    problem: Mapped[str | None] = mapped_column(Text)


def _watch(row: WatchRow, camera: CameraRow) -> Watch:
    return Watch(
        camera_id=row.camera_id,
        tenant_id=row.tenant_id,
        key=camera.key,
        source=row.source,
        substream=row.substream,
        interval_s=camera.interval_s,
        started_at=row.started_at,
        due_at=row.due_at,
        pulse=Pulse(
            state=None if row.state is None else CameraState(row.state),
            last=None if row.last is None else Outcome(row.last),
            run=row.run,
            run_since=row.run_since,
            bad_since=row.bad_since,
            close_left=row.close_left,
        ),
        picture=row.picture,
        seen_at=row.seen_at,
        sighted_at=row.sighted_at,
        problem=row.problem,
    )


def _columns(watch: Watch) -> dict[str, object]:
    pulse = watch.pulse
    return {
        "due_at": watch.due_at,
        "state": None if pulse.state is None else pulse.state.value,
        "last": None if pulse.last is None else pulse.last.value,
        "run": pulse.run,
        "run_since": pulse.run_since,
        "bad_since": pulse.bad_since,
        "close_left": pulse.close_left,
        "picture": watch.picture,
        "seen_at": watch.seen_at,
        "sighted_at": watch.sighted_at,
        "problem": watch.problem,
    }


def put_watch(session: Session, watch: Watch) -> None:
    """Begin a watch; of one that runs already only the addresses change, and it is due as the new one says."""
    told = {"source": watch.source, "substream": watch.substream, "due_at": watch.due_at}
    fresh = {"camera_id": watch.camera_id, "tenant_id": watch.tenant_id, "started_at": watch.started_at}
    statement = insert(WatchRow).values(**_columns(watch) | told | fresh)
    session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=told))


def end_watch(session: Session, tenant_id: UUID, camera_id: UUID) -> bool:
    """Look at the camera no more; return whether it was watched."""
    gone = delete(WatchRow).where(WatchRow.tenant_id == tenant_id, WatchRow.camera_id == camera_id)
    return session.scalar(gone.returning(WatchRow.camera_id)) is not None


def watches(session: Session, tenant_id: UUID) -> list[Watch]:
    """Return the tenant's watches by camera key."""
    rows = session.execute(
        select(WatchRow, CameraRow)
        .join(CameraRow, CameraRow.id == WatchRow.camera_id)
        .where(WatchRow.tenant_id == tenant_id)
        .order_by(CameraRow.key)
        .execution_options(populate_existing=True)
    )
    return [_watch(row, camera) for row, camera in rows]


def watch_of(session: Session, tenant_id: UUID, camera_id: UUID, *, lease: UUID | None = None) -> Watch | None:
    """Return one watch, locked until the transaction ends; None when it ended, or is not held under ``lease``."""
    query = (
        select(WatchRow, CameraRow)
        .join(CameraRow, CameraRow.id == WatchRow.camera_id)
        .where(WatchRow.tenant_id == tenant_id, WatchRow.camera_id == camera_id)
        .with_for_update(of=WatchRow)
        .execution_options(populate_existing=True)
    )
    if lease is not None:
        query = query.where(WatchRow.lease == lease)
    found = session.execute(query).first()
    return None if found is None else _watch(found[0], found[1])


def claim(session: Session, *, lease: UUID, now: datetime, lease_s: float, most: int) -> list[Watch]:
    """Take at most ``most`` due cameras that nobody else is taking, the longest due first, and put the lease on them.

    Every tenant's cameras wait in the one line: a worker is the house's, and nobody's camera waits for another's. A
    lease that ran out belonged to a worker that died or hung; its camera is free again.
    """
    free = or_(WatchRow.leased_until.is_(None), WatchRow.leased_until <= now)
    rows = session.execute(
        select(WatchRow, CameraRow)
        .join(CameraRow, CameraRow.id == WatchRow.camera_id)
        .where(WatchRow.due_at <= now, free)
        .order_by(WatchRow.due_at, WatchRow.camera_id)
        .limit(most)
        .with_for_update(of=WatchRow, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    until = now + timedelta(seconds=lease_s)
    if rows:
        taken = [row.camera_id for row, _ in rows]
        session.execute(
            update(WatchRow)
            .where(WatchRow.camera_id.in_(taken))
            .values(lease=lease, leased_until=until)
            .execution_options(synchronize_session=False)
        )
    return [_watch(row, camera) for row, camera in rows]


def settle(session: Session, watch: Watch, *, release: bool) -> None:
    """Write what a look, or a sighting, made of the watch; ``release`` gives the camera back."""
    values = _columns(watch) | ({"lease": None, "leased_until": None} if release else {})
    session.execute(
        update(WatchRow)
        .where(WatchRow.camera_id == watch.camera_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def add_state(session: Session, event: CameraEvent) -> None:
    """Append a change of state."""
    columns = CameraStateRow.__table__.columns.keys()
    session.execute(
        insert(CameraStateRow).values({name: getattr(event, name) for name in columns} | {"state": event.state.value})
    )


def healths(session: Session, camera_ids: Collection[UUID]) -> dict[UUID, Health]:
    """Return how each watched camera among ``camera_ids``, of any tenant, is doing: the caller brings the scope."""
    last = (
        select(CameraStateRow.camera_id, CameraStateRow.since)
        .where(CameraStateRow.camera_id.in_(camera_ids))
        .order_by(CameraStateRow.camera_id, CameraStateRow.at.desc(), CameraStateRow.id.desc())
        .ext(distinct_on(CameraStateRow.camera_id))
        .subquery()
    )
    rows = session.execute(
        select(
            WatchRow.camera_id,
            WatchRow.state,
            last.c.since,
            WatchRow.seen_at,
            WatchRow.problem,
        )
        .outerjoin(last, last.c.camera_id == WatchRow.camera_id)
        .where(WatchRow.camera_id.in_(camera_ids))
    )
    return {
        camera_id: Health(
            state=None if state is None else CameraState(state),
            since=None if state is None else since,
            seen_at=seen_at,
            problem=problem,
        )
        for camera_id, state, since, seen_at, problem in rows
    }


def states(
    session: Session,
    tenant_id: UUID,
    camera_id: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[CameraEvent]:
    """Return how the camera's state changed, oldest first: all of it, or a page that follows ``after``."""
    wanted = select(CameraStateRow).where(CameraStateRow.tenant_id == tenant_id, CameraStateRow.camera_id == camera_id)
    if after is not None:
        wanted = wanted.where(tuple_(CameraStateRow.at, CameraStateRow.id) > after)
    rows = session.scalars(wanted.order_by(CameraStateRow.at, CameraStateRow.id).limit(limit))
    return [
        CameraEvent(
            id=row.id,
            tenant_id=row.tenant_id,
            camera_id=row.camera_id,
            state=CameraState(row.state),
            at=row.at,
            since=row.since,
            problem=row.problem,
        )
        for row in rows
    ]


def camera_of_states(session: Session, tenant_id: UUID, event_ids: Collection[UUID]) -> list[UUID]:
    """Return whose state changed by those events."""
    return list(
        session.scalars(
            select(CameraStateRow.camera_id)
            .where(CameraStateRow.tenant_id == tenant_id, CameraStateRow.id.in_(event_ids))
            .distinct()
        )
    )


def add_look(session: Session, watch: Watch, observation_id: UUID, *, at: datetime, picture: str) -> None:
    """Note that the house took this picture by itself."""
    session.execute(
        insert(LookRow)
        .values(
            observation_id=observation_id,
            tenant_id=watch.tenant_id,
            camera_id=watch.camera_id,
            at=at,
            picture=picture,
            close=watch.pulse.close_left > 0,
            keeping=Keeping.NEW.value,
        )
        .on_conflict_do_nothing()
    )


def looks_of(session: Session, tenant_id: UUID, observation_ids: Collection[UUID]) -> list[LookRow]:
    """Return the looks behind those observations that are not settled yet, in order of time."""
    rows = session.scalars(
        select(LookRow)
        .where(
            LookRow.tenant_id == tenant_id,
            LookRow.observation_id.in_(observation_ids),
            LookRow.keeping == Keeping.NEW.value,
        )
        .order_by(LookRow.at, LookRow.observation_id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


def samples(session: Session, camera_ids: Collection[UUID]) -> dict[UUID, tuple[datetime, int]]:
    """Return for each camera when its last sample was taken, and how many quiet frames were not kept since."""
    quiet = aliased(LookRow)
    last = (
        select(LookRow.camera_id, func.max(LookRow.at).label("at"))
        .where(LookRow.camera_id.in_(camera_ids), LookRow.keeping == Keeping.SAMPLED.value)
        .group_by(LookRow.camera_id)
        .subquery()
    )
    rows = session.execute(
        select(last.c.camera_id, last.c.at, func.count(quiet.observation_id))
        .outerjoin(
            quiet,
            (quiet.camera_id == last.c.camera_id)
            & (quiet.at > last.c.at)
            & quiet.keeping.in_([Keeping.QUIET.value, Keeping.DROPPED.value]),
        )
        .group_by(last.c.camera_id, last.c.at)
    )
    return {camera_id: (at, count) for camera_id, at, count in rows}


def mark_looks(session: Session, kept: Mapping[UUID, Keeping], now: datetime) -> None:
    """Write what becomes of each look's picture, one statement per fate."""
    for fate in sorted(set(kept.values())):
        ids = [one for one, its in kept.items() if its is fate]
        session.execute(
            update(LookRow)
            .where(LookRow.observation_id.in_(ids))
            .values(keeping=fate.value, settled_at=now)
            .execution_options(synchronize_session=False)
        )


def droppable(session: Session, tenant_id: UUID, *, before: datetime, most: int) -> list[tuple[UUID, str]]:
    """Lock and return (observation, picture) of quiet looks settled before ``before``, the oldest first."""
    rows = session.execute(
        select(LookRow.observation_id, LookRow.picture)
        .where(LookRow.tenant_id == tenant_id, LookRow.keeping == Keeping.QUIET.value, LookRow.settled_at <= before)
        .order_by(LookRow.observation_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [(observation_id, picture) for observation_id, picture in rows]


def shared_pictures(session: Session, pictures: Collection[str]) -> set[str]:
    """Return those of ``pictures`` that any observation of any tenant needs which is not a quiet look itself.

    This covers what is not screened yet, what has findings, what was sampled, and what somebody sent: none of them has
    a look that says quiet.
    """
    may_go = LookRow.keeping.in_([Keeping.QUIET.value, Keeping.DROPPED.value])
    rows = session.scalars(
        select(ObservationRow.picture)
        .outerjoin(LookRow, (LookRow.observation_id == ObservationRow.id) & may_go)
        .where(ObservationRow.picture.in_(pictures), LookRow.observation_id.is_(None))
        .distinct()
    )
    return set(rows)


def hold_picture(session: Session, picture: str, *, alone: bool) -> bool:
    """Hold a picture's name until the transaction ends and return whether it is held.

    Many may hold it at once who are storing it, waiting for whoever deletes; ``alone`` is for deleting and never waits.
    Without it a picture could be found present, deleted by the other, and then named by a row that commits too late.
    """
    key = int.from_bytes(hashlib.sha256(f"picture\0{picture}".encode()).digest()[:8], "big", signed=True)
    if alone:
        return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key))))
    session.execute(select(func.pg_advisory_xact_lock_shared(key)))
    return True
