"""The tables of exchange and every query on them, and the shipped mappings."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import yaml
from sqlalchemy import Double, Index, LargeBinary, Text, UniqueConstraint, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.exchange.facts import Item, ItemKind, ItemState
from pipewarden.exchange.rules.mapping import IntakeMapping, read_mapping
from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_POLICY = Path(__file__).resolve().parents[2] / "policy" / "intake"


class ItemRow(Base):
    """One message of another platform; never deleted: what was acknowledged is kept."""

    __tablename__ = "exchange_items"
    __table_args__ = (
        UniqueConstraint("tenant_id", "platform", "source", "event_id"),
        Index("ix_exchange_items_list", "tenant_id", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    observation_id: Mapped[UUID | None]
    site_id: Mapped[UUID | None]
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    decided_by: Mapped[UUID | None]


class SecretRow(Base):
    """What a platform signs its messages with; no list reads it."""

    __tablename__ = "exchange_secrets"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


ITEMS = ScopedTable(tenant_id=ItemRow.tenant_id)


@cache
def shipped() -> dict[str, IntakeMapping]:
    """Return the shipped mappings by name."""
    files = sorted(_POLICY.glob("*.yaml"))
    return {one.stem: read_mapping(yaml.safe_load(one.read_text(encoding="utf-8")), one.name) for one in files}


def lock(work: Work, platform: str) -> None:
    """Let one transaction at a time take messages of a platform."""
    name = f"exchange:{work.tenant_id}:{platform}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def known(work: Work, platform: str, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """Return the messages of a platform that were kept, by source and id."""
    ids = [event_id for _, event_id in keys]
    mine = (ItemRow.tenant_id == work.tenant_id, ItemRow.platform == platform, ItemRow.event_id.in_(ids))
    found = [_item(row) for row in work.session.scalars(select(ItemRow).where(*mine))]
    return {(one.source, one.event_id): one for one in found}


def add(work: Work, items: Collection[Item]) -> None:
    """Write messages."""
    if items:
        rows = [
            {name: getattr(one, name) for name in Item.__slots__} | {"kind": one.kind.value, "state": one.state.value}
            for one in items
        ]
        work.session.execute(insert(ItemRow), rows, execution_options={"render_nulls": True})


def items(work: Work, *conditions: ColumnElement[bool], limit: int, before: UUID | None = None) -> list[Item]:
    """Return messages, the newest first; the caller brings the scope."""
    older = () if before is None else (ItemRow.id < before,)
    asked = select(ItemRow).where(*conditions, *older).order_by(ItemRow.id.desc()).limit(limit)
    return [_item(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def oldest(work: Work, *conditions: ColumnElement[bool], limit: int, after: UUID | None = None) -> list[Item]:
    """Return messages, the longest waiting first (ids grow with the time of receipt); the caller brings the scope."""
    past = () if after is None else (ItemRow.id > after,)
    asked = select(ItemRow).where(*conditions, *past).order_by(ItemRow.id).limit(limit)
    return [_item(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def count(work: Work, *conditions: ColumnElement[bool], most: int) -> int:
    """Return how many messages there are, ``most`` at most; the caller brings the scope."""
    some = select(ItemRow.id).where(*conditions).limit(most).subquery()
    return work.session.scalar(select(func.count()).select_from(some)) or 0


def held(work: Work, item_id: UUID, condition: ColumnElement[bool]) -> Item | None:
    """Return a message that a condition picks, locked."""
    row = work.session.scalar(select(ItemRow).where(ItemRow.id == item_id, condition).with_for_update())
    return None if row is None else _item(row)


def change(work: Work, item_id: UUID, **values: object) -> None:
    """Write what became of a message."""
    work.session.execute(update(ItemRow).where(ItemRow.id == item_id).values(**values))


def secret(work: Work, platform: str) -> str | None:
    """Return what a platform's messages must be signed with; None where nothing was set."""
    mine = (SecretRow.tenant_id == work.tenant_id, SecretRow.platform == platform)
    return work.session.scalar(select(SecretRow.secret).where(*mine))


def set_secret(work: Work, platform: str, text: str | None) -> None:
    """Set or take away what a platform signs with."""
    mine = (SecretRow.tenant_id == work.tenant_id, SecretRow.platform == platform)
    work.session.execute(delete(SecretRow).where(*mine))
    if text is not None:
        values = {"tenant_id": work.tenant_id, "platform": platform, "secret": text, "created_at": work.now()}
        work.session.execute(insert(SecretRow).values(**values))


def _item(row: ItemRow) -> Item:
    values = {name: getattr(row, name) for name in Item.__slots__}
    return Item(**values | {"kind": ItemKind(row.kind), "state": ItemState(row.state)})
