"""Chains and the steps of theirs that fired: a step is a row once, with the call beside it once that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import Chain, Rung, Urgency, Who
from pipewarden.casework.store.duty_tables import ChainRow, RungRow, SiteDutyRow
from pipewarden.kit import facts_log
from pipewarden.kit.db import insert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
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


@dataclass(frozen=True, slots=True)
class Fired:
    """A step of a chain that fires now; ``person_id`` None where there was nobody."""

    chain: Chain
    rung: Rung
    person_id: UUID | None
    critical: bool
    due_at: datetime
    at: datetime


def add(work: Work, *chains: Chain) -> None:
    """Insert chains."""
    rows = [{"id": one.id, **_columns(one)} for one in chains]
    insert_rows(work.session, insert(ChainRow).returning(ChainRow.id), rows)


def save(work: Work, *chains: Chain) -> None:
    """Write how far chains have come, all in one statement."""
    if chains:
        work.session.execute(update(ChainRow), [{"id": one.id, **_columns(one)} for one in chains])


def lock_due(work: Work, now: datetime, *, limit: int) -> list[Chain]:
    """Return chains with a step due, the longest due first, held alone; those that somebody else holds are left out."""
    return _locked(work, ChainRow.due_at <= now, limit=limit, skip=True)


def lock(work: Work, chain_ids: Collection[UUID]) -> list[Chain]:
    """Return those of ``chain_ids`` that there are, held alone until the transaction ends."""
    return _locked(work, ChainRow.id.in_(set(chain_ids)))


def due(work: Work, chain_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when the next steps of ``chain_ids`` are due; whoever sends calls must wait for nobody who holds one."""
    mine = (ChainRow.tenant_id == work.tenant_id, ChainRow.id.in_(set(chain_ids)), ChainRow.due_at.is_not(None))
    rows = work.session.execute(select(ChainRow.id, ChainRow.due_at).where(*mine))
    return {chain_id: due_at for chain_id, due_at in rows if due_at is not None}


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


def add_rungs(work: Work, fired: Sequence[Fired]) -> int:
    """Insert steps that fired and return how many; one that has fired before stays as it was."""
    made = insert(RungRow).on_conflict_do_nothing().returning(RungRow.step)
    rows = [
        {
            "chain_id": one.rung.chain_id,
            "loop": one.rung.loop,
            "step": one.rung.step,
            "tenant_id": one.chain.tenant_id,
            "site_id": one.chain.site_id,
            "duty_id": one.chain.duty_id,
            "who": one.rung.who.value,
            "urgency": one.rung.urgency.value,
            "person_id": one.person_id,
            "critical": one.critical,
            "due_at": one.due_at,
            "at": one.at,
        }
        for one in fired
    ]
    return len(insert_rows(work.session, made, rows))


def told(work: Work, chains: Collection[Chain]) -> dict[UUID, set[UUID]]:
    """Return whom each chain has called in its present round, by chain."""
    rounds = tuple_(RungRow.chain_id, RungRow.loop).in_([(one.id, one.loop) for one in chains])
    found: dict[UUID, set[UUID]] = {one.id: set() for one in chains}
    for chain_id, person_id in work.session.execute(select(RungRow.chain_id, RungRow.person_id).where(rounds)):
        if person_id is not None:
            found[chain_id].add(person_id)
    return found


def drop_held(work: Work, duty_ids: Collection[UUID], now: datetime) -> None:
    """Let the steps of duties that are over, whose call has not gone out, call nobody."""
    work.session.execute(
        update(RungRow)
        .where(*_waits(work), RungRow.duty_id.in_(set(duty_ids)))
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
        .where(*_waits(work))
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


def _waits(work: Work) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the tenant's steps that wait for a call: those of the index."""
    waits = (RungRow.call_id.is_(None), RungRow.dropped_at.is_(None), RungRow.person_id.is_not(None))
    return RungRow.tenant_id == work.tenant_id, *waits


def put_out(work: Work, rungs: Collection[Rung], call_id: UUID) -> None:
    """Write beside steps that fired the call that speaks for them."""
    steps = tuple_(RungRow.chain_id, RungRow.loop, RungRow.step).in_(
        [(one.chain_id, one.loop, one.step) for one in rungs]
    )
    work.session.execute(
        update(RungRow).where(steps).values(call_id=call_id).execution_options(synchronize_session=False)
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
