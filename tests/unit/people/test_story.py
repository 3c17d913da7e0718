"""From an empty platform to a dispatcher at work: the order in which main, cli and the demo call people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from second_factor import set_up
from sqlalchemy import select

from pipewarden.people import service
from pipewarden.people.facts import (
    PLATFORM,
    ForbiddenError,
    NewArea,
    NewMembership,
    NewPerson,
    NotFoundError,
    OrganisationKind,
    Role,
    ScopedRow,
    SignedIn,
    StepUpError,
)
from pipewarden.people.store.areas import AreaRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area, Person
    from pipewarden.people.service import Gate

FIRST_WORDS = "nine owls behind tin"
HERE, ELSEWHERE = (116.71, 39.52), (116.95, 39.05)


def outline(west: float, south: float, east: float, north: float) -> bytes:
    return shapely.to_wkb(shapely.box(west, south, east, north))


class House:
    """What the edge of the running house does, without HTTP: one work per request, opened for the actor's tenant."""

    def __init__(self, work: Work, gate: Gate, clock: SetClock) -> None:
        self.base, self.gate, self.clock = work, gate, clock

    def work(self, tenant_id: UUID = PLATFORM) -> Work:
        return replace(self.base, tenant_id=tenant_id)

    def enter(self, login: str, password: str, previous: str | None = None) -> SignedIn:
        answer = service.sign_in(
            self.work(), self.gate, login, password, source="192.0.2.7", agent="Firefox", previous_token=previous
        )
        assert isinstance(answer, SignedIn)
        return answer

    def enrol(self, signed: SignedIn) -> SignedIn:
        """Set up a second factor and go on in the session that follows."""
        return set_up(self.work(), self.gate, signed)[0]

    def request(self, signed: SignedIn) -> tuple[Work, Actor]:
        actor = service.actor_by_token(self.base.session, signed.token, self.clock.now(), self.gate.limits)
        assert actor is not None
        return self.work(actor.tenant_id), actor


@pytest.fixture
def house(work: Work, gate: Gate, clock: SetClock) -> House:
    return House(work, gate, clock)


def grow(house: House) -> tuple[Area, Area, Area]:
    """The operator draws the shared tree, as the demo does from its district file."""
    root, work = service.operator(), house.work()
    city = service.add_area(
        work, root, NewArea("langfang", "廊坊市", None, outline(116, 38, 118, 41), "CN-HE-langfang"), shared=True
    )
    zone = service.add_area(
        work, root, NewArea("linkong", "临空区", city.id, outline(116.6, 39.4, 116.8, 39.6)), shared=True
    )
    rest = service.add_area(
        work, root, NewArea("anci", "安次区", city.id, outline(116.8, 39.0, 117.0, 39.3)), shared=True
    )
    return city, zone, rest


