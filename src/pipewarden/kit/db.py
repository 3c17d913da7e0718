"""The declarative base and the engine: PostgreSQL only, durable by setting, checked at start."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from sqlalchemy import DateTime, Engine, MetaData, Uuid, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from pipewarden.kit.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

T = TypeVar("T")
_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_OLDEST_SERVER = 150000
_DURABLE = ("synchronous_commit", "fsync", "full_page_writes")


class Base(DeclarativeBase):
    """Base of every slice's tables; a ``Mapped[dict[str, object]]`` is JSONB, every datetime has a zone."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this class attribute
        datetime: DateTime(timezone=True),
        UUID: Uuid(as_uuid=True),
        dict[str, object]: JSONB,
        list[object]: JSONB,
    }


def sqlalchemy_url(url: str) -> str:
    """Return ``url`` with the psycopg 3 driver named.

    Raises:
        InputError: the URL is not a PostgreSQL one.
    """
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise InputError(
        field="PIPEWARDEN_DATABASE_URL",
        problem="is not a postgresql:// URL",
        fix="Write it as postgresql://user:password@host:5432/name, or leave it empty for the embedded server.",
    )


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine on ``url`` (``postgresql://…``)."""
    return create_engine(sqlalchemy_url(url), pool_size=pool_size, max_overflow=5, pool_pre_ping=True)


def insert_rows(session: Session, statement: ReturningInsert[T], rows: Sequence[Mapping[str, object]]) -> list[T]:
    """Insert rows, hundreds a statement, and return what ``RETURNING`` one column says of those inserted, in any order.

    Rows as parameters and not as ``VALUES``, so that the statement is compiled once; with ``RETURNING``, without which
    the driver sends a statement a row; None as NULL, or rows would be parted by which of their columns are None.
    """
    return list(session.scalars(statement, rows, execution_options={"render_nulls": True})) if rows else []


def held(session: Session, rows: Iterable[T]) -> list[T]:
    """Return rows that were locked, kept in memory until their session ends.

    A session keeps its rows weakly: one that nobody holds is read from the database again by every write to it.
    """
    found = list(rows)
    session.info.setdefault("held", []).extend(found)
    return found


def check_server(engine: Engine) -> None:
    """Refuse a server that is too old or that may lose what it acknowledged (safety decision 1).

    Raises:
        UnavailableError: the server does not answer, is older than 15, or has a durability setting switched off.
    """
    try:
        with engine.connect() as connection:
            version = int(str(connection.scalar(text("SHOW server_version_num"))))
            relaxed = [name for name in _DURABLE if connection.scalar(text(f"SHOW {name}")) in {"off", "local"}]
    except Exception as error:
        raise UnavailableError(
            field="PIPEWARDEN_DATABASE_URL",
            problem=f"the database does not answer ({error.__class__.__name__})",
            fix="Check host, port, role and password, or unset it to use the embedded server.",
        ) from error
    if version < _OLDEST_SERVER:
        raise UnavailableError(
            field="PIPEWARDEN_DATABASE_URL",
            problem=f"the server is version {version // 10000}",
            fix="Use PostgreSQL 15 or newer.",
        )
    if relaxed:
        raise UnavailableError(
            field="PIPEWARDEN_DATABASE_URL",
            problem=f"the server may lose acknowledged rows: {', '.join(relaxed)} is not on",
            fix="Switch these settings on; an acknowledged report must survive a power cut.",
        )
