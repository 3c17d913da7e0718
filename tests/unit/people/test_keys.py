"""Devices' keys: shown once, hashed, bounded in right, place and time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ActorKind, AreaRef, ForbiddenError, NotFoundError, Role, Scope, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor

ALL = ("observation:create", "observation:read")


@pytest.fixture
def admin(city: City):
    return city.actor(Role.TENANT_ADMIN, tenant=city.a)


@pytest.fixture
def guard(city: City):
    """Who gives roles: not the one who adds persons (GB/T 22239-2019 8.1.5.3)."""
    return city.actor(Role.SECURITY_ADMIN, tenant=city.a)


def make(city: City, admin: Actor, **more: object):
    more.setdefault("permissions", ALL)
    more.setdefault("expires_at", city.work.now() + timedelta(days=365))
    return service.make_key(city.at(city.a.id), city.gate, admin, "camera box 7", **more)


def asks(city: City, key_text: str):
    return service.actor_by_key(city.work.session, key_text, city.work.now())


def test_a_key_opens_as_a_device_of_its_tenant(city: City, admin: Actor) -> None:
    made = make(city, admin)
    device = asks(city, made.text)
    assert (device.kind, device.id, device.tenant_id, device.name) == (
        ActorKind.DEVICE,
        made.key.id,
        city.a.id,
        "camera box 7",
    )
    assert device.permissions() == set(ALL)
    assert service.allows(device, "observation:create", ScopedRow(city.a.id))
    assert not service.allows(device, "observation:create", ScopedRow(city.b.id))
    assert service.allows(device, "observation:read", ScopedRow(city.a.id, owner_id=device.id))
    assert not service.allows(device, "observation:read", ScopedRow(city.a.id, owner_id=admin.id))
    with pytest.raises(ForbiddenError):
        service.require(device, "alarm:read")


def test_the_secret_is_nowhere_in_the_database(city: City, admin: Actor) -> None:
    made = make(city, admin)
    secret = made.text.split("_", 2)[2]
    kept = "\n".join(
        str(row)
        for table in ("people_api_keys", "people_audit")
        for row in city.work.session.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608  our own names
    )
    assert secret not in kept
    assert secret.encode().hex() not in kept
    assert made.key.prefix in kept
    assert secret not in repr(made)


def test_wrong_keys_are_nobody(city: City, admin: Actor) -> None:
    made, other = make(city, admin), make(city, admin)
    prefix = made.key.prefix
    foreign_secret = other.text.split("_", 2)[2]
    for wrong in (
        "",
        "pw_",
        f"pw_{prefix}_{foreign_secret}",
        f"pw_aaaaaaaa_{foreign_secret}",
        made.text[:-1],
        made.text + "A",
        made.text.upper(),
    ):
        assert asks(city, wrong) is None


def test_one_query_and_a_touch_a_minute(
    city: City, admin: Actor, later: Callable[..., None], count_statements: list[str]
) -> None:
    made = make(city, admin)
    asks(city, made.text)
    count_statements.clear()
    asks(city, made.text)
    assert len(count_statements) == 1
    later(seconds=61)
    count_statements.clear()
    asks(city, made.text)
    assert [one.split()[0] for one in count_statements] == ["SELECT", "UPDATE"]
    assert service.keys(city.at(city.a.id), admin)[0].last_used_at == city.work.now()


def test_a_key_ends(city: City, admin: Actor, later: Callable[..., None]) -> None:
    made = make(city, admin, expires_at=city.work.now() + timedelta(hours=1))
    later(minutes=59)
    assert asks(city, made.text) is not None
    later(minutes=1)
    assert asks(city, made.text) is None


def test_a_key_bound_to_an_area_never_reaches_past_it(city: City, admin: Actor) -> None:
    device = asks(city, make(city, admin, area_id=city.north.id).text)
    assert {grant.scope for grant in device.grants_for("observation:create")} == {Scope.AREA}
    inside = ScopedRow(city.a.id, areas=(AreaRef(PLATFORM, city.north.path),))
    outside = ScopedRow(city.a.id, areas=(AreaRef(PLATFORM, city.south.path),))
    assert service.allows(device, "observation:create", inside)
    assert not service.allows(device, "observation:create", outside)


def test_a_narrower_key_holds_only_what_it_names(city: City, admin: Actor) -> None:
    device = asks(city, make(city, admin, permissions=["observation:create"]).text)
    assert device.permissions() == {"observation:create"}


def test_a_role_edit_narrows_keys_that_exist(city: City, admin: Actor, guard: Actor) -> None:
    made = make(city, admin)
    service.edit_role(city.at(city.a.id), guard, Role.DEVICE, {"observation:read": Scope.OWN}, reason="read only")
    assert asks(city, made.text).permissions() == {"observation:read"}


def test_rotation_overlaps(city: City, admin: Actor, later: Callable[..., None]) -> None:
    work = city.at(city.a.id)
    old = make(city, admin)
    new = service.rotate_key(work, city.gate, admin, old.key.id, expires_at=city.work.now() + timedelta(days=90))
    assert new.text != old.text
    assert new.key.permissions == old.key.permissions
    assert asks(city, old.text) is not None
    assert asks(city, new.text) is not None
    later(hours=24)
    assert asks(city, old.text) is None
    assert asks(city, new.text) is not None
    with pytest.raises(NotFoundError):
        service.rotate_key(work, city.gate, admin, old.key.id, expires_at=city.work.now() + timedelta(days=90))


def test_rotation_never_lengthens_the_old_key(city: City, admin: Actor, later: Callable[..., None]) -> None:
    old = make(city, admin, expires_at=city.work.now() + timedelta(hours=2))
    service.rotate_key(city.at(city.a.id), city.gate, admin, old.key.id, expires_at=city.work.now() + timedelta(days=9))
    later(hours=2)
    assert asks(city, old.text) is None


def test_revocation_is_at_once_and_final(city: City, admin: Actor) -> None:
    work = city.at(city.a.id)
    made = make(city, admin)
    service.revoke_key(work, admin, made.key.id)
    assert asks(city, made.text) is None
    with pytest.raises(NotFoundError):
        service.revoke_key(work, admin, made.key.id)
    assert service.keys(work, admin)[0].revoked_at == city.work.now()


def test_keys_of_another_tenant_are_out_of_reach(city: City, admin: Actor) -> None:
    made = make(city, admin)
    foreign = city.actor(Role.TENANT_ADMIN, tenant=city.b)
    expires = city.work.now() + timedelta(days=1)
    for work in (city.at(city.a.id), city.at(city.b.id)):
        with pytest.raises(NotFoundError):
            service.revoke_key(work, foreign, made.key.id)
        with pytest.raises(NotFoundError):
            service.rotate_key(work, city.gate, foreign, made.key.id, expires_at=expires)
    with pytest.raises(NotFoundError):
        service.make_key(city.at(city.a.id), city.gate, foreign, "x", permissions=ALL, expires_at=expires)
    assert service.keys(city.at(city.b.id), foreign) == []
    with pytest.raises(ForbiddenError):
        make(city, city.actor(Role.DISPATCHER, tenant=city.a, area=city.north))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"permissions": ["alarm:read"]}, "permissions"),
        ({"permissions": []}, "permissions"),
        ({"expires_at": timedelta(0)}, "expires_at"),
        ({"expires_at": timedelta(days=732)}, "expires_at"),
    ],
)
def test_unusable_keys_are_refused(city: City, admin: Actor, more: dict, field: str) -> None:
    if "expires_at" in more:
        more = {"expires_at": city.work.now() + more["expires_at"]}
    with pytest.raises(InputError) as caught:
        make(city, admin, **more)
    assert caught.value.field == field


def test_names_areas_and_overlaps_are_checked(city: City, admin: Actor) -> None:
    work, soon = city.at(city.a.id), city.work.now() + timedelta(days=1)
    with pytest.raises(InputError):
        service.make_key(work, city.gate, admin, " ", permissions=ALL, expires_at=soon)
    foreign = city.at(city.b.id)
    with pytest.raises(NotFoundError):
        service.make_key(foreign, city.gate, city.root, "x", permissions=ALL, expires_at=soon, area_id=city.beat.id)
    made = make(city, admin)
    for overlap in (timedelta(seconds=-1), timedelta(days=31)):
        with pytest.raises(InputError, match="30 days"):
            service.rotate_key(work, city.gate, admin, made.key.id, expires_at=soon, overlap=overlap)
    with pytest.raises(InputError, match="two years"):
        service.rotate_key(work, city.gate, admin, made.key.id, expires_at=city.work.now())


def test_keys_are_on_record(city: City, admin: Actor) -> None:
    work = city.at(city.a.id)
    made = make(city, admin)
    service.rotate_key(work, city.gate, admin, made.key.id, expires_at=city.work.now() + timedelta(days=9))
    service.revoke_key(work, admin, made.key.id)
    acts = [entry.act for entry in service.read(work, city.root, limit=1000)]
    assert acts[-3:] == ["api_key.made", "api_key.rotated", "api_key.revoked"]
