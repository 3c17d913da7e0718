"""Tables of labelling: items, people's turns at them, and what happened to either."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Double, Index, Integer, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base

_JSON = JSONB(none_as_null=True)


class LabelItemRow(Base):
    """One item; ``asked`` people hold or answered it, of ``wanted``; ``score`` is the guess's, the least first."""

    __tablename__ = "market_label_items"
    __table_args__ = (
        UniqueConstraint("commission_id", "source"),
        CheckConstraint("asked >= 0 AND wanted > 0 AND shown >= 0", name="counts"),
        Index(
            "ix_market_label_items_open",
            "commission_id",
            "score",
            "id",
            postgresql_where=text("state = 'open' AND gold IS NULL"),
        ),
        Index(
            "ix_market_label_items_gold",
            "commission_id",
            "shown",
            postgresql_where=text("gold IS NOT NULL AND NOT told"),
        ),
        Index("ix_market_label_items_list", "tenant_id", "commission_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    authors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    guess: Mapped[dict[str, object] | None] = mapped_column(_JSON)
    score: Mapped[float | None] = mapped_column(Double)
    gold: Mapped[dict[str, object] | None] = mapped_column(_JSON)
    reason: Mapped[str] = mapped_column(Text)
    shown: Mapped[int] = mapped_column(Integer)
    told: Mapped[bool]
    wanted: Mapped[int] = mapped_column(Integer)
    asked: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    settled: Mapped[dict[str, object] | None] = mapped_column(_JSON)
    settled_at: Mapped[datetime | None]


class LabelAnswerRow(Base):
    """One person's turn at one item; once for each, so that nobody answers twice."""

    __tablename__ = "market_label_answers"
    __table_args__ = (
        UniqueConstraint("item_id", "person_id"),
        CheckConstraint("tries >= 0", name="tries"),
        Index("ix_market_label_answers_person", "person_id", "state", "id"),
        Index("ix_market_label_answers_commission", "commission_id", "state", "id"),
        Index(
            "ix_market_label_answers_pay",
            "given_at",
            postgresql_where=text("charged_at IS NULL AND state IN ('given', 'right')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    commission_id: Mapped[UUID]
    item_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    person_id: Mapped[UUID]
    measures: Mapped[bool]
    drawn_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    said: Mapped[dict[str, object] | None] = mapped_column(_JSON)
    given_at: Mapped[datetime | None]
    right_first: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(Integer)
    charged_at: Mapped[datetime | None]


class LabelEventRow(Base):
    """One thing that happened to an item or an answer, for ever: who did what is never lost."""

    __tablename__ = "market_label_events"
    __table_args__ = (Index("ix_market_label_events_item", "item_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    item_id: Mapped[UUID]
    answer_id: Mapped[UUID | None]
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]
