"""Proposals: what was measured against the map, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Boolean, Double, ForeignKey, Index, LargeBinary, Text, and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.network.facts import Regime
from pipewarden.network.facts.proposal import Measured, Proposal, ProposalKind, ProposalState
from pipewarden.network.store.pipes import PipeRow, pipe_of, pipes_of
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from pipewarden.network.facts import Pipe


class ProposalRow(Base):
    """One measurement beside the map that it was held against."""

    __tablename__ = "network_proposals"
    __table_args__ = (
        Index("ix_network_proposals_list", "tenant_id", "at", "id"),
        Index("ix_network_proposals_pipe", "tenant_id", "state", "pipe_id"),
        Index("ix_network_proposals_site_id", "site_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    pipe_id: Mapped[str] = mapped_column(Text)
    shape: Mapped[bytes] = mapped_column(LargeBinary)
    sigma_m: Mapped[float] = mapped_column(Double)
    depth_m: Mapped[float | None] = mapped_column(Double)
    by: Mapped[str] = mapped_column(Text)
    site_id: Mapped[UUID]
    event_id: Mapped[UUID]
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("network_versions.id"))
    regime: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    map_m: Mapped[float | None] = mapped_column(Double)
    off_m: Mapped[float | None] = mapped_column(Double)
    within_m: Mapped[float | None] = mapped_column(Double)
    map_error: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text)
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("network_versions.id"))


PROPOSALS = ScopedTable(tenant_id=ProposalRow.tenant_id, lon=ProposalRow.lon, lat=ProposalRow.lat)


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """What a list is narrowed to; what is None narrows nothing."""

    state: ProposalState | None = None
    kind: ProposalKind | None = None
    pipe_id: str | None = None
    map_error: bool | None = None
    site_id: UUID | None = None


def add(session: Session, made: Sequence[Proposal]) -> None:
    """Write new proposals."""
    session.add_all(_row(one) for one in made)
    session.flush()


def page(
    session: Session,
    scope: ColumnElement[bool],
    wanted: ProposalFilter,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Proposal]:
    """Return proposals of any tenant within ``scope``, newest first."""
    conditions = [scope]
    if wanted.state is not None:
        conditions.append(ProposalRow.state == wanted.state.value)
    if wanted.kind is not None:
        conditions.append(ProposalRow.kind == wanted.kind.value)
    if wanted.pipe_id is not None:
        conditions.append(ProposalRow.pipe_id == wanted.pipe_id)
    if wanted.map_error is not None:
        conditions.append(ProposalRow.map_error.is_(wanted.map_error))
    if wanted.site_id is not None:
        conditions.append(ProposalRow.site_id == wanted.site_id)
    if after is not None:
        at, last = after
        conditions.append(or_(ProposalRow.at < at, and_(ProposalRow.at == at, ProposalRow.id < last)))
    asked = select(ProposalRow).where(*conditions).order_by(ProposalRow.at.desc(), ProposalRow.id.desc()).limit(limit)
    return [_proposal(row) for row in session.scalars(asked.execution_options(populate_existing=True))]


def one(session: Session, scope: ColumnElement[bool], proposal_id: UUID, *, lock: bool = False) -> Proposal | None:
    """Return one proposal, of any tenant within ``scope``; held alone until the transaction ends with ``lock``."""
    asked = select(ProposalRow).where(scope, ProposalRow.id == proposal_id).execution_options(populate_existing=True)
    row = session.scalar(asked.with_for_update() if lock else asked)
    return None if row is None else _proposal(row)


def decide(session: Session, made: Proposal) -> None:
    """Write what somebody has decided, or which version settles it."""
    session.execute(
        update(ProposalRow)
        .where(ProposalRow.tenant_id == made.tenant_id, ProposalRow.id == made.id)
        .values(
            state=made.state.value,
            decided_by=made.decided_by,
            decided_at=made.decided_at,
            why=made.why,
            settled_by=made.settled_by,
        )
    )


def waiting(session: Session, tenant_id: UUID) -> list[Proposal]:
    """Return the tenant's proposals that a map could still settle, held until the transaction ends."""
    states = (ProposalState.OPEN.value, ProposalState.ACCEPTED.value)
    asked = select(ProposalRow).where(ProposalRow.tenant_id == tenant_id, ProposalRow.state.in_(states))
    return [_proposal(row) for row in session.scalars(asked.order_by(ProposalRow.id).with_for_update())]


def parts(
    session: Session, tenant_id: UUID, version_ids: Collection[UUID], pipe_ids: Collection[str]
) -> list[tuple[UUID, Pipe]]:
    """Return the rows of these pipes in these versions, each with its version."""
    rows = session.scalars(
        select(PipeRow)
        .where(PipeRow.tenant_id == tenant_id, PipeRow.version_id.in_(version_ids), PipeRow.pipe_id.in_(set(pipe_ids)))
        .order_by(PipeRow.version_id, PipeRow.row)
    )
    return [(row.version_id, pipe_of(row)) for row in rows]


def within(
    session: Session, tenant_id: UUID, version_ids: Collection[UUID], box: tuple[float, float, float, float]
) -> list[tuple[UUID, Pipe]]:
    """Return the rows of these versions whose boxes meet one (west, south, east, north in WGS-84), with the version."""
    return [
        (version_id, pipe) for version_id in version_ids for pipe in pipes_of(session, tenant_id, version_id, box=box)
    ]


def _row(made: Proposal) -> ProposalRow:
    measured = made.measured
    return ProposalRow(
        id=made.id,
        tenant_id=made.tenant_id,
        kind=measured.kind.value,
        pipe_id=measured.pipe_id,
        shape=measured.shape,
        sigma_m=measured.sigma_m,
        depth_m=measured.depth_m,
        by=measured.by,
        site_id=measured.site_id,
        event_id=measured.event_id,
        version_id=made.version_id,
        regime=None if made.regime is None else made.regime.value,
        lon=made.lon,
        lat=made.lat,
        map_m=made.map_m,
        off_m=made.off_m,
        within_m=made.within_m,
        map_error=made.map_error,
        at=made.at,
        state=made.state.value,
        decided_by=made.decided_by,
        decided_at=made.decided_at,
        why=made.why,
        settled_by=made.settled_by,
    )


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        tenant_id=row.tenant_id,
        measured=Measured(
            ProposalKind(row.kind),
            row.pipe_id,
            bytes(row.shape),
            row.sigma_m,
            row.depth_m,
            row.by,
            row.site_id,
            row.event_id,
        ),
        version_id=row.version_id,
        regime=None if row.regime is None else Regime(row.regime),
        lon=row.lon,
        lat=row.lat,
        map_m=row.map_m,
        off_m=row.off_m,
        within_m=row.within_m,
        map_error=row.map_error,
        at=row.at,
        state=ProposalState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        why=row.why,
        settled_by=row.settled_by,
    )
