"""An alarm before the judge: its verdict, who had the last word, and when a person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types when a case is stored
from enum import StrEnum
from uuid import UUID  # noqa: TC003  as above

from pipewarden.judge.facts.events import Basis, Decided  # noqa: TC001  as above
from pipewarden.judge.facts.opinion import Opinion  # noqa: TC001  as above
from pipewarden.judge.facts.reasons import Outcome, Reason, Source

JUDGED = "judge.judged"  # fact_id = Alarm.id, partition = tenant; when the verdict or its end changes


class Verdict(StrEnum):
    """What the judge says of an alarm."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # for a time
    PERSON = "person"  # needs one; the verdict of everything that nobody has judged yet


@dataclass(frozen=True, slots=True)
class Case:
    """The state of one alarm before the judge: the sum of its events.

    Attributes:
        by: whose word the verdict is.
        since: when the verdict was reached.
        until: when a rejection ends; None for the other verdicts.
        due_at: from when on a person's queue shows it; None while nobody needs to look.
        look_at: when the rules are asked again by the clock.
        scene: what each rule said last.
        ask_id: the question that is under way.
        opinion: of this episode; one from before the last silence counts no more.
        episode_ask: whether the second judge was asked in this episode.
        audit: drawn, and not looked at yet; ``audited`` stays true once a person has looked at a drawn one.
        silenced_by: reasons of every silence that was not a person's, for the rules' figures.
        decided: the last word of a person, said at ``decided_at``.
        calls: questions that went out to a model's endpoint; ``cost`` in 0.0001 yuan.
    """

    alarm_id: UUID
    tenant_id: UUID
    verdict: Verdict = Verdict.PERSON
    by: Source = Source.HOUSE
    reasons: tuple[Reason, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    due_at: datetime | None = None
    look_at: datetime | None = None
    scene: tuple[Outcome, ...] = ()
    basis: Basis | None = None
    ask_id: UUID | None = None
    opinion: Opinion | None = None
    episode_ask: bool = False
    audit: bool = False
    audited: bool = False
    silenced_by: tuple[Reason, ...] = ()
    taken_by: UUID | None = None
    taken_at: datetime | None = None
    decided: Decided | None = None
    decided_at: datetime | None = None
    merged_into: UUID | None = None
    calls: int = 0
    cost: int = 0

    @property
    def open(self) -> bool:
        """Whether a person is to look at it, now or when it is due."""
        return self.merged_into is None and self.due_at is not None
