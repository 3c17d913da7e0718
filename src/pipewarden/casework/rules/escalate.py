"""How a chain climbs: which step is due, what comes after it, what an acknowledgement stops and when it begins again.

Every function returns the chain as it is to be stored; a chain in memory is nothing, so a restart changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import Chain, Rung

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Ladder, SiteDuty

CATCH_UP = timedelta(seconds=60)  # between steps that are all past, so that an answer to one can stop the next
SLOW = timedelta(days=1)  # between rounds once a ladder's own are used up: a chain ends with its duty, never before


def begin(chain_id: UUID, duty: SiteDuty, ladder: Ladder, at: datetime) -> Chain:
    """Return a chain whose first step is due at ``at``."""
    return Chain(
        id=chain_id,
        tenant_id=duty.tenant_id,
        site_id=duty.site_id,
        duty_id=duty.id,
        ladder=ladder,
        round_at=at,
        due_at=at,
    )


def fire(chain: Chain, now: datetime) -> tuple[Rung | None, Chain]:
    """Return the step that is due, and the chain after it; None where nothing is due.

    A chain that was acknowledged and is due all the same has had no proof: it begins its next round.
    """
    if chain.due_at is None or chain.due_at > now:
        return None, chain
    if chain.acked_at is not None:
        chain = _next_round(chain, chain.due_at)
    step = chain.ladder.steps[chain.step]
    rung = Rung(chain.id, chain.loop, chain.step, step.who, step.urgency)
    return rung, _after(chain, now)


def _after(chain: Chain, now: datetime) -> Chain:
    """Return the chain with its next step due as planned, and where that has passed, soon but not at once."""
    steps = chain.ladder.steps
    if chain.step + 1 < len(steps):
        wait = steps[chain.step + 1].after - steps[chain.step].after
        planned = chain.round_at + steps[chain.step + 1].after
        return replace(chain, step=chain.step + 1, due_at=max(planned, now + min(wait, CATCH_UP)))
    again = chain.ladder.again if chain.loop + 1 < chain.ladder.rounds else max(chain.ladder.again, SLOW)
    return _next_round(chain, max(chain.round_at + steps[-1].after + again, now + CATCH_UP))


def _next_round(chain: Chain, at: datetime) -> Chain:
    return replace(chain, step=0, loop=chain.loop + 1, round_at=at, due_at=at, acked_at=None, acked_by=None)


def acknowledge(chain: Chain, by: UUID, now: datetime) -> Chain:
    """Return the chain after somebody has said that they see to it: silent until the proof is due.

    A second word changes nothing, so that nobody keeps a chain silent by repeating the first.
    """
    if chain.due_at is None or chain.acked_at is not None:
        return chain
    return replace(chain, acked_at=now, acked_by=by, due_at=now + chain.ladder.proof)


def hurry(chain: Chain, rung: Rung, now: datetime) -> Chain:
    """Return the chain after a step's person could not be reached: the next step is due now, if it is still to come."""
    follows = (chain.loop, chain.step) == (rung.loop, rung.step + 1)
    begins_again = (chain.loop, chain.step) == (rung.loop + 1, 0) and rung.step + 1 == len(chain.ladder.steps)
    if chain.due_at is None or chain.acked_at is not None or not (follows or begins_again):
        return chain
    return _moved(chain, min(chain.due_at, now + CATCH_UP if begins_again else now))


def sooner(chain: Chain, now: datetime) -> Chain:
    """Return the chain after a call of its last step could not be brought: the next step is due at once."""
    if chain.due_at is None or chain.acked_at is not None:
        return chain
    return _moved(chain, min(chain.due_at, now))


def _moved(chain: Chain, due_at: datetime) -> Chain:
    """Return the chain with its next step due then, and the steps after it as long after it as they are planned."""
    wait = timedelta(0) if chain.acked_at is not None else chain.ladder.steps[chain.step].after
    return replace(chain, due_at=due_at, round_at=due_at - wait)


def end(chain: Chain, now: datetime) -> Chain:
    """Return the chain of a duty that is done or dropped."""
    return chain if chain.due_at is None else replace(chain, due_at=None, ended_at=now)


def hold(chain: Chain, until: datetime) -> Chain:
    """Return the chain with nothing due before ``until``: its site is shelved."""
    return chain if chain.due_at is None or chain.due_at >= until else _moved(chain, until)


def release(chain: Chain, now: datetime) -> Chain:
    """Return the chain with what was held back due now."""
    return chain if chain.due_at is None else _moved(chain, now)


def back(chain: Chain, by: timedelta) -> Chain:
    """Return the chain after the clock was set back: what was to come in ten minutes still comes in ten minutes."""
    return chain if chain.due_at is None else replace(chain, due_at=chain.due_at - by, round_at=chain.round_at - by)
