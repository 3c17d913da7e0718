"""Every query on lines, versions, their events, contracts and what is sold where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipewarden.market.facts.foundry import Act, Contract, Kind, Life, Line, Version, VersionEvent
from pipewarden.market.store.foundry_tables import ContractRow, LineRow, SoldRow, VersionEventRow, VersionRow
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work


_PLAIN = tuple(name for name in Version.__slots__ if name != "fitted")


def add_line(work: Work, one: Line) -> bool:
    """Write a line; return whether its slug was free in the tenant."""
    values = _values(one, Line.__slots__) | {"kind": one.kind.value}
    made = insert(LineRow).values(**values).on_conflict_do_nothing().returning(LineRow.id)
    return work.session.scalar(made) is not None


def line(work: Work, slug: str) -> Line | None:
    """Return the line of a slug that the tenant sees: its own, else the platform's."""
    mine = (LineRow.tenant_id.in_({work.tenant_id, PLATFORM}), LineRow.slug == slug)
    rows = sorted(work.session.scalars(select(LineRow).where(*mine)), key=lambda row: row.tenant_id == PLATFORM)
    return _line(rows[0]) if rows else None


def line_by_id(work: Work, line_id: UUID) -> Line | None:
    """Return a line, whosever it is; who asks came by it through something that they may see."""
    row = work.session.get(LineRow, line_id)
    return None if row is None else _line(row)


def lines(work: Work, *, limit: int, after: str | None = None) -> list[Line]:
    """Return the lines that the tenant sees by slug; its own hides the platform's of the same."""
    later = [] if after is None else [LineRow.slug > after]
    mine = LineRow.tenant_id.in_({work.tenant_id, PLATFORM})
    first = select(LineRow).ext(distinct_on(LineRow.slug)).where(mine, *later)
    ordered = first.order_by(LineRow.slug, LineRow.tenant_id == PLATFORM).limit(limit)
    return [_line(row) for row in work.session.scalars(ordered)]


def lock(work: Work, line_id: UUID) -> None:
    """Take a line until the transaction ends, by its first version: one at a time changes which version answers.

    The line's own row is never changed, so the program may not lock it.
    """
    first = select(VersionRow.id).where(VersionRow.line_id == line_id, VersionRow.number == 1)
    work.session.execute(first.with_for_update())


def add_version(work: Work, one: Version) -> None:
    """Write a version."""
    work.session.execute(insert(VersionRow).values(**_values(one, Version.__slots__) | {"state": one.state.value}))


def versions(work: Work, line_id: UUID) -> list[Version]:
    """Return a line's versions, the first first, without what was fitted."""
    return versions_of(work, {line_id}).get(line_id, [])


def versions_of(work: Work, line_ids: Collection[UUID]) -> dict[UUID, list[Version]]:
    """Return the versions of lines, the first first, without what was fitted."""
    columns = [getattr(VersionRow, name) for name in _PLAIN]
    asked = select(*columns).where(VersionRow.line_id.in_(line_ids)).order_by(VersionRow.line_id, VersionRow.number)
    found: dict[UUID, list[Version]] = {}
    for row in work.session.execute(asked) if line_ids else ():
        values = dict(zip(_PLAIN, row, strict=True))
        found.setdefault(values["line_id"], []).append(Version(**values | {"state": Life(values["state"])}))
    return found


def version(work: Work, version_id: UUID) -> Version | None:
    """Return a version with what was fitted, whosever it is; who asks came by it through what they may see."""
    row = work.session.scalar(
        select(VersionRow).where(VersionRow.id == version_id).execution_options(populate_existing=True)
    )
    return None if row is None else _version(row)


def change(work: Work, one: Version) -> None:
    """Write how a version stands; its content stays, and what was fitted, where none is given."""
    names = ("figures", "card", "frozen", "price", "percent", *(("fitted",) if one.fitted is not None else ()))
    values = _values(one, names) | {"state": one.state.value}
    work.session.execute(update(VersionRow).where(VersionRow.id == one.id).values(**values))


def add_event(work: Work, one: VersionEvent) -> None:
    """Write what happened."""
    values = _values(one, VersionEvent.__slots__) | {"act": one.act.value}
    work.session.execute(insert(VersionEventRow).values(**values))


def events(work: Work, version_id: UUID) -> list[VersionEvent]:
    """Return what happened to a version, in order."""
    return events_of(work, {version_id})[version_id]


