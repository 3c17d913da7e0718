"""Calls with what carries them, the outbox and its attempts, rates, subscriptions, who was reachable."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.people.service import ScopedTable


class CallRow(Base):
    """One call to one person: an entry of their message centre, and what carries it out of the house.

    ``subject_id`` names what carries it: itself, the like call of a moment ago, or a digest.
    """

    __tablename__ = "act_calls"
    __table_args__ = (
        Index("ix_act_calls_person_id", "tenant_id", "person_id", "id"),
        Index("ix_act_calls_about", "tenant_id", "person_id", "about", "at"),
        Index("ix_act_calls_subject_id", "subject_id"),
        Index("ix_act_calls_digest_at", "digest_at", postgresql_where=text("state = 'held'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    urgency: Mapped[str] = mapped_column(Text)
    site_ids: Mapped[list[object]]
    about: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    own: Mapped[bool]
    at: Mapped[datetime]
    subject_id: Mapped[UUID]
    digest_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(Text)
    read_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One part of one message to one target; the outbox. ``lease`` names the hand that sends it right now."""

    __tablename__ = "act_deliveries"
    __table_args__ = (
        UniqueConstraint("subject_id", "target_id", "part"),
        Index(
            "ix_act_deliveries_waiting",
            "tenant_id",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_act_deliveries_leased", "tenant_id", "leased_until", postgresql_where=text("leased_until IS NOT NULL")
        ),
        Index("ix_act_deliveries_target_id", "tenant_id", "target_id", "id"),
        Index("ix_act_deliveries_told", "tenant_id", "target_id", "created_at"),
        Index(
            "ix_act_deliveries_lane",
            "tenant_id",
            "lane",
            "id",
            postgresql_where=text("state = 'waiting' AND lane IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    target_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    part: Mapped[int] = mapped_column(Integer)
    parts: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    urgency: Mapped[str] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    repeated: Mapped[bool]
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text)
    lane: Mapped[str | None] = mapped_column(Text)


class AttemptRow(Base):
    """One line of what was tried, never changed."""

    __tablename__ = "act_attempts"
    __table_args__ = (Index("ix_act_attempts_delivery_id", "delivery_id", "seq"), {"info": {"append_only": True}})

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("act_deliveries.id"))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(Text)


class BucketRow(Base):
    """When a robot was spoken to in the last minute, and until when its vendor has shut it."""

    __tablename__ = "act_buckets"

    target_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stamps: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    closed_until: Mapped[datetime | None]


class HookRow(Base):
    """A subscription to a tenant's site events; never deleted, deliveries name it."""

    __tablename__ = "act_webhooks"
    __table_args__ = (Index("ix_act_webhooks_tenant_id", "tenant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    shown: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    batch: Mapped[bool] = mapped_column(server_default=false())
    state: Mapped[str] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]


class HookAddressRow(Base):
    """Where a subscription is posted to and what it is signed with; no list reads it."""

    __tablename__ = "act_webhook_addresses"

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("act_webhooks.id"), primary_key=True)
    tenant_id: Mapped[UUID]
    address: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)


class ReachRow(Base):
    """One nightly answer to: can everybody on duty be reached?"""

    __tablename__ = "act_reach"
    __table_args__ = (Index("ix_act_reach_tenant_id", "tenant_id", "id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime]
    persons: Mapped[int] = mapped_column(Integer)
    missing: Mapped[list[object]]


DELIVERIES = ScopedTable(tenant_id=DeliveryRow.tenant_id)
HOOKS = ScopedTable(tenant_id=HookRow.tenant_id)
REACH = ScopedTable(tenant_id=ReachRow.tenant_id)
