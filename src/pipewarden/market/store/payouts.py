"""Every query on bills."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.payouts import RELEASED, Bill, BillEvent, BillState, Did, Step, Withheld
from pipewarden.market.store.payout_tables import BillEventRow, BillRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_FRESH = {"populate_existing": True}
_PLAIN = [one.name for one in fields(Bill) if one.name not in {"tax", "state", "step"}]


def lock(work: Work, name: str) -> None:
    """Let one transaction at a time do what ``name`` says: two withdrawals of one person."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"market:{name}", 0))))


def add(work: Work, bill: Bill) -> None:
    """Write a bill."""
    work.session.execute(insert(BillRow).values(**_values(bill)))


def change(work: Work, bill: Bill) -> None:
    """Write what became of a bill; its number, amounts and hold stay what they were."""
    kept = {"id", "tenant_id", "person_id", "payee_id", "number", "key", "gross", "fen", "hold_id", "made_at"}
    values = {name: value for name, value in _values(bill).items() if name not in kept}
    work.session.execute(
        update(BillRow).where(BillRow.id == bill.id).values(**values).execution_options(synchronize_session=False)
    )


def add_event(work: Work, bill: Bill, did: Did, details: dict[str, object]) -> UUID:
    """Write down what happened to a bill and where it left it; return the event's id."""
    event_id = work.ids.new()
    work.session.execute(
        insert(BillEventRow).values(
            id=event_id,
            tenant_id=bill.tenant_id,
            bill_id=bill.id,
            did=did.value,
            state=bill.state.value,
            details=details,
            at=work.now(),
        )
    )
    return event_id


def told_by(work: Work, event_ids: Collection[UUID]) -> list[tuple[BillEvent, Bill]]:
    """Return events of the tenant worked for with their bills, oldest first."""
    rows = work.session.execute(
        select(BillEventRow, BillRow)
        .join(BillRow, BillRow.id == BillEventRow.bill_id)
        .where(BillEventRow.id.in_(event_ids), BillEventRow.tenant_id == work.tenant_id)
        .order_by(BillEventRow.id)
        .execution_options(**_FRESH)
    )
    return [(_event(event), bill_of(bill)) for event, bill in rows]


def events(work: Work, bill_id: UUID) -> list[BillEvent]:
    """Return everything that happened to a bill, oldest first."""
    rows = work.session.scalars(select(BillEventRow).where(BillEventRow.bill_id == bill_id).order_by(BillEventRow.id))
    return [_event(row) for row in rows]


def _event(row: BillEventRow) -> BillEvent:
    return BillEvent(row.id, row.tenant_id, row.bill_id, Did(row.did), BillState(row.state), row.details, row.at)


def by_key(work: Work, person_id: UUID, key: str) -> Bill | None:
    """Return the bill that a person's key made before."""
    return _one(work, BillRow.person_id == person_id, BillRow.key == key)


def of_person(work: Work, person_id: UUID, bill_id: UUID, *, alone: bool = False) -> Bill | None:
    """Return one of a person's bills, held alone if so wanted."""
    return _one(work, BillRow.person_id == person_id, BillRow.id == bill_id, alone=alone)


def held(work: Work, bill_id: UUID) -> Bill | None:
    """Return a bill of whatever tenant, held alone."""
    return _one(work, BillRow.id == bill_id, alone=True)


def by_number(work: Work, number: str, *conditions: ColumnElement[bool], alone: bool = False) -> Bill | None:
    """Return the bill of a number that conditions let through."""
    return _one(work, BillRow.number == number, *conditions, alone=alone)


