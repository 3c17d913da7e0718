from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from pipewarden.dedupe.rules import around, ellipse, fuse, gravest, vote, work_area
from pipewarden.kit.geo import distance_m, near_frame
from pipewarden.locate.facts import GroundPoint
from pipewarden.network.facts import Zone, ZoneAnswer

if TYPE_CHECKING:
    from pipewarden.dedupe.facts import WorkArea

FRAME = near_frame(116.7, 39.5)


def at(east: float, north: float, covariance: tuple[float, float, float] = (1.0, 0.0, 1.0)) -> GroundPoint:
    lon, lat = FRAME.to_lonlat(np.array([(east, north)]))[0].tolist()
    return GroundPoint(lon, lat, covariance)


def metres(place: GroundPoint | None) -> np.ndarray:
    assert place is not None
    return FRAME.to_metres(np.array([(place.lon, place.lat)]))[0]


def test_one_sighting_is_its_own_place():
    found = fuse({"a": [at(3, 4, (2.0, 0.5, 1.0))]})
    assert found is not None
    assert np.allclose(metres(found), (3, 4), atol=1e-3)
    assert found.covariance == pytest.approx((2.0, 0.5, 1.0), abs=1e-3)
    assert fuse({}) is None
    assert fuse({"a": []}) is None


def test_many_sightings_of_one_camera_are_worth_no_more_than_the_best():
    found = fuse({"a": [at(0, 0, (4.0, 0, 4.0)), at(2, 0, (1.0, 0, 1.0)), at(0, 0, (4.0, 0, 4.0))]})
    assert found is not None
    assert found.covariance == pytest.approx((1.0, 0, 1.0), abs=1e-3)
    assert metres(found)[0] == pytest.approx(2 * 1 / 1.5, abs=0.01)


def test_two_cameras_add_up_each_where_it_is_sure():
    found = fuse({"a": [at(0, 0, (9.0, 0, 0.25))], "b": [at(2, 2, (0.25, 0, 9.0))]})
    assert found is not None
    assert np.allclose(metres(found), (2 * 9 / 9.25, 2 * 0.25 / 9.25), atol=0.01)
    assert found.sigma_m < 0.5


def test_the_fused_error_is_the_one_that_repeated_fusions_show():
    """Monte Carlo, fixed seed: two cameras, each with an error common to its three sightings."""
    rng = np.random.default_rng(11)
    a, b = np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([[0.5, 0.0], [0.0, 6.0]])
    told = fuse({"a": [at(0, 0, (4.0, 1.0, 1.0))] * 3, "b": [at(0, 0, (0.5, 0.0, 6.0))] * 3})
    places = []
    for _ in range(2000):
        x, y = rng.multivariate_normal((0, 0), a), rng.multivariate_normal((0, 0), b)
        places.append(metres(fuse({"a": [at(*x, (4.0, 1.0, 1.0))] * 3, "b": [at(*y, (0.5, 0.0, 6.0))] * 3})))
    shown = np.cov(np.array(places).T)
    assert told is not None
    assert told.covariance == pytest.approx((shown[0, 0], shown[0, 1], shown[1, 1]), rel=0.12, abs=0.05)


def test_an_exact_camera_divides_nothing():
    found = fuse({"a": [at(1, 1, (0.0, 0.0, 0.0))], "b": [at(5, 5)]})
    assert np.allclose(metres(found), (1, 1), atol=0.01)


def ring(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    return [(lon, lat) for lon, lat in FRAME.to_lonlat(np.array(corners)).tolist()]


def shape(area: WorkArea | None) -> Polygon:
    assert area is not None
    assert area.ring[0] == area.ring[-1]
    return Polygon(FRAME.to_metres(np.array(area.ring)))


def test_the_work_area_is_the_hull_of_all_footprints():
    squares = [ring((0, 0), (2, 0), (2, 2), (0, 2)), ring((8, 0), (10, 0), (10, 2), (8, 2))]
    area = work_area(squares, [at(1, 0, (1, 0, 1)), at(9, 0, (4, 0, 4))], None)
    assert shape(area).area == pytest.approx(20, abs=0.01)
    assert area is not None
    assert area.error_m == pytest.approx(np.sqrt(2.5), abs=0.01)


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=12))
def test_the_work_area_holds_every_corner_and_what_was_before(corners: list[tuple[float, float]]):
    before = work_area([ring((0, 0), (3, 0), (0, 3))], [at(0, 0)], None)
    area = shape(work_area([ring(*corners)], [at(0, 0)], before)).buffer(0.05)
    assert all(area.contains(Point(corner)) for corner in corners)
    assert area.contains(shape(before))


