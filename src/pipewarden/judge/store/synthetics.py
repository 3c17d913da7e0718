"""Synthetic alarms: one row for each test that was sent, with when it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.judge.facts import Synthetic
from pipewarden.judge.store.tables import SyntheticRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.judge.facts import Verdict
    from pipewarden.kit.work import Work


def begin(work: Work, slot: datetime, stream: str) -> bool:
    """Take a slot of the tenant and return whether it was free: of several workers one sends."""
    statement = insert(SyntheticRow).values(
        tenant_id=work.tenant_id, slot=slot, stream=stream, observation_ids=[], sent_at=work.now()
    )
    free = statement.on_conflict_do_nothing().returning(SyntheticRow.slot)
    return work.session.scalar(free) is not None


def sent(work: Work, one: Synthetic) -> None:
    """Note which pictures a test consists of."""
    work.session.execute(
        update(SyntheticRow)
        .where(SyntheticRow.tenant_id == work.tenant_id, SyntheticRow.slot == one.slot)
        .values(observation_ids=list(one.observation_ids))
    )


def arrive(work: Work, streams: Collection[str], verdict: Verdict) -> None:
    """Note that the tests of those streams have come through, the first time only."""
    work.session.execute(
        update(SyntheticRow)
        .where(
            SyntheticRow.tenant_id == work.tenant_id,
            SyntheticRow.stream.in_(streams),
            SyntheticRow.arrived_at.is_(None),
        )
        .values(arrived_at=work.now(), verdict=str(verdict))
    )


def forget(work: Work, *, before: datetime) -> None:
    """Delete the tenant's tests of the slots before a time."""
    work.session.execute(
        delete(SyntheticRow).where(SyntheticRow.tenant_id == work.tenant_id, SyntheticRow.slot < before)
    )


def newest(
    work: Work, *, arrived: bool | None = None, after: datetime | None = None, before: datetime | None = None
) -> Synthetic | None:
    """Return the tenant's newest test.

    Args:
        work: of the tenant.
        arrived: of those that have, or have not, come through.
        after: of the slots after this one; without it all that came through are gone over for one that did not.
        before: of those sent by then.
    """
    conditions: list[ColumnElement[bool]] = [SyntheticRow.tenant_id == work.tenant_id]
    if arrived is not None:
        conditions.append(SyntheticRow.arrived_at.is_not(None) if arrived else SyntheticRow.arrived_at.is_(None))
    if after is not None:
        conditions.append(SyntheticRow.slot > after)
    if before is not None:
        conditions.append(SyntheticRow.sent_at <= before)
    row = work.session.scalar(
        select(SyntheticRow)
        .where(*conditions)
        .order_by(SyntheticRow.slot.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return None if row is None else _synthetic(row)


def _synthetic(row: SyntheticRow) -> Synthetic:
    return Synthetic(
        slot=row.slot,
        stream=row.stream,
        observation_ids=tuple(row.observation_ids),
        sent_at=row.sent_at,
        arrived_at=row.arrived_at,
        verdict=row.verdict,
    )
