"""What people send about a strike: the report, and one body for each act, told apart by ``kind``."""

from __future__ import annotations

from datetime import date  # noqa: TC003  pydantic reads the types of bodies
from typing import Annotated, Literal
from uuid import UUID  # noqa: TC003  as above

from pydantic import Field, model_validator

from pipewarden.casework.facts.strike import (
    Damage,
    DamageSaid,
    Facility,
    Gas,
    Known,
    LineCalled,
    NumberKind,
    RootCause,
    Situation,
    StrikeBody,
    StrikeOver,
    TaskDone,
    TaskGiven,
)
from pipewarden.kit.web import Asked, Clean, Moment, Name, PageQuery, Sentence
from pipewarden.network.facts import PressureClass  # noqa: TC001  as above

Said = Annotated[str, Field(max_length=2000), Clean]
Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
Lat = Annotated[float, Field(ge=-90, le=90, description="Degrees WGS-84.")]
Key = Annotated[str, Field(min_length=1, max_length=60), Clean]


class StrikeReportIn(Asked):
    """A pipe was hit: where, and nothing else that anybody must know. A place, a site or an alarm says where."""

    lon: Lon | None = None
    lat: Lat | None = None
    site_id: UUID | None = None
    alarm_id: UUID | None = None
    words: Said = ""
    gas: Annotated[Gas, Field(description="Natural gas unless somebody knows better.")] = Gas.NATURAL
    drill: Annotated[bool, Field(description="An exercise: marked everywhere, told inside the house only.")] = False

    @model_validator(mode="after")
    def _somewhere(self) -> StrikeReportIn:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together")
        if self.lon is None and self.site_id is None and self.alarm_id is None:
            raise ValueError("give lon and lat, or site_id, or alarm_id")
        return self


class CalledIn(Asked):
    """A call of the sheet was made."""

    kind: Literal["called"]
    key: Key
    said: Said = ""


class DoneIn(Asked):
    """A task is done."""

    kind: Literal["done"]
    key: Key
    said: Said = ""


class GiveIn(Asked):
    """Give a task to somebody."""

    kind: Literal["give"]
    key: Key
    person_id: UUID


class SituationIn(Asked):
    """Write down how it stands, and tell everybody involved if that is wanted."""

    kind: Literal["situation"]
    words: Sentence
    tell: bool = False


class PlaceIn(Asked):
    """It lies elsewhere, or it is another pipe or gas."""

    kind: Literal["place"]
    lon: Lon | None = None
    lat: Lat | None = None
    gas: Gas | None = None
    pipe_id: Annotated[str | None, Field(max_length=200, description="One of `broken` or `others`."), Clean] = None

    @model_validator(mode="after")
    def _both(self) -> PlaceIn:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together")
        return self


class OverIn(Asked):
    """The danger is over."""

    kind: Literal["over"]
    words: Sentence


class DamageIn(Asked):
    """The damage record, complete."""

    kind: Literal["damage"]
    facility: Facility
    pressure_class: PressureClass
    diameter_mm: Annotated[float | None, Field(ge=0, le=3000)] = None
    depth_m: Annotated[float | None, Field(ge=0, le=100)] = None
    work_type: Annotated[str, Field(max_length=200), Clean] = ""
    machine: Annotated[str, Field(max_length=200), Clean] = ""
    filed: Known
    briefed: Known
    marked_right: Known
    hand_dug: Known
    standby_present: Known
    root_cause: RootCause
    homes: Annotated[int, Field(ge=0, le=10_000_000)]
    hours: Annotated[float, Field(ge=0, le=100_000)]
    cost_cny: Annotated[float, Field(ge=0, le=1e12)]
    near_miss: bool
    words: Said = ""


StrikeAct = Annotated[
    CalledIn | DoneIn | GiveIn | SituationIn | PlaceIn | OverIn | DamageIn, Field(discriminator="kind")
]


class StrikeActIn(Asked):
    """One act; no version is asked for, because minutes count."""

    act: StrikeAct


class NumberIn(Asked):
    """A number that the operator knows, from a day on."""

    kind: NumberKind
    name: Name
    number: Annotated[str, Field(min_length=3, max_length=40, pattern=r"^[0-9+()\- ]+$")]
    since: date


class StrikeQuery(PageQuery):
    """Which strikes are asked for."""

    over: Annotated[bool | None, Field(description="Whether the danger is over.")] = None
    drill: bool | None = None


class SpanQuery(Asked):
    """From when to when."""

    since: Moment
    until: Moment


def strike_body_of(asked: CalledIn | DoneIn | GiveIn | SituationIn | OverIn | DamageIn) -> StrikeBody:
    """Return what an act lets happen."""
    match asked:
        case CalledIn():
            return LineCalled(asked.key, asked.said)
        case DoneIn():
            return TaskDone(asked.key, asked.said)
        case GiveIn():
            return TaskGiven(asked.key, asked.person_id)
        case SituationIn():
            return Situation(asked.words, asked.tell)
        case OverIn():
            return StrikeOver(asked.words)
        case DamageIn():
            return DamageSaid(Damage(**asked.model_dump(exclude={"kind"})))
