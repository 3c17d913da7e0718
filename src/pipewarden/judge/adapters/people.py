"""Second judges that need no machine outside: a person, and the house's own rules with a person behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.judge.facts import Opinion, OpinionKind

if TYPE_CHECKING:
    from pipewarden.judge.facts import JudgeCase


class HumanJudge:
    """Implements ``judge.ports.SecondJudge``: everything that no rule decides goes to a person's queue."""

    name = "human"
    patience_s = 0.0

    def judge(self, case: JudgeCase) -> Opinion:
        """Have no opinion: a person will."""
        del case
        return Opinion(OpinionKind.UNSURE, judge=self.name)


class LocalJudge:
    """Implements ``judge.ports.SecondJudge`` offline: the scene rules decide, the rest is undecided.

    A crop verifier would weigh in here. None is shipped (docs/adr/0013 says what it may do once it is), so this judge
    never says yes and never says no.
    """

    name = "local"
    patience_s = 0.0

    def judge(self, case: JudgeCase) -> Opinion:
        """Say which questions nobody here can answer."""
        asked = ", ".join(one.id for one in case.questions.asked)
        return Opinion(OpinionKind.UNSURE, judge=self.name, reasons=(f"no verifier is shipped for: {asked}",))
