"""The chain that climbs a ladder for one duty, what it has told whom, and what a person's window still holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types when a chain is stored
from enum import StrEnum
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.duty import Urgency  # noqa: TC001  as above
from pipewarden.casework.facts.policy import Ladder, Who  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class Chain:
    """One duty's way up its ladder, which was copied when it began.

    Attributes:
        step: the next to fire, from 0; ``loop`` counts the rounds before this one.
        round_at: what the steps' waits of this round count from.
        due_at: when the next step is due; None once it has ended.
        acked_at: somebody has acknowledged: ``due_at`` is when the chain begins again without proof.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    duty_id: UUID
    ladder: Ladder
    round_at: datetime
    due_at: datetime | None
    step: int = 0
    loop: int = 0
    acked_at: datetime | None = None
    acked_by: UUID | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step that has fired: (chain, loop, step) happens once."""

    chain_id: UUID
    loop: int
    step: int
    who: Who
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Held:
    """A fired step whose call has not gone out yet.

    Attributes:
        person_id: whom it is for.
        others: who is asked when that person has no room, in order; the last is the safety manager.
        critical: level 1, a strike, a refused stop order: first, and alone while anybody who could take it is calm.
    """

    rung: Rung
    site_id: UUID
    duty_id: UUID
    person_id: UUID
    others: tuple[UUID, ...]
    critical: bool
    at: datetime


class Shape(StrEnum):
    """What a call speaks of."""

    ONE = "one"  # one site
    GATHERED = "gathered"  # several sites that one person takes
    FLOOD = "flood"  # everything that found nobody with room


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call that goes out now, and the held steps that it speaks for, most urgent first."""

    person_id: UUID
    shape: Shape
    held: tuple[Held, ...]
    spilled: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """One annunciation of a person's window."""

    at: datetime
    shape: Shape


@dataclass(frozen=True, slots=True)
class FloodState:
    """Whether more comes in than people can take.

    Attributes:
        waiting: steps whose call has not gone out; ``critical`` of them are.
        full: persons who have no room now.
        sites: the sites that wait, most urgent first.
    """

    on: bool
    waiting: int
    critical: int
    full: int
    sites: tuple[UUID, ...]


class ShiftKind(StrEnum):
    """What an entry of the shift log is."""

    NOTE = "note"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is open at a hand-over: a duty with its site and its time."""

    site_id: UUID
    kind: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class ShiftEntry:
    """One entry of the shift log; a hand-over lists what is open and waits for the incoming person's word."""

    id: UUID
    tenant_id: UUID
    kind: ShiftKind
    author_id: UUID
    at: datetime
    words: str
    to_id: UUID | None = None
    items: tuple[OpenItem, ...] = ()
    acked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A site that is not to call anybody until a moment, because somebody answers for it."""

    id: UUID
    tenant_id: UUID
    site_id: UUID
    person_id: UUID
    reason: str
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
