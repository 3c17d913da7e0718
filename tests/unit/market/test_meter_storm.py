"""M3 (safety.md): 20,000 calls, a third of them retried, word of delivery redelivered, workers killed: difference 0.

Everything commits on a real database, from four workers side by side. A killed worker is one whose transaction is
rolled back after it has done its work, or that admits calls and is never heard of again.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from market_town import YUAN, MarketTown

from pipewarden.kit.clock import SetClock
from pipewarden.kit.work import WorkFactory
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.metering import Meter, MeterState
from pipewarden.market.rules import addresses
from pipewarden.market.service import booking, demands, metering
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.main.home import Home

CALLS, CHUNK, WORKERS, SEED, PRICE = 20_000, 20, 4, 20_261_127, 1300


class KilledError(Exception):
    """A worker dies here."""


class Storm:
    """Workers that make calls, retry them, tell of them twice and die; it counts what it really did."""

    def __init__(self, factory: WorkFactory, tenant: UUID, demand: UUID) -> None:
        self.factory, self.tenant, self.demand = factory, tenant, demand

    def work_off(self, worker: int, chunks: list[list[str]]) -> tuple[set[str], Counter[str]]:
        """Take chunks of calls to their end; return what was delivered, and how often each kind of fault happened."""
        chance, done, faults = random.Random(SEED + worker), set[str](), Counter[str]()  # noqa: S311  a test's dice
        for chunk in chunks:
            self._admit(chance, chunk, faults)
            broken = [one for one in chunk if chance.random() < 0.05]
            if broken:
                self._do(chance, lambda work, ids=broken: metering.failed(work, self.demand, ids), faults)
                faults["failed"] += len(broken)
                self._admit(chance, broken, faults)
            if chance.random() < 0.05:  # dies with its calls: another one makes them again
                faults["lost"] += len(chunk)
                self._admit(chance, chunk, faults)
            self._do(chance, lambda work, ids=chunk: metering.delivered(work, self.demand, ids), faults)
            done |= set(chunk)
            if chance.random() < 0.30:
                faults["redelivered"] += len(chunk)
                self._do(chance, lambda work, ids=chunk: metering.delivered(work, self.demand, ids), faults)
            if chance.random() < 0.10:
                self._do(chance, lambda work, _ids=chunk: booking.book(work, self.demand, most=700), faults)
        return done, faults

    def _admit(self, chance: random.Random, ids: list[str], faults: Counter[str]) -> None:
        again = [one for one in ids if chance.random() < 0.30]
        faults["retried"] += len(again)
        self._do(chance, lambda work: metering.admit(work, self.demand, [*ids, *again]), faults)

    def _do(self, chance: random.Random, act: object, faults: Counter[str]) -> None:
        """Do something in a transaction of its own; now and then it is killed before the commit, and done anew."""
        if chance.random() < 0.05:
            faults["killed"] += 1
            with suppress(KilledError), self.factory.begin(self.tenant) as work:
                act(work)  # type: ignore[operator]
                raise KilledError
        with self.factory.begin(self.tenant) as work:
            act(work)  # type: ignore[operator]


@pytest.fixture
def storm(home: Home) -> tuple[Storm, UUID]:
    with home.work() as work:
        tenant = people.ensure_tenant(work.session, work.clock, work.ids, f"storm-{work.ids.new().hex[-8:]}").id
    with home.factory.begin(tenant) as work:
        town = MarketTown(work, SetClock(work.now()), cash=0, points=0)
        expert = town.person(Role.EXPERT).id
        town.deposit(5000 * YUAN)
        made = demands.add_capability(work, town.admin, slug="storm", version="1", expert_id=expert, price=PRICE)
        demand = demands.open_demand(work, town.admin, made.id, "storm", wanted=CALLS, units=5000 * YUAN)
    return Storm(home.factory, tenant, demand.id), expert


def test_twenty_thousand_calls_in_a_storm_are_paid_to_the_last_unit(storm: tuple[Storm, UUID], home: Home) -> None:
    wild, expert = storm
    calls = [[f"call-{n}" for n in range(first, first + CHUNK)] for first in range(0, CALLS, CHUNK)]
    shares = [calls[worker::WORKERS] for worker in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        ended = list(pool.map(wild.work_off, range(WORKERS), shares))
    done = set[str]().union(*(one for one, _ in ended))
    faults = sum((one for _, one in ended), Counter[str]())
    assert len(done) == CALLS
    assert faults["retried"] >= 0.28 * CALLS, f"seed {SEED}: the storm was none"
    assert min(faults["killed"], faults["failed"], faults["lost"], faults["redelivered"]) > 50, faults
    with home.factory.begin(wild.tenant) as work:
        while booking.book(work, wild.demand) is not None:
            pass
    with home.factory.begin(wild.tenant) as work:
        found = booking.check_meters(work)
        wallet = addresses.person(expert, Asset.CNY)
        assert ledger.balances(work, [wallet])[wallet].posted == CALLS * PRICE
        assert ledger.check(work).whole
    assert (found.calls, found.charged, found.booked, found.waiting) == (CALLS, CALLS * PRICE, CALLS * PRICE, 0)
    assert (found.difference, found.problems) == (0, ())


def test_two_workers_that_want_the_last_call_get_one(storm: tuple[Storm, UUID], home: Home) -> None:
    wild, _ = storm
    with home.factory.begin(wild.tenant) as work:
        metering.meter(work, wild.demand, [f"first-{n}" for n in range(9_999)])
        metering.meter(work, wild.demand, [f"second-{n}" for n in range(CALLS - 10_000)])

    def last(worker: int) -> object:
        with home.factory.begin(wild.tenant) as work:
            return metering.admit(work, wild.demand, [f"last-{worker}"])[0]

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(last, range(WORKERS)))
    (winner,) = [one for one in answers if isinstance(one, Meter)]
    assert winner.state is MeterState.ADMITTED
    with home.factory.begin(wild.tenant) as work:
        assert booking.check_meters(work).problems == ()


def test_calls_of_workers_that_died_are_let_go_by_the_clock(storm: tuple[Storm, UUID], home: Home) -> None:
    wild, _ = storm
    with home.factory.begin(wild.tenant) as work:
        metering.admit(work, wild.demand, ["a", "b"])
    later = SetClock(home.factory.clock.now() + timedelta(hours=1))
    later_factory = WorkFactory(home.factory.sessions, later, home.factory.ids, home.factory.emitter)
    with later_factory.begin(wild.tenant) as work:
        assert metering.release_late(work, wild.demand) == 2
    with home.factory.begin(wild.tenant) as work:
        assert booking.check_meters(work).problems == ()
