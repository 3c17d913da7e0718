"""How long is kept what people answered to tasks, and where they stood when they stood by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select, tuple_, update

from pipewarden.field.store.standby import CheckRow
from pipewarden.field.store.tasks import AnswerRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_PLACE: dict[str, object] = {"lon": None, "lat": None, "accuracy_m": None}


@dataclass(frozen=True, slots=True)
class OldWork:
    """An answer or a check that still says something of its person; ``about`` names its task or site."""

    id: UUID
    at: datetime
    person_id: UUID
    about: str
    picture: str = ""


def answers(
    work: Work,
    *,
    before: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    person_id: UUID | None = None,
    limit: int,
) -> list[OldWork]:
    """Return the tenant's answers with words, a picture or a place, by (at, id).

    Args:
        work: the unit of work.
        before: made at this moment or earlier.
        after: past this one.
        person_id: only this person's.
        limit: at most.
    """
    says = or_(AnswerRow.words != "", AnswerRow.picture != "", AnswerRow.lon.is_not(None))
    wanted: list[ColumnElement[bool]] = [AnswerRow.tenant_id == work.tenant_id, says]
    wanted += _narrowed(AnswerRow, before, after, person_id)
    rows = work.session.scalars(select(AnswerRow).where(*wanted).order_by(AnswerRow.at, AnswerRow.id).limit(limit))
    return [OldWork(one.id, one.at, one.person_id, f"task:{one.task_id}", one.picture) for one in rows]


def checks(
    work: Work,
    *,
    before: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    person_id: UUID | None = None,
    limit: int,
) -> list[OldWork]:
    """Return the tenant's checks of standing by that say where somebody stood, as ``answers`` does."""
    wanted: list[ColumnElement[bool]] = [CheckRow.tenant_id == work.tenant_id, CheckRow.lon.is_not(None)]
    wanted += _narrowed(CheckRow, before, after, person_id)
    rows = work.session.scalars(select(CheckRow).where(*wanted).order_by(CheckRow.at, CheckRow.id).limit(limit))
    return [OldWork(one.id, one.at, one.person_id, f"site:{one.site_id}") for one in rows]


def _narrowed(
    row: type[AnswerRow | CheckRow],
    before: datetime | None,
    after: tuple[datetime, str] | None,
    person_id: UUID | None,
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if before is not None:
        wanted.append(row.at <= before)
    if after is not None:
        wanted.append(tuple_(row.at, row.id) > (after[0], UUID(after[1])))
    if person_id is not None:
        wanted.append(row.person_id == person_id)
    return wanted


def blank_answers(work: Work, ids: Collection[UUID]) -> set[str]:
    """Take words, picture and place out of answers and return the pictures that no answer names any more."""
    mine = (AnswerRow.tenant_id == work.tenant_id, AnswerRow.id.in_(set(ids)))
    named = {one for one in work.session.scalars(select(AnswerRow.picture).where(*mine)) if one}
    gone = {"words": "", "picture": "", **_PLACE}
    work.session.execute(update(AnswerRow).where(*mine).values(**gone).execution_options(synchronize_session=False))
    left = set(work.session.scalars(select(AnswerRow.picture).where(AnswerRow.picture.in_(named)))) if named else set()
    return named - left


def blank_checks(work: Work, ids: Collection[UUID]) -> None:
    """Take out of checks where somebody stood."""
    mine = (CheckRow.tenant_id == work.tenant_id, CheckRow.id.in_(set(ids)))
    work.session.execute(update(CheckRow).where(*mine).values(**_PLACE).execution_options(synchronize_session=False))


def said_by(work: Work, person_id: UUID, limit: int) -> tuple[list[AnswerRow], list[CheckRow]]:
    """Return a person's answers and checks in the tenant worked for, the newest first: for themselves alone."""
    mine = (AnswerRow.tenant_id == work.tenant_id, AnswerRow.person_id == person_id)
    theirs = (CheckRow.tenant_id == work.tenant_id, CheckRow.person_id == person_id)
    return (
        list(work.session.scalars(select(AnswerRow).where(*mine).order_by(AnswerRow.id.desc()).limit(limit))),
        list(work.session.scalars(select(CheckRow).where(*theirs).order_by(CheckRow.id.desc()).limit(limit))),
    )
