"""What people write down of a step, as they send it; which of it is needed is the policy's, told by ``next``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipewarden.casework.facts import (
    MACHINES,
    AsBuilt,
    Attendee,
    MeasuredPoint,
    Method,
    PartyRole,
    PersonRole,
    Signature,
    StepRecord,
)
from pipewarden.kit.web import Asked, Clean, Moment, Name

Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
Lat = Annotated[float, Field(ge=-90, le=90)]
Sigma = Annotated[float, Field(gt=0, le=100, description="Error of place and depth in metres, one sigma.")]
PipeId = Annotated[str, Field(max_length=200, description="As the map names it; empty where it has none."), Clean]
Metres = Annotated[float | None, Field(ge=0, le=1000, description="Metres.")]
Flag = bool | None
_MACHINE = f"^({'|'.join(MACHINES)})?$"


class AttendeeIn(Asked):
    """Somebody who was there."""

    name: Name
    party: PartyRole
    role: PersonRole
    machine: Annotated[str, Field(pattern=_MACHINE, description="What a machine operator drives.")] = ""


class SignatureIn(Asked):
    """Who signed, and for which party."""

    name: Name
    party: PartyRole


class PointIn(Asked):
    """A place at which a pipe was marked or laid bare."""

    lon: Lon
    lat: Lat
    sigma_m: Sigma
    depth_m: Annotated[float | None, Field(ge=0, le=100, description="Surface to the top of the pipe.")] = None
    pipe_id: PipeId = ""


class AsBuiltIn(Asked):
    """A pipe's course after the works."""

    line: Annotated[list[tuple[Lon, Lat]], Field(min_length=2, max_length=1000)]
    sigma_m: Sigma
    pipe_id: PipeId = ""


class RecordIn(Asked):
    """What was written down of a step."""

    held_at: Annotated[Moment | None, Field(description="When it took place.")] = None
    attendees: Annotated[list[AttendeeIn], Field(max_length=100, default_factory=list)]
    signatures: Annotated[list[SignatureIn], Field(max_length=20, default_factory=list)]
    number: Annotated[str, Field(max_length=100), Clean] = ""
    method: Method | None = None
    by_hand: Flag = None
    quiz_passed: Flag = None
    hand_dig_m: Metres = None
    clear_distance_m: Metres = None
    standby_person: Annotated[str, Field(max_length=200), Clean] = ""
    emergency_phone: Annotated[str, Field(max_length=40), Clean] = ""
    inspections_per_day: Annotated[float | None, Field(ge=0, le=96)] = None
    valid_until: Moment | None = None
    signs_up: Flag = None
    points: Annotated[list[PointIn], Field(max_length=200, default_factory=list)]
    shift_from: Moment | None = None
    shift_until: Moment | None = None
    pipe_distance_m: Metres = None
    gas_lel_pct: Annotated[float | None, Field(ge=0, le=100, description="% of the lower explosive limit.")] = None
    exposed: Flag = None
    leak_tight: Flag = None
    cover_m: Metres = None
    signs_restored: Flag = None
    undamaged: Flag = None
    as_built: AsBuiltIn | None = None

    def fact(self) -> StepRecord:
        """Return the record."""
        plain = self.model_dump(exclude={"attendees", "signatures", "points", "as_built"})
        course = self.as_built
        return StepRecord(
            **plain,
            attendees=tuple(Attendee(one.name, one.party, one.role, one.machine) for one in self.attendees),
            signatures=tuple(Signature(one.name, one.party) for one in self.signatures),
            points=tuple(MeasuredPoint(one.lon, one.lat, one.sigma_m, one.depth_m, one.pipe_id) for one in self.points),
            as_built=None if course is None else AsBuilt(tuple(course.line), course.sigma_m, course.pipe_id),
        )
