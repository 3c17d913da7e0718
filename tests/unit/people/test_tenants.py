"""Tenants and organisations: made once, seen in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from tests.unit.people.conftest import City

    from pipewarden.kit.clock import SetClock


def test_a_tenant_is_made_once(session: Session, clock: SetClock) -> None:
    ids = Uuid7Source(clock)
    first = service.ensure_tenant(session, clock, ids, "langfang-gas")
    again = service.ensure_tenant(session, clock, ids, "langfang-gas")
    assert first == again
    assert first.created_at == clock.now()


@pytest.mark.parametrize("key", ["", "a" * 41, "a b", "../x", "a;b"])
def test_a_bad_key_is_refused_with_the_field(session: Session, clock: SetClock, key: str) -> None:
    with pytest.raises(InputError) as caught:
        service.ensure_tenant(session, clock, Uuid7Source(clock), key)
    assert caught.value.field == "PIPEWARDEN_TENANT"


def test_tenants_are_seen_in_reach(city: City) -> None:
    assert {"gas-a", "gas-b"} <= {tenant.key for tenant in service.tenants(city.at(PLATFORM), city.root)}
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    assert service.tenants(city.at(city.a.id), auditor) == [city.a]
    with pytest.raises(ForbiddenError):
        service.tenants(city.at(city.a.id), city.actor(Role.RESIDENT))


def test_a_job_of_the_house_may_only_put_things_on_record(city: City) -> None:
    job = service.system("sweep", city.a.id)
    with pytest.raises(ForbiddenError):
        service.require(job, "alarm:read")
    entry = service.record(city.at(city.a.id), job, "session.swept", ("session", "all"), {"count": 3})
    assert (entry.actor_kind, entry.actor_id) == ("system", PLATFORM)
