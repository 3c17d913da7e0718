"""The tables of questions with pictures: what tenants permit, what was asked, what it cost, how endpoints fare.

The gate and the day's spending are rows that are locked, in this order, by the transaction that admits a question and
by the one that settles it: two workers cannot both take the last of a budget.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Identity,
    Index,
    Integer,
    Text,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.inference.facts import (
    BoxScale,
    FailureKind,
    Lost,
    Reply,
    VisionCall,
    VisionModel,
    VisionPolicy,
    VisionUsage,
)
from pipewarden.inference.rules import Expected, Gate
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pipewarden.inference.rules import Prepared
    from pipewarden.kit.work import Work

PENDING, ANSWER, CACHED = "pending", "answer", "cached"


class VisionPolicyRow(Base):
    """One change of what a tenant permits; the last one counts."""

    __tablename__ = "inference_vision_policies"
    __table_args__ = (
        Index("ix_inference_vision_policies_tenant_id_seq", "tenant_id", "seq"),
        {"info": {"append_only": True}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID]
    endpoints: Mapped[list[object]]
    budget: Mapped[int] = mapped_column(BigInteger)
    per_minute: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class GateRow(Base):
    """How a tenant stands with one model behind one endpoint: bucket and breaker, shared by all workers."""

    __tablename__ = "inference_gates"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    tokens_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime | None]
    probe_until: Mapped[datetime | None]


class SpendingRow(Base):
    """What a tenant has spent and reserved on one day, in 0.0001 yuan."""

    __tablename__ = "inference_spending"
    __table_args__ = (CheckConstraint("spent >= 0 AND reserved >= 0", name="not_negative"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    spent: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)


class VisionCallRow(Base):
    """One question and everything that came back; pictures by hash, no key anywhere."""

    __tablename__ = "inference_vision_calls"
    __table_args__ = (
        Index("ix_inference_vision_calls_tenant_id_id", "tenant_id", "id"),
        Index("ix_inference_vision_calls_tenant_id_request_sha256", "tenant_id", "request_sha256", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    question: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str] = mapped_column(Text)
    about: Mapped[dict[str, object]]
    expected: Mapped[dict[str, object]]
    pictures: Mapped[list[object]]
    request: Mapped[str] = mapped_column(Text)
    request_sha256: Mapped[str] = mapped_column(Text)
    exchanges: Mapped[list[object]]
    outcome: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    repaired: Mapped[bool] = mapped_column(Boolean)
    cached_from: Mapped[UUID | None]
    prompt_tokens: Mapped[int | None] = mapped_column(Integer)
    completion_tokens: Mapped[int | None] = mapped_column(Integer)
    day: Mapped[date] = mapped_column(Date)
    once: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)
    ms: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


def add_policy(work: Work, policy: VisionPolicy, actor: str) -> None:
    """Append what the tenant permits from now on."""
    row = VisionPolicyRow(
        tenant_id=work.tenant_id,
        endpoints=list(policy.endpoints),
        budget=policy.budget,
        per_minute=policy.per_minute,
        actor=actor,
        at=work.now(),
    )
    work.session.add(row)
    work.session.flush()


def policy(work: Work) -> VisionPolicy | None:
    """Return what the tenant permits; None when it never said."""
    row = work.session.scalars(
        select(VisionPolicyRow)
        .where(VisionPolicyRow.tenant_id == work.tenant_id)
        .order_by(VisionPolicyRow.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return VisionPolicy(tuple(str(one) for one in row.endpoints), row.budget, row.per_minute)


def gate(work: Work, model: VisionModel) -> Gate | None:
    """Return the gate as it stands, None before the first question."""
    row = work.session.get(GateRow, (work.tenant_id, model.endpoint, model.name), populate_existing=True)
    return None if row is None else _gate(row)


def lock_gate(work: Work, model: VisionModel, per_minute: int) -> Gate:
    """Lock the gate until the transaction ends and return it; a new one is closed and full."""
    key = {"tenant_id": work.tenant_id, "endpoint": model.endpoint, "model": model.name}
    fresh = insert(GateRow).values(**key, tokens=float(per_minute), tokens_at=work.now(), failures=0)
    work.session.execute(fresh.on_conflict_do_nothing())
    row = work.session.get_one(GateRow, tuple(key.values()), with_for_update=True, populate_existing=True)
    return _gate(row)


def write_gate(work: Work, model: VisionModel, now_stands: Gate) -> None:
    """Write a gate that is locked."""
    row = work.session.get_one(GateRow, (work.tenant_id, model.endpoint, model.name))
    row.tokens, row.tokens_at, row.failures = now_stands.tokens, now_stands.tokens_at, now_stands.failures
    row.opened_at, row.probe_until = now_stands.opened_at, now_stands.probe_until
    work.session.flush()


def open_gates(work: Work) -> int:
    """Return how many of the tenant's breakers are open."""
    mine = GateRow.tenant_id == work.tenant_id, GateRow.opened_at.is_not(None)
    return work.session.scalar(select(func.count()).select_from(GateRow).where(*mine)) or 0


def _gate(row: GateRow) -> Gate:
    return Gate(row.tokens, row.tokens_at, row.failures, row.opened_at, row.probe_until)


def spending(work: Work, day: date) -> tuple[int, int]:
    """Return what is spent and what is reserved on a day."""
    found = work.session.execute(
        select(SpendingRow.spent, SpendingRow.reserved).where(
            SpendingRow.tenant_id == work.tenant_id, SpendingRow.day == day
        )
    ).one_or_none()
    return (0, 0) if found is None else (found.spent, found.reserved)


