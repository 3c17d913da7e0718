"""Alarms on changed ground: those alone are asked, once for each map, and nobody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from pipewarden.dedupe import jobs, service, store
from pipewarden.dedupe.facts import ALARM_CHANGED, Alarm, Policy
from pipewarden.dedupe.service import reasking
from pipewarden.kit.geo import LocalFrame
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime, Zone
from pipewarden.network.facts.change import NETWORK_CHANGED, SyncOptions
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import FactRef, Work

FRAME = LocalFrame(116.7, 39.5)
PLACE = (2.0, 25.0)  # metres east and north, where the machine of these tests works
REASK = jobs.make_reasking(lambda _work, _alarms: ())  # nobody follows any of them
EDGES = {"N": 3000.0, "S": -3000.0}  # pipes that hold the map's outline where it is


def map_of(path: Path, **pipes: float) -> Path:
    """High-pressure pipes of 800 m so many metres north of the cameras' foot."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "pressure": "高压", "diameter": 500},
            "geometry": {
                "type": "LineString",
                "coordinates": FRAME.to_lonlat([(-400, north), (400, north)]).tolist(),  # type: ignore[arg-type]
            },
        }
        for name, north in {**EDGES, **pipes}.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def load(work: Work, folder: Path, **pipes: float) -> list[FactRef]:
    path = map_of(folder / "map.geojson", **pipes)
    network.import_network(
        work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang", allow_shift=True, allow_shrink=True
    )
    return [one for one in work.take_facts() if one.kind == NETWORK_CHANGED]


def deliver(work: Work, folder: Path, **pipes: float) -> list[FactRef]:
    path = map_of(folder / "delivery.geojson", **pipes)
    options = SyncOptions(allow_shift=True, allow_shrink=True)
    network.sync(work, FileReader(), path, crs="EPSG:4326", options=options)
    return [one for one in work.take_facts() if one.kind == NETWORK_CHANGED]


def drain(work: Work, told: list[FactRef]) -> list[UUID]:
    """Let dedupe hear of a changed map, and return the alarms of which it tells."""
    REASK(work, told)
    return [one.fact_id for one in work.take_facts() if one.kind == ALARM_CHANGED]


def dig(work: Work, town: Any, at: tuple[float, float] = PLACE, seconds: float = 0) -> UUID:
    """Let a camera see a machine twice, which makes an alarm."""
    ids = [town.machines("cam-a", seconds, at), town.machines("cam-a", seconds + 60, at)]
    (made,) = set(service.join(work, Policy(), ids))
    work.take_facts()
    return made


def alarm(work: Work, alarm_id: UUID) -> Alarm:
    return next(one for one in service.alarms(work, limit=100) if one.id == alarm_id)


@pytest.fixture
def street(work: Work, town: Any, tmp_path: Path) -> UUID:
    """A machine 575 m from the nearest high-pressure pipe."""
    load(work, tmp_path, P=600.0)
    town.camera("cam-a")
    made = dig(work, town)
    assert alarm(work, made).answer.zone is Zone.OUTSIDE
    return made


def test_a_pipe_laid_beneath_a_machine_makes_its_alarm_grave(work: Work, street: UUID, tmp_path: Path) -> None:
    told = deliver(work, tmp_path, P=600.0, Q=26.0)
    assert drain(work, told) == [street]
    found = alarm(work, street).answer
    assert (found.zone, found.pipe_id) == (Zone.PROTECTION, "Q")
    assert found.distance_m is not None
    assert found.distance_m < 3


def test_nothing_else_of_the_alarm_is_another_one(work: Work, street: UUID, tmp_path: Path) -> None:
    """A map says where pipes lie: not when a machine was seen, how often, or what it looks like."""
    before = alarm(work, street)
    drain(work, deliver(work, tmp_path, P=600.0, Q=26.0))
    after = alarm(work, street)
    assert replace(after, answer=before.answer) == before


def test_the_same_fact_again_writes_and_tells_nothing(work: Work, street: UUID, tmp_path: Path) -> None:
    told = deliver(work, tmp_path, P=600.0, Q=26.0)
    assert drain(work, told) == [street]
    before = alarm(work, street)
    assert drain(work, told) == []
    assert drain(work, [*told, *told]) == []
    assert alarm(work, street) == before


def test_a_pipe_that_moves_a_little_is_told_by_its_distance(work: Work, street: UUID, tmp_path: Path) -> None:
    """The zone stays, but whoever reads the distance must not read the old one."""
    drain(work, deliver(work, tmp_path, P=600.0, Q=26.0))
    was = alarm(work, street).answer.distance_m
    assert drain(work, deliver(work, tmp_path, P=600.0, Q=26.5)) == [street]
    now = alarm(work, street).answer
    assert now.zone is Zone.PROTECTION
    assert was is not None
    assert now.distance_m is not None
    assert abs(now.distance_m - was) == pytest.approx(0.5, abs=0.1)


def test_what_lay_outside_and_was_not_seen_for_a_week_keeps_its_answer(
    work: Work, clock: SetClock, street: UUID, tmp_path: Path
) -> None:
    seen = alarm(work, street).last_seen
    assert seen is not None
    told = deliver(work, tmp_path, P=600.0, Q=26.0)
    clock.moment = seen + timedelta(days=7, seconds=1)
    assert drain(work, told) == []
    assert alarm(work, street).answer.zone is Zone.OUTSIDE
    clock.moment = seen + timedelta(days=7)
    assert drain(work, told) == [street]
    assert alarm(work, street).answer.zone is Zone.PROTECTION


