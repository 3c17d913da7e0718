"""Chains and the steps of theirs that fired: a step is a row once, with the call beside it once that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import Chain, Rung, Urgency, Who
from pipewarden.casework.store.duty_tables import ChainRow, RungRow, SiteDutyRow
from pipewarden.kit import facts_log

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_CHAIN: TypeAdapter[Chain] = TypeAdapter(Chain)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that fired and whose call has not gone out, with where its people are looked for."""

    rung: Rung
    site_id: UUID
    duty_id: UUID
    kind: str
    person_id: UUID
    critical: bool
    at: datetime
    area_path: str | None
    role: str


def add(work: Work, chain: Chain) -> None:
    """Insert a chain."""
    work.session.execute(insert(ChainRow).values(id=chain.id, **_columns(chain)))


def save(work: Work, chain: Chain) -> None:
    """Write how far a chain has come."""
    work.session.execute(
        update(ChainRow)
        .where(ChainRow.id == chain.id)
        .values(**_columns(chain))
        .execution_options(synchronize_session=False)
    )


def lock_due(work: Work, now: datetime, *, limit: int) -> list[Chain]:
    """Return chains with a step due, the longest due first, held alone; those that somebody else holds are left out."""
    return _locked(work, ChainRow.due_at <= now, limit=limit, skip=True)


def lock(work: Work, chain_ids: Collection[UUID]) -> list[Chain]:
    """Return those of ``chain_ids`` that there are, held alone until the transaction ends."""
    return _locked(work, ChainRow.id.in_(set(chain_ids)))


def read(work: Work, chain_ids: Collection[UUID]) -> list[Chain]:
    """Return those of ``chain_ids`` that there are; whoever sends calls must wait for nobody who holds one."""
    mine = (ChainRow.tenant_id == work.tenant_id, ChainRow.id.in_(set(chain_ids)))
    rows = select(ChainRow).where(*mine).execution_options(populate_existing=True)
    return [_CHAIN.validate_python(row.steps) for row in work.session.scalars(rows)]


def running(work: Work, *, duty_id: UUID | None = None, site_id: UUID | None = None) -> list[Chain]:
    """Return the chains of a duty, or of a site, that have not ended, held alone until the transaction ends."""
    about = ChainRow.site_id == site_id if duty_id is None else ChainRow.duty_id == duty_id
    return _locked(work, about, ChainRow.due_at.is_not(None))


def _locked(work: Work, *conditions: ColumnElement[bool], limit: int | None = None, skip: bool = False) -> list[Chain]:
    rows = work.session.scalars(
        select(ChainRow)
        .where(ChainRow.tenant_id == work.tenant_id, *conditions)
        .order_by(ChainRow.due_at, ChainRow.id)
        .limit(limit)
        .with_for_update(skip_locked=skip)
        .execution_options(populate_existing=True)
    )
    return [_CHAIN.validate_python(row.steps) for row in rows]


def all_running(work: Work) -> list[Chain]:
    """Return every chain of the tenant that has not ended, held alone until the transaction ends."""
    return _locked(work, ChainRow.due_at.is_not(None))


def add_rung(
    work: Work, chain: Chain, rung: Rung, *, person_id: UUID | None, critical: bool, due_at: datetime, at: datetime
) -> bool:
    """Insert a step that fired; False where it has fired before."""
    made = work.session.execute(
        insert(RungRow)
        .values(
            chain_id=rung.chain_id,
            loop=rung.loop,
            step=rung.step,
            tenant_id=chain.tenant_id,
            site_id=chain.site_id,
            duty_id=chain.duty_id,
            who=rung.who.value,
            urgency=rung.urgency.value,
            person_id=person_id,
            critical=critical,
            due_at=due_at,
            at=at,
        )
        .on_conflict_do_nothing()
        .returning(RungRow.step)
    )
    return made.first() is not None


def told(work: Work, chain_id: UUID, loop: int) -> set[UUID]:
    """Return whom a round of a chain has called."""
    rows = work.session.scalars(select(RungRow.person_id).where(RungRow.chain_id == chain_id, RungRow.loop == loop))
    return {one for one in rows if one is not None}


def drop_held(work: Work, duty_ids: Collection[UUID], now: datetime) -> None:
    """Let the steps of duties that are over, whose call has not gone out, call nobody."""
    work.session.execute(
        update(RungRow)
        .where(RungRow.duty_id.in_(set(duty_ids)), RungRow.call_id.is_(None), RungRow.dropped_at.is_(None))
        .values(dropped_at=now)
        .execution_options(synchronize_session=False)
    )


def lock_calls(work: Work) -> None:
    """Wait until nobody else sends calls of this tenant: two would give one person more than they take in."""
    key = facts_log.lock_key("casework.calls", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def held(work: Work, *, limit: int) -> list[Waiting]:
    """Return the steps whose call has not gone out, critical ones first, then the oldest."""
    rows = work.session.execute(
        select(RungRow, SiteDutyRow.kind, SiteDutyRow.area_path, SiteDutyRow.role)
        .join(SiteDutyRow, SiteDutyRow.id == RungRow.duty_id)
        .where(
            RungRow.tenant_id == work.tenant_id,
            RungRow.call_id.is_(None),
            RungRow.dropped_at.is_(None),
            RungRow.person_id.is_not(None),
        )
        .order_by(RungRow.critical.desc(), RungRow.at, RungRow.chain_id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        Waiting(
            rung=_rung(row),
            site_id=row.site_id,
            duty_id=row.duty_id,
            kind=kind,
            person_id=row.person_id,
            critical=row.critical,
            at=row.at,
            area_path=area_path,
            role=role,
        )
        for row, kind, area_path, role in rows
        if row.person_id is not None
    ]


def put_out(work: Work, rungs: Collection[Rung], call_id: UUID) -> None:
    """Write beside steps that fired the call that speaks for them."""
    for one in rungs:
        work.session.execute(
            update(RungRow)
            .where(RungRow.chain_id == one.chain_id, RungRow.loop == one.loop, RungRow.step == one.step)
            .values(call_id=call_id)
            .execution_options(synchronize_session=False)
        )


def of_call(work: Work, call_id: UUID) -> list[Rung]:
    """Return the steps that a call speaks for."""
    rows = work.session.scalars(
        select(RungRow).where(RungRow.tenant_id == work.tenant_id, RungRow.call_id == call_id).order_by(RungRow.at)
    )
    return [_rung(row) for row in rows]


def duties_of(work: Work, call_id: UUID) -> set[UUID]:
    """Return the duties that a call speaks of."""
    mine = (RungRow.tenant_id == work.tenant_id, RungRow.call_id == call_id)
    return set(work.session.scalars(select(RungRow.duty_id).where(*mine)))


def _rung(row: RungRow) -> Rung:
    return Rung(row.chain_id, row.loop, row.step, Who(row.who), Urgency(row.urgency))


def _columns(chain: Chain) -> dict[str, object]:
    return {
        "tenant_id": chain.tenant_id,
        "site_id": chain.site_id,
        "duty_id": chain.duty_id,
        "due_at": chain.due_at,
        "ended_at": chain.ended_at,
        "steps": _CHAIN.dump_python(chain, mode="json"),
    }
