"""Filings (备案, one-call): what somebody means to dig, where and when, and what the law of the place asks before it.

A filing is the sum of its events. Whether it holds is a matter of the clock: see ``rules.filing_life.state_at``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta  # noqa: TC003  pydantic reads the types of bodies
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.filing_day import Day, DayStarted, DayTakenBack
from pipewarden.network.facts import PressureClass, Regime, Zone  # noqa: TC001  as above

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

HANDED_OVER = "handed_over"  # source of a filing that another tenant handed over; its source_id is the filing there
MACHINES = ("excavator", "loader_dozer", "dump_truck", "other")  # as perceive's type head names them


class Method(StrEnum):
    """How the ground is opened."""

    OPEN_CUT = "open_cut"
    TRENCHLESS = "trenchless"
    PILING = "piling"
    DRILLING = "drilling"
    BLASTING = "blasting"
    EXCAVATION = "excavation"
    PIPE_JACKING = "pipe_jacking"
    OTHER = "other"


class FilingState(StrEnum):
    """Where a filing stands at a moment; there are no drafts."""

    FILED = "filed"  # the operator has not answered yet
    ANSWERED = "answered"  # and its period has not begun
    VALID = "valid"  # answered, and within its period
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PartyRole(StrEnum):
    """What somebody is to the works."""

    OWNER = "owner"
    CONTRACTOR = "contractor"
    SUPERVISING_ENGINEER = "supervising_engineer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Party:
    """A unit with a part in the works, and how it is reached.

    Attributes:
        code: its unified social credit code; empty where it was not given.
    """

    role: PartyRole
    name: str
    contact: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of work, local to the place; ``shuts`` before ``opens`` goes past midnight."""

    opens: time
    shuts: time


@dataclass(frozen=True, slots=True)
class Works:
    """What is filed.

    Attributes:
        place: the jurisdiction, as ``policy/filing`` names it; one without a pack of its own takes its parent's.
        area: WKB polygon or multipolygon, WGS-84 lon/lat; of a list that draws only a line or a point, that line or
            point, which covers no ground.
        machines: types as ``perceive`` names them.
        depth_m: deepest point below the surface.
        valid_from: UTC; ``valid_until`` is excluded.
        urgent: an emergency repair, which digs first.
        source: the list it was taken from (the name of its mapping), with its own ``source_id``; empty where it was
            filed here. Only an import and a hand-over give it, never who files.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"ser_json_bytes": "hex", "val_json_bytes": "hex"}

    place: str
    area: bytes
    method: Method
    valid_from: datetime
    valid_until: datetime
    machines: tuple[str, ...] = ()
    depth_m: float | None = None
    hours: Hours | None = None
    parties: tuple[Party, ...] = ()
    urgent: bool = False
    words: str = ""
    source: str = ""
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of one class of pipe lies in the works' reach: the works stand in its protection or control range.

    Attributes:
        zone: ``protection`` or ``control``; metres in the protection range are not counted again in the control range.
        metres: along the centre line.
        stations: facilities whose range the works stand in; they have no length.
    """

    regime: Regime
    pressure_class: PressureClass
    zone: Zone
    metres: float
    stations: int


class Effect(StrEnum):
    """What a line of a pack does."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"


class Span(StrEnum):
    """How a time is counted."""

    DAYS = "days"  # whole local days; neither the day of the notice nor the day of the start counts
    WORKING = "working"  # the same, of working days
    HOURS = "hours"  # as the clock runs


@dataclass(frozen=True, slots=True)
class Due:
    """When a requirement must be met.

    Attributes:
        of: ``before_start``, ``after_start`` or ``after_filing``.
    """

    of: Literal["before_start", "after_start", "after_filing"]
    time: timedelta
    span: Span


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a pack.

    Attributes:
        by_filing: whether the filing itself meets it, so that it can be told whether it came in time.
        law: whether ``clause`` is a law's; else it says "product default, not law".
        zones: of the works against the pipes of the pack's regime; empty for everywhere, also outside every range.
        urgent: None for both.
    """

    kind: str
    zh: str
    en: str
    clause: str
    law: bool
    effect: Effect = Effect.REQUIRED
    due: Due | None = None
    by_filing: bool = False
    zones: frozenset[Zone] = frozenset()
    methods: frozenset[Method] = frozenset()
    urgent: bool | None = None


@dataclass(frozen=True, slots=True)
class FilingPack:
    """What one jurisdiction asks of works, while it is in force; ``until`` is the first day it no longer is."""

    pack: str
    name: str
    regime: Regime
    zone: ZoneInfo
    parent: str | None
    since: date
    until: date | None
    requirements: Mapping[str, Requirement]


