"""A till beside the desk's city: budgets, rewards on hold, wallets, and a provider that really answers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pay_fake import bank, wechat
from pay_town import NAME, OPENID, fill, sealer, someone
from sqlalchemy import text

from pipewarden.kit.clock import SetClock
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.finance import BudgetFor
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Wish
from pipewarden.market.jobs import payouts as jobs
from pipewarden.market.service import budgets, payees, settling, taking
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from desk_town import DeskTown
    from pay_fake import Bank

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward

YUAN = 10_000
HOLD_H = 73  # beyond the 72 hours of policy/pay


@dataclass(slots=True)
class Till:
    """Makes money happen in the desk's city, through the services."""

    desk: DeskTown
    there: Bank
    cashier: Cashier
    budgets: dict[Asset, UUID] = field(default_factory=dict)

    def at(self, work: Work, **ago: float) -> Work:
        """The same transaction, some time ago."""
        return replace(work, clock=SetClock(work.now() - timedelta(**ago)))

    def fund(self, cash: int = 1_000 * YUAN, points: int = 100_000) -> None:
        """Put money from the bank into reward budgets; once is enough for a run."""
        root = people.operator(self.desk.home.tenant_id)
        for asset, units in ((Asset.CNY, cash), (Asset.PTS, points)):
            with self.desk.home.work() as work:
                if asset not in self.budgets:
                    name = f"线索奖励 {asset} {uuid4().hex[:4]}"
                    made = budgets.add_budget(work, root, name, purpose=BudgetFor.REWARDS, asset=asset, cap=10**12)
                    self.budgets[asset] = made.id
                number, day = f"回单-{uuid4().hex[:8]}", work.now().date() - timedelta(days=1)
                budgets.deposit(work, root, asset, units, number=number, value_date=day)
                budgets.fund(work, root, self.budgets[asset], units, str(uuid4()))

    def bring(self, units: int) -> None:
        """Put money from the bank into the purse, and leave it there."""
        with self.desk.home.work() as work:
            root, day = people.operator(work.tenant_id), work.now().date() - timedelta(days=1)
            budgets.deposit(work, root, Asset.CNY, units, number=f"P-{uuid4().hex[:8]}", value_date=day)

    def earn(self, login: str, count: int = 1, *, ago_h: float = 0.0) -> list[Reward]:
        """Let somebody review pictures of gas at home: points and cash of each are on hold."""
        with self.desk.home.work() as work:
            then = self.at(work, hours=ago_h)
            wishes = [
                Wish(PayKind.INDOOR_REVIEW, f"indoor:{uuid4()}", self.desk.ids[login], then.now()) for _ in range(count)
            ]
            return taking.take(then, [(one, None) for one in wishes])

    def pay(self) -> int:
        """Pay what is due."""
        with self.desk.home.work() as work:
            return settling.pay_due(work)

    def let_go(self, rewards: list[Reward]) -> int:
        """Let the hold of rewards run out, and pay them: a test cannot wait three days."""
        with self.desk.home.work() as work:
            ids = [one.id for one in rewards]
            work.session.execute(
                text("UPDATE market_rewards SET pay_at = :now WHERE id = ANY(:ids)"), {"now": work.now(), "ids": ids}
            )
        return self.pay()

    def rich(self, login: str, *, yuan: int = 0, points: int = 0, house_yuan: int = 1_000, payee: bool = True) -> None:
        """Fill somebody's wallet, and name a payee two days ago."""
        person = self.desk.ids[login]
        with self.desk.home.work() as work:
            fill(work, person, yuan=yuan, points=points, house_yuan=house_yuan)
            if payee:
                me = someone(person, work.tenant_id)
                payees.set_payee(self.at(work, days=2), self.cashier, me, OPENID, NAME, id_number=True)

    def run(self, rounds: int = 2) -> None:
        """Send what is open, and ask what became of it."""
        for _ in range(rounds):
            with self.desk.home.work() as work:
                due = text("UPDATE market_bills SET next_at = :now WHERE next_at IS NOT NULL")
                work.session.execute(due, {"now": work.now()})
            factory = self.desk.home.factory
            jobs.send_due(factory.begin, self.cashier, factory.clock)  # in threads: Playwright's loop runs in this one

    def bills(self, login: str) -> list[Any]:
        """Every bill of somebody, the oldest first."""
        with self.desk.home.work() as work:
            found = "SELECT number, state, gross, fen, key FROM market_bills WHERE person_id = :id ORDER BY id"
            return list(work.session.execute(text(found), {"id": self.desk.ids[login]}).mappings())


@contextmanager
def till_of(desk: DeskTown) -> Iterator[Till]:
    """Let the city pay out for a while: it is shared."""
    before = desk.app.state.cashier
    with bank(desk.home.factory.clock.now) as there:
        made = Till(desk, there, Cashier(wechat(there), sealer()))
        desk.app.state.cashier = made.cashier
        try:
            yield made
        finally:
            desk.app.state.cashier = before
            with desk.home.work() as work:
                work.session.execute(text("UPDATE market_bills SET next_at = NULL"))
