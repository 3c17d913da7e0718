"""The life of a reward: which event may follow on which state, and what a reward is after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.rewards import (
    OPEN_STATES,
    Capped,
    Claimed,
    ClawedBack,
    Held,
    Lapsed,
    Paid,
    Refused,
    Reserved,
    RewardState,
    Unfunded,
    Wanted,
)

if TYPE_CHECKING:
    from pipewarden.market.facts.rewards import Reward, RewardBody, RewardEvent

_S = RewardState
_MAY: dict[type, frozenset[RewardState]] = {
    Wanted: frozenset({_S.WANTED}),
    Capped: frozenset({_S.WANTED, _S.UNCLAIMED, _S.UNFUNDED}),
    Unfunded: frozenset({_S.WANTED, _S.UNCLAIMED}),
    Reserved: frozenset({_S.WANTED, _S.UNFUNDED}),
    Claimed: frozenset({_S.UNCLAIMED, _S.UNFUNDED}),
    Held: frozenset({_S.WANTED, _S.UNFUNDED, _S.UNCLAIMED}),
    Refused: OPEN_STATES,
    Paid: frozenset({_S.HELD}),
    ClawedBack: frozenset({_S.PAID}),
    Lapsed: frozenset({_S.UNCLAIMED, _S.UNFUNDED}),
}
_BECOMES = {
    Wanted: _S.WANTED,
    Capped: _S.CAPPED,
    Unfunded: _S.UNFUNDED,
    Reserved: _S.UNCLAIMED,
    Held: _S.HELD,
    Refused: _S.REFUSED,
    Paid: _S.PAID,
    ClawedBack: _S.CLAWED_BACK,
    Lapsed: _S.LAPSED,
}


def may(reward: Reward, body: RewardBody) -> bool:
    """Return whether an event may follow on how a reward stands."""
    return reward.state in _MAY[type(body)]


def apply(reward: Reward, event: RewardEvent) -> Reward:
    """Return a reward after an event.

    Raises:
        RefusedError: it cannot follow: a reward that was refused is never paid, one that was paid is never refused.
    """
    body = event.body
    if not may(reward, body):
        raise RefusedError(
            field="reward", problem=f"is {reward.state}", fix="Read it again; what is done stays as it is."
        )
    state = _BECOMES.get(type(body), reward.state)
    return replace(reward, state=state, since=event.at, version=event.seq, **_changes(body))


def _changes(body: RewardBody) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match body:
        case Wanted() | Claimed():
            changes = {"person_id": body.person_id}
        case Reserved():
            changes = {"budget_id": body.budget_id, "hold_id": body.hold_id, "pay_at": body.until}
        case Held():
            changes = {"budget_id": body.budget_id, "hold_id": body.hold_id, "pay_at": body.pay_at}
        case Refused():
            changes = {"reason": body.reason, "pay_at": None}
        case Paid():
            changes = {"paid_id": body.transfer_id, "pay_at": None}
        case ClawedBack():
            changes = {"reason": body.reason, "owed": body.owed}
        case Capped() | Unfunded() | Lapsed():
            changes = {"pay_at": None, "hold_id": None}
    return changes
