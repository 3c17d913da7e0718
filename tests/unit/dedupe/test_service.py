from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shapely.geometry import Point, Polygon
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from pipewarden.dedupe import jobs, service
from pipewarden.dedupe.facts import ALARM_CHANGED, Alarm, EventKind, Policy
from pipewarden.dedupe.store import AlarmRow, EventRow, SightingRow
from pipewarden.kit.db import Base
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import FactRef, Work
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.people import service as people
from pipewarden.perceive.facts import Box
from pipewarden.sense.facts import ObservationKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine, Select

    from pipewarden.kit.clock import SetClock

POLICY = Policy()
FRAME = LocalFrame(116.7, 39.5)


def everything(work: Work) -> list[Alarm]:
    return service.alarms(work, limit=100)


def _mine(work: Work, table: type[SightingRow | AlarmRow]) -> Select[tuple[int]]:
    return select(func.count()).select_from(table).where(table.tenant_id == work.tenant_id)


def metres(alarm: Alarm) -> np.ndarray:
    assert alarm.ground is not None
    return FRAME.to_metres(np.array([[alarm.ground.lon, alarm.ground.lat]]))[0]


def join(work: Work, *ids: UUID, policy: Policy = POLICY) -> list[UUID]:
    return service.join(work, policy, ids)


def test_a_machine_in_frames_one_and_three_is_one_located_alarm(work: Work, town: Any):
    town.camera("cam-a")
    ids = [
        town.machines("cam-a", 0, (2, 25), scores=[0.7]),
        town.machines("cam-a", 60),
        town.machines("cam-a", 120, (2.3, 25.2), scores=[0.9], types=["excavator"]),
    ]
    work.take_facts()
    changed = join(work, *ids)
    [alarm] = everything(work)
    assert changed == [alarm.id]
    assert [(told.kind, told.fact_id) for told in work.take_facts()] == [(ALARM_CHANGED, alarm.id)]
    assert (alarm.cls, alarm.type, alarm.score, alarm.frames, alarm.streams) == (
        "machine",
        "excavator",
        0.9,
        2,
        ("cam-a",),
    )
    assert np.allclose(metres(alarm), (2.15, 25.1), atol=0.4)
    assert alarm.ground is not None
    assert 0.1 < alarm.ground.sigma_m < 3
    assert alarm.first_seen is not None
    assert alarm.last_seen is not None
    assert (alarm.last_seen - alarm.first_seen).total_seconds() == 120
    assert (alarm.first_offset_s, alarm.last_offset_s) == (0, 120)
    best = town.box("cam-a", (2.3, 25.2))
    assert alarm.evidence_box.x == pytest.approx(best.x)
    assert len(alarm.evidence) == 64
    assert [member.reason.split(" ")[0] for member in alarm.members] == ["first", "same"]
    assert alarm.work_area is not None
    assert alarm.work_area.ring[0] == alarm.work_area.ring[-1]
    ring = Polygon(FRAME.to_metres(np.array(alarm.work_area.ring)))
    assert ring.buffer(0.1).contains(Point(2, 25))
    assert 5 < ring.area < 60
    assert alarm.work_area.error_m == pytest.approx(alarm.ground.sigma_m, rel=0.5)
    assert [event.kind for event in service.why(work, alarm.id)] == [EventKind.MADE]


def test_one_frame_is_no_alarm_and_the_next_batch_makes_it(work: Work, town: Any):
    town.camera("cam-a")
    assert join(work, town.machines("cam-a", 0, (2, 25))) == []
    assert everything(work) == []
    [made] = join(work, town.machines("cam-a", 60, (2, 25)))
    [again] = join(work, town.machines("cam-a", 120, (2, 25)))
    assert made == again
    [alarm] = everything(work)
    assert alarm.frames == 3
    assert [event.kind for event in service.why(work, alarm.id)] == [EventKind.MADE, EventKind.JOINED]


def test_the_same_fact_twice_changes_nothing(work: Work, town: Any):
    town.camera("cam-a")
    ids = [town.machines("cam-a", 60 * n, (2, 25)) for n in range(3)]
    drain = jobs.make_drain()
    facts = [FactRef("locate.placed", "cam-a", work.tenant_id, one) for one in ids]
    drain(work, [*facts, facts[0]])
    before, rows = everything(work), work.session.scalar(_mine(work, SightingRow))
    work.take_facts()
    drain(work, facts)
    assert everything(work) == before
    assert work.take_facts() == []
    assert work.session.scalar(_mine(work, SightingRow)) == rows == 3


