"""One reward in hand: what happens to it is folded at once and written once, with the fact that it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.rewards import REWARD_CHANGED, Claimed, Reserved, RewardEvent, Wanted
from pipewarden.market.rules.reward_life import apply
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward, RewardBody

_QUIET = (Wanted, Reserved, Claimed)  # of these nobody needs to be told


class Journal:
    """A reward, locked or just made, and what is about to be written of it."""

    def __init__(self, work: Work, reward: Reward) -> None:
        self.work, self.reward, self._events = work, reward, list[RewardEvent]()

    def add(self, body: RewardBody, actor: str | None = None) -> None:
        """Let something happen to the reward.

        Raises:
            RefusedError: it cannot follow on how the reward stands.
        """
        one = RewardEvent(
            id=self.work.ids.new(),
            tenant_id=self.reward.tenant_id,
            reward_id=self.reward.id,
            seq=self.reward.version + 1,
            at=self.work.now(),
            actor=actor,
            body=body,
        )
        self.reward = apply(self.reward, one)
        self._events.append(one)

    def close(self) -> Reward:
        """Write what happened, if anything did, and say it to whoever tells people."""
        if self._events:
            store.write(self.work, self.reward, self._events)
        for one in self._events:
            if not isinstance(one.body, _QUIET):
                self.work.emit(REWARD_CHANGED, one.id, partition=str(one.tenant_id))
        self._events = []
        return self.reward
