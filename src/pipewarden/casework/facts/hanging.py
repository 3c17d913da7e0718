"""What hangs on a site's main path (domain.md 4.3): violations, stops, reports, disputes, repairs, strikes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.proof import Proof  # noqa: TC001  as above
from pipewarden.casework.facts.site import Enforcement, Severity  # noqa: TC001  as above

ACCIDENT_WITHIN: Final = timedelta(hours=1)  # 生产安全事故报告和调查处理条例 第九条


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
        from_site: the site that was merged into this one and brought it, where it is in a contractor's record already.
    """

    violation_id: UUID
    code: str
    severity: Severity
    clause: str
    reason: str
    due_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    rules: str = ""
    from_site: UUID | None = None
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
    """They did not; ``from_site`` as of a violation."""

    stop_id: UUID
    proof: Proof
    from_site: UUID | None = None
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
class ReportAcknowledged:
    """The authority has it in hand."""

    report_id: UUID
    kind: Literal["report_acknowledged"] = "report_acknowledged"


@dataclass(frozen=True, slots=True)
class ReportAnswered:
    """It answered; ``outcome`` is what it decided, where it says so."""

    report_id: UUID
    answer: str
    outcome: Enforcement | None = None
    kind: Literal["report_answered"] = "report_answered"


@dataclass(frozen=True, slots=True)
class PlanDisputed:
    """One of the parties does not agree to the protection plan."""

    dispute_id: UUID
    by: str
    reason: str
    kind: Literal["plan_disputed"] = "plan_disputed"


@dataclass(frozen=True, slots=True)
class PlanReviewed:
    """Experts have looked at a disputed plan."""

    dispute_id: UUID
    upheld: bool
    experts: tuple[str, ...]
    words: str
    kind: Literal["plan_reviewed"] = "plan_reviewed"


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
    """A pipe was hit; ``from_site`` as of a violation."""

    words: str
    from_site: UUID | None = None
    kind: Literal["struck"] = "struck"


@dataclass(frozen=True, slots=True)
class AccidentReported:
    """The statutory report went out."""

    to: str
    kind: Literal["accident_reported"] = "accident_reported"
