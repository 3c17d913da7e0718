"""What versions changed, the ground on which they did, and the deliveries that came over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Integer, LargeBinary, Text, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.network.facts import PressureClass
from pipewarden.network.facts.change import (
    Bounds,
    ChangedBox,
    ChangeKind,
    ClassChange,
    FieldChange,
    PipeChange,
    SyncJob,
    SyncOptions,
    SyncState,
    class_json,
    read_class,
)
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import SyncReport

_CHUNK = 2000


class DiffRow(Base):
    """Which version a synchronised one was compared with."""

    __tablename__ = "network_diffs"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("network_versions.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    base: Mapped[int] = mapped_column(Integer)
    partial: Mapped[bool]
    summary: Mapped[list[object]]


class _Change:
    """The columns of one pipe that differs."""

    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    tenant_id: Mapped[UUID]
    pipe_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[object]] = mapped_column(JSONB)
    moved_m: Mapped[float | None] = mapped_column(Double)
    class_before: Mapped[str | None] = mapped_column(Text)
    class_after: Mapped[str | None] = mapped_column(Text)
    metres_before: Mapped[float] = mapped_column(Double)
    metres_after: Mapped[float] = mapped_column(Double)
    before: Mapped[bytes | None] = mapped_column(LargeBinary)
    after: Mapped[bytes | None] = mapped_column(LargeBinary)
    lon_min: Mapped[float] = mapped_column(Double)
    lat_min: Mapped[float] = mapped_column(Double)
    lon_max: Mapped[float] = mapped_column(Double)
    lat_max: Mapped[float] = mapped_column(Double)
    downgrade: Mapped[bool]


class ChangeRow(_Change, Base):
    """One pipe that a version added, changed or removed; written with the version and never again."""

    __tablename__ = "network_changes"
    __table_args__ = ({"info": {"append_only": True}},)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("network_versions.id"), primary_key=True)


class PreviewRow(_Change, Base):
    """One pipe that a draft would add, change or remove; gone when it is compared anew or given up."""

    __tablename__ = "network_draft_changes"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("network_drafts.id"), primary_key=True)


class BoxRow(Base):
    """Ground on which the network is another one; a fact names it, and nobody changes it."""

    __tablename__ = "network_boxes"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lon_min: Mapped[float] = mapped_column(Double)
    lat_min: Mapped[float] = mapped_column(Double)
    lon_max: Mapped[float] = mapped_column(Double)
    lat_max: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime]
    after: Mapped[UUID | None]


class SyncRow(Base):
    """A delivery that came over HTTP, and what became of it."""

    __tablename__ = "network_syncs"
    __table_args__ = (Index("ix_network_syncs_state", "state", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    asked_by: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(Text)
    crs: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str | None] = mapped_column(Text)
    regime: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, object]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    report: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))


SYNCS = ScopedTable(tenant_id=SyncRow.tenant_id)


def add_diff(work: Work, version_id: UUID, base: tuple[UUID, int], made: SyncReport) -> None:
    """Write what a version changed against the one with this id and number."""
    base_id, number = base
    values = {"version_id": version_id, "tenant_id": work.tenant_id, "base_id": base_id, "base": number}
    summary = [class_json(one) for one in made.summary]
    work.session.execute(insert(DiffRow).values(**values, partial=made.partial, summary=summary))
    for start in range(0, len(made.changes), _CHUNK):
        chunk = made.changes[start : start + _CHUNK]
        rows = [values_of(work, start + n, one) | {"version_id": version_id} for n, one in enumerate(chunk, start=1)]
        work.session.execute(insert(ChangeRow), rows, execution_options={"render_nulls": True})


def values_of(work: Work, seq: int, one: PipeChange) -> dict[str, object]:
    """Return the columns of a change, all but whose it is."""
    west, south, east, north = one.bounds
    return {
        "seq": seq,
        "tenant_id": work.tenant_id,
        "pipe_id": one.pipe_id,
        "kind": one.kind.value,
        "fields": [asdict(each) for each in one.fields],
        "moved_m": one.moved_m,
        "class_before": None if one.class_before is None else one.class_before.value,
        "class_after": None if one.class_after is None else one.class_after.value,
        "metres_before": one.metres_before,
        "metres_after": one.metres_after,
        "before": one.before,
        "after": one.after,
        "lon_min": west,
        "lat_min": south,
        "lon_max": east,
        "lat_max": north,
        "downgrade": one.downgrade,
    }


def diff(work: Work, version_id: UUID) -> tuple[int, bool, tuple[ClassChange, ...]] | None:
    """Return the number of the version that one was compared with, whether only in part, and the sum by class."""
    mine = (DiffRow.tenant_id == work.tenant_id, DiffRow.version_id == version_id)
    row = work.session.scalar(select(DiffRow).where(*mine))
    if row is None:
        return None
    told: list[Any] = row.summary
    return row.base, row.partial, tuple(read_class(one) for one in told)


def changes(
    work: Work, version_id: UUID, *, after: int = 0, within: Bounds | None = None
) -> Iterator[tuple[int, PipeChange]]:
    """Yield (number, change) of a version past ``after``, the most dangerous first; those that touch a box alone."""
    mine = [ChangeRow.tenant_id == work.tenant_id, ChangeRow.version_id == version_id]
    if within is not None:
        mine += _touching(within)
    while True:
        asked = select(ChangeRow).where(*mine, ChangeRow.seq > after).order_by(ChangeRow.seq).limit(_CHUNK)
        rows = work.session.scalars(asked).all()
        for row in rows:
            yield row.seq, change_of(row)
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq
        for row in rows:
            work.session.expunge(row)


def _touching(box: Bounds) -> list[ColumnElement[bool]]:
    west, south, east, north = box
    return [
        ChangeRow.lon_min <= east,
        ChangeRow.lon_max >= west,
        ChangeRow.lat_min <= north,
        ChangeRow.lat_max >= south,
    ]


def change_of(row: ChangeRow | PreviewRow) -> PipeChange:
    """Return the change of a row."""
    told: list[Any] = row.fields
    return PipeChange(
        pipe_id=row.pipe_id,
        kind=ChangeKind(row.kind),
        fields=tuple(FieldChange(**each) for each in told),
        moved_m=row.moved_m,
        class_before=None if row.class_before is None else PressureClass(row.class_before),
        class_after=None if row.class_after is None else PressureClass(row.class_after),
        metres_before=row.metres_before,
        metres_after=row.metres_after,
        before=row.before,
        after=row.after,
        bounds=(row.lon_min, row.lat_min, row.lon_max, row.lat_max),
        downgrade=row.downgrade,
    )


def add_box(work: Work, box: ChangedBox) -> None:
    """Write ground on which the network is another one."""
    west, south, east, north = box.bounds
    values = {"id": box.id, "tenant_id": box.tenant_id, "at": box.at, "after": box.after}
    sides = {"lon_min": west, "lat_min": south, "lon_max": east, "lat_max": north}
    work.session.execute(insert(BoxRow).values(**values, **sides))


def boxes(work: Work, ids: Collection[UUID]) -> list[ChangedBox]:
    """Return the tenant's boxes among ``ids``, in the order in which they were written."""
    rows = work.session.scalars(
        select(BoxRow).where(BoxRow.tenant_id == work.tenant_id, BoxRow.id.in_(ids)).order_by(BoxRow.id)
    )
    return [
        ChangedBox(row.id, row.tenant_id, (row.lon_min, row.lat_min, row.lon_max, row.lat_max), row.at, row.after)
        for row in rows
    ]


