"""Whether the camera that takes the pictures still sees at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

SIGHT_CHANGED = "perceive.sight_changed"  # fact_id = SightEvent.id, partition = the lane of the stream; on change only


class Fault(StrEnum):
    """What keeps a camera from seeing."""

    FROZEN = "frozen"  # the same picture, though a clock may run in it
    LOOPED = "looped"  # a recording: exact pictures of before come again
    BLACK = "black"
    WHITE = "white"
    BLURRED = "blurred"
    COVERED = "covered"  # a part or all of the view shows nothing where there was something
    MOVED = "moved"  # it sees well, but another piece of the world


@dataclass(frozen=True, slots=True)
class SightEvent:
    """A camera lost its sight or its clock went wrong, or it has them again; append-only.

    Attributes:
        fault: from ``at`` on; None when it sees.
        clock_wrong: from ``at`` on, whether its clock cannot be believed.
        since: when the fault first showed, or when it was first seen to be over.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    fault: Fault | None
    at: datetime
    since: datetime
    clock_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Seeing:
    """How a camera sees, judged from its pictures alone.

    Attributes:
        fault: None while it sees.
        since: when the fault first showed; of a camera that sees, since when it does.
        looked_at: when its last judged picture was taken, and ``observation_id`` which it is.
        run: looks in a row that showed the same.
        heard_at: when its last picture came, by our clock; ``looks`` came so far, counted up to a day's.
        clock_wrong_since: None while its clock is right, as far as anybody knows.
    """

    fault: Fault | None
    since: datetime
    looked_at: datetime
    observation_id: UUID
    run: int
    heard_at: datetime
    looks: int
    clock_wrong_since: datetime | None = None

    @property
    def resettled(self) -> bool:
        """Say whether it has long stood still looking elsewhere, so that a person may want to call that right."""
        return self.fault is Fault.MOVED and self.run >= 6  # noqa: PLR2004  an hour at ten minutes' interval


@dataclass(frozen=True, slots=True)
class Reference:
    """A view put in force as the right one; ``actor_id`` is None for the first pictures that agreed on one."""

    version: int
    observation_id: UUID
    at: datetime
    actor_id: UUID | None