def test_a_platform_grows_from_nothing_to_a_dispatcher_at_work(house: House) -> None:
    root = service.operator()
    assert service.import_roles(house.work()) == len(Role)
    _, zone, rest = grow(house)
    gas = service.ensure_tenant(house.base.session, house.clock, house.base.ids, "langfang-gas")

    # pipewarden user add: a one-time password is shown once, and nothing works before it is changed
    once = service.one_time_password(house.gate.entropy)
    boss = service.add_person(house.work(), house.gate, root, NewPerson("zhang.min", "张敏", once))
    service.grant(house.work(gas.id), root, NewMembership(boss.id, gas.id, Role.TENANT_ADMIN, house.clock.now()))
    signed = house.enter("zhang.min", once)
    work, actor = house.request(signed)
    assert signed.must_change
    with pytest.raises(ForbiddenError):
        service.memberships(work, actor)
    signed = service.change_password(work, house.gate, actor, once, FIRST_WORDS, source="192.0.2.7")
    assert isinstance(signed, SignedIn)

    # what asks for a second factor waits until one is set up
    work, actor = house.request(signed)
    with pytest.raises(StepUpError, match="Set up a second factor"):
        service.add_person(work, house.gate, actor, NewPerson("li.wei", "李伟", None))
    signed = house.enrol(signed)

    # the administrator makes a company, a beat, a colleague, a key for the camera box
    work, actor = house.request(signed)
    firm = service.add_organisation(work, actor, OrganisationKind.GAS_COMPANY, "廊坊燃气")
    beat = service.add_area(work, actor, NewArea("beat-3", "三号段", zone.id, outline(116.7, 39.5, 116.75, 39.55)))
    li = service.add_person(
        work, house.gate, actor, NewPerson("li.wei", "李伟", "seven boats under moss", must_change=False)
    )
    begins = house.clock.now()
    wanted = NewMembership(li.id, gas.id, Role.DISPATCHER, begins, organisation_id=firm.id, area_id=zone.id)
    with pytest.raises(ForbiddenError):
        service.grant(work, actor, wanted)
    # another one gives the role: who adds persons gives no rights
    guard = service.add_person(
        house.work(), house.gate, root, NewPerson("sun.li", "孙丽", FIRST_WORDS, must_change=False)
    )
    service.grant(house.work(gas.id), root, NewMembership(guard.id, gas.id, Role.SECURITY_ADMIN, begins))
    service.grant(*house.request(house.enrol(house.enter("sun.li", FIRST_WORDS))), wanted)
    key = service.make_key(
        work, house.gate, actor, "box 7", permissions=["observation:create"], expires_at=begins + timedelta(days=90)
    )

    # the box delivers, the slice asks where the picture belongs
    box = service.actor_by_key(house.base.session, key.text, house.clock.now())
    assert box is not None
    service.require_row(box, "observation:create", ScopedRow(gas.id), "tenant")
    here, elsewhere = service.areas_at(house.work(gas.id), np.array([HERE, ELSEWHERE]))
    assert (here.area, here.jurisdiction) == (beat, "CN-HE-langfang")
    assert (elsewhere.area, elsewhere.jurisdiction) == (rest, "CN-HE-langfang")

    # the dispatcher sees the alarm in the zone and not the one outside
    work, dispatcher = house.request(house.enter("li.wei", "seven boats under moss"))
    table = service.ScopedTable(tenant_id=AreaRow.tenant_id, area_path=AreaRow.path)
    seen = work.session.scalars(select(AreaRow.key).where(service.scope_filter(dispatcher, "alarm:read", table))).all()
    assert seen == ["beat-3"], "the tenant's own row below the zone; the shared rows belong to no tenant"
    service.put_on_duty(
        work,
        replace(root, tenant_id=gas.id),
        li.id,
        Role.DISPATCHER,
        zone.id,
        begins_at=begins,
        ends_at=begins + timedelta(hours=8),
    )
    called = service.on_duty(work, Role.DISPATCHER, beat.path, begins)
    assert [(duty.person_id, duty.rank) for duty in called] == [(li.id, 1)]
    assert service.verify(house.work(gas.id)) is None
    assert service.verify(house.work()) is None


def test_every_act_of_that_day_is_on_record(house: House) -> None:
    test_a_platform_grows_from_nothing_to_a_dispatcher_at_work(house)
    root = service.operator()
    gas = service.ensure_tenant(house.base.session, house.clock, house.base.ids, "langfang-gas")
    platform = [entry.act for entry in service.read(house.work(), root, limit=1000)]
    tenant = [entry.act for entry in service.read(house.work(gas.id), root, limit=1000)]
    assert platform == [
        "area.added",
        "area.added",
        "area.added",
        "person.added",
        "session.opened",
        "person.password_changed",
        "factor.confirmed",
        "person.added",
        "session.opened",
        "factor.confirmed",
        "session.opened",
    ]
    assert tenant == [
        "membership.granted",
        "organisation.added",
        "area.added",
        "person.added",
        "membership.granted",
        "membership.granted",
        "api_key.made",
        "duty.given",
    ]


