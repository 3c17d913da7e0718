"""A town whose experts label: items without files, and turns through the service."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from expert_town import ExpertTown

from pipewarden.market.facts.labels import Item, ItemState, LabelKind, Said
from pipewarden.market.facts.payouts import Payee
from pipewarden.market.service import labelling
from pipewarden.market.store import labels as store
from pipewarden.market.store import payees
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.market.facts.commissions import Commission, Engagement
    from pipewarden.market.facts.labels import Answer
    from pipewarden.people.facts import Actor

YES = Said(matches=True, hazards=("hose_old",))
NO = Said(matches=True)


@dataclass(slots=True)
class LabelTown(ExpertTown):
    """Works in the transaction of ``work``."""

    def items(self, commission: Commission, count: int, **more: Any) -> list[Item]:
        gold = more.get("gold")
        made = [
            Item(
                id=self.work.ids.new(),
                tenant_id=commission.tenant_id,
                commission_id=commission.id,
                kind=more.get("kind", LabelKind.HAZARDS),
                picture="0" * 64,
                width=1280,
                height=720,
                source=f"test:{self.work.ids.new()}",
                made_at=self.clock.now(),
                authors=more.get("authors", ()),
                gold=gold,
                settled=gold,
                reason=more.get("reason", ""),
                wanted=commission.overlap,
                state=ItemState.OPEN if gold is None else ItemState.SETTLED,
            )
            for _ in range(count)
        ]
        assert store.add_items(self.work, made) == count
        return made

    def labeller(self, commission: Commission, **more: Any) -> tuple[Actor, Engagement]:
        """Make an expert who works for a commission."""
        expert = self.expert()
        return self.acting(expert.person_id), self.begun(commission, expert, **more)

    def acting(self, person_id: UUID) -> Actor:
        found = people.actor_of(self.work, person_id)
        assert found is not None
        return found

    def does(self, who: Actor, part: Engagement, said: Said) -> Answer | None:
        """Draw the next item and answer it."""
        turn = labelling.next_turn(self.work, who, part.id)
        return None if turn is None else labelling.answer(self.work, who, turn.answer.id, said)

    def payee(self, person_id: UUID, account: str) -> None:
        """Say where somebody's money goes."""
        now, hashed = self.clock.now(), hashlib.sha256(account.encode()).digest()
        made = Payee(self.work.ids.new(), self.work.tenant_id, person_id, b"sealed", hashed, at=now, usable_at=now)
        payees.add_payee(self.work, made)
