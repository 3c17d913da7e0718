"""知重点: what a site's risk is made of, and what comes out: score, level, and every factor's share (domain.md 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time  # noqa: TC003  pydantic reads the types when a policy is read
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.network.facts import PressureClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from pipewarden.network.facts import Zone


class WorksKind(StrEnum):
    """What works there, in the order of domain.md 5.1; the type head tells three of them apart."""

    BORING = "boring"
    DRILLING = "drilling"
    PILING = "piling"
    EXCAVATOR = "excavator"
    BREAKER = "breaker"
    OPEN_TRENCH = "open_trench"
    LOADER_DOZER = "loader_dozer"
    ROLLER = "roller"
    CRANE = "crane"
    DUMP_TRUCK = "dump_truck"
    MANUAL = "manual"
    HOARDING = "hoarding"
    CREW = "crew"
    UNKNOWN = "unknown"


class Nearness(StrEnum):
    """The zone, the control range in two halves."""

    PROTECTION = "protection"
    CONTROL_NEAR = "control_near"
    CONTROL_FAR = "control_far"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Papers(StrEnum):
    """How far the works are covered; a paper that nobody knows of is one that is not there."""

    UNFILED = "unfiled"
    FILED = "filed"  # not briefed
    BRIEFED = "briefed"
    STANDBY = "standby"


class WorkTime(StrEnum):
    """When the machine was seen, in the place's own time."""

    WORKING = "working"
    REST_DAY = "rest_day"
    NIGHT = "night"
    UNKNOWN = "unknown"


class Machines(StrEnum):
    """How many work there."""

    ONE = "one"
    SEVERAL = "several"
    MANY = "many"
    UNKNOWN = "unknown"


class Moved(StrEnum):
    """Where the works are now against the place for which the plan was signed."""

    IN_PLACE = "in_place"
    NONE_AGREED = "none_agreed"
    MOVED = "moved"
    UNKNOWN = "unknown"


class Material(StrEnum):
    """Of the pipe that gives the zone."""

    PE = "pe"
    OTHER = "other"
    UNKNOWN = "unknown"


class MapTrust(StrEnum):
    """How far the pipe's place on the map may be off (1 sigma), as its owner states it."""

    SURE = "sure"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


class InCompound(StrEnum):
    """Whether the works lie inside a compound (小区, 院落) that the house knows."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"  # no compounds are known, or the place's error reaches over the edge


class Threshold(StrEnum):
    """Whether the works are below the threshold from which anybody has to ask for a permit.

    No threshold is held as data. What the house can say: a filing or a permit list names the works (``listed``), or
    nothing does and they lie inside a compound (``below``), where 88 % of Beijing's strikes had no permit to be found.
    """

    LISTED = "listed"
    BELOW = "below"
    UNKNOWN = "unknown"


class History(StrEnum):
    """What the contractor's record says."""

    STRIKES = "strikes"
    MARKED = "marked"  # as many points as the policy of contractors says, without a strike
    ORDINARY = "ordinary"  # neither good nor marked; also one of which nothing is known but its name
    GOOD = "good"
    UNKNOWN = "unknown"  # nobody has named it


FACTORS: Mapping[str, type[StrEnum]] = {
    "works": WorksKind,
    "zone": Nearness,
    "pressure": PressureClass,
    "papers": Papers,
    "time": WorkTime,
    "machines": Machines,
    "moved": Moved,
    "material": Material,
    "map": MapTrust,
    "compound": InCompound,
    "threshold": Threshold,
    "contractor": History,
}


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What is known of a site when its risk is asked.

    Attributes:
        distance_m: to the nearest pipe, at least (its error subtracted); None while unknown.
        seen_at: when the machine was seen last, aware; None while none was.
        machines: seen at one time, at most; None while unknown.
        agreed: whether a plan was signed for one place.
        moved_m: from there to where the works are now, with ``moved_off_m`` its error (95 %); None while unknown.
        map_off_m: of the pipe's place on the map, 1 sigma, as its owner states it; None where nobody does.
    """

    works: WorksKind
    zone: Zone
    distance_m: float | None
    pressure: PressureClass
    papers: Papers
    seen_at: datetime | None
    machines: int | None
    agreed: bool
    moved_m: float | None = None
    moved_off_m: float = 0.0
    material: Material = Material.UNKNOWN
    map_off_m: float | None = None
    compound: InCompound = InCompound.UNKNOWN
    threshold: Threshold = Threshold.UNKNOWN
    contractor: History = History.UNKNOWN


@dataclass(frozen=True, slots=True)
class Weight:
    """What one value of a factor counts.

    Attributes:
        weight: of ``works`` points from 0 to 100, of any other factor what multiplies them.
        source: where it is proposed, or ``product default, not law``.
    """

    weight: float
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class RiskBand:
    """One of the four levels: scores from ``least`` (included) to the next one's."""

    level: int
    least: float
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """Dated weights: a policy holds from its day until the next one's.

    Attributes:
        zone: in which its days begin and its nights are counted.
        night: local, from (included) to (excluded), over midnight where it ends before it begins.
        near_m: control range nearer than this is ``control_near``.
        moved_m: works farther than this from the agreed place have moved.
        unsure_m: a map error above this is ``unsure``.
        several: from so many machines on; ``many`` the same.
        weights: by factor and value.
        bands: four, the gravest first.
    """

    policy: str
    version: str
    since: date
    zone: ZoneInfo
    night: tuple[time, time]
    near_m: float
    moved_m: float
    unsure_m: float
    several: int
    many: int
    weights: Mapping[str, Mapping[str, Weight]]
    bands: tuple[RiskBand, ...]


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One factor of a site's risk.

    Attributes:
        value: of the factor's enumeration; ``unknown`` where it is.
        points: what it adds to the score, or takes from it, in the order of the factors; they add up to the score.
    """

    factor: str
    value: str
    weight: float
    points: float
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Risk:
    """What a policy says of a site.

    Attributes:
        scored: the level of the score alone.
        floor: the level of the zone (and of the site as it is kept), below which the risk never leads.
        level: the graver of both, 1 (danger) to 4.
    """

    version: str
    score: float
    scored: int
    floor: int
    level: int
    factors: tuple[RiskFactor, ...]
