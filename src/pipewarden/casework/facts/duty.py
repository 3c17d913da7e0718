"""Duties with deadlines, the chain that climbs when nobody acts, and the calls that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types when a duty is stored
from enum import StrEnum
from uuid import UUID  # noqa: TC003  as above

CALLED = "casework.called"  # fact_id = Call.id, partition = work.own(person id)


class DutyState(StrEnum):
    """Where a duty stands."""

    OPEN = "open"
    PAUSED = "paused"  # with a named reason
    DONE = "done"
    OVERDUE = "overdue"  # its chain climbs until somebody does it
    DROPPED = "dropped"  # the site no longer needs it; says why


@dataclass(frozen=True, slots=True)
class SiteDuty:
    """One thing that somebody must do on a site by a moment.

    Attributes:
        kind: as ``policy/duties`` names it, for instance ``accept``, ``arrive``, ``brief``, ``rectify``.
        about: the violation, stop or report that it is for; None for the site itself.
        person_id: whose it is; ``role`` and ``why`` say how they were found.
        clause: the law or the product default behind the time.
        due_at: counted in the calendar that the policy names, pauses taken out.
        acked_at: when its chain was last acknowledged.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    kind: str
    about: UUID | None
    person_id: UUID | None
    role: str
    why: str
    clause: str
    opened_at: datetime
    due_at: datetime
    state: DutyState = DutyState.OPEN
    paused_at: datetime | None = None
    pause_reason: str | None = None
    done_at: datetime | None = None
    acked_at: datetime | None = None


class Urgency(StrEnum):
    """How a call is brought to a person."""

    ALARM = "alarm"  # sounds, calls by voice where there is a channel
    DUE = "due"  # a message now
    NOTE = "note"  # may wait for a digest


@dataclass(frozen=True, slots=True)
class Call:
    """One person must be told one thing now; ``act`` brings it, one call is one annunciation however many channels.

    Attributes:
        site_ids: grouped: the sites it speaks of, the most urgent first.
        duty_id: whose chain made it; None for a flood, a digest or a check.
        step: of the chain, from 0; ``loop`` counts its repetitions.
        text: key of the words; ``params`` fill it in the reader's language.
        ack_by: when the chain climbs on unless somebody acknowledges; None where none is wanted.
        drill: of an exercise: it stays in the message centre, leaves by no channel and fills nobody's window.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    urgency: Urgency
    site_ids: tuple[UUID, ...]
    duty_id: UUID | None
    step: int
    loop: int
    text: str
    params: dict[str, str]
    at: datetime
    ack_by: datetime | None = None
    drill: bool = False
