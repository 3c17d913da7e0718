"""A gas company that publishes commissions, and experts who work for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from market_town import YUAN, MarketTown

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.commissions import (
    Acceptance,
    Commission,
    CommissionState,
    Engagement,
    EngagementState,
    Tool,
)
from pipewarden.market.facts.experts import Expert, Grade
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.rules import addresses
from pipewarden.market.service import budgets, commissions, commissions_settling, engagements, engaging
from pipewarden.market.service.commissions import Wish
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.people.facts import Actor

RULE = Acceptance(sample=10, wrong=1, share=0.5, words="框要贴边")
PRICE = 1300  # 0.13 元, the deck's


@dataclass(slots=True)
class ExpertTown(MarketTown):
    """Works in the transaction of ``work``."""

    def expert(self, **more: Any) -> Expert:
        """Make a person with the role who is registered already."""
        person = self.person(Role.EXPERT)
        values: dict[str, Any] = {
            "person_id": person.id,
            "tenant_id": PLATFORM,
            "grade": Grade.C,
            "employer": "华北设计院",
            "job": "燃气工程师",
            "tags": frozenset({"燃气安全"}),
            "words": "",
            "available": True,
            "price_floor": None,
            "conflicts": frozenset(),
            "stars": 0,
            "ratings": 0,
            "since": self.work.now(),
        }
        made = Expert(**values | more)
        assert expert_store.add(self.work, made)
        return made

    def signed(self, expert: Expert) -> Actor:
        """Return an expert as who is signed in."""
        found = people.actor_of(self.work, expert.person_id)
        assert found is not None
        return found

    def wish(self, **more: Any) -> Wish:  # type: ignore[override]
        """Return what a client says of a commission."""
        values: dict[str, Any] = {
            "title": "户内隐患图片标注",
            "words": "标出燃气管道和软管上的隐患",
            "tags": frozenset({"燃气安全", "标注"}),
            "tool": Tool.LABELLING,
            "online": True,
            "price": PRICE,
            "volume": 100,
            "budget": 13 * YUAN,
            "overlap": 1,
            "due": self.clock.now() + timedelta(days=9),
            "acceptance": RULE,
        }
        return Wish(**values | more)

    def published(self, **more: Any) -> Commission:
        """Let a manager draft a commission and an administrator publish it."""
        made = commissions.draft(self.work, self.manager, self.wish(**more))
        self.deposit(made.budget)
        return commissions.publish(self.work, self.admin, made.id)

    def engaged(self, commission: Commission, expert: Expert, **more: Any) -> Engagement:
        """Let an expert apply and the client agree."""
        part = engagements.apply(self.work, self.signed(expert), commission.id, **more)
        return engagements.agree(self.work, self.manager, part.id)

    def now(self, commission: Commission) -> Commission:
        """Return a commission as it stands."""
        found = store.one(self.work, store.anywhere(), commission.id)
        assert found is not None
        return found

    def settle(self, **time: float) -> int:
        """Let time pass, 73 hours unless said, and settle what is due."""
        self.clock.advance(timedelta(**(time or {"hours": 73})))
        parts = sum(
            commissions_settling.settle_part(self.work, one) for one in commissions_settling.parts_due(self.work)
        )
        return parts + sum(commissions_settling.settle(self.work, one) for one in commissions_settling.due(self.work))

    def draft(self, **more: Any) -> Commission:
        values: dict[str, Any] = {
            "id": self.work.ids.new(),
            "tenant_id": self.work.tenant_id,
            "title": "户内隐患图片标注",
            "words": "标出燃气管道和软管上的隐患",
            "tags": frozenset({"燃气安全", "标注"}),
            "tool": Tool.LABELLING,
            "online": True,
            "price": PRICE,
            "volume": 100,
            "budget": 13 * YUAN,
            "overlap": 1,
            "due": self.clock.now() + timedelta(days=9),
            "acceptance": RULE,
            "state": CommissionState.DRAFT,
            "made_by": self.manager.id,
            "made_at": self.clock.now(),
        }
        made = Commission(**values | more)
        store.add(self.work, made)
        return made

    def kept(self, **more: Any) -> Commission:
        """Make a commission whose money is set aside, past the service."""
        units = more.get("budget", 13 * YUAN)
        self.deposit(units)
        title, purpose = f"commission {self.work.ids.new()}", BudgetFor.COMMISSION
        budget = budgets.make(self.work, self.admin, title, purpose=purpose, asset=Asset.CNY, cap=units)
        budgets.fill(self.work, self.admin, budget, units, "published")
        now = self.clock.now()
        return self.draft(state=CommissionState.PUBLISHED, published_at=now, budget_id=budget.id, **more)

    def part(self, commission: Commission, expert: Expert, **more: Any) -> Engagement:
        """Let somebody have applied for a commission, past the service."""
        values: dict[str, Any] = {
            "id": self.work.ids.new(),
            "tenant_id": commission.tenant_id,
            "commission_id": commission.id,
            "person_id": expert.person_id,
            "state": EngagementState.APPLIED,
            "price": commission.price,
            "volume": commission.volume,
            "score": 0.5,
            "reasons": (),
            "made_at": self.clock.now(),
        }
        made = Engagement(**values | more)
        assert store.add_engagement(self.work, made)
        return made

    def begun(self, commission: Commission, expert: Expert, **more: Any) -> Engagement:
        return engaging.begin(self.work, self.manager, commission, self.part(commission, expert, **more))

    def purse(self) -> int:
        return self.has(addresses.purse(self.work.tenant_id, Asset.CNY))

    def in_budget(self, budget_id: UUID | None) -> int:
        assert budget_id is not None
        return self.has(addresses.budget(budget_id, Asset.CNY))

    def whole(self) -> bool:
        return ledger.check(self.work).whole
