"""Names on a page of a list: one row, what it says, whose it is, and that a desk that asks again leaves no second."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, Actor, Role, View, Viewed, ViewFilter
from pipewarden.people.rules import views as rules

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.kit.clock import SetClock


@pytest.fixture
def manager(city: City) -> Actor:
    return city.actor(Role.SAFETY_MANAGER, tenant=city.a)


def looks(city: City, tenant: UUID, by: Actor) -> list[View]:
    return service.views(city.at(tenant), service.operator(tenant), ViewFilter(what=Viewed.LIST, actor_id=by.id))


def test_a_page_is_one_row_that_says_list_question_and_persons(city: City, manager: Actor) -> None:
    persons = [UUID(int=number) for number in (9, 5, 7)]
    asked = {"role": Role.PATROLLER, "cursor": None, "mine": False}
    service.listed(city.at(city.a.id), manager, "people", asked, [(city.a.id, one) for one in [*persons, persons[0]]])
    (look,) = looks(city, city.a.id, manager)
    assert (look.what, look.subject_kind, look.reason, look.about) == (Viewed.LIST, "people", "duty", None)
    assert json.loads(look.subject_id) == {
        "asked": {"role": "patroller"},
        "persons": sorted(str(one) for one in persons),
    }


def test_more_than_fifty_are_a_number_and_a_hash(city: City, manager: Actor) -> None:
    ids = [UUID(int=number) for number in range(1, 52)]
    service.listed(city.at(city.a.id), manager, "people", {}, [(city.a.id, one) for one in ids])
    (look,) = looks(city, city.a.id, manager)
    told = json.loads(look.subject_id)
    whole = "\n".join(sorted(str(one) for one in ids))
    assert told == {"asked": {}, "count": 51, "sha256": hashlib.sha256(whole.encode()).hexdigest()}
    assert "persons" in json.loads(rules.page_of({}, {str(one) for one in ids[:50]}))


def test_a_page_without_anybody_else_is_no_look(city: City, manager: Actor) -> None:
    work = city.at(city.a.id)
    service.listed(work, manager, "sites", {}, [(city.a.id, None), (city.a.id, manager.id)])
    service.listed(work, manager, "alarms", {}, [(city.a.id, f"person:{manager.id}")])
    service.listed(work, manager, "people", {}, [])
    assert looks(city, city.a.id, manager) == []


def test_the_same_page_again_is_the_same_look_for_ten_minutes(city: City, manager: Actor, clock: SetClock) -> None:
    one, other = (city.a.id, UUID(int=1)), (city.a.id, UUID(int=2))
    for shown in ([one], [one], [one, other], [one]):
        service.listed(city.at(city.a.id), manager, "people", {}, shown)
    assert len(looks(city, city.a.id, manager)) == 2, "other persons are another look, the same ones are not"
    service.listed(city.at(city.a.id), manager, "people", {"role": "owner"}, [one])
    assert len(looks(city, city.a.id, manager)) == 3, "another question is another look"
    clock.advance(timedelta(minutes=10, seconds=1))
    service.listed(city.at(city.a.id), manager, "people", {}, [one])
    assert len(looks(city, city.a.id, manager)) == 4
    somebody = city.actor(Role.AUDITOR, tenant=city.a)
    service.listed(city.at(city.a.id), somebody, "people", {}, [one])
    assert len(looks(city, city.a.id, somebody)) == 1, "each reader's own"


def test_each_tenant_has_the_look_at_its_own_persons(city: City) -> None:
    reader = city.actor(Role.SAFETY_MANAGER, tenant=city.a)
    shown = [(city.a.id, UUID(int=1)), (city.b.id, UUID(int=2))]
    service.listed(city.at(city.a.id), reader, "sites", {}, shown)
    for tenant, person in ((city.a.id, 1), (city.b.id, 2)):
        (look,) = looks(city, tenant, reader)
        assert json.loads(look.subject_id)["persons"] == [str(UUID(int=person))]


def test_looks_at_lists_are_sealed_as_the_others_are(city: City, manager: Actor) -> None:
    work = city.at(city.a.id)
    service.listed(work, manager, "people", {}, [(city.a.id, UUID(int=1))])
    seal = service.seal_views(work)
    assert seal is not None
    assert seal.count >= 1
    assert service.verify_views(work) is None
    assert PLATFORM not in service.tenants_viewed(work)
