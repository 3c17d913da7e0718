"""Lists as a tenant knows them: locked while one is imported, what each id said last, numbers heard, holes told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.casework.facts import Gap, KnownList, Listed
from pipewarden.casework.store.list_tables import GapRow, HeardRow, ListedRow, ListRow
from pipewarden.kit import facts_log
from pipewarden.kit.db import insert_rows
from pipewarden.sense.facts import NumberHeard

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work

T = TypeVar("T")
_BATCH = 5000
_HOUR = timedelta(hours=1)


def lock(work: Work, source: str) -> None:
    """Wait until nobody else imports this list of the tenant; held to the end of the transaction."""
    key = facts_log.lock_key("casework.lists", f"{work.tenant_id}/{source}")
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def came(work: Work, source: str, every: timedelta | None) -> KnownList:
    """Write that a list has come; one that comes first is expected ``every`` so often from then on."""
    made = insert(ListRow).values(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        source=source,
        since=work.now(),
        last_at=work.now(),
        every_h=None if every is None else every // _HOUR,
    )
    work.session.execute(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "source"], set_={"last_at": made.excluded.last_at, "silent_at": None}
        )
    )
    return next(one for one in known(work) if one.source == source)


def expect(work: Work, source: str, every: timedelta | None) -> bool:
    """Write how long a list may stay away; False where the tenant has never had it."""
    mine = (ListRow.tenant_id == work.tenant_id, ListRow.source == source)
    every_h = None if every is None else every // _HOUR
    found = work.session.scalars(
        update(ListRow).where(*mine).values(every_h=every_h, silent_at=None).returning(ListRow.id)
    )
    return found.first() is not None


def silent(work: Work, list_id: UUID) -> None:
    """Write that a list is known to stay away."""
    work.session.execute(update(ListRow).where(ListRow.id == list_id).values(silent_at=work.now()))


def known(work: Work) -> list[KnownList]:
    """Return the lists that the tenant has had."""
    rows = work.session.scalars(
        select(ListRow)
        .where(ListRow.tenant_id == work.tenant_id)
        .order_by(ListRow.source)
        .execution_options(populate_existing=True)
    )
    return [
        KnownList(
            id=row.id,
            source=row.source,
            since=row.since,
            last_at=row.last_at,
            every=None if row.every_h is None else row.every_h * _HOUR,
            silent_at=row.silent_at,
        )
        for row in rows
    ]


def tenants(work: Work) -> list[UUID]:
    """Return the tenants that have had a list."""
    return sorted(work.session.scalars(select(ListRow.tenant_id).distinct()))


def listed(work: Work, source: str, source_ids: Iterable[str]) -> dict[str, Listed]:
    """Return what the list said last of those of ``source_ids`` that it has spoken of."""
    found: dict[str, Listed] = {}
    for some in _batches(sorted(set(source_ids))):
        rows = work.session.scalars(
            select(ListedRow)
            .where(ListedRow.tenant_id == work.tenant_id, ListedRow.source == source, ListedRow.source_id.in_(some))
            .execution_options(populate_existing=True)
        )
        found |= {
            row.source_id: Listed(row.source_id, row.filing_id, row.revision, row.digest, row.ended) for row in rows
        }
    return found


def say(work: Work, source: str, said: Sequence[Listed]) -> None:
    """Write what the list said last of its ids."""
    made = insert(ListedRow)
    names = ("filing_id", "revision", "digest", "ended", "heard_at")
    statement = made.on_conflict_do_update(
        index_elements=["tenant_id", "source", "source_id"], set_={name: made.excluded[name] for name in names}
    )
    rows: list[dict[str, object]] = [
        {
            "tenant_id": work.tenant_id,
            "source": source,
            "source_id": one.source_id,
            "filing_id": one.filing_id,
            "revision": one.revision,
            "digest": one.digest,
            "ended": one.ended,
            "heard_at": work.now(),
        }
        for one in said
    ]
    insert_rows(work.session, statement.returning(ListedRow.source_id), rows)


def hear(work: Work, source: str, heard: Collection[NumberHeard]) -> None:
    """Write the numbers of messages that came; one that came before stays."""
    mine = {"tenant_id": work.tenant_id, "source": source}
    rows: list[dict[str, object]] = [
        {**mine, "station": one.station, "day": one.day, "number": one.number}
        for one in sorted(set(heard), key=lambda one: (one.station, one.day, one.number))
    ]
    insert_rows(work.session, insert(HeardRow).on_conflict_do_nothing().returning(HeardRow.number), rows)


def heard(work: Work, source: str) -> Iterator[NumberHeard]:
    """Return every message that came of a list."""
    rows = work.session.execute(
        select(HeardRow.station, HeardRow.day, HeardRow.number)
        .where(HeardRow.tenant_id == work.tenant_id, HeardRow.source == source)
        .execution_options(yield_per=_BATCH)
    )
    return (NumberHeard(station, day, number) for station, day, number in rows)


@dataclass(frozen=True, slots=True)
class GapFilter:
    """Which holes are asked for; None narrows nothing."""

    source: str | None = None
    is_open: bool = True


def gaps(work: Work, wanted: GapFilter, *, limit: int | None = None) -> list[Gap]:
    """Return holes in the numbers of the tenant's lists, the oldest first."""
    conditions = [GapRow.tenant_id == work.tenant_id]
    if wanted.source is not None:
        conditions.append(GapRow.source == wanted.source)
    if wanted.is_open:
        conditions.append(GapRow.closed_at.is_(None))
    rows = work.session.scalars(
        select(GapRow)
        .where(*conditions)
        .order_by(GapRow.day, GapRow.source, GapRow.station, GapRow.first, GapRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        Gap(row.id, row.source, row.station, row.day, row.first, row.last, row.found_at, row.closed_at) for row in rows
    ]


def add_gaps(work: Work, found: Sequence[Gap]) -> None:
    """Put holes on file."""
    rows: list[dict[str, object]] = [
        {
            "id": one.id,
            "tenant_id": work.tenant_id,
            "source": one.source,
            "station": one.station,
            "day": one.day,
            "first": one.first,
            "last": one.last,
            "found_at": one.found_at,
        }
        for one in found
    ]
    insert_rows(work.session, insert(GapRow).returning(GapRow.id), rows)


def close_gaps(work: Work, ids: Collection[UUID]) -> None:
    """Write that holes are none any more."""
    for some in _batches(sorted(ids)):
        work.session.execute(
            update(GapRow)
            .where(GapRow.id.in_(some))
            .values(closed_at=work.now())
            .execution_options(synchronize_session=False)
        )


def _batches(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
