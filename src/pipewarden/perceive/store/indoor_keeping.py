"""What perceive still has of old pictures of homes: every query of retention on its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select, tuple_, update

from pipewarden.perceive.store.indoor import IndoorRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

GONE = "gone:"  # and the row's id: the name of a picture that went, still one of its kind


@dataclass(frozen=True, slots=True)
class OldRoom:
    """One picture of a home: which row, whose, since when."""

    id: UUID
    owner_id: UUID
    picture: str
    at: datetime


def old(
    work: Work,
    *,
    before: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    owner_id: UUID | None = None,
    limit: int,
) -> list[OldRoom]:
    """Return pictures of homes of the tenant worked for that are still there, by (sent, id).

    Args:
        work: the unit of work.
        before: sent at this moment or earlier.
        after: past this one.
        owner_id: only this person's.
        limit: pictures at most.
    """
    wanted: list[ColumnElement[bool]] = [
        IndoorRow.tenant_id == work.tenant_id,
        ~IndoorRow.picture.startswith(GONE),
    ]
    if before is not None:
        wanted.append(IndoorRow.at <= before)
    if after is not None:
        wanted.append(tuple_(IndoorRow.at, IndoorRow.id) > (after[0], UUID(after[1])))
    if owner_id is not None:
        wanted.append(IndoorRow.owner_id == owner_id)
    rows = work.session.execute(
        select(IndoorRow.id, IndoorRow.owner_id, IndoorRow.picture, IndoorRow.at)
        .where(*wanted)
        .order_by(IndoorRow.at, IndoorRow.id)
        .limit(limit)
    )
    return [OldRoom(one, owner, picture, at) for one, owner, picture, at in rows]


def blank(work: Work, ids: Collection[str]) -> None:
    """Take picture, words and features out of rows; what was answered and reviewed stays."""
    mine = (IndoorRow.tenant_id == work.tenant_id, IndoorRow.id.in_([UUID(one) for one in ids]))
    gone = func.concat(GONE, IndoorRow.id)
    work.session.execute(update(IndoorRow).where(*mine).values(picture=gone, words="", features=None))


def named(work: Work, picture: str) -> bool:
    """Say whether any home's row, of any tenant, names a picture."""
    return work.session.scalar(select(IndoorRow.id).where(IndoorRow.picture == picture).limit(1)) is not None
