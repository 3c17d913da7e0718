"""Contractors over HTTP: the record of each as it stands, and the right of appeal against every entry of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import AppealState, EntryKind, History
from pipewarden.kit.web import Asked, Clean, CursorsHere, PageQuery, Sentence, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.casework.facts import Appeal, ContractorPolicy, Entry
    from pipewarden.casework.service import Dossier
    from pipewarden.kit.work import Work

routes = router(tags=["contractors"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ContractorQuery(PageQuery):
    """How the list of contractors is asked."""

    name: Annotated[str, Field(max_length=200, description="Part of a name, however it is written."), Clean] = ""


class MergeIn(Asked):
    """Say that a contractor is another one, or that it is not after all."""

    into: Annotated[UUID | None, Field(description="The one that it is; empty: it stands for itself again.")] = None
    reason: Sentence


class SpeakerIn(Asked):
    """Say who sees the record and speaks for the contractor."""

    person_id: Annotated[UUID | None, Field(description="Empty for nobody.")] = None


class AppealIn(Asked):
    """An appeal against one entry."""

    entry_id: UUID
    reason: Sentence
    evidence: Annotated[
        list[Sentence], Field(min_length=1, max_length=20, description="What it rests on: words, numbers of documents.")
    ]


class DecisionIn(Asked):
    """How an appeal is decided."""

    struck_out: Annotated[bool, Field(description="The entry counts no more from now on; else it stays.")]
    reason: Sentence


class AppealOut(BaseModel):
    """One appeal."""

    id: UUID
    at: datetime
    by_name: str | None
    reason: str
    evidence: list[str]
    due_at: Annotated[datetime, Field(description="By when it should be decided.")]
    state: AppealState
    decided_at: datetime | None
    decided_by_name: str | None
    words: Annotated[str, Field(description="The reason of the decision.")]


class EntryOut(BaseModel):
    """One entry of a record."""

    id: UUID
    kind: EntryKind
    zh: str
    en: str
    points: float
    at: datetime
    until: Annotated[datetime, Field(description="It ends to count by itself then.")]
    counts: Annotated[bool, Field(description="Now; an entry under appeal counts until somebody has decided.")]
    under_appeal: bool
    appeal_until: datetime
    made_at: Annotated[datetime, Field(description="It counts from then on, and may be appealed against.")]
    site_id: UUID | None
    filing_id: UUID | None
    event_id: Annotated[UUID, Field(description="Of the site or the filing, which says it.")]
    code: Annotated[str, Field(description="Of the violation.")]
    words: str
    void_at: Annotated[datetime | None, Field(description="From when on it counts no more, before its time.")]
    void_why: str
    appeals: list[AppealOut]


class ContractorOut(BaseModel):
    """A contractor and what its record adds up to."""

    id: UUID
    name: str
    code: Annotated[str, Field(description="Unified social credit code; empty where nobody gave it.")]
    created_at: datetime
    merged_into: UUID | None
    history: Annotated[History, Field(description="What it counts as in the risk of its sites.")]
    points: float
    strikes: int
    version: Annotated[str, Field(description="Of the rules of records.")]


class MergedOut(BaseModel):
    """A contractor that is one with another."""

    id: UUID
    name: str
    code: str


class ContractorWhole(ContractorOut):
    """A contractor with its whole record."""

    speaker_id: UUID | None
    merged: Annotated[list[MergedOut], Field(description="The contractors that are one with it.")]
    entries: Annotated[list[EntryOut], Field(description="The newest first.")]


class ContractorPage(BaseModel):
    """A page of contractors, the newest first."""

    items: list[ContractorOut]
    next: str | None


@routes.get("/contractors")
def list_contractors(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[ContractorQuery, Query()]
) -> ContractorPage:
    """List contractors with what their records add up to; who speaks for one sees that one alone."""
    people.require(actor, service.READ_CONTRACTORS)
    place = cursors.read("contractors", query.cursor)
    after = None if place is None else UUID(place)
    found = service.contractors(work, actor, limit=query.limit + 1, name=query.name, after=after)
    rows = found[: query.limit]
    more = cursors.write("contractors", str(rows[-1].contractor.id)) if len(found) > query.limit else None
    return ContractorPage(items=[_out(one) for one in rows], next=more)


@routes.get("/contractors/{contractor_id}")
def get_contractor(work: WorkHere, actor: ActorHere, contractor_id: UUID) -> ContractorWhole:
    """Return one contractor with its whole record, every entry with date, site, event and appeals."""
    found = service.contractor(work, actor, contractor_id)
    whose, appeals = found.contractor.tenant_id, [one for entry in found.entries for one in entry.appeals]
    shown = [(whose, who) for one in appeals for who in (one.by, one.decided_by)]
    people.listed(work, actor, "contractors", {"id": contractor_id}, shown)
    return _whole(work, found)


@routes.post("/contractors/{contractor_id}/merge")
def merge_contractor(work: WorkHere, actor: ActorHere, contractor_id: UUID, asked: MergeIn) -> ContractorWhole:
    """Say that a contractor is another one, or undo it; no record is rewritten by it."""
    return _whole(work, service.merge_contractor(work, actor, contractor_id, asked.into, asked.reason))


@routes.put("/contractors/{contractor_id}/speaker")
def name_speaker(work: WorkHere, actor: ActorHere, contractor_id: UUID, asked: SpeakerIn) -> ContractorWhole:
    """Say who sees a contractor's record and may appeal for it."""
    return _whole(work, service.name_speaker(work, actor, contractor_id, asked.person_id))


