"""What happens to a site: typed, append-only; its state is what these add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from typing import Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.site import Severity, SiteState  # noqa: TC001  as above
from pipewarden.network.facts import Zone  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that something happened outdoors.

    Attributes:
        pictures: SHA-256 of stored pictures.
        lon: where the person stood, degrees WGS-84; None where no position came.
        accuracy_m: of the position, 1 sigma.
        words: what the person wrote.
        signed_by: who signed; ``refused`` with a ``witness`` or a picture stands in for a signature.
    """

    pictures: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    words: str = ""
    signed_by: tuple[str, ...] = ()
    refused: bool = False
    witness: str = ""


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
    """A step of the main path was done; ``proof`` is what its guard asked for."""

    to: SiteState
    proof: Proof
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
    kind: Literal["standby_checked"] = "standby_checked"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that a rule read when it found itself broken, and the events of the site that say it."""

    fact: str
    value: str
    events: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class ViolationOpened:
    """A rule is broken, as a person or a rule says; it must be put right by ``due_at``.

    Attributes:
        evidence: what the rule read; empty where a person says it.
        rules: the version of the rules that say it.
    """

    violation_id: UUID
    code: str
    severity: Severity
    clause: str
    reason: str
    due_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    rules: str = ""
    kind: Literal["violation_opened"] = "violation_opened"


@dataclass(frozen=True, slots=True)
class ViolationFixed:
    """A person confirms that it is put right."""

    violation_id: UUID
    proof: Proof
    kind: Literal["violation_fixed"] = "violation_fixed"


@dataclass(frozen=True, slots=True)
class StopOrdered:
    """Works must stop."""

    stop_id: UUID
    reason: str
    kind: Literal["stop_ordered"] = "stop_ordered"


@dataclass(frozen=True, slots=True)
class StopRefused:
    """They did not."""

    stop_id: UUID
    proof: Proof
    kind: Literal["stop_refused"] = "stop_refused"


@dataclass(frozen=True, slots=True)
class Resumed:
    """The operator confirms that the danger is gone."""

    stop_id: UUID
    proof: Proof
    kind: Literal["resumed"] = "resumed"


@dataclass(frozen=True, slots=True)
class Reported:
    """An authority was told."""

    report_id: UUID
    to: str
    reason: str
    kind: Literal["reported"] = "reported"


@dataclass(frozen=True, slots=True)
class ReportAnswered:
    """It answered."""

    report_id: UUID
    answer: str
    kind: Literal["report_answered"] = "report_answered"


@dataclass(frozen=True, slots=True)
class RepairDeclared:
    """The works are an emergency repair."""

    utility: str
    kind: Literal["repair_declared"] = "repair_declared"


@dataclass(frozen=True, slots=True)
class RepairPapers:
    """Its papers came."""

    proof: Proof
    kind: Literal["repair_papers"] = "repair_papers"


@dataclass(frozen=True, slots=True)
class Struck:
    """A pipe was hit."""

    words: str
    kind: Literal["struck"] = "struck"


@dataclass(frozen=True, slots=True)
class AccidentReported:
    """The statutory report went out."""

    to: str
    kind: Literal["accident_reported"] = "accident_reported"


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
    | ViolationOpened
    | ViolationFixed
    | StopOrdered
    | StopRefused
    | Resumed
    | Reported
    | ReportAnswered
    | RepairDeclared
    | RepairPapers
    | Struck
    | AccidentReported
    | DamageRecorded
    | Ended
    | Reopened
    | MergedInto
    | Parted
    | Noted
)


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """One thing that happened to a site.

    Attributes:
        actor: whose doing, as the audit names them; None for the house's own rules.
        version: the site's version after it.
    """

    id: UUID
    tenant_id: UUID
    site_id: UUID
    at: datetime
    actor: str | None
    version: int
    body: Body
