"""The tables of Open311 and every query on them: what anybody may read of requests, their updates, cities' servers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Boolean, Double, Index, Integer, LargeBinary, Text, UniqueConstraint, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.exchange.facts.open311 import Format, Media, Request311, Server311, Update311
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_MOST_WAITING = 5000  # updates of a city that are looked through for the next ones


class Request311Row(Base):
    """One report as Open311 knows it; its place is on the grid, it holds no contact."""

    __tablename__ = "exchange_open311_requests"
    __table_args__ = (
        UniqueConstraint("tenant_id", "server_id", "external", name="uq_exchange_open311_requests_server"),
        Index("ix_exchange_open311_requests_list", "tenant_id", "requested_at", "id"),
        Index("ix_exchange_open311_requests_key", "tenant_id", "key_id", "external"),
        Index("ix_exchange_open311_requests_repeat", "tenant_id", "repeat"),
        Index("ix_exchange_open311_requests_look", "tenant_id", "next_look_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    draft: Mapped[UUID]
    key_id: Mapped[UUID | None]
    server_id: Mapped[UUID | None]
    external: Mapped[str] = mapped_column(Text)
    repeat: Mapped[bytes] = mapped_column(LargeBinary)
    code: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text)
    extended: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    public: Mapped[bool] = mapped_column(Boolean)
    pictures: Mapped[int] = mapped_column(Integer)
    media_url: Mapped[str] = mapped_column(Text)
    media: Mapped[str] = mapped_column(Text)
    media_why: Mapped[str] = mapped_column(Text)
    media_tries: Mapped[int] = mapped_column(Integer)
    next_look_at: Mapped[datetime]


class Update311Row(Base):
    """One thing that happened to a request."""

    __tablename__ = "exchange_open311_updates"
    __table_args__ = (
        Index("ix_exchange_open311_updates_window", "tenant_id", "recorded_at", "id"),
        Index("ix_exchange_open311_updates_request", "request_id", "recorded_at"),
        Index("ix_exchange_open311_updates_push", "tenant_id", "push"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    request_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    push: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer)
    pushed_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text)


class Server311Row(Base):
    """A city's server; its key is sealed, and no list reads it."""

    __tablename__ = "exchange_open311_servers"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    jurisdiction: Mapped[str] = mapped_column(Text)
    codes: Mapped[dict[str, str]] = mapped_column(JSONB)
    format: Mapped[str] = mapped_column(Text)
    accuracy_m: Mapped[float] = mapped_column(Double)
    zone: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    updates_since: Mapped[datetime]
    pulled_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


def lock(work: Work, name: str) -> None:
    """Let one transaction at a time take what ``name`` says."""
    key = f"open311:{work.tenant_id}:{name}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def add(work: Work, request: Request311) -> bool:
    """Write a request; False where the report was known."""
    values = {name: getattr(request, name) for name in Request311.__slots__} | {"media": request.media.value}
    made = insert(Request311Row).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return bool(work.session.scalars(made.returning(Request311Row.id)).all())


