"""The table of data sets: a row names a blob by its hash and is never changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Integer, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.learn.facts import Manifest, Quality, Recipe

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


class ManifestRow(Base):
    """One data set; its text is the blob ``sha256``."""

    __tablename__ = "learn_manifests"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "number"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(Text)
    parent: Mapped[str | None] = mapped_column(Text)
    recipe: Mapped[dict[str, object]]
    quality: Mapped[dict[str, object]]
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


def lock(work: Work, name: str) -> None:
    """Let one maker of data sets called ``name`` in at a time, until the transaction ends."""
    key = f"learn:{work.tenant_id}:{name}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def add(work: Work, made: Manifest) -> None:
    """Insert a data set."""
    work.session.add(
        ManifestRow(
            id=made.id,
            tenant_id=made.tenant_id,
            name=made.name,
            number=made.number,
            sha256=made.sha256,
            parent=made.parent,
            recipe=asdict(made.recipe),
            quality=asdict(made.quality),
            made_by=made.made_by,
            made_at=made.made_at,
        )
    )
    work.session.flush()


def latest(work: Work, name: str) -> Manifest | None:
    """Return the newest data set of a name."""
    row = work.session.scalar(
        select(ManifestRow)
        .where(ManifestRow.tenant_id == work.tenant_id, ManifestRow.name == name)
        .order_by(ManifestRow.number.desc())
        .limit(1)
    )
    return None if row is None else _manifest(row)


def one(work: Work, name: str, number: int) -> Manifest | None:
    """Return one data set."""
    row = work.session.scalar(
        select(ManifestRow).where(
            ManifestRow.tenant_id == work.tenant_id, ManifestRow.name == name, ManifestRow.number == number
        )
    )
    return None if row is None else _manifest(row)


def by_hash(work: Work, sha256: str) -> Manifest | None:
    """Return the data set whose manifest has this hash."""
    row = work.session.scalar(
        select(ManifestRow).where(ManifestRow.tenant_id == work.tenant_id, ManifestRow.sha256 == sha256).limit(1)
    )
    return None if row is None else _manifest(row)


def by_id(work: Work, manifest_id: UUID) -> Manifest | None:
    """Return the data set of an id."""
    row = work.session.scalar(
        select(ManifestRow).where(ManifestRow.tenant_id == work.tenant_id, ManifestRow.id == manifest_id)
    )
    return None if row is None else _manifest(row)


def page(work: Work, *, limit: int, before: UUID | None) -> list[Manifest]:
    """Return data sets, newest first, older than ``before``."""
    query = select(ManifestRow).where(ManifestRow.tenant_id == work.tenant_id)
    if before is not None:
        query = query.where(ManifestRow.id < before)
    return [_manifest(row) for row in work.session.scalars(query.order_by(ManifestRow.id.desc()).limit(limit))]


def _manifest(row: ManifestRow) -> Manifest:
    told = cast("dict[str, Any]", row.quality)
    doubts = tuple((origin, why) for origin, why in told["doubts"])
    return Manifest(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        number=row.number,
        sha256=row.sha256,
        parent=row.parent,
        recipe=Recipe(**cast("dict[str, Any]", row.recipe)),
        quality=Quality(**(told | {"doubts": doubts})),
        made_by=row.made_by,
        made_at=row.made_at,
    )
