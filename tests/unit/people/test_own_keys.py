"""A person's own key: it reads maps as that person for a time, and opens nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service
from pipewarden.people.facts import ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope
from pipewarden.people.service.own_keys import MAP_READS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor, MadeKey


@pytest.fixture
def patroller(city: City) -> Actor:
    return proved(city, city.actor(Role.PATROLLER, tenant=city.a, area=city.north))


def proved(city: City, actor: Actor) -> Actor:
    return replace(actor, proved_at=city.work.now())


def make(city: City, actor: Actor, **more: object) -> MadeKey:
    more.setdefault("expires_at", city.work.now() + timedelta(days=30))
    return service.make_own_key(city.at(city.a.id), city.gate, actor, "QGIS", **more)  # type: ignore[arg-type]


def asks(city: City, key: str) -> Actor | None:
    return service.reader_by_key(city.work.session, key, city.work.now())


def test_it_opens_as_its_person_with_the_reads_of_a_map(city: City, patroller: Actor) -> None:
    made = make(city, patroller)
    found = asks(city, made.text)
    assert found is not None
    assert (found.kind, found.id, found.tenant_id) == (ActorKind.PERSON, patroller.id, city.a.id)
    assert found.permissions() == set(MAP_READS), "neither site:work nor anything else that a patroller may do"
    mine = {(one.permission, one.scope, one.area_path) for one in patroller.grants if one.permission in MAP_READS}
    assert {(one.permission, one.scope, one.area_path) for one in found.grants} == mine, "where its person may, no more"
    assert made.key.person_id == patroller.id
    assert service.keys(city.at(city.a.id), city.actor(Role.TENANT_ADMIN, tenant=city.a))[0].id == made.key.id


def test_it_is_no_device_and_a_device_is_nobodys_own(city: City, patroller: Actor) -> None:
    own = make(city, patroller).text
    assert service.actor_by_key(city.work.session, own, city.work.now()) is None
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    box = service.make_key(
        city.at(city.a.id),
        city.gate,
        admin,
        "box",
        permissions=["observation:create"],
        expires_at=city.work.now() + timedelta(days=1),
    )
    assert asks(city, box.text) is None


def test_only_its_text_opens(city: City, patroller: Actor) -> None:
    own = make(city, patroller).text
    for wrong in ("", "pw_", f"{own}x", own[:-1], own.swapcase(), own.replace(own[-3:], "AAA")):
        assert asks(city, wrong) is None
    kept = text("SELECT encode(secret_sha256, 'hex') FROM people_api_keys")
    assert own.rpartition("_")[2] not in str(city.work.session.scalars(kept).all())


def test_it_ends_by_its_day_by_its_owner_by_an_administrator(
    city: City, patroller: Actor, later: Callable[..., None]
) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    one, two, three = (make(city, patroller) for _ in range(3))
    service.revoke_own_key(city.at(city.a.id), patroller, one.key.id)
    service.revoke_key(city.at(city.a.id), admin, two.key.id)
    assert asks(city, one.text) is None
    assert asks(city, two.text) is None
    assert asks(city, three.text) is not None
    later(days=31)
    assert asks(city, three.text) is None


def test_it_holds_what_the_person_may_now(city: City, patroller: Actor) -> None:
    key = make(city, patroller).text
    root = city.root
    held = next(one for _, one in service.memberships(city.at(city.a.id), root) if one.person_id == patroller.id)
    service.end_membership(city.at(city.a.id), root, held.id)
    found = asks(city, key)
    assert found is not None
    assert found.permissions() == set(), "a role that ends ends what its keys read"
    city.work.session.execute(text("UPDATE people_persons SET state = 'disabled' WHERE id = :id"), {"id": patroller.id})
    assert asks(city, key) is None


def test_pipes_must_be_named_and_permitted_when_it_is_made(city: City, patroller: Actor) -> None:
    with pytest.raises(ForbiddenError):
        make(city, patroller, pipes=True)
    guard = city.actor(Role.SECURITY_ADMIN, tenant=city.a)
    work = city.at(city.a.id)
    now = dict(service.permitted(work, city.a.id, Role.PATROLLER)) | {"network:export": Scope.AREA}
    service.edit_role(work, guard, Role.PATROLLER, now, reason="GIS")
    may = service.actor_of(work, patroller.id)
    assert may is not None
    without, with_pipes = make(city, proved(city, may)), make(city, proved(city, may), pipes=True)
    assert "network:export" not in asks(city, without.text).permissions()
    assert "network:export" in asks(city, with_pipes.text).permissions()
    export = next(one for one in may.grants if one.permission == "network:export")
    assert isinstance(export, Grant)
    stale = replace(
        may,
        proved_at=city.work.now(),
        grants=tuple(one for one in may.grants if one is not export),
        waiting=(export,),
    )
    with pytest.raises(ForbiddenError) as caught:
        make(city, stale, pipes=True)
    assert caught.value.more["code"] == "step_up", "a second factor that was given lately"


def test_a_key_that_nobody_proved_is_not_made(city: City, patroller: Actor) -> None:
    with pytest.raises(ForbiddenError):
        make(city, replace(patroller, proved_at=None))
    with pytest.raises(ForbiddenError):
        make(city, replace(patroller, proved_at=city.work.now() - timedelta(hours=2)))
    with pytest.raises(ForbiddenError):
        make(city, proved(city, city.actor(Role.RESIDENT, tenant=city.a)))
    with pytest.raises(ForbiddenError):
        make(city, replace(patroller, kind=ActorKind.DEVICE))


@pytest.mark.parametrize("days", [0, -1, 93])
def test_its_days_are_few(city: City, patroller: Actor, days: int) -> None:
    with pytest.raises(InputError) as caught:
        make(city, patroller, expires_at=city.work.now() + timedelta(days=days))
    assert caught.value.field == "expires_at"


def test_five_are_enough(city: City, patroller: Actor) -> None:
    made = [make(city, patroller) for _ in range(5)]
    with pytest.raises(RefusedError):
        make(city, patroller)
    service.revoke_own_key(city.at(city.a.id), patroller, made[0].key.id)
    make(city, patroller)
    assert len(service.own_keys(city.at(city.a.id), patroller)) == 6


def test_nobody_ends_anothers(city: City, patroller: Actor) -> None:
    key = make(city, patroller).key
    other = proved(city, city.actor(Role.PATROLLER, tenant=city.a, area=city.north))
    assert service.own_keys(city.at(city.a.id), other) == []
    with pytest.raises(NotFoundError):
        service.revoke_own_key(city.at(city.a.id), other, key.id)


def test_it_is_not_rotated_into_a_devices(city: City, patroller: Actor) -> None:
    key = make(city, patroller).key
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    with pytest.raises(NotFoundError):
        service.rotate_key(city.at(city.a.id), city.gate, admin, key.id, expires_at=city.work.now() + timedelta(days=1))


def test_making_and_ending_one_is_on_record(city: City, patroller: Actor) -> None:
    made = make(city, patroller)
    service.revoke_own_key(city.at(city.a.id), patroller, made.key.id)
    acts = [(one.act, one.details) for one in service.read(city.at(city.a.id), city.root, limit=1000)]
    assert {"own_key.made", "own_key.revoked"} <= {act for act, _ in acts}
    assert made.text.rpartition("_")[2] not in str(acts)