def events_of(work: Work, version_ids: Collection[UUID]) -> dict[UUID, list[VersionEvent]]:
    """Return what happened to versions, in order; each that is asked for has an entry."""
    found: dict[UUID, list[VersionEvent]] = {one: [] for one in version_ids}
    asked = select(VersionEventRow).where(VersionEventRow.version_id.in_(found))
    for row in work.session.scalars(asked.order_by(VersionEventRow.version_id, VersionEventRow.seq)) if found else ():
        found[row.version_id].append(_event(row))
    return found


def events_about(work: Work, tenant_id: UUID, author_id: UUID, acts: Collection[Act]) -> dict[UUID, list[VersionEvent]]:
    """Return events of some kinds of every version that an author made in a tenant, in order, by version."""
    mine = (LineRow.tenant_id == tenant_id, LineRow.author_id == author_id)
    versions_ = select(VersionRow.id).join(LineRow, LineRow.id == VersionRow.line_id).where(*mine)
    some = VersionEventRow.act.in_([one.value for one in acts])
    asked = select(VersionEventRow).where(VersionEventRow.version_id.in_(versions_), some)
    found: dict[UUID, list[VersionEvent]] = {}
    for row in work.session.scalars(asked.order_by(VersionEventRow.version_id, VersionEventRow.seq)):
        found.setdefault(row.version_id, []).append(_event(row))
    return found


def events_by_ids(work: Work, ids: Collection[UUID]) -> list[tuple[Line, int, VersionEvent]]:
    """Return events by id with their line and the number of their version, the first first."""
    asked = (
        select(LineRow, VersionRow.number, VersionEventRow)
        .join(VersionRow, VersionRow.line_id == LineRow.id)
        .join(VersionEventRow, VersionEventRow.version_id == VersionRow.id)
        .where(VersionEventRow.id.in_(set(ids)))
        .order_by(VersionEventRow.id)
    )
    return [(_line(line), number, _event(event)) for line, number, event in work.session.execute(asked)] if ids else []


def add_contract(work: Work, one: Contract, made_by: str) -> bool:
    """Write a contract; return whether its beginning was free."""
    values = _values(one, Contract.__slots__) | {"made_by": made_by, "made_at": work.now()}
    made = insert(ContractRow).values(**values).on_conflict_do_nothing().returning(ContractRow.line_id)
    return work.session.scalar(made) is not None


def contracts(work: Work, line_id: UUID) -> list[Contract]:
    """Return a line's contracts, the first first."""
    asked = select(ContractRow).where(ContractRow.line_id == line_id).order_by(ContractRow.since)
    return [
        Contract(row.line_id, row.tenant_id, row.since, row.expert, row.house, row.reviewers)
        for row in work.session.scalars(asked)
    ]


def sell(work: Work, capability_id: UUID, line_id: UUID) -> None:
    """Say that a capability of the tenant stands for a line."""
    values = {"capability_id": capability_id, "tenant_id": work.tenant_id, "line_id": line_id}
    work.session.execute(insert(SoldRow).values(**values).on_conflict_do_nothing())


def sold(work: Work, line_id: UUID) -> UUID | None:
    """Return the tenant's capability that stands for a line."""
    mine = (SoldRow.tenant_id == work.tenant_id, SoldRow.line_id == line_id)
    return work.session.scalar(select(SoldRow.capability_id).where(*mine))


def line_sold(work: Work, capability_id: UUID) -> UUID | None:
    """Return the line that a capability stands for; None for one that was not built in the foundry."""
    return work.session.scalar(select(SoldRow.line_id).where(SoldRow.capability_id == capability_id))


def newest_number(work: Work, line_id: UUID) -> int:
    """Return the number of a line's newest version; 0 where there is none."""
    return work.session.scalar(select(func.max(VersionRow.number)).where(VersionRow.line_id == line_id)) or 0


def _values(one: object, names: Collection[str]) -> dict[str, object]:
    return {name: getattr(one, name) for name in names}


def _line(row: LineRow) -> Line:
    return Line(row.id, row.tenant_id, row.slug, Kind(row.kind), row.title, row.author_id, row.made_at)


def _event(row: VersionEventRow) -> VersionEvent:
    return VersionEvent(
        row.id, row.tenant_id, row.version_id, row.seq, row.at, row.actor_id, Act(row.act), dict(row.body)
    )


def _version(row: VersionRow) -> Version:
    values = {name: getattr(row, name) for name in Version.__slots__}
    return Version(**values | {"state": Life(row.state)})
