"""Contractors, the entries of their records, and the appeals against them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.casework.facts import Appeal, AppealState, Contractor, Entry, EntryKind
from pipewarden.kit import facts_log
from pipewarden.kit.db import Base, insert_rows
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


class ContractorRow(Base):
    """One contractor.

    Attributes:
        key: the name as ``rules.contractor.name_key`` has it.
        changed_at: when its record last changed; sites weighed before are weighed anew.
    """

    __tablename__ = "casework_contractors"
    __table_args__ = (
        Index("ix_casework_contractors_key", "tenant_id", "key"),
        Index("ix_casework_contractors_merged_into", "merged_into"),
        Index("ix_casework_contractors_speaker_id", "speaker_id"),
        Index("uq_casework_contractors_code", "tenant_id", "code", unique=True, postgresql_where=text("code <> ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    speaker_id: Mapped[UUID | None]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EntryRow(Base):
    """One entry of a record; what happened is never rewritten, only that it counts no more."""

    __tablename__ = "casework_contractor_entries"
    __table_args__ = (
        UniqueConstraint("contractor_id", "event_id", "kind"),
        Index("ix_casework_contractor_entries_site_id", "site_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    contractor_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    event_id: Mapped[UUID]
    made_at: Mapped[datetime]
    site_id: Mapped[UUID | None]
    filing_id: Mapped[UUID | None]
    code: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str | None] = mapped_column(Text)
    void_at: Mapped[datetime | None]
    void_why: Mapped[str] = mapped_column(Text)


class AppealRow(Base):
    """One appeal; an entry has one open appeal at most."""

    __tablename__ = "casework_contractor_appeals"
    __table_args__ = (
        Index("ix_casework_contractor_appeals_entry_id", "entry_id"),
        Index("uq_casework_contractor_appeals_open", "entry_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    by: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(Text)


CONTRACTORS = ScopedTable(tenant_id=ContractorRow.tenant_id, owner_id=ContractorRow.speaker_id)


def lock_names(work: Work) -> None:
    """Wait until nobody else gives contractors of this tenant their names; held to the end of the transaction."""
    key = facts_log.lock_key("casework.contractors", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def named(work: Work, key: str, code: str) -> list[Contractor]:
    """Return the tenant's contractors of a code (if one is given) or of a name's key."""
    wanted = ContractorRow.key == key
    if code:
        wanted = or_(wanted, ContractorRow.code == code)
    rows = work.session.scalars(
        select(ContractorRow).where(ContractorRow.tenant_id == work.tenant_id, wanted).order_by(ContractorRow.id)
    )
    return [_contractor(row) for row in rows]


def add(work: Work, one: Contractor) -> None:
    """Write a new contractor."""
    work.session.add(
        ContractorRow(
            id=one.id,
            tenant_id=one.tenant_id,
            name=one.name,
            key=one.key,
            code=one.code,
            speaker_id=one.speaker_id,
            merged_into=one.merged_into,
            created_at=one.created_at,
            changed_at=one.created_at,
        )
    )
    work.session.flush()


def change(work: Work, contractor_id: UUID, **values: object) -> None:
    """Change a contractor's row, and so have its own open sites weighed anew."""
    work.session.execute(
        update(ContractorRow)
        .where(ContractorRow.tenant_id == work.tenant_id, ContractorRow.id == contractor_id)
        .values(changed_at=work.now(), **values)
    )


def touch(work: Work, contractor_ids: Collection[UUID]) -> None:
    """Have the open sites of contractors weighed anew, and those of all that are one with them.

    The rows are held in one order, whoever asks.
    """
    if not contractor_ids:
        return
    members = {one_id for whole in group(work, contractor_ids).values() for one_id in whole}
    held = select(ContractorRow.id).where(ContractorRow.id.in_(members)).order_by(ContractorRow.id).with_for_update()
    work.session.execute(held)
    work.session.execute(
        update(ContractorRow)
        .where(ContractorRow.tenant_id == work.tenant_id, ContractorRow.id.in_(members))
        .values(changed_at=work.now())
    )


def one(work: Work, scope: ColumnElement[bool], contractor_id: UUID) -> Contractor | None:
    """Return one contractor, of any tenant within ``scope``."""
    row = work.session.scalar(
        select(ContractorRow).where(scope, ContractorRow.id == contractor_id).execution_options(populate_existing=True)
    )
    return None if row is None else _contractor(row)


