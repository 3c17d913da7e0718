"""Somebody new runs the demo: a table, a map that needs nothing, one JSON line, alarms that agree with the truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipewarden.kit.geo import distance_m
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayAlarm, LookAlikeKind

KEYS = {
    "class", "score", "lon", "lat", "sigma_m", "pipe_id", "distance_m", "zone", "p_protection", "p_control",
    "first_seen", "last_seen", "frames", "camera", "evidence",
}  # fmt: skip
SEVERITY = {"outside": 0, "control": 1, "protection": 2, "unknown": 3}


@dataclass(frozen=True)
class Shown:
    """One run of the demo."""

    alarms: list[dict[str, Any]]
    last: dict[str, Any]
    page: str
    folder: Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, weights: None, pipewarden_in: Callable[..., Any]) -> Shown:
    _ = weights
    folder = tmp_path_factory.mktemp("demo")
    said = pipewarden_in(folder, "demo", "--json", "--out", "out")
    assert said.code == 0, said.err
    return Shown(said.rows[:-1], said.rows[-1], (folder / "out" / "map.html").read_text(), folder)


def nearest(site: Any, alarms: list[dict[str, Any]]) -> tuple[dict[str, Any], float]:
    gaps = [(distance_m((site.lon, site.lat), (alarm["lon"], alarm["lat"])), n) for n, alarm in enumerate(alarms)]
    gap, n = min(gaps)
    return alarms[n], gap


def test_the_last_line_counts_what_happened(shown: Shown) -> None:
    assert list(shown.last) == ["frames", "findings", "alarms", "cameras", "seconds"]
    frames = sum(len(camera.frames) for camera in sim.demo_truth().cameras)
    assert shown.last["frames"] == frames
    assert shown.last["cameras"] == len(sim.demo_cameras()) >= 12
    assert shown.last["alarms"] == len(shown.alarms)
    assert shown.last["findings"] >= shown.last["alarms"]


def test_every_alarm_is_placed_timed_and_evidenced(shown: Shown) -> None:
    for alarm in shown.alarms:
        assert set(alarm) >= KEYS
        assert alarm["class"] == "machine"
        assert 0 < alarm["score"] <= 1
        assert alarm["sigma_m"] > 0
        assert alarm["zone"] in SEVERITY
        assert 0 <= alarm["p_protection"] <= alarm["p_control"] <= 1
        assert alarm["first_seen"] <= alarm["last_seen"]
        assert alarm["first_seen"].startswith("2026-11-20T")
        assert alarm["frames"] >= 2
        assert (shown.folder / alarm["evidence"]).read_bytes().startswith(b"\xff\xd8")


def test_every_true_site_is_one_alarm_at_its_place(shown: Shown) -> None:
    truth = sim.demo_truth()
    expected = [site for site in truth.sites if site.expected_alarm]
    found = {site.key: nearest(site, shown.alarms) for site in expected}
    assert {key: round(gap, 1) for key, (_, gap) in found.items() if gap > 6} == {}
    assert len({id(alarm) for alarm, _ in found.values()}) == len(expected)  # no two sites share an alarm
    of_sites = {id(alarm) for alarm, _ in found.values()}
    others = [alarm for alarm in shown.alarms if id(alarm) not in of_sites]
    # sweeper, bus, lorry, passing tipper and crane, quiet streets stay silent; a parked machine looks like one at work
    # to everything but a judge, so it is the one false alarm that this demo may raise
    parked = [it for it in truth.look_alikes if it.kind is LookAlikeKind.PARKED_MACHINE]
    assert len(others) <= len(parked)
    assert all(nearest(it, others)[1] < 6 for it in parked if others)


def test_the_day_s_score_says_the_same(shown: Shown) -> None:
    """What the cameras alone give: every machine found once, the hand dig and what only people know not."""
    truth = sim.demo_truth()
    start = sim.demo_day().start
    alarms = [
        DayAlarm(
            key=str(n),
            lon=alarm["lon"],
            lat=alarm["lat"],
            camera_s=(datetime.fromisoformat(alarm["first_seen"]) - start).total_seconds(),
            sigma_m=alarm["sigma_m"],
        )
        for n, alarm in enumerate(shown.alarms)
    ]
    score = sim.score_day(truth, alarms)
    seen = {work.key for work in truth.works if work.machine and work.cameras}
    assert score.works_found == len(seen)
    assert seen.isdisjoint(score.missed)
    assert (score.alarms_per_site, score.alarms_of_nothing, score.alarms_late) == (1.0, 0, 0)
    assert score.look_alikes_alarmed <= 1 < score.look_alikes_shown
    assert score.by_camera.longest_s is not None
    assert score.by_camera.longest_s <= 660  # one look every ten minutes, and a second one to be sure


def test_no_zone_is_milder_than_the_truth(shown: Shown) -> None:
    sites = [site for site in sim.demo_truth().sites if site.expected_alarm]
    milder = {
        site.key: (site.zone, alarm["zone"], alarm["distance_m"])
        for site in sites
        for alarm, _ in [nearest(site, shown.alarms)]
        if SEVERITY[alarm["zone"]] < SEVERITY[site.zone]
    }
    assert milder == {}


def test_the_stated_error_is_honest(shown: Shown) -> None:
    """Mean squared error over sigma squared: about 1 to 2 where sigma is the worst axis; 4 would be falsely sure."""
    sites = [site for site in sim.demo_truth().sites if site.expected_alarm]
    squares = [(gap / alarm["sigma_m"]) ** 2 for alarm, gap in (nearest(site, shown.alarms) for site in sites)]
    assert sum(squares) / len(squares) < 4


def test_a_machine_seen_by_two_cameras_is_one_alarm(shown: Shown) -> None:
    pairs = [site for site in sim.demo_truth().sites if len(site.cameras) > 1]
    assert pairs
    for site in pairs:
        alarm, _ = nearest(site, shown.alarms)
        assert set(site.cameras) <= set(alarm["camera"].split(", "))


def test_the_map_needs_nothing_and_says_that_it_is_rendered(shown: Shown) -> None:
    assert "渲染" in shown.page
    assert "default-src 'none'" in shown.page
    assert shown.page.count("data:image/jpeg;base64,") + shown.page.count("/9j/") >= len(shown.alarms)
    for alarm in shown.alarms:
        assert alarm["pipe_id"] in shown.page


def test_a_second_run_starts_anew(shown: Shown, pipewarden_in: Callable[..., Any]) -> None:
    again = pipewarden_in(shown.folder, "demo", "--exit", "--out", "out2")
    assert again.code == 0
    last = again.out.splitlines()[-1]
    assert f'"alarms":{shown.last["alarms"]},' in last
    assert "目标" in again.out
