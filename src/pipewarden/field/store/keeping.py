"""How long what people reported is kept: their words, how they are reached, pictures that wait, how pictures look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import case, delete, or_, select, tuple_, update

from pipewarden.field.facts.reports import ReportState
from pipewarden.field.store.report_tables import PrintRow, ReportRow, SaidRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


PACED = timedelta(hours=1)  # for so long a sender's reports are counted (policy/reports: an hour's pace)


@dataclass(frozen=True, slots=True)
class OldReport:
    """One report that still says something: which, since when, whose, and the pictures that wait with it."""

    id: UUID
    at: datetime
    person_id: UUID | None
    pictures: tuple[str, ...]
    waits: bool


def old(
    work: Work,
    *,
    before: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    person_id: UUID | None = None,
    limit: int,
) -> list[OldReport]:
    """Return reports of the tenant worked for that still say something, by (received, id).

    Args:
        work: the unit of work.
        before: received at this moment or earlier.
        after: past this one.
        person_id: only this person's.
        limit: reports at most.
    """
    said = or_(ReportRow.words != "", ReportRow.contact != "", ReportRow.place_words != "", ReportRow.pictures != [])
    wanted: list[ColumnElement[bool]] = [ReportRow.tenant_id == work.tenant_id, said]
    if before is not None:
        wanted.append(ReportRow.received_at <= before)
    if after is not None:
        wanted.append(tuple_(ReportRow.received_at, ReportRow.id) > (after[0], UUID(after[1])))
    if person_id is not None:
        wanted.append(ReportRow.person_id == person_id)
    asked = select(ReportRow).where(*wanted).order_by(ReportRow.received_at, ReportRow.id).limit(limit)
    return [_old(one) for one in work.session.scalars(asked)]


def by_id(work: Work, ids: Collection[UUID]) -> list[OldReport]:
    """Return reports of the tenant worked for by id."""
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.id.in_(set(ids)))
    return [_old(one) for one in work.session.scalars(select(ReportRow).where(*mine))]


def _old(row: ReportRow) -> OldReport:
    waits = row.state == ReportState.WAITING.value
    return OldReport(row.id, row.received_at, row.person_id, tuple(row.pictures), waits=waits)


def blank(work: Work, ids: Collection[UUID]) -> None:
    """Take words, contact, network and pictures out of reports; kind, place and what became of it stay.

    The keyed mark of the network stays for its hour: whoever sends and forgets is held to the pace like anybody.
    """
    quiet = {"synchronize_session": False}
    young = case((ReportRow.received_at > work.now() - PACED, ReportRow.network), else_=b"")
    gone = {"words": "", "place_words": "", "contact": "", "network": young, "pictures": []}
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.id.in_(set(ids)))
    work.session.execute(update(ReportRow).where(*mine).values(**gone).execution_options(**quiet))
    added = update(SaidRow).where(SaidRow.tenant_id == work.tenant_id, SaidRow.report_id.in_(set(ids)))
    work.session.execute(added.values(words="").execution_options(**quiet))
    looks = delete(PrintRow).where(PrintRow.tenant_id == work.tenant_id, PrintRow.report_id.in_(set(ids)))
    work.session.execute(looks.execution_options(**quiet))


def named(work: Work, picture: str) -> bool:
    """Say whether any report, of any tenant, still names a picture that waits."""
    return work.session.scalar(select(ReportRow.id).where(ReportRow.pictures.contains([picture])).limit(1)) is not None


def unforgotten(work: Work, *, limit: int) -> list[UUID]:
    """Return reports of the tenant that were to be forgotten and of which something is left, oldest wish first."""
    mine = (ReportRow.tenant_id == work.tenant_id, ReportRow.forget_at.is_not(None), ReportRow.forgotten_at.is_(None))
    return list(work.session.scalars(select(ReportRow.id).where(*mine).order_by(ReportRow.forget_at).limit(limit)))