@routes.post("/contractors/{contractor_id}/appeals", status_code=201)
def appeal_entry(work: WorkHere, actor: ActorHere, contractor_id: UUID, asked: AppealIn) -> ContractorWhole:
    """Appeal against an entry, for its contractor. It counts on, marked, until somebody else has decided."""
    told = service.appeal(work, actor, contractor_id, asked.entry_id, reason=asked.reason, evidence=asked.evidence)
    return _whole(work, told)


@routes.post("/contractors/{contractor_id}/appeals/{appeal_id}/decision")
def decide_appeal(
    work: WorkHere, actor: ActorHere, contractor_id: UUID, appeal_id: UUID, asked: DecisionIn
) -> ContractorWhole:
    """Decide an appeal with the reason: who made the entry or the appeal cannot. Past scores are not rewritten."""
    told = service.decide_appeal(
        work, actor, contractor_id, appeal_id, struck_out=asked.struck_out, reason=asked.reason
    )
    return _whole(work, told)


def _out(found: Dossier) -> ContractorOut:
    one = found.contractor
    return ContractorOut(
        id=one.id,
        name=one.name,
        code=one.code,
        created_at=one.created_at,
        merged_into=one.merged_into,
        history=found.history,
        points=found.record.points,
        strikes=found.record.strikes,
        version=found.record.version,
    )


def _whole(work: Work, found: Dossier) -> ContractorWhole:
    appeals = [one for entry in found.entries for one in entry.appeals]
    named = {one.by for one in appeals} | {one.decided_by for one in appeals}
    names = people.person_names(work, [one for one in named if one is not None])
    policy = service.contractor_policy(work)
    return ContractorWhole(
        **_out(found).model_dump(),
        speaker_id=found.contractor.speaker_id,
        merged=[MergedOut(id=one.id, name=one.name, code=one.code) for one in found.merged],
        entries=[_entry(policy, one, found, names) for one in found.entries],
    )


def _entry(policy: ContractorPolicy, one: Entry, found: Dossier, names: dict[UUID, str]) -> EntryOut:
    known = policy.kinds[one.kind]
    return EntryOut(
        id=one.id,
        kind=one.kind,
        zh=known.zh,
        en=known.en,
        points=known.points,
        at=one.at,
        until=found.until[one.id],
        counts=one.id in found.record.counting,
        under_appeal=one.under_appeal,
        appeal_until=one.made_at + policy.appeal_within,
        site_id=one.site_id,
        filing_id=one.filing_id,
        event_id=one.event_id,
        made_at=one.made_at,
        code=one.code,
        words=one.words,
        void_at=one.void_at,
        void_why=one.void_why,
        appeals=[_appeal(there, names) for there in one.appeals],
    )


def _appeal(one: Appeal, names: dict[UUID, str]) -> AppealOut:
    return AppealOut(
        id=one.id,
        at=one.at,
        by_name=None if one.by is None else names.get(one.by),
        reason=one.reason,
        evidence=list(one.evidence),
        due_at=one.due_at,
        state=one.state,
        decided_at=one.decided_at,
        decided_by_name=None if one.decided_by is None else names.get(one.decided_by),
        words=one.words,
    )