def test_however_long_ago_it_was_seen_who_follows_it_follows_the_map(
    work: Work, clock: SetClock, street: UUID, tmp_path: Path
) -> None:
    clock.moment += timedelta(days=90)
    told = deliver(work, tmp_path, P=600.0, Q=26.0)
    assert drain(work, told) == []
    jobs.make_reasking(lambda _work, alarms: set(alarms))(work, told)
    assert [one.fact_id for one in work.take_facts() if one.kind == ALARM_CHANGED] == [street]
    clock.moment += timedelta(days=90)
    assert drain(work, deliver(work, tmp_path, P=600.0)) == [street], "inside: it may have somebody that hears of it"


def test_a_change_far_off_asks_nobody(
    work: Work, street: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """12 km away: the ground that is told does not reach this street."""
    load(work, tmp_path, P=600.0, far=-12_000.0)
    drain(work, deliver(work, tmp_path, P=600.0, far=-12_000.0, Z=-11_900.0))
    asked: list[object] = []
    whole = reasking._reask

    def watched(work: Work, ids: list[UUID], in_hand: Any) -> list[UUID]:
        asked.extend(ids)
        return whole(work, ids, in_hand)

    monkeypatch.setattr(reasking, "_reask", watched)
    assert drain(work, deliver(work, tmp_path, P=600.0, far=-12_000.0, Z=-11_800.0)) == []
    assert asked == []
    drain(work, deliver(work, tmp_path, P=610.0, far=-12_000.0, Z=-11_800.0))
    assert set(asked) == {street}


def test_going_back_to_the_map_before_gives_back_its_answer(work: Work, street: UUID, tmp_path: Path) -> None:
    before = alarm(work, street).answer
    drain(work, deliver(work, tmp_path, P=600.0, Q=26.0))
    network.rollback(work, Regime.CITY_GAS)
    told = [one for one in work.take_facts() if one.kind == NETWORK_CHANGED]
    assert drain(work, told) == [street]
    after = alarm(work, street).answer
    assert (after.zone, after.pipe_id) == (before.zone, before.pipe_id)


def test_the_first_map_of_all_answers_who_waited_for_it(work: Work, town: Any, tmp_path: Path) -> None:
    """Without a map a place is unknown and counts as inside; the first import says what it is."""
    town.camera("cam-a")
    made = dig(work, town)
    assert alarm(work, made).answer.zone is Zone.UNKNOWN
    assert drain(work, load(work, tmp_path, P=600.0)) == [made]
    assert alarm(work, made).answer.zone is Zone.OUTSIDE


def test_another_tenants_map_changes_no_answer_of_ours(work: Work, street: UUID, tmp_path: Path) -> None:
    tenant = people.ensure_tenant(work.session, work.clock, work.ids, "next-door")
    other = replace(work, tenant_id=tenant.id, _facts=[])
    told = load(other, tmp_path, Q=26.0)
    assert told
    assert {one.tenant_id for one in told} == {tenant.id}
    REASK(other, told)
    assert [one for one in other.take_facts() if one.kind == ALARM_CHANGED] == []
    assert drain(work, told) == [], "nor when their fact is drained as ours"
    assert alarm(work, street).answer.zone is Zone.OUTSIDE


def test_an_alarm_that_was_merged_or_is_a_test_is_left_alone(
    work: Work, street: UUID, town: Any, tmp_path: Path
) -> None:
    """A merged one speaks through the other; a test alarm is nobody's danger."""
    row = store.AlarmRow
    near, drill = dig(work, town, (10.0, 40.0), 4000), dig(work, town, (-12.0, 45.0), 8000)
    assert len({street, near, drill}) == 3
    work.session.execute(update(row).where(row.id == near).values(merged_into=street))
    work.session.execute(update(row).where(row.id == drill).values(test=True))
    assert drain(work, deliver(work, tmp_path, P=600.0, Q=26.0)) == [street]


def test_steps_go_through_everybody_once_and_end(
    work: Work, street: UUID, town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the last step is just full: the one after it finds nobody and tells no more."""
    monkeypatch.setattr(reasking, "_MOST", 1)
    ids = {street, dig(work, town, (10.0, 40.0), 4000), dig(work, town, (-12.0, 45.0), 8000)}
    assert len(ids) == 3
    told = deliver(work, tmp_path, P=600.0, Q=26.0)[:1]
    changed: list[UUID] = []
    steps = 0
    while told:
        steps += 1
        assert steps < 9
        REASK(work, told)
        facts = work.take_facts()
        changed += [one.fact_id for one in facts if one.kind == ALARM_CHANGED]
        told = [one for one in facts if one.kind == NETWORK_CHANGED]
    assert (sorted(changed), steps) == (sorted(ids), 4)


def test_no_alarm_on_the_ground_costs_one_look(work: Work, tmp_path: Path, count_statements: list[str]) -> None:
    load(work, tmp_path, P=600.0)
    told = deliver(work, tmp_path, P=610.0)
    count_statements.clear()
    assert drain(work, told) == []
    assert len(count_statements) <= 1 + len(told)
    assert not [one for one in count_statements if one.lstrip().upper().startswith(("UPDATE", "INSERT"))]