def add_sync(work: Work, job: SyncJob) -> None:
    """Write a delivery that came."""
    values = {name: getattr(job, name) for name in SyncJob.__slots__}
    work.session.execute(insert(SyncRow).values(**values | {"options": asdict(job.options), "state": job.state.value}))


def syncs(work: Work, *conditions: ColumnElement[bool], limit: int = 1) -> list[SyncJob]:
    """Return deliveries, the newest first; the caller brings the scope."""
    asked = select(SyncRow).where(*conditions).order_by(SyncRow.id.desc()).limit(limit)
    return [_job(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def waiting_syncs(work: Work) -> int:
    """Return how many deliveries of the tenant wait or run."""
    open_ = SyncRow.state.in_([SyncState.WAITING.value, SyncState.RUNNING.value])
    asked = select(func.count()).select_from(SyncRow).where(SyncRow.tenant_id == work.tenant_id, open_)
    return int(work.session.scalar(asked) or 0)


def next_sync(work: Work) -> SyncJob | None:
    """Return the oldest delivery of whatever tenant that is not done; one under way was left by a dead hand."""
    open_ = SyncRow.state.in_([SyncState.WAITING.value, SyncState.RUNNING.value])
    row = work.session.scalar(select(SyncRow).where(open_).order_by(SyncRow.id).limit(1))
    return None if row is None else _job(row)


def change_sync(work: Work, sync_id: UUID, **values: object) -> None:
    """Write what became of a delivery."""
    work.session.execute(update(SyncRow).where(SyncRow.id == sync_id).values(**values))


def _job(row: SyncRow) -> SyncJob:
    options: dict[str, Any] = row.options
    values = {name: getattr(row, name) for name in SyncJob.__slots__}
    return SyncJob(**values | {"options": SyncOptions(**options), "state": SyncState(row.state)})
