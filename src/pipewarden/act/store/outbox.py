"""The outbox of what leaves the house: claimed under a lease, tried a bounded number of times, every try on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Uuid, cast, exists, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased

from pipewarden.act.facts import Attempt, Delivery, DeliveryState, Outcome
from pipewarden.act.rules.plan import RANK
from pipewarden.act.store.tables import AttemptRow, BucketRow, CallRow, DeliveryRow
from pipewarden.casework.facts import Urgency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.act.facts import Receipt
    from pipewarden.kit.work import Work

_SIDE_BY_SIDE = 16  # more than hands that may be at it at one moment


def add(work: Work, deliveries: Sequence[Delivery]) -> None:
    """Write deliveries; one whose subject, target and part are there already is left as it is."""
    rows = [
        {
            "id": one.id,
            "tenant_id": one.tenant_id,
            "subject_id": one.subject_id,
            "target_id": one.target_id,
            "channel": one.channel,
            "person_id": one.person_id,
            "part": one.part,
            "parts": one.parts,
            "position": one.position,
            "urgency": one.urgency.value,
            "rank": RANK[one.urgency],
            "title": one.title,
            "body": one.body,
            "state": one.state.value,
            "due_at": one.due_at,
            "created_at": one.created_at,
            "attempts": one.attempts,
            "repeated": one.repeated,
            "problem": one.problem,
            "lane": one.lane,
        }
        for one in deliveries
    ]
    if rows:
        once = insert(DeliveryRow).on_conflict_do_nothing(index_elements=["subject_id", "target_id", "part"])
        work.session.execute(once, rows, execution_options={"render_nulls": True})  # one statement for all


def _free(row: type[DeliveryRow], now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        row.state == DeliveryState.WAITING.value,
        row.due_at <= now,
        or_(row.leased_until.is_(None), row.leased_until <= now),
        or_(row.lane.is_(None), ~_behind(row)),
    )


def _behind(row: type[DeliveryRow]) -> ColumnElement[bool]:
    """Return the condition that an earlier one of its lane has still to go out: what happened first is told first."""
    first = aliased(DeliveryRow)
    return exists().where(
        first.tenant_id == row.tenant_id,
        first.lane == row.lane,
        first.id < row.id,
        first.state == DeliveryState.WAITING.value,
    )


def claim(work: Work, tenants: Sequence[UUID], *, lease: UUID, within: timedelta) -> tuple[Delivery, bool] | None:
    """Take the most urgent delivery that is due and return it as it was, and whether a hand lost it.

    Of two tenants the one with fewer under way comes first, then the one named first, so that a flood of one does not
    hold up the other's. The attempt is counted now, before it is made: a process that dies of it has made it.

    Where:
        tenants: whose, in turn; each is asked for its first few, so that the cost does not grow with what waits.
    """
    now = work.now()
    near, busy = aliased(DeliveryRow), aliased(DeliveryRow)
    whose = (
        func.unnest(cast(list(tenants), ARRAY(Uuid))).table_valued("tenant", with_ordinality="turn").render_derived()
    )
    first = (
        select(near.id)
        .where(near.tenant_id == whose.c.tenant, *_free(near, now))
        .order_by(near.rank, near.due_at, near.id)
        .limit(_SIDE_BY_SIDE)
        .lateral("first")
    )
    under_way = select(func.count()).where(busy.tenant_id == DeliveryRow.tenant_id, busy.leased_until > now)
    row = work.session.scalar(
        select(DeliveryRow)
        .select_from(whose)
        .join(first, true())
        .join(DeliveryRow, DeliveryRow.id == first.c.id)
        .where(*_free(DeliveryRow, now))
        .order_by(DeliveryRow.rank, under_way.scalar_subquery(), whose.c.turn, DeliveryRow.due_at, DeliveryRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=DeliveryRow)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    found, lost = delivery_of(row), row.leased_until is not None
    row.lease, row.leased_until, row.attempts = lease, now + within, row.attempts + 1
    work.session.flush()
    return found, lost


def backlog(work: Work) -> tuple[int, datetime | None]:
    """Return how many of the tenant's deliveries are due and not sent, and when the oldest of them was due."""
    mine = DeliveryRow.tenant_id == work.tenant_id, DeliveryRow.state == DeliveryState.WAITING.value
    due = DeliveryRow.due_at <= work.now()
    count, since = work.session.execute(select(func.count(), func.min(DeliveryRow.due_at)).where(*mine, due)).one()
    return count, since


