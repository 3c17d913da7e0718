"""A home of the market whose tenants really commit, with a clock that is set."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from market_town import MarketTown

from pipewarden.field.facts.reports import Fresh, Report, ReportState
from pipewarden.field.store import reports
from pipewarden.kit.clock import SetClock
from pipewarden.kit.work import FactRef, WorkFactory
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset
from pipewarden.market.jobs import facts, rounds
from pipewarden.market.rules import addresses
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home


def report_of(work: Work, token: str) -> Report:
    """Keep a report of somebody without an account, whose link is ``token``."""
    made = Report(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        draft=work.ids.new(),
        token_digest=hashlib.sha256(token.encode()).digest(),
        content_sha256=bytes(32),
        reporter_id=work.ids.new(),
        network=bytes(32),
        person_id=None,
        kind="digging",
        danger=False,
        state=ReportState.TAKEN,
        why="",
        words="挖机",
        place_words="",
        lon=None,
        lat=None,
        accuracy_m=None,
        said_crs="",
        at=work.now(),
        taken_at=None,
        received_at=work.now(),
        language="zh",
        fresh=Fresh.NONE,
        nonce=None,
        contact="138 0000 2222",
        notes=(),
        pictures=(),
        observations=(),
    )
    reports.add(work, made)
    return made


class House:
    """A home with tenants of its own and a clock that is set."""

    def __init__(self, home: Home) -> None:
        self.clock = SetClock(home.factory.clock.now())
        self.factory = WorkFactory(home.factory.sessions, self.clock, home.factory.ids, home.factory.emitter)
        self.name = home.factory.ids.new().hex[-8:]
        self.made = 0

    def tenant(self) -> UUID:
        self.made += 1
        with self.factory.sessions() as session, session.begin():
            made = people.ensure_tenant(session, self.clock, self.factory.ids, f"round-{self.name}-{self.made}")
            return made.id

    def clue(self, tenant: UUID) -> tuple[UUID, UUID]:
        """Give a tenant money and a confirmed clue that nobody has taken yet; return the reporter and the wish."""
        with self.factory.begin(tenant) as work:
            town = MarketTown(work, self.clock)
            resident = town.person(Role.RESIDENT)
            wish = town.wished(town.confirmed().id, resident.id)
        return resident.id, wish.id

    def take(self, tenant: UUID, wish: UUID) -> None:
        with self.factory.begin(tenant) as work:
            facts.clues(work, [FactRef("field.reward_wanted", str(tenant), tenant, wish)])

    def wallet(self, tenant: UUID, person: UUID) -> int:
        with self.factory.begin(tenant) as work:
            found = ledger.balances(work, [addresses.person(person, Asset.CNY)])
            return sum(one.posted for one in found.values())

    @property
    def token(self) -> str:
        """The word of the link of this house's report."""
        return hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()

    def report(self, work: Work) -> Report:
        return report_of(work, self.token)

    def pay(self, **time: float) -> None:
        """Let time pass and the market's round run."""
        self.clock.advance(timedelta(**time))
        rounds.settle_rewards(self.factory.begin)