@pytest.mark.parametrize("late", [0, 1, 2])
def test_a_late_frame_joins(work: Work, town: Any, late: int):
    town.camera("cam-a")
    ids = [town.machines("cam-a", 60 * n, (2, 25)) for n in range(3)]
    for one in [*ids[:late], *ids[late + 1 :], ids[late]]:
        join(work, one)
    [alarm] = everything(work)
    assert alarm.frames == 3
    assert [member.observation_id for member in alarm.members] == ids


def test_a_late_frame_bridges_what_began_apart(work: Work, town: Any):
    town.camera("cam-a")
    shown = {n: town.machines("cam-a", 60 * n, *([(2, 25)] if n % 2 == 0 else [])) for n in range(6)}
    for n in (0, 1, 5, 3, 4, 2):
        join(work, shown[n])
    [alarm] = everything(work)
    assert alarm.frames == 3


def test_two_cameras_see_one_machine_and_its_place_gets_surer(work: Work, town: Any):
    town.camera("cam-a")
    town.camera("cam-b", at=(0, 60), heading=180)
    for n in range(3):
        join(work, town.machines("cam-a", 60 * n, (2, 28)))
    [alone] = everything(work)
    for n in range(3):
        join(work, town.machines("cam-b", 60 * n + 30, (2.5, 30)))
    [alarm] = everything(work)
    assert alarm.streams == ("cam-a", "cam-b")
    assert alarm.frames == 6
    assert alone.ground is not None
    assert alarm.ground is not None
    assert alarm.ground.sigma_m < alone.ground.sigma_m
    assert any("another camera" in member.reason for member in alarm.members)


def test_twenty_metres_are_two_sites_and_eight_are_one(work: Work, town: Any):
    town.camera("cam-a")
    for n in range(3):
        join(work, town.machines("cam-a", 60 * n, (-10, 35), (10, 35)))
    assert [alarm.frames for alarm in everything(work)] == [3, 3]
    town.camera("cam-b", at=(500, 0))
    for n in range(3):
        join(work, town.machines("cam-b", 60 * n, (496, 30), (504, 30)))
    third = everything(work)[2]
    assert len(everything(work)) == 3
    assert len(third.members) == 6
    assert np.allclose(metres(third), (500, 30), atol=1)


def test_without_a_camera_the_alarm_has_no_place(work: Work, town: Any):
    for n in range(3):
        join(work, town.frame("clip.mp4", n, [Box(100 + 5 * n, 100, 200, 120)], timed=False))
    [alarm] = everything(work)
    assert alarm.ground is None
    assert alarm.work_area is None
    assert alarm.answer.zone is Zone.UNKNOWN
    assert alarm.answer.distance_m is None
    assert (alarm.first_seen, alarm.last_seen) == (None, None)
    assert (alarm.first_offset_s, alarm.last_offset_s) == (0, 2)


def test_single_pictures_make_no_alarm_unless_the_policy_says_so(work: Work, town: Any):
    ids = [
        town.frame(folder, n, [Box(100, 100, 200, 120)], kind=ObservationKind.SINGLE)
        for folder in ("one", "two")
        for n in range(2)
    ]
    assert join(work, *ids[:2]) == []
    assert len(join(work, *ids[2:], policy=Policy(single_makes_alarm=True))) == 2


def test_people_join_and_widen_the_work_area_but_not_the_class(work: Work, town: Any):
    town.camera("cam-a")
    boxes = [town.box("cam-a", (2, 25)), Box(*_small(town.box("cam-a", (8, 25))))]
    for n in range(2):
        join(work, town.frame("cam-a", 60 * n, boxes, classes=["machine", "person"], scores=[0.6, 0.99]))
    [alarm] = everything(work)
    assert (alarm.cls, alarm.score, alarm.frames, len(alarm.members)) == ("machine", 0.6, 2, 4)
    assert alarm.work_area is not None
    east = FRAME.to_metres(np.array(alarm.work_area.ring))[:, 0]
    assert east.max() > 7


