"""Who is at the simulated desk, and what they do next on a site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import shapely

from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    DamageRecorded,
    Ended,
    Proof,
    ReportAnswered,
    Reported,
    Resumed,
    SiteState,
    StandbyChecked,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
)
from pipewarden.kit.chance import SystemChance
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher
from pipewarden.people.facts import PLATFORM, NewArea, NewMembership, NewPerson, Role
from pipewarden.sim import service as sim
from pipewarden.sim.facts import Fate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from sqlalchemy.orm import Session

    from pipewarden.casework.facts import Body, Site
    from pipewarden.kit.work import Work, WorkFactory
    from pipewarden.sim.facts import SimWorks

_DISTRICTS = 4
_SHIFT = timedelta(hours=24)
_CHECKS = 3  # at most, before the works are completed
_PATH = (
    SiteState.NOTIFIED,
    SiteState.FILED,
    SiteState.LOCATED,
    SiteState.BRIEFED,
    SiteState.PLAN_SIGNED,
    SiteState.READY,
    SiteState.UNDER_STANDBY,
    SiteState.COMPLETED,
    SiteState.CLOSED,
)
_PROOF = Proof(
    pictures=("0" * 64,),
    lon=116.7,
    lat=39.5,
    accuracy_m=6.0,
    words="simulated",
    signed_by=("owner", "contractor", "supervisor", "operator"),
)


@dataclass(frozen=True, slots=True)
class Crew:
    """Two crews that take turns day by day: a patroller a district, two dispatchers, standing by, the manager."""

    tenant_id: UUID
    posts: tuple[tuple[Role, UUID, int, tuple[UUID, UUID]], ...]  # role, area, rank, the two who take turns

    @staticmethod
    def hire(sessions: Callable[[], Session], factory: WorkFactory, key: str) -> Crew:
        """Make the tenant, its areas and its people."""
        root, chance = people.operator(), SystemChance().bytes
        gate = people.Gate(hasher=ArgonHasher(entropy=chance), entropy=chance)
        with sessions() as session, session.begin():
            tenant_id = people.ensure_tenant(session, factory.clock, factory.ids, key).id
        with factory.begin(tenant_id) as work:
            areas: dict[str, UUID] = {}
            for one in sim.city_areas()[: 1 + _DISTRICTS]:
                outline = bytes(shapely.to_wkb(shapely.Polygon(one.polygon)))
                parent = None if one.parent is None else areas[one.parent]
                areas[one.key] = people.add_area(work, root, NewArea(one.key, one.name, parent, outline)).id
        city, *districts = areas.values()
        wanted = [(Role.PATROLLER, one, 1) for one in districts]
        wanted += [(Role.DISPATCHER, city, 1), (Role.DISPATCHER, city, 2)]
        wanted += [(Role.STANDBY_SUPERVISOR, city, 1), (Role.SAFETY_MANAGER, city, 1)]
        made = []
        with factory.begin(PLATFORM) as work:
            for number, _ in enumerate(wanted):
                pair = [
                    people.add_person(work, gate, root, NewPerson(f"{key}-{number}{turn}", "P", password=None)).id
                    for turn in "ab"
                ]
                made.append((pair[0], pair[1]))
        with factory.begin(tenant_id) as work:
            for (role, area, _), two in zip(wanted, made, strict=True):
                for person_id in two:
                    begins = work.now() - timedelta(days=1)
                    people.grant(work, root, NewMembership(person_id, tenant_id, role, begins, area_id=area))
        posts = tuple((role, area, rank, two) for (role, area, rank), two in zip(wanted, made, strict=True))
        return Crew(tenant_id, posts)

    def write_rosters(self, work: Work, days: int) -> None:
        """Put the crews on duty, day by day in turns."""
        root, begins = people.operator(self.tenant_id), work.now()
        for day in range(days + 1):
            for role, area, rank, pair in self.posts:
                at = begins + day * _SHIFT
                people.put_on_duty(work, root, pair[day % 2], role, area, begins_at=at, ends_at=at + _SHIFT, rank=rank)


@dataclass(slots=True)
class Script:
    """What becomes of one piece of works, step by step."""

    works: SimWorks
    again: bool = False
    checks: int = 0
    _things: int = field(default=0)

    def next_of(self, site: Site) -> list[Body]:
        """Return what the people on the spot do next; nothing where nobody has the site in hand."""
        if site.owner_id is None:
            return []
        if site.accepted_at is None:
            return [Accepted()]
        if site.arrived_at is None:
            return [Arrived(_PROOF)]
        if site.verified is None:
            return [Verified(self._true, "digging" if self._true else "no_works", _PROOF)]
        if not site.verified:
            return [Ended(SiteState.FALSE, "no_works", "nothing was there")]
        return self._trouble(site) or self._onward(site)

    @property
    def _true(self) -> bool:
        return self.works.fate not in {Fate.FALSE, Fate.SEEN_AGAIN} or self.again

    def _trouble(self, site: Site) -> list[Body]:
        if self.works.fate is Fate.REFUSED and site.state is SiteState.NOTIFIED:
            return self._refusal(site)
        if self.works.fate is Fate.STRUCK and site.state is SiteState.UNDER_STANDBY:
            if site.strike is None:
                return [Struck("gas is coming out")]
            if site.strike.reported_at is None:
                return [AccidentReported("应急管理局")]
            if site.strike.recorded_at is None:
                return [DamageRecorded(self._thing())]
        return []

    def _refusal(self, site: Site) -> list[Body]:
        if not site.stops:
            return [StopOrdered(self._thing(), "no plan")]
        stop = site.stops[-1]
        if stop.resumed_at is not None:
            return []
        if stop.refused_at is None:
            return [StopRefused(stop.id, _PROOF)]
        if not site.reports:
            return [Reported(self._thing(), "城管", "refused to stop")]
        if site.reports[-1].answered_at is None:
            return [ReportAnswered(site.reports[-1].id, "fined")]
        return [Resumed(stop.id, _PROOF)]

    def _onward(self, site: Site) -> list[Body]:
        if site.state is SiteState.UNDER_STANDBY and self.checks < _CHECKS:
            self.checks += 1
            return [StandbyChecked(_PROOF)]
        at = _PATH.index(site.state) + 1 if site.state in _PATH else 0
        return [Advanced(_PATH[at], _PROOF)]

    def _thing(self) -> UUID:
        self._things += 1
        return UUID(int=int(self.works.at_s * 1000) << 32 | self._things)

    @staticmethod
    def pause(site: Site, chance: Generator) -> timedelta:
        """Return how long it takes until the next step: minutes on the spot, hours for papers."""
        if site.state in {SiteState.DISCOVERED, SiteState.VERIFYING}:
            return timedelta(minutes=float(chance.uniform(3.0, 35.0)))
        if site.state is SiteState.UNDER_STANDBY:
            return timedelta(minutes=float(chance.uniform(40.0, 65.0)))
        return timedelta(hours=float(chance.uniform(0.5, 30.0)))

    @staticmethod
    def forbidden(site: Site) -> Body:
        """Return a step that the site, as it is, must not take (domain.md 4.3)."""
        if site.state is not SiteState.READY and site.state is not SiteState.UNDER_STANDBY:
            return Advanced(SiteState.UNDER_STANDBY, _PROOF)
        return Advanced(SiteState.CLOSED, _PROOF)
