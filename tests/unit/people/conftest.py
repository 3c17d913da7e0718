"""A small city of people: two gas companies in one prefecture, cheap hashes, chance that can be repeated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from second_factor import Authenticator, set_up

from pipewarden.kit.vault import Sealer
from pipewarden.people import service
from pipewarden.people.adapters.argon import ArgonHasher, Parameters
from pipewarden.people.adapters.qr import qr_of
from pipewarden.people.facts import (
    PLATFORM,
    Actor,
    Area,
    NewArea,
    NewMembership,
    NewPerson,
    Person,
    Role,
    SignedIn,
    Tenant,
)
from pipewarden.people.service import Gate, Second

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
PASSWORD = "three herons over ice"  # noqa: S105  a test's own


@dataclass(slots=True)
class CountedChance:
    """Bytes that look random, never repeat and are the same in every run."""

    drawn: int = 0

    def __call__(self, count: int, /) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(f"people {self.drawn}".encode()).digest(count)


@dataclass(slots=True)
class CountingHasher:
    """The real hasher, which counts how often a password is checked."""

    inner: ArgonHasher
    checks: list[bool] = field(default_factory=list)

    def hash(self, password: str) -> str:
        return self.inner.hash(password)

    def verify(self, encoded: str | None, password: str) -> bool:
        self.checks.append(encoded is not None)
        return self.inner.verify(encoded, password)

    def stale(self, encoded: str) -> bool:
        return self.inner.stale(encoded)


CHEAP = Parameters(time_cost=1, memory_kib=64, lanes=1)


@pytest.fixture
def chance() -> CountedChance:
    return CountedChance()


@pytest.fixture
def hasher(chance: CountedChance) -> CountingHasher:
    return CountingHasher(ArgonHasher(chance, CHEAP))


@pytest.fixture
def gate(hasher: CountingHasher, chance: CountedChance) -> Gate:
    second = Second(sealer=Sealer(b"a secret of this test run alone.", chance), draw=qr_of)
    return Gate(hasher=hasher, entropy=chance, second=second)


def box(west: float, south: float, east: float, north: float) -> bytes:
    return shapely.to_wkb(shapely.box(west, south, east, north))


@dataclass(slots=True)
class City:
    """Two tenants; shared areas he > langfang > (north, south); a beat of tenant a in north."""

    work: Work
    gate: Gate
    a: Tenant
    b: Tenant
    he: Area
    langfang: Area
    north: Area
    south: Area
    beat: Area
    root: Actor = field(default_factory=service.operator)
    made: int = 0

    def at(self, tenant_id: UUID) -> Work:
        """The same transaction, worked for another tenant."""
        return replace(self.work, tenant_id=tenant_id)

    def person(self, *, password: str | None = None, must_change: bool = False, login: str | None = None) -> Person:
        self.made += 1
        wanted = NewPerson(
            login=login or f"w{self.made:03d}x", name=f"Person {self.made}", password=password, must_change=must_change
        )
        return service.add_person(self.at(PLATFORM), self.gate, self.root, wanted)

    def member(self, person: Person, role: Role, *, tenant: Tenant | None = None, area: Area | None = None) -> None:
        tenant_id = PLATFORM if tenant is None else tenant.id
        service.grant(
            self.at(tenant_id),
            self.root,
            NewMembership(
                person_id=person.id,
                tenant_id=tenant_id,
                role=role,
                begins_at=BEFORE,
                area_id=None if area is None else area.id,
            ),
        )

    def actor(self, role: Role, *, tenant: Tenant | None = None, area: Area | None = None) -> Actor:
        """A fresh person in one role, as loaded for a request."""
        person = self.person()
        self.member(person, role, tenant=tenant, area=area)
        found = service.actor_of(self.at(PLATFORM if tenant is None else tenant.id), person.id)
        assert found is not None
        return found

    def sign_in(self, person: Person, password: str = PASSWORD, source: str = "10.0.0.1") -> SignedIn:
        answer = service.sign_in(self.at(PLATFORM), self.gate, person.login, password, source=source, agent="browser")
        assert isinstance(answer, SignedIn)
        return answer

    def enrol(self, signed: SignedIn) -> tuple[SignedIn, Authenticator]:
        """Set up a second factor as the person does, and go on with the session that follows."""
        return set_up(self.at(PLATFORM), self.gate, signed)

    def holder(self, signed: SignedIn) -> Actor:
        """The actor whom the session's token makes."""
        found = service.actor_by_token(self.work.session, signed.token, self.work.now(), self.gate.limits)
        assert found is not None
        return found


@pytest.fixture
def city(work: Work, gate: Gate) -> City:
    a = service.ensure_tenant(work.session, work.clock, work.ids, "gas-a")
    b = service.ensure_tenant(work.session, work.clock, work.ids, "gas-b")
    root = service.operator()

    def add(tenant_id: UUID, wanted: NewArea) -> Area:
        shared = tenant_id == PLATFORM
        return service.add_area(replace(work, tenant_id=tenant_id), root, wanted, shared=shared)

    he = add(PLATFORM, NewArea("he", "河北", wkb=box(114, 36, 119, 42), jurisdiction="CN-GB55009"))
    langfang = add(PLATFORM, NewArea("langfang", "廊坊", he.id, box(116, 39, 117, 40), "CN-HE-langfang"))
    north = add(PLATFORM, NewArea("north", "北区", langfang.id, box(116, 39.5, 117, 40)))
    south = add(PLATFORM, NewArea("south", "南区", langfang.id, box(116, 39, 117, 39.5)))
    beat = add(a.id, NewArea("beat-1", "一号巡线段", north.id, box(116.2, 39.6, 116.4, 39.8)))
    return City(work, gate, a, b, he, langfang, north, south, beat)


@pytest.fixture
def later(clock: SetClock):
    def move(**by: float) -> None:
        clock.advance(timedelta(**by))

    return move
