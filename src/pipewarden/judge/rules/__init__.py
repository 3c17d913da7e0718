"""Pure decisions of the judge: what each scene rule says, what follows from all voices, what events add up to.

And when the house tests itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.judge.facts import Look, Outcome, Rule
from pipewarden.judge.rules import papers, scene
from pipewarden.judge.rules.breaks import changed, ends
from pipewarden.judge.rules.figures import by_reason, figures, rule_figures
from pipewarden.judge.rules.fold import IllegalEventError, apply, fold
from pipewarden.judge.rules.law import Act, Docket, Step, out_of_range, rule, voice
from pipewarden.judge.rules.memory import recurring
from pipewarden.judge.rules.soundness import sound
from pipewarden.judge.rules.synthetic import EVERY, KEPT, LOUD, ON_ITS_WAY, slot_of
from pipewarden.judge.rules.views import Scene, Shown, Sight, View, alike, overlap

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "EVERY",
    "KEPT",
    "LOUD",
    "ON_ITS_WAY",
    "RULES",
    "Act",
    "Docket",
    "IllegalEventError",
    "Scene",
    "Shown",
    "Sight",
    "Step",
    "View",
    "alike",
    "apply",
    "by_reason",
    "changed",
    "ends",
    "figures",
    "fold",
    "look",
    "out_of_range",
    "overlap",
    "recurring",
    "rule",
    "rule_figures",
    "slot_of",
    "sound",
    "voice",
]

RULES: dict[Rule, Callable[[Scene], Outcome]] = {
    Rule.FILED: papers.filed,
    Rule.OPEN_SITE: papers.open_site,
    Rule.YARD: papers.yard,
    Rule.CORRIDOR: scene.corridor,
    Rule.BACKGROUND: scene.background,
    Rule.PASSING: scene.passing,
    Rule.STATIONARY: scene.stationary,
    Rule.PARKED: scene.parked,
    Rule.UNCHANGED: scene.unchanged,
}


def look(at: Scene) -> tuple[Outcome, ...]:
    """Return what each rule says of one alarm, in their order; one that a camera has switched off is not asked."""
    off = {rule_off for view in at.views for rule_off in view.off}
    return tuple(
        Outcome(name, Look.OFF, "switched off for its camera") if name in off else ask(at)
        for name, ask in RULES.items()
    )
