"""What dedupe does when an observation was placed upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe import service
from pipewarden.dedupe.facts import Policy

if TYPE_CHECKING:
    from pipewarden.dedupe.service.reasking import InHand
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work


def make_drain(policy: Policy | None = None) -> Drain:
    """Return the drain of ``locate.placed``: every observation is grouped once; ALARM_CHANGED for changed alarms."""
    chosen = policy or Policy()

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.join(work, chosen, [fact.fact_id for fact in facts])

    return drain


def make_cueing(policy: Policy | None = None) -> Drain:
    """Return the drain of ``locate.placed`` that makes cameras look, or wants a patrol, where no camera has seen it."""
    chosen = policy or Policy()

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.look_there(work, chosen, [fact.fact_id for fact in facts])

    return drain


def make_settling(policy: Policy | None = None) -> Drain:
    """Return the drain of ``sense.cue_settled``: a clue whose cameras all stay silent wants a patrol."""
    chosen = policy or Policy()

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.settle_clues(work, chosen, [fact.fact_id for fact in facts])

    return drain


def make_reasking(in_hand: InHand) -> Drain:
    """Return the drain of ``network.changed``: the zones of the alarms there are asked for again."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        service.reask(work, [fact.fact_id for fact in facts], in_hand)

    return drain