def change(work: Work, request_id: UUID, **values: object) -> None:
    """Write what became of a request."""
    work.session.execute(
        update(Request311Row)
        .where(Request311Row.id == request_id, Request311Row.tenant_id == work.tenant_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def requests(
    work: Work, *conditions: ColumnElement[bool], limit: int, offset: int = 0, order: Sequence[object] = ()
) -> list[Request311]:
    """Return requests of the tenant, the newest first where no order is said; the caller brings who may see them."""
    by = order or (Request311Row.requested_at.desc(), Request311Row.id.desc())
    asked = select(Request311Row).where(Request311Row.tenant_id == work.tenant_id, *conditions)
    asked = asked.order_by(*by).limit(limit).offset(offset)  # type: ignore[arg-type]  # columns
    return [_request(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def request(work: Work, request_id: UUID) -> Request311 | None:
    """Return a request of the tenant."""
    return next(iter(requests(work, Request311Row.id == request_id, limit=1)), None)


def sent_before(
    work: Work, *, key_id: UUID | None, server_id: UUID | None, external: str, repeat: bytes, since: datetime
) -> Request311 | None:
    """Return what the same sender sent before: under the same id whenever, or the same words since a moment."""
    row = Request311Row
    mine = row.key_id == key_id if key_id is not None else row.server_id == server_id
    same = row.external == external if external else (row.repeat == repeat) & (row.requested_at >= since)
    return next(iter(requests(work, mine, same, limit=1)), None)


def known(work: Work, report_ids: Collection[UUID]) -> set[UUID]:
    """Return which reports are known here."""
    return set(work.session.scalars(select(Request311Row.id).where(Request311Row.id.in_(list(report_ids)))))


def newest(work: Work) -> datetime | None:
    """Return when the newest of the tenant's requests was made that came by neither a key nor a city's list."""
    row = Request311Row
    mine = (row.tenant_id == work.tenant_id, row.key_id.is_(None), row.server_id.is_(None))
    return work.session.scalar(select(func.max(row.requested_at)).where(*mine))


def to_look_at(work: Work, *, limit: int) -> list[Request311]:
    """Return the tenant's requests whose turn it is, the longest due first."""
    due = Request311Row.next_look_at <= work.now()
    return requests(work, due, limit=limit, order=(Request311Row.next_look_at, Request311Row.id))


def wanted_media(work: Work, *, limit: int) -> list[Request311]:
    """Return the tenant's requests whose picture is to be fetched."""
    due = (Request311Row.media == Media.WANTED.value, Request311Row.next_look_at <= work.now())
    return requests(work, *due, limit=limit, order=(Request311Row.next_look_at, Request311Row.id))


def tell(work: Work, updates: Collection[Update311]) -> None:
    """Write updates that are not there yet, in the order they come in."""
    for number, one in enumerate(updates):
        values = {name: getattr(one, name) for name in Update311.__slots__} | {"number": number}
        work.session.execute(insert(Update311Row).values(**values).on_conflict_do_nothing(index_elements=["id"]))


def updates(work: Work, *conditions: ColumnElement[bool], limit: int, offset: int = 0) -> list[Update311]:
    """Return updates of the tenant's requests in the order in which they could be seen."""
    row = Update311Row
    asked = select(row).where(row.tenant_id == work.tenant_id, *conditions)
    asked = asked.order_by(row.recorded_at, row.request_id, row.number).limit(limit).offset(offset)
    return [_update(one) for one in work.session.scalars(asked.execution_options(populate_existing=True))]


def public_updates(
    work: Work,
    since: datetime,
    until: datetime,
    *,
    key_id: UUID | None,
    ids: Collection[UUID] = (),
    limit: int,
    offset: int = 0,
) -> list[Update311]:
    """Return updates that could first be seen in [since, until], of requests that anybody, or this key, may read."""
    seen = select(Request311Row.id).where(
        Request311Row.tenant_id == work.tenant_id,
        Request311Row.public.is_(True) if key_id is None else or_(Request311Row.public, Request311Row.key_id == key_id),
    )
    some = [Update311Row.request_id.in_(list(ids))] if ids else []
    window = (Update311Row.recorded_at >= since, Update311Row.recorded_at <= until)
    return updates(work, *window, Update311Row.request_id.in_(seen), *some, limit=limit, offset=offset)


def told(work: Work, request_id: UUID) -> list[Update311]:
    """Return everything that was told of a request, the oldest first."""
    return updates(work, Update311Row.request_id == request_id, limit=1000)


def to_push(work: Work, server_id: UUID, *, limit: int) -> list[tuple[Update311, str]]:
    """Return updates that a city waits for, the oldest first, with the city's own id of the request.

    Only the first of a request that is still to be sent: the next one waits for it.
    """
    row, of = Update311Row, Request311Row
    asked = (
        select(row, of.external)
        .join(of, of.id == row.request_id)
        .where(row.tenant_id == work.tenant_id, of.server_id == server_id, row.push.is_not(None))
        .order_by(row.recorded_at, row.request_id, row.number)
        .limit(_MOST_WAITING)
    )
    first: dict[UUID, tuple[Update311, str]] = {}
    for one, external in work.session.execute(asked):
        first.setdefault(one.request_id, (_update(one), external))
    return [one for one in first.values() if _due(one[0], work.now())][:limit]


def _due(one: Update311, now: datetime) -> bool:
    return one.push is not None and one.push <= now


def pushed(work: Work, update_id: UUID, **values: object) -> None:
    """Write what became of sending an update."""
    work.session.execute(
        update(Update311Row)
        .where(Update311Row.id == update_id, Update311Row.tenant_id == work.tenant_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def unsent(work: Work, server_id: UUID) -> int:
    """Return how many updates wait to be sent to a city."""
    asked = (
        select(func.count())
        .select_from(Update311Row)
        .join(Request311Row, Request311Row.id == Update311Row.request_id)
        .where(Request311Row.server_id == server_id, Update311Row.push.is_not(None))
    )
    return int(work.session.scalar(asked) or 0)


def add_server(work: Work, server: Server311) -> None:
    """Write a city's server."""
    values = {name: getattr(server, name) for name in Server311.__slots__}
    values |= {"format": server.format.value, "codes": dict(server.codes)}
    work.session.execute(insert(Server311Row).values(**values))


def change_server(work: Work, server_id: UUID, **values: object) -> None:
    """Write what became of a city's server."""
    mine = (Server311Row.id == server_id, Server311Row.tenant_id == work.tenant_id)
    work.session.execute(
        update(Server311Row).where(*mine).values(**values).execution_options(synchronize_session=False)
    )


def servers(work: Work) -> list[Server311]:
    """Return the tenant's servers, those that were removed left out."""
    asked = select(Server311Row).where(Server311Row.tenant_id == work.tenant_id, Server311Row.removed_at.is_(None))
    rows = work.session.scalars(asked.order_by(Server311Row.name).execution_options(populate_existing=True))
    return [_server(row) for row in rows]


def servers_due(work: Work, every: timedelta) -> list[tuple[UUID, UUID]]:
    """Return tenant and id of every server of the house whose turn it is."""
    row = Server311Row
    due = or_(row.pulled_at.is_(None), row.pulled_at <= work.now() - every)
    asked = select(row.tenant_id, row.id).where(row.removed_at.is_(None), due).order_by(row.pulled_at.nulls_first())
    return [(tenant_id, server_id) for tenant_id, server_id in work.session.execute(asked)]


def _request(row: Request311Row) -> Request311:
    values = {name: getattr(row, name) for name in Request311.__slots__}
    return Request311(**values | {"media": Media(row.media)})


def _update(row: Update311Row) -> Update311:
    return Update311(**{name: getattr(row, name) for name in Update311.__slots__})


def _server(row: Server311Row) -> Server311:
    values = {name: getattr(row, name) for name in Server311.__slots__}
    return Server311(**values | {"format": Format(row.format)})
