"""Tables of experts: who they are, what they proved, what happened to their standing, and the links they came by."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable

_LOG = {"info": {"append_only": True}}


class ExpertRow(Base):
    """One expert as they are now."""

    __tablename__ = "market_experts"
    __table_args__ = (
        CheckConstraint("stars >= ratings AND stars <= 5 * ratings", name="stars"),
        Index("ix_market_experts_list", "available", "grade", "person_id"),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    grade: Mapped[str] = mapped_column(Text)
    employer: Mapped[str] = mapped_column(Text)
    job: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    words: Mapped[str] = mapped_column(Text)
    available: Mapped[bool]
    price_floor: Mapped[int | None] = mapped_column(BigInteger)
    conflicts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    stars: Mapped[int] = mapped_column(Integer)
    ratings: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    link_id: Mapped[UUID | None]


class ExpertEventRow(Base):
    """One thing that happened to an expert's standing."""

    __tablename__ = "market_expert_events"
    __table_args__ = (Index("ix_market_expert_events_person_id", "person_id", "id"), _LOG)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, object]]


class SkillRow(Base):
    """What an expert proved of one topic; counts only grow."""

    __tablename__ = "market_skills"
    __table_args__ = (CheckConstraint('"right" >= 0 AND wrong >= 0', name="counts"),)

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID]
    right: Mapped[int] = mapped_column(Integer)
    wrong: Mapped[int] = mapped_column(Integer)


class LinkRow(Base):
    """An invitation to register."""

    __tablename__ = "market_expert_links"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("used >= 0 AND used <= most", name="used"),
        Index("ix_market_expert_links_list", "tenant_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    words: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    most: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime | None]


EXPERTS = ScopedTable(tenant_id=ExpertRow.tenant_id, owner_id=ExpertRow.person_id)
LINKS = ScopedTable(tenant_id=LinkRow.tenant_id, owner_id=LinkRow.made_by)
