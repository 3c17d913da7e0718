"""Signs of life: one row for each that gives them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.kit.db import Base
from pipewarden.operation.facts import Beat

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PROBE = "probe"


class BeatRow(Base):
    """The last sign of life of one process or exercise; the platform's, of no tenant."""

    __tablename__ = "operation_beats"
    __table_args__ = ({"info": {"platform": True}},)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
    ok: Mapped[bool] = mapped_column(Boolean)
    words: Mapped[str] = mapped_column(Text)


def beat(session: Session, name: str, now: datetime, *, ok: bool = True, words: str = "") -> None:
    """Write that somebody is alive, or that what it tried failed."""
    values = {"at": now, "ok": ok, "words": words}
    statement = insert(BeatRow).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def probe(session: Session, now: datetime) -> datetime:
    """Write a row, as every acknowledgement does, and return the database's own clock; the caller commits."""
    beat(session, PROBE, now)
    theirs: datetime = session.scalars(select(func.clock_timestamp())).one()
    return theirs


def beats(session: Session) -> dict[str, Beat]:
    """Return every sign of life by name."""
    rows = session.execute(select(BeatRow.name, BeatRow.at, BeatRow.ok, BeatRow.words))
    return {name: Beat(name, at, ok, words) for name, at, ok, words in rows if name != PROBE}
