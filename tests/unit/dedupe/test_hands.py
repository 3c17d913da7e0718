"""People merge and split in any order: members are never lost, and every change can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import func, select

from pipewarden.dedupe import jobs, service
from pipewarden.dedupe.facts import ALARM_CHANGED, EventKind, Policy
from pipewarden.dedupe.store import AlarmRow, SightingRow
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import FactRef

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work

PLACES = [(-20.0, 40.0), (0.0, 40.0), (20.0, 40.0), (0.0, 65.0)]


def works(work: Work, town: Any, frames: int = 3) -> list[UUID]:
    """Make four alarms of ``frames`` members each and return their ids."""
    town.camera("cam-a")
    ids = [town.machines("cam-a", 60 * n, *PLACES) for n in range(frames)]
    return service.join(work, Policy(), ids)


def holdings(work: Work) -> dict[UUID, frozenset[UUID]]:
    return {
        alarm.id: frozenset(member.finding_id for member in alarm.members) for alarm in service.alarms(work, limit=100)
    }


@pytest.mark.parametrize("seed", range(4))
def test_no_member_is_lost_and_every_alarm_keeps_a_machine(work: Work, town: Any, seed: int):
    rng = np.random.default_rng(seed)
    works(work, town)
    everyone = frozenset().union(*holdings(work).values())
    for _ in range(10):
        held = holdings(work)
        ids = sorted(held)
        if len(ids) > 1 and rng.random() < 0.5:
            a, b = (ids[n] for n in rng.choice(len(ids), 2, replace=False))
            service.merge(work, a, b, "seen on the spot", actor="li.wei")
            expected = {**held, a: held[a] | held[b]}
            del expected[b]
            assert holdings(work) == expected
        else:
            whole = ids[int(rng.integers(len(ids)))]
            part = sorted(held[whole])[: int(rng.integers(1, len(held[whole]) + 1))]
            try:
                made = service.split(work, whole, part, "two works", actor="li.wei")
            except InputError:
                assert len(part) == len(held[whole])
                continue
            assert holdings(work) == {**held, whole: held[whole] - set(part), made.id: frozenset(part)}
        now = holdings(work)
        assert frozenset().union(*now.values()) == everyone
        assert sum(len(members) for members in now.values()) == len(everyone)
        assert all(now.values())
    rows = select(func.count()).select_from(SightingRow).where(SightingRow.tenant_id == work.tenant_id)
    assert work.session.scalar(rows) == len(everyone)


@pytest.mark.parametrize("seed", range(3))
def test_undoing_every_merge_backwards_restores_all_alarms(work: Work, town: Any, seed: int):
    rng = np.random.default_rng(seed)
    works(work, town)
    first = {alarm.id: alarm for alarm in service.alarms(work, limit=10)}
    done: list[tuple[UUID, UUID, frozenset[UUID]]] = []
    for _ in range(3):
        held = holdings(work)
        a, b = (sorted(held)[n] for n in rng.choice(len(held), 2, replace=False))
        service.merge(work, a, b, "one site")
        done.append((a, b, held[b]))
    for a, b, members in reversed(done):
        assert service.split(work, a, members, "undo").id == b
    after = {alarm.id: alarm for alarm in service.alarms(work, limit=10)}
    assert after.keys() == first.keys()
    for alarm_id, alarm in first.items():
        assert set(after[alarm_id].members) == set(alarm.members)
        assert after[alarm_id].ground == alarm.ground
        assert after[alarm_id].answer == alarm.answer


def test_a_merged_alarm_takes_in_what_its_machines_show_next(work: Work, town: Any):
    a, b, *_ = works(work, town, frames=2)
    service.merge(work, a, b, "one site")
    drain = jobs.make_drain(Policy())
    one = town.machines("cam-a", 120, *PLACES)
    work.take_facts()
    drain(work, [FactRef("locate.placed", "cam-a", work.tenant_id, one)])
    changed = {told.fact_id for told in work.take_facts() if told.kind == ALARM_CHANGED}
    assert a in changed
    assert b not in changed
    assert len(service.alarm(work, a).members) == 6
    assert service.alarm(work, a).frames == 3


def test_the_work_area_shrinks_when_members_leave(work: Work, town: Any):
    a, b, *_ = works(work, town)
    merged = service.merge(work, a, b, "one site")
    assert merged.work_area is not None
    lons = [corner[0] for corner in merged.work_area.ring]
    back = service.split(work, a, [member.finding_id for member in service.alarm(work, a).members][:1], "apart")
    assert back.work_area is not None
    assert max(corner[0] for corner in back.work_area.ring) - min(corner[0] for corner in back.work_area.ring) < (
        max(lons) - min(lons)
    )


def test_what_people_did_is_told_with_who_and_why(work: Work, town: Any):
    a, b, *_ = works(work, town)
    service.merge(work, a, b, "一处工地", actor="wang.fang")
    merged = [event for event in service.why(work, a) if event.kind is EventKind.MERGED]
    assert [(event.actor, event.reason, event.other_id, len(event.findings)) for event in merged] == [
        ("wang.fang", "一处工地", b, 3)
    ]
    assert [event.kind for event in service.why(work, b)] == [EventKind.MADE, EventKind.MERGED]
    assert work.session.scalar(select(AlarmRow.merged_into).where(AlarmRow.id == b)) == a


def test_a_site_where_only_people_would_be_left_is_not_split_off(work: Work, town: Any):
    town.camera("cam-a")
    boxes = [town.box("cam-a", (2, 25)), town.box("cam-a", (6, 25))]
    ids = [town.frame("cam-a", 60 * n, boxes, classes=["machine", "person"]) for n in range(2)]
    [alarm_id] = service.join(work, Policy(), ids)
    people = [
        member.finding_id for member in service.alarm(work, alarm_id).members if member.reason.startswith("person")
    ]
    assert len(people) == 2
    with pytest.raises(InputError, match="without a machine"):
        service.split(work, alarm_id, people, "they left")
    assert len(service.alarm(work, alarm_id).members) == 4


def test_what_stands_beside_an_alarm_takes_few_queries_for_many(work: Work, town: Any, count_statements: list[str]):
    works(work, town)
    several = service.alarms(work, limit=100)
    taken = service.acknowledge(work, several[0].id, "on my way", actor=f"person:{work.ids.new()}")
    count_statements.clear()
    found = service.beside(work, several)
    assert len(count_statements) <= 4
    assert set(found) == {one.id for one in several}
    assert [one.id for one in several if found[one.id].taken is not None] == [taken.id]
    assert found[taken.id].taken_by is None  # nobody known acted
    assert service.beside(work, []) == {}