@dataclass(frozen=True, slots=True)
class Required:
    """A requirement applied to one filing.

    Attributes:
        due_at: by when; None for as long as the works go on.
        included: whether the moment ``due_at`` itself is still in time; local days end before it.
        late: of one that the filing itself meets.
        may_begin_at: of a late one: the earliest start for which the notice, given now, would be in time.
        unknown_years: whose calendar of holidays is not known; only their weekends were left out.
    """

    kind: str
    zh: str
    en: str
    effect: Effect
    regime: Regime
    pack: str
    clause: str
    law: bool
    due_at: datetime | None = None
    included: bool = True
    late: bool | None = None
    may_begin_at: datetime | None = None
    unknown_years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered at once to a filing.

    Attributes:
        packs: those that were applied, the local one first.
        zone: the gravest over all pipes; ``unknown`` where no map answers, which counts as inside.
        overlaps: the pipes in reach; empty where the map shows none, or there is none.
    """

    at: datetime
    place: str
    packs: tuple[str, ...]
    zone: Zone
    overlaps: tuple[Overlap, ...]
    required: tuple[Required, ...]

    @property
    def late(self) -> bool:
        """Whether the filing came later than any of its packs allows."""
        return any(one.late for one in self.required)

    @property
    def forbidden(self) -> bool:
        """Whether these works must not be done there in this way."""
        return any(one.effect is Effect.FORBIDDEN for one in self.required)


@dataclass(frozen=True, slots=True)
class Filed:
    """Somebody files works."""

    works: Works
    kind: Literal["filed"] = "filed"


@dataclass(frozen=True, slots=True)
class Checked:
    """The house has said which pipes are in reach and what is required; no permission to dig."""

    decision: Decision
    kind: Literal["checked"] = "checked"


@dataclass(frozen=True, slots=True)
class Answered:
    """The operator's people answer: from then on the filing holds in its period."""

    words: str
    kind: Literal["answered"] = "answered"


@dataclass(frozen=True, slots=True)
class Revised:
    """The works change: the whole of them anew, and the operator answers anew."""

    works: Works
    reason: str
    kind: Literal["revised"] = "revised"


@dataclass(frozen=True, slots=True)
class Renewed:
    """The same works go on longer; ``valid_until`` is excluded."""

    valid_until: datetime
    reason: str
    kind: Literal["renewed"] = "renewed"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It is taken back, and stays so."""

    reason: str
    kind: Literal["cancelled"] = "cancelled"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Another operator's pipes are concerned: it answers from now on.

    Attributes:
        tenant_id: of the operator, where it works with this platform; ``filing_id`` is then the filing opened there.
    """

    operator: Party
    reason: str
    tenant_id: UUID | None = None
    filing_id: UUID | None = None
    kind: Literal["handed_over"] = "handed_over"


@dataclass(frozen=True, slots=True)
class SentBack:
    """Who was handed it over does not take it: it ends here and is answered where it came from."""

    reason: str
    kind: Literal["sent_back"] = "sent_back"


@dataclass(frozen=True, slots=True)
class Returned:
    """The operator that it was handed over to has sent it back: it is answered here again."""

    reason: str
    kind: Literal["returned"] = "returned"


FilingBody = (
    Filed
    | Checked
    | Answered
    | Revised
    | Renewed
    | Cancelled
    | HandedOver
    | SentBack
    | Returned
    | DayStarted
    | DayTakenBack
)


@dataclass(frozen=True, slots=True)
class Handed:
    """Where another tenant answers a filing."""

    tenant_id: UUID
    filing_id: UUID


@dataclass(frozen=True, slots=True)
class FilingEvent:
    """One thing that happened to a filing.

    Attributes:
        actor: whose doing, as the audit names them; None for the house's own rules.
        version: the filing's version after it.
    """

    id: UUID
    tenant_id: UUID
    filing_id: UUID
    at: datetime
    actor: str | None
    version: int
    body: FilingBody


@dataclass(frozen=True, slots=True)
class Filing:
    """The sum of a filing's events.

    Attributes:
        filed_at: when the works as they stand were filed: a revision files anew, a renewal does not.
        answered_at: when the operator answered them; None after a revision, a renewal or a hand-over.
        decision: the last one; None until the house has looked.
        handed: another tenant answers; None where it is answered here.
        version: events so far; a command names the one it has seen.
        days: declared to be worked on, oldest first; the last ``rules.filing_day.KEPT`` of them.
    """

    id: UUID
    tenant_id: UUID
    works: Works
    filed_at: datetime
    answered_at: datetime | None = None
    cancelled_at: datetime | None = None
    decision: Decision | None = None
    version: int = 1
    handed: Handed | None = None
    days: tuple[Day, ...] = ()
