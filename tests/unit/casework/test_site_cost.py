"""What an alarm costs on its way to a site, in statements: a flood is many of them, and one core does it all."""

from __future__ import annotations

import gc
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from duty_town import NORTH, NOWHERE, SOUTH, DutyTown

from pipewarden.casework import service, store
from pipewarden.casework.service import auditing
from pipewarden.judge import service as judge
from pipewarden.judge import store as judge_store
from pipewarden.judge.service import Bench
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    import pytest


def test_a_report_is_judged_without_asking_for_cameras_that_it_has_not(
    street: Any, count_statements: list[str]
) -> None:
    one = street.alarm_of(street.report())
    count_statements.clear()
    judge.consider(street.work, Bench(), [one])
    read = [said for said in count_statements if said.startswith("SELECT")]
    of_cameras = ("judge_camera_settings", "judge_corridors", "judge_memory")
    assert [said for said in read if any(table in said for table in of_cameras)] == []
    assert sum("FROM judge_cases" in said for said in read) == 1, (
        "a case in hand is read once, however often it is written"
    )
    assert len(count_statements) <= 22


def test_a_site_opens_without_asking_what_it_cannot_have_yet(street: Any, count_statements: list[str]) -> None:
    one = street.alarm_of(street.report())
    judge.consider(street.work, Bench(), [one])
    street.work.session.flush()
    service.follow(street.work, [])  # what is read once, from files
    count_statements.clear()
    service.follow(street.work, [one])
    for table in ("casework_shelves", "casework_events"):
        assert not any(said.startswith("SELECT") and table in said for said in count_statements), table
    assert sum("FROM people_areas" in said for said in count_statements) <= 2, "its place is looked up once"
    assert len(count_statements) <= 24


def test_a_row_in_hand_is_not_read_again_by_each_write(street: Any, count_statements: list[str]) -> None:
    one = street.alarm_of(street.report())
    judge.consider(street.work, Bench(), [one])
    street.work.session.expunge_all()
    judge_store.cases.lock(street.work, [one])
    gc.collect()
    count_statements.clear()
    assert not judge_store.cases.is_test(street.work, one)
    assert count_statements == []
    service.follow(street.work, [one])
    (site,) = store.sites.lock_of_alarms(street.work, [one]).values()
    street.work.session.flush()
    gc.collect()
    count_statements.clear()
    store.sites.set_machine(street.work, site.site.id, 1.0)
    assert not any(said.startswith("SELECT") for said in count_statements)


def town_of(street: Any) -> DutyTown:
    """Return the street's tenant with a crew on duty."""
    town = DutyTown(street.work, street.clock)
    town.on_duty(Role.PATROLLER)
    for rank in (1, 2):
        town.on_duty(Role.DISPATCHER, rank=rank)
    town.on_duty(Role.SAFETY_MANAGER)
    return town


def most_of_one(statements: list[str]) -> tuple[int, str]:
    """Return how often the statement came that came most often."""
    said, times = Counter(statements).most_common(1)[0]
    return times, said


def test_a_sweep_asks_for_its_people_and_writes_its_steps_once_however_many_are_due(
    street: Any, count_statements: list[str]
) -> None:
    town = town_of(street)
    sites = [town.site(zone=Zone.CONTROL, level=2).id for _ in range(30)]
    service.sweep(street.work)
    for step in (15, 15, 30):  # the dispatcher, the second one with what was not reached in time, the manager
        town.clock.advance(timedelta(minutes=step))
        street.work.session.expunge_all()
        count_statements.clear()
        assert service.sweep(street.work) >= len(sites)
        assert most_of_one(count_statements)[0] <= 4, most_of_one(count_statements)
        assert len(count_statements) <= 40
    assert {one.params["step"] for one in town.calls()} >= {"owner", "dispatcher", "lead", "safety_manager"}


def test_a_word_for_many_sites_moves_their_chains_together(street: Any, count_statements: list[str]) -> None:
    town = town_of(street)
    for _ in range(30):
        town.site(zone=Zone.CONTROL, level=2)
    service.sweep(street.work)
    town.clock.advance(timedelta(minutes=15))
    service.sweep(street.work)
    call = next(one for one in reversed(town.calls()) if one.params.get("step") == "dispatcher")
    count_statements.clear()
    service.acknowledge_call(street.work, call.id, call.person_id)
    assert len(count_statements) <= 14
    assert {
        kept.duty.acked_at
        for kept in store.owed.read(street.work, store.chains.duties_of(street.work, call.id)).values()
    } == {town.clock.now()}


def test_an_audit_of_many_sites_that_nobody_takes_asks_about_each_area_once(
    street: Any, count_statements: list[str]
) -> None:
    town = DutyTown(street.work, street.clock)
    sites = {town.site(place).id for place in (NORTH, SOUTH, NOWHERE, None) for _ in range(15)}
    service.audit(street.work)
    count_statements.clear()
    assert service.audit(street.work).unowned == len(sites)
    assert len(count_statements) <= 60
    assert most_of_one(count_statements)[0] <= 8, most_of_one(count_statements)
    assert {one.site_id for one in store.watched.untold(street.work, limit=999) if one.what == "no_owner"} == sites
    town.person(Role.SAFETY_MANAGER)
    assert service.audit(street.work).unowned == len(sites)
    assert service.audit(street.work) == service.Audited(0, 0)


def test_an_audit_gives_away_so_many_sites_at_once_and_the_rest_with_the_next_look(
    street: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = DutyTown(street.work, street.clock)
    for place in (NOWHERE, NORTH):
        for _ in range(3):
            town.site(place)
    town.on_duty(Role.PATROLLER)
    monkeypatch.setattr(auditing, "_MOST", 4)
    assert [service.audit(street.work).unowned for _ in range(3)] == [6, 2, 0]
