"""What people send about filings: the works, and one body for each act, told apart by ``kind``."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from pipewarden.casework import service
from pipewarden.casework.facts import (
    Answered,
    Cancelled,
    HandedOver,
    Method,
    Party,
    PartyRole,
    Renewed,
    Revised,
    SentBack,
)
from pipewarden.casework.facts.filing_day import DayStarted, DayTakenBack
from pipewarden.kit.web import Asked, Clean, Name, Sentence

if TYPE_CHECKING:
    from pipewarden.casework.facts import (
        Filing,
        FilingBody,
    )
    from pipewarden.kit.work import Work

When = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="A date is a whole day of the place, the last one included; a time without an offset is local.",
        examples=["2026-03-10"],
    ),
    Clean,
]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]


class HoursIn(Asked):
    """Hours of work, local to the place; an end before the beginning goes past midnight."""

    opens: Clock
    shuts: Clock


class PartyIn(Asked):
    """A unit with a part in the works."""

    role: PartyRole
    name: Name
    contact: Annotated[str, Field(max_length=200), Clean] = ""
    code: Annotated[str, Field(max_length=30, description="Unified social credit code, where it is known."), Clean] = ""


class FilingIn(Asked):
    """Works to file."""

    area: Annotated[
        dict[str, Any], Field(description="GeoJSON polygon or multipolygon, WGS-84 lon/lat, up to 100 km².")
    ]
    place: (
        Annotated[str, Field(max_length=60, description="Jurisdiction; the one of the area there unless named."), Clean]
        | None
    ) = None
    method: Method
    valid_from: When
    valid_until: When
    machines: Annotated[
        list[Annotated[str, Field(max_length=40), Clean]],
        Field(max_length=20, default_factory=list, description="excavator, loader_dozer, dump_truck, other"),
    ]
    depth_m: Annotated[float | None, Field(gt=0, le=200)] = None
    hours: HoursIn | None = None
    parties: Annotated[list[PartyIn], Field(max_length=20, default_factory=list)]
    urgent: Annotated[bool, Field(description="An emergency repair, which digs first.")] = False
    words: Annotated[str, Field(max_length=2000), Clean] = ""


class ReviseIn(Asked):
    """The works change: all of them anew; the operator answers anew."""

    kind: Literal["revise"]
    works: FilingIn
    reason: Sentence


class RenewIn(Asked):
    """They go on longer."""

    kind: Literal["renew"]
    valid_until: When
    reason: Sentence


class CancelIn(Asked):
    """It is taken back."""

    kind: Literal["cancel"]
    reason: Sentence


class AnswerIn(Asked):
    """The operator's people answer."""

    kind: Literal["answer"]
    words: Sentence


class HandOverIn(Asked):
    """Another operator answers from now on; the filing stays readable here."""

    kind: Literal["hand_over"]
    name: Name
    contact: Annotated[str, Field(max_length=200), Clean] = ""
    reason: Sentence


class SendBackIn(Asked):
    """A filing that was handed over to this operator goes back; it is answered where it came from."""

    kind: Literal["send_back"]
    reason: Sentence


class StartDayIn(Asked):
    """The daily start declaration: these works are dug on this day."""

    kind: Literal["start_day"]
    day: Annotated[date, Field(description="Local to the place: today, or up to two days before.")]
    heads: Annotated[int, Field(ge=1, le=1000, description="How many people work there.")]
    machines: Annotated[list[Annotated[str, Field(max_length=40), Clean]], Field(max_length=20, default_factory=list)]
    hours: Annotated[HoursIn | None, Field(description="Of that day; the filing's own unless named.")] = None
    words: Annotated[str, Field(max_length=2000), Clean] = ""


class TakeBackDayIn(Asked):
    """A declared day is not dug after all; said on the same day."""

    kind: Literal["take_back_day"]
    day: date
    reason: Sentence


Act = ReviseIn | RenewIn | CancelIn | AnswerIn | HandOverIn | SendBackIn | StartDayIn | TakeBackDayIn


class FilingActIn(Asked):
    """One act on a filing."""

    version: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1, description="The filing's, as you have seen it; may be left out for days alone."),
    ] = None
    act: Annotated[Act, Field(discriminator="kind")]


def said_of(asked: FilingIn) -> dict[str, object]:
    """Return what is said of the works beside their ground and place, as ``rules.filing_read`` takes it."""
    said = asked.model_dump(mode="json", exclude={"area", "place"}, exclude_none=True)
    if asked.hours is not None:
        said["hours"] = {"from": asked.hours.opens, "to": asked.hours.shuts}
    return said


def filing_body_of(act: Act, work: Work, present: Filing) -> FilingBody:
    """Return what an act does.

    Raises:
        InputError: works or a date that cannot be read.
    """
    match act:
        case ReviseIn():
            works = service.works_here(work, act.works.area, said_of(act.works), act.works.place)
            return Revised(works, act.reason)
        case RenewIn():
            zone = service.filing_zone(present.works.place, work.now())
            until = service.filing_edge(act.valid_until, zone, field="valid_until", last=True)
            return Renewed(until, act.reason)
        case AnswerIn():
            return Answered(act.words)
        case HandOverIn():
            return HandedOver(Party(PartyRole.OPERATOR, act.name, act.contact), act.reason)
        case CancelIn() | SendBackIn():
            return Cancelled(act.reason) if isinstance(act, CancelIn) else SentBack(act.reason)
        case StartDayIn() | TakeBackDayIn():
            return _day(act)


def _day(act: StartDayIn | TakeBackDayIn) -> FilingBody:
    if isinstance(act, TakeBackDayIn):
        return DayTakenBack(act.day, act.reason)
    opens, shuts = (None, None) if act.hours is None else (_clock(act.hours.opens), _clock(act.hours.shuts))
    return DayStarted(act.day, act.heads, tuple(act.machines), opens, shuts, act.words)


def _clock(said: str) -> time:
    return time.fromisoformat(said)
