"""Figures that are true: each with its denominator, an estimate with its interval, and what it does not cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.inference.facts import VisionPolicy, VisionUsage
    from pipewarden.judge.facts.case import Verdict
    from pipewarden.judge.facts.events import ReviewCode
    from pipewarden.judge.facts.reasons import Code, Source
    from pipewarden.kit.shares import Share
    from pipewarden.network.facts import Zone


@dataclass(frozen=True, slots=True)
class Judged:
    """One alarm as the figures count it; the attributes mean what they mean in ``Case``.

    Attributes:
        decided: whether a person called it true; None where none has spoken.
        stopped_by: codes of every silence that no person made.
    """

    alarm_id: UUID
    camera_id: UUID | None
    made_at: datetime
    zone: Zone
    score: float
    frames: int
    verdict: Verdict
    by: Source
    decided: bool | None
    audited: bool
    stopped_by: tuple[Code, ...]
    calls: int
    cost: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Recall of what the screen raised, estimated from audited rejections.

    Attributes:
        found: alarms that were confirmed, the audit's own finds left out.
        rejected: alarms whose last word before any person's was a rejection; ``audited`` of them a person looked at.
        missed: rejected x share of true ones among the audited; None before the first audit.
        value: found / (found + missed).
        low: with the upper end of the audited share's exact interval (Clopper and Pearson 1934).
        high: with its lower end.
    """

    found: int
    rejected: int
    audited: Share
    missed: float | None
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """What one reason has stopped, and how often a reviewer found that wrong.

    Attributes:
        stopped: alarms that were silenced with this reason.
        wrong: of those that a person looked at, how many were true.
    """

    code: Code
    stopped: int
    wrong: Share


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """An alarm that a person called false, with their last word; audits are none: nobody was troubled by them."""

    alarm_id: UUID
    made_at: datetime
    code: ReviewCode


@dataclass(frozen=True, slots=True)
class ReasonFigure:
    """How many false alarms were of one reason; ``newest`` the last of them, the last first."""

    code: ReviewCode
    alarms: int
    newest: tuple[FalseAlarm, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What another threshold of the screen would have done, by what reviewers said.

    Attributes:
        reviews: reviews that would not have been asked for; ``reviews_part`` of all.
        true_sites: true ones among them.
        words: ``0.61: -38 % reviews, -1 true site in 90 days``.
    """

    threshold: float
    reviews: int
    reviews_part: float
    true_sites: int
    words: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a tenant's alarms, and how often a second judge was asked.

    Attributes:
        silenced: rejected for a time.
        person: waiting for one, those included that are still given time to drive on.
        questions: that came to an answer or a failure; a person's queue is no second judge.
    """

    confirmed: int
    silenced: int
    person: int
    questions: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How the judge did over a time, for a tenant or one camera.

    Attributes:
        frames: pictures that raised these alarms.
        precision: of the alarms that came to people, audits left out, how many they called true (Wilson 1927).
        repeats: pictures that showed an alarm again and made no new one.
        calls: questions that went to a second judge's endpoint.
        calls_saved: pictures that raised and were not asked about.
        cost: in 0.0001 yuan; ``cost_per_site`` for each alarm that was confirmed, None where none was.
        advice: thresholds above today's lowest score, the gentlest first.
    """

    since: datetime
    until: datetime
    alarms: int
    frames: int
    confirmed: int
    rejected: int
    waiting: int
    precision: Share
    recall: Estimate
    repeats: int
    calls: int
    calls_saved: int
    cost: int
    cost_per_site: float | None
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class JudgeCost:
    """What a second judge was asked in a time, and what may be spent on it a day; for the whole tenant.

    Attributes:
        policy: which endpoints may be asked, for how much; None where the tenant never said, and nothing leaves.
        spent: today (Asia/Shanghai), in 0.0001 yuan; ``reserved`` for questions under way.
    """

    since: datetime
    until: datetime
    usage: tuple[VisionUsage, ...]
    policy: VisionPolicy | None
    spent: int
    reserved: int
