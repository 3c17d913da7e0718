"""Second judges that need no machine outside: a person, and the house's own rules with a person behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.judge.facts import Opinion, OpinionKind

if TYPE_CHECKING:
    from pipewarden.inference.service import Verifier
    from pipewarden.judge.facts import JudgeCase


class HumanJudge:
    """Implements ``judge.ports.SecondJudge``: everything that no rule decides goes to a person's queue."""

    name = "human"
    patience_s = 0.0

    def judge(self, case: JudgeCase) -> Opinion:
        """Have no opinion: a person will."""
        del case
        return Opinion(OpinionKind.UNSURE, judge=self.name)


@dataclass(frozen=True, slots=True)
class LocalJudge:
    """Implements ``judge.ports.SecondJudge`` offline: the scene rules decide, the rest is undecided.

    Attributes:
        verifier: says how much a crop looks like a machine; None where none is shipped. It never says yes, and no only
            below its loose gate: a strict one threw away half of the true machines (docs/models/verifier.md).
    """

    verifier: Verifier | None = None
    name: str = "local"
    patience_s: float = 0.0

    def judge(self, case: JudgeCase) -> Opinion:
        """Say no where every look is hardly a machine's, else how sure the verifier is and that a person must look."""
        if self.verifier is None or not case.looks:
            return Opinion(OpinionKind.UNSURE, judge=self.name)
        chances = sorted(self.verifier.machine(np.array(case.looks, np.float32)))
        words = f"looks like a machine with {chances[0]:.2f} to {chances[-1]:.2f} in {len(chances)} crops"
        kind = OpinionKind.NO if chances[-1] < self.verifier.gate else OpinionKind.UNSURE
        words += f", the gate is {self.verifier.gate:.2f}"
        return Opinion(kind, judge=self.name, model=self.verifier.ref.label, reasons=(words,))
