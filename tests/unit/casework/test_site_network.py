"""Sites near what a delivery changed: their zones are asked for again, each site follows, and nobody else is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from judge_street import HERE, Street

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.dedupe import jobs as dedupe_jobs
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.dedupe.service import reasking
from pipewarden.judge.facts import JUDGED
from pipewarden.kit.geo import LocalFrame
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime, Zone
from pipewarden.network.facts.change import NETWORK_CHANGED, SyncOptions

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

FRAME = LocalFrame(*HERE)
REASK = dedupe_jobs.make_reasking(casework.in_hand)


def network_file(path: Path, north_m: float) -> Path:
    """A high-pressure pipe so far north of here, between two that hold the map's outline where it is."""
    lines = {"N": 900.0, "P": north_m, "S": -900.0}
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "pressure": "高压", "diameter": 500},
            "geometry": {
                "type": "LineString",
                "coordinates": FRAME.to_lonlat([(-400, north), (400, north)]).tolist(),  # type: ignore[arg-type]
            },
        }
        for name, north in lines.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.fixture
def street(work: Work, clock: SetClock, tmp_path: Path) -> Street:
    """A street beside a real network, its high-pressure pipe 300 m away."""
    path = network_file(tmp_path / "a.geojson", 300.0)
    network.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    work.take_facts()
    return Street(work, clock, tmp_path)


def delivered(street: Street, north_m: float) -> list[Any]:
    """Deliver the pipe elsewhere and return what was told."""
    path = network_file(street.folder / "b.geojson", north_m)
    network.sync(street.work, FileReader(), path, crs="EPSG:4326", options=SyncOptions(allow_shift=True))
    return [one for one in street.work.take_facts() if one.kind == NETWORK_CHANGED]


def drained(street: Street, told: list[Any]) -> list[UUID]:
    """Drain what was told and what that told on, and return the alarms that are another one now."""
    changed: list[UUID] = []
    while told:
        REASK(street.work, told)
        facts = street.work.take_facts()
        fresh = [one for one in facts if one.kind == ALARM_CHANGED]
        changed += [one.fact_id for one in fresh]
        if fresh:
            street.judge(*(one.fact_id for one in fresh))
        casework_jobs.drain(street.work, [one for one in street.work.take_facts() if one.kind == JUDGED])
        street.work.take_facts()
        told = [one for one in facts if one.kind == NETWORK_CHANGED]
    return changed


def test_a_pipe_laid_near_a_known_place_opens_its_site_and_one_taken_away_is_followed(street: Street) -> None:
    street.report()
    street.judge()
    (alarm,) = street.alarms()
    assert alarm.answer.zone is Zone.OUTSIDE
    assert drained(street, delivered(street, 2.0)) == [alarm.id]
    (alarm,) = street.alarms()
    assert alarm.answer.zone is Zone.PROTECTION
    assert alarm.answer.pipe_id == "P"
    site = casework_store.sites.lock_of_alarms(street.work, [alarm.id])[alarm.id].site
    assert site.zone is Zone.PROTECTION
    street.work.take_facts()
    assert drained(street, delivered(street, 300.0)) == [alarm.id]
    site = casework_store.sites.lock_of_alarms(street.work, [alarm.id])[alarm.id].site
    assert site.zone is Zone.OUTSIDE
    events = [one.body for one in casework_store.history.events(street.work, site.id)]
    assert events[-1].kind == "replaced"
    assert events[-1].reason == "its range is outside now"
    network.rollback(street.work, Regime.CITY_GAS)
    assert drained(street, [one for one in street.work.take_facts() if one.kind == NETWORK_CHANGED]) == [alarm.id]
    assert street.alarms()[0].answer.zone is Zone.PROTECTION


def test_a_new_map_opens_no_site_for_works_of_long_ago_and_moves_one_that_is_open(
    street: Street, clock: SetClock
) -> None:
    street.report()
    street.judge()
    (alarm,) = street.alarms()
    clock.moment += timedelta(days=8)
    assert drained(street, delivered(street, 2.0)) == []
    assert casework_store.sites.lock_of_alarms(street.work, [alarm.id]) == {}
    street.report()
    fresh = next(one for one in street.alarms() if one.id != alarm.id)
    street.judge(fresh.id)
    casework_jobs.drain(street.work, [one for one in street.work.take_facts() if one.kind == JUDGED])
    site = casework_store.sites.lock_of_alarms(street.work, [fresh.id])[fresh.id].site
    assert site.zone is Zone.PROTECTION
    clock.moment += timedelta(days=8)
    assert drained(street, delivered(street, 300.0)) == [fresh.id]
    clock.moment += timedelta(days=8)
    network.rollback(street.work, Regime.CITY_GAS)
    assert drained(street, [one for one in street.work.take_facts() if one.kind == NETWORK_CHANGED]) == [fresh.id]
    site = casework_store.sites.lock_of_alarms(street.work, [fresh.id])[fresh.id].site
    assert (site.open, site.zone) == (True, Zone.PROTECTION)


def test_what_stands_elsewhere_is_not_asked_again(street: Street) -> None:
    street.report(at=(HERE[0] + 0.2, HERE[1]))
    assert drained(street, delivered(street, 2.0)) == []


def test_an_answer_that_stays_tells_nobody(street: Street) -> None:
    street.report()
    told = delivered(street, 2.0)
    assert drained(street, told) != []
    assert drained(street, told) == []


def test_many_alarms_are_asked_in_steps(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasking, "_MOST", 2)
    for n in range(5):
        street.report(at=(HERE[0] + 0.001 * n, HERE[1]))
    told = delivered(street, 2.0)[:1]
    steps = 0
    changed: list[UUID] = []
    while told:
        REASK(street.work, told)
        facts = street.work.take_facts()
        fresh = [one.fact_id for one in facts if one.kind == ALARM_CHANGED]
        assert len(fresh) <= 2
        changed += fresh
        told = [one for one in facts if one.kind == NETWORK_CHANGED]
        steps += 1
    assert sorted(changed) == sorted(one.id for one in street.alarms())
    assert steps == 3