def test_a_work_area_of_one_point_is_still_an_area():
    assert 0.3 < shape(work_area([], [at(5, 5)], None)).area < 2


def test_without_ground_there_is_no_work_area():
    assert work_area([], [], None) is None
    known = work_area([], [at(5, 5)], None)
    assert work_area([], [], known) == known


@pytest.mark.parametrize(
    ("types", "winner"),
    [
        ([("excavator", 0.4), ("dump_truck", 0.7), ("excavator", 0.5)], "excavator"),
        ([("other", 0.9), ("other", 0.9), ("loader_dozer", 0.2)], "loader_dozer"),
        ([("other", 0.9), (None, 5.0)], "other"),
        ([("a", 1.0), ("b", 1.0)], "a"),
        ([(None, 1.0)], None),
        ([], None),
    ],
)
def test_the_type_is_voted_by_score_and_other_abstains(types: list[tuple[str | None, float]], winner: str | None):
    assert vote(types) == winner


def test_the_body_is_eight_points_two_metres_about_the_middle() -> None:
    middle = GroundPoint(116.7, 39.53, (1.0, 0.1, 2.0))
    ring = around(middle)
    assert len({(point.lon, point.lat) for point in ring}) == 8
    for point in ring:
        assert distance_m((point.lon, point.lat), (middle.lon, middle.lat)) == pytest.approx(2.0, abs=0.01)
        assert point.covariance == middle.covariance


def _answer(zone: Zone, distance: float, pipe: str) -> ZoneAnswer:
    return ZoneAnswer("near", distance, zone, pipe, "CN-BJ", "CN-BJ", f"clause of {pipe}", 0.1, 0.4, None, None)


def test_the_gravest_zone_holds_and_the_distance_stays_that_of_the_place() -> None:
    said = gravest(
        [_answer(Zone.CONTROL, 1.9, "a"), _answer(Zone.OUTSIDE, 3.0, "b"), _answer(Zone.PROTECTION, 0.2, "c")]
    )
    assert (said.zone, said.zone_pipe_id, said.clause) == (Zone.PROTECTION, "c", "clause of c")
    assert (said.distance_m, said.p_protection, said.pipe_id) == (1.9, 0.1, "near")


def test_unknown_counts_as_inside() -> None:
    assert gravest([_answer(Zone.OUTSIDE, 9.0, "a"), _answer(Zone.UNKNOWN, 9.0, "b")]).zone is Zone.UNKNOWN
    assert gravest([_answer(Zone.UNKNOWN, 9.0, "a"), _answer(Zone.CONTROL, 9.0, "b")]).zone is Zone.CONTROL


@given(
    east=st.floats(0.01, 400),
    north=st.floats(0.01, 400),
    turn=st.floats(-0.99, 0.99),
)
def test_the_ellipse_is_where_the_chi_square_of_two_is_five_point_nine_nine(east: float, north: float, turn: float):
    covariance = (east, turn * float(np.sqrt(east * north)), north)
    place = at(30, -20, covariance)
    ring = ellipse(place)
    assert len(ring) == 33
    assert ring[0] == ring[-1]
    assert Polygon(ring).is_valid
    off = FRAME.to_metres(np.array(ring)) - metres(place)
    inverse = np.linalg.inv([[covariance[0], covariance[1]], [covariance[1], covariance[2]]])
    assert np.einsum("ni,ij,nj->n", off, inverse, off) == pytest.approx(5.991, rel=0.02)


def test_nineteen_of_twenty_draws_lie_in_the_ellipse():
    covariance = (9.0, 4.0, 4.0)
    hull = Polygon(FRAME.to_metres(np.array(ellipse(at(0, 0, covariance)))))
    drawn = np.random.default_rng(5).multivariate_normal((0, 0), [[9.0, 4.0], [4.0, 4.0]], 20_000)
    inside = np.mean([hull.contains(Point(one)) for one in drawn])
    assert inside == pytest.approx(0.95, abs=0.006)  # 32 corners take half a per cent off


def test_an_exact_place_has_a_small_ellipse_and_no_error():
    ring = FRAME.to_metres(np.array(ellipse(at(0, 0, (0.0, 0.0, 0.0)))))
    assert 0 < float(np.hypot(*ring.T).max()) < 0.05
