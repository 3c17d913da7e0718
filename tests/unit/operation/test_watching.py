"""The watchdog's look on a real database: faults begin, are told once, end; both it and the worker watch each other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from act_office import WECOM
from sqlalchemy import text

from pipewarden.operation import jobs, service
from pipewarden.operation.facts import FaultKind
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ForbiddenError, Role
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

KINDS = {"perceive.screen": "sense.observed"}


def look(office: Any, machine: Any, *, heartbeat: bool = False) -> int:
    """Watch once, as the worker and the watchdog do."""
    return jobs.watch(office.begin, office.post, machine, KINDS, heartbeat=heartbeat)


def lasting(office: Any) -> set[FaultKind]:
    root = people.operator(office.work.tenant_id)
    return {one.kind for one in service.faults_seen(office.work, root) if one.ended_at is None}


def alive(office: Any, *names: str) -> None:
    for name in names or ("worker", "watchdog"):
        jobs.say_alive(office.begin, name)


def site(office: Any) -> None:
    """Put one open site on file that nobody has in hand and of which nothing becomes due."""
    now = office.clock.now()
    office.work.session.execute(
        text("INSERT INTO casework_sites SELECT (jsonb_populate_record(NULL::casework_sites, :row)).*"),
        {"row": json.dumps(site_row(office, now))},
    )


def site_row(office: Any, now: Any, *, is_open: bool = True) -> dict[str, Any]:
    """Return every column of a site's row that may not be empty, by its type."""
    columns = office.work.session.execute(
        text(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = 'casework_sites' AND is_nullable = 'NO'"
        )
    )
    blank: dict[str, Any] = {
        "text": "", "uuid": str(office.work.ids.new()), "boolean": False, "integer": 0, "double precision": 0.0,
        "timestamp with time zone": now.isoformat(), "jsonb": {}, "bigint": 0, "ARRAY": [], "bytea": "",
    }  # fmt: skip
    row = {name: blank[kind] for name, kind in columns}
    return row | {
        "id": str(office.work.ids.new()),
        "tenant_id": str(office.work.tenant_id),
        "open": is_open,
        "state": "discovered",
    }


def test_an_open_site_without_owner_or_deadline_is_found_told_and_over_when_it_is_mended(
    office: Any, machine: Any, told: Any
) -> None:
    office.person(WECOM)
    alive(office)
    site(office)
    look(office, machine)
    assert {FaultKind.NO_OWNER, FaultKind.NO_DEADLINE} <= lasting(office)
    said = [title for urgency, title in told() if urgency == "due"]
    assert any("施工点无人负责" in one for one in said)
    assert any("施工点没有下一个时限" in one for one in said)
    count = len(told())
    office.clock.advance(timedelta(minutes=1))
    alive(office)
    look(office, machine)
    assert len(told()) == count, "it is told once"
    office.clock.advance(timedelta(hours=24))
    alive(office)
    look(office, machine)
    assert len(told()) > count, "and once a day while it lasts"
    office.work.session.execute(text("UPDATE casework_sites SET open = false"))
    office.clock.advance(timedelta(minutes=1))
    alive(office)
    look(office, machine)
    assert not {FaultKind.NO_OWNER, FaultKind.NO_DEADLINE} & lasting(office)


def test_the_message_names_the_page_of_the_runbook(office: Any, machine: Any) -> None:
    office.person(WECOM)
    alive(office)
    site(office)
    look(office, machine)
    bodies = office.work.session.scalars(text("SELECT title || body FROM act_calls WHERE urgency = 'due'")).all()
    for kind in (FaultKind.NO_OWNER, FaultKind.NO_DEADLINE):
        assert any(body.endswith(f"https://gas.example.org/operation#{kind.value}") for body in bodies)
    assert service.page_address("", FaultKind.CHAIN) == "docs/runbook.md#chain"


def test_a_worker_that_falls_silent_is_told_to_every_tenants_people(office: Any, machine: Any, told: Any) -> None:
    office.person(WECOM, role=Role.TENANT_ADMIN)
    alive(office)
    look(office, machine)
    assert FaultKind.WORKER_SILENT not in lasting(office)
    office.clock.advance(timedelta(seconds=91))
    alive(office, "watchdog")
    look(office, machine)
    assert FaultKind.WORKER_SILENT in lasting(office)
    assert any("worker 没有声音" in title for _, title in told())
    alive(office)
    look(office, machine)
    assert FaultKind.WORKER_SILENT not in lasting(office)


