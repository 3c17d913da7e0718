"""A machine that does to the book whatever its callers may, and compares it with the model after every step."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import pytest
from book import ALL, BANK, FRIEND, FRIENDS_POINTS, MINT, OWED, POINTS, WALLET
from book_model import ASSETS, Entry, Model, hashed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy.orm import Session

from pipewarden.kit.clock import SetClock
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import Work
from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, Kind, LedgerError, Order, Posting, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

TENANT = UUID(int=1)
BEGIN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CASH, PTS = (WALLET, FRIEND, OWED, BANK), (POINTS, FRIENDS_POINTS, MINT)


class CrashError(Exception):
    """The program dies between two steps."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants of the book, before it is known which transfers there are."""

    verb: str
    lines: tuple[Posting, ...] = ()
    minutes: int | None = None
    pick: int = 0
    part: int | None = None


WRONG = (
    (Posting(BANK, WALLET, Asset.CNY, 0),),
    (Posting(BANK, WALLET, Asset.CNY, -5),),
    (Posting(BANK, WALLET, Asset.CNY, 10**15 + 1),),
    (Posting(BANK, BANK, Asset.CNY, 5),),
    (Posting(BANK, "person:nobody:cash", Asset.CNY, 5),),
    (Posting(BANK, POINTS, Asset.CNY, 5),),
    (Posting(MINT, WALLET, Asset.PTS, 5),),
    (Posting(BANK, WALLET, Asset.CNY, 5), Posting(BANK, POINTS, Asset.PTS, 5)),
)
VERBS = {"post": 5, "hold": 6, "settle": 5, "void": 2, "expire": 2, "reverse": 2, "again": 2, "other": 1, "wrong": 1}
SEED = st.integers(0, 2**32 - 1)  # of one step's acts: drawn one by one they would use up an example in a few steps


def acts_of(seed: int, most: int) -> list[Act]:
    """One to ``most`` acts that follow from a seed."""
    chance = random.Random(seed)  # noqa: S311  repeatable, of a seed that Hypothesis draws
    found = []
    for verb in chance.choices(list(VERBS), list(VERBS.values()), k=chance.randint(1, most)):
        lines = chance.choice(WRONG) if verb == "wrong" else _lines(chance)
        minutes = chance.choice([None, chance.randint(1, 150)])
        found.append(Act(verb, lines, minutes, chance.randint(0, 5), chance.choice([None, chance.randint(1, 120)])))
    return found


def _lines(chance: random.Random) -> tuple[Posting, ...]:
    addresses, asset = chance.choice([(CASH, Asset.CNY), (CASH, Asset.CNY), (PTS, Asset.PTS)])
    pairs = {tuple(chance.sample(addresses, 2)) for _ in range(chance.choice([1, 1, 1, 2, 3]))}
    return tuple(Posting(source, destination, asset, chance.randint(1, 500)) for source, destination in sorted(pairs))


KINDS = {"settle": Kind.POST, "void": Kind.VOID, "expire": Kind.EXPIRE, "reverse": Kind.REVERSE}


