"""What is answered about a strike, as far as the reader may see it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.casework.facts.strike import Facility, Gas, Known, NumberKind, RootCause
from pipewarden.kit.web import Corner
from pipewarden.network.facts import Kind, PressureClass, Regime
from pipewarden.network.facts.isolation import Basis


class SpokenOut(BaseModel):
    """The same in Chinese and English."""

    zh: str
    en: str


class GroundOut(BaseModel):
    """One number that went into the radius, and what it rests on."""

    what: str
    m: float
    basis: str


class RadiusOut(BaseModel):
    """How far people are led away; the commander on the spot decides."""

    m: float
    polygon: Annotated[list[Corner], Field(description="A closed ring around the place.")]
    grounds: list[GroundOut]
    commander: SpokenOut
    policy: str


class BrokenOut(BaseModel):
    """The pipe that was hit, as the map knows it."""

    pipe_id: str
    regime: Regime
    pressure_class: PressureClass
    pressure: str | None
    diameter_mm: float | None
    depth_m: float | None
    material: str | None
    year: int | None
    distance_m: float


class ClosingOut(BaseModel):
    """A valve or station to shut."""

    pipe_id: str
    kind: Kind
    lon: float
    lat: float
    distance_m: float


class RemarkOut(BaseModel):
    """What limits the answer."""

    code: str
    text: SpokenOut


class IsolationOut(BaseModel):
    """What to shut and who is without gas then; only for who reads the network there."""

    basis: Basis
    broken: BrokenOut | None
    others: Annotated[list[str], Field(description="Further pipes as near: a person chooses.")]
    close: list[ClosingOut]
    pipes: Annotated[list[str], Field(description="Without gas once that is shut.")]
    metres: float
    stations: list[str]
    ends: Annotated[int, Field(description="Ends of pipes without gas: house connections, as far as they are drawn.")]
    lines: Annotated[list[list[Corner]], Field(description="What is without gas, as lines.")]
    remarks: list[RemarkOut]


class LineOut(BaseModel):
    """One call that a person makes by phone; ticked off with time and person."""

    key: str
    name: SpokenOut
    number: Annotated[str | None, Field(description="Empty where the operator has none on record.")]
    since: date | None
    who: str
    words: SpokenOut
    basis: str
    done_at: datetime | None
    done_by: str | None
    said: str


class TaskOut(BaseModel):
    """One thing to do."""

    key: str
    text: SpokenOut
    role: str
    basis: str
    person_id: UUID | None
    person: str | None
    done_at: datetime | None
    done_by: str | None
    said: str


class DamageOut(BaseModel):
    """The damage record."""

    facility: Facility
    pressure_class: PressureClass
    diameter_mm: float | None
    depth_m: float | None
    work_type: str
    machine: str
    filed: Known
    briefed: Known
    marked_right: Known
    hand_dug: Known
    standby_present: Known
    root_cause: RootCause
    homes: int
    hours: float
    cost_cny: float
    near_miss: bool
    words: str


class StrikeDamageOut(BaseModel):
    """The record as it stands, or what the house can fill in of it before a person completes it."""

    complete: bool
    damage: DamageOut


class StrikeFileOut(BaseModel):
    """A strike, as far as you may see it: what is not yours to see is empty."""

    id: UUID
    tenant_id: UUID
    drill: bool
    site_id: UUID | None
    at: Annotated[datetime, Field(description="When it was reported: the clock runs from here.")]
    lon: float
    lat: float
    words: str
    gas: Gas
    radius: RadiusOut
    areas: list[str]
    isolation: Annotated[
        IsolationOut | None, Field(description="Empty in lists, and for who does not read the network.")
    ]
    calls: Annotated[list[LineOut], Field(description="In their order; the reporter's own, or the whole sheet.")]
    tasks: list[TaskOut] | None
    report_due_at: Annotated[datetime, Field(description="When the statutory report is due at the latest.")]
    reported_at: datetime | None
    over_at: datetime | None
    recorded: Annotated[bool, Field(description="Whether the damage record is complete.")]
    may_work: bool
    may_decide: bool
    version: int


class StrikePage(BaseModel):
    """Strikes, newest first."""

    items: list[StrikeFileOut]
    next: str | None


class StrikeEventOut(BaseModel):
    """One line of the log."""

    id: UUID
    version: int
    kind: str
    at: datetime
    actor: str | None
    key: str | None
    words: str | None


class StrikeEventPage(BaseModel):
    """A page of the log, oldest first."""

    items: list[StrikeEventOut]
    next: str | None


class NumberOut(BaseModel):
    """A number of the operator."""

    id: UUID
    kind: NumberKind
    name: str
    number: str
    since: date
    recorded_at: datetime
    recorded_by: str


class NumberPage(BaseModel):
    """The numbers on record, newest first, and the kinds that have none today."""

    items: list[NumberOut]
    missing: list[NumberKind]


class StrikeFiguresOut(BaseModel):
    """Damages against filed works and pipe, with every count; drills are in none of them."""

    since: datetime
    until: datetime
    damages: int
    near_misses: int
    unrecorded: Annotated[int, Field(description="Strikes whose damage record is not complete yet.")]
    filings: int
    km: float
    per_1000_filings: float | None
    per_100_km: float | None
    few: Annotated[bool, Field(description="Fewer than ten damages: too few for a rate to be compared.")]
    causes: dict[str, int]
