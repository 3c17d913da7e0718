"""The moments of filings by which somebody must act: rows with their chain, swept like everything that time brings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import yaml
from pydantic import TypeAdapter
from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import Chain, FilingDue
from pipewarden.casework.rules.filing_dues import DAY, DueRules, read_due_rules
from pipewarden.casework.store.duty_policy import shipped_duties
from pipewarden.casework.store.filing_tables import FilingDueRow, FilingRow
from pipewarden.kit.db import insert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_FILE = Path(__file__).resolve().parents[2] / "policy" / "filing_dues" / "CN.yaml"
_CHAIN: TypeAdapter[Chain] = TypeAdapter(Chain)


@dataclass(frozen=True, slots=True)
class KeptDue:
    """A moment with its chain, where its people are looked for, and whom the chain has called: (loop, person)."""

    due: FilingDue
    chain: Chain
    area_path: str | None
    told: tuple[tuple[int, UUID], ...] = ()
    calls: tuple[UUID, ...] = field(default=())

    def called(self, chain: Chain, loop: int, person_id: UUID, call_id: UUID) -> KeptDue:
        """Return it after a step has called somebody."""
        return replace(self, chain=chain, told=(*self.told, (loop, person_id)), calls=(*self.calls, call_id))


@cache
def shipped_due_rules() -> DueRules:
    """Return policy/filing_dues as it ships; InputError names the key that is wrong."""
    return read_due_rules(yaml.safe_load(_FILE.read_text(encoding="utf-8")), shipped_duties().ladders)


def running(work: Work, filing_ids: Collection[UUID]) -> list[KeptDue]:
    """Return the moments of filings that nobody has seen to yet, held alone until the transaction ends."""
    return _locked(work, FilingDueRow.filing_id.in_(set(filing_ids)))


def lock_due(work: Work, *, limit: int) -> list[KeptDue]:
    """Return moments whose next step is due, the longest due first; those that somebody else holds are left out."""
    return _locked(work, FilingDueRow.next_at <= work.now(), limit=limit, skip=True)


def climbing(work: Work) -> list[KeptDue]:
    """Return the moments whose chain has begun."""
    return [one for one in _locked(work) if one.told]


def of_call(work: Work, call_id: UUID) -> list[KeptDue]:
    """Return the moments, not yet seen to, that a call speaks of."""
    return _locked(work, FilingDueRow.told.contains([{"call": str(call_id)}]))


def over(work: Work, call_ids: Collection[UUID]) -> set[UUID]:
    """Return those of ``call_ids`` that speak only of moments that somebody has seen to."""
    found = set()
    for call_id in call_ids:
        spoken = FilingDueRow.told.contains([{"call": str(call_id)}])
        ended = list(
            work.session.scalars(select(FilingDueRow.ended_at).where(FilingDueRow.tenant_id == work.tenant_id, spoken))
        )
        if ended and all(one is not None for one in ended):
            found.add(call_id)
    return found


def _locked(
    work: Work, *conditions: ColumnElement[bool], limit: int | None = None, skip: bool = False
) -> list[KeptDue]:
    rows = work.session.scalars(
        select(FilingDueRow)
        .where(FilingDueRow.tenant_id == work.tenant_id, FilingDueRow.ended_at.is_(None), *conditions)
        .order_by(FilingDueRow.next_at, FilingDueRow.id)
        .limit(limit)
        .with_for_update(skip_locked=skip)
        .execution_options(populate_existing=True)
    )
    return [_kept(row) for row in rows]


def add(work: Work, made: Sequence[KeptDue]) -> None:
    """Insert moments."""
    rows: list[dict[str, object]] = [
        {
            "id": one.due.id,
            "tenant_id": one.due.tenant_id,
            "filing_id": one.due.filing_id,
            "kind": one.due.kind,
            "person_id": one.due.person_id,
            "role": one.due.role,
            "clause": one.due.clause,
            "opened_at": one.due.opened_at,
            "due_at": one.due.due_at,
            "area_path": one.area_path,
            **_moved(one),
        }
        for one in made
    ]
    insert_rows(work.session, insert(FilingDueRow).returning(FilingDueRow.id), rows)


def save(work: Work, changed: Sequence[KeptDue]) -> None:
    """Write how far chains have come."""
    if changed:
        work.session.execute(update(FilingDueRow), [{"id": one.due.id, **_moved(one)} for one in changed])


def end(work: Work, ids: Collection[UUID], now: datetime) -> None:
    """Write that somebody has seen to moments, or that they are none any more."""
    if ids:
        work.session.execute(
            update(FilingDueRow), [{"id": one, "next_at": None, "ended_at": now} for one in sorted(ids)]
        )


def end_over(work: Work) -> None:
    """End the moments of filings that are cancelled, or past their end and past the moment itself.

    Nobody can answer one any more; the papers of a short emergency are due after its works have ended. A day that was
    not declared is over after a day: the next one is another.
    """
    expired = and_(FilingRow.valid_until <= work.now(), FilingDueRow.due_at <= work.now())
    past = and_(FilingDueRow.kind == DAY, FilingDueRow.due_at <= work.now() - timedelta(days=1))
    gone = or_(expired, past, FilingRow.cancelled_at.is_not(None))
    over = (
        select(FilingDueRow.id)
        .join(FilingRow, FilingRow.id == FilingDueRow.filing_id)
        .where(FilingDueRow.tenant_id == work.tenant_id, FilingDueRow.ended_at.is_(None), gone)
        .with_for_update(of=FilingDueRow, skip_locked=True)
    )
    work.session.execute(
        update(FilingDueRow)
        .where(FilingDueRow.id.in_(over))
        .values(next_at=None, ended_at=work.now())
        .execution_options(synchronize_session=False)
    )


def _moved(one: KeptDue) -> dict[str, object]:
    told = [
        {"loop": loop, "person": str(person_id), "call": str(call_id)}
        for (loop, person_id), call_id in zip(one.told, one.calls, strict=True)
    ]
    return {"next_at": one.chain.due_at, "steps": _CHAIN.dump_python(one.chain, mode="json"), "told": told}


def _kept(row: FilingDueRow) -> KeptDue:
    told = [one for one in row.told if isinstance(one, dict)]
    return KeptDue(
        due=FilingDue(
            id=row.id,
            tenant_id=row.tenant_id,
            filing_id=row.filing_id,
            kind=row.kind,
            person_id=row.person_id,
            role=row.role,
            clause=row.clause,
            opened_at=row.opened_at,
            due_at=row.due_at,
        ),
        chain=_CHAIN.validate_python(row.steps),
        area_path=row.area_path,
        told=tuple((int(one["loop"]), UUID(one["person"])) for one in told),
        calls=tuple(UUID(one["call"]) for one in told),
    )
