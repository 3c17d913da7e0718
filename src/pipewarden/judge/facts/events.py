"""What happens to an alarm before the judge: typed, append-only; the state of a case is what these add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from enum import StrEnum
from typing import Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.judge.facts.opinion import Opinion  # noqa: TC001  as above
from pipewarden.judge.facts.reasons import Code, Outcome, Reason  # noqa: TC001  as above
from pipewarden.network.facts import Zone  # noqa: TC001  as above


class ReviewCode(StrEnum):
    """What a reviewer says the alarm was; the list is append-only."""

    # true
    DIGGING = "digging"
    PREPARING = "preparing"  # works without digging yet: hoarding, cut asphalt, a machine brought
    OTHER_WORKS = "other_works"
    # false
    PASSING = "passing_vehicle"
    PARKED = "parked_machine"
    YARD = "permanent_yard"
    NOT_A_MACHINE = "not_a_machine"
    CLEANING = "cleaning_or_greening"
    FARM = "farm_machine"
    WEATHER = "weather_or_light"
    FILED = "filed_works"
    DUPLICATE = "duplicate"
    FAR_SIDE = "behind_wall_or_on_roof"
    OTHER_FALSE = "other"


TRUE_CODES = frozenset({ReviewCode.DIGGING, ReviewCode.PREPARING, ReviewCode.OTHER_WORKS})


@dataclass(frozen=True, slots=True)
class Basis:
    """What was judged: a silence holds for this and not for what comes instead.

    Attributes:
        zone: the alarm's zone then.
        seen_s: when it was last seen, seconds since 1970 or from its stream's first frame.
        frames: pictures that showed it by then.
        observation_id: the newest picture of its machine; None where nothing was seen (a report).
        finding_id: the machine in it.
    """

    zone: Zone
    seen_s: float
    frames: int
    observation_id: UUID | None
    finding_id: UUID | None


@dataclass(frozen=True, slots=True)
class Ruled:
    """The scene rules were asked."""

    scene: tuple[Outcome, ...]
    zone: Zone
    frames: int
    kind: Literal["ruled"] = "ruled"


@dataclass(frozen=True, slots=True)
class Asked:
    """A second judge is asked; a person sees the alarm at ``due_at`` whatever becomes of the question."""

    ask_id: UUID
    judge: str
    due_at: datetime
    kind: Literal["asked"] = "asked"


@dataclass(frozen=True, slots=True)
class Answered:
    """The second judge has an opinion."""

    ask_id: UUID
    opinion: Opinion
    kind: Literal["answered"] = "answered"


@dataclass(frozen=True, slots=True)
class Failed:
    """The second judge has none: down, slow, over budget, nonsense."""

    ask_id: UUID
    opinion: Opinion
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Queued:
    """A person is needed, from ``due_at`` on.

    Attributes:
        look_at: when the rules are asked again meanwhile; None for no more.
    """

    reasons: tuple[Reason, ...]
    due_at: datetime
    look_at: datetime | None
    basis: Basis
    kind: Literal["queued"] = "queued"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The second judge sees works and nothing speaks against it."""

    reasons: tuple[Reason, ...]
    basis: Basis
    kind: Literal["confirmed"] = "confirmed"


@dataclass(frozen=True, slots=True)
class Silenced:
    """The place is silent for a time."""

    reasons: tuple[Reason, ...]
    until: datetime
    basis: Basis
    kind: Literal["silenced"] = "silenced"


@dataclass(frozen=True, slots=True)
class SilenceEnded:
    """The place is heard again."""

    why: Code
    kind: Literal["silence_ended"] = "silence_ended"


@dataclass(frozen=True, slots=True)
class AuditDrawn:
    """A person looks at this rejection, by chance; it stays rejected until they speak."""

    due_at: datetime
    kind: Literal["audit_drawn"] = "audit_drawn"


@dataclass(frozen=True, slots=True)
class Taken:
    """A person has taken the review."""

    by: UUID
    kind: Literal["taken"] = "taken"


@dataclass(frozen=True, slots=True)
class Released:
    """The person has given it back."""

    kind: Literal["released"] = "released"


@dataclass(frozen=True, slots=True)
class Decided:
    """A person has decided.

    Attributes:
        until: of a false one, how long its place is silent; None for a true one.
    """

    true: bool
    code: ReviewCode
    words: str
    until: datetime | None
    basis: Basis
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True)
class Merged:
    """Another alarm has taken its clues over."""

    into: UUID
    kind: Literal["merged"] = "merged"


@dataclass(frozen=True, slots=True)
class Parted:
    """It stands for itself again."""

    kind: Literal["parted"] = "parted"


Body = (
    Ruled
    | Asked
    | Answered
    | Failed
    | Queued
    | Confirmed
    | Silenced
    | SilenceEnded
    | AuditDrawn
    | Taken
    | Released
    | Decided
    | Merged
    | Parted
)


@dataclass(frozen=True, slots=True)
class JudgeEvent:
    """One thing that happened to an alarm before the judge; ``actor`` is None for the house itself."""

    id: UUID
    tenant_id: UUID
    alarm_id: UUID
    at: datetime
    actor: str | None
    body: Body
