"""How sites, their events and their next steps are answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter

from pipewarden.casework.facts import (
    ClueState,
    Measure,
    PartName,
    Severity,
    SiteEvent,
    SiteState,
)
from pipewarden.casework.facts.events import MadeOdd
from pipewarden.casework.http.filing_told import DayToldOut
from pipewarden.casework.rules.said_time import made_odd
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts import MapError, Match
    from pipewarden.casework.service import Beside, Filed

_BODY: TypeAdapter[object] = TypeAdapter(SiteEvent)


class ViolationOut(BaseModel):
    """A rule that was broken."""

    id: UUID
    code: str
    severity: Severity
    clause: str
    reason: str
    opened_at: datetime
    due_at: datetime | None
    fixed_at: datetime | None


class StopOut(BaseModel):
    """A stop order."""

    id: UUID
    reason: str
    ordered_at: datetime
    refused_at: datetime | None
    resumed_at: datetime | None


class OutcomeOut(BaseModel):
    """What an authority decided."""

    measure: Measure
    amount_fen: Annotated[int, Field(description="Of a fine, in 分.")]
    document: str
    clause: str


class ReportOut(BaseModel):
    """A report to an authority."""

    id: UUID
    to: str
    reason: str
    reported_at: datetime
    acknowledged_at: Annotated[datetime | None, Field(description="When the authority itself said it has it.")]
    answered_at: datetime | None
    answer: str
    outcome: Annotated[OutcomeOut | None, Field(description="What it decided, where it says so.")]


class DisputeOut(BaseModel):
    """A protection plan on which the parties do not agree."""

    id: UUID
    by: str
    reason: str
    opened_at: datetime
    reviewed_at: datetime | None
    upheld: Annotated[bool | None, Field(description="The plan stands; empty until experts have looked.")]
    experts: list[str]
    words: str


class RepairOut(BaseModel):
    """An emergency repair."""

    declared_at: datetime
    utility: str
    papers_at: datetime | None


class StrikeOut(BaseModel):
    """A pipe that was hit."""

    at: datetime
    words: str
    reported_at: datetime | None


class PartOut(BaseModel):
    """One part of the score of a filing."""

    name: PartName
    weight: Annotated[float, Field(description="Times which it makes the odds; of the prior, the odds before.")]
    words: str


class SiteFilingOut(BaseModel):
    """To which filing a site belongs, and why."""

    status: Literal["filed", "unfiled"]
    filing_id: UUID | None
    reason: str
    nearest_id: Annotated[UUID | None, Field(description="The filing that score and parts speak of.")]
    score: Annotated[float | None, Field(description="Its probability, 0 to 1; empty where none was compared.")]
    threshold: float
    parts: list[PartOut]
    tied: Annotated[list[UUID], Field(description="Other filings that fit as well.")]
    version: Annotated[str, Field(description="Of the weights.")]


class MapErrorOut(BaseModel):
    """A measured pipe contradicts the map that the ranges rest on."""

    pipe_id: Annotated[str, Field(description="Empty: the map has no such pipe.")]
    off_m: float | None
    at: datetime


class NextDutyOut(BaseModel):
    """Which kind of duty is due next."""

    kind: str
    zh: str
    en: str


class SiteOut(BaseModel):
    """One piece of works and who has it in hand."""

    id: UUID
    tenant_id: UUID
    version: Annotated[int, Field(description="Name it in whatever you do to the site.")]
    alarm_id: UUID | None
    state: SiteState
    headline: Annotated[str, Field(description="struck, stopped, violation, repair, merged, or the state.")]
    since: Annotated[datetime, Field(description="When it came to its state.")]
    zone: Zone
    level: Annotated[int, Field(description="1 (danger) to 4.")]
    clue: Annotated[ClueState | None, Field(description="Where its alarm stands as a clue; empty without an alarm.")]
    lon: float | None
    lat: float | None
    owner_id: UUID | None
    owner_name: str | None
    owned_since: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None
    verified: Annotated[bool | None, Field(description="What was found on the spot; empty while nobody has looked.")]
    standby_at: datetime | None
    watched_until: datetime | None
    passed: list[SiteState]
    violations: list[ViolationOut]
    stops: list[StopOut]
    reports: list[ReportOut]
    disputes: list[DisputeOut]
    repair: RepairOut | None
    strike: StrikeOut | None
    merged_into: UUID | None
    map_error: Annotated[MapErrorOut | None, Field(description="A pipe was measured where the map has none.")] = None
    filing: Annotated[SiteFilingOut | None, Field(description="Told of one site; empty in lists.")] = None
    day: Annotated[DayToldOut | None, Field(description="Today's declaration; told of one site that is filed.")] = None
    filed: Annotated[
        Literal["filed", "unfiled", "unknown"],
        Field(description="As it was matched last; unknown: not looked for yet, or nobody knows where the works are."),
    ]
    filed_id: Annotated[UUID | None, Field(description="The filing that it belongs to.")]
    filed_score: Annotated[float | None, Field(description="Of the likeliest filing, 0 to 1.")]
    filed_at: Annotated[datetime | None, Field(description="Since when it is filed or unfiled.")]
    compound: Annotated[str | None, Field(description="Name of the compound that it lies in.")]
    contractor_id: Annotated[UUID | None, Field(description="As somebody named it there, else as the filing does.")]
    risk_score: Annotated[float | None, Field(description="As it was weighed last; empty until then.")]
    risk_level: Annotated[int, Field(description="1 (danger) to 4: the graver of score, zone and level on file.")]
    open: bool
    opened_at: datetime
    ended_at: datetime | None
    next_due_at: Annotated[datetime | None, Field(description="The earliest deadline of its duties.")]
    next_duty: Annotated[NextDutyOut | None, Field(description="What is due then, for who reads duties.")]
    pipe_id: Annotated[str | None, Field(description="The pipe nearest to its alarm's place, for who reads alarms.")]
    distance_m: Annotated[float | None, Field(description="From there, metres.")]
    seen_at: Annotated[datetime | None, Field(description="When casework last took note of a machine there.")]


class SitePage(BaseModel):
    """A page of sites, in the order that was asked for."""

    items: list[SiteOut]
    next: str | None


class SiteEventOut(BaseModel):
    """One thing that happened to a site."""

    id: UUID
    at: datetime
    version: int
    kind: str
    actor: Annotated[str | None, Field(description="Whose doing; empty for the house's own rules.")]
    actor_name: str | None
    body: Annotated[dict[str, Any], Field(description="What happened, by kind.")]
    made_at: Annotated[datetime | None, Field(description="When it was done, by the phone that kept it; evidence.")]
    made_odd: Annotated[MadeOdd | None, Field(description="Why that time is not believed; `at` is the truth.")]


class SiteEventPage(BaseModel):
    """A page of what happened, oldest first."""

    items: list[SiteEventOut]
    next: str | None


class PictureOut(BaseModel):
    """A picture that was kept; name it in a proof."""

    id: Annotated[str, Field(description="A random id of your tenant's, the same whenever this picture is shown.")]


def site_out(
    filed: Filed,
    names: Mapping[UUID, str],
    clue: ClueState | None,
    beside: Beside,
    words: Mapping[str, tuple[str, str]],
) -> SiteOut:
    """Return a site as it is answered; ``words`` are those of duties, Chinese and English."""
    site, kind = filed.site, beside.next_duty
    said = None if kind is None else words.get(kind, (kind, kind))
    return SiteOut(
        id=site.id,
        tenant_id=site.tenant_id,
        version=site.version,
        alarm_id=site.alarm_id,
        state=site.state,
        headline=filed.headline,
        since=site.since,
        zone=site.zone,
        level=site.level,
        clue=clue,
        lon=site.lon,
        lat=site.lat,
        owner_id=site.owner_id,
        owner_name=None if site.owner_id is None else names.get(site.owner_id),
        owned_since=site.owned_since,
        accepted_at=site.accepted_at,
        arrived_at=site.arrived_at,
        verified=site.verified,
        standby_at=site.standby_at,
        watched_until=site.watched_until,
        passed=[one for one in SiteState if one in site.passed],
        violations=[ViolationOut.model_validate(one, from_attributes=True) for one in site.violations],
        stops=[StopOut.model_validate(one, from_attributes=True) for one in site.stops],
        reports=[ReportOut.model_validate(one, from_attributes=True) for one in site.reports],
        disputes=[DisputeOut.model_validate(one, from_attributes=True) for one in site.disputes],
        repair=None if site.repair is None else RepairOut.model_validate(site.repair, from_attributes=True),
        strike=None if site.strike is None else StrikeOut.model_validate(site.strike, from_attributes=True),
        merged_into=site.merged_into,
        map_error=None if site.kept.map_error is None else _map_error(site.kept.map_error),
        filed=cast("Literal['filed', 'unfiled', 'unknown']", filed.filing),
        filed_id=site.filing_id,
        filed_score=None if filed.filing_score is None else round(filed.filing_score, 3),
        filed_at=filed.filing_at,
        compound=filed.compound,
        contractor_id=filed.contractor_id,
        risk_score=filed.risk_score,
        risk_level=filed.risk_level,
        open=site.open,
        opened_at=filed.opened_at,
        ended_at=filed.ended_at,
        next_due_at=filed.next_due_at,
        next_duty=None if kind is None or said is None else NextDutyOut(kind=kind, zh=said[0], en=said[1]),
        pipe_id=beside.pipe_id,
        distance_m=beside.distance_m,
        seen_at=None if filed.machine_s is None else datetime.fromtimestamp(filed.machine_s, UTC),
    )


def _map_error(found: MapError) -> MapErrorOut:
    return MapErrorOut(pipe_id=found.pipe_id, off_m=found.off_m, at=found.at)


def filing_out(found: Match) -> SiteFilingOut:
    """Return to which filing a site belongs as it is answered."""
    return SiteFilingOut(
        status="unfiled" if found.filing_id is None else "filed",
        filing_id=found.filing_id,
        reason=found.reason,
        nearest_id=found.nearest_id,
        score=None if found.score is None else round(found.score, 3),
        threshold=found.threshold,
        parts=[PartOut.model_validate(one, from_attributes=True) for one in found.parts],
        tied=list(found.tied),
        version=found.version,
    )


def pictures_in(event: SiteEvent) -> set[str]:
    """Return the hashes of the pictures that an event names."""
    body = event.body
    return set(getattr(getattr(body, "proof", None), "pictures", ())) | set(getattr(body, "pictures", ()))


def event_out(event: SiteEvent, names: Mapping[str, str], ids: Mapping[str, str]) -> SiteEventOut:
    """Return an event as it is answered: its body as it is stored, but its pictures by their ids."""
    whole = _BODY.dump_python(event, mode="json")
    for holder in (whole["body"], whole["body"].get("proof")):
        if isinstance(holder, dict) and isinstance(holder.get("pictures"), list):
            holder["pictures"] = [ids[one] for one in holder["pictures"]]
    return SiteEventOut(
        id=event.id,
        at=event.at,
        version=event.version,
        kind=event.body.kind,
        actor=event.actor,
        actor_name=None if event.actor is None else names.get(event.actor),
        body={name: value for name, value in whole["body"].items() if name != "kind"},
        made_at=event.made_at,
        made_odd=made_odd(event.at, event.made_at),
    )
