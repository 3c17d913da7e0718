"""Placements, one per finding, and which observations were placed; a fact drained twice changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base, insert_rows
from pipewarden.locate.facts import GroundPoint, Placement
from pipewarden.network.facts import Zone, ZoneAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipewarden.kit.work import Work


class PlacedRow(Base):
    """One observation whose findings were placed."""

    __tablename__ = "locate_placed"

    observation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    placed_at: Mapped[datetime]


class PlacementRow(Base):
    """Where one finding stands; covariances in square metres, east and north."""

    __tablename__ = "locate_placements"
    __table_args__ = (
        UniqueConstraint("tenant_id", "finding_id"),
        Index("ix_locate_placements_observation_id", "observation_id"),
        Index("ix_locate_placements_tenant_id_lat_lon", "tenant_id", "lat", "lon"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    observation_id: Mapped[UUID] = mapped_column(ForeignKey("locate_placed.observation_id"))
    finding_id: Mapped[UUID]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    covariance: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    own_covariance: Mapped[list[float] | None] = mapped_column(JSONB(none_as_null=True))
    footprint: Mapped[list[list[float]]] = mapped_column(JSONB)
    answer: Mapped[dict[str, object]]
    network_version_id: Mapped[UUID | None]
    why: Mapped[str | None] = mapped_column(Text)


def placed(work: Work, observation_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the observations were placed already."""
    return set(
        work.session.scalars(
            select(PlacedRow.observation_id).where(
                PlacedRow.tenant_id == work.tenant_id, PlacedRow.observation_id.in_(observation_ids)
            )
        )
    )


def add(work: Work, observation_ids: Sequence[UUID], placements: Sequence[Placement]) -> list[UUID]:
    """Insert what is new and return, in the order given, the observations that were not placed before."""
    rows = [{"observation_id": one, "tenant_id": work.tenant_id, "placed_at": work.now()} for one in observation_ids]
    statement = insert(PlacedRow).on_conflict_do_nothing().returning(PlacedRow.observation_id)
    new = set(insert_rows(work.session, statement, rows))
    values = [_values(placement) for placement in placements if placement.observation_id in new]
    insert_rows(work.session, insert(PlacementRow).returning(PlacementRow.id), values)
    return [one for one in observation_ids if one in new]


def read(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, tuple[Placement, ...]]:
    """Return the placements by observation; an observation that was not placed is absent."""
    known = placed(work, observation_ids)
    rows = work.session.scalars(
        select(PlacementRow)
        .where(PlacementRow.tenant_id == work.tenant_id, PlacementRow.observation_id.in_(known))
        .order_by(PlacementRow.id)
    )
    found: dict[UUID, list[Placement]] = {one: [] for one in known}
    for row in rows:
        found[row.observation_id].append(_placement(row))
    return {one: tuple(placements) for one, placements in found.items()}


def _values(placement: Placement) -> dict[str, object]:
    ground = placement.ground
    own = placement.own_covariance
    return {
        "id": placement.id,
        "tenant_id": placement.tenant_id,
        "observation_id": placement.observation_id,
        "finding_id": placement.finding_id,
        "lon": None if ground is None else ground.lon,
        "lat": None if ground is None else ground.lat,
        "covariance": None if ground is None else list(ground.covariance),
        "own_covariance": None if own is None else list(own),
        "footprint": [list(corner) for corner in placement.footprint],
        "answer": answer_values(placement.answer),
        "network_version_id": placement.answer.network_version_id,
        "why": placement.why,
    }


def answer_values(answer: ZoneAnswer) -> dict[str, object]:
    """Return the answer as a JSON object; ``read_answer`` is its inverse."""
    version = answer.network_version_id
    return asdict(answer) | {
        "zone": str(answer.zone),
        "network_version_id": None if version is None else str(version),
    }


def read_answer(values: dict[str, object]) -> ZoneAnswer:
    """Return the answer that ``answer_values`` wrote."""
    version = values["network_version_id"]
    known = values | {
        "zone": Zone(str(values["zone"])),
        "network_version_id": None if version is None else UUID(str(version)),
    }
    return ZoneAnswer(**known)  # type: ignore[arg-type]  # written by answer_values from the same dataclass


def _three(values: list[float]) -> tuple[float, float, float]:
    return values[0], values[1], values[2]


def _placement(row: PlacementRow) -> Placement:
    ground = None
    if row.lon is not None and row.lat is not None and row.covariance is not None:
        ground = GroundPoint(lon=row.lon, lat=row.lat, covariance=_three(row.covariance))
    return Placement(
        id=row.id,
        tenant_id=row.tenant_id,
        observation_id=row.observation_id,
        finding_id=row.finding_id,
        ground=ground,
        footprint=tuple((corner[0], corner[1]) for corner in row.footprint),
        answer=read_answer(row.answer),
        why=row.why,
        own_covariance=None if row.own_covariance is None else _three(row.own_covariance),
    )