def test_each_alarm_is_asked_by_the_law_of_its_own_day(work: Work, town: Any, monkeypatch: pytest.MonkeyPatch):
    asked: list[datetime] = []

    def answer_many(_work: Work, lonlat: Any, *, at: datetime, **_told: object) -> list[ZoneAnswer]:
        asked.append(at)
        return [ZoneAnswer("p", 1.0, Zone.OUTSIDE, None, "CN", "pack", None, 0.0, 0.0, None, None) for _ in lonlat]

    monkeypatch.setattr("pipewarden.network.service.answer_many", answer_many)
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-4, 30)))
    for n in range(2):
        join(work, town.machines("cam-a", 3 * 86_400 + 60 * n, (-4, 30)))
    assert len({at.date() for at in asked}) == 2


def _small(box: Box) -> tuple[float, float, float, float]:
    return box.x + box.w / 2 - 10, box.y + box.h - 60, 20, 60


def test_the_gravest_machine_of_a_site_gives_the_zone(work: Work, town: Any, monkeypatch: pytest.MonkeyPatch):
    def answer_many(_work: Work, lonlat: Any, *, covariances: Any, **_told: object) -> list[ZoneAnswer]:
        assert len(covariances) == len(lonlat)
        east = FRAME.to_metres(np.asarray(lonlat))[:, 0]
        zones = [Zone.PROTECTION if one > 4 else Zone.OUTSIDE for one in east]
        return [ZoneAnswer("p", 1.0, zone, "p", "CN", "pack", "1", 0.5, 0.5, None, None) for zone in zones]

    monkeypatch.setattr("pipewarden.network.service.answer_many", answer_many)
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-4, 30), (5, 30)))
    [alarm] = everything(work)
    assert abs(metres(alarm)[0]) < 2
    assert alarm.answer.zone is Zone.PROTECTION


def two_alarms(work: Work, town: Any) -> tuple[Alarm, Alarm]:
    town.camera("cam-a")
    for n in range(3):
        join(work, town.machines("cam-a", 60 * n, (-10, 35), (10, 35)))
    a, b = everything(work)
    return a, b


def test_merging_moves_members_and_splitting_them_off_again_restores_both(work: Work, town: Any):
    a, b = two_alarms(work, town)
    work.take_facts()
    merged = service.merge(work, a.id, b.id, "one contractor, one pit", actor="li.wei")
    assert merged.id == a.id
    assert set(merged.members) == {*a.members, *b.members}
    assert [alarm.id for alarm in everything(work)] == [a.id]
    assert service.alarm(work, b.id).id == a.id
    assert {told.fact_id for told in work.take_facts()} == {a.id, b.id}
    back = service.split(work, a.id, [member.finding_id for member in b.members], "two pits after all", actor="li.wei")
    assert back.id == b.id
    assert [replace_none(alarm) for alarm in everything(work)] == [replace_none(a), replace_none(b)]
    assert [event.kind for event in service.why(work, b.id)] == [
        EventKind.MADE,
        EventKind.JOINED,
        EventKind.MERGED,
        EventKind.SPLIT,
    ]
    told = service.why(work, a.id)[-1]
    assert (told.actor, told.reason, told.other_id) == ("li.wei", "two pits after all", b.id)
    assert work.session.scalar(_mine(work, AlarmRow)) == 2


def replace_none(alarm: Alarm) -> tuple[object, ...]:
    return alarm.id, alarm.members, alarm.ground, alarm.frames, alarm.score, alarm.evidence_box


def test_part_of_an_alarm_can_be_split_off_and_later_frames_follow(work: Work, town: Any):
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-4, 30), (4, 30)))
    [one] = everything(work)
    east = {
        row.finding_id for row in work.session.scalars(select(SightingRow)) if row.lon is not None and row.lon > 116.7
    }
    other = service.split(work, one.id, east, "another contractor")
    assert {member.finding_id for member in other.members} == east
    join(work, town.machines("cam-a", 120, (-4, 30), (4, 30)))
    assert sorted(alarm.frames for alarm in everything(work)) == [3, 3]
    assert metres(service.alarm(work, other.id))[0] == pytest.approx(4, abs=0.5)


def test_what_cannot_be_merged_or_split_is_refused(work: Work, town: Any):
    a, b = two_alarms(work, town)
    stranger = work.ids.new()
    members = [member.finding_id for member in a.members]
    for refused in (
        lambda: service.merge(work, a.id, a.id, "why"),
        lambda: service.merge(work, a.id, stranger, "why"),
        lambda: service.merge(work, a.id, b.id, "  "),
        lambda: service.split(work, a.id, [], "why"),
        lambda: service.split(work, a.id, members, "why"),
        lambda: service.split(work, a.id, [b.members[0].finding_id], "why"),
        lambda: service.split(work, a.id, members[:1], ""),
        lambda: service.alarm(work, stranger),
        lambda: service.why(work, stranger),
    ):
        with pytest.raises(InputError) as caught:
            refused()
        assert caught.value.fix
    assert everything(work) == [a, b]


