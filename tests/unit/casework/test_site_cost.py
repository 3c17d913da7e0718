"""What an alarm costs on its way to a site, in statements: a flood is many of them, and one core does it all."""

from __future__ import annotations

import gc
from typing import Any

from pipewarden.casework import service, store
from pipewarden.judge import service as judge
from pipewarden.judge import store as judge_store
from pipewarden.judge.service import Bench


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
