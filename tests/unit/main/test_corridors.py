"""The corridor in a camera's picture: drawn by a person, else where the map and the calibration put the pipes."""

from dataclasses import replace

import pytest
from shapely import Point, Polygon
from sqlalchemy import select

from pipewarden.inference.store.registry import CallRow
from pipewarden.judge import service as judge
from pipewarden.kit.settings import Settings
from pipewarden.main.corridors import Corridors, projected, region
from pipewarden.main.demo import town
from pipewarden.main.home import Home, open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Camera, NewCamera, NewObservation, Observation, ObservationKind
from pipewarden.sim import service as sim

DRAWN = ((0.2, 0.5), (0.6, 0.5), (0.6, 0.9), (0.2, 0.9))


@pytest.fixture(scope="module")
def city(lived: Replay) -> tuple[Home, dict[str, Camera]]:
    """The demo city: its pipes and its cameras."""
    home = town.fresh(lived.river.home)
    town.lay_pipes(home)
    return home, town.hang_cameras(home)


def pictured(home: Home, camera: Camera | None) -> Observation:
    new = NewObservation("s", "1" if camera is None else camera.key, ObservationKind.FRAME, b"x", "x")
    with home.work() as work:
        return sense.observe(work, home.blobs, replace(new, camera_id=None if camera is None else camera.id))


def test_the_corridor_holds_the_machines_in_range_and_no_sky(city: tuple[Home, dict[str, Camera]]) -> None:
    home, cameras = city
    sites = {one.key: one for one in sim.demo_truth().sites}
    seen = 0
    for true in sim.demo_truth().cameras:
        with home.work() as work:
            ring = projected(work, cameras[true.key])
        feet = [
            (one.box[0] + one.box[2] / 2, one.box[1] + one.box[3])
            for frame in true.frames
            for one in frame.objects
            if one.site is not None and sites[one.site].zone != "outside"
        ]
        width, height = true.pose.image_size
        for x, y in feet:
            assert Polygon(ring).buffer(0.03).contains(Point(x / width, y / height)), true.key
            assert min(corner[1] for corner in ring) > 0.1
            seen += 1
    assert seen > 20


def test_a_camera_without_calibration_or_pipes_has_no_corridor(
    lived: Replay, city: tuple[Home, dict[str, Camera]]
) -> None:
    home, cameras = city
    with home.work() as work:
        bare = sense.register_camera(work, NewCamera("bare", "bare", lon=116.7, lat=39.5))
        assert projected(work, bare) == ()
        assert projected(work, replace(cameras["cam-01"], lon=None, lat=None)) == ()
        assert region(work, bare) is None
    nowhere = town.fresh(lived.river.home)
    with nowhere.work() as work:
        assert projected(work, cameras["cam-01"]) == (), "no map, no range"


def test_what_a_person_drew_counts_before_the_map_and_only_its_far_part(city: tuple[Home, dict[str, Camera]]) -> None:
    home, cameras = city
    one, operator = cameras["cam-03"], people.operator(home.tenant_id)
    with home.work() as work:
        before = region(work, one)
        judge.set_corridor(work, operator, one.id, ((0.2, 0.2), (0.6, 0.2), (0.6, 0.9), (0.2, 0.9)))
        drawn = region(work, one)
        judge.set_corridor(work, operator, one.id, ((0.2, 0.8), (0.6, 0.8), (0.6, 0.9), (0.2, 0.9)))
        assert region(work, one) is None, "all of it is near"
        judge.set_corridor(work, operator, one.id, ())
        assert region(work, one) == before
    assert drawn is not None
    assert before is not None
    assert drawn[0] >= 0.2 - 1 / 32 > before[0]
    assert drawn[2] <= 0.6 + 1 / 32
    assert before[3] < 0.6, "a band below the horizon, not the street before the camera"


def test_where_the_ground_is_unknown_all_of_what_was_drawn_counts(city: tuple[Home, dict[str, Camera]]) -> None:
    home, _ = city
    with home.work() as work:
        one = sense.register_camera(work, NewCamera("plain", "plain"))
        judge.set_corridor(work, people.operator(home.tenant_id), one.id, DRAWN)
        assert region(work, one) == pytest.approx((0.2, 0.44, 0.6, 0.9))


def test_a_region_is_asked_for_once_a_minute(city: tuple[Home, dict[str, Camera]]) -> None:
    home, _ = city
    now = [0.0]
    with home.work() as work:
        plain = sense.register_camera(work, NewCamera("slow", "slow"))
    corridors, one = Corridors(home.factory, stopwatch=lambda: now[0]), pictured(home, plain)
    assert corridors(pictured(home, None)) is None
    assert corridors(one) is None
    with home.work() as work:
        judge.set_corridor(work, people.operator(home.tenant_id), plain.id, DRAWN)
    assert corridors(one) is None
    now[0] = 61.0
    assert corridors(one) == pytest.approx((0.2, 0.44, 0.6, 0.9))


@pytest.mark.parametrize(("tiles", "calls"), [(False, 1), (True, 3)])
def test_the_setting_decides_whether_the_screen_looks_in_tiles(*, tiles: bool, calls: int) -> None:
    with open_home(Settings(corridor_tiles=tiles), temporary=True) as home, open_river(home) as river:
        with home.work() as work:  # 864 x 259 pixels of 960 x 540: two tiles of the screen's own size
            camera = sense.register_camera(work, NewCamera("cam-01", "cam-01"))
            judge.set_corridor(
                work, people.operator(home.tenant_id), camera.id, ((0.05, 0.5), (0.95, 0.5), (0.95, 0.92), (0.05, 0.92))
            )
        file = sim.demo_cameras()[0].folder / "0001.jpg"
        new = NewObservation("cam-01", "1", ObservationKind.FRAME, file.read_bytes(), file.name, camera_id=camera.id)
        with home.work() as work:
            sense.observe(work, home.blobs, new)
        river.drain()
        with home.work() as work:
            items = work.session.scalars(select(CallRow.items).where(CallRow.model == "screen")).all()
    assert items == [calls]