def test_alarms_come_in_pages(work: Work, town: Any):
    a, b = two_alarms(work, town)
    assert [alarm.id for alarm in service.alarms(work, limit=1)] == [a.id]
    assert [alarm.id for alarm in service.alarms(work, limit=1, after=a.id)] == [b.id]
    assert service.alarms(work, limit=5, after=b.id) == []


def test_another_tenant_sees_nothing(work: Work, town: Any):
    a, _ = two_alarms(work, town)
    other = people.ensure_tenant(work.session, work.clock, work.ids, "other")
    theirs = Work(session=work.session, clock=work.clock, ids=work.ids, tenant_id=other.id)
    assert service.alarms(theirs, limit=10) == []
    with pytest.raises(InputError):
        service.alarm(theirs, a.id)


def test_a_batch_is_a_few_statements_however_long(work: Work, town: Any, count_statements: list[str]):
    town.camera("cam-a")
    ids = [town.machines("cam-a", 60 * n, (-10, 35), (10, 35)) for n in range(16)]
    del count_statements[:]
    join(work, *ids)
    assert len(count_statements) <= 30
    assert len(everything(work)) == 2


def test_an_observation_nobody_placed_is_an_error(work: Work):
    with pytest.raises(RuntimeError, match="not in the database"):
        join(work, work.ids.new())


@pytest.fixture
def race(engine: Engine, clock: SetClock) -> Iterator[tuple[Uuid7Source, UUID]]:
    """A tenant whose rows are committed, for tests with real transactions; removed afterwards."""
    ids = Uuid7Source(clock)
    with Session(engine) as session, session.begin():
        tenant = people.ensure_tenant(session, clock, ids, "race")
    yield ids, tenant.id
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if "tenant_id" in table.columns:
                connection.execute(table.delete().where(table.c.tenant_id == tenant.id))
        connection.execute(Base.metadata.tables["people_tenants"].delete().where(text("key = 'race'")))


def test_two_streams_at_once_make_one_alarm(
    engine: Engine, clock: SetClock, tmp_path: Path, new_town: Any, race: tuple[Uuid7Source, UUID]
):
    """Two real sessions in two threads: both are ready to make an alarm at the same place at the same moment."""
    ids, tenant_id = race
    with Session(engine) as session, session.begin():
        made = Work(session=session, clock=clock, ids=ids, tenant_id=tenant_id)
        town = new_town(made, tmp_path)
        town.camera("race-a")
        town.camera("race-b", at=(0, 60), heading=180)
        batches = {
            "race-a": [town.machines("race-a", 60 * n, (2, 28)) for n in range(3)],
            "race-b": [town.machines("race-b", 60 * n + 30, (2.5, 30)) for n in range(3)],
        }
    gate = threading.Barrier(2)
    failed: list[BaseException] = []

    def run(stream: str) -> None:
        try:
            with Session(engine) as session, session.begin():
                mine = Work(session=session, clock=clock, ids=ids, tenant_id=tenant_id)
                gate.wait(30)
                service.join(mine, POLICY, batches[stream])
        except BaseException as error:  # noqa: BLE001  a thread's failure must reach the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(stream,)) for stream in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with Session(engine) as session:
        reader = Work(session=session, clock=clock, ids=ids, tenant_id=tenant_id)
        [alarm] = everything(reader)
        assert alarm.streams == ("race-a", "race-b")
        assert alarm.frames == 6
        kinds = session.scalars(select(EventRow.kind).where(EventRow.tenant_id == tenant_id).order_by(EventRow.id))
        assert list(kinds) == ["made", "joined"]


def test_a_frame_hours_late_is_judged_among_its_own_neighbours(work: Work, town: Any):
    town.camera("cam-a")
    early = [town.machines("cam-a", at) for at in (0, 60, 120, 300, 360, 420)]
    join(work, *early)
    late = town.machines("cam-a", 150, (2, 25))
    # in one batch: the late frame and one five hours on show the same place, but are not consecutive
    assert join(work, late, town.machines("cam-a", 18_000, (2, 25))) == []
    assert everything(work) == []
    assert len(join(work, town.machines("cam-a", 200, (2, 25)))) == 1
