"""The registry's tables: which models are known, which was active when, and what their calls cost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Double, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pipewarden.inference.facts import Alias, Champion, ModelRef, RegisteredModel
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.inference.facts import ModelCard, Outcome
    from pipewarden.kit.work import Work


class ModelRow(Base):
    """One model a tenant has used; the hash, not the version, is what makes it this model."""

    __tablename__ = "inference_models"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[dict[str, object]]
    registered_at: Mapped[datetime]


class AliasRow(Base):
    """One change of the active model; append-only, the last row of a (tenant, name, alias) counts."""

    __tablename__ = "inference_aliases"
    __table_args__ = (Index("ix_inference_aliases_tenant_id_name_seq", "tenant_id", "name", "alias", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    alias: Mapped[str] = mapped_column(Text)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("inference_models.id"))
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CallRow(Base):
    """One batch through one model."""

    __tablename__ = "inference_calls"
    __table_args__ = (Index("ix_inference_calls_tenant_id_at", "tenant_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    model: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    items: Mapped[int] = mapped_column(Integer)
    ms: Mapped[float] = mapped_column(Double)
    outcome: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


def lock(work: Work) -> None:
    """Let one writer of this tenant's registry in at a time, until the transaction ends."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"inference:{work.tenant_id}", 0))))


def add_models(work: Work, cards: Sequence[ModelCard]) -> None:
    """Insert the models that are not known yet."""
    rows = [
        {
            "id": work.ids.new(),
            "tenant_id": work.tenant_id,
            "name": card.ref.name,
            "version": card.ref.version,
            "sha256": card.ref.sha256,
            "bytes": card.bytes,
            "manifest": dict(card.entry),
            "registered_at": work.now(),
        }
        for card in cards
    ]
    work.session.execute(insert(ModelRow).values(rows).on_conflict_do_nothing())


def entries(work: Work, model_ids: Sequence[UUID]) -> dict[UUID, dict[str, object]]:
    """Return the manifest entries of models."""
    rows = work.session.scalars(
        select(ModelRow).where(ModelRow.tenant_id == work.tenant_id, ModelRow.id.in_(model_ids))
    )
    return {row.id: row.manifest for row in rows}


def models(work: Work) -> list[RegisteredModel]:
    """Return every model of the tenant, oldest first."""
    rows = work.session.scalars(
        select(ModelRow).where(ModelRow.tenant_id == work.tenant_id).order_by(ModelRow.registered_at, ModelRow.id)
    )
    return [_registered(row) for row in rows]


def choose(work: Work, chosen: Sequence[RegisteredModel], actor: str, alias: Alias = Alias.CHAMPION) -> None:
    """Append the choice of models for an alias."""
    work.session.add_all(
        AliasRow(
            tenant_id=work.tenant_id,
            name=model.ref.name,
            alias=str(alias),
            model_id=model.id,
            actor=actor,
            at=work.now(),
        )
        for model in chosen
    )
    work.session.flush()


def chosen(work: Work, at: datetime | None = None, alias: Alias = Alias.CHAMPION) -> dict[str, Champion]:
    """Return the model that an alias stands for by name, now or as of ``at``."""
    newest = (
        select(func.max(AliasRow.seq))
        .where(AliasRow.tenant_id == work.tenant_id, AliasRow.alias == str(alias))
        .group_by(AliasRow.name)
    )
    if at is not None:
        newest = newest.where(AliasRow.at <= at)
    return {champion.model.ref.name: champion for champion in _read(work.session, AliasRow.seq.in_(newest))}


def history(work: Work, name: str) -> list[Champion]:
    """Return every choice of the active model called ``name``, oldest first."""
    return _read(
        work.session,
        (AliasRow.tenant_id == work.tenant_id) & (AliasRow.name == name) & (AliasRow.alias == str(Alias.CHAMPION)),
    )


def _read(session: Session, condition: ColumnElement[bool]) -> list[Champion]:
    query = (
        select(AliasRow, ModelRow)
        .join(ModelRow, ModelRow.id == AliasRow.model_id)
        .where(condition)
        .order_by(AliasRow.seq)
    )
    return [
        Champion(model=_registered(model), actor=alias.actor, at=alias.at) for alias, model in session.execute(query)
    ]


def add_call(work: Work, ref: ModelRef, items: int, ms: float, outcome: Outcome) -> None:
    """Insert one call."""
    values = {
        "id": work.ids.new(),
        "tenant_id": work.tenant_id,
        "model": ref.name,
        "version": ref.version,
        "sha256": ref.sha256,
        "items": items,
        "ms": ms,
        "outcome": str(outcome),
        "at": work.now(),
    }
    work.session.execute(insert(CallRow).values(values))


def outcomes(work: Work, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many batches of the tenant ended how since a moment, by (model, outcome)."""
    rows = work.session.execute(
        select(CallRow.model, CallRow.outcome, func.count())
        .where(CallRow.tenant_id == work.tenant_id, CallRow.at >= since)
        .group_by(CallRow.model, CallRow.outcome)
    )
    return {(model, outcome): count for model, outcome, count in rows}


def _registered(row: ModelRow) -> RegisteredModel:
    return RegisteredModel(
        id=row.id,
        tenant_id=row.tenant_id,
        ref=ModelRef(name=row.name, version=row.version, sha256=row.sha256),
        bytes=row.bytes,
        registered_at=row.registered_at,
    )
