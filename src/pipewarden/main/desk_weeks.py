"""Simulated weeks at a gas company's desk: works come, people answer late or never, the house dies; the real services.

What is invented is the works and the manners of people; sites, duties, chains and calls are the product's own, on an
embedded database, under a clock that is set. The river up to the alarm is not part: works open their site at once.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.casework import service, store
from pipewarden.casework.facts import CALLED, Declined, Discovered, OwnerGiven, Reopened
from pipewarden.kit.clock import SetClock
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.settings import Settings
from pipewarden.kit.work import WorkFactory
from pipewarden.main.desk_cast import Crew, Script
from pipewarden.main.home import open_home
from pipewarden.sim import service as sim
from pipewarden.sim.facts import Fate, Manners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from pipewarden.kit.work import FactRef, Work
    from pipewarden.main.home import Home
    from pipewarden.sim.facts import SimWorks

_START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday; the month after has a holiday and a worked weekend day
_OWNER_WITHIN = timedelta(seconds=120)
_LATE = timedelta(seconds=10)
_DIES = 0.05  # of the sweeps
_S, _MIN, _H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class CrashError(Exception):
    """The process dies before it commits."""


@dataclass(slots=True)
class Tally:
    """What the weeks came to, over all seeds.

    Attributes:
        unowned_over_120s: sites that nobody had in hand for more than two minutes at any time.
        timers_lost: steps fired more than ten seconds late, not at all, or out of order.
        vanished: sites that are not ended and of which nothing will ever become due, or that are not there.
        illegal_transitions_taken: of those that were tried; must be 0.
    """

    seeds: int = 0
    days: int = 0
    sites: int = 0
    closed: int = 0
    unowned_over_120s: int = 0
    timers_lost: int = 0
    vanished: int = 0
    illegal_transitions_refused: int = 0
    illegal_transitions_taken: int = 0
    calls: int = 0
    steps: int = 0
    restarts: int = 0


@dataclass(slots=True)
class _Ear:
    """Hears which calls were made; nothing else is drained."""

    calls: list[UUID] = field(default_factory=list)

    def write(self, work: Work, facts: list[FactRef]) -> None:  # noqa: ARG002  the names are the Protocol's
        """Take note of the calls among the facts."""
        self.calls += [fact.fact_id for fact in facts if fact.kind == CALLED]


def simulate(days: int, seeds: Iterable[int]) -> dict[str, int]:
    """Run the weeks of each seed and return the totals.

    Args:
        days: of each seed.
        seeds: each draws its own works and manners; the same seed comes to the same.
    """
    tally = Tally()
    clock = SetClock(_START)
    with open_home(Settings(), temporary=True, clock=clock) as home:
        for seed in seeds:
            clock.moment = _START
            Weeks(home, clock, seed, tally).run(days)
    return asdict(tally)


class Weeks:
    """The weeks of one seed, for a tenant of its own."""

    def __init__(self, home: Home, clock: SetClock, seed: int, tally: Tally) -> None:
        """Hire the crew."""
        self.clock, self.tally, self.manners = clock, tally, Manners()
        self.chance = np.random.default_rng(seed)
        self.ear = _Ear()
        self.factory = WorkFactory(home.factory.sessions, clock, Uuid7Source(clock, entropy=self._entropy), self.ear)
        self.crew = Crew.hire(home.factory.sessions, self.factory, f"weeks-{seed}")
        self.scripts: dict[UUID, Script] = {}
        self.pending: set[UUID] = set()
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def _entropy(self, bits: int) -> int:
        return int.from_bytes(self.chance.bytes(8), "big") & ((1 << bits) - 1)

    def run(self, days: int) -> None:
        """Let so many days pass, and count."""
        with self.factory.begin(self.crew.tenant_id) as work:
            self.crew.write_rosters(work, days)
        for one in sim.draw_works(self.chance, days):
            self._at(_START + timedelta(seconds=one.at_s), lambda one=one: self._begin(one))  # type: ignore[misc]
        ends = _START + timedelta(days=days)
        while (moment := self._next()) is not None and moment <= ends:
            self.clock.moment = max(self.clock.moment, moment)
            if self._heap and self._heap[0][0] <= self.clock.moment:
                heapq.heappop(self._heap)[2]()
            else:
                self._sweep()
            self._hear()
        self.clock.moment = ends
        self._sweep()
        self._count(days)

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (moment, next(self._order), act))

    def _next(self) -> datetime | None:
        with self.factory.begin(self.crew.tenant_id) as work:
            due = store.watched.next_moment(work)
        if due is not None:  # the worker sweeps every two seconds
            due = max(due, self.clock.moment) + timedelta(seconds=float(self.chance.uniform(0.1, 2.0)))
        planned = self._heap[0][0] if self._heap else None
        return min((one for one in (due, planned) if one is not None), default=None)

    def _sweep(self) -> None:
        if self.chance.random() < _DIES:
            self.tally.restarts += 1
            try:
                with self.factory.begin(self.crew.tenant_id) as work:
                    service.sweep(work)
                    _die()
            except CrashError:
                self.clock.advance(timedelta(seconds=float(self.chance.uniform(1.0, 7.0))))
        with self.factory.begin(self.crew.tenant_id) as work:
            self.tally.steps += service.sweep(work)

    def _begin(self, works: SimWorks) -> None:
        with self.factory.begin(self.crew.tenant_id) as work:
            body = Discovered(None, works.zone, works.level, works.lon, works.lat, "simulated works")
            site = service.open_site(work, body)
        self.scripts[site.id] = Script(works)
        self.tally.sites += 1

    def _hear(self) -> None:
        """Let people take up the calls that were made: soon, late, or never."""
        fresh, self.ear.calls = self.ear.calls, []
        if not fresh:
            return
        with self.factory.begin(self.crew.tenant_id) as work:
            calls = service.calls(work, fresh)
        self.tally.calls += len(calls)
        for call in calls:
            drawn, manners = float(self.chance.random()), self.manners
            soon = self.clock.moment + timedelta(seconds=float(self.chance.uniform(20.0, 240.0)))
            if drawn < manners.unreachable:
                self._at(self.clock.moment + 10 * _S, lambda call=call: self._unreached(call.id))  # type: ignore[misc]
            elif drawn >= manners.unreachable + manners.silent:
                late = self.chance.random() < manners.late
                when = soon + (float(self.chance.uniform(15.0, 50.0)) * _MIN if late else timedelta(0))
                self._at(when, lambda call=call: self._answer(call.id, call.person_id, call.site_ids))  # type: ignore[misc]

    def _unreached(self, call_id: UUID) -> None:
        with self.factory.begin(self.crew.tenant_id) as work:
            service.unreachable(work, call_id, "no channel")

    def _answer(self, call_id: UUID, person_id: UUID, site_ids: tuple[UUID, ...]) -> None:
        if self._declines(person_id, site_ids):
            return
        for _ in range(2 if self.chance.random() < self.manners.twice else 1):
            with self.factory.begin(self.crew.tenant_id) as work:
                service.acknowledge_call(work, call_id, person_id)
        if self.chance.random() >= self.manners.word_only:
            for site_id in site_ids:
                self._go_on(site_id, timedelta(seconds=float(self.chance.uniform(10.0, 120.0))))

    def _declines(self, person_id: UUID, site_ids: tuple[UUID, ...]) -> bool:
        """Let one owner in twenty say no to a new site."""
        if len(site_ids) != 1 or self.chance.random() >= 0.05:  # noqa: PLR2004  one in twenty
            return False
        with self.factory.begin(self.crew.tenant_id) as work:
            site = store.sites.lock(work, site_ids)[site_ids[0]]
            if not site.open or site.owner_id != person_id or site.accepted_at is not None:
                return False
            service.append(work, site, [Declined("on another job")], f"person:{person_id}")
        return True

    def _go_on(self, site_id: UUID, after: timedelta) -> None:
        if site_id in self.scripts and site_id not in self.pending:
            self.pending.add(site_id)
            self._at(self.clock.moment + after, lambda: self._step(site_id))

    def _step(self, site_id: UUID) -> None:
        """Let the people on the spot do the next thing, and perhaps leave the one after it lying."""
        self.pending.discard(site_id)
        script = self.scripts[site_id]
        self._overstep(site_id, script)
        with self.factory.begin(self.crew.tenant_id) as work:
            site = store.sites.lock(work, [site_id])[site_id]
            bodies = script.next_of(site) if site.open else []
            if bodies:
                site = service.append(work, site, bodies, f"person:{site.owner_id}")
        if not site.open:
            self._seen_again(site_id, script)
        elif bodies and self.chance.random() >= self.manners.forgets:
            self._go_on(site_id, script.pause(site, self.chance))

    def _overstep(self, site_id: UUID, script: Script) -> None:
        if self.chance.random() >= self.manners.oversteps:
            return
        with self.factory.begin(self.crew.tenant_id) as work:
            site = store.sites.lock(work, [site_id])[site_id]
            try:
                service.append(work, site, [script.forbidden(site)], f"person:{site.owner_id}")
            except service.StepRefusedError:
                self.tally.illegal_transitions_refused += 1
            else:
                self.tally.illegal_transitions_taken += 1

    def _seen_again(self, site_id: UUID, script: Script) -> None:
        if script.works.fate is Fate.SEEN_AGAIN and not script.again:
            script.again = True
            self._at(self.clock.moment + float(self.chance.uniform(20.0, 60.0)) * _H, lambda: self._reopen(site_id))

    def _reopen(self, site_id: UUID) -> None:
        with self.factory.begin(self.crew.tenant_id) as work:
            service.append(work, store.sites.lock(work, [site_id])[site_id], [Reopened("seen again")])

    def _count(self, days: int) -> None:
        tally = self.tally
        tally.seeds, tally.days = tally.seeds + 1, tally.days + days
        with self.factory.begin(self.crew.tenant_id) as work:
            sites = store.sites.read(work, list(self.scripts))
            tally.vanished += len(self.scripts) - len(sites) + len(store.watched.forgotten(work))
            tally.timers_lost += store.watched.lost(work, _LATE)
            tally.closed += sum(not one.open for one in sites.values())
            tally.unowned_over_120s += sum(self._unowned(work, site_id) for site_id in sites)

    def _unowned(self, work: Work, site_id: UUID) -> bool:
        since: datetime | None = None
        for event in store.history.events(work, site_id):
            if isinstance(event.body, OwnerGiven):
                if since is not None and event.at - since > _OWNER_WITHIN:
                    return True
                since = None
            elif isinstance(event.body, Discovered | Declined | Reopened):
                since = event.at
        return since is not None and self.clock.moment - since > _OWNER_WITHIN


def _die() -> None:
    raise CrashError
