"""A demo town is a tenant of its own: whole at every run, and nothing of it is anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from pipewarden.casework import store as casework_store
from pipewarden.locate import service as locate
from pipewarden.main.demo import town
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from pipewarden.main.home import Home


@pytest.fixture(scope="module")
def towns(home: Home) -> tuple[Home, Home]:
    """Two runs of the demo in one home; only the second is furnished."""
    first, second = town.fresh(home), town.fresh(home)
    town.draw_areas(second)
    town.lay_pipes(second)
    town.hang_cameras(second)
    return first, second


def test_each_run_has_a_tenant_of_its_own(home: Home, towns: tuple[Home, Home]) -> None:
    first, second = towns
    assert len({home.tenant_id, first.tenant_id, second.tenant_id}) == 3
    with home.work() as work:
        keys = {one.id: one.key for one in people.tenants(work, people.operator())}
    assert all(keys[one.tenant_id].startswith("demo-") for one in towns)
    assert (first.folder, first.blobs, first.queue) == (home.folder, home.blobs, home.queue)


def test_the_areas_are_drawn_as_they_are_told(towns: tuple[Home, Home]) -> None:
    _, second = towns
    with second.work() as work:
        drawn = {one.key: one for one in people.areas(work) if one.tenant_id == second.tenant_id}
    told = sim.city_areas()
    assert len(drawn) == len(told)
    for one in told:
        made = drawn[one.key]
        assert (made.name, made.jurisdiction) == (one.name, one.jurisdiction)
        assert made.parent_id == (None if one.parent is None else drawn[one.parent].id)
        assert made.wkb is not None
        assert shapely.from_wkb(made.wkb).equals(shapely.Polygon(one.polygon))


def test_the_compounds_lie_between_the_streets_and_every_run_has_its_own(towns: tuple[Home, Home]) -> None:
    first, second = towns
    town.know_compounds(second)
    told = {one.key: one for one in sim.city_compounds()}
    with second.work() as work:
        known = casework_store.compounds.all_of(work)
    assert known.keys() == told.keys()
    assert len(known) > 50
    assert all("(虚构)" in one.name for one in known.values())
    areas = [shapely.from_wkb(one.area) for one in known.values()]
    assert not any(a.intersects(b) for n, a in enumerate(areas) for b in areas[:n])
    with first.work() as work:
        assert not casework_store.compounds.any_there(work)


def test_every_camera_stands_in_the_town_with_a_calibration_that_solves(towns: tuple[Home, Home]) -> None:
    _, second = towns
    with second.work() as work:
        cameras = sense.all_cameras(work)
        assert {one.key for one in cameras} == {one.key for one in sim.demo_cameras()}
        for one in cameras:
            assert one.lon is not None
            assert one.lat is not None
            assert people.area_at(work, one.lon, one.lat) is not None, one.key
            if one.calibration is not None:
                locate.check_camera(one)  # what a start of the demo leaves to this test


def test_the_pipes_lie_under_the_law_of_their_regime(towns: tuple[Home, Home]) -> None:
    _, second = towns
    with second.work() as work:
        versions = network.versions(work)
    assert len(versions) == len(sim.demo_network())
    assert all(one.active for one in versions)


def test_nothing_of_it_is_seen_from_another_run(towns: tuple[Home, Home]) -> None:
    first, _ = towns
    with first.work() as work:
        seen = {one.key for one in people.areas(work)}
        assert not seen & {one.key for one in sim.city_areas()}, "the areas are the run's own, not the shared tree"
        assert people.jurisdiction_at(work, 116.7, 39.53) is None
        assert sense.all_cameras(work) == []
        assert network.versions(work) == []
