"""Looks at personal data: each with its reason, sealed into the audit chain, shown to whom it concerns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import text

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, Role, Viewed, ViewFilter, ViewReason, ViewSeal
from pipewarden.people.rules import views as rules

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.people.facts import Actor


@pytest.fixture
def manager(city: City) -> Actor:
    return city.actor(Role.SAFETY_MANAGER, tenant=city.a)


@pytest.mark.parametrize("what", sorted(rules.NEEDED))
@pytest.mark.parametrize("given", [None, "", "   "])
def test_originals_and_contacts_need_a_reason(city: City, manager: Actor, what: Viewed, given: str | None) -> None:
    with pytest.raises(InputError, match="says why") as caught:
        service.viewed(city.at(city.a.id), manager, what, ("picture", "ab"), given)
    assert caught.value.field == "X-Reason"
    assert service.views_of_me(city.at(city.a.id), manager) == []


@pytest.mark.parametrize("given", [".", "a", "..", "。。。", "x" * 201, "抢修\x07", "ab\u2066cd"])
def test_what_is_no_reason_is_refused_everywhere(city: City, manager: Actor, given: str) -> None:
    for what in Viewed:
        with pytest.raises(InputError, match="too short"):
            service.viewed(city.at(city.a.id), manager, what, ("picture", "ab"), given)


@pytest.mark.parametrize("given", ["抢修", "x" * 200, " called  about a leak ", *ViewReason])
def test_reasons_are_kept_as_said(city: City, manager: Actor, given: str) -> None:
    made = service.viewed(city.at(city.a.id), manager, Viewed.ORIGINAL, ("picture", "ab"), given)
    assert made is not None
    assert made.reason == " ".join(given.split())


@pytest.mark.parametrize("what", sorted(set(Viewed) - rules.NEEDED))
def test_the_other_kinds_are_on_record_without_a_reason(city: City, manager: Actor, what: Viewed) -> None:
    made = service.viewed(city.at(city.a.id), manager, what, ("trip", 7), None)
    assert made is not None
    assert (made.reason, made.subject_id, made.about) == ("", "7", None)


def test_ones_own_data_is_no_look(city: City, manager: Actor) -> None:
    work = city.at(city.a.id)
    assert service.viewed(work, manager, Viewed.CONTACT, ("person", manager.id), None) is None
    assert service.viewed(work, manager, Viewed.TRACK, ("trip", 1), None, about=manager.id) is None
    assert service.seal_views(work) is None


def test_a_person_sees_who_looked_whatever_the_tenant(city: City, manager: Actor) -> None:
    seen = city.person()
    first = service.viewed(city.at(city.a.id), manager, Viewed.CONTACT, ("person", seen.id), "emergency")
    other = city.actor(Role.SAFETY_MANAGER, tenant=city.b)
    second = service.viewed(city.at(city.b.id), other, Viewed.TRACK, ("trip", 9), None, about=seen.id)
    service.viewed(city.at(city.a.id), manager, Viewed.TRACK, ("trip", 8), None, about=other.id)
    mine = replace(manager, id=seen.id, grants=())
    assert service.views_of_me(city.at(PLATFORM), mine) == [second, first]
    assert service.views_of_me(city.at(PLATFORM), mine, before=second.seq) == [first]
    assert service.views_of_me(city.at(PLATFORM), mine, limit=1) == [second]


def test_only_the_auditor_of_the_tenant_reads_all(city: City, manager: Actor) -> None:
    work = city.at(city.a.id)
    made = service.viewed(work, manager, Viewed.REPORTER, ("report", 3), None)
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    assert service.views(work, auditor) == [made]
    assert service.views(work, auditor, before=made.seq) == []
    assert service.views(work, auditor, ViewFilter(about=auditor.id)) == []
    foreign = city.actor(Role.AUDITOR, tenant=city.b)
    assert service.views(city.at(city.b.id), foreign) == []
    assert service.views(work, foreign) == []
    with pytest.raises(ForbiddenError):
        service.views(work, manager)


def test_views_are_sealed_once_and_in_order(city: City, manager: Actor) -> None:
    work = city.at(UUID(int=610))
    assert service.seal_views(work) is None
    made = [service.viewed(work, manager, Viewed.TRACK, ("trip", n), None) for n in range(5)]
    first = service.seal_views(work)
    assert (first.after, first.to, first.count) == (0, made[-1].seq, 5)
    assert service.seal_views(work) is None
    again = service.viewed(work, manager, Viewed.ORIGINAL, ("picture", "ef"), "查证据")
    second = service.seal_views(work)
    assert (second.after, second.to, second.count) == (first.to, again.seq, 1)
    entries = service.entries_of(work, "views", work.tenant_id)
    assert [ViewSeal(**json.loads(one.details)) for one in entries] == [first, second]
    assert service.verify(work) is None
    assert service.verify_views(work) is None


def test_the_looks_of_one_tenant_are_not_in_another_ones_seal(city: City, manager: Actor) -> None:
    one, two = city.at(UUID(int=611)), city.at(UUID(int=612))
    for number in range(6):
        service.viewed(one if number % 2 else two, manager, Viewed.TRACK, ("trip", number), None)
    assert {UUID(int=611), UUID(int=612)} <= set(service.tenants_viewed(one))
    assert service.seal_views(one).count == 3
    assert service.seal_views(two).count == 3
    assert service.verify_views(one) is None
    assert service.verify_views(two) is None


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE people_views SET reason = '抢修' WHERE seq = :s",
        "UPDATE people_views SET actor_id = '00000000-0000-0000-0000-000000000009' WHERE seq = :s",
        "UPDATE people_views SET about = '00000000-0000-0000-0000-000000000009' WHERE seq = :s",
        "UPDATE people_views SET subject_id = '77' WHERE seq = :s",
        "UPDATE people_views SET what = 'export' WHERE seq = :s",
        "UPDATE people_views SET at = at + interval '1 microsecond' WHERE seq = :s",
        "UPDATE people_views SET tenant_id = '00000000-0000-0000-0000-000000000009' WHERE seq = :s",
        "DELETE FROM people_views WHERE seq = :s",
    ],
)
def test_a_look_that_was_changed_or_removed_is_found(city: City, manager: Actor, forgery: str) -> None:
    work = city.at(UUID(int=613))
    made = []
    for _ in range(3):
        made += [service.viewed(work, manager, Viewed.TRACK, ("trip", n), "巡线核对") for n in range(4)]
        service.seal_views(work)
    assert service.verify_views(work) is None
    assert work.session.execute(text(forgery), {"s": made[5].seq}).rowcount == 1
    broken = service.verify_views(work)
    assert (broken.seq, "sealed" in broken.problem) == (2, True)


def test_a_look_put_in_before_a_seal_is_found(city: City, manager: Actor) -> None:
    work = city.at(UUID(int=614))
    made = [service.viewed(work, manager, Viewed.TRACK, ("trip", n), None) for n in range(3)]
    foreign = service.viewed(city.at(UUID(int=615)), manager, Viewed.TRACK, ("trip", 3), None)
    made.append(service.viewed(work, manager, Viewed.TRACK, ("trip", 4), None))
    service.seal_views(work)
    moved = text("UPDATE people_views SET tenant_id = :t WHERE seq = :s")
    work.session.execute(moved, {"t": work.tenant_id, "s": foreign.seq})
    assert made[0].seq < foreign.seq < made[-1].seq
    assert service.verify_views(work) is not None
