"""How each camera has been seeing: its last view, the views it is held against, and when its sight changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from sqlalchemy import Boolean, Double, ForeignKey, Index, LargeBinary, Text, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.perceive.facts import Fault, Reference, Seeing, SightEvent
from pipewarden.perceive.rules import SIZE, Clock, Sight, View, view_of_grey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipewarden.kit.work import Work

_NAME = 16  # bytes of one view's name
NAMES = 150  # a day at one look in ten minutes: a recording is seldom longer


class _ViewColumns:
    """A view as it is kept: its small grey copy and three numbers; the rest follows from them."""

    grey: Mapped[bytes] = mapped_column(LargeBinary)
    mean: Mapped[float] = mapped_column(Double)
    spread: Mapped[float] = mapped_column(Double)
    sharp: Mapped[float] = mapped_column(Double)


class SightRow(_ViewColumns, Base):
    """One camera's sight after its last look; ``names`` are those of its last views, one after the other."""

    __tablename__ = "perceive_sights"

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    observation_id: Mapped[UUID]
    looked_at: Mapped[datetime]
    names: Mapped[bytes] = mapped_column(LargeBinary)
    fault: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime]
    shows: Mapped[str | None] = mapped_column(Text)
    run: Mapped[int]
    turn: Mapped[int]
    turn_at: Mapped[datetime | None]
    heard_at: Mapped[datetime]
    agreed: Mapped[int]
    skews: Mapped[list[float]] = mapped_column(ARRAY(Double))
    skew_base: Mapped[float | None] = mapped_column(Double)
    clock_wrong_since: Mapped[datetime | None]


