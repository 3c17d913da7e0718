"""The main path of a site, declared once: which state leads where, and by the name of each guard what must hold.

``allowed`` and the fold read it, and the diagram in the documents is drawn from it. domain.md 4.3 has the table; its
rows 10 to 15 are no states here but objects that hang on the path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from statemachine import State, StateMachine

from pipewarden.casework.facts import SiteState

if TYPE_CHECKING:
    from collections.abc import Mapping


class SiteLife(StateMachine):
    """States and transitions only; nothing of it is ever run: a site's state is the sum of its events."""

    discovered = State(initial=True)
    verifying = State()
    notified = State()
    filed = State()
    located = State()
    briefed = State()
    plan_signed = State()
    ready = State()
    under_standby = State()
    completed = State()
    closed = State()
    exempt = State()
    false = State()

    dispatch = discovered.to(verifying)
    notify = verifying.to(notified, cond=["verified_true", "in_range", "letter_handed"])
    file = notified.to(filed, cond="filing_complete")
    locate = filed.to(located, cond="position_confirmed")
    brief = located.to(briefed, cond="briefing_signed") | filed.to(briefed, cond=["located_before", "briefing_signed"])
    sign = briefed.to(plan_signed, cond=["undisputed", "plan_agreed"])
    make_ready = plan_signed.to(ready, cond=["not_stopped", "nothing_grave", "strike_told", "start_announced"])
    stand_by = ready.to(
        under_standby, cond=["papers_whole", "not_stopped", "nothing_grave", "strike_told", "supervisor_there"]
    )
    complete = completed.from_(
        notified,
        filed,
        located,
        briefed,
        plan_signed,
        ready,
        under_standby,
        cond=["not_stopped", "strike_told", "retested"],
    )
    close = completed.to(closed, cond=["not_stopped", "all_fixed", "strike_told", "strike_recorded", "repair_papered"])
    change = filed.from_(located, briefed, plan_signed, ready, under_standby)
    end_exempt = exempt.from_(
        discovered, verifying, notified, cond=["looked_or_outside", "not_stopped", "all_fixed", "strike_told"]
    )
    end_false = false.from_(discovered, verifying, cond=["not_verified_true", "not_stopped", "strike_told"])
    reopen = discovered.from_(closed, exempt, false)


@dataclass(frozen=True, slots=True)
class Arc:
    """One transition of the declared path; ``guards`` by name, in the order in which they are asked."""

    act: str
    source: SiteState
    to: SiteState
    guards: tuple[str, ...]


@cache
def arcs() -> tuple[Arc, ...]:
    """Return every declared transition, in the order of the states."""
    return tuple(
        Arc(str(one.event), SiteState(state.id), SiteState(one.target.id), tuple(str(guard) for guard in one.cond))
        for state in SiteLife.states
        for one in state.transitions
        if one.target is not None
    )


@cache
def _by_ends() -> Mapping[tuple[SiteState, SiteState], Arc]:
    return {(one.source, one.to): one for one in arcs()}


def arc(source: SiteState, to: SiteState) -> Arc | None:
    """Return the transition between two states; None where the path knows none."""
    return _by_ends().get((source, to))


def arcs_from(source: SiteState) -> tuple[Arc, ...]:
    """Return the transitions that leave a state."""
    return tuple(one for one in arcs() if one.source is source)