class Machine(RuleBasedStateMachine):
    """The book on PostgreSQL beside the model; ``done`` counts what was asked and how it was answered."""

    engine: Engine
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock(BEGIN)
        self.model, self.last, self.made, self.sure = Model(), bytes(32), 0, True
        self._open()

    def _open(self) -> None:
        """Open a transaction that is rolled back at the end."""
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(bind=self.connection, join_transaction_mode="create_savepoint")
        self.work = Work(self.session, self.clock, Uuid7Source(self.clock), TENANT)

    def _close(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    @contextmanager
    def _begin(self) -> Iterator[Work]:
        """One transaction of a caller."""
        with self.session.begin_nested():
            yield self.work

    def _each(self, orders: Sequence[Order]) -> Sequence[Transfer | LedgerError]:
        """Book orders, each on its own merit."""
        with self._begin() as work:
            return service.try_write(work, orders)

    @initialize()
    def begin(self) -> None:
        """Money comes from outside; not in the constructor, after whose failure nobody would close the connection."""
        self.sure = False
        with self._begin() as work:
            service.open_accounts(work, *ALL)
        funds = [Posting(BANK, WALLET, Asset.CNY, 3000), Posting(MINT, POINTS, Asset.PTS, 3000)]
        orders = [Order(f"f{n}", Kind.POSTED, "test.funds", (one,)) for n, one in enumerate(funds)]
        expected = [self.model.do(one, BEGIN) for one in orders]
        self._agree(orders, expected, self._each(orders))

    def teardown(self) -> None:
        try:
            if self.sure:  # after a failure there is nothing to look at
                self._whole()
        finally:
            self._close()

    @rule(seed=SEED)
    def each(self, seed: int) -> None:
        """Several orders, each on its own merit."""
        self.sure = False
        orders = [self._order(one) for one in acts_of(seed, 60)]
        expected = [self.model.do(one, self.clock.now()) for one in orders]
        self._agree(orders, expected, self._each(orders))

    @rule(seed=SEED)
    def all_or_nothing(self, seed: int) -> None:
        """Several orders of which one refused takes the others with it."""
        self.sure = False
        orders = [self._order(one) for one in acts_of(seed, 3)]
        trial = self._copy()
        expected = [trial.do(one, self.clock.now()) for one in orders]
        refused = next((one for one in expected if not isinstance(one, Entry)), None)
        if refused is None:
            expected = [self.model.do(one, self.clock.now()) for one in orders]
            with self._begin() as work:
                made = service.write(work, orders)
            self._agree(orders, expected, made)
            return
        with pytest.raises(refused) as caught, self._begin() as work:
            service.write(work, orders)
        assert type(caught.value) is refused
        self.done[f"refused whole: {refused.__name__}"] += len(orders)
        self._balances()

    @rule(seed=SEED)
    def crash(self, seed: int) -> None:
        """Everything is written, and the program dies before the commit."""
        self.sure = False
        orders = [self._order(one) for one in acts_of(seed, 10)]
        with suppress(CrashError), self._begin() as work:
            service.try_write(work, orders)
            raise CrashError
        self.done["crashed"] += len(orders)
        self._balances()

    @rule(minutes=st.integers(10, 120))
    def later(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def sweep(self) -> None:
        """The job that releases what is past its time."""
        self.sure = False
        now = self.clock.now()
        due = [
            one
            for one in self.model.entries
            if one.order.expires_at is not None and one.order.expires_at <= now and one.settled is None
        ]
        due.sort(key=lambda one: (one.order.expires_at, one.transfer and one.transfer.id))
        with self._begin() as work:
            assert service.expire_due(work, now) == len(due)
        swept = [one.transfer.id for one in due if one.transfer is not None]
        orders = [Order(f"expire:{one}", Kind.EXPIRE, "expired", of=one) for one in swept]
        expected = [self.model.do(one, now) for one in orders]
        with self._begin() as work:
            found = [service.by_key(work, one.key) for one in orders]
        self._agree(orders, expected, [one for one in found if one is not None])

    def _order(self, act: Act) -> Order:
        """An order of an act; settlements mostly name a hold that is open, now and then anything."""
        self.made += 1
        key = f"k{self.made}"
        if act.verb in {"post", "wrong"}:
            return Order(key, Kind.POSTED, "test.paid", act.lines, details={"n": self.made})
        if act.verb == "hold":
            at = None if act.minutes is None else self.clock.now() + timedelta(minutes=act.minutes)
            return Order(key, Kind.PENDING, "test.held", act.lines, expires_at=at)
        if act.verb in {"again", "other"}:
            known = self._known([one for one in self.model.entries if one.transfer is not None], act.pick)
            if known is None:
                return Order(key, Kind.VOID, "test.nothing", of=UUID(int=self.made))
            return known.order if act.verb == "again" else _changed(known.order)
        kind = KINDS[act.verb]
        wanted = {Kind.POSTED, Kind.POST} if kind is Kind.REVERSE else {Kind.PENDING}
        entries = [one for one in self.model.entries if one.transfer is not None]
        fit = [one for one in entries if one.order.kind in wanted]
        fresh = [one for one in fit if one.settled is None and not one.reversed]
        target = self._known(fresh if act.pick < 4 else fit if act.pick < 5 else entries, act.pick)
        of = UUID(int=self.made) if target is None or target.transfer is None else target.transfer.id
        part: tuple[Posting, ...] = ()
        if act.verb == "settle" and act.part is not None and target is not None:
            part = tuple(replace(one, amount=max(1, one.amount * act.part // 100)) for one in target.lines[:2])
        return Order(key, kind, f"test.{kind}", part, of=of)

    @staticmethod
    def _known(entries: Sequence[Entry], pick: int) -> Entry | None:
        return entries[-1 - pick % len(entries)] if entries else None

    def _agree(
        self,
        orders: Sequence[Order],
        expected: Sequence[Entry | type[LedgerError]],
        got: Sequence[Transfer | LedgerError],
    ) -> None:
        """Compare each answer, link the chain, then compare all balances."""
        for order, wanted, found in zip(orders, expected, got, strict=True):
            if not isinstance(wanted, Entry):
                assert type(found) is wanted, (order, wanted, found)
                self.done[f"refused: {wanted.__name__}"] += 1
                continue
            assert isinstance(found, Transfer), (order, found)
            if wanted.transfer is not None:
                assert found == wanted.transfer, "a retry is answered with the first transfer"
                self.done["retried"] += 1
                continue
            wanted.transfer = found
            assert (found.key, found.kind, found.of) == (order.key, order.kind, order.of)
            assert found.postings == wanted.lines
            assert found.previous == self.last
            assert found.hash == hashed(found)
            self.last = found.hash
            assert found.seq == sum(one.transfer is not None for one in self.model.entries)
            self.done[found.kind.value] += 1
        self._balances()

    def _balances(self) -> None:
        with self._begin() as work:
            found = service.balances(work, ASSETS)
        assert {address: one.posted for address, one in found.items()} == self.model.posted
        assert {address: one.held for address, one in found.items()} == self.model.held
        self.sure = True
        for asset in Asset:
            assert sum(units for address, units in self.model.posted.items() if ASSETS[address] is asset) == 0

    def _copy(self) -> Model:
        model = self.model
        copies = {id(one): replace(one) for one in model.entries}
        keys = {key: copies[id(one)] for key, one in model.keys.items()}
        return Model(dict(model.posted), dict(model.held), keys, list(copies.values()))

    def _whole(self) -> None:
        """At the end: every hold's state, every statement, and the book's own check."""
        with self._begin() as work:
            for entry in self.model.entries:
                if entry.order.kind is Kind.PENDING and entry.transfer is not None:
                    assert service.hold_state(work, entry.transfer.id) == entry.state(self.clock.now())
            for address, asset in ALL:
                until = self.clock.now() + timedelta(minutes=1)
                found = service.statement(work, address, asset, BEGIN, until, limit=1000)
                assert found.until_closing == self.model.posted[address]
                if found.next is None:
                    assert sum(one.amount for one in found.lines) == self.model.posted[address]
            told = service.check(work)
        assert told.problems == ()
        assert told.whole
        assert told.transfers == len(self.model.entries)
        self.done["books"] += 1


def _changed(order: Order) -> Order:
    """The same key for something else, in what a careless caller would change."""
    if order.postings:
        first, *rest = order.postings
        return replace(order, postings=(replace(first, amount=first.amount + 1), *rest))
    return replace(order, what=f"{order.what}.other")


def drive(machine_of: type[Machine], books: int, steps: int) -> Counter[str]:
    """Run a machine without Hypothesis: nothing is shrunk, the first failure ends it, the same steps every time."""

    class Here(machine_of):  # type: ignore[misc, valid-type]  counts of its own
        done: ClassVar[Counter[str]] = Counter()

    for book in range(books):
        chance = random.Random(book)  # noqa: S311  repeatable
        machine = Here()
        try:
            machine.begin()
            for _ in range(steps):
                step = chance.choice([machine.each, machine.each, machine.all_or_nothing, machine.crash, None])
                if step is None:
                    machine.later(chance.randint(10, 120))
                    machine.sweep()
                else:
                    step(chance.randrange(2**32))
        except BaseException:
            machine.sure = False
            raise
        finally:
            machine.teardown()
    return Here.done


def on(engine: Engine) -> type[Machine]:
    """Return the machine on an engine."""
    return type("OnEngine", (Machine,), {"engine": engine, "done": Counter()})
