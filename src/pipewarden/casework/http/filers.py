"""What who filed works sees of the sites under the filing, and says there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import Severity, SiteState
from pipewarden.casework.http.filing_told import DayToldOut, day_told_out
from pipewarden.casework.http.told import StopOut
from pipewarden.kit.web import Asked, Sentence, WorkHere, actor_of, router
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Actor

routes = router(tags=["filings"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ViolationAnswerIn(Asked):
    """What you say of a violation: what was done, by when, or why it is none."""

    violation_id: UUID
    words: Sentence


class BrokenOut(BaseModel):
    """A rule that was broken at a site under your filing."""

    id: UUID
    code: str
    zh: str
    en: str
    severity: Severity
    clause: str
    reason: str
    opened_at: datetime
    due_at: Annotated[datetime | None, Field(description="By when it must be put right.")]
    fixed_at: Annotated[datetime | None, Field(description="Confirmed by the operator's people.")]


class OwnWordsOut(BaseModel):
    """Something that you have said there."""

    at: datetime
    words: str
    pictures: int


class SiteUnderOut(BaseModel):
    """A site under your filing; what its machines and cameras saw is not told."""

    id: UUID
    state: SiteState
    headline: str
    since: datetime
    zone: Zone
    open: bool
    violations: list[BrokenOut]
    stops: list[StopOut]
    day: DayToldOut
    said: Annotated[list[OwnWordsOut], Field(description="By you, oldest first.")]


class SitesUnderOut(BaseModel):
    """The sites under a filing, the newest first; the last 30."""

    items: list[SiteUnderOut]


@routes.get("/filings/{filing_id}/sites")
def list_sites_under_filing(work: WorkHere, actor: ActorHere, filing_id: UUID) -> SitesUnderOut:
    """List the sites under a filing of yours: state, violations to answer, stop orders, today's declaration."""
    return SitesUnderOut(items=[_out(one) for one in service.sites_under(work, actor, filing_id)])


@routes.post("/filings/{filing_id}/sites/{site_id}/answer")
def answer_violation(
    work: WorkHere, actor: ActorHere, filing_id: UUID, site_id: UUID, asked: ViolationAnswerIn
) -> SiteUnderOut:
    """Answer a violation at a site under your filing; it stays open until the operator's people confirm it."""
    told = service.answer_violation(work, actor, filing_id, site_id, violation_id=asked.violation_id, words=asked.words)
    return _out(told)


def _out(found: service.Under) -> SiteUnderOut:
    site, kinds = found.filed.site, service.violation_kinds()
    return SiteUnderOut(
        id=site.id,
        state=site.state,
        headline=found.filed.headline,
        since=site.since,
        zone=site.zone,
        open=site.open,
        violations=[
            BrokenOut(
                id=one.id,
                code=one.code,
                zh=kinds[one.code].zh if one.code in kinds else one.code,
                en=kinds[one.code].en if one.code in kinds else one.code,
                severity=one.severity,
                clause=one.clause,
                reason=one.reason,
                opened_at=one.opened_at,
                due_at=one.due_at,
                fixed_at=one.fixed_at,
            )
            for one in site.violations
        ],
        stops=[StopOut.model_validate(one, from_attributes=True) for one in site.stops],
        day=day_told_out(found.day),
        said=[
            OwnWordsOut(at=one.at, words=words, pictures=len(getattr(one.body, "pictures", ())))
            for one in found.said
            if (words := getattr(one.body, "words", None)) is not None
        ],
    )
