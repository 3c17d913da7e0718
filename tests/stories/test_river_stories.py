"""Stories from the first pixel to the person: the real river, judge and desk; the pictures are drawn."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import replayed

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import SiteState
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode, Verdict
from pipewarden.main import scan
from pipewarden.main.demo import town
from pipewarden.people import service as people
from pipewarden.people.facts import NewMembership, NewPerson, Role
from pipewarden.sense import service as sense
from pipewarden.sense.facts import DeviceMessage, NewDevice, NewEvent, NewObservation, ObservationKind
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.main.home import Home
    from pipewarden.main.replay import Replay
    from pipewarden.sim.facts import DemoCamera

DIGS, PARKED = (next(one for one in sim.demo_cameras() if one.key == key) for key in ("cam-11", "cam-15"))


@pytest.fixture
def city(lived: Replay) -> Replay:
    """The drawn city with its pipes and cameras, a patroller on duty, on a clock that the story moves."""
    live = replace(lived, river=replace(lived.river, home=town.fresh(lived.river.home)))
    home, areas = live.river.home, town.draw_areas(live.river.home)
    town.lay_pipes(home)
    town.hang_cameras(home)
    root = people.operator(home.tenant_id)
    with home.work() as work:
        who = people.add_person(work, None, root, NewPerson(f"story-{home.tenant_id}", "巡线员", password=None))  # type: ignore[arg-type]
        now = work.now()
        people.grant(work, root, NewMembership(who.id, home.tenant_id, Role.PATROLLER, now, area_id=areas["demo-city"]))
        span = {"begins_at": now, "ends_at": now + timedelta(days=9)}
        people.put_on_duty(work, root, who.id, Role.PATROLLER, areas["demo-city"], **span)
    return live


def watch(live: Replay, seen: DemoCamera, days: int = 0) -> None:
    """Let a camera take its pictures, so many days later, and the house do what follows."""
    with live.river.home.work() as work:
        camera = sense.camera_by_key(work, seen.key)
    assert camera is not None
    replayed.watch(live, seen, camera, days)
    mind(live)


def mind(live: Replay) -> None:
    """Let the desk's clock look for what waits, and sweep what is due."""
    jobs.look_for_waiting(live.river.home.factory.begin)
    live.river.drain()
    with live.river.home.work() as work:
        service.sweep(work)


def sites(home: Home) -> list[Site]:
    with home.work() as work:
        found = service.sites(work, people.operator(home.tenant_id), store.sites.SiteFilter(), limit=50)
        return [one.site for one in found]


def report(home: Home, number: int, kind: str, place: tuple[float, float]) -> None:
    with home.work() as work:
        seen = NewObservation(
            stream=f"{kind}:{number}", source_id=f"{kind}{number}", kind=ObservationKind.REPORT, picture=b"",
            picture_name="words", offset_s=0.0, at=work.now(),
        )  # fmt: skip
        event = NewEvent(seen, kind, seen.source_id, words="这里在挖", lon=place[0], lat=place[1], accuracy_m=8.0)
        sense.take(work, home.blobs, people.operator(home.tenant_id), event)


def test_a_false_alarm_is_learned_from(city: Replay) -> None:
    """误报学习: a machine parked in its yard is somebody's work once; the second day it is nobody's."""
    home, root = city.river.home, people.operator(city.river.home.tenant_id)
    watch(city, PARKED)
    (site,) = sites(home)
    assert (site.state, site.owner_id is not None) == (SiteState.VERIFYING, True)
    (alarm,) = scan.all_alarms(home)
    until = city.clock.now()
    with home.work() as work:
        judge.decide(work, root, alarm.id, code=ReviewCode.PARKED, words="", silence=None, policy=JudgePolicy())
        span = {"since": until - timedelta(hours=2), "until": until}
        camera_id = sense.camera_by_key(work, PARKED.key)
        assert camera_id is not None
        judge.learn_empty_scene(work, root, camera_id.id, **span, reason="its owner parks it there")
    city.river.drain()
    mind(city)
    assert [one.state for one in sites(home)] == [SiteState.FALSE]
    assert owed(home, site.id) == 0
    calls = told(home)
    watch(city, PARKED, days=1)
    assert [one.state for one in sites(home)] == [SiteState.FALSE], "nobody is sent there again"
    assert told(home) == calls
    with home.work() as work:
        assert judge.verdict(work, root, alarm.id).verdict is Verdict.REJECTED
    report(home, 1, "citizen", (site.lon or 0.0, site.lat or 0.0))
    city.river.drain()
    mind(city)
    assert any(one.open for one in sites(home)), "what pictures learned silences no person's word"


def test_thirty_clues_from_four_sources_are_one_case(city: Replay) -> None:
    """三十条线索、四类来源、一个案件: a camera, a fibre, citizens and grid workers speak of one excavator."""
    home = city.river.home
    watch(city, DIGS)
    before = sites(home)
    first = before[0]
    assert first.lon is not None
    assert first.lat is not None
    with home.work() as work:
        sense.register_device(work, NewDevice("fibre-1", "Fibre", "das", lon=first.lon, lat=first.lat))
    for number in range(12):
        place = (first.lon + (number % 4 - 1.5) * 2e-5, first.lat + (number // 4 - 1) * 2e-5)
        report(home, number, "citizen", place)
        report(home, number, "grid_worker", place)
        with home.work() as work:
            content = json.dumps({"fibre": f"f{number}", "class": "mechanical_digging"}).encode()
            sense.take_published(work, home.blobs, "fibre-1", DeviceMessage(content))
        city.river.drain()
        city.clock.moment += timedelta(seconds=20)
    mind(city)
    assert [one.id for one in sites(home)] == [one.id for one in before], "no second case"
    (alarm,) = [one for one in scan.all_alarms(home) if one.id == first.alarm_id]
    sources = Counter(stream.split(":")[0] for stream in alarm.streams)
    assert {"citizen", "grid_worker", "device", DIGS.key} == set(sources)
    assert alarm.frames >= 30
    case = next(one for one in sites(home) if one.id == first.id)
    assert (case.open, case.owner_id) == (True, first.owner_id)
    assert called_for(home, case.id) <= 3, "one person is called about one place, not thirty times"


def owed(home: Home, site_id: UUID) -> int:
    with home.work() as work:
        return len(store.owed.running(work, site_id))


def told(home: Home) -> int:
    with home.work() as work:
        return len(service.list_calls(work, people.operator(home.tenant_id), everybody=True, waits=None, limit=200))


def called_for(home: Home, site_id: UUID) -> int:
    with home.work() as work:
        found = service.list_calls(work, people.operator(home.tenant_id), everybody=True, waits=None, limit=200)
        return sum(site_id in one.call.site_ids for one in found)
