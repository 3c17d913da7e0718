"""A gas company with money: a purse, reward budgets, somebody of each role that earns, and sites with reporters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from duty_town import NORTH, DutyTown

from pipewarden.casework.facts import Arrived, Ended, Proof, SiteState, Verified
from pipewarden.field.facts.reports import Reward as Wished
from pipewarden.field.store import rewards as field_rewards
from pipewarden.judge.facts import TRUE_CODES, Basis, Decided, ReviewCode
from pipewarden.judge.service.bench import Docketed
from pipewarden.judge.store import cases
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Reward, Wish
from pipewarden.market.rules import addresses
from pipewarden.market.service import booking, budgets, settling, taking, wishes
from pipewarden.market.store import rewards as store
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import NewMembership, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.finance import Budget
    from pipewarden.people.facts import Actor, Person

THERE = Proof(pictures=("b" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
YUAN = 10_000


def settle_all(work: Work) -> int:
    """Settle every demand of the tenant that is not closed, in one transaction; return how many ended."""
    return sum(booking.settle_one(work, one) for one in booking.unsettled(work))


DAY = timedelta(days=1)


def decided_case(work: Work, words: Sequence[tuple[str, ReviewCode]], alarm_id: UUID | None = None) -> UUID:
    """Let people decide about an alarm of the judge, in order; return its id."""
    alarm = alarm_id or work.ids.new()
    docketed = Docketed(work, cases.lock(work, [alarm])[alarm])
    for actor, code in words:
        basis = Basis(Zone.CONTROL, 0.0, 1, None, None)
        until = None if code in TRUE_CODES else work.now() + DAY
        docketed.add(Decided(code in TRUE_CODES, code, "", until, basis), actor)
    docketed.close()
    return alarm


@dataclass(slots=True)
class MarketTown(DutyTown):
    """Works in the transaction of ``work``; 1,000 yuan and 10,000 points lie in its reward budgets unless said."""

    cash: int = 1000 * YUAN
    points: int = 10_000
    budgets: dict[Asset, Budget] = field(default_factory=dict)
    admin: Actor = field(init=False)
    manager: Actor = field(init=False)
    receipts: int = 0

    def __post_init__(self) -> None:
        DutyTown.__post_init__(self)
        self.admin = self.actor_of(Role.TENANT_ADMIN)
        self.manager = self.actor_of(Role.SAFETY_MANAGER)
        for asset, units in ((Asset.CNY, self.cash), (Asset.PTS, self.points)):
            self.budgets[asset] = budgets.add_budget(
                self.work, self.admin, f"rewards {asset}", purpose=BudgetFor.REWARDS, asset=asset, cap=10**12
            )
            if units:
                self.deposit(units, asset)
                self.fund(units, asset)

    def actor_of(self, role: Role) -> Actor:
        """Make a person of a role whose second factor was given just now, and return who they are."""
        return self.proved(self.person(role))

    def proved(self, person: Person) -> Actor:
        found = self.actor(person)
        return self.root if found is None else found

    def hold(self, person: Person, role: Role) -> None:
        """Give somebody one role more."""
        wanted = NewMembership(
            person_id=person.id,
            tenant_id=self.work.tenant_id,
            role=role,
            begins_at=self.clock.now() - DAY,
            area_id=self.city.id,
        )
        people.grant(self.work, self.root, wanted)

    def deposit(self, units: int, asset: Asset = Asset.CNY, number: str = "") -> None:
        self.receipts += 1
        day = self.clock.now().date()
        budgets.deposit(self.work, self.admin, asset, units, number=number or f"R-{self.receipts}", value_date=day)

    def fund(self, units: int, asset: Asset = Asset.CNY, key: str = "") -> None:
        budgets.fund(self.work, self.admin, self.budgets[asset].id, units, key or str(uuid4()))

    def left(self, asset: Asset = Asset.CNY) -> int:
        """Return what is free in the reward budget."""
        address = addresses.budget(self.budgets[asset].id, asset)
        return ledger.balances(self.work, [address])[address].available

    def wallet(self, person_id: UUID, asset: Asset = Asset.CNY) -> int:
        address = addresses.person(person_id, asset)
        found = ledger.balances(self.work, [address])
        return found[address].posted if address in found else 0

    def has(self, address: str) -> int:
        found = ledger.balances(self.work, [address])
        return found[address].posted if address in found else 0

    def wish(self, person: UUID | None, kind: PayKind = PayKind.CLUE, **more: object) -> Wish:
        self.made += 1
        given: dict[str, object] = {"case": f"site:{self.work.ids.new()}", "at": self.work.now()} | more
        return Wish(kind=kind, person_id=person, **given)  # type: ignore[arg-type]

    def take(self, *given: Wish, why: str | None = None) -> list[Reward]:
        return taking.take(self.work, [(one, why) for one in given])

    def confirmed(self, by: Person | None = None, level: int = 2) -> Site:
        """Open a site and let somebody on the spot confirm works."""
        by = by or self.person(Role.PATROLLER)
        site = self.site(level=level)
        return self.happen(site.id, Arrived(THERE), Verified(true=True, code="digging", proof=THERE), by=by)

    def wished(self, site_id: UUID, person: UUID | None, report: UUID | None = None) -> Wished:
        """Write a wish as field does when somebody confirmed what was reported."""
        made = Wished(
            id=self.work.ids.new(),
            tenant_id=self.work.tenant_id,
            key=f"reward:{site_id}:clue",
            site_id=site_id,
            report_id=report or self.work.ids.new(),
            person_id=person,
            reason="the first who reported works that were confirmed on the spot",
            at=self.work.now(),
        )
        assert field_rewards.add(self.work, made)
        return made

    def clue(self, person: UUID | None, *, level: int = 2, report: UUID | None = None) -> tuple[Site, list[Reward]]:
        """Let a reporter's clue be confirmed by somebody else; the rewards are on hold."""
        site = self.confirmed(level=level)
        wish = self.wished(site.id, person, report)
        self.clock.advance(timedelta(minutes=1))
        return site, wishes.clues_wanted(self.work, [wish.id])

    def refute(self, site: Site) -> Site:
        return self.happen(site.id, Verified(true=False, code="other", proof=THERE), by=self.person(Role.PATROLLER))

    def end_false(self, site: Site) -> Site:
        return self.happen(site.id, Ended(to=SiteState.FALSE, code="other", reason="none"))

    def pay(self, **time: float) -> int:
        """Let time pass, 73 hours unless said, and pay what is due."""
        self.clock.advance(timedelta(**(time or {"hours": 73})))
        return settling.pay_due(self.work)

    def again(self, reward: Reward) -> Reward:
        """Return a reward as it stands now."""
        return store.by_ids(self.work, [reward.id])[reward.id]

    def today(self) -> date:
        return self.clock.now().date()
