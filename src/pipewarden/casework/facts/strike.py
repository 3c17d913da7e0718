"""A strike: a pipe is hit, minutes count. Its file, what is done about it, and the damage record that it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003  pydantic reads the types when a strike is stored
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.network.facts import PressureClass  # noqa: TC001  as above
from pipewarden.network.facts.isolation import Isolation  # noqa: TC001  as above

NO_WORDS: Final = "a pipe was hit"  # of a reporter who said nothing
HEARD_AGAIN: Final = "reported again: "  # how the log begins a second report of the same strike


class Gas(StrEnum):
    """What is in the pipe."""

    NATURAL = "natural"
    LPG = "lpg"
    COAL = "coal"


class NumberKind(StrEnum):
    """Numbers that only the operator knows."""

    HOTLINE = "hotline"
    HOSPITAL = "hospital"
    AUTHORITY = "authority"


class Known(StrEnum):
    """Whether something was so; nobody is made to say what they do not know."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class RootCause(StrEnum):
    """Root cause groups (domain.md 6.2, after DIRT)."""

    UNFILED = "unfiled"  # 未报备
    DIGGING = "digging"  # 开挖操作
    MARKING = "marking"  # 探测标识
    INVALID_FILING = "invalid_filing"  # 报备无效/超范围
    OTHER = "other"  # 其他


class Facility(StrEnum):
    """What was hit."""

    MAIN = "main"
    SERVICE = "service"
    VALVE = "valve"
    STATION = "station"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ground:
    """One number that went into a radius, and what it rests on."""

    what: str
    m: float
    basis: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How far people are led away.

    Attributes:
        radius_m: all round, the wind is not known.
        grounds: each number with its basis; the largest of the first ones, times the gas's factor, rounded up.
        policy: version of the policy.
    """

    radius_m: float
    gas: Gas
    pressure_class: PressureClass
    grounds: tuple[Ground, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """The same in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call that a person makes by phone; the house never dials it.

    Attributes:
        who: the role that calls, or ``reporter``.
        number: None where the tenant has none on record: missing, and shown as missing.
        since: from when the number holds, of a tenant's own.
        done_at: when somebody ticked it off; ``done_by`` as the audit names them.
    """

    key: str
    name: Spoken
    who: str
    words: Spoken
    basis: str
    number: str | None = None
    since: date | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do on the spot or from the desk.

    Attributes:
        key: unique in its strike; the policy's, with a number where there are several.
        person_id: whose; None while nobody is on duty for it.
    """

    key: str
    text: Spoken
    role: str
    basis: str
    person_id: UUID | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class StrikePlan:
    """What the house says at once: radius, valves, calls, tasks, as of a place and a pipe.

    Attributes:
        areas: names of the areas that the radius meets.
    """

    reach: Reach
    isolation: Isolation
    areas: tuple[str, ...]
    calls: tuple[CallLine, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """The damage record, on fields like DIRT's (Common Ground Alliance; domain.md 6.2).

    Attributes:
        depth_m: cover over the pipe.
        homes: without gas; ``hours`` how long; ``cost_cny`` of repair, gas and others' losses.
        near_miss: the pipe was touched and no gas came out.
    """

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
    words: str = ""


@dataclass(frozen=True, slots=True)
class StrikeFile:
    """The sum of a strike's events.

    Attributes:
        drill: an exercise: told inside the house only and counted nowhere.
        site_id: None for a drill, which opens no site.
        reporter: as the audit names them.
        involved: who is told of what is new.
        over_at: gas is stopped and people may come back.
        version: events so far.
    """

    id: UUID
    tenant_id: UUID
    drill: bool
    site_id: UUID | None
    reporter: str
    words: str
    at: datetime
    lon: float
    lat: float
    gas: Gas
    plan: StrikePlan
    involved: tuple[UUID, ...]
    damage: Damage | None = None
    over_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class StrikeOpened:
    """A pipe was hit, as somebody says."""

    drill: bool
    site_id: UUID | None
    words: str
    lon: float
    lat: float
    gas: Gas
    plan: StrikePlan
    involved: tuple[UUID, ...]
    kind: Literal["strike_opened"] = "strike_opened"


@dataclass(frozen=True, slots=True)
class StrikePlaced:
    """It lies elsewhere, or it is another pipe or gas: radius and valves anew; what is ticked off stays so.

    Attributes:
        involved: who is told from now on as well.
    """

    lon: float
    lat: float
    gas: Gas
    pipe_id: str | None
    plan: StrikePlan
    involved: tuple[UUID, ...] = ()
    kind: Literal["strike_placed"] = "strike_placed"


@dataclass(frozen=True, slots=True)
class LineCalled:
    """A call of the sheet was made."""

    key: str
    said: str
    kind: Literal["line_called"] = "line_called"


@dataclass(frozen=True, slots=True)
class TaskGiven:
    """Somebody has a task from now on."""

    key: str
    person_id: UUID
    kind: Literal["task_given"] = "task_given"


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task is done."""

    key: str
    said: str
    kind: Literal["task_done"] = "task_done"


@dataclass(frozen=True, slots=True)
class Situation:
    """How it stands; with ``tell`` everybody involved is told."""

    words: str
    tell: bool
    kind: Literal["situation"] = "situation"


@dataclass(frozen=True, slots=True)
class StrikeOver:
    """The danger is over."""

    words: str
    kind: Literal["strike_over"] = "strike_over"


@dataclass(frozen=True, slots=True)
class DamageSaid:
    """A person has completed the damage record; a later one stands instead of it."""

    damage: Damage
    kind: Literal["damage_said"] = "damage_said"


StrikeBody = StrikeOpened | StrikePlaced | LineCalled | TaskGiven | TaskDone | Situation | StrikeOver | DamageSaid


@dataclass(frozen=True, slots=True)
class StrikeEvent:
    """One thing that happened; append-only."""

    id: UUID
    tenant_id: UUID
    strike_id: UUID
    at: datetime
    actor: str | None
    version: int
    body: StrikeBody


@dataclass(frozen=True, slots=True)
class StrikeContact:
    """A number of the tenant, from a day on; a later one of its kind takes its place from its own day."""

    id: UUID
    tenant_id: UUID
    kind: NumberKind
    name: str
    number: str
    since: date
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class StrikeFigures:
    """Damages against what was dug and what lies in the ground; drills and near misses count as no damage.

    Attributes:
        per_1000_filings: None where nothing was filed; ``few`` says that the counts are too small to compare.
    """

    since: datetime
    until: datetime
    damages: int
    near_misses: int
    unrecorded: int
    filings: int
    km: float
    per_1000_filings: float | None
    per_100_km: float | None
    few: bool
    causes: dict[str, int]
