"""Outcomes: appended, never changed; of a site the one of its highest version is the one that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Double, Index, Integer, Text, UniqueConstraint, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, aliased, mapped_column

from pipewarden.kit.db import Base
from pipewarden.learn.facts.outcome import Found, Outcome, OutcomeFigures
from pipewarden.people.service import ScopedTable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.kit.work import Work

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


class OutcomeRow(Base):
    """One outcome, beside what lists and figures ask of it."""

    __tablename__ = "learn_outcomes"
    __table_args__ = (
        UniqueConstraint("event_id"),
        UniqueConstraint("site_id", "version"),
        Index("ix_learn_outcomes_list", "tenant_id", "ended_at", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    site_id: Mapped[UUID]
    event_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime]
    ended: Mapped[str] = mapped_column(Text)
    works: Mapped[bool | None] = mapped_column(Boolean)
    papers: Mapped[str] = mapped_column(Text)
    missed: Mapped[bool] = mapped_column(Boolean)
    in_view: Mapped[bool] = mapped_column(Boolean)
    struck: Mapped[bool] = mapped_column(Boolean)
    near_miss: Mapped[bool] = mapped_column(Boolean)
    rendered: Mapped[bool] = mapped_column(Boolean)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    body: Mapped[dict[str, object]]


OUTCOMES = ScopedTable(tenant_id=OutcomeRow.tenant_id, lon=OutcomeRow.lon, lat=OutcomeRow.lat)


@dataclass(frozen=True, slots=True)
class OutcomeFilter:
    """What a list of outcomes is narrowed to; None narrows nothing.

    Attributes:
        whole: also those that a newer one of their site stands instead of.
    """

    site_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    true: bool | None = None
    missed: bool | None = None
    struck: bool | None = None
    whole: bool = False


def add(work: Work, outcomes: Sequence[Outcome]) -> int:
    """Insert outcomes and return how many are new; the event that ended a site has one."""
    if not outcomes:
        return 0
    rows = [_columns(one) for one in outcomes]
    made = insert(OutcomeRow).values(rows).on_conflict_do_nothing().returning(OutcomeRow.id)
    return len(list(work.session.scalars(made)))


def known(work: Work, event_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's events that have their outcome."""
    asked = select(OutcomeRow.event_id).where(
        OutcomeRow.tenant_id == work.tenant_id, OutcomeRow.event_id.in_(set(event_ids))
    )
    return set(work.session.scalars(asked))


def page(
    work: Work,
    scope: ColumnElement[bool],
    wanted: OutcomeFilter,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[Outcome]:
    """Return outcomes of any tenant within ``scope``, those that ended last first."""
    narrowed = [scope, *_conditions(wanted)]
    if before is not None:
        at, outcome_id = before
        narrowed.append(or_(OutcomeRow.ended_at < at, and_(OutcomeRow.ended_at == at, OutcomeRow.id < outcome_id)))
    rows = work.session.scalars(
        select(OutcomeRow.body).where(*narrowed).order_by(OutcomeRow.ended_at.desc(), OutcomeRow.id.desc()).limit(limit)
    )
    return [_OUTCOME.validate_python(row) for row in rows]


def figures(work: Work, scope: ColumnElement[bool], since: datetime, until: datetime) -> OutcomeFigures:
    """Return what the outcomes that count, within ``scope`` and a time, add up to."""
    row = OutcomeRow
    real, true = row.rendered.is_(False), and_(row.rendered.is_(False), row.works.is_(True))

    def count(*what: ColumnElement[bool] | SQLColumnExpression[bool]) -> ColumnElement[int]:
        return func.count().filter(*what)

    asked = select(
        count(real),
        count(true),
        count(real, row.works.is_(False)),
        count(real, row.works.is_(None)),
        count(true, row.papers == "unfiled"),
        count(true, row.papers == "unknown"),
        count(true, row.in_view),
        count(true, row.missed),
        count(real, row.struck),
        count(real, row.near_miss),
        count(row.rendered),
    ).where(scope, *_conditions(OutcomeFilter(since=since, until=until)))
    return OutcomeFigures(since, until, *work.session.execute(asked).one())


def rendered(work: Work, site_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some sites, of any tenant, that have an outcome of rendered pictures."""
    mine = OutcomeRow.site_id.in_(set(site_ids)), OutcomeRow.rendered
    return set(work.session.scalars(select(OutcomeRow.site_id).where(*mine)))


def _conditions(wanted: OutcomeFilter) -> list[ColumnElement[bool]]:
    row, newer = OutcomeRow, aliased(OutcomeRow)
    found: list[ColumnElement[bool]] = []
    if not wanted.whole:
        found.append(~exists().where(newer.site_id == row.site_id, newer.version > row.version))
    if wanted.site_id is not None:
        found.append(row.site_id == wanted.site_id)
    if wanted.since is not None:
        found.append(row.ended_at >= wanted.since)
    if wanted.until is not None:
        found.append(row.ended_at < wanted.until)
    for column, value in ((row.works, wanted.true), (row.missed, wanted.missed), (row.struck, wanted.struck)):
        if value is not None:
            found.append(column.is_(value))
    return found


def _columns(one: Outcome) -> dict[str, object]:
    return {
        "id": one.id,
        "tenant_id": one.tenant_id,
        "site_id": one.site_id,
        "event_id": one.event_id,
        "version": one.version,
        "ended_at": one.ended_at,
        "ended": one.ended.value,
        "works": one.true,
        "papers": one.papers.value,
        "missed": one.missed,
        "in_view": Found.CAMERA in one.found or bool(one.views),
        "struck": one.struck is not None,
        "near_miss": one.struck is not None and one.struck.near_miss is True,
        "rendered": one.rendered,
        "lon": one.lon,
        "lat": one.lat,
        "body": _OUTCOME.dump_python(one, mode="json"),
    }
