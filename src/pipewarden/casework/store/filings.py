"""Filings and their events: locked, folded, written; the row is a copy of what the events add up to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import shapely
from pydantic import Field, TypeAdapter
from sqlalchemy import and_, column, exists, false, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from pipewarden.casework.facts import Filing, FilingBody, FilingEvent, FilingState, HandedOver
from pipewarden.casework.rules.filing_named import named_keys
from pipewarden.casework.store.filing_tables import FilingEventRow, FilingRow
from pipewarden.kit.db import held, insert_rows
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_works = FilingRow.sum["works"]
_MOST_NEAR = 200  # at one place at once: more are no filings but a flood of them
_FILING: TypeAdapter[Filing] = TypeAdapter(Filing)
_BODY: TypeAdapter[FilingBody] = TypeAdapter(Annotated[FilingBody, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class KeptFiling:
    """A filing beside who filed it, and the contractor that it names."""

    filing: Filing
    filed_by: UUID | None
    contractor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FilingFilter:
    """What a list of filings is narrowed to; what is None narrows nothing.

    Attributes:
        state: as it stands at ``at``.
        filed_by: whose.
        bbox: west, south, east, north in degrees WGS-84; the works' own box must meet it.
        place: a jurisdiction, with all below it.
        text: stands in the works' words, a party's name or the id of the list that it came from.
        since: the period of the works ends after it; ``until`` begins before it.
        late: came later than the law of the place allows, and neither cancelled nor expired at ``at``.
    """

    at: datetime
    state: FilingState | None = None
    method: str | None = None
    urgent: bool | None = None
    filed_by: UUID | None = None
    bbox: tuple[float, float, float, float] | None = None
    place: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    late: bool | None = None


def lock(work: Work, filing_id: UUID) -> Filing | None:
    """Return a filing of the tenant, held alone until the transaction ends."""
    rows = work.session.scalars(
        select(FilingRow)
        .where(FilingRow.tenant_id == work.tenant_id, FilingRow.id == filing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((_kept(row).filing for row in held(work.session, rows)), None)


def read(work: Work, filing_id: UUID) -> Filing | None:
    """Return a filing of the tenant."""
    kept = one(work, FilingRow.tenant_id == work.tenant_id, filing_id)
    return None if kept is None else kept.filing


def some(work: Work, named: Collection[tuple[UUID, UUID]]) -> dict[UUID, Filing]:
    """Return filings by id, each named with the tenant that it is of: those that were handed over."""
    if not named:
        return {}
    rows = work.session.scalars(
        select(FilingRow)
        .where(tuple_(FilingRow.tenant_id, FilingRow.id).in_(named))
        .execution_options(populate_existing=True)
    )
    return {row.id: _kept(row).filing for row in rows}


def lock_any(work: Work, filing_id: UUID) -> Filing | None:
    """Return a filing of whatever tenant, held alone: one that was handed over to the tenant worked for."""
    rows = work.session.scalars(
        select(FilingRow).where(FilingRow.id == filing_id).with_for_update().execution_options(populate_existing=True)
    )
    return next((_kept(row).filing for row in held(work.session, rows)), None)


def lock_all(work: Work, filing_ids: Collection[UUID]) -> dict[UUID, Filing]:
    """Return those filings of the tenant, each held alone until the transaction ends, in one order for everybody."""
    rows = work.session.scalars(
        select(FilingRow)
        .where(FilingRow.tenant_id == work.tenant_id, FilingRow.id.in_(set(filing_ids)))
        .order_by(FilingRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: _kept(row).filing for row in held(work.session, rows)}


def write(work: Work, changed: Sequence[tuple[Filing, Sequence[FilingEvent]]], filed_by: UUID | None) -> None:
    """Append events and write the filings that they lead to, all in few statements; one that begins gets its row.

    Raises:
        IntegrityError: somebody else has taken one of the versions.
    """
    fresh = [one for one, events in changed if events[0].version == 1]
    rows = [{"id": one.id, "filed_by": filed_by, **_columns(one)} for one in fresh]
    insert_rows(work.session, insert(FilingRow).returning(FilingRow.id), rows)
    if old := [{"id": one.id, **_columns(one)} for one, events in changed if events[0].version != 1]:
        work.session.execute(update(FilingRow), old)
    happened = [_event_columns(one) for _, events in changed for one in events]
    insert_rows(
        work.session, insert(FilingEventRow).returning(FilingEventRow.seq, sort_by_parameter_order=True), happened
    )


def last_handed(work: Work, filing_id: UUID) -> HandedOver | None:
    """Return the last hand-over of a filing; None where it was never handed over."""
    row = work.session.scalar(
        select(FilingEventRow)
        .where(
            FilingEventRow.tenant_id == work.tenant_id,
            FilingEventRow.filing_id == filing_id,
            FilingEventRow.kind == "handed_over",
        )
        .order_by(FilingEventRow.version.desc())
        .limit(1)
    )
    body = None if row is None else _event(row).body
    return body if isinstance(body, HandedOver) else None


def filers(work: Work, filing_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return who filed those filings of the tenant, where anybody has."""
    rows = work.session.execute(
        select(FilingRow.id, FilingRow.filed_by).where(
            FilingRow.tenant_id == work.tenant_id, FilingRow.id.in_(set(filing_ids)), FilingRow.filed_by.is_not(None)
        )
    )
    return {filing_id: person_id for filing_id, person_id in rows if person_id is not None}