def reserve(work: Work, day: date, amount: int, budget: int) -> bool:
    """Reserve an amount of a day's budget in one conditional statement, and say whether it was free."""
    fresh = insert(SpendingRow).values(tenant_id=work.tenant_id, day=day, spent=0, reserved=0)
    work.session.execute(fresh.on_conflict_do_nothing())
    taken = work.session.execute(
        update(SpendingRow)
        .where(
            SpendingRow.tenant_id == work.tenant_id,
            SpendingRow.day == day,
            SpendingRow.spent + SpendingRow.reserved + amount <= budget,
        )
        .values(reserved=SpendingRow.reserved + amount)
        .returning(SpendingRow.reserved)
    )
    return taken.one_or_none() is not None


def spend(work: Work, day: date, reserved: int, cost: int) -> None:
    """Turn a reservation into what it really cost."""
    work.session.execute(
        update(SpendingRow)
        .where(SpendingRow.tenant_id == work.tenant_id, SpendingRow.day == day)
        .values(reserved=SpendingRow.reserved - reserved, spent=SpendingRow.spent + cost)
    )


def add_call(work: Work, asked: Prepared, day: date, once: int, reserved: int) -> VisionCallRow:
    """Insert a question that is about to be asked."""
    row = VisionCallRow(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        question=asked.version,
        model=asked.model.name,
        endpoint=asked.model.endpoint,
        about=asdict(asked.model),
        expected={"image_id": asked.image_id, "frame": list(asked.frame), "notes": dict(asked.notes)},
        pictures=list(asked.jpegs),
        request=asked.text,
        request_sha256=asked.sha256,
        exchanges=[],
        outcome=PENDING,
        repaired=False,
        day=day,
        once=once,
        reserved=reserved,
        cost=0,
        at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    return row


def call_row(work: Work, call_id: UUID) -> VisionCallRow | None:
    """Return a question's row, None when the tenant has none of that id."""
    return work.session.scalars(
        select(VisionCallRow).where(VisionCallRow.tenant_id == work.tenant_id, VisionCallRow.id == call_id)
    ).one_or_none()


def answered(work: Work, request_sha256: str, since: datetime) -> VisionCallRow | None:
    """Return the newest answered row of the very same question."""
    return work.session.scalars(
        select(VisionCallRow)
        .where(
            VisionCallRow.tenant_id == work.tenant_id,
            VisionCallRow.request_sha256 == request_sha256,
            VisionCallRow.outcome == ANSWER,
            VisionCallRow.at >= since,
        )
        .order_by(VisionCallRow.at.desc(), VisionCallRow.id.desc())
        .limit(1)
    ).one_or_none()


def calls(work: Work, after: UUID | None, limit: int) -> list[VisionCall]:
    """Return up to ``limit`` questions of the tenant, oldest first, that follow ``after``."""
    wanted = select(VisionCallRow).where(VisionCallRow.tenant_id == work.tenant_id)
    if after is not None:
        wanted = wanted.where(VisionCallRow.id > after)
    return [_call(row) for row in work.session.scalars(wanted.order_by(VisionCallRow.id).limit(limit))]


def totals(work: Work, since: datetime) -> dict[str, tuple[int, int]]:
    """Return how many questions ended how since a moment, and what they cost."""
    rows = work.session.execute(
        select(VisionCallRow.outcome, func.count(), func.sum(VisionCallRow.cost))
        .where(VisionCallRow.tenant_id == work.tenant_id, VisionCallRow.at >= since)
        .group_by(VisionCallRow.outcome)
    )
    return {outcome: (count, int(cost)) for outcome, count, cost in rows}


def usage(work: Work, since: datetime, until: datetime) -> list[VisionUsage]:
    """Return what the tenant's questions of a time came to, by the day whose budget they used and by outcome."""
    row = VisionCallRow
    rows = work.session.execute(
        select(
            row.day,
            row.outcome,
            func.count(),
            func.sum(row.prompt_tokens),
            func.sum(row.completion_tokens),
            func.sum(row.cost),
        )
        .where(row.tenant_id == work.tenant_id, row.at >= since, row.at < until)
        .group_by(row.day, row.outcome)
        .order_by(row.day, row.outcome)
    )
    return [
        VisionUsage(day, outcome, count, int(prompt or 0), int(completion or 0), int(cost or 0))
        for day, outcome, count, prompt, completion, cost in rows
    ]


def _call(row: VisionCallRow) -> VisionCall:
    return VisionCall(
        id=row.id,
        question=row.question,
        model=row.model,
        endpoint=row.endpoint,
        outcome=row.outcome,
        problem=row.problem,
        pictures=tuple(str(one) for one in row.pictures),
        request_sha256=row.request_sha256,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cost=row.cost,
        ms=row.ms,
        at=row.at,
    )


def kept(exchanges: Sequence[Reply | Lost]) -> list[object]:
    """Return exchanges as they are recorded."""
    return [asdict(one) for one in exchanges]


def recorded(row: VisionCallRow) -> list[Reply | Lost]:
    """Return the exchanges of a row."""
    return [_exchange(one) for one in row.exchanges if isinstance(one, dict)]


def _exchange(told: Mapping[str, Any]) -> Reply | Lost:
    if "status" in told:
        return Reply(**told)
    return Lost(FailureKind(told["kind"]), told["problem"], sent=told["sent"])


def model_of(row: VisionCallRow) -> VisionModel:
    """Return the model as it was described when it was asked."""
    told: dict[str, Any] = dict(row.about)
    return VisionModel(**(told | {"scale": BoxScale(told["scale"])}))


def expected_of(row: VisionCallRow) -> Expected:
    """Return what the answer of a row is held against."""
    told: dict[str, Any] = dict(row.expected)
    return Expected(told["image_id"], (told["frame"][0], told["frame"][1]), told["notes"])
