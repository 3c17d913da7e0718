"""A camera asked to look now, because something that is no camera felt, heard or saw digging at its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

CUE_SETTLED = "sense.cue_settled"  # fact_id = Cue.id, partition = the lane of Cue.clue_id


class CueState(StrEnum):
    """What became of the asking."""

    ASKED = "asked"
    ANSWERED = "answered"
    SILENT = "silent"  # no fresh picture came in time


@dataclass(frozen=True, slots=True)
class Cue:
    """One camera asked to look now.

    Attributes:
        clue_id: the observation for whose sake.
        due_at: when it counts as silent.
        frame_id: the observation that its picture became; the frames after it are not marked.
    """

    id: UUID
    tenant_id: UUID
    camera_id: UUID
    clue_id: UUID
    asked_at: datetime
    due_at: datetime
    state: CueState
    frame_id: UUID | None
