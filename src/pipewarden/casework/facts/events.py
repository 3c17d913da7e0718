"""What happens to a site: typed, append-only; its state is what these add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from enum import StrEnum
from typing import Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.hanging import (
    AccidentReported,
    PlanDisputed,
    PlanReviewed,
    RepairDeclared,
    RepairPapers,
    ReportAcknowledged,
    ReportAnswered,
    Reported,
    Resumed,
    StopOrdered,
    StopRefused,
    Struck,
    ViolationFixed,
    ViolationOpened,
)
from pipewarden.casework.facts.proof import Proof  # noqa: TC001  as above
from pipewarden.casework.facts.record import StepRecord, Substep  # noqa: TC001  as above
from pipewarden.casework.facts.site import SiteState  # noqa: TC001  as above
from pipewarden.casework.facts.standby import GasFound, StandbyMissed
from pipewarden.network.facts import Zone  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class Discovered:
    """A clue was confirmed or needs a person, or a filing came."""

    alarm_id: UUID | None
    zone: Zone
    level: int
    lon: float | None
    lat: float | None
    reason: str
    kind: Literal["discovered"] = "discovered"


@dataclass(frozen=True, slots=True)
class Replaced:
    """Its alarm moved, grew or was placed anew."""

    zone: Zone
    level: int
    lon: float | None
    lat: float | None
    reason: str
    kind: Literal["replaced"] = "replaced"


@dataclass(frozen=True, slots=True)
class OwnerGiven:
    """A named person has the site in hand from now on."""

    person_id: UUID
    role: str
    why: str
    kind: Literal["owner_given"] = "owner_given"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The owner says yes."""

    kind: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class Declined:
    """The owner cannot; the next one is found."""

    reason: str
    kind: Literal["declined"] = "declined"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody is proved on site."""

    proof: Proof
    kind: Literal["arrived"] = "arrived"


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody has looked on the spot and says whether there are works; ``code`` as the judge's reviewers use it."""

    true: bool
    code: str
    proof: Proof
    kind: Literal["verified"] = "verified"


@dataclass(frozen=True, slots=True)
class Advanced:
    """A step of the main path was done; ``proof`` is what its guard asked for, ``record`` what was written down of it.

    What happened before steps were written down has no record.
    """

    to: SiteState
    proof: Proof
    record: StepRecord | None = None
    kind: Literal["advanced"] = "advanced"


@dataclass(frozen=True, slots=True)
class WorksChanged:
    """Design or method changed: plan and briefing are needed anew (domain.md 4.3 row 14)."""

    reason: str
    back_to: SiteState
    kind: Literal["works_changed"] = "works_changed"


@dataclass(frozen=True, slots=True)
class StandbyChecked:
    """The standby supervisor has checked in."""

    proof: Proof
    record: StepRecord | None = None
    kind: Literal["standby_checked"] = "standby_checked"


@dataclass(frozen=True, slots=True)
class StepRecorded:
    """A step that leads to no state of its own was done."""

    step: Substep
    proof: Proof
    record: StepRecord
    kind: Literal["step_recorded"] = "step_recorded"


@dataclass(frozen=True, slots=True)
class MapDoubted:
    """A pipe was measured farther from where the map has it than map and measurement together explain.

    Attributes:
        pipe_id: as the map names it; empty where the map has no such pipe.
        off_m: from the map's pipe; None where it has none.
        within_m: what the errors of map and measurement explain (95 %).
        proposal_id: what the network is asked to take over.
    """

    pipe_id: str
    off_m: float | None
    within_m: float | None
    proposal_id: UUID
    words: str
    kind: Literal["map_doubted"] = "map_doubted"


@dataclass(frozen=True, slots=True)
class DamageRecorded:
    """The strike's damage record is complete."""

    strike_id: UUID
    kind: Literal["damage_recorded"] = "damage_recorded"


@dataclass(frozen=True, slots=True)
class Ended:
    """No works (``false``), or none that needs us (``exempt``); only a person or a rule, never a model alone.

    Attributes:
        until: an exempt one is watched until then and reopens when seen again.
    """

    to: SiteState
    code: str
    reason: str
    until: datetime | None = None
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Reopened:
    """Seen again, or ended wrongly."""

    reason: str
    kind: Literal["reopened"] = "reopened"


@dataclass(frozen=True, slots=True)
class MergedInto:
    """Another site has taken its clues over."""

    site_id: UUID
    reason: str
    kind: Literal["merged_into"] = "merged_into"


@dataclass(frozen=True, slots=True)
class Parted:
    """It stands for itself again."""

    reason: str
    kind: Literal["parted"] = "parted"


@dataclass(frozen=True, slots=True)
class Matched:
    """The filing that the site belongs to is found, or is another one, or none any more: the house's own doing.

    Attributes:
        score: the probability of the likeliest filing; None where none was compared.
        weights: the version of the weights that say it.
    """

    filing_id: UUID | None
    reason: str
    score: float | None = None
    weights: str = ""
    kind: Literal["matched"] = "matched"


@dataclass(frozen=True, slots=True)
class ContractorNamed:
    """Somebody says who does the works; what stands in the record of one named before by mistake counts no more."""

    contractor_id: UUID
    name: str
    code: str
    reason: str
    kind: Literal["contractor_named"] = "contractor_named"


@dataclass(frozen=True, slots=True)
class Noted:
    """A person wrote something down."""

    words: str
    pictures: tuple[str, ...] = field(default=())
    kind: Literal["noted"] = "noted"


Body = (
    Discovered
    | Replaced
    | OwnerGiven
    | Accepted
    | Declined
    | Arrived
    | Verified
    | Advanced
    | WorksChanged
    | StandbyChecked
    | StandbyMissed
    | GasFound
    | StepRecorded
    | MapDoubted
    | ViolationOpened
    | ViolationFixed
    | StopOrdered
    | StopRefused
    | Resumed
    | Reported
    | ReportAcknowledged
    | ReportAnswered
    | PlanDisputed
    | PlanReviewed
    | RepairDeclared
    | RepairPapers
    | Struck
    | AccidentReported
    | DamageRecorded
    | Ended
    | Reopened
    | MergedInto
    | Parted
    | Matched
    | ContractorNamed
    | Noted
)


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """One thing that happened to a site.

    Attributes:
        actor: whose doing, as the audit names them; None for the house's own rules.
        version: the site's version after it.
        made_at: when the act was done by the clock of the phone that kept it; evidence, ``at`` is the truth (ADR 0031).
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    at: datetime
    actor: str | None
    version: int
    body: Body
    made_at: datetime | None = None


class MadeOdd(StrEnum):
    """Why the time that a phone gives for an act is not believed."""

    AHEAD = "ahead"  # it lies in the future
    OLD = "old"  # more than a day before the act came
