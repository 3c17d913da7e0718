"""A house that pays: people with wallets, a cashier on a provider of our own, a clock that is turned by hand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pay_fake import Bank, bank, wechat
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.clock import SetClock
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.vault import Sealer
from pipewarden.kit.work import Work, WorkFactory
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, Kind, Order, Posting
from pipewarden.market.jobs import payouts as jobs
from pipewarden.market.rules.wallet import cash_of, points_of
from pipewarden.market.service import payees, payouts
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people.facts import Actor, ActorKind, Grant, Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill, BillEvent

OPENID, NAME = "o-MYE42l80oelYMDE34nYD456Xoy", "王小明"
START = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
YUAN = 10_000


def someone(person_id: UUID, tenant_id: UUID, *permissions: str) -> Actor:
    """A person with a wallet who gave the second factor lately."""
    held = permissions or ("wallet:use", "wallet:withdraw")
    grants = tuple(Grant(one, Scope.OWN, tenant_id, None, Role.EXPERT) for one in held)
    return Actor(ActorKind.PERSON, person_id, "somebody", tenant_id, grants=grants)


def fill(work: Work, person_id: UUID, *, yuan: int = 0, points: int = 0, house_yuan: int = 0) -> None:
    """Put money and points into a wallet, and cash into the house's purse for exchanges."""
    cash, score = cash_of(person_id), points_of(person_id)
    house = "house:exchange:cash"
    ledger.open_accounts(
        work,
        (cash, Asset.CNY),
        (score, Asset.PTS),
        (house, Asset.CNY),
        ("outside:bank", Asset.CNY),
        ("outside:points", Asset.PTS),
    )
    lines = [
        Posting("outside:bank", cash, Asset.CNY, yuan * YUAN),
        Posting("outside:points", score, Asset.PTS, points),
        Posting("outside:bank", house, Asset.CNY, house_yuan * YUAN),
    ]
    details = {"zh": "专家隐患核价", "en": "hazard review"}
    for one in lines:
        if one.amount:
            ledger.post(work, Order(f"fill:{work.ids.new()}", Kind.POSTED, "reward.review", (one,), details=details))


def sealer() -> Sealer:
    """A vault of its own."""
    return Sealer(b"a secret of this test run alone.", SystemChance().bytes)


@dataclass(slots=True)
class Paying:
    """One person of one tenant, who wants money."""

    factory: WorkFactory
    clock: SetClock
    cashier: Cashier
    there: Bank
    tenant_id: UUID
    person: Actor
    made: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def begin(self, tenant_id: UUID | None = None) -> Any:
        """A transaction that commits."""
        return self.factory.begin(self.tenant_id if tenant_id is None else tenant_id)

    def later(self, **span: float) -> None:
        """Turn the clock."""
        self.clock.advance(timedelta(**span))

    def withdraw(self, fen: int = 5_000, key: str | None = None) -> Bill:
        """Want so much."""
        self.made += 1
        with self.begin() as work:
            return payouts.withdraw(work, self.cashier, self.person, fen, key or f"key-{self.made}")

    def cancel(self, bill: Bill) -> Bill:
        """Want it back."""
        with self.begin() as work:
            return payouts.cancel(work, self.person, bill.id)

    def run(self, *, hands: int = 1) -> int:
        """Let the job send what is due."""
        return jobs.send_due(self.factory.begin, self.cashier, self.clock, hands=hands)

    def settle(self, *, most: int = 40) -> None:
        """Turn the clock and let the job run until nothing is due within two days."""
        for _ in range(most):
            self.run()
            self.later(minutes=10)

    def now(self, bill: Bill) -> Bill:
        """The bill as it stands."""
        return self.story(bill)[0]

    def story(self, bill: Bill) -> tuple[Bill, list[BillEvent]]:
        """The bill with everything that happened to it."""
        with self.begin() as work:
            return payouts.bill_of(work, self.person, bill.id)

    def has(self) -> tuple[int, int]:
        """Cash in 元 and what of it is on hold, both exact."""
        with self.begin() as work:
            found = ledger.balances(work, [cash_of(self.person.id)])[cash_of(self.person.id)]
        assert found.posted % 100 == 0
        return found.posted, found.held

    def paid(self, bill: Bill) -> list[int]:
        """Every payment that the provider really made for a bill, in 分."""
        return [fen for number, fen in self.there.paid if number == bill.number]

    def sound(self) -> None:
        """The book holds."""
        with self.begin() as work:
            found = ledger.check(work)
        assert found.whole, found.problems


@contextmanager
def crowded(home: Home, callers: int) -> Iterator[Any]:
    """Sessions enough for so many who ask at once; a house has ten, and its door lets six in."""
    engine = create_engine(home.factory.sessions.kw["bind"].url, pool_size=callers, max_overflow=4)
    try:
        yield sessionmaker(engine, expire_on_commit=False)
    finally:
        engine.dispose()


@contextmanager
def paying(home: Home, *, yuan: int = 1_000, points: int = 0, named: bool = True, **habits: Any) -> Iterator[Paying]:
    """A person with money and a payee that may be used."""
    clock = SetClock(START)
    sessions = habits.pop("sessions", home.factory.sessions)
    factory = WorkFactory(sessions, clock, Uuid7Source(clock), home.factory.emitter)
    with bank(clock.now, **habits) as there, home.work() as first:
        tenant_id = first.tenant_id
        person = someone(factory.ids.new(), tenant_id)
        town = Paying(factory, clock, Cashier(wechat(there), sealer()), there, tenant_id, person)
        with town.begin() as work:
            fill(work, person.id, yuan=yuan, points=points)
            if named:
                payees.set_payee(work, town.cashier, person, OPENID, NAME, id_number=True)
        town.later(hours=25)
        try:
            yield town
        finally:
            with town.begin() as work:  # what is still open is nobody's business in the next test
                work.session.execute(text("UPDATE market_bills SET next_at = NULL"))


def minder(town: Paying, *, everywhere: bool = True) -> Actor:
    """Who may reconcile, of one tenant or of all."""
    scope = Scope.PLATFORM if everywhere else Scope.TENANT
    grant = Grant("finance:reconcile", scope, town.tenant_id, None, Role.TENANT_ADMIN)
    return replace(town.person, grants=(grant,))