def test_the_watchdog_is_watched_itself_by_the_worker(office: Any, machine: Any) -> None:
    alive(office)
    look(office, machine)
    assert FaultKind.WATCHDOG_SILENT not in lasting(office)
    office.clock.advance(timedelta(seconds=91))
    alive(office, "worker")
    look(office, machine)
    assert FaultKind.WATCHDOG_SILENT in lasting(office)


def test_twenty_minutes_without_a_synthetic_alarm_are_a_fault(office: Any, machine: Any) -> None:
    alive(office)
    look(office, machine)
    assert FaultKind.CHAIN not in lasting(office)
    office.clock.advance(timedelta(minutes=20, seconds=1))
    look(office, machine)
    assert FaultKind.CHAIN in lasting(office)


def test_a_screen_that_is_switched_off_leaves_cameras_unwatched_and_says_so(
    office: Any, machine: Any, told: Any
) -> None:
    office.person(WECOM)
    root = people.operator(office.work.tenant_id)
    sense.register_camera(office.work, NewCamera(key="cam-a", name="A"))
    service.kill(office.work, root, "screen", on=False, why="sees ghosts")
    alive(office)
    look(office, machine)
    assert FaultKind.SCREEN_OFF in lasting(office)
    assert any("初筛模型已关" in title for _, title in told())
    service.kill(office.work, root, "screen", on=True, why="mended")
    look(office, machine)
    assert FaultKind.SCREEN_OFF not in lasting(office)


def test_a_full_disk_a_clock_that_is_off_and_another_shape_are_the_houses_faults(office: Any, machine: Any) -> None:
    alive(office)
    machine.left, machine.needed, machine.head = 10, 11, False
    look(office, machine)
    found = lasting(office)
    assert {FaultKind.DISK_LOW, FaultKind.NOT_AT_HEAD, FaultKind.CLOCK_OFF} <= found, "the test's clock stands in 2026"


def test_the_outside_is_told_and_what_it_says_is_written_down(office: Any, machine: Any, outside: Any) -> None:
    alive(office)
    assert jobs.tell_outside(office.begin, outside, 3)
    told = json.loads(outside.heard[0])
    assert told == {"house": "pipewarden", "at": office.clock.now().isoformat(), "faults": 3}
    look(office, machine, heartbeat=True)
    assert FaultKind.HEARTBEAT_LOST not in lasting(office)
    outside.refuses = "answered 404"
    assert not jobs.tell_outside(office.begin, outside, 3)
    look(office, machine, heartbeat=True)
    assert FaultKind.HEARTBEAT_LOST in lasting(office)
    outside.set_up = False
    assert not jobs.tell_outside(office.begin, outside, 3)
    assert len(outside.heard) == 2


def test_one_tenant_that_breaks_holds_up_no_other_and_the_round_says_so(
    office: Any, machine: Any, monkeypatch: Any
) -> None:
    other = people.ensure_tenant(office.work.session, office.clock, office.work.ids, "b")
    seen: list[Any] = []
    real = service.tenant_reading

    def reading(work: Any, post: Any, **more: Any) -> Any:
        seen.append(work.tenant_id)
        if work.tenant_id != other.id:
            raise ValueError("broken")
        return real(work, post, **more)

    monkeypatch.setattr(service, "tenant_reading", reading)
    alive(office)
    with pytest.raises(ValueError, match="broken"):
        look(office, machine)
    assert {other.id, office.work.tenant_id} <= set(seen), "each was looked at, in whatever order"
    house = people.operator(PLATFORM)
    found = service.faults_seen(replace(office.work, tenant_id=other.id), replace(house, tenant_id=other.id))
    assert FaultKind.CLOCK_OFF in {one.kind for one in found}, "the house was looked at, too"


def test_only_who_may_see_how_the_house_does_reads_faults(office: Any) -> None:
    nobody = Actor(people.operator().kind, office.work.ids.new(), "x", office.work.tenant_id)
    with pytest.raises(ForbiddenError):
        service.faults_seen(office.work, nobody)


def test_the_look_costs_what_is_open_whatever_was_ever_closed(
    office: Any, machine: Any, count_statements: list[str]
) -> None:
    """The same number of questions for 1 open site and for 200; bench/watchdog.py measures the time of one."""
    alive(office)
    look(office, machine)
    del count_statements[:]
    site(office)
    look(office, machine)
    few = len(count_statements)
    rows = [site_row(office, office.clock.now()) for _ in range(200)]
    office.work.session.execute(
        text("INSERT INTO casework_sites SELECT * FROM jsonb_populate_recordset(NULL::casework_sites, :rows)"),
        {"rows": json.dumps(rows)},
    )
    del count_statements[:]
    look(office, machine)
    assert len(count_statements) <= few
