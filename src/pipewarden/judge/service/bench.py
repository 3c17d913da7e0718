"""Who sits on the bench, and the small acts that every use case of the judge shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.judge import store
from pipewarden.judge.facts import JUDGED, Case, JudgeEvent, JudgePolicy
from pipewarden.judge.rules import apply

if TYPE_CHECKING:
    from pipewarden.judge.facts import Body
    from pipewarden.judge.ports import SecondJudge
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class Bench:
    """Who judges, by which numbers.

    Attributes:
        second: asked where no rule decides; None where people look at everything else.
    """

    second: SecondJudge | None = None
    policy: JudgePolicy = field(default_factory=JudgePolicy)


class Docketed:
    """One case in hand: what happens to it is folded at once and written once, with the fact that it changed."""

    def __init__(self, work: Work, case: Case) -> None:
        self.work, self.case, self._before, self._events = work, case, case, list[JudgeEvent]()

    def add(self, body: Body, actor: str | None = None) -> None:
        """Let something happen to the case.

        Raises:
            IllegalEventError: it cannot follow on what was.
        """
        event = JudgeEvent(
            id=self.work.ids.new(),
            tenant_id=self.case.tenant_id,
            alarm_id=self.case.alarm_id,
            at=self.work.now(),
            actor=actor,
            body=body,
        )
        self.case = apply(self.case, event)
        self._events.append(event)

    def close(self, *, moved: bool = False) -> Case:
        """Write what happened; say ``judge.judged`` when the verdict, its end, its author or its queue changed.

        Of a test nothing is said: whoever acts on verdicts must not hear of it.

        Args:
            moved: its alarm lies in another range now, which is said as well: whoever follows it reads the range here.
        """
        if self._events:
            store.cases.write(self.work, self.case, self._events)
        told = moved or _told(self.case) != _told(self._before)
        if told and not store.cases.is_test(self.work, self.case.alarm_id):
            self.work.emit(JUDGED, self.case.alarm_id, partition=str(self.work.tenant_id))
        return self.case


def _told(case: Case) -> tuple[object, ...]:
    asking = case.ask_id is not None or case.look_at is not None
    return case.verdict, case.until, case.by, case.since is None, case.decided, case.merged_into, case.due_at, asking
