"""What people are told of filings."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.casework.facts import (
    Effect,
    FilingState,
    Method,
    PartyRole,
)
from pipewarden.casework.facts.filing_day import DayState
from pipewarden.network.facts import PressureClass, Regime, Zone

if TYPE_CHECKING:
    from pipewarden.casework.facts.filing_day import Day, DayTold


class HoursOut(BaseModel):
    """Hours of work, local to the place."""

    opens: Annotated[str, Field(examples=["22:00"])]
    shuts: Annotated[str, Field(examples=["05:00"])]


class PartyOut(BaseModel):
    """A unit with a part in the works."""

    role: PartyRole
    name: str
    contact: str
    code: str


class OverlapOut(BaseModel):
    """How much of one class of pipe is in reach of the works."""

    regime: Regime
    pressure_class: PressureClass
    zone: Zone
    metres: Annotated[float, Field(description="Along the pipe; the protection range's are not counted twice.")]
    stations: int


class RequiredOut(BaseModel):
    """One thing that is required, or forbidden."""

    kind: str
    zh: str
    en: str
    effect: Effect
    regime: Regime
    pack: str
    clause: str
    law: Annotated[bool, Field(description="False for a product default.")]
    due_at: datetime | None
    included: Annotated[bool, Field(description="Whether the moment itself is still in time.")]
    late: Annotated[bool | None, Field(description="Of what the filing itself meets.")]
    may_begin_at: Annotated[datetime | None, Field(description="The earliest start for which it would be in time.")]
    unknown_years: Annotated[list[int], Field(description="Whose holidays are not known.")]


class DecisionOut(BaseModel):
    """What was answered at once."""

    at: datetime
    place: str
    packs: list[str]
    zone: Annotated[Zone, Field(description="Unknown counts as inside.")]
    late: bool
    forbidden: bool
    overlaps: list[OverlapOut]
    required: list[RequiredOut]


class CrossedOut(BaseModel):
    """A pipe or station in reach, by name."""

    pipe_id: str
    regime: Regime
    pressure_class: PressureClass
    station: bool
    zone: Zone
    metres: float


class HandedOut(BaseModel):
    """How a filing stands with the tenant that answers it."""

    filing_id: UUID
    state: FilingState
    answered_at: datetime | None


class DayOut(BaseModel):
    """A day that was declared to be dug on."""

    day: date
    at: Annotated[datetime, Field(description="When it was heard of.")]
    late: Annotated[bool, Field(description="After its works should have begun, or after the day.")]
    heads: int
    machines: list[str]
    hours: HoursOut | None
    words: str


class DayToldOut(BaseModel):
    """Today at a site: declared or not, and whether works were seen."""

    filing_id: UUID
    day: date
    state: DayState
    declared: DayOut | None
    seen_at: Annotated[datetime | None, Field(description="When a machine was seen there last, if it was today.")]


def day_out(one: Day, *, late: bool) -> DayOut:
    """Return a declared day as it is answered."""
    said = one.said
    hours = None
    if said.opens is not None and said.shuts is not None:
        hours = HoursOut(opens=f"{said.opens:%H:%M}", shuts=f"{said.shuts:%H:%M}")
    return DayOut(
        day=said.day,
        at=one.at,
        late=late,
        heads=said.heads,
        machines=list(said.machines),
        hours=hours,
        words=said.words,
    )


def day_told_out(told: DayTold) -> DayToldOut:
    """Return today at a site as it is answered."""
    declared = None if told.declared is None else day_out(told.declared, late=told.state is DayState.LATE)
    return DayToldOut(filing_id=told.filing_id, day=told.day, state=told.state, declared=declared, seen_at=told.seen_at)


class FilingOut(BaseModel):
    """One filing."""

    id: UUID
    tenant_id: UUID
    version: int
    state: FilingState
    place: str
    time_zone: Annotated[str, Field(description="Of the place; its days are counted in it.")]
    area: Annotated[dict[str, Any], Field(description="GeoJSON, WGS-84 lon/lat.")]
    has_area: Annotated[bool, Field(description="False where a list drew only a line or point: no ground covered.")]
    method: Method
    machines: list[str]
    depth_m: float | None
    valid_from: datetime
    valid_until: Annotated[datetime, Field(description="Excluded.")]
    hours: HoursOut | None
    parties: list[PartyOut]
    urgent: bool
    words: str
    source: str
    source_id: str
    filed_at: datetime
    filed_by: UUID | None
    answered_at: datetime | None
    cancelled_at: datetime | None
    decision: DecisionOut | None
    handed: Annotated[HandedOut | None, Field(description="Where another operator of this platform answers it.")]
    days: Annotated[list[DayOut], Field(description="Declared to be dug on, the newest first; the last 40.")]
    pipes: Annotated[list[CrossedOut] | None, Field(description="Empty (null) for who does not read the network.")]
    part: Annotated[
        PartyRole | None,
        Field(description="As what it names you, where somebody else filed it and you read no others."),
    ]


class FilingPage(BaseModel):
    """A page of filings, newest first."""

    items: list[FilingOut]
    next: str | None


class FilingEventOut(BaseModel):
    """One thing that happened to a filing."""

    id: UUID
    version: int
    kind: str
    at: datetime
    actor: Annotated[str | None, Field(description="By name; null for the house's own rules.")]
    reason: str | None


class FilingEventPage(BaseModel):
    """A page of a filing's events, oldest first."""

    items: list[FilingEventOut]
    next: str | None