def page(
    work: Work, scope: ColumnElement[bool], *, limit: int, like: str = "", after: UUID | None = None
) -> list[Contractor]:
    """Return contractors within ``scope`` that stand for themselves, newest first; ``like`` is part of a name's key."""
    conditions = [scope, ContractorRow.merged_into.is_(None)]
    if like:
        conditions.append(ContractorRow.key.contains(like, autoescape=True))
    if after is not None:
        conditions.append(ContractorRow.id < after)
    rows = work.session.scalars(
        select(ContractorRow)
        .where(*conditions)
        .order_by(ContractorRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_contractor(row) for row in rows]


def group(work: Work, contractor_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return, of each contractor, all that are one with it: the one it was merged into and what was merged there."""
    row = ContractorRow
    root = func.coalesce(row.merged_into, row.id)
    mine = select(row.id, root.label("root")).where(row.tenant_id == work.tenant_id, row.id.in_(set(contractor_ids)))
    roots = {one_id: root_id for one_id, root_id in work.session.execute(mine)}  # noqa: C416  rows are no tuples
    found = select(row.id, root).where(row.tenant_id == work.tenant_id, root.in_(set(roots.values())))
    members: dict[UUID, list[UUID]] = {}
    for one_id, root_id in work.session.execute(found.order_by(row.id)):
        members.setdefault(root_id, []).append(one_id)
    return {one_id: tuple(members.get(root_id, ())) for one_id, root_id in roots.items()}


def some(work: Work, contractor_ids: Collection[UUID]) -> list[Contractor]:
    """Return those of ``contractor_ids`` that the tenant has, by id."""
    rows = work.session.scalars(
        select(ContractorRow)
        .where(ContractorRow.tenant_id == work.tenant_id, ContractorRow.id.in_(set(contractor_ids)))
        .order_by(ContractorRow.id)
        .execution_options(populate_existing=True)
    )
    return [_contractor(row) for row in rows]


def spoken_for(work: Work, person_id: UUID) -> list[Contractor]:
    """Return the tenant's contractors that somebody speaks for, and those that were merged into them."""
    row = ContractorRow
    mine = select(row.id).where(row.tenant_id == work.tenant_id, row.speaker_id == person_id, row.merged_into.is_(None))
    theirs = or_(row.id.in_(mine), row.merged_into.in_(mine))
    return [
        _contractor(one) for one in work.session.scalars(select(row).where(row.tenant_id == work.tenant_id, theirs))
    ]


def merged(work: Work, contractor_id: UUID) -> list[Contractor]:
    """Return the contractors that were merged into one."""
    rows = work.session.scalars(
        select(ContractorRow)
        .where(ContractorRow.tenant_id == work.tenant_id, ContractorRow.merged_into == contractor_id)
        .order_by(ContractorRow.id)
    )
    return [_contractor(row) for row in rows]


def entries(work: Work, contractor_ids: Collection[UUID]) -> list[Entry]:
    """Return every entry of some contractors, the newest first, each with its appeals."""
    rows = work.session.scalars(
        select(EntryRow)
        .where(EntryRow.tenant_id == work.tenant_id, EntryRow.contractor_id.in_(set(contractor_ids)))
        .order_by(EntryRow.at.desc(), EntryRow.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    return _with_appeals(work, rows)


def entry(work: Work, entry_id: UUID) -> Entry | None:
    """Return one entry of the tenant, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(EntryRow)
        .where(EntryRow.tenant_id == work.tenant_id, EntryRow.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return next(iter(_with_appeals(work, rows)), None)


def put(work: Work, found: Iterable[Entry]) -> list[UUID]:
    """Write entries that are not there yet; return the ids of those that were written."""
    rows: list[dict[str, object]] = [
        {
            "id": one.id, "tenant_id": work.tenant_id, "contractor_id": one.contractor_id, "kind": one.kind.value,
            "at": one.at, "event_id": one.event_id, "made_at": one.made_at, "site_id": one.site_id,
            "filing_id": one.filing_id,
            "code": one.code, "words": one.words, "made_by": one.made_by, "void_at": None, "void_why": "",
        }
        for one in found
    ]  # fmt: skip
    return insert_rows(work.session, insert(EntryRow).on_conflict_do_nothing().returning(EntryRow.id), rows)


def late_filings(work: Work, named: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those pairs of contractor and filing that a record has as a late filing, counting or not."""
    late = select(EntryRow.contractor_id, EntryRow.filing_id).where(
        EntryRow.tenant_id == work.tenant_id,
        EntryRow.kind == EntryKind.LATE_FILING.value,
        tuple_(EntryRow.contractor_id, EntryRow.filing_id).in_(list(named)),
    )
    return {(who, of) for who, of in work.session.execute(late) if of is not None}


def void(work: Work, entry_ids: Collection[UUID], why: str, *, over: str = "") -> None:
    """Let entries count no more from now on; of those that do not already, only the reason ``over`` gives way."""
    gives_way = or_(EntryRow.void_at.is_(None), EntryRow.void_why == over)
    work.session.execute(
        update(EntryRow)
        .where(EntryRow.tenant_id == work.tenant_id, EntryRow.id.in_(set(entry_ids)), gives_way)
        .values(void_at=func.coalesce(EntryRow.void_at, work.now()), void_why=why)
        .execution_options(synchronize_session=False)
    )


def revive(work: Work, entry_ids: Collection[UUID], why: str) -> None:
    """Let entries count again that counted no more for this reason alone."""
    work.session.execute(
        update(EntryRow)
        .where(EntryRow.tenant_id == work.tenant_id, EntryRow.id.in_(set(entry_ids)), EntryRow.void_why == why)
        .values(void_at=None, void_why="")
        .execution_options(synchronize_session=False)
    )


def of_site(work: Work, site_id: UUID) -> list[Entry]:
    """Return the entries that a site has made, whosever, without their appeals."""
    rows = work.session.scalars(
        select(EntryRow)
        .where(EntryRow.tenant_id == work.tenant_id, EntryRow.site_id == site_id)
        .execution_options(populate_existing=True)
    )
    return [_entry(row, ()) for row in rows]


def save(work: Work, appeal: Appeal) -> None:
    """Write an appeal, new or decided."""
    work.session.merge(
        AppealRow(
            id=appeal.id,
            tenant_id=work.tenant_id,
            entry_id=appeal.entry_id,
            by=appeal.by,
            at=appeal.at,
            reason=appeal.reason,
            evidence=list(appeal.evidence),
            due_at=appeal.due_at,
            state=appeal.state.value,
            decided_by=appeal.decided_by,
            decided_at=appeal.decided_at,
            words=appeal.words,
        )
    )
    work.session.flush()


def appeal(work: Work, appeal_id: UUID) -> Appeal | None:
    """Return one appeal of the tenant."""
    row = work.session.scalar(
        select(AppealRow)
        .where(AppealRow.tenant_id == work.tenant_id, AppealRow.id == appeal_id)
        .execution_options(populate_existing=True)
    )
    return None if row is None else _appeal(row)


def _with_appeals(work: Work, rows: Collection[EntryRow]) -> list[Entry]:
    if not rows:
        return []
    made = work.session.scalars(
        select(AppealRow)
        .where(AppealRow.tenant_id == work.tenant_id, AppealRow.entry_id.in_({row.id for row in rows}))
        .order_by(AppealRow.at, AppealRow.id)
        .execution_options(populate_existing=True)
    )
    by: dict[UUID, list[Appeal]] = {}
    for row in made:
        by.setdefault(row.entry_id, []).append(_appeal(row))
    return [_entry(row, tuple(by.get(row.id, ()))) for row in rows]


def _contractor(row: ContractorRow) -> Contractor:
    return Contractor(
        row.id, row.tenant_id, row.name, row.key, row.code, row.created_at, row.speaker_id, row.merged_into
    )


def _entry(row: EntryRow, appeals: tuple[Appeal, ...]) -> Entry:
    return Entry(
        id=row.id, contractor_id=row.contractor_id, kind=EntryKind(row.kind), at=row.at, event_id=row.event_id,
        made_at=row.made_at,
        site_id=row.site_id, filing_id=row.filing_id, code=row.code, words=row.words, made_by=row.made_by,
        void_at=row.void_at, void_why=row.void_why, appeals=appeals,
    )  # fmt: skip


def _appeal(row: AppealRow) -> Appeal:
    return Appeal(
        id=row.id, entry_id=row.entry_id, by=row.by, at=row.at, reason=row.reason, evidence=tuple(row.evidence),
        due_at=row.due_at, state=AppealState(row.state), decided_by=row.decided_by, decided_at=row.decided_at,
        words=row.words,
    )  # fmt: skip