def test_a_regulator_looks_into_both_companies_and_orders_neither(house: House) -> None:
    root = service.operator()
    _, zone, _ = grow(house)
    gas = [service.ensure_tenant(house.base.session, house.clock, house.base.ids, key) for key in ("gas-1", "gas-2")]
    chief = service.add_person(
        house.work(), house.gate, root, NewPerson("wang.jian", "王建", FIRST_WORDS, must_change=False)
    )
    office = service.add_organisation(house.work(), root, OrganisationKind.REGULATOR, "住建局", shared=True)
    service.grant(
        house.work(),
        root,
        NewMembership(
            chief.id, PLATFORM, Role.REGULATOR, house.clock.now(), organisation_id=office.id, area_id=zone.id
        ),
    )
    for tenant in gas:
        for key, parent in (("in", zone.id), ("out", None)):
            service.add_area(house.work(tenant.id), root, NewArea(key, f"{key} of {tenant.key}", parent))
    work, regulator = house.request(house.enter("wang.jian", FIRST_WORDS))
    assert work.tenant_id == PLATFORM
    table = service.ScopedTable(tenant_id=AreaRow.tenant_id, area_path=AreaRow.path)
    names = select(AreaRow.name).where(
        service.scope_filter(regulator, "alarm:read", table), AreaRow.tenant_id != PLATFORM
    )
    assert set(work.session.scalars(names)) == {"in of gas-1", "in of gas-2"}
    for act in ("alarm:acknowledge", "alarm:merge", "camera:manage", "network:read", "evidence:original"):
        with pytest.raises(ForbiddenError):
            service.require(regulator, act)


def test_a_contractor_of_two_companies_sees_each_alone(house: House) -> None:
    root = service.operator()
    gas = [service.ensure_tenant(house.base.session, house.clock, house.base.ids, key) for key in ("gas-1", "gas-2")]
    digger = service.add_person(
        house.work(), house.gate, root, NewPerson("chen.gong", "陈工", FIRST_WORDS, must_change=False)
    )
    for tenant in gas:
        service.grant(
            house.work(tenant.id), root, NewMembership(digger.id, tenant.id, Role.CONTRACTOR, house.clock.now())
        )
    signed = house.enter("chen.gong", FIRST_WORDS)
    work, actor = house.request(signed)
    assert work.tenant_id == gas[0].id
    assert service.allows(actor, "report:read", ScopedRow(gas[0].id, owner_id=digger.id))
    assert not service.allows(actor, "report:read", ScopedRow(gas[1].id, owner_id=digger.id))
    work, actor = house.request(service.act_for(work, house.gate, actor, gas[1].id))
    assert not service.allows(actor, "report:read", ScopedRow(gas[0].id, owner_id=digger.id))
    assert service.allows(actor, "report:read", ScopedRow(gas[1].id, owner_id=digger.id))
    with pytest.raises(NotFoundError):
        service.require_row(actor, "report:read", ScopedRow(gas[1].id), "report")


def leave(house: House, tenant_id: UUID, person: Person) -> None:
    work = house.work(tenant_id)
    for one, membership in service.memberships(work, service.operator()):
        if one.id == person.id:
            service.end_membership(work, service.operator(), membership.id)


def test_a_leaver_is_out_at_once_and_the_record_stays(house: House) -> None:
    root = service.operator()
    gas = service.ensure_tenant(house.base.session, house.clock, house.base.ids, "gas-1")
    leaver = service.add_person(
        house.work(), house.gate, root, NewPerson("qian.li", "钱力", FIRST_WORDS, must_change=False)
    )
    service.grant(house.work(gas.id), root, NewMembership(leaver.id, gas.id, Role.SAFETY_MANAGER, house.clock.now()))
    signed = house.enter("qian.li", FIRST_WORDS)
    house.request(signed)
    house.clock.advance(timedelta(minutes=5))
    leave(house, gas.id, leaver)
    assert service.actor_by_token(house.base.session, signed.token, house.clock.now()) is None
    again = house.enter("qian.li", FIRST_WORDS)
    _, actor = house.request(again)
    assert (actor.tenant_id, actor.grants) == (PLATFORM, ())
    acts = [entry.act for entry in service.read(house.work(gas.id), root, limit=100)]
    assert acts == ["membership.granted", "membership.ended"]
