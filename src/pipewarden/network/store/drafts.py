"""Drafts on disk, and what each would change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Index, Integer, Text, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.network.facts.draft import WAITING, Draft, DraftKind, DraftState, Guard, read_choice
from pipewarden.network.store.changes import PreviewRow, change_of, values_of
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import Bounds, ChangeKind, PipeChange

_CHUNK = 2000


class DraftRow(Base):
    """A map on its way in."""

    __tablename__ = "network_drafts"
    __table_args__ = (Index("ix_network_drafts_state", "state", "changed_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    blob: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    choice: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    found: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    base_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
    report: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    problem: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    confirmed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    why: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    taken_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)


DRAFTS = ScopedTable(tenant_id=DraftRow.tenant_id)


def add(work: Work, draft: Draft) -> None:
    """Write a draft that was begun."""
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    plain: dict[str, object] = {"kind": draft.kind.value, "state": draft.state.value, "confirmed": [], "choice": None}
    work.session.execute(insert(DraftRow).values(**values | plain))


def change(work: Work, draft_id: UUID, **values: object) -> None:
    """Write what became of a draft."""
    work.session.execute(update(DraftRow).where(DraftRow.id == draft_id).values(**values))


def drafts(work: Work, *conditions: ColumnElement[bool], limit: int = 1, after: UUID | None = None) -> list[Draft]:
    """Return drafts, the newest first, past one; the caller brings the scope."""
    asked = select(DraftRow).where(*conditions).order_by(DraftRow.id.desc()).limit(limit)
    if after is not None:
        asked = asked.where(DraftRow.id < after)
    return [_draft(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def locked(work: Work, draft_id: UUID) -> Draft | None:
    """Return the tenant's draft, held until the transaction ends: two people may press at once."""
    mine = (DraftRow.tenant_id == work.tenant_id, DraftRow.id == draft_id)
    asked = select(DraftRow).where(*mine).with_for_update().execution_options(populate_existing=True)
    row = work.session.scalar(asked)
    return None if row is None else _draft(row)


def waiting(work: Work) -> int:
    """Return how many drafts of the tenant wait for a worker."""
    open_ = (DraftRow.tenant_id == work.tenant_id, DraftRow.state.in_([one.value for one in WAITING]))
    return int(work.session.scalar(select(func.count()).select_from(DraftRow).where(*open_)) or 0)


def next_draft(work: Work) -> Draft | None:
    """Return the draft of whatever tenant that waits longest for a worker."""
    open_ = DraftRow.state.in_([one.value for one in WAITING])
    row = work.session.scalar(select(DraftRow).where(open_).order_by(DraftRow.changed_at, DraftRow.id).limit(1))
    return None if row is None else _draft(row)


def _draft(row: DraftRow) -> Draft:
    values = {name: getattr(row, name) for name in Draft.__slots__}
    read = {
        "kind": DraftKind(row.kind),
        "state": DraftState(row.state),
        "choice": None if row.choice is None else read_choice(row.choice),
        "confirmed": tuple(Guard(one) for one in row.confirmed),
    }
    return Draft(**values | read)


def set_changes(work: Work, draft_id: UUID, changes: Sequence[PipeChange]) -> None:
    """Write what a draft would change in place of what was there; nothing for no changes."""
    mine = (PreviewRow.tenant_id == work.tenant_id, PreviewRow.draft_id == draft_id)
    work.session.execute(delete(PreviewRow).where(*mine))
    for start in range(0, len(changes), _CHUNK):
        chunk = changes[start : start + _CHUNK]
        rows = [values_of(work, start + n, one) | {"draft_id": draft_id} for n, one in enumerate(chunk, start=1)]
        work.session.execute(insert(PreviewRow), rows, execution_options={"render_nulls": True})


def changes(
    work: Work, draft_id: UUID, *, kind: ChangeKind | None, moved: bool | None, after: int, limit: int
) -> list[tuple[int, PipeChange]]:
    """Return (number, change) past ``after``, the most dangerous first; of one kind, of moved ones alone or without."""
    asked = _mine(work, draft_id).where(PreviewRow.seq > after).order_by(PreviewRow.seq).limit(limit)
    if kind is not None:
        asked = asked.where(PreviewRow.kind == kind.value)
    if moved is not None:
        asked = asked.where(PreviewRow.moved_m.is_not(None) if moved else PreviewRow.moved_m.is_(None))
    return [(row.seq, change_of(row)) for row in work.session.scalars(asked)]


def changes_in(work: Work, draft_id: UUID, box: Bounds, limit: int) -> list[PipeChange]:
    """Return what would change in a box, at most ``limit``, the most dangerous first."""
    west, south, east, north = box
    t = PreviewRow
    asked = _mine(work, draft_id).where(t.lon_min <= east, t.lon_max >= west, t.lat_min <= north, t.lat_max >= south)
    return [change_of(row) for row in work.session.scalars(asked.order_by(t.seq).limit(limit))]


def _mine(work: Work, draft_id: UUID) -> Any:
    return select(PreviewRow).where(PreviewRow.tenant_id == work.tenant_id, PreviewRow.draft_id == draft_id)