def events_by_id(work: Work, event_ids: Collection[UUID]) -> list[FilingEvent]:
    """Return events of the tenant's filings by id: those that ``casework.filing_changed`` names, oldest first."""
    rows = work.session.scalars(
        select(FilingEventRow)
        .where(FilingEventRow.tenant_id == work.tenant_id, FilingEventRow.id.in_(set(event_ids)))
        .order_by(FilingEventRow.seq)
    )
    return [_event(row) for row in rows]


def one(work: Work, scope: ColumnElement[bool], filing_id: UUID) -> KeptFiling | None:
    """Return one filing, of any tenant within ``scope``."""
    row = work.session.scalar(
        select(FilingRow).where(scope, FilingRow.id == filing_id).execution_options(populate_existing=True)
    )
    return None if row is None else _kept(row)


def contractors(work: Work, filing_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the contractor that each of the tenant's filings names; one that names none is left out."""
    rows = work.session.execute(
        select(FilingRow.id, FilingRow.contractor_id).where(
            FilingRow.tenant_id == work.tenant_id,
            FilingRow.id.in_(set(filing_ids)),
            FilingRow.contractor_id.is_not(None),
        )
    )
    return {filing_id: contractor_id for filing_id, contractor_id in rows if contractor_id is not None}


def set_contractors(work: Work, whose: Mapping[UUID, UUID | None]) -> None:
    """Write the contractors that filings name."""
    if whose:
        work.session.execute(update(FilingRow), [{"id": one, "contractor_id": who} for one, who in whose.items()])


def near(work: Work, box: tuple[float, float, float, float], *, since: datetime) -> list[Filing]:
    """Return the tenant's filings whose own box meets ``box`` (west, south, east, north, WGS-84).

    Those that can still hold come first; cancelled ones and those that ended before ``since`` follow.
    """
    wanted = FilingFilter(at=since, bbox=box)
    over = or_(FilingRow.cancelled_at.is_not(None), FilingRow.valid_until <= since)
    rows = work.session.scalars(
        select(FilingRow)
        .where(FilingRow.tenant_id == work.tenant_id, *_conditions(wanted))
        .order_by(over, FilingRow.valid_until.desc(), FilingRow.id)
        .limit(_MOST_NEAR)
        .execution_options(populate_existing=True)
    )
    return [_kept(row).filing for row in rows]


def page(
    work: Work,
    scope: ColumnElement[bool],
    wanted: FilingFilter,
    *,
    limit: int,
    after: tuple[bool, UUID] | None = None,
    late_first: bool = False,
) -> list[KeptFiling]:
    """Return filings of any tenant within ``scope``, newest first, or first those that are late.

    Args:
        work: the transaction.
        scope: what the reader may see.
        wanted: what the list is narrowed to.
        limit: rows.
        after: whether the last one before was late, and its id; lateness counts only where the late come first.
        late_first: order by it.
    """
    late = _late(wanted.at)
    conditions = [scope, *_conditions(wanted)]
    if after is not None:
        was_late, last = after
        behind = FilingRow.id < last
        if late_first:
            behind = or_(~late, behind) if was_late else and_(~late, behind)
        conditions.append(behind)
    rows = work.session.scalars(
        select(FilingRow)
        .where(*conditions)
        .order_by(*([late.desc()] if late_first else []), FilingRow.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_kept(row) for row in rows]


def _conditions(wanted: FilingFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(_stands(wanted.state, wanted.at))
    if wanted.method is not None:
        found.append(FilingRow.method == wanted.method)
    if wanted.urgent is not None:
        found.append(FilingRow.urgent.is_(wanted.urgent))
    if wanted.filed_by is not None:
        found.append(FilingRow.filed_by == wanted.filed_by)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        found += [FilingRow.west <= east, FilingRow.east >= west, FilingRow.south <= north, FilingRow.north >= south]
    if wanted.since is not None:
        found.append(FilingRow.valid_until > wanted.since)
    if wanted.until is not None:
        found.append(FilingRow.valid_from < wanted.until)
    return found + _inside(wanted)


def _inside(wanted: FilingFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that only the works themselves answer, which no index of the row holds."""
    found: list[ColumnElement[bool]] = []
    if wanted.place is not None:
        place = _works["place"].astext
        found.append(or_(place == wanted.place, place.startswith(f"{wanted.place}-", autoescape=True)))
    if wanted.text is not None:
        found.append(_says(wanted.text))
    if wanted.late is not None:
        late = _late(wanted.at)
        found.append(late if wanted.late else ~late)
    return found


def _says(text: str) -> ColumnElement[bool]:
    party = func.jsonb_array_elements(_works["parties"]).table_valued(column("value", JSONB), joins_implicitly=True)
    named = exists(select(1).select_from(party).where(party.c.value["name"].astext.icontains(text, autoescape=True)))
    return or_(
        named,
        _works["words"].astext.icontains(text, autoescape=True),
        FilingRow.source_id.icontains(text, autoescape=True),
    )


def _late(at: datetime) -> ColumnElement[bool]:
    """Say the same as ``Decision.late`` of a filing that still runs; a test holds the two together."""
    late = FilingRow.sum["decision"]["required"].contains([{"late": True}])
    return and_(func.coalesce(late, false()), FilingRow.cancelled_at.is_(None), FilingRow.valid_until > at)


def _stands(state: FilingState, at: datetime) -> ColumnElement[bool]:
    """Say the same as ``rules.filing_life.state_at``; a test holds the two together."""
    cancelled = FilingRow.cancelled_at.is_not(None)
    answered = FilingRow.answered_at.is_not(None)
    runs = and_(~cancelled, FilingRow.valid_until > at)
    return {
        FilingState.CANCELLED: cancelled,
        FilingState.EXPIRED: and_(~cancelled, FilingRow.valid_until <= at),
        FilingState.FILED: and_(runs, ~answered),
        FilingState.ANSWERED: and_(runs, answered, FilingRow.valid_from > at),
        FilingState.VALID: and_(runs, answered, FilingRow.valid_from <= at),
    }[state]


def events(work: Work, filing_id: UUID, *, limit: int, after: int = 0) -> list[FilingEvent]:
    """Return what happened to a filing past its version ``after``, oldest first."""
    rows = work.session.scalars(
        select(FilingEventRow)
        .where(
            FilingEventRow.tenant_id == work.tenant_id,
            FilingEventRow.filing_id == filing_id,
            FilingEventRow.version > after,
        )
        .order_by(FilingEventRow.version)
        .limit(limit)
    )
    return [_event(row) for row in rows]


def last_of(work: Work, filing_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when anything last happened to each of the tenant's filings among ``filing_ids``."""
    mine = (FilingEventRow.tenant_id == work.tenant_id, FilingEventRow.filing_id.in_(set(filing_ids)))
    found = select(FilingEventRow.filing_id, func.max(FilingEventRow.at)).where(*mine)
    return dict(work.session.execute(found.group_by(FilingEventRow.filing_id)).all())


def _event(row: FilingEventRow) -> FilingEvent:
    return FilingEvent(
        id=row.id,
        tenant_id=row.tenant_id,
        filing_id=row.filing_id,
        at=row.at,
        actor=row.actor,
        version=row.version,
        body=_BODY.validate_json(json.dumps(row.body)),
    )


def _kept(row: FilingRow) -> KeptFiling:
    return KeptFiling(_FILING.validate_json(json.dumps(row.sum)), row.filed_by, row.contractor_id)


def _event_columns(event: FilingEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "tenant_id": event.tenant_id,
        "filing_id": event.filing_id,
        "version": event.version,
        "kind": event.body.kind,
        "at": event.at,
        "actor": event.actor,
        "body": _BODY.dump_python(event.body, mode="json"),
    }


def _columns(filing: Filing) -> dict[str, object]:
    works = filing.works
    ground = shapely.from_wkb(works.area)
    inside = ground.representative_point()
    west, south, east, north = ground.bounds
    return {
        "tenant_id": filing.tenant_id,
        "method": works.method.value,
        "urgent": works.urgent,
        "zone": Zone.UNKNOWN.value if filing.decision is None else filing.decision.zone.value,
        "lon": inside.x,
        "lat": inside.y,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "valid_from": works.valid_from,
        "valid_until": works.valid_until,
        "answered_at": filing.answered_at,
        "cancelled_at": filing.cancelled_at,
        "source": works.source,
        "source_id": works.source_id,
        "version": filing.version,
        "named": named_keys(works.parties),
        "sum": _FILING.dump_python(filing, mode="json"),
    }