def take_due(work: Work, now: datetime) -> Bill | None:
    """Return the bill, of whatever tenant, that has been due the longest and nobody holds; held alone."""
    row = work.session.scalar(
        select(BillRow)
        .where(BillRow.next_at <= now)
        .order_by(BillRow.next_at, BillRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(**_FRESH)
    )
    return None if row is None else bill_of(row)


def bills(work: Work, *conditions: ColumnElement[bool], limit: int, before: UUID | None = None) -> list[Bill]:
    """Return bills that conditions pick, the newest first."""
    older = () if before is None else (BillRow.id < before,)
    asked = select(BillRow).where(*conditions, *older).order_by(BillRow.id.desc()).limit(limit)
    return [bill_of(row) for row in work.session.scalars(asked.execution_options(**_FRESH))]


def numbered(work: Work, numbers: Collection[str], *conditions: ColumnElement[bool]) -> list[Bill]:
    """Return the bills of these numbers that conditions let through, of whatever tenant where there are none."""
    found: list[Bill] = []
    wanted = sorted(numbers)
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        asked = select(BillRow).where(BillRow.number.in_(part), *conditions)
        found += [bill_of(row) for row in work.session.scalars(asked)]
    return found


def paid_between(work: Work, since: datetime, until: datetime, *conditions: ColumnElement[bool]) -> list[Bill]:
    """Return the bills that were paid in a time."""
    rows = work.session.scalars(
        select(BillRow).where(
            BillRow.state == BillState.PAID.value, BillRow.over_at >= since, BillRow.over_at < until, *conditions
        )
    )
    return [bill_of(row) for row in rows]


def today(work: Work, person_id: UUID, since: datetime) -> tuple[int, int]:
    """Return how many withdrawals a person made since a moment, and their units; what came back is not counted."""
    released = [one.value for one in RELEASED]
    row = work.session.execute(
        select(func.count(), func.coalesce(func.sum(BillRow.gross), 0)).where(
            BillRow.person_id == person_id, BillRow.made_at >= since, BillRow.state.not_in(released)
        )
    ).one()
    return int(row[0]), int(row[1])


def taxed(work: Work, person_id: UUID, year: str) -> dict[str, tuple[int, int]]:
    """Return gross and withheld units of a person by month of a year; what came back is not counted."""
    rows = work.session.execute(
        select(BillRow.tax_month, func.sum(BillRow.gross), func.sum(BillRow.tax_units))
        .where(
            BillRow.person_id == person_id,
            BillRow.tax_month.startswith(year),
            BillRow.state.not_in([one.value for one in RELEASED]),
        )
        .group_by(BillRow.tax_month)
    )
    return {month: (int(gross), int(units)) for month, gross, units in rows}


def paid_out(work: Work, person_id: UUID) -> int:
    """Return the units that ever left a person's wallet by a withdrawal."""
    asked = select(func.coalesce(func.sum(BillRow.gross), 0)).where(
        BillRow.person_id == person_id, BillRow.state == BillState.PAID.value
    )
    return int(work.session.scalar(asked) or 0)


def _one(work: Work, *conditions: ColumnElement[bool], alone: bool = False) -> Bill | None:
    asked = select(BillRow).where(*conditions)
    row = work.session.scalar((asked.with_for_update() if alone else asked).execution_options(**_FRESH))
    return None if row is None else bill_of(row)


def _values(bill: Bill) -> dict[str, object]:
    return {name: getattr(bill, name) for name in _PLAIN} | {
        "state": bill.state.value,
        "step": None if bill.step is None else bill.step.value,
        "tax_kind": bill.tax.kind,
        "tax_month": bill.tax.month,
        "tax_units": bill.tax.units,
        "tax_policy": bill.tax.policy,
        "id_number": bill.tax.id_number,
    }


def bill_of(row: BillRow) -> Bill:
    """Return a row as a fact."""
    tax = Withheld(row.tax_kind, row.tax_month, row.tax_units, row.tax_policy, row.id_number)
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Bill(**plain, state=BillState(row.state), step=None if row.step is None else Step(row.step), tax=tax)


def in_states(states: Sequence[BillState]) -> ColumnElement[bool]:
    """Return the condition that a bill is in one of these states."""
    return BillRow.state.in_([one.value for one in states])


def odd() -> ColumnElement[bool]:
    """Return the condition that a person must look at a bill."""
    return (BillRow.state == BillState.UNKNOWN.value) | (BillRow.odd != "")


def owned_by(person_id: UUID) -> ColumnElement[bool]:
    """Return the condition that a bill is a person's."""
    return BillRow.person_id == person_id
