"""Permit and one-call lists over HTTP: turn one into filings, see what is missing of those that came."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, UploadFile
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import Took
from pipewarden.kit.web import Asked, Clean, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.casework.facts import ListAudit, ListImport
    from pipewarden.sense.facts import PermitList

routes = router(tags=["filings"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_MOST = 1000  # rows of each kind in one answer; the counts are of all
Word = Annotated[str, Field(min_length=1, max_length=60), Clean]


class RefusedRowOut(BaseModel):
    """A row that cannot be taken."""

    file: str
    row: Annotated[int, Field(description="From 1; 0 is the file itself.")]
    field: str
    problem: str
    fix: str


class NotedRowOut(BaseModel):
    """What is doubtful of a row that is taken, or why one is no permit."""

    file: str
    row: int
    field: str
    words: str


class TookRowOut(BaseModel):
    """What became of a row."""

    file: str
    row: int
    source_id: str
    took: Took
    words: str
    filing_id: UUID | None


class NumbersOut(BaseModel):
    """Messages that never came."""

    station: str
    day: date
    first: int
    last: int


class ListImportOut(BaseModel):
    """What an import did, or would do in a dry run."""

    source: str
    dry_run: bool
    applied: bool
    read: int
    filed: int
    revised: int
    cancelled: int
    unchanged: int
    left_out: int
    refused: int
    urgent: Annotated[int, Field(description="Emergency works among those filed and revised.")]
    without_area: Annotated[int, Field(description="Of which the list draws only a line or point: no ground covered.")]
    rows: Annotated[list[TookRowOut], Field(description="1,000 at most, those left out and cancelled first.")]
    refused_rows: list[RefusedRowOut]
    no_permit: list[NotedRowOut]
    notes: list[NotedRowOut]
    missing: list[NumbersOut]


class GapOut(NumbersOut):
    """A hole in the numbers of a list, open until what is missing comes."""

    id: UUID
    source: str
    found_at: datetime


class ListOut(BaseModel):
    """A list that was imported here."""

    source: str
    since: datetime
    last_at: datetime
    every_h: Annotated[float | None, Field(description="Hours it may stay away; null: nobody expects it again.")]
    silent: bool


class ListAuditOut(BaseModel):
    """What is missing of the lists now."""

    at: datetime
    whole: bool
    lists: list[ListOut]
    missing: list[GapOut]


class ImportQuery(Asked):
    """How a list is read, and whether it is taken."""

    mapping: Annotated[Word, Field(description="As `pipewarden permits mappings` lists them.")]
    place: Annotated[Word | None, Field(description="Jurisdiction; the list's own unless given.")] = None
    dry_run: Annotated[bool, Field(description="Say what would become of it and change nothing.")] = False
    skip_refused: Annotated[bool, Field(description="Take the good rows although others are refused.")] = False


class ExpectIn(Asked):
    """How often a list must come."""

    source: Word
    every_h: Annotated[int | None, Field(ge=1, le=8784, description="Null: nobody expects it again.")]


@routes.post("/filings/imports")
def import_list(
    work: WorkHere,
    actor: ActorHere,
    request: Request,
    query: Annotated[ImportQuery, Query()],
    file: Annotated[UploadFile, Field(description="A list as its source publishes it, at most 40 MB.")],
) -> ListImportOut:
    """Turn a permit or one-call list into filings: all of it or nothing, the same list twice changes nothing.

    Where a row is refused the answer is 422 with `refused`: row, field, problem and fix of each; nothing is imported.
    """
    people.require(actor, service.IMPORT)
    read: Callable[[str, bytes, str], PermitList] = request.app.state.read_permits
    found = read(file.filename or "list", file.file.read(), query.mapping)
    given = query.model_dump(include={"place", "dry_run", "skip_refused"})
    return _import(service.import_list(work, actor, found, **given))


@routes.get("/filings/audit")
def list_audit(work: WorkHere, actor: ActorHere) -> ListAuditOut:
    """Say which messages of one-call centres never came, and which lists stay away. The house looks once a day."""
    return _audit(service.list_audit(work, actor))


@routes.post("/filings/audit/lists")
def expect_list(work: WorkHere, actor: ActorHere, asked: ExpectIn) -> ListAuditOut:
    """Say how long a list may stay away before somebody is told."""
    every = None if asked.every_h is None else timedelta(hours=asked.every_h)
    return _audit(service.expect_list(work, actor, asked.source, every))


def _import(found: ListImport) -> ListImportOut:
    told_first = {Took.LEFT_OUT: 0, Took.CANCELLED: 1, Took.REVISED: 2, Took.FILED: 3, Took.UNCHANGED: 4}
    rows = sorted(found.rows, key=lambda one: told_first[one.took])[:_MOST]
    return ListImportOut(
        source=found.source,
        dry_run=found.dry_run,
        applied=found.applied,
        read=found.read,
        filed=found.count(Took.FILED),
        revised=found.count(Took.REVISED),
        cancelled=found.count(Took.CANCELLED),
        unchanged=found.count(Took.UNCHANGED),
        left_out=found.count(Took.LEFT_OUT),
        refused=len(found.refused),
        urgent=found.urgent,
        without_area=found.without_area,
        rows=[TookRowOut.model_validate(one, from_attributes=True) for one in rows],
        refused_rows=[RefusedRowOut.model_validate(one, from_attributes=True) for one in found.refused[:_MOST]],
        no_permit=[NotedRowOut.model_validate(one, from_attributes=True) for one in found.passed[:_MOST]],
        notes=[NotedRowOut.model_validate(one, from_attributes=True) for one in found.warned[:_MOST]],
        missing=[NumbersOut.model_validate(one, from_attributes=True) for one in found.gaps[:_MOST]],
    )


def _audit(found: ListAudit) -> ListAuditOut:
    return ListAuditOut(
        at=found.at,
        whole=not found.gaps and not found.silent,
        lists=[
            ListOut(
                source=one.source,
                since=one.since,
                last_at=one.last_at,
                every_h=None if one.every is None else one.every / timedelta(hours=1),
                silent=one in found.silent,
            )
            for one in found.lists
        ],
        missing=[GapOut.model_validate(one, from_attributes=True) for one in found.gaps],
    )