def ended(work: Work, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many of the tenant's deliveries that were made since a moment are in which state, by channel."""
    rows = work.session.execute(
        select(DeliveryRow.channel, DeliveryRow.state, func.count())
        .where(DeliveryRow.tenant_id == work.tenant_id, DeliveryRow.created_at >= since)
        .group_by(DeliveryRow.channel, DeliveryRow.state)
    )
    return {(channel, state): count for channel, state, count in rows}


def lock_subject(work: Work, subject_id: UUID) -> None:
    """Let nobody else decide on the deliveries of a subject, or of a subscription, until the transaction ends."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"act:{subject_id}", 0))))


def leased_by(work: Work, delivery_id: UUID, lease: UUID) -> bool:
    """Return whether a delivery still waits for what this hand has to say of it."""
    held = (DeliveryRow.id == delivery_id, DeliveryRow.lease == lease, DeliveryRow.state == DeliveryState.WAITING.value)
    return work.session.scalar(select(DeliveryRow.id).where(*held).with_for_update()) is not None


def change(work: Work, delivery_id: UUID, **values: object) -> None:
    """Write what became of a delivery; its lease ends."""
    work.session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery_id)
        .values(lease=None, leased_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def mark_repeated(work: Work, delivery_id: UUID) -> None:
    """Note that it goes out once more although nobody knows of the first."""
    work.session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(repeated=True))


def of(work: Work, *conditions: ColumnElement[bool], limit: int = 1000) -> list[Delivery]:
    """Return deliveries of the tenant worked for, in the order in which they are tried."""
    rows = work.session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.tenant_id == work.tenant_id, *conditions)
        .order_by(DeliveryRow.position, DeliveryRow.part, DeliveryRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [delivery_of(row) for row in rows]


def move(work: Work, ids: Collection[UUID], state: DeliveryState, *, due_at: datetime | None = None) -> None:
    """Let deliveries stand so from now on."""
    values: dict[str, object] = {"state": state.value} | ({} if due_at is None else {"due_at": due_at})
    if ids:
        work.session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(list(ids)))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def put_off(work: Work, target_id: UUID, until: datetime) -> None:
    """Let what waits for a target wait until then, but for what another channel may carry meanwhile."""
    other = aliased(DeliveryRow)
    elsewhere = exists().where(
        other.subject_id == DeliveryRow.subject_id,
        other.target_id != DeliveryRow.target_id,
        other.state == DeliveryState.SPARE.value,
    )
    waits = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.tenant_id == work.tenant_id,
            DeliveryRow.target_id == target_id,
            DeliveryRow.due_at < until,
            DeliveryRow.lease.is_(None),
            DeliveryRow.state == DeliveryState.WAITING.value,
            ~elsewhere,
        )
        .with_for_update(skip_locked=True)  # a hand that has one of them may be waiting for what this one holds
    )
    ids = list(work.session.scalars(waits))
    move(work, ids, DeliveryState.WAITING, due_at=until)


def note(work: Work, delivery_id: UUID, receipt: Receipt) -> None:
    """Append a line to what was tried."""
    work.session.execute(
        insert(AttemptRow).values(
            tenant_id=work.tenant_id,
            delivery_id=delivery_id,
            at=work.now(),
            outcome=receipt.outcome.value,
            problem=receipt.problem,
        )
    )


def attempts(work: Work, delivery_ids: Collection[UUID]) -> list[Attempt]:
    """Return what was tried, the oldest first."""
    rows = work.session.execute(
        select(AttemptRow.delivery_id, AttemptRow.at, AttemptRow.outcome, AttemptRow.problem)
        .where(AttemptRow.tenant_id == work.tenant_id, AttemptRow.delivery_id.in_(list(delivery_ids)))
        .order_by(AttemptRow.seq)
    )
    return [Attempt(row.delivery_id, row.at, Outcome(row.outcome), row.problem) for row in rows]


def page(work: Work, *conditions: ColumnElement[bool], before: UUID | None, limit: int) -> list[Delivery]:
    """Return deliveries, the newest first."""
    earlier = () if before is None else (DeliveryRow.id < before,)
    rows = work.session.scalars(
        select(DeliveryRow).where(*conditions, *earlier).order_by(DeliveryRow.id.desc()).limit(limit)
    )
    return [delivery_of(row) for row in rows]


def anywhere(work: Work, delivery_id: UUID) -> Delivery | None:
    """Return a delivery of whatever tenant, for the holder of a link that is proved next."""
    row = work.session.get(DeliveryRow, delivery_id, populate_existing=True)
    return None if row is None else delivery_of(row)


def tries(work: Work, target_ids: Collection[UUID], since: datetime, *, limit: int) -> list[Delivery]:
    """Return what went to contact points since a moment and carries no call, the newest first: sent to try them."""
    carries = select(CallRow.id).where(
        CallRow.tenant_id == work.tenant_id, CallRow.subject_id == DeliveryRow.subject_id
    )
    mine = (
        DeliveryRow.tenant_id == work.tenant_id,
        DeliveryRow.target_id.in_(list(target_ids)),
        DeliveryRow.created_at >= since,
        ~exists(carries),
    )
    return page(work, *mine, before=None, limit=limit)


def told(work: Work, target_ids: Collection[UUID], whats: Collection[str], since: datetime) -> set[tuple[UUID, str]]:
    """Return (group, what it is about) of the calls of which these groups were given a copy since a moment."""
    rows = work.session.execute(
        select(DeliveryRow.target_id, CallRow.about)
        .join(CallRow, CallRow.id == DeliveryRow.subject_id)
        .where(
            DeliveryRow.tenant_id == work.tenant_id,
            DeliveryRow.target_id.in_(list(target_ids)),
            DeliveryRow.created_at >= since,
            CallRow.about.in_(list(whats)),
        )
    )
    return {(target_id, about) for target_id, about in rows}


def bucket(work: Work, target_id: UUID) -> tuple[list[datetime], datetime | None]:
    """Return when a target was spoken to in the last minute and until when it is shut; locked until the end."""
    made = insert(BucketRow).values(target_id=target_id, tenant_id=work.tenant_id, stamps=[])
    work.session.execute(made.on_conflict_do_nothing(index_elements=["target_id"]))
    row = work.session.execute(
        select(BucketRow.stamps, BucketRow.closed_until).where(BucketRow.target_id == target_id).with_for_update()
    ).one()
    return list(row.stamps), row.closed_until


def set_bucket(work: Work, target_id: UUID, **values: object) -> None:
    """Write a target's rate."""
    work.session.execute(update(BucketRow).where(BucketRow.target_id == target_id).values(**values))


def shut(work: Work, target_id: UUID, until: datetime) -> None:
    """Let nobody speak to a target until then, or longer where it was shut for longer."""
    set_bucket(work, target_id, closed_until=func.greatest(BucketRow.closed_until, until))


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return the row as a fact."""
    return Delivery(
        id=row.id,
        tenant_id=row.tenant_id,
        subject_id=row.subject_id,
        target_id=row.target_id,
        channel=row.channel,
        person_id=row.person_id,
        part=row.part,
        parts=row.parts,
        position=row.position,
        urgency=Urgency(row.urgency),
        title=row.title,
        body=row.body,
        state=DeliveryState(row.state),
        due_at=row.due_at,
        created_at=row.created_at,
        attempts=row.attempts,
        repeated=row.repeated,
        sent_at=row.sent_at,
        problem=row.problem,
        lane=row.lane,
    )
