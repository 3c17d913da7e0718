"""A gas company with people on duty: a city of two districts, a roster, sites that open, a clock that is set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import service, store
from pipewarden.casework.facts import Accepted, Arrived, Discovered, Proof
from pipewarden.casework.store.duty_tables import CallRow
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.facts import PLATFORM, NewArea, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Body, Call, Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area, Duty, Person

NORTH, SOUTH, NOWHERE = (116.70, 39.55), (116.70, 39.45), (100.0, 30.0)
CHEAP = Parameters(time_cost=1, memory_kib=64, lanes=1)


def chance(count: int, /) -> bytes:
    return hashlib.shake_256(b"duty town").digest(count)


GATE = people.Gate(hasher=ArgonHasher(chance, CHEAP), entropy=chance)


@dataclass(slots=True)
class DutyTown:
    """Works in the transaction of ``work``; ``begin`` gives another one where a test commits."""

    work: Work
    clock: SetClock
    root: Actor = field(default_factory=people.operator)
    city: Area = field(init=False)
    north: Area = field(init=False)
    south: Area = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        self.city = self._area(None, (116.6, 39.4, 116.8, 39.6))
        self.north = self._area(self.city, (116.6, 39.5, 116.8, 39.6))
        self.south = self._area(self.city, (116.6, 39.4, 116.8, 39.5))

    def _area(self, parent: Area | None, box: tuple[float, float, float, float]) -> Area:
        self.made += 1
        wanted = NewArea(f"a{self.made}", "A", None if parent is None else parent.id, shapely.to_wkb(shapely.box(*box)))
        return people.add_area(self.work, self.root, wanted)

    def person(self, role: Role, *, area: Area | None = None, tenant: bool = True) -> Person:
        """Make a person who holds a role, not on duty."""
        self.made += 1
        login = f"d{self.made:04d}{self.work.tenant_id.hex[-6:]}"
        made = people.add_person(
            replace(self.work, tenant_id=PLATFORM),
            GATE,
            self.root,
            NewPerson(login=login, name=f"P{self.made}", password=None),
        )
        if tenant:
            wanted = NewMembership(
                person_id=made.id,
                tenant_id=self.work.tenant_id,
                role=role,
                begins_at=self.clock.now() - timedelta(days=1),
                area_id=(area or self.city).id,
            )
            people.grant(self.work, self.root, wanted)
        return made

    def actor(self, person: Person) -> Actor:
        found = people.actor_of(self.work, person.id)
        assert found is not None
        return found

    def on_duty(self, role: Role, area: Area | None = None, *, rank: int = 1, hours: float = 240) -> Person:
        """Make a person and put them on duty from an hour ago."""
        made = self.person(role, area=area)
        self.roster(made, role, area, rank=rank, hours=hours)
        return made

    def roster(
        self, person: Person, role: Role, area: Area | None = None, *, rank: int = 1, hours: float = 240
    ) -> Duty:
        now = self.clock.now()
        return people.put_on_duty(
            self.work,
            self.root,
            person.id,
            role,
            (area or self.city).id,
            begins_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=hours),
            rank=rank,
        )

    def site(self, place: tuple[float, float] | None = NORTH, *, zone: Zone = Zone.PROTECTION, level: int = 2) -> Site:
        """Open a site, as an alarm does."""
        lon, lat = place or (None, None)
        return service.open_site(self.work, Discovered(None, zone, level, lon, lat, "an excavator"))

    def happen(self, site_id: UUID, *bodies: Body, by: Person | None = None) -> Site:
        """Let things happen to a site."""
        site = store.sites.lock(self.work, [site_id])[site_id]
        return service.append(self.work, site, bodies, None if by is None else f"person:{by.id}")

    def accept(self, site_id: UUID, by: Person) -> Site:
        return self.happen(site_id, Accepted(), by=by)

    def arrive(self, site_id: UUID, by: Person) -> Site:
        proof = Proof(pictures=("0" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
        return self.happen(site_id, Arrived(proof), by=by)

    def pass_time(self, **time: float) -> None:
        """Let time pass with a sweep every five seconds."""
        until = self.clock.now() + timedelta(**time)
        while self.clock.now() < until:
            self.clock.advance(min(timedelta(seconds=5), until - self.clock.now()))
            service.sweep(self.work)

    def duties(self, site_id: UUID) -> dict[str, store.owed.Kept]:
        return {kept.duty.kind: kept for kept in store.owed.running(self.work, site_id)}

    def calls(self, person: Person | None = None) -> list[Call]:
        """Return the calls made so far, oldest first."""
        return [one for one in self.calls_of(self.work) if person is None or one.person_id == person.id]

    @staticmethod
    def calls_of(work: Work) -> list[Call]:
        """Return the calls of a tenant, oldest first."""
        mine = CallRow.tenant_id == work.tenant_id
        found = store.calls.page(work, mine, person_id=None, waits=None, limit=10_000)
        return [one.call for one in reversed(found)]
