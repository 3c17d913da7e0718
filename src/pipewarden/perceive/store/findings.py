"""What was seen in which observation: one row per screened observation, one per finding."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import REAL, Boolean, Double, ForeignKey, Index, Integer, LargeBinary, Text, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base, insert_rows
from pipewarden.perceive.facts import Box, Finding, FindingClass, Look, Screened

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipewarden.kit.work import Work


class ScreenedRow(Base):
    """One observation that was looked at; its key is the observation's, so it can be looked at once only."""

    __tablename__ = "perceive_screened"

    observation_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    screened_at: Mapped[datetime]


class FindingRow(Base):
    """One object in one picture; box in pixels of the original."""

    __tablename__ = "perceive_findings"
    __table_args__ = (Index("ix_perceive_findings_observation_id", "observation_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    observation_id: Mapped[UUID] = mapped_column(ForeignKey("perceive_screened.observation_id"))
    cls: Mapped[str] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Double)
    raises: Mapped[bool] = mapped_column(Boolean)
    x: Mapped[float] = mapped_column(Double)
    y: Mapped[float] = mapped_column(Double)
    w: Mapped[float] = mapped_column(Double)
    h: Mapped[float] = mapped_column(Double)
    dhash: Mapped[bytes | None] = mapped_column(LargeBinary)
    features: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    model: Mapped[str] = mapped_column(Text)


def known(work: Work, observation_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the observations were screened already."""
    rows = work.session.scalars(
        select(ScreenedRow.observation_id).where(
            ScreenedRow.tenant_id == work.tenant_id, ScreenedRow.observation_id.in_(observation_ids)
        )
    )
    return set(rows)


def add(work: Work, screened: Sequence[Screened]) -> set[UUID]:
    """Insert what is new and return the ids of those observations; an observation screened before stays as it was."""
    rows = [
        {
            "observation_id": one.observation_id,
            "tenant_id": work.tenant_id,
            "width": one.width,
            "height": one.height,
            "problem": one.problem,
            "model": one.model,
            "screened_at": work.now(),
        }
        for one in screened
    ]
    statement = insert(ScreenedRow).on_conflict_do_nothing().returning(ScreenedRow.observation_id)
    new = set(insert_rows(work.session, statement, rows))
    findings = [_values(finding) for one in screened if one.observation_id in new for finding in one.findings]
    insert_rows(work.session, insert(FindingRow).returning(FindingRow.id), findings)
    return new


def read(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, Screened]:
    """Return what was seen, by observation; findings best score first."""
    rows = work.session.scalars(
        select(ScreenedRow).where(
            ScreenedRow.tenant_id == work.tenant_id, ScreenedRow.observation_id.in_(observation_ids)
        )
    ).all()
    findings: dict[UUID, list[Finding]] = {row.observation_id: [] for row in rows}
    for row in work.session.scalars(
        select(FindingRow)
        .where(FindingRow.tenant_id == work.tenant_id, FindingRow.observation_id.in_(findings))
        .order_by(FindingRow.score.desc(), FindingRow.id)
    ):
        findings[row.observation_id].append(_finding(row))
    return {
        row.observation_id: Screened(
            observation_id=row.observation_id,
            width=row.width,
            height=row.height,
            findings=tuple(findings[row.observation_id]),
            problem=row.problem,
            model=row.model,
        )
        for row in rows
    }


def models_of(work: Work, finding_ids: Collection[UUID]) -> set[str]:
    """Return which screens said so."""
    rows = select(FindingRow.model).where(FindingRow.tenant_id == work.tenant_id, FindingRow.id.in_(finding_ids))
    return set(work.session.scalars(rows.distinct()))


def _values(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "tenant_id": finding.tenant_id,
        "observation_id": finding.observation_id,
        "cls": str(finding.cls),
        "type": finding.type,
        "score": finding.score,
        "raises": finding.raises,
        "x": finding.box.x,
        "y": finding.box.y,
        "w": finding.box.w,
        "h": finding.box.h,
        "dhash": finding.look.dhash if finding.look else None,
        "features": list(finding.look.features) if finding.look else None,
        "model": finding.model,
    }


def _finding(row: FindingRow) -> Finding:
    look = None
    if row.dhash is not None and row.features is not None:
        look = Look(dhash=row.dhash, features=tuple(row.features))
    return Finding(
        id=row.id,
        tenant_id=row.tenant_id,
        observation_id=row.observation_id,
        cls=FindingClass(row.cls),
        type=row.type,
        score=row.score,
        raises=row.raises,
        box=Box(x=row.x, y=row.y, w=row.w, h=row.h),
        look=look,
        model=row.model,
    )