class ReferenceRow(_ViewColumns, Base):
    """A view that is known to be right; those of a camera's newest version count."""

    __tablename__ = "perceive_references"
    __table_args__ = (
        Index("ix_perceive_references_camera_id", "camera_id", "version"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    version: Mapped[int]
    learned: Mapped[bool]
    observation_id: Mapped[UUID]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]


class SightEventRow(Base):
    """A camera began or ceased to see, or to tell the time; written once."""

    __tablename__ = "perceive_sight_events"
    __table_args__ = (Index("ix_perceive_sight_events_camera_id", "camera_id", "at"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("sense_cameras.id"))
    fault: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    since: Mapped[datetime]
    clock_wrong: Mapped[bool] = mapped_column(Boolean)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a camera's seeing before a look.

    Attributes:
        looked_at: the moment of its last picture, by its own clock while that is right.
        heard_at: when the last picture came, judged or not.
        names: of its last views, ``NAMES`` at the most.
        agreed: looks in a row, the last among them, that showed one place and no fault.
    """

    sight: Sight
    looked_at: datetime
    heard_at: datetime
    observation_id: UUID
    view: View
    names: tuple[bytes, ...]
    agreed: int
    clock: Clock


def kept_sights(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """Return the cameras' sights, locked until the transaction ends; one that was never looked at is absent."""
    rows = work.session.scalars(
        select(SightRow)
        .where(SightRow.tenant_id == work.tenant_id, SightRow.camera_id.in_(camera_ids))
        .order_by(SightRow.camera_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.camera_id: _kept(row) for row in rows}


def _kept(row: SightRow) -> Kept:
    return Kept(
        sight=Sight(_fault(row.fault), row.since, _fault(row.shows), row.run, row.turn, row.turn_at),
        looked_at=row.looked_at,
        heard_at=row.heard_at,
        observation_id=row.observation_id,
        view=_view(row),
        names=tuple(row.names[at : at + _NAME] for at in range(0, len(row.names), _NAME)),
        agreed=row.agreed,
        clock=Clock(tuple(row.skews), row.skew_base, row.clock_wrong_since),
    )


def put_sights(work: Work, sights: Mapping[UUID, Kept]) -> None:
    """Write the cameras' sights after looks."""
    if not sights:
        return
    rows = [
        {
            "camera_id": camera_id,
            "tenant_id": work.tenant_id,
            "observation_id": kept.observation_id,
            "looked_at": kept.looked_at,
            "names": b"".join(kept.names),
            "fault": kept.sight.fault,
            "since": kept.sight.since or kept.looked_at,
            "shows": kept.sight.shows,
            "run": kept.sight.run,
            "turn": kept.sight.turn,
            "turn_at": kept.sight.turn_at,
            "heard_at": kept.heard_at,
            "agreed": kept.agreed,
            "skews": list(kept.clock.skews),
            "skew_base": kept.clock.base,
            "clock_wrong_since": kept.clock.wrong_since,
            **_columns(kept.view),
        }
        for camera_id, kept in sorted(sights.items())
    ]
    statement = insert(SightRow).values(rows)
    told = {name: statement.excluded[name] for name in rows[0] if name not in {"camera_id", "tenant_id"}}
    work.session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=told))


def sights(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, Seeing]:
    """Return how each of the cameras, of any tenant, sees: the caller brings the scope."""
    rows = work.session.scalars(
        select(SightRow).where(SightRow.camera_id.in_(camera_ids)).execution_options(populate_existing=True)
    )
    return {
        row.camera_id: Seeing(
            fault=_fault(row.fault),
            since=row.since,
            looked_at=row.looked_at,
            observation_id=row.observation_id,
            run=row.run,
            heard_at=row.heard_at,
            looks=len(row.names) // _NAME,
            clock_wrong_since=row.clock_wrong_since,
        )
        for row in rows
    }


def references(work: Work, camera_ids: Collection[UUID]) -> dict[UUID, list[View]]:
    """Return the views of each camera's newest version, the one a person or the first looks gave before those learned.

    A camera without any is absent.
    """
    mine = (ReferenceRow.tenant_id == work.tenant_id, ReferenceRow.camera_id.in_(camera_ids))
    newest = (
        select(ReferenceRow.camera_id, func.max(ReferenceRow.version)).where(*mine).group_by(ReferenceRow.camera_id)
    )
    rows = work.session.scalars(
        select(ReferenceRow)
        .where(*mine, tuple_(ReferenceRow.camera_id, ReferenceRow.version).in_(newest))
        .order_by(ReferenceRow.learned, ReferenceRow.id)
    )
    found: dict[UUID, list[View]] = {}
    for row in rows:
        found.setdefault(row.camera_id, []).append(_view(row))
    return found


def versions(work: Work, camera_id: UUID) -> list[Reference]:
    """Return the reference views that were put in force, newest first, without those learned beside them."""
    rows = work.session.scalars(
        select(ReferenceRow)
        .where(
            ReferenceRow.tenant_id == work.tenant_id,
            ReferenceRow.camera_id == camera_id,
            ReferenceRow.learned.is_(False),
        )
        .order_by(ReferenceRow.version.desc())
    )
    return [
        Reference(version=row.version, observation_id=row.observation_id, at=row.at, actor_id=row.actor_id)
        for row in rows
    ]


def add_reference(
    work: Work, camera_id: UUID, kept: Kept, *, version: int, learned: bool, actor_id: UUID | None
) -> None:
    """Append a view that is known to be right."""
    work.session.execute(
        insert(ReferenceRow).values(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            camera_id=camera_id,
            version=version,
            learned=learned,
            observation_id=kept.observation_id,
            at=work.now(),
            actor_id=actor_id,
            **_columns(kept.view),
        )
    )


def add_sight_event(work: Work, event: SightEvent) -> None:
    """Append a change of sight."""
    work.session.execute(
        insert(SightEventRow).values(
            id=event.id,
            tenant_id=event.tenant_id,
            camera_id=event.camera_id,
            fault=event.fault,
            at=event.at,
            since=event.since,
            clock_wrong=event.clock_wrong,
        )
    )


def sight_cameras(work: Work, event_ids: Collection[UUID]) -> list[UUID]:
    """Return whose sight those events are about."""
    return list(
        work.session.scalars(
            select(SightEventRow.camera_id)
            .where(SightEventRow.tenant_id == work.tenant_id, SightEventRow.id.in_(event_ids))
            .distinct()
        )
    )


def _fault(word: str | None) -> Fault | None:
    return None if word is None else Fault(word)


def _columns(view: View) -> dict[str, object]:
    return {"grey": view.grey.tobytes(), "mean": view.mean, "spread": view.spread, "sharp": view.sharp}


def _view(row: SightRow | ReferenceRow) -> View:
    grey = np.frombuffer(row.grey, np.uint8).reshape(SIZE[1], SIZE[0])
    return view_of_grey(grey, row.mean, row.spread, row.sharp)
